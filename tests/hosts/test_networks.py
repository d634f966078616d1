"""Whom a check may ask: everybody's internet, whatever a private address is wrapped in."""

import pytest

from pressrun.hosts.networks import anywhere, why_not


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_everybodys_internet_may_be_asked(address: str) -> None:
    assert why_not(address) is None


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::"),  # this machine
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "fc00::1", "fd12::1", "fec0::1"),  # private
        *("169.254.169.254", "fe80::1", "fe80::1%eth0"),  # link-local: clouds tell their secrets there
        *("100.64.0.1", "100.127.255.255"),  # behind a provider's own translation
        *("192.0.2.1", "198.18.0.1", "203.0.113.1", "240.0.0.1", "255.255.255.255", "2001:db8::1", "100::1"),
        *("224.0.0.1", "239.1.1.1", "ff02::1"),  # multicast
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1"),  # IPv4 in IPv6
        *("64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1"),  # through NAT64
        *("2002:a00:1::", "2002:7f00:1::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe"),  # through tunnels
        *("", "localhost", "127.1"),
    ],
)
def test_any_other_address_may_not(address: str) -> None:
    assert why_not(address)


def test_who_asks_in_their_own_network_may_ask_anywhere() -> None:
    assert anywhere("127.0.0.1") is None
