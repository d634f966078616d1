"""What readers and inboxes would stumble over in letters: the rules of this room, brought together."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pressrun.model.edition import Edition
from pressrun.model.mailclients import MailClients
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Publication
from pressrun.model.starter import EXAMPLE_STREET, EXAMPLE_TOWN
from pressrun.press.newsletter.colours import contrast_findings
from pressrun.press.newsletter.compose import HEAD_SHEET, INLINED_SHEET, LAYOUTS
from pressrun.press.newsletter.features import client_findings
from pressrun.press.newsletter.headstyle import head_style_findings
from pressrun.press.newsletter.inboxline import Made, inbox_findings
from pressrun.press.newsletter.parts import letter_findings, template_findings
from pressrun.rendering.templates import OwnTemplate

TEMPLATES = (*LAYOUTS.values(), "newsletter.txt", INLINED_SHEET, HEAD_SHEET)
# Older letters have been read; nobody can mend them.
RECENT = timedelta(days=30)
# Whose mail may come from nowhere but their own servers (DMARC).
_FREE_MAIL = frozenset(
    "163.com aol.com comcast.net free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hotmail.co.uk "
    "hotmail.com hotmail.fr icloud.com live.com mac.com mail.ru me.com msn.com orange.fr outlook.com proton.me "
    "protonmail.com qq.com rocketmail.com t-online.de web.de yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com "
    "yahoo.com.br yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com".split()
)


def to_look_at(editions: Mapping[str, Edition], now: datetime) -> list[str]:
    """The sources of those *editions* whose letters can still be mended: the newest that is due at *now*, and all that
    are dated within the last thirty days before, or later.
    """
    in_order = sorted(editions, key=lambda source: (editions[source].date, editions[source].id))
    newest = [source for source in in_order if editions[source].date <= now][-1:]
    return [source for source in in_order if source in newest or editions[source].date >= now - RECENT]


def findings_in_letters(
    letters: Sequence[Made],
    editions: Sequence[Edition],
    publication: Publication,
    templates: Sequence[OwnTemplate],
) -> Iterator[Problem]:
    """What is wrong in *letters*, the letters to look at; *editions* are all that are due, *templates* the own ones.

    What a template is at fault for is told once, by the first letter that shows it.
    """
    latest_first = sorted(editions, key=lambda edition: (edition.date, edition.id), reverse=True)
    told: set[tuple[str, Position]] = set()
    for made in letters:
        own = (made.edition.date, made.edition.id)
        yield from inbox_findings(made, [each for each in latest_first if (each.date, each.id) < own])
        made_of = [each for each in templates if each.name not in _other_layouts(made)]
        found = [
            *letter_findings(made, publication, made_of),
            *head_style_findings(made, made_of),
            *contrast_findings(made_of, made.newsletter.html, publication.look),
        ]
        for problem in found:
            if (problem.code, problem.position) not in told:
                yield problem
        told |= {(problem.code, problem.position) for problem in found if problem.position.file.startswith("templates")}


def _other_layouts(made: Made) -> set[str]:
    """The templates of layouts that *made* does not have; a digest is built on that of an edition."""
    return set(LAYOUTS.values()) - {"newsletter.html", LAYOUTS[made.rendered.layout]}


def findings_in_templates(templates: Sequence[OwnTemplate], clients: MailClients) -> Iterator[Problem]:
    """What is wrong in the publication's own *templates*, whatever they make a letter of."""
    yield from client_findings(templates, clients)
    yield from template_findings(templates)


def no_postal_address(publication: Publication, place: Position) -> Problem:
    """Return the warning that letters of *publication* have no postal address, or an example's, which is at *place*."""
    written = publication.mail.postal_address
    message = "this is an example's address" if written else "letters have no postal address"
    hint = "write under mail: postal_address: 1 Long Road, Ghent; the law of many countries demands it"
    return Problem(place, "letter-postal-address", message, hint, Severity.WARNING)


def is_example(publication: Publication) -> bool:
    """Return whether the postal address is the one of `pressrun new`, and the domain of the sender is no example."""
    address = publication.mail.postal_address or ""
    domain = publication.mail.sender.address.rpartition("@")[2].lower() if publication.mail.sender else ""
    is_the_starters = EXAMPLE_TOWN in address or EXAMPLE_STREET in address
    return is_the_starters and bool(domain) and not domain.endswith(".example")


def findings_about_sender(publication: Publication, places: Mapping[str, Position]) -> Iterator[Problem]:
    """What every letter of *publication* lacks; *places* are those in publication.yaml, by the name of the field."""
    mail = publication.mail
    start = places.get("mail", places[""])
    domain = mail.sender.address.rpartition("@")[2].lower() if mail.sender else ""
    if domain in _FREE_MAIL:
        yield Problem(
            places.get("mail.from", start),
            code="letter-from",
            message=f"{domain} lets nobody but its own servers send in its name, so much of this mail is refused",
            hint="send from an address of a domain that is yours",
            severity=Severity.WARNING,
        )
    if not mail.postal_address or is_example(publication):
        yield no_postal_address(publication, places.get("mail.postal_address", start))
    if not publication.way_out:
        yield Problem(
            start,
            code="letter-way-out",
            message="letters show no way out, which the law demands, and Gmail and Yahoo do",
            hint="add under mail: unsubscribe: mailto:news@example.org?subject=unsubscribe, or a page of yours",
            severity=Severity.WARNING,
        )
