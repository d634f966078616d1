"""What is looked at before the first letter, each check by itself."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from builders import a_folder, a_story_file, an_edition_file, build_request
from pressrun.post.sending.letter import Ready, hash_of, ready
from pressrun.post.sending.preflight import PreflightFinding, pictures_in, preflight

PAGE = "https://gazette.example/editions/spring/"
PICTURE = "https://pictures.example/snow.png?a=1&b=2"
CLICK = "https://leave.example/?who={email}"
EDITION = an_edition_file("Hello. ![Snow](https://pictures.example/snow.png?a=1&b=2)")


@pytest.fixture
def letter(tmp_path: Path) -> Ready:
    files = {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": EDITION}
    return ready(a_folder(tmp_path, files), "spring", build_request())


def found(
    letter: Ready,
    answers: Mapping[str, str] = {},
    waived: tuple[str, ...] = (),
    click: str | None = CLICK,
) -> list[PreflightFinding]:
    """What is found where every address answers but those in *answers*, and the letter was tested."""
    asked: list[str] = []

    def ask(url: str) -> str | None:
        asked.append(url)
        return answers.get(url)

    return preflight(letter, hash_of(letter), click, ask, ask, waived)


def test_a_letter_that_was_tested_and_is_published_may_go(letter: Ready) -> None:
    assert found(letter) == []


def test_all_pictures_are_asked_for_each_once(letter: Ready) -> None:
    assert pictures_in(letter) == [PICTURE]


@pytest.mark.parametrize(
    ("check", "url"), [("page", PAGE), ("pictures", PICTURE), ("one-click", "https://leave.example/")]
)
def test_what_does_not_answer_is_told_and_can_be_waived(letter: Ready, check: str, url: str) -> None:
    (finding,) = found(letter, {url: "no answer in time"})
    assert finding.check == check
    assert url in finding.message
    assert finding.message.endswith("does not answer: no answer in time")
    assert found(letter, {url: "no answer in time"}, (check,)) == []


def test_readers_have_to_have_a_way_out_by_https(letter: Ready) -> None:
    assert [each.check for each in found(letter, click=None)] == ["one-click"]
    (finding,) = found(letter, click="http://leave.example/")
    assert finding.message.endswith("is not an address of HTTPS")


def test_a_letter_that_was_not_tested_or_changed_since_is_told(letter: Ready) -> None:
    def told(tested: str | None) -> list[str]:
        return [each.message for each in preflight(letter, tested, CLICK, lambda _: None, lambda _: None)]

    assert told(None) == ["nobody has looked at this letter yet"]
    changed = replace(letter, newsletter=replace(letter.newsletter, subject="Spring!"))
    assert told(hash_of(changed)) == ["the letter is not the one that was tested last"]


def test_a_letter_without_a_postal_address_or_of_tomorrow_is_told(letter: Ready) -> None:
    mail = replace(letter.publication.mail, postal_address=None)
    nowhere = replace(letter, publication=replace(letter.publication, mail=mail))
    assert [each.check for each in found(nowhere)] == ["postal-address"]
    (finding,) = found(replace(letter, not_out=(("content/editions/spring.md", "is a draft"),)))
    assert (finding.check, finding.message) == ("out", "content/editions/spring.md is a draft")


def test_where_no_pages_are_written_none_is_asked_for(letter: Ready) -> None:
    assert found(replace(letter, edition=replace(letter.edition, link=None)), {PAGE: "gone"}) == []


def test_unsubscribe_links_have_to_open_at_the_service_and_that_can_be_waived(letter: Ready) -> None:
    def told(waived: tuple[str, ...] = ()) -> list[PreflightFinding]:
        return preflight(letter, hash_of(letter), CLICK, lambda _: None, lambda _: None, waived, lambda: "it is dead")

    (finding,) = told()
    assert (finding.check, finding.message) == ("unsubscribe-link", "it is dead")
    assert told(("unsubscribe-link",)) == []
