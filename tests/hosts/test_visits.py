"""Visits to a server that listens on this machine, under names of its own; time passes only by pauses."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON
from pressrun.hosts.answers import FINE, AddressVerdict, Answer, HttpReply, NoReply
from pressrun.hosts.client import Client
from pressrun.hosts.networks import why_not
from pressrun.hosts.redirects import MOST_HOPS
from pressrun.hosts.rounds import answers_of
from pressrun.hosts.visits import GAP, Visitor
from pressrun.model.addresses import ascii_url
from webserver import Clock, Says, Site, a_site

PRIVATE = {"intranet.example": "10.0.0.1", "metadata.example": "169.254.169.254"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> Iterator[Site]:
    with a_site(clock) as site:
        yield site


def resolved(host: str, port: int) -> list[str]:
    """Every name leads to the test's own server, but for those that are private."""
    return [PRIVATE.get(host, host if host[0].isdigit() or ":" in host else "127.0.0.1")]


def guard(address: str) -> str | None:
    return None if address == "127.0.0.1" else why_not(address)


@pytest.fixture
def visitor(clock: Clock) -> Visitor:
    return Visitor(Client("Pressrun", guard, resolved, clock=clock), clock, clock.pause, NOON)


def to(location: str, status: int = 301) -> Says:
    return Says(status, {"Location": location, "Set-Cookie": "who=you"})


CLIENT = Client("Pressrun", why_not, lambda *_: ["127.0.0.1"])
Visit = Callable[[Mapping[str, Says]], Answer]


@pytest.fixture
def visit(site: Site, visitor: Visitor) -> Visit:
    """What comes of visiting the first of some paths whose answers are given."""

    def visit(answers: Mapping[str, Says]) -> Answer:
        site.answers = dict(answers)
        return visitor.visit(site.url(next(iter(answers)), "snow.example"))

    return visit


# What is found


def test_what_is_there_is_asked_for_once_by_head(site: Site, visit: Visit) -> None:
    assert visit({"/a": Says()}) == FINE
    assert site.asked() == ["HEAD /a"]


def test_what_is_not_there_is_dead_only_when_get_says_so_too(site: Site, visit: Visit) -> None:
    assert visit({"/a": Says(404)}).verdict is AddressVerdict.DEAD
    assert visit({"/b": Says(to_head=404)}) == FINE
    assert site.asked() == ["HEAD /a", "GET /a", "HEAD /b", "GET /b"]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500, 501, 503])
def test_a_server_that_does_not_know_head_is_asked_by_get(site: Site, visit: Visit, status: int) -> None:
    assert visit({"/a": Says(to_head=status)}) == FINE
    assert site.asked() == ["HEAD /a", "GET /a"]


def test_a_line_that_is_cut_at_head_is_tried_once_more(site: Site, visit: Visit) -> None:
    answer = visit({"/a": Says(raw=b"")})
    assert answer == Answer(AddressVerdict.UNREACHABLE, "the server closed the connection without an answer")
    assert site.asked() == ["HEAD /a", "GET /a"]


def test_a_host_that_refuses_programs_is_no_finding(visit: Visit) -> None:
    assert visit({"/a": Says(403)}) == FINE


def test_a_server_that_is_ill_could_not_be_reached(visit: Visit) -> None:
    assert visit({"/a": Says(502)}) == Answer(AddressVerdict.UNREACHABLE, "the server says 502 Bad Gateway")


# Redirects


def test_what_has_moved_for_good_is_told_with_its_new_address(site: Site, visit: Visit) -> None:
    answer = visit({"/a": to("/b"), "/b": to("c?d=é", 308), "/c?d=%C3%A9": Says()})
    assert answer == Answer(AddressVerdict.MOVED, to=site.url("/c?d=%C3%A9", "snow.example"))


def test_what_leads_elsewhere_for_now_is_no_finding(visit: Visit) -> None:
    for status in (302, 303, 307):
        assert visit({"/a": to("/b", status), "/b": Says()}) == FINE


