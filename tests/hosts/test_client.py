"""The HTTP client, against servers on this machine: whom it asks, what it says, and when it has had enough."""

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from mailserver import server_context, trusting_context
from pressrun import __version__
from pressrun.hosts.answers import AddressVerdict, Answer, HttpReply, NoReply
from pressrun.hosts.client import Client, Response, user_agent
from pressrun.hosts.connections import addresses_of
from pressrun.hosts.networks import anywhere, why_not
from pressrun.hosts.redirects import MOST_HOPS
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


CLIENT = Client("Pressrun/1 (link check; +https://gazette.example/)", anywhere, leading_to(HOME))


def refusal(client: Client, url: str, seconds: float = 20, method: str = "HEAD") -> NoReply:
    with pytest.raises(NoReply) as caught:
        client(method, url, seconds)
    return caught.value


# What is said


def test_who_asks_says_so_and_nothing_else(site: Site) -> None:
    assert CLIENT("HEAD", site.url("/a?b=c#d", "snow.example"), 20) == HttpReply(404)
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
    assert CLIENT("GET", site.url("/a"), 20) == HttpReply(200)
    assert site.log[0].headers["Range"] == "bytes=0-0"


def test_a_header_of_the_answer_is_told_to_get_and_post(site: Site) -> None:
    site.answers["/a"] = Says(200, {"Pressrun-Probe": "two words"})
    assert CLIENT.header(site.url("/a"), "pressrun-probe", 20) == (200, "two words")
    assert CLIENT.header(site.url("/"), "pressrun-probe", 20) == (200, "")
    assert "Range" not in site.log[0].headers


def test_where_it_leads_and_when_to_come_back_is_told_as_it_was_written(site: Site) -> None:
    where = "/crème".encode().decode("latin-1")
    site.answers["/a"] = Says(503, {"Location": where, "Retry-After": "120"})
    assert CLIENT("HEAD", site.url("/a"), 20) == HttpReply(503, "/crème", "120")
    site.answers["/a"] = Says(302, {"Location": "/cr\xe8me"})
    assert CLIENT("HEAD", site.url("/a"), 20) == HttpReply(302, "/crème")


def test_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    assert CLIENT("HEAD", site.url("/"), 20) == HttpReply(200)


# Whom it asks


def test_a_private_address_is_refused_before_a_line_is_opened(site: Site) -> None:
    fault = refusal(Client("x"), site.url("/"))
    assert fault.answer == Answer(AddressVerdict.PRIVATE, "127.0.0.1 is this very machine")
    assert fault.whole_host
    assert site.log == []


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "017700000001", "127.1"])
def test_a_private_address_is_known_however_it_is_written(site: Site, host: str) -> None:
    assert refusal(Client("x"), site.url("/", host)).answer.verdict is AddressVerdict.PRIVATE
    assert site.log == []


@pytest.mark.parametrize("addresses", [("8.8.8.8", HOME), (HOME, "8.8.8.8"), ("2606:4700::1111", "10.0.0.1")])
def test_a_name_with_one_private_address_is_refused(site: Site, addresses: tuple[str, ...]) -> None:
    fault = refusal(Client("x", resolve=leading_to(*addresses)), site.url("/", "snow.example"))
    assert fault.answer.verdict is AddressVerdict.PRIVATE
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

    client = Client("x", guard, resolve)
    assert client("HEAD", site.url("/", "snow.example"), 20) == HttpReply(200)
    assert looked_at == [HOME]
    assert next(answers) == ["127.0.0.9"]


def test_where_the_first_address_does_not_answer_the_second_is_asked(site: Site) -> None:
    assert Client("x", anywhere, leading_to("127.0.0.2", HOME))("HEAD", site.url("/"), 20) == HttpReply(200)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://ada@snow.example/", "it carries a name or a password"),
        ("https://ada:secret@snow.example/", "it carries a name or a password"),
        ("http://@snow.example/", "it carries a name or a password"),
        ("http://snow.example:99999/", "its port is not valid"),
        ("http://snow.example:http/", "its port is not valid"),
        ("http:///x", "its host is missing"),
        ("http://snow\\.example/", "snow\\.example is not a host name"),
        ("http://snow%2eexample/", "snow%2eexample is not a host name"),
        ("file:///etc/passwd", "only http and https are supported"),
        ("ftp://snow.example/", "only http and https are supported"),
        ("gopher://snow.example/", "only http and https are supported"),
    ],
)
def test_nothing_but_plain_addresses_of_the_web_is_asked(url: str, reason: str) -> None:
    assert refusal(CLIENT, url).answer == Answer(AddressVerdict.REFUSED, reason)


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

    fault = refusal(Client("x", resolve=resolve), "http://snow.example/")
    assert fault.answer == Answer(AddressVerdict.UNREACHABLE, reason)
    assert fault.whole_host
    assert not fault.broke_off


