"""Which network addresses belong to everybody's internet, and which to somebody's own network.

The IANA Special-Purpose Address Registries (RFC 6890) as the standard library knows them, and what wraps one
address in another.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# Only here are addresses given out for everybody (RFC 4291, section 2.4; IANA's registry).
_GLOBAL = IPv6Network("2000::/3")
# RFC 6052: the last 32 bits are the address of the IPv4 internet that a gateway goes to.
_NAT64 = IPv6Network("64:ff9b::/96")
# Tunnels of another age (RFC 3056, RFC 4380): where they end can hardly be told, and nobody serves from there.
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))


def why_not(address: str) -> str | None:
    """What *address* is if it is not one of everybody's internet, as the end of a sentence; else None."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "not an address"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif found in _NAT64:
            found = IPv4Address(int(found) & 0xFFFF_FFFF)
    if found.is_loopback or found.is_unspecified:
        return "this very machine"
    if found.is_multicast:
        return "no single machine"
    if found.is_link_local or found.is_private or not found.is_global:
        return "in a private or reserved network"
    if isinstance(found, IPv6Address) and (found not in _GLOBAL or any(found in each for each in _TUNNELS)):
        return "in a private or reserved network"
    return None


def anywhere(_address: str) -> str | None:
    """Nothing against any address: for who asks in their own network, and knows it."""
    return None
