"""What readers and inboxes would stumble over, beyond what a build tells: each room's rules, over one publication.

A rule looks at what a person wrote and at what the press made of it, and tells the place in the source. Only a
check asks for them: a build that is late has no time for advice.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pressrun.content.clients import clients_of
from pressrun.content.files import source_file
from pressrun.content.masthead import places_in
from pressrun.diff import refloods
from pressrun.model.output import OutputFile
from pressrun.newsletter import checks as letters
from pressrun.newsletter.inboxline import Proof
from pressrun.press import Press
from pressrun.problems import Problem


def findings(press: Press, files: Sequence[OutputFile], built: Path) -> Iterable[Problem]:
    """Every finding about what *press* has made, its *files*; *built* is where the last build lies, if there is one."""
    yield from refloods(press, files, built)
    yield from _findings_in_letters(press)


def _findings_in_letters(press: Press) -> Iterable[Problem]:
    clients, problems = clients_of(press.content.folder)
    yield from problems
    templates = press.templates.own(*letters.TEMPLATES)
    yield from letters.findings_in_templates(templates, clients)
    made = {source: edition for source, edition in press.editions.items() if source in press.letters}
    if not made:
        return
    publication = press.content.publication
    masthead, _ = source_file(press.content.folder, press.content.masthead)
    if masthead is not None:
        yield from letters.findings_about_sender(publication, places_in(masthead))
    proofs = [
        Proof(made[source], press.letters[source].edition, press.letters[source].newsletter)
        for source in letters.to_look_at(made, press.wanted.now)
    ]
    yield from letters.findings_in_letters(proofs, list(press.editions.values()), publication, templates)