# When it has had enough


def test_a_port_at_which_nobody_listens(site: Site) -> None:
    with closing(socket.socket()) as taken:  # bound, and not listening
        taken.bind((HOME, 0))
        fault = refusal(CLIENT, f"http://127.0.0.1:{taken.getsockname()[1]}/")
    assert fault.answer == Answer(AddressVerdict.UNREACHABLE, "connection refused")
    assert fault.whole_host
    none = refusal(Client("x", anywhere, leading_to()), "http://snow.example/")
    assert none.answer == Answer(AddressVerdict.UNREACHABLE, "it has no address")


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
    fault = refusal(CLIENT, site.url("/a"))
    assert fault.answer == Answer(AddressVerdict.UNREACHABLE, reason)
    assert fault.broke_off
    assert not fault.whole_host


def test_a_server_that_says_nothing_is_not_waited_for(site: Site) -> None:
    site.answers["/a"] = Says(raw=b"", stays=True)
    fault = refusal(CLIENT, site.url("/a"), seconds=0.05)
    assert fault.answer == Answer(AddressVerdict.UNREACHABLE, "no answer in time")
    assert not fault.broke_off


def test_a_server_that_says_a_little_now_and_then_is_not_listened_to_without_end(site: Site) -> None:
    """Each question of the clock takes five of the twenty seconds."""
    site.answers["/a"] = Says(raw=b"HTTP/1.1 2", stays=True)
    clock = iter(range(0, 1000, 5))
    client = Client("x", anywhere, leading_to(HOME), clock=lambda: next(clock))
    assert refusal(client, site.url("/a")).answer == Answer(AddressVerdict.UNREACHABLE, "no answer in time")


def test_time_that_is_up_before_a_line_is_open_is_up(site: Site) -> None:
    clock = iter(range(0, 1000, 30))
    client = Client("x", anywhere, leading_to(HOME), clock=lambda: next(clock))
    assert refusal(client, site.url("/")).answer == Answer(AddressVerdict.UNREACHABLE, "no answer in time")


def refused(ask: Callable[[], object]) -> Answer:
    with pytest.raises(NoReply) as caught:
        ask()
    return caught.value.answer


# Whole answers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_get_gives_the_answer_where_redirects_lead(site: Site, status: int) -> None:
    site.answers["/a"] = Says(status, {"Location": "/b"})
    site.answers["/b"] = Says(body=b"the feed")
    assert CLIENT.get(site.url("/a")) == Response(200, b"the feed")
    assert site.asked() == ["GET /a", "GET /b"]


def test_get_takes_what_is_packed(site: Site) -> None:
    site.answers["/a"] = Says(200, {"Content-Encoding": "gzip"}, body=gzip.compress(b"the feed"))
    assert CLIENT.get(site.url("/a")).body == b"the feed"
    assert site.log[0].headers["Accept-Encoding"] == "gzip"


def test_get_gives_an_answer_that_is_an_error_too(site: Site) -> None:
    site.answers["/a"] = Says(503, body=b"later")
    assert CLIENT.get(site.url("/a")) == Response(503, b"later")


@pytest.mark.parametrize(("size", "is_too_large"), [(1_000_000, False), (1_000_001, True)])
def test_get_takes_no_more_bytes_than_it_may(site: Site, size: int, is_too_large: bool) -> None:
    site.answers["/a"] = Says(body=bytes(size))
    site.answers["/packed"] = Says(200, {"Content-Encoding": "gzip"}, body=gzip.compress(bytes(size)))
    for path in ("/a", "/packed"):
        if is_too_large:
            answer = refused(lambda path=path: CLIENT.get(site.url(path), largest=1_000_000))  # type: ignore[misc]
            assert answer == Answer(AddressVerdict.UNREACHABLE, "it is larger than 1 MB")
        else:
            assert CLIENT.get(site.url(path), largest=1_000_000).body == bytes(size)


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_half_an_answer_is_none(site: Site, raw: bytes) -> None:
    site.answers["/a"] = Says(raw=raw)
    assert refused(lambda: CLIENT.get(site.url("/a"))) == Answer(
        AddressVerdict.UNREACHABLE, "the answer ends too early"
    )


