"""A test of an edition: its letter made in memory, and sent to a few people before the list gets it."""

import difflib
import hashlib
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pressrun.content.chains import NO_RECORDS, Records
from pressrun.content.checks import written_lines
from pressrun.content.freezing import why_not_frozen
from pressrun.content.load import Content
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.chain import Chain, Record, lists_of
from pressrun.model.edition import Edition, RenderedEdition
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.problems import (
    ContentError,
    DeliveryError,
    Position,
    PressrunError,
    Problem,
    errors_in,
    in_file_order,
)
from pressrun.model.publication import Mailbox, MailingList, Publication
from pressrun.model.recipient import Recipient
from pressrun.model.severities import Command, all_judged
from pressrun.model.starter import EXAMPLE_ADDRESS
from pressrun.model.story import Story
from pressrun.post.delivery.interface import Envelope, Outcome, Transport
from pressrun.press.building.ignored import without_ignored
from pressrun.press.building.letters import texts_of
from pressrun.press.building.memory import NoMemory
from pressrun.press.building.press import Press
from pressrun.press.building.reading import Reading
from pressrun.press.building.run import Run
from pressrun.press.building.validity import Validity, settled
from pressrun.press.newsletter.checks import is_example, no_postal_address
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.inboxline import foreign_tags
from pressrun.press.newsletter.message import AddressedLetter, compiled, values_for
from pressrun.press.newsletter.size import size_problem
from pressrun.rendering.checks import line_findings, placeholder_findings
from pressrun.rendering.outline import Outline
from pressrun.rendering.pieces import document_of

_DIGITS = 32


class NoSuchEdition(PressrunError):
    """The name that was given means no edition, or more than one."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An edition's letter, made and not addressed yet.

    *problems* are the warnings and hints in what it is made of. *not_out* has what a build would hold back, each
    with the reason as the end of a sentence. *written* is the edition as its file has it, where it was read from there;
    *cargo* is then what it carries. *unfilled* are those of *problems* that say what was left to be filled in: no list
    gets such a letter.
    """

    publication: Publication
    edition: RenderedEdition
    newsletter: Newsletter
    sender: Mailbox
    problems: tuple[Problem, ...]
    not_out: tuple[tuple[str, str], ...]
    written: Edition | None = None
    unfilled: tuple[Problem, ...] = ()
    cargo: "Cargo | None" = None


@dataclass(frozen=True, slots=True)
class Cargo:
    """What an edition carries, as its file and the store shall have it once it is sent.

    *titles* are those of the stories in the record's `found`. *begin* is where its chain begins. *problems* are reasons
    why it must not be sent.
    """

    record: Record
    titles: tuple[str, ...] = ()
    begin: datetime | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledRecipient:
    """What became of the letter to one person."""

    recipient: Recipient
    outcome: Outcome


def ready(source: Path, name: str, build_request: BuildRequest, records: Records = NO_RECORDS) -> Ready:
    """The letter of the edition that *name* means in the publication in *source*; only the cache is written.

    *records* are what the store knows of the editions that were sent, by their ids: a rule finds no story twice.
    It is for a test, so that the edition and the stories that it names are taken in whether they are out or not.
    Raises NoSuchEdition, or ContentError where the publication, its templates, the edition, or a story in it has
    errors; what is wrong elsewhere does not matter to this letter.
    """
    memory = NoMemory.beside(source)
    reading = Reading.of(source, build_request, memory)
    content = reading.content
    edition = edition_named(content, source, name, reading.problems)
    pieces: list[Story | Edition] = [edition, *named_by(edition, content)]
    besides = frozenset(piece.source for piece in pieces)

    chosen = replace(build_request, besides=besides)

    def planned(invalid: frozenset[str], told: list[Problem]) -> Run:
        validity = Validity(invalid, is_heeded=edition.source not in invalid)
        run = Run.planned(reading, chosen, memory, problems=told, validity=validity, records=records)
        if edition.source not in invalid | run.press.editions.keys():
            raise NoSuchEdition(f'"{name}" {run.press.held_back[edition.source]}.')
        return run

    run, rendered, newsletter = _made(reading, edition, planned)
    press, problems = run.press, list(run.problems)
    sender = content.publication.mail.sender
    if sender is None:
        problems.append(_no_sender(content))
    if newsletter is not None and rendered is not None:
        problems += _too_large(content, edition, rendered, newsletter)
    left = _left_to_fill_in(press, edition)
    judged = all_judged([*problems, *left], Command.SEND)
    mine = besides | _sources_in(press, content, edition)
    problems = without_ignored(press, [problem for problem in judged if _concerns(problem, content, mine)])
    if sender is None or newsletter is None or rendered is None or errors_in(problems):
        raise ContentError(problems)
    reasons = ((f"content/{piece.source}", build_request.why_not(piece)) for piece in pieces)
    return Ready(
        publication=content.publication,
        edition=rendered,
        newsletter=newsletter,
        sender=sender,
        problems=tuple(in_file_order(problems)),
        not_out=tuple((file, reason) for file, reason in reasons if reason is not None),
        written=edition,
        unfilled=tuple(problem for problem in left if problem in problems),
        cargo=_cargo(press, edition),
    )