def test_only_the_part_of_the_way_that_is_for_good_is_the_new_address(site: Site, visit: Visit) -> None:
    answer = visit({"/a": to("/b"), "/b": to("/c", 302), "/c": to("/d"), "/d": Says()})
    assert answer == Answer(AddressVerdict.MOVED, to=site.url("/b", "snow.example"))


def test_what_moved_to_where_nothing_is_is_dead(visit: Visit) -> None:
    assert visit({"/a": to("/b"), "/b": Says(410)}).verdict is AddressVerdict.DEAD


def test_a_new_address_that_lets_no_program_in_is_not_recommended(visit: Visit) -> None:
    assert visit({"/a": to("/b"), "/b": Says(403)}) == FINE


def test_a_circle_is_left(site: Site, visit: Visit) -> None:
    assert visit({"/a": to("/b", 302), "/b": to("/a", 302)}) == Answer(
        AddressVerdict.UNREACHABLE, "it leads in a circle"
    )
    assert visit({"/c": to("/c", 302)}) == Answer(AddressVerdict.UNREACHABLE, "it leads in a circle")
    assert site.asked() == ["HEAD /a", "HEAD /b", "HEAD /c"]


def test_so_many_redirects_are_followed_and_no_more(site: Site, visit: Visit) -> None:
    way = {f"/{number}": to(f"/{number + 1}", 302) for number in range(MOST_HOPS)}
    assert visit({**way, f"/{MOST_HOPS}": Says()}) == FINE

    longer = {**way, f"/{MOST_HOPS}": to("/end", 302), "/end": Says()}
    assert visit(longer) == Answer(AddressVerdict.UNREACHABLE, "it leads on and on, more than 5 times")
    assert "HEAD /end" not in site.asked()


def test_what_leads_out_of_the_web_is_left_to_other_programs(site: Site, visit: Visit) -> None:
    for location in ("mailto:ada@gazette.example", "file:///etc/passwd", "ftp://127.0.0.1/"):
        assert visit({"/a": to(location)}) == FINE


@pytest.mark.parametrize("location", ["http://[oops/", "//" + "a" * 9_000, "http://x\u2024\u2024y.example/"])
def test_what_leads_to_no_address_could_not_be_reached(visit: Visit, location: str) -> None:
    assert visit({"/a": to(location.encode().decode("latin-1"))}).verdict is AddressVerdict.UNREACHABLE


def test_a_redirect_without_a_place_leads_nowhere_and_is_no_finding(visit: Visit) -> None:
    assert visit({"/a": Says(301)}) == FINE


@pytest.mark.parametrize("host", [*PRIVATE, "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.2"])
def test_every_step_of_the_way_has_to_be_in_everybodys_internet(site: Site, visit: Visit, host: str) -> None:
    answer = visit({"/a": to(site.url("/b", host), 302), "/b": Says()})
    assert answer.verdict is AddressVerdict.PRIVATE
    assert site.asked() == ["HEAD /a"]


def test_a_redirect_cannot_make_us_log_in(site: Site, visit: Visit) -> None:
    address = site.url("/b", "ada:secret@snow.example")
    assert visit({"/a": to(address), "/b": Says()}) == Answer(AddressVerdict.REFUSED, "it carries a name or a password")


# Politeness


def test_a_host_is_asked_one_thing_at_a_time_and_left_in_peace_in_between(
    site: Site, visitor: Visitor, clock: Clock
) -> None:
    """Also where redirects from other hosts lead to it: the server's own log proves it."""
    hosts = ("snow.example", "thaw.example", "ferry.example")
    site.answers = {f"/{number}": Says() for number in range(6)}
    site.answers |= {f"/{host}": to(site.url("/0", host), 302) for host in hosts}
    urls = [site.url(f"/{number}", host) for host in hosts for number in range(6)]
    urls += [site.url(f"/{other}", host) for host in hosts for other in hosts if other != host]

    assert {answer for _, answer in answers_of(urls, visitor.visit)} == {FINE}
    for host in hosts:
        moments = [each.moment for each in site.log if each.host == host]
        assert len(moments) == 6 + 2 + 2
        assert all(later - earlier >= GAP for earlier, later in pairwise(moments))


