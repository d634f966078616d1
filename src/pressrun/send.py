"""A test of an edition: its letter made in memory, and sent to a few people before the list gets it."""

import difflib
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pressrun.cache import FOLDER, Cache
from pressrun.content.load import Content, load
from pressrun.delivery.interface import Envelope, Outcome, Transport
from pressrun.model.edition import Edition, RenderedEdition
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.publication import Mailbox, MailingList, Publication
from pressrun.model.recipient import Recipient
from pressrun.model.story import Story
from pressrun.newsletter.compose import Newsletter
from pressrun.newsletter.message import Letter, compiled, values_for
from pressrun.newsletter.size import size_problem
from pressrun.press import Press
from pressrun.problems import ContentError, DeliveryError, Position, PressrunError, Problem, errors_in, in_file_order
from pressrun.rendering.templates import Templates
from pressrun.silence import without_silenced
from pressrun.wanted import Wanted

_DIGITS = 32


class NoSuchEdition(PressrunError):
    """The name that was given means no edition, or more than one."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An edition's letter, made and not addressed yet.

    *problems* are the warnings and hints in what it is made of. *not_out* has what a build would hold back, each
    with the reason as the end of a sentence. *written* is the edition as its file has it, where it was read from there.
    """

    publication: Publication
    edition: RenderedEdition
    newsletter: Newsletter
    sender: Mailbox
    problems: tuple[Problem, ...]
    not_out: tuple[tuple[str, str], ...]
    written: Edition | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of the letter to one person."""

    recipient: Recipient
    outcome: Outcome


def ready(source: Path, name: str, wanted: Wanted) -> Ready:
    """The letter of the edition that *name* means in the publication in *source*; only the cache is written.

    It is for a test, so that the edition and the stories that it names are taken in whether they are out or not.
    Raises NoSuchEdition, or ContentError where anything is wrong that would stop a build.
    """
    content, problems = load(source, home=wanted.home)
    if content is None:
        raise ContentError(problems)
    edition = edition_named(content, source, name, problems)
    carried = named_by(edition, content)
    pieces: list[Story | Edition] = [edition, *carried]
    besides = frozenset(piece.source for piece in pieces)
    press = Press(
        content,
        Templates(source / "templates"),
        replace(wanted, besides=besides),
        problems,
        Cache(source / FOLDER),
    )
    if edition.source not in press.editions:
        raise NoSuchEdition(f'"{name}" {press.held_back[edition.source]}.')
    rendered, newsletter = press.letter(edition.source)
    sender = content.publication.mail.sender
    if sender is None:
        problems.append(_no_sender(content))
    if newsletter is not None:
        size = newsletter.filled(values_for(content.publication, rendered, None)).size
        too_large = size_problem(size, f"content/{edition.source}", allowed=edition.allow_clipping)
        problems += [too_large] if too_large else []
    problems = without_silenced(press, problems)
    if sender is None or newsletter is None or errors_in(problems):
        raise ContentError(problems)
    others: list[Story | Edition] = [*content.stories, *content.editions]
    elsewhere = {f"content/{piece.source}" for piece in others if piece.source not in besides}
    reasons = ((f"content/{piece.source}", wanted.why_not(piece)) for piece in pieces)
    return Ready(
        publication=content.publication,
        edition=rendered,
        newsletter=newsletter,
        sender=sender,
        problems=tuple(problem for problem in in_file_order(problems) if problem.position.file not in elsewhere),
        not_out=tuple((file, reason) for file, reason in reasons if reason is not None),
        written=edition,
    )


def edition_named(content: Content, source: Path, name: str, problems: list[Problem]) -> Edition:
    """The edition that *name* means: an id, a slug, or a file, seen from here or from *source*.

    Raises NoSuchEdition; but ContentError where *problems* may have kept it from being read.
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
    if errors_in(problems):
        raise ContentError(problems)
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
    signed: Callable[[Letter], Letter] = lambda unsigned: unsigned,
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


def post(envelopes: Iterable[tuple[Recipient, Envelope]], transport: Transport) -> Iterator[Settlement]:
    """What became of each of *envelopes*, one after the other."""
    for recipient, envelope in envelopes:
        yield Settlement(recipient, transport.send(envelope))


def named_by(edition: Edition, content: Content) -> list[Story]:
    """The stories that *edition* names, as far as each name means one."""
    references = [*([edition.lead] if edition.lead else []), *edition.stories]
    references += [reference for section in edition.sections for reference in section.stories]
    named = (content.stories_named(reference.name, beside=edition.source) for reference in references)
    return list({found[0].source: found[0] for found in named if len(found) == 1}.values())


def _no_sender(content: Content) -> Problem:
    return Problem(
        Position(f"content/{content.masthead}"),
        code="letter-sender",
        message="letters have no sender, so none can be sent",
        hint="add mail: and below it from: Name <name@example.org>",
    )
