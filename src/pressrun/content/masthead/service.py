"""How `service:` of publication.yaml becomes the settings of the subscription service."""

import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import PlainValidator

from pressrun.content.source.fields import Field
from pressrun.content.source.forms import any_case, form, listed
from pressrun.content.source.groups import ReadFields
from pressrun.content.source.kinds import Number
from pressrun.content.source.names import SERVICE_NAMES
from pressrun.content.source.shapes import Shape
from pressrun.content.source.values import home_from, line_from, number_from, words_from, wrong
from pressrun.model.mailaddress import domain_from
from pressrun.model.mailserver import is_loopback
from pressrun.model.publication import Refusal, ServiceSettings

MOST_DAYS = 90
MOST_PENDING_DAYS = 3_650


def _address_from(value: object) -> str:
    """Where readers reach the service: over https, for links in letters are as good as passwords (RFC 8058)."""
    address = home_from(value)
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme != "https" and host != "localhost" and not is_loopback(host):
        wrong("bad-value", f'"{address}" is not encrypted', "write it with https:")
    return address


def _proxies_from(value: object) -> tuple[str, ...]:
    networks = []
    for word in words_from(value):
        try:
            network = ipaddress.ip_network(word, strict=False)
        except ValueError:
            wrong("bad-value", f'"{word}" is no address of a proxy', "write 127.0.0.1, or a network such as 10.0.0.0/8")
        if not network.prefixlen:
            wrong("bad-value", f'"{word}" is everybody, who could then claim to be anybody', "name your proxy alone")
        networks.append(str(network))
    return tuple(networks)


def _refusals_from(value: object) -> tuple[Refusal, ...]:
    words = [word.casefold() for word in words_from(value)]
    known = [each.value for each in Refusal]
    if unknown := next((word for word in words if word not in known), None):
        wrong("bad-value", f'"{unknown}" is no kind of address', f"write {' or '.join(known)}, or both")
    return tuple(each for each in Refusal if each.value in words)


def _domains_from(value: object) -> tuple[str, ...]:
    domains = []
    for word in words_from(value):
        try:
            domains.append(domain_from(word.removeprefix("@")))
        except ValueError:
            wrong("bad-value", f'"{word}" is not a domain', "write what stands behind the @ of an address")
    return tuple(dict.fromkeys(domains))


def _days_from(value: object) -> int:
    days = number_from(value)
    if days > MOST_DAYS:
        wrong("bad-value", f"{days} days are too long for a link to confirm", f"write {MOST_DAYS} or less")
    return days


def _days_or_never_from(value: object) -> int:
    """A number of days; 0 for never."""
    days = 0 if line_from(value) == "0" else number_from(value)
    if days > MOST_PENDING_DAYS:
        hint = f"write {MOST_PENDING_DAYS} or less, or 0 to keep them for ever"
        wrong("bad-value", f"{days} days are too long to keep somebody who never confirmed", hint)
    return days


class ServiceFields(Shape):
    """What stands under `service:`."""

    address: Annotated[
        str,
        PlainValidator(_address_from),
        form("string", pattern=r'^[Hh][Tt][Tt][Pp][Ss]?://[^\s<>"?#]+$', examples=["https://letters.example.org/"]),
    ]
    proxies: Annotated[tuple[str, ...], PlainValidator(_proxies_from), listed(examples=["127.0.0.1"])] = ()
    refuse: Annotated[
        tuple[Refusal, ...], PlainValidator(_refusals_from), listed(**any_case(each.value for each in Refusal))
    ] = ()
    refuse_domains: Annotated[tuple[str, ...], PlainValidator(_domains_from), listed()] = ()
    confirm_days: Annotated[Number, PlainValidator(_days_from)] = 7
    emails_per_hour: Number = 1_000
    forget_pending_days: Annotated[
        int, PlainValidator(_days_or_never_from), form("integer", "string", minimum=0, maximum=MOST_PENDING_DAYS)
    ] = 30


def service_from(reader: ReadFields, field: Field | None) -> ServiceSettings | None:
    """The settings that *field* holds; None where there is no service, or what is written is at fault."""
    fields = reader.group(field, SERVICE_NAMES)
    read = reader.read(ServiceFields, fields, field.position) if fields is not None and field is not None else None
    return ServiceSettings(**dict(read)) if read else None
