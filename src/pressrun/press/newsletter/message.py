"""The letter as a message (RFC 5322) that any mail program opens: text first, HTML second (RFC 2046).

It is compiled once, and then filled for each reader: what is the same for everybody is encoded once, and of the rest
only the lines that hold slots are encoded anew.
"""

import hashlib
import re
from binascii import b2a_qp
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from html import escape

from pressrun.model.addresses import rfc3339
from pressrun.model.edition import RenderedEdition
from pressrun.model.publication import Mailbox, Publication
from pressrun.model.recipient import Recipient
from pressrun.model.slots import Place, filled, parted
from pressrun.model.wire import Wire
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.headers import (
    CRLF,
    LINE_LIMIT,
    list_headers,
    mailbox_value,
    mailboxes_value,
    text_value,
    unsubscribe_headers,
    unsubscribe_url,
)

TEST_MARK = "[TEST] "
_BLANKS = re.compile(rb"[ \t]+")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines of a message's body, as they are *written*, and in the relaxed form that is signed (RFC 6376,
    section 3.4.4).
    """

    written: bytes
    relaxed: bytes

    @classmethod
    def of(cls, written: bytes) -> "Lines":
        """*written*, whose lines end in no blank, with the form that is signed."""
        return cls(written, _BLANKS.sub(b" ", written))


@dataclass(frozen=True, slots=True)
class AddressedLetter:
    """A message to one reader: its headers, folded where they are long, and its body.

    It is of ASCII, but for a reader's own address that is not (RFC 6532). Its lines end in CRLF and have at most 998
    octets, and none begins with a dot, so that nothing is left to be stuffed on the way (RFC 5321, section 4.5.2).
    """

    headers: tuple[tuple[str, str], ...]
    body: tuple[Lines, ...]

    def wire(self) -> Wire:
        """It as bytes; raises ValueError where a header has a line that is too long."""
        head = "".join([f"{name}: {value}{CRLF}" for name, value in self.headers])
        # Only headers hold lines of whatever length: an address cannot be folded.
        checked = Wire.checked(f"{head}{CRLF}".encode())
        return Wire(b"".join([checked, *[lines.written for lines in self.body]]))

    def headed(self, *headers: tuple[str, str]) -> "AddressedLetter":
        """The same with *headers* before the others."""
        return replace(self, headers=(*headers, *self.headers))


@dataclass(frozen=True, slots=True)
class Slotted:
    """A line with places that are filled for each reader; *finished* is what has to be done to it then."""

    pieces: tuple[str | Place, ...]
    escaped: Callable[[str], str]
    finished: Callable[[str], str]

    def filled(self, values: Mapping[str, str]) -> Lines:
        """The line for *values*, encoded."""
        pieces = [piece if isinstance(piece, str) else piece.value(values, self.escaped) for piece in self.pieces]
        return Lines.of(encoded_line(self.finished("".join(pieces))))


@dataclass(frozen=True, slots=True)
class CompiledLetter:
    """The letter of an edition, ready to be filled for one reader after the other.

    The same reader gets the same bytes, whoever else was there before. Values are data wherever they stand: none
    can begin a header, a line or a part, or end the message.
    """

    publication: Publication
    edition: RenderedEdition
    sender: Mailbox
    subject: tuple[str | Place, ...]
    date: str
    constant: tuple[tuple[str, str], ...]  # headers before those for unsubscribing
    content: tuple[tuple[str, str], ...]  # headers behind them
    body: tuple[Lines | Slotted, ...]
    mark_of_test: str | None

    def to(self, recipient: Recipient | None) -> AddressedLetter:
        """The letter to *recipient*; without one it goes back to whoever opens it and presses send."""
        values = values_for(self.publication, self.edition, recipient)
        to = Mailbox(recipient.name, recipient.address.written) if recipient is not None else self.sender
        subject = "".join([piece if isinstance(piece, str) else piece.value(values) for piece in self.subject])
        reply_to = self.publication.mail.reply_to
        headers = (
            ("From", mailbox_value(self.sender)),
            *((("Reply-To", mailboxes_value(reply_to)),) if reply_to else ()),
            ("To", mailbox_value(to)),
            ("Subject", text_value(subject, "Subject")),
            ("Date", self.date),
            ("Message-ID", self._message_id(recipient, values)),
            *self.constant,
            *unsubscribe_headers(self.publication, recipient),
            *self.content,
        )
        return AddressedLetter(
            headers, tuple([each if isinstance(each, Lines) else each.filled(values) for each in self.body])
        )

    def _message_id(self, recipient: Recipient | None, values: Mapping[str, str]) -> str:
        """The same for an edition and a person on every attempt, for it is the same letter.

        That of a test is of its text too: mail programs hide a letter whose id they have met, and would hide the next
        test, or the edition itself.
        """
        what = [self.edition.id, *([recipient.known_as or recipient.address.identity] if recipient is not None else [])]
        if self.mark_of_test is not None:
            what += ["test", self.mark_of_test, *values.values()]
        return f"<{_mark(*what)}@{self.sender.address.rpartition('@')[2]}>"


def compiled(
    publication: Publication,
    edition: RenderedEdition,
    newsletter: Newsletter,
    sender: Mailbox,
    *,
    date: datetime | None = None,
    test: bool = False,
) -> CompiledLetter:
    """*newsletter* as a message from *sender*, to be filled for its readers.

    *date* is when it is sent, else the edition's; a *test* says so in its subject.
    """
    # What quoted-printable never makes: a sign of equality before an underscore.
    boundary = f"=_{_mark(edition.id, newsletter.html, newsletter.text)}"
    return CompiledLetter(
        publication,
        edition,
        sender,
        subject=tuple(parted(TEST_MARK + newsletter.subject if test else newsletter.subject)),
        date=format_datetime(rfc3339(date or edition.date)),
        constant=tuple(list_headers(publication)),
        content=(
            ("Content-Language", publication.language),
            ("MIME-Version", "1.0"),
            ("Content-Type", f'multipart/alternative;{CRLF} boundary="{boundary}"'),
        ),
        body=tuple(_joined(_body(newsletter, boundary))),
        mark_of_test=_mark(newsletter.subject, newsletter.html, newsletter.text) if test else None,
    )


def message(
    publication: Publication,
    edition: RenderedEdition,
    newsletter: Newsletter,
    sender: Mailbox,
    recipient: Recipient | None = None,
    *,
    date: datetime | None = None,
    test: bool = False,
) -> bytes:
    """*newsletter* as a message to one *recipient*, or to nobody yet. The same arguments give the same bytes."""
    return compiled(publication, edition, newsletter, sender, date=date, test=test).to(recipient).wire()


def values_for(publication: Publication, edition: RenderedEdition, recipient: Recipient | None) -> dict[str, str]:
    """What fills the slots of *edition*'s letter for *recipient*; an empty value leaves a slot to its fallback.

    An address for which nothing else is known is the service's page, or the home page: a link has to lead somewhere.
    """
    home = publication.home
    manage = publication.manage_page or home
    return {
        "name": recipient.name if recipient is not None else "",
        "first_name": recipient.first_name if recipient is not None else "",
        "email": recipient.address.written if recipient is not None else "",
        "unsubscribe_url": unsubscribe_url(publication, recipient) or manage,
        "preferences_url": (recipient.preferences_url if recipient is not None else None) or manage,
        "browser_url": edition.link or home,
    }


def personal(newsletter: Newsletter, values: Mapping[str, str]) -> Newsletter:
    """*newsletter* with its slots filled from *values*, each escaped for its part, to be looked at."""
    text = "\n".join(_filled_line(line, values) for line in newsletter.text.split("\n"))
    return replace(newsletter.filled(values), text=text)


def _filled_line(line: str, values: Mapping[str, str]) -> str:
    return filled(line, values) if line.endswith(" ") else filled(line, values).rstrip(" ")


def _body(newsletter: Newsletter, boundary: str) -> Iterator[Lines | Slotted]:
    """The body of the message, line by line."""
    parts = (
        ('text/plain; charset="utf-8"; format=flowed', newsletter.text, str, _flowing),
        ('text/html; charset="utf-8"', newsletter.html, escape, _as_it_is),
    )
    for media_type, text, escaped, finished in parts:
        head = [f"--{boundary}", f"Content-Type: {media_type}", "Content-Transfer-Encoding: quoted-printable", "", ""]
        yield Lines.of(CRLF.join(head).encode("ascii"))
        for line in _lines_of(text):
            pieces = tuple(parted(line))
            if all(isinstance(piece, str) for piece in pieces):
                yield Lines.of(encoded_line(finished(line)))
            else:
                # A slot that stays empty at a line's end leaves no space, which would be a promise that it goes on.
                ends = finished if line.endswith(" ") or finished is _as_it_is else _ending
                yield Slotted(pieces, escaped, ends)
    yield Lines.of(f"--{boundary}--{CRLF}".encode("ascii"))


def _joined(lines: Iterator[Lines | Slotted]) -> Iterator[Lines | Slotted]:
    """*lines* with those in one piece that are the same for everybody."""
    same: list[Lines] = []

    def piece() -> Lines:
        return Lines(b"".join(each.written for each in same), b"".join(each.relaxed for each in same))

    for line in lines:
        if isinstance(line, Lines):
            same.append(line)
            continue
        if same:
            yield piece()
        same = []
        yield line
    yield piece()  # the last boundary at least


def _lines_of(text: str) -> list[str]:
    """The lines of *text*; the last line break belongs to the boundary behind it (RFC 2046, section 5.1.1)."""
    return text.replace(CRLF, "\n").replace("\r", "\n").removesuffix("\n").split("\n")


def _as_it_is(line: str) -> str:
    return line


def _flowing(line: str) -> str:
    return f" {line}" if line.startswith((" ", "From ")) else line


def _ending(line: str) -> str:
    return _flowing(line.rstrip(" "))


def flowed(text: str) -> str:
    """*text* as format=flowed has it (RFC 3676, section 4.4): its lines end in a space where they go on already,
    and what mail programs would take for quoting or for the beginning of another message gets one before it.

    Lines that begin with ">" are quotes of the writer's, and stay.
    """
    return "\n".join(_flowing(line) for line in text.split("\n"))


def quoted_printable(text: str) -> str:
    """*text* in lines of at most 76 ASCII characters (RFC 2045, section 6.7), CRLF between them."""
    return b"".join(encoded_line(line) for line in _lines_of(text)).decode("ascii").removesuffix(CRLF)


def encoded_line(line: str) -> bytes:
    """*line* in quoted-printable, with its CRLF; no line of it begins with a dot, or ends in a blank."""
    # Within a line that is no text, only breaks of the encoder's own are line feeds.
    encoded = b2a_qp(line.encode(), istext=False)
    if b"." in encoded and _LEADING_DOT.search(encoded):
        encoded = b"\n".join(_undotted(each) for each in encoded.split(b"\n"))
    return encoded.replace(b"\n", b"\r\n") + b"\r\n"


def _undotted(line: bytes) -> bytes:
    """*line* of quoted-printable without a dot at its beginning, on several lines where it grows too long."""
    if not line.startswith(b"."):
        return line
    return b"=2E" + line[1:] if len(line) <= LINE_LIMIT - 2 else b"=2E=\n" + _undotted(line[1:])


def _mark(*texts: str) -> str:
    """What stands for *texts*, of which only the last may have several lines, in 32 digits."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:32]
