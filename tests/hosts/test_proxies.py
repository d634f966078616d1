"""Proxies: which one the environment names for an address, and how the client asks through it."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import create_connection
from urllib.parse import urlsplit

import pytest

from mailserver import server_context, trusting_context
from pressrun.hosts.answers import AddressVerdict, Answer, NoReply
from pressrun.hosts.client import Client, Response
from pressrun.hosts.networks import anywhere
from pressrun.hosts.proxies import Proxy, no_proxy, system_proxy
from webserver import Clock, Says, Site, a_site

HOME = "127.0.0.1"


class Tunnels(ThreadingHTTPServer):
    """A proxy that connects whoever asks to *port*, whatever host they name; *asked* has what it was asked for."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__((HOME, 0), _Tunnel)
        self.port = port
        self.asked: list[tuple[str, str]] = []


class _Tunnel(BaseHTTPRequestHandler):
    server: Tunnels

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Proxy-Authorization", "")))
        if self.server.port == 0:
            self.send_error(403)
            return
        with create_connection((HOME, self.server.port)) as other:
            self.send_response(200)
            self.end_headers()
            there = threading.Thread(target=_copy, args=(self.connection, other))
            there.start()
            _copy(other, self.connection)
            there.join()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002  # the name that it has there
        pass


def _copy(source, target) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(1)
    except OSError:
        pass


@pytest.fixture
def tunnels() -> Iterator[Tunnels]:
    with Tunnels(0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("written", "proxy"),
    [
        ("http://proxy.example:3128/", Proxy("proxy.example", 3128)),
        ("proxy.example:3128", Proxy("proxy.example", 3128)),
        ("http://proxy.example", Proxy("proxy.example", 80)),
        (
            "http://ada:p%40ss@proxy.example",
            Proxy("proxy.example", 80, f"Basic {base64.b64encode(b'ada:p@ss').decode()}"),
        ),
        ("", None),
    ],
)
def test_the_environment_names_the_proxy_of_each_scheme(
    written: str, proxy: Proxy | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", written)
    assert system_proxy("https://gazette.example/feed.xml") == proxy
    assert system_proxy("http://gazette.example/feed.xml") is None
    assert no_proxy("https://gazette.example/feed.xml") is None


@pytest.mark.parametrize("exempt", ["gazette.example", "*", "gazette.example:8080"])
def test_no_proxy_exempts_hosts(exempt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", exempt)
    assert system_proxy("http://gazette.example:8080/feed.xml") is None


def test_a_setting_that_is_no_proxy_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http:///")
    with pytest.raises(NoReply, match=r"^http_proxy is not the address of a proxy$"):
        Client("x", anywhere, proxy=system_proxy).get("http://gazette.example/")


def test_a_proxy_is_asked_for_the_whole_address() -> None:
    """It looks up the name: nobody else does."""
    with a_site(Clock()) as proxy:
        proxy.answers["http://gazette.example/feed.xml?a=b"] = Says(body=b"the feed")

        def resolve(host: str, port: int) -> list[str]:
            assert (host, port) == ("proxy.example", proxy.server_port)
            return [HOME]

        named = Proxy("proxy.example", proxy.server_port, "Basic xyz")
        client = Client("x", anywhere, resolve, proxy=lambda _: named)
        assert client.get("http://gazette.example/feed.xml?a=b#top") == Response(200, b"the feed")
        (asked,) = proxy.log
    assert asked.headers["Host"] == "gazette.example"
    assert asked.headers["Proxy-Authorization"] == "Basic xyz"


def test_https_goes_through_a_tunnel_to_the_host_that_proves_its_name(tunnels: Tunnels) -> None:
    with a_site(Clock(), server_context("snow.example")) as sealed:
        sealed.answers["/feed.xml"] = Says(body=b"the feed")
        tunnels.port = sealed.server_port
        named = Proxy(HOME, tunnels.server_port, "Basic xyz")
        client = Client("x", anywhere, trust=trusting_context(), proxy=lambda _: named)
        assert client.get("https://snow.example/feed.xml") == Response(200, b"the feed")
        with pytest.raises(NoReply) as caught:
            client.get("https://thaw.example/feed.xml")
        (asked,) = sealed.log
    assert caught.value.answer.verdict is AddressVerdict.UNTRUSTED
    assert tunnels.asked == [("snow.example:443", "Basic xyz"), ("thaw.example:443", "Basic xyz")]
    assert "Proxy-Authorization" not in asked.headers


def test_a_proxy_that_refuses_is_named(tunnels: Tunnels) -> None:
    client = Client("x", anywhere, proxy=lambda _: Proxy(HOME, tunnels.server_port))
    with pytest.raises(NoReply) as caught:
        client.get("https://snow.example/")
    assert caught.value.answer == Answer(AddressVerdict.UNREACHABLE, "the proxy says 403 Forbidden")


def test_an_address_is_still_checked_before_a_proxy_is_asked() -> None:
    client = Client("x", anywhere, proxy=lambda _: Proxy(HOME, 1))
    for url in ("ftp://gazette.example/", "http://ada@gazette.example/"):
        with pytest.raises(NoReply) as caught:
            client.get(url)
        assert caught.value.answer.verdict is AddressVerdict.REFUSED


def test_the_site_is_asked_directly_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    monkeypatch.setenv("no_proxy", HOME)
    site: Site
    with a_site(Clock()) as site:
        site.answers["/"] = Says(body=b"home")
        assert Client("x", anywhere, proxy=system_proxy).get(site.url("/")).body == b"home"
        assert urlsplit(site.url("/")).port == site.server_port
