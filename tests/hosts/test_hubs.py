"""A WebSub hub gets one request for all feeds, and what it answers is a sentence."""

from urllib.parse import parse_qs

import pytest

from pressrun.hosts.client import Client
from pressrun.hosts.hubs import HubError, announce
from pressrun.hosts.networks import anywhere
from webserver import Clock, Says, Site, a_site

TOPICS = ["https://gazette.example/atom.xml", "https://gazette.example/rss.xml?a=b&c"]


def client() -> Client:
    return Client("x", anywhere, lambda *_: ["127.0.0.1"])


def test_a_hub_gets_every_feed_in_one_request() -> None:
    site: Site
    with a_site(Clock()) as site:
        site.answers["/hub"] = Says(202)
        announce(site.url("/hub"), TOPICS, client())
        (asked,) = site.log
    assert (asked.method, parse_qs(asked.body.decode())) == ("POST", {"hub.mode": ["publish"], "hub.url": TOPICS})


def test_an_address_of_a_hub_may_have_letters_of_every_script() -> None:
    with a_site(Clock()) as site:
        site.answers["/n%C3%A4he"] = Says(204)
        announce(site.url("/nähe", "hütte.example"), TOPICS, client())
        (asked,) = site.log
    assert asked.host == "xn--htte-0ra.example"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, b"topic not allowed\nsee our page", "403 Forbidden: topic not allowed"),
        (500, b"", "500 Internal Server Error"),
        (799, b"\xff", "799: \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_a_hub_that_refuses_is_an_error_with_its_own_words(status: int, body: bytes, words: str) -> None:
    with a_site(Clock()) as site:
        site.answers["/hub"] = Says(status, body=body)
        with pytest.raises(HubError) as caught:
            announce(site.url("/hub"), TOPICS, client())
        assert str(caught.value) == f"{site.url('/hub')} answered {words}"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://hub.example/", "only http and https are supported"),
        ("https://ex\u00adam\u2024ple..com/", "is not a host name"),
    ],
)
def test_an_address_that_is_no_hub_is_an_error(url: str, reason: str) -> None:
    with pytest.raises(HubError, match=f"^{url} does not answer: .*{reason}"):
        announce(url, TOPICS, client())
