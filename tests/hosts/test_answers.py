"""What a reply means, and what a person is told."""

from datetime import UTC, datetime

import pytest

from builders import NOON
from pressrun.desk.checking.outside import Named
from pressrun.hosts.answers import (
    FINE,
    LONGEST_WAIT,
    OUTSIDE,
    AddressVerdict,
    Answer,
    HttpReply,
    is_offline,
    meaning,
    problems,
)
from pressrun.model.problems import Position, Severity

PLACE = Position("content/stories/thaw.md", 7, 3, 4, "[a](…)")
URL = "https://ferry.example/timetable"


def told(answer: Answer, url: str = URL) -> list[str]:
    return [str(problem) for problem in problems([Named(url, PLACE)], {url: answer})]


@pytest.mark.parametrize("status", [200, 204, 206, 300, 304, 400, 401, 403, 405, 406, 407, 416, 418, 451, 999])
def test_nothing_but_404_and_410_says_that_nothing_is_there(status: int) -> None:
    """Many a server does not let programs in, and says so in one way or the other."""
    assert meaning(HttpReply(status), NOON) == FINE


@pytest.mark.parametrize(("status", "words"), [(404, "the server says 404 Not Found"), (410, "410 Gone")])
def test_404_and_410_say_that_nothing_is_there(status: int, words: str) -> None:
    answer = meaning(HttpReply(status), NOON)
    assert answer.verdict is AddressVerdict.DEAD
    assert words in answer.reason


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 521, 599])
def test_a_server_that_is_busy_or_ill_says_nothing_about_the_address(status: int) -> None:
    assert meaning(HttpReply(status), NOON).verdict is AddressVerdict.UNREACHABLE


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Tue, 12 May 2026 12:02:00 GMT", 120),
        ("Tue, 12 May 2026 12:02:00 -0000", 120),
        ("Tue, 12 May 2026 11:00:00 GMT", 0),
        ("9" * 400, LONGEST_WAIT),
        ("Fri, 01 Jan 2100 00:00:00 GMT", LONGEST_WAIT),
        ("soon", 0),
        ("-5", 0),
        ("", 0),
    ],
)
def test_a_server_can_say_how_long_it_wants_to_be_left_alone(written: str, seconds: int) -> None:
    assert meaning(HttpReply(429, retry_after=written), datetime(2026, 5, 12, 12, tzinfo=UTC)).wait == seconds


@pytest.mark.parametrize("verdict", [AddressVerdict.FINE, AddressVerdict.LEFT])
def test_where_all_is_well_or_nothing_is_known_nothing_is_told(verdict: AddressVerdict) -> None:
    assert told(Answer(verdict)) == []
    assert list(problems([Named(URL, PLACE)], {})) == []


def test_every_place_that_names_an_address_is_told() -> None:
    other = Position("content/publication.yaml", 3)
    found = list(problems([Named(URL, PLACE), Named(URL, other)], {URL: Answer(AddressVerdict.DEAD, "gone")}))
    assert [problem.position for problem in found] == [PLACE, other]


@pytest.mark.parametrize(
    "verdict", [each for each in AddressVerdict if each not in (AddressVerdict.FINE, AddressVerdict.LEFT)]
)
def test_nothing_on_other_hosts_keeps_a_publication_from_being_published(verdict: AddressVerdict) -> None:
    (problem,) = problems([Named(URL, PLACE)], {URL: Answer(verdict, "it is so", "https://new.example/")})
    assert problem.severity is not Severity.ERROR
    assert problem.hint


def test_that_nobody_at_all_can_be_reached_says_something_about_the_network_here() -> None:
    silent, here = Answer(AddressVerdict.UNREACHABLE), Answer(AddressVerdict.PRIVATE)
    three = {f"https://{name}.example/": silent for name in ("snow", "thaw", "ferry")}

    assert is_offline(three)
    assert is_offline({**three, "http://localhost/": here})
    assert not is_offline({**three, URL: FINE})
    assert not is_offline({f"{URL}/{number}": silent for number in range(9)})
    assert not is_offline({})


def test_every_code_that_is_told_here_is_known_to_be_from_outside() -> None:
    answers = {f"{URL}/{verdict.value}": Answer(verdict) for verdict in AddressVerdict}
    told = problems([Named(url, PLACE) for url in answers], answers)
    assert {problem.code for problem in told} == OUTSIDE


def test_a_password_in_an_address_is_told_without_itself() -> None:
    (text,) = told(
        Answer(AddressVerdict.REFUSED, "it carries a name or a password"), "https://ada:secret@ferry.example/x"
    )
    assert "secret" not in text
    assert "[a]" not in text
    assert "https://…@ferry.example/x was not asked" in text
