"""The values of a letter's headers: encoded words (RFC 2047), and what mailing lists say of themselves (RFC 2369)."""

import re
from collections.abc import Iterable
from email.charset import Charset
from email.header import Header
from email.utils import quote as escaped
from urllib.parse import quote, urlsplit

from pressrun.model.publication import Mailbox, Publication
from pressrun.model.recipient import Recipient

CRLF = "\r\n"
LINE_LIMIT = 76
# The longest header that begins with a name; a shorter one has room to spare.
_NAMED = "Reply-To"
_UTF_8 = Charset("utf-8")
_SPECIAL = re.compile(r'[()<>\[\]:;@\\,."]')
_OF_ADDRESSES = "%!#$&'()*+,/:;=?@[]~"  # RFC 3986, section 2.2
READER = "{email}"  # in an address of the publisher's: stands for the reader's own, percent-encoded


def text_value(text: str, name: str) -> str:
    """*text* as the value of the header *name*: as it is where ASCII allows, else encoded as a whole (RFC 2047).

    A subject that mixes plain and encoded words counts against its sender with spam filters. No line
    break survives, so that nothing in *text* can begin another header.
    """
    line = " ".join(text.split())
    if _is_plain(line) and len(line) <= LINE_LIMIT - len(name) - 2:
        return line
    if _is_plain(line) and all(len(word) < LINE_LIMIT - len(name) - 2 for word in line.split()):
        return Header(line, "us-ascii", LINE_LIMIT, name).encode(linesep=CRLF)
    return Header(line, _UTF_8, LINE_LIMIT, name).encode(linesep=CRLF)


def mailbox_value(mailbox: Mailbox) -> str:
    """*mailbox* as From and To show it; the address itself is never encoded."""
    return _named(mailbox.name, mailbox.address) if mailbox.name.split() else mailbox.address


def mailboxes_value(mailboxes: Iterable[Mailbox]) -> str:
    """*mailboxes* as Reply-To shows them, each on a line of its own (RFC 5322, section 3.4)."""
    return f",{CRLF} ".join(map(mailbox_value, mailboxes))


def list_headers(publication: Publication) -> list[tuple[str, str]]:
    """What every letter says of the list that it is from (RFC 2919 and 2369)."""
    mail = publication.mail
    owners = mail.reply_to or ((mail.sender,) if mail.sender is not None else ())
    headers = [("List-Id", _named(publication.title, list_id(publication))), ("List-Post", "NO")]
    if owners:
        ways = [f"<mailto:{quote(owner.address, safe='@')}>" for owner in owners]
        headers.append(("List-Owner", f",{CRLF} ".join(ways)))
    if publication.pages:
        headers.append(("List-Archive", f"<{publication.home}>"))
    return headers


def unsubscribe_headers(publication: Publication, recipient: Recipient | None) -> list[tuple[str, str]]:
    """What a letter to *recipient* says of the way out of the list (RFC 2369 and 8058)."""
    headers = []
    ways_out, is_one_click = _ways_out(publication, recipient)
    if ways_out:
        # What no address holds would end it, its line or the header; and "=?" begins an encoded word.
        ways = [quote(way, safe=_OF_ADDRESSES).replace("=?", "=%3F") for way in ways_out]
        headers.append(("List-Unsubscribe", f",{CRLF} ".join(f"<{way}>" for way in ways)))
    if is_one_click:
        headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return headers


def list_id(publication: Publication) -> str:
    """What makes the list known for its whole life (RFC 2919, section 2): as was set, else by the home page's host."""
    if publication.mail.list_id is not None:
        return publication.mail.list_id
    host = urlsplit(publication.home).hostname or "localhost"
    return f"newsletter.{re.sub(r'[^a-z0-9.-]', '-', host)}"


def unsubscribe_url(publication: Publication, recipient: Recipient | None) -> str:
    """Where *recipient* finds the way out by hand; empty where there is none."""
    if recipient is not None and recipient.unsubscribe_url is not None:
        return recipient.unsubscribe_url
    return _for_reader(publication.mail.unsubscribe or "", recipient)


def _ways_out(publication: Publication, recipient: Recipient | None) -> tuple[list[str], bool]:
    """The addresses of List-Unsubscribe, the preferred one first, and whether one click there is enough.

    RFC 8058 (section 3.1) has exactly one HTTPS address where there is one-click, so that the page for people
    goes without mention then.
    """
    page = unsubscribe_url(publication, recipient)
    one_click = _one_click_url(publication, recipient)
    if one_click is None:
        return ([page] if page else []), False
    return [one_click, *([page] if page.startswith("mailto:") else [])], True


def _one_click_url(publication: Publication, recipient: Recipient | None) -> str | None:
    """The address that takes the POST for *recipient* alone; None where there is no such thing."""
    if recipient is None:
        return None
    if recipient.one_click_url is not None:
        return recipient.one_click_url
    template = publication.mail.one_click
    return _for_reader(template, recipient) if template is not None else None


def _for_reader(template: str, recipient: Recipient | None) -> str:
    address = recipient.address.written if recipient is not None else ""
    return template.replace(READER, quote(address, safe=""))


def _named(name: str, inner: str) -> str:
    """*name* before *inner* in angle brackets, on two lines where one is not enough."""
    phrase = _phrase(" ".join(name.split()))
    first_line, _, others = phrase.partition(CRLF)
    last_line = others.rpartition(CRLF)[2] if others else f"{_NAMED}: {first_line}"
    fits = len(last_line) + len(f" <{inner}>") <= LINE_LIMIT
    return f"{phrase}{' ' if fits else f'{CRLF} '}<{inner}>"


def _phrase(name: str) -> str:
    """*name* as words that may stand before an address (RFC 5322, section 3.2.5)."""
    plain = f'"{escaped(name)}"' if _SPECIAL.search(name) else name
    # A quoted name cannot be folded; encoded words can.
    if _is_plain(name) and len(f"{_NAMED}: {plain}") <= LINE_LIMIT:
        return plain
    return Header(name, _UTF_8, LINE_LIMIT, _NAMED).encode(linesep=CRLF)


def _is_plain(line: str) -> bool:
    """Whether *line* can stand in a header as it is, and nobody takes a part of it for an encoded word."""
    return line.isascii() and line.isprintable() and "=?" not in line
