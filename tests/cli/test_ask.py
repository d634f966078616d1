"""The door to other hosts, against servers on this machine: whom it asks, what it says, and when it has had enough."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from mailserver import server_context, trusting_context
from pressrun.cli.ask import Door, addresses_of
from pressrun.external.answers import Answer, NoReply, Reply, Verdict
from pressrun.external.networks import anywhere
from webserver import Clock, Says, Site, a_site

HOME = "127.0.0.1"


def leading_to(*addresses: str) -> Callable[[str, int], list[str]]:
    def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


@pytest.fixture
def site() -> Iterator[Site]:
    with a_site(Clock()) as site:
        site.answers["/"] = Says()
        yield site


DOOR = Door("Pressrun/1 (link check; +https://gazette.example/)", anywhere, leading_to(HOME))


def refusal(door: Door, url: str, seconds: float = 20, method: str = "HEAD") -> NoReply:
    with pytest.raises(NoReply) as caught:
        door(method, url, seconds)
    return caught.value


# What is said


def test_who_asks_says_so_and_nothing_else(site: Site) -> None:
    assert DOOR("HEAD", site.url("/a?b=c#d", "snow.example"), 20) == Reply(404)
    (asked,) = site.log
    assert asked.path == "/a?b=c"
    assert asked.headers == {
        "Host": f"snow.example:{site.server_port}",
        "User-Agent": "Pressrun/1 (link check; +https://gazette.example/)",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_get_asks_for_a_byte_and_reads_none(site: Site) -> None:
    """Whatever else the server sends, and be it without end."""
    site.answers["/a"] = Says(endless=True)
    assert DOOR("GET", site.url("/a"), 20) == Reply(200)
    assert site.log[0].headers["Range"] == "bytes=0-0"


def test_where_it_leads_and_when_to_come_back_is_told_as_it_was_written(site: Site) -> None:
    where = "/crème".encode().decode("latin-1")
    site.answers["/a"] = Says(503, {"Location": where, "Retry-After": "120"})
    assert DOOR("HEAD", site.url("/a"), 20) == Reply(503, "/crème", "120")
    site.answers["/a"] = Says(302, {"Location": "/cr\xe8me"})
    assert DOOR("HEAD", site.url("/a"), 20) == Reply(302, "/crème")


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    assert DOOR("HEAD", site.url("/"), 20) == Reply(200)


# Whom it asks


def test_a_private_address_is_refused_before_a_line_is_opened(site: Site) -> None:
    fault = refusal(Door("x"), site.url("/"))
    assert fault.answer == Answer(Verdict.PRIVATE, "127.0.0.1 is this very machine")
    assert fault.whole_host
    assert site.log == []


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "017700000001", "127.1"])
def test_a_private_address_is_known_however_it_is_written(site: Site, host: str) -> None:
    assert refusal(Door("x"), site.url("/", host)).answer.verdict is Verdict.PRIVATE
    assert site.log == []


@pytest.mark.parametrize("addresses", [("8.8.8.8", HOME), (HOME, "8.8.8.8"), ("2606:4700::1111", "10.0.0.1")])
def test_a_name_with_one_private_address_is_refused(site: Site, addresses: tuple[str, ...]) -> None:
    fault = refusal(Door("x", resolve=leading_to(*addresses)), site.url("/", "snow.example"))
    assert fault.answer.verdict is Verdict.PRIVATE
    assert "snow.example leads to" in fault.answer.reason
    assert site.log == []


def test_a_name_is_looked_up_once_and_the_line_goes_where_it_led(site: Site) -> None:
    """Or a name could lead to everybody's internet when it is looked at, and to this machine when it is used."""
    answers = iter([[HOME], ["127.0.0.9"]])
    looked_at: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        return next(answers)

    def guard(address: str) -> None:
        looked_at.append(address)

    door = Door("x", guard, resolve)
    assert door("HEAD", site.url("/", "snow.example"), 20) == Reply(200)
    assert looked_at == [HOME]
    assert next(answers) == ["127.0.0.9"]


def test_where_the_first_address_does_not_answer_the_second_is_asked(site: Site) -> None:
    assert Door("x", anywhere, leading_to("127.0.0.2", HOME))("HEAD", site.url("/"), 20) == Reply(200)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://ada@snow.example/", "it carries a name or a password"),
        ("https://ada:secret@snow.example/", "it carries a name or a password"),
        ("http://@snow.example/", "it carries a name or a password"),
        ("http://snow.example:99999/", "its port is none"),
        ("http://snow.example:http/", "its port is none"),
        ("http:///x", "it is no address of the web"),
        ("http://snow\\.example/", "it is no address of the web"),
        ("http://snow%2eexample/", "it is no address of the web"),
        ("file:///etc/passwd", "it is no address of the web"),
        ("ftp://snow.example/", "it is no address of the web"),
        ("gopher://snow.example/", "it is no address of the web"),
    ],
)
def test_nothing_but_plain_addresses_of_the_web_is_asked(url: str, reason: str) -> None:
    assert refusal(DOOR, url).answer == Answer(Verdict.REFUSED, reason)