def test_a_body_that_comes_too_slowly_is_not_waited_for(site: Site) -> None:
    site.answers["/a"] = Says(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", stays=True)
    answer = refused(lambda: CLIENT.get(site.url("/a"), seconds=0.05))
    assert answer == Answer(AddressVerdict.UNREACHABLE, "no answer in time")


def test_all_redirects_together_have_one_deadline(site: Site) -> None:
    """Each look at the clock takes two of the twenty seconds, and every hop needs several."""
    site.answers |= {f"/{number}": Says(302, {"Location": f"/{number + 1}"}) for number in range(9)}
    clock = iter(range(0, 1000, 2))
    client = Client("x", anywhere, leading_to(HOME), clock=lambda: next(clock))
    assert refused(lambda: client.get(site.url("/0"))) == Answer(AddressVerdict.UNREACHABLE, "no answer in time")
    assert len(site.log) < MOST_HOPS


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/a", "it leads in a circle"),
        ("/b", "it leads in a circle"),
        ("http://[/", "it leads to what is no address"),
        ("/" + "x" * 8000, "it leads to an address without end"),
        ("file:///etc/passwd", "the server says 302 Found and leads to file:///etc/passwd, outside of the web"),
    ],
)
def test_redirects_that_lead_nowhere_are_not_followed(site: Site, location: str, reason: str) -> None:
    site.answers["/a"] = Says(302, {"Location": location})
    site.answers["/b"] = Says(302, {"Location": "/a"})
    assert refused(lambda: CLIENT.get(site.url("/a"))).reason == reason
    assert refused(lambda: CLIENT.post(site.url("/a"), b"")).reason == reason


def test_more_redirects_than_a_few_are_not_followed(site: Site) -> None:
    site.answers |= {f"/{number}": Says(302, {"Location": f"/{number + 1}"}) for number in range(9)}
    assert "more than 5 times" in refused(lambda: CLIENT.get(site.url("/0"))).reason
    assert len(site.log) == MOST_HOPS + 1


def test_a_redirect_does_not_lead_behind_the_guard(site: Site) -> None:
    """The first address is allowed; the one that it leads to is not, and is never asked."""
    site.answers["/a"] = Says(302, {"Location": site.url("/b", "intranet.example")})

    def resolve(host: str, port: int) -> list[str]:
        return ["10.0.0.1"] if host == "intranet.example" else [HOME]

    def guard(address: str) -> str | None:
        return None if address == HOME else why_not(address)

    answer = refused(lambda: Client("x", guard, resolve).get(site.url("/a", "snow.example")))
    assert answer.verdict is AddressVerdict.PRIVATE
    assert site.asked() == ["GET /a"]


# Forms


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_form_arrives_where_it_is_redirected(site: Site, status: int) -> None:
    """A hub that has moved from http to https would else get a GET, and nobody would know."""
    site.answers["/a"] = Says(status, {"Location": "/b"})
    site.answers["/b"] = Says(202, body=b"thanks, all of it")
    assert CLIENT.post(site.url("/a"), b"a=b", beginning=6) == Response(202, b"thanks")
    assert site.asked() == ["POST /a", "POST /b"]
    assert [each.body for each in site.log] == [b"a=b", b"a=b"]
    assert site.log[1].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_see_other_says_that_a_form_has_arrived(site: Site) -> None:
    site.answers["/a"] = Says(303, {"Location": "/b"})
    site.answers["/b"] = Says(body=b"done")
    assert CLIENT.post(site.url("/a"), b"a=b") == Response(200, b"done")
    assert site.asked() == ["POST /a", "GET /b"]
    assert "Content-Type" not in site.log[1].headers


# Who asks


def test_the_user_agent_names_the_version_the_purpose_and_the_home_page() -> None:
    assert user_agent() == f"Pressrun/{__version__}"
    assert user_agent("https://gazette.example/") == f"Pressrun/{__version__} (+https://gazette.example/)"
    assert user_agent("https://gazette.example/crème/", "link check") == (
        f"Pressrun/{__version__} (link check; +https://gazette.example/cr%C3%A8me/)"
    )


# Encryption


@pytest.fixture
def sealed() -> Iterator[Site]:
    with a_site(Clock(), server_context("snow.example")) as site:
        site.answers["/"] = Says()
        yield site


def test_a_server_that_proves_its_name_is_asked(sealed: Site) -> None:
    client = Client("x", anywhere, leading_to(HOME), trusting_context())
    assert client("HEAD", sealed.url("/", "snow.example"), 20) == HttpReply(200)


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
    fault = refusal(Client("x", anywhere, leading_to(HOME), trust), sealed.url("/", name))
    assert fault.answer.verdict is AddressVerdict.UNTRUSTED
    assert reason in fault.answer.reason
    assert fault.whole_host
    assert sealed.log == []


def test_a_server_that_does_not_encrypt_where_it_should_is_told(site: Site) -> None:
    fault = refusal(CLIENT, site.url("/").replace("http:", "https:"))
    assert fault.answer.verdict is AddressVerdict.UNTRUSTED
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
        fault = refusal(CLIENT, f"https://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()
    assert fault.answer.verdict is AddressVerdict.UNREACHABLE
    assert fault.broke_off