def _too_large(
    content: Content, edition: Edition, rendered: RenderedEdition, newsletter: Newsletter
) -> Iterator[Problem]:
    """Return the error that Gmail would clip the letter, where it does."""
    size = newsletter.filled(values_for(content.publication, rendered, None)).size
    too_large = size_problem(size, f"content/{edition.source}", allowed=edition.allow_clipping)
    if too_large:
        yield too_large


def _sources_in(press: Press, content: Content, edition: Edition) -> set[str]:
    """Return the files of the stories that *edition* carries, and of those that it means and nobody can read."""
    meant = (*edition.named, *(edition.carried or ()))
    unread = (content.unreadable_named(each.name, beside=edition.source) for each in meant)
    carried = {story.source for story in press.carried[edition.source].all_stories}
    return carried | {each for each in unread if each is not None}


def _left_to_fill_in(press: Press, edition: Edition) -> list[Problem]:
    """Return what *edition*, its stories, and the postal address hold that was left to be filled in."""
    stories = press.carried[edition.source].all_stories
    documents = [document_of(story.source, story.body, story.body_line) for story in stories]
    documents += [document for document, _, _ in texts_of(edition, "", press.targets)]
    found = [problem for document in documents for problem in placeholder_findings(Outline.of(document))]
    pieces: list[Story | Edition] = [edition, *stories]
    found += [problem for piece in pieces for problem in line_findings(written_lines(piece))]
    told = {problem.position.line for problem in found if problem.position.file == f"content/{edition.source}"}
    found += [problem for problem in foreign_tags(edition) if problem.position.line not in told]
    publication, places = press.content.publication, press.places_in_masthead()
    if is_example(publication) or EXAMPLE_ADDRESS in (publication.mail.postal_address or ""):
        found.append(no_postal_address(publication, places.get("mail.postal_address", places[""])))
    return found


def _made(
    reading: Reading, edition: Edition, planned: Callable[[frozenset[str], list[Problem]], Run]
) -> tuple[Run, RenderedEdition | None, Newsletter | None]:
    """Return the run that has made the letter of *edition* without invalid stories, and the letter.

    Where the edition has errors itself, there is no letter. *planned* gives the run without the pieces it is given.
    """

    def attempt(invalid: frozenset[str], told: list[Problem]) -> tuple[Run, RenderedEdition | None, Newsletter | None]:
        run = planned(invalid, told)
        if edition.source in invalid:
            return run, None, None
        rendered, made = run.letter(edition.source)
        return run, rendered, made.newsletter

    return settled(reading.content, reading.problems, attempt)[0]


def _concerns(problem: Problem, content: Content, mine: Container[str]) -> bool:
    """Return whether *problem* is one of the pieces *mine*, of the publication, or of a template."""
    owner = content.owner_of(problem)
    return owner in mine if owner is not None else problem.code not in ("file-name", "path-outside")


def _cargo(press: Press, edition: Edition) -> Cargo:
    evaluation = press.evaluation
    lists = press.content.publication.lists
    carried, chain = evaluation.carried[edition.source], Chain.of(edition, lists)
    titles = {story.id: story.title for story in carried.found}
    ids = evaluation.list_of(edition) if chain is not None else None
    found = ids if ids is not None else tuple(titles)
    record = Record(
        edition.id,
        lists_of(edition, lists),
        reached=True,
        found=found if chain is not None else None,
        named=tuple(evaluation.named_by(edition)),
        chain=chain,
    )
    why_not = tuple(why_not_frozen(edition, evaluation))
    return Cargo(record, tuple(titles.get(each, "") for each in found), carried.begin, why_not)