def test_the_systems_resolver_gives_each_address_once() -> None:
    assert addresses_of("127.0.0.1", 80) == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (socket.gaierror(socket.EAI_NONAME, "no name"), "the name snow.example is not known"),
        (socket.gaierror(socket.EAI_AGAIN, "no server"), "the name snow.example cannot be looked up"),
        (UnicodeError("label too long"), "the name snow.example cannot be looked up"),
    ],
)
def test_a_name_that_leads_nowhere_could_not_be_reached(error: Exception, reason: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise error

    fault = refusal(Door("x", resolve=resolve), "http://snow.example/")
    assert fault.answer == Answer(Verdict.UNREACHABLE, reason)
    assert fault.whole_host
    assert not fault.broke_off


# When it has had enough


def test_a_port_at_which_nobody_listens(site: Site) -> None:
    with closing(socket.socket()) as taken:  # bound, and not listening
        taken.bind((HOME, 0))
        fault = refusal(DOOR, f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert fault.answer == Answer(Verdict.UNREACHABLE, "connection refused")
    assert fault.whole_host
    none = refusal(Door("x", anywhere, leading_to()), "http://snow.example/")
    assert none.answer == Answer(Verdict.UNREACHABLE, "it has no address")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "the server closed the connection without an answer"),
        (b"220 mail.example ready\r\n", "what it says is no HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, "what it says is no HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000, "what it says is no HTTP"),
        (b"HTTP/1.1 2", "what it says is no HTTP"),
    ],
)
def test_what_is_no_reply_could_not_be_reached(site: Site, raw: bytes, reason: str) -> None:
    site.answers["/a"] = Says(raw=raw)
    fault = refusal(DOOR, site.url("/a"))
    assert fault.answer == Answer(Verdict.UNREACHABLE, reason)
    assert fault.broke_off
    assert not fault.whole_host


def test_a_server_that_says_nothing_is_not_waited_for(site: Site) -> None:
    site.answers["/a"] = Says(raw=b"", stays=True)
    fault = refusal(DOOR, site.url("/a"), seconds=0.05)
    assert fault.answer == Answer(Verdict.UNREACHABLE, "no answer in time")
    assert not fault.broke_off


def test_a_server_that_says_a_little_now_and_then_is_not_listened_to_without_end(site: Site) -> None:
    """Each question of the clock takes five of the twenty seconds."""
    site.answers["/a"] = Says(raw=b"HTTP/1.1 2", stays=True)
    clock = iter(range(0, 1000, 5))
    door = Door("x", anywhere, leading_to(HOME), clock=lambda: next(clock))
    assert refusal(door, site.url("/a")).answer == Answer(Verdict.UNREACHABLE, "no answer in time")


def test_time_that_is_up_before_a_line_is_open_is_up(site: Site) -> None:
    clock = iter(range(0, 1000, 30))
    door = Door("x", anywhere, leading_to(HOME), clock=lambda: next(clock))
    assert refusal(door, site.url("/")).answer == Answer(Verdict.UNREACHABLE, "no answer in time")


# Encryption


@pytest.fixture
def sealed() -> Iterator[Site]:
    with a_site(Clock(), server_context("snow.example")) as site:
        site.answers["/"] = Says()
        yield site


def test_a_server_that_proves_its_name_is_asked(sealed: Site) -> None:
    door = Door("x", anywhere, leading_to(HOME), trusting_context())
    assert door("HEAD", sealed.url("/", "snow.example"), 20) == Reply(200)


@pytest.mark.parametrize(
    ("name", "trust", "reason"),
    [
        ("thaw.example", trusting_context(), "not valid for 'thaw.example'"),
        ("snow.example", ssl.create_default_context(), "unable to get local issuer certificate"),
    ],
)
def test_a_server_that_cannot_prove_its_name_is_told(
    sealed: Site, name: str, trust: ssl.SSLContext, reason: str
) -> None:
    fault = refusal(Door("x", anywhere, leading_to(HOME), trust), sealed.url("/", name))
    assert fault.answer.verdict is Verdict.UNTRUSTED
    assert reason in fault.answer.reason
    assert fault.whole_host
    assert sealed.log == []


def test_a_server_that_does_not_encrypt_where_it_should_is_told(site: Site) -> None:
    fault = refusal(DOOR, site.url("/").replace("http:", "https:"))
    assert fault.answer.verdict is Verdict.UNTRUSTED
    assert fault.answer.reason.startswith("no encryption can be agreed on (")


def test_a_line_that_is_cut_while_encryption_is_agreed_on_says_nothing_about_trust() -> None:
    with closing(socket.create_server((HOME, 0))) as server:

        def hang_up() -> None:
            line, _ = server.accept()
            line.recv(1)
            line.shutdown(socket.SHUT_WR)
            line.recv(100_000)
            line.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        fault = refusal(DOOR, f"https://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert fault.answer.verdict is Verdict.UNREACHABLE
    assert fault.broke_off
