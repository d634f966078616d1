"""How often something may be asked for: so many times in a window of time, counted in memory."""

import ipaddress
from collections import OrderedDict
from datetime import datetime, timedelta

WINDOW = timedelta(hours=1)
FOR_IP, FOR_ADDRESS, FOR_DOMAIN = 30, 5, 1_000
# Beyond that many, those who were counted first are forgotten: memory is not what an attacker may use up.
MOST_COUNTED = 100_000


class Limit:
    """At most *times* in WINDOW for each key."""

    def __init__(self, times: int) -> None:
        self._times = times
        self._counted: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def allows(self, key: str, now: datetime) -> bool:
        """Whether *key* may once more; that it asked is counted."""
        since, count = self._counted.get(key, (now, 0))
        if now - since >= WINDOW:
            del self._counted[key]
            since, count = now, 0
        self._counted[key] = (since, count + 1)
        if len(self._counted) > MOST_COUNTED:
            self._counted.popitem(last=False)
        return count < self._times


class Limits:
    """The limits of what anybody may ask for: by where they are, by address, and by the domain of it."""

    def __init__(self, for_ip: int = FOR_IP, for_address: int = FOR_ADDRESS, for_domain: int = FOR_DOMAIN) -> None:
        self._ips, self._addresses, self._domains = Limit(for_ip), Limit(for_address), Limit(for_domain)

    def allow_place(self, ip: str | None, now: datetime) -> bool:
        """Whether somebody at *ip* may ask once more. A household has a whole network of IPv6 addresses."""
        return self._ips.allows(place_of(ip), now)

    def allow_domain(self, domain: str, now: datetime) -> bool:
        """Whether one more letter may go to *domain* on somebody's asking."""
        return self._domains.allows(domain, now)

    def allow_address(self, identity: str, now: datetime) -> bool:
        """Whether one more request for the address *identity* is looked at."""
        return self._addresses.allows(identity, now)


def place_of(ip: str | None) -> str:
    """What counts as one place of the network: an IPv4 address, or 64 bits of an IPv6 one."""
    try:
        address = ipaddress.ip_address(ip or "")
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), 64), strict=False).network_address)
