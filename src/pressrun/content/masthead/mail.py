"""How written text becomes a value of `mail:`, and of the variables that stand in for it."""

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from pressrun.content.source.forms import any_case, form, listed
from pressrun.content.source.values import distinct, items_from, line_from, web_address_from, wrong
from pressrun.model.mailaddress import domain_from
from pressrun.model.mailserver import Tls

# Stands in an address where the reader's own will; filled in, it still fits a header's line of 998 characters.
_READER = "reader-s-address"
LONGEST_LINK = 600


def unsubscribe_from(value: object) -> str:
    """Where a letter sends those who want no more: https: or mailto:; {email} stands for the reader's address."""
    text = line_from(value)
    reader = text.replace("{email}", _READER)
    if len(text) <= LONGEST_LINK and re.fullmatch(r"mailto:[^\s<>\"@{}]+@[^\s<>\"@{}]+", reader) and text.isascii():
        return text
    try:
        return _address_for_reader(text)
    except PydanticCustomError:
        wrong("bad-value", f'"{text}" is no way out', "write mailto:news@example.org, or a whole web address")


def one_click_from(value: object) -> str:
    """Where RFC 8058's POST goes: https:, with {email} for the reader's address."""
    text = line_from(value)
    if not text.startswith("https:") or "{email}" not in text:
        hint = "write an https address such as https://example.org/out?who={email}"
        wrong("bad-value", f'"{text}" takes no one-click', hint)
    return _address_for_reader(text)


def _address_for_reader(text: str) -> str:
    """A web address in which {email} may stand, behind the host."""
    written = text.replace("{email}", _READER)
    address = web_address_from(written)
    if _READER in urlsplit(address).netloc or len(address) > LONGEST_LINK or "{" in written:
        wrong("bad-value", f'"{text}" is not a web address', "write it whole, with {email} behind the host")
    return address.replace(_READER, "{email}")


def list_id_from(value: object) -> str:
    """The identifier of a mailing list (RFC 2919, section 2)."""
    text = line_from(value).removeprefix("<").removesuffix(">")
    if len(text) > 255 or not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+", text):
        wrong("bad-value", f'"{text}" is not an id of a list', "write a name below your domain: weekly.example.org")
    return text


def host_from(value: object) -> str:
    """The name or the IP address of a server."""
    text = line_from(value).removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return domain_from(text)
    except ValueError:
        wrong("bad-value", f'"{text}" is not the name of a server', "write mail.example.org, without a port")


def mail_domain_from(value: object) -> str:
    """A domain, without an IP address's standing in for it."""
    text = line_from(value)
    try:
        return domain_from(text)
    except ValueError:
        wrong("bad-value", f'"{text}" is not a domain', "write gazette.example")


def selector_from(value: object) -> str:
    """The name of a key in the DNS (RFC 6376, section 3.1)."""
    text = line_from(value).lower()
    if len(text) > 63 or not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", text):
        wrong("bad-value", f'"{text}" is not a selector', "write a short word of letters and digits: news2026")
    return text


def port_from(value: object) -> int:
    """A port of TCP."""
    text = line_from(value)
    if not re.fullmatch(r"[1-9]\d{0,4}", text, re.ASCII) or int(text) > 65_535:
        wrong("wrong-type", f'"{text}" is not a port', "write a number, such as 587")
    return int(text)


def tls_from(value: object) -> Tls:
    """How the line to a mail server is encrypted."""
    word = line_from(value).casefold()
    try:
        return Tls(word)
    except ValueError:
        wrong("bad-value", f'"{word}" is no way to encrypt', f"write {' or '.join(tls.value for tls in Tls)}")


Domain = Annotated[str, PlainValidator(mail_domain_from), form(examples=["gazette.example"])]
Selector = Annotated[
    str, PlainValidator(selector_from), form(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$", examples=["news2026"])
]
Selectors = Annotated[
    tuple[Selector, ...], BeforeValidator(items_from), AfterValidator(distinct), listed(examples=["news2026"])
]
Unsubscribe = Annotated[
    str,
    PlainValidator(unsubscribe_from),
    form("string", pattern="^(?:mailto:|[Hh][Tt][Tt][Pp][Ss]?://)", examples=["mailto:letter@example.org"]),
]
OneClick = Annotated[
    str,
    PlainValidator(one_click_from),
    form("string", pattern=r"^https:.*\{email\}", examples=["https://example.org/out?who={email}"]),
]
ListId = Annotated[
    str,
    PlainValidator(list_id_from),
    form("string", "number", pattern=r"^<?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+>?$", examples=["weekly.example.org"]),
]
Host = Annotated[str, PlainValidator(host_from), form(examples=["mail.example.org"])]
Port = Annotated[
    int,
    PlainValidator(port_from),
    form("integer", "string", minimum=1, maximum=65_535, pattern=r"^[1-9]\d{0,4}$", examples=[587]),
]
Encryption = Annotated[Tls, PlainValidator(tls_from), WithJsonSchema(any_case(tls.value for tls in Tls))]
