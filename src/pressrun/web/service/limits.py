"""How often one place of the network may ask: so many times in an hour, counted in memory.

The answer depends on the place alone, never on an address that somebody typed: nobody can use it to learn who is
subscribed, or to keep others out. How many emails go out is limited where they are sent (`claims`).
"""

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)
# What counts as one place, from the smallest to the largest, as bits of a network; and how often each may ask.
IPV6 = ((64, 30), (56, 60), (48, 120))
IPV4 = ((32, 30), (24, 120))
# Beyond that many, those who were counted first are forgotten: memory is not what an attacker may use up.
MOST_COUNTED = 100_000


class RequestLimit:
    """At most *times* in WINDOW for each key."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._counted: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def allows(self, key: str, now: datetime) -> bool:
        """Return whether *key* may ask once more; nothing is counted."""
        since, count = self._counted.get(key, (now, 0))
        return count < self._times or now - since >= WINDOW

    def count(self, key: str, now: datetime) -> None:
        """Count that *key* asked."""
        since, count = self._counted.get(key, (now, 0))
        if now - since >= WINDOW:
            del self._counted[key]
            since, count = now, 0
        self._counted[key] = (since, count + 1)
        if len(self._counted) > MOST_COUNTED:
            self._counted.popitem(last=False)


class PlaceLimits:
    """The limits of one form, by where a request comes from."""

    def __init__(self, ipv6: tuple[tuple[int, int], ...] = IPV6, ipv4: tuple[tuple[int, int], ...] = IPV4) -> None:
        self._limits = {(6, bits): RequestLimit(times) for bits, times in ipv6}
        self._limits |= {(4, bits): RequestLimit(times) for bits, times in ipv4}
        self._nowhere = RequestLimit(ipv4[0][1])

    def allow(self, ip: str | None, now: datetime) -> bool:
        """Return whether somebody at *ip* may ask once more, and count that they did.

        What is refused is not counted: somebody who asks too often does not use up what their neighbors may ask.
        """
        found = self._places(ip)
        if not all(limit.allows(key, now) for limit, key in found):
            return False
        for limit, key in found:
            limit.count(key, now)
        return True

    def _places(self, ip: str | None) -> list[tuple[RequestLimit, str]]:
        address = address_at(ip)
        if address is None:
            return [(self._nowhere, "")]
        network = ipaddress.IPv4Network if address.version == 4 else ipaddress.IPv6Network
        return [
            (limit, str(network((int(address), bits), strict=False)))
            for (version, bits), limit in self._limits.items()
            if version == address.version
        ]


class FormLimits:
    """The limits of the service's two forms that take an address. Each has its own share: whoever floods the form to
    subscribe does not keep their neighbors from asking for the link by which they unsubscribe or erase.
    """

    def __init__(self) -> None:
        self.subscribe = PlaceLimits()
        self.links = PlaceLimits()


def address_at(ip: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address *ip*, which counts as IPv4 where it only stands for one; None where it is none."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