def test_head_and_get_are_one_question(visit: Visit, clock: Clock) -> None:
    visit({"/a": Says(405)})
    assert clock.pauses == []


def test_other_hosts_need_not_wait(site: Site, visitor: Visitor, clock: Clock) -> None:
    list(answers_of([site.url("/a", f"{name}.example") for name in "abcdefgh"], visitor.visit))
    assert clock.pauses == []


def test_a_host_that_wants_to_be_left_alone_is(site: Site, visitor: Visitor) -> None:
    site.answers = {"/a": Says(429, {"Retry-After": "90"}), "/b": Says(), "/c": Says()}
    urls = [site.url(path, "snow.example") for path in site.answers]
    left = Answer(AddressVerdict.LEFT, "its host wants to be left alone", wait=90)

    assert dict(answers_of(urls, visitor.visit)) == {
        urls[0]: Answer(AddressVerdict.UNREACHABLE, "the server says 429 Too Many Requests", wait=90),
        urls[1]: left,
        urls[2]: left,
    }
    assert site.asked() == ["HEAD /a"]
    assert visitor.visit(site.url("/b", "thaw.example")) == FINE


class Unreachable:
    """A client that reaches nobody."""

    def __init__(self, *, whole_host: bool, clock: Clock) -> None:
        self.whole_host, self.clock = whole_host, clock
        self.asked: list[tuple[str, str, float]] = []

    def __call__(self, method: str, url: str, seconds: float) -> HttpReply:
        self.asked.append((method, url, seconds))
        self.clock.seconds += 15
        raise NoReply(Answer(AddressVerdict.UNREACHABLE, "no answer"), whole_host=self.whole_host, broke_off=True)


def test_a_host_that_nobody_finds_is_looked_for_once(clock: Clock) -> None:
    """A hundred links to a host that is gone take as long as one."""
    client = Unreachable(whole_host=True, clock=clock)
    visitor = Visitor(client, clock, clock.pause, NOON)
    urls = [f"https://snow.example/{number}" for number in range(9)]

    assert set(dict(answers_of(urls, visitor.visit)).values()) == {Answer(AddressVerdict.UNREACHABLE, "no answer")}
    assert {url for _, url, _ in client.asked} == {urls[0]}


def test_an_address_has_so_many_seconds_for_all_of_its_way(clock: Clock) -> None:
    client = Unreachable(whole_host=False, clock=clock)
    Visitor(client, clock, clock.pause, NOON, seconds=20).visit("https://snow.example/")
    assert [(method, seconds) for method, _, seconds in client.asked] == [("HEAD", 20), ("GET", 5)]


@given(location=st.text() | st.from_regex(r"(https?:)?//[^/]*(/.*)?", fullmatch=True), status=st.integers(100, 999))
def test_whatever_a_server_says_comes_to_an_answer(location: str, status: int) -> None:
    clock = Clock()
    visitor = Visitor(lambda *_: HttpReply(status, location, location), clock, clock.pause, NOON)
    assert isinstance(visitor.visit("https://snow.example/a"), Answer)


@given(url=st.text() | st.from_regex(r"https?://[^/]*(/.*)?", fullmatch=True))
def test_whatever_an_address_is_the_client_refuses_it_or_asks_one_host(url: str) -> None:
    """Nobody is asked here: every name leads to this machine, which is refused."""
    try:
        address = ascii_url(url)
    except ValueError:
        return
    with pytest.raises(NoReply):
        CLIENT("HEAD", address, 20)