def edition_named(content: Content, source: Path, name: str, problems: list[Problem]) -> Edition:
    """The edition that *name* means: an id, a slug, or a file, seen from here or from *source*.

    Raises NoSuchEdition; but ContentError where an edition has *problems* that may have kept it from being read.
    """
    found = content.editions_named(name)
    if not found:
        places = [path.resolve() for path in (Path(name), source / name)]
        found = [each for each in content.editions if content.folder.files[each.source].resolve() in places]
    if len(found) == 1:
        return found[0]
    if found:
        files = " or ".join(f"content/{each.source}" for each in found)
        raise NoSuchEdition(f'"{name}" can mean {files}; name it by its file.')
    unread = [
        problem for problem in problems if (content.owner_of(problem) or "").startswith(f"{content.folders.editions}/")
    ]
    if errors_in(unread):
        raise ContentError(unread)
    slugs = {word: each.slug for each in content.editions for word in (each.slug, each.title)}
    close = difflib.get_close_matches(name, slugs, n=1, cutoff=0.5)
    way_out = f"did you mean {slugs[close[0]]}?" if close else "name it by its slug or its file."
    raise NoSuchEdition(f'there is no edition "{name}"; {way_out}')


def from_list(letter: Ready, mailing_list: MailingList | None) -> Ready:
    """*letter* as it goes to *mailing_list*: from the list's own sender, where it has one, and by its List-Id."""
    if mailing_list is None:
        return letter
    mail = letter.publication.mail
    sender = mailing_list.sender or letter.sender
    mail = replace(
        mail,
        sender=sender,
        reply_to=mailing_list.reply_to or mail.reply_to,
        list_id=mailing_list.list_id or mail.list_id,
    )
    return replace(letter, publication=replace(letter.publication, mail=mail), sender=sender)


def hash_of(letter: Ready) -> str:
    """What tells one letter of an edition from another: another sender, subject or word gives another hash."""
    sender, newsletter = letter.sender, letter.newsletter
    parts = (sender.name, sender.address, newsletter.subject, newsletter.preheader, newsletter.text, newsletter.html)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_DIGITS]


def list_of(letter: Ready) -> MailingList | None:
    """The list that the edition is for; None where it may go to several, or there is none."""
    lists = letter.publication.lists
    name = letter.written.list if letter.written is not None else None
    if name is None:
        return lists[0] if len(lists) == 1 else None
    return next((each for each in lists if each.id == name), None)


def addressed(
    letter: Ready,
    recipients: Iterable[Recipient],
    now: datetime,
    signed: Callable[[AddressedLetter], AddressedLetter] = lambda unsigned: unsigned,
) -> list[tuple[Recipient, Envelope]]:
    """The test of *letter* for each of *recipients*, dated *now* and *signed*, as the list that it is for would get it.

    Raises DeliveryError where it is no message.
    """
    letter = from_list(letter, list_of(letter))
    sender = EmailAddress.parse(letter.sender.address)
    date = now.astimezone(letter.publication.timezone)
    once = compiled(letter.publication, letter.edition, letter.newsletter, letter.sender, date=date, test=True)
    envelopes = []
    for recipient in recipients:
        try:
            envelopes.append((recipient, Envelope(sender, recipient.address, signed(once.to(recipient)).wire())))
        except ValueError as error:
            raise DeliveryError(f"this letter is none that servers take: {error}") from error
    return envelopes


def post(envelopes: Iterable[tuple[Recipient, Envelope]], transport: Transport) -> Iterator[SettledRecipient]:
    """What became of each of *envelopes*, one after the other."""
    for recipient, envelope in envelopes:
        yield SettledRecipient(recipient, transport.send(envelope))


def named_by(edition: Edition, content: Content) -> list[Story]:
    """The stories that *edition* names, or that its rule found when it was frozen, as far as each name means one."""
    references = (*edition.named, *(edition.carried or ()))
    named = (content.stories_named(reference.name, beside=edition.source) for reference in references)
    return list({found[0].source: found[0] for found in named if len(found) == 1}.values())


def _no_sender(content: Content) -> Problem:
    return Problem(
        Position(f"content/{content.masthead}"),
        code="letter-sender",
        message="letters have no sender, so none can be sent",
        hint="add mail: and below it from: Name <name@example.org>",
    )
