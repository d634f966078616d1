"""From an edition's names and rule to its stories."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import NOON, a_publication, a_story, an_empty_folder
from pressrun.content.load import Content
from pressrun.content.references import Carried, carried_by_all, last_edition, stories_by
from pressrun.model.edition import Edition, Layout, Reference, Rule, Section
from pressrun.model.story import Story
from pressrun.problems import Position, Problem


def story(day: int, **changes: object) -> Story:
    """One that comes out so many days after NOON."""
    moment = NOON + timedelta(days=day)
    return a_story(source=f"stories/{day}.md", id=f"tag:x,2020:{day}", slug=f"s{day}", published=moment, **changes)


def edition(day: int, **changes: object) -> Edition:
    plain = Edition(
        source=f"editions/{day}.md",
        id=f"tag:x,2020:e{day}",
        id_is_minted=True,
        title="x",
        slug=f"e{day}",
        date=NOON + timedelta(days=day),
        subject="x",
        body="",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # each test names fields that there are


def carried(
    editions: list[Edition], stories: list[Story], held_back: tuple[str, ...] = ()
) -> tuple[dict[str, Carried], list[Problem]]:
    content = Content(a_publication(), an_empty_folder(Path()), tuple(stories), tuple(editions))
    return carried_by_all(editions, content, dict.fromkeys(held_back, "is a draft"))


def slugs(found: Carried) -> list[str]:
    return [each.slug for each in (*([found.lead] if found.lead else []), *found.stories)]


def names(*written: str) -> tuple[Reference, ...]:
    return tuple(Reference(name, Position("content/editions/e.md")) for name in written)


LAST = Rule(since_last=True)


def test_since_the_last_edition_means_after_its_date_and_until_one_s_own() -> None:
    editions = [edition(0), edition(3, rule=LAST)]

    found, problems = carried(editions, [story(day) for day in range(-1, 6)])

    assert problems == []
    assert slugs(found["editions/3.md"]) == ["s3", "s2", "s1"]


def test_the_first_edition_of_all_takes_what_there_is() -> None:
    found, _ = carried([edition(3, rule=LAST)], [story(1), story(2)])

    assert slugs(found["editions/3.md"]) == ["s2", "s1"]


def test_an_edition_that_was_skipped_is_not_the_last() -> None:
    skipping = Rule(since_last=True, minimum=2, skip_if_empty=True)
    editions = [edition(0), edition(2, rule=skipping), edition(4, rule=skipping)]

    found, problems = carried(editions, [story(1), story(3)])

    assert found["editions/2.md"].skipped == "is skipped: 1 story fits its rule, and min_stories is 2"
    assert slugs(found["editions/4.md"]) == ["s3", "s1"]
    assert [(problem.code, problem.severity.value) for problem in problems] == [("edition-empty", "hint")]


def test_too_few_stories_are_an_error_where_nothing_else_was_said() -> None:
    _, problems = carried([edition(2, rule=Rule(tags=("snow",)))], [story(1)])

    assert [(problem.code, problem.severity.value) for problem in problems] == [("edition-empty", "error")]


def test_the_newest_leads_unless_it_is_a_digest_or_stories_are_named() -> None:
    stories = [story(1), story(2), story(3)]

    assert carried([edition(4, rule=LAST)], stories)[0]["editions/4.md"].lead == stories[2]
    digest = carried([edition(4, rule=LAST, layout=Layout.DIGEST)], stories)[0]["editions/4.md"]
    assert (digest.lead, slugs(digest)) == (None, ["s3", "s2", "s1"])
    named = carried([edition(4, rule=LAST, stories=names("s1"))], stories)[0]["editions/4.md"]
    assert (named.lead, slugs(named)) == (None, ["s1", "s3", "s2"])


def test_what_is_named_is_not_found_again() -> None:
    section = Section(stories=names("s2"))
    one = edition(4, rule=LAST, lead=names("s1")[0], sections=(section,))

    found = carried([one], [story(1), story(2), story(3)])[0]["editions/4.md"]

    assert slugs(found) == ["s1", "s3"]
    assert [[each.slug for each in stories] for stories in found.sections] == [["s2"]]


def test_a_story_is_in_an_edition_once_wherever_it_stands() -> None:
    one = edition(4, lead=names("s1")[0], sections=(Section(stories=names("s2", "s1")),))

    found, problems = carried([one], [story(1), story(2)])

    assert [problem.message for problem in problems] == ['"s1" is in this edition already']
    assert [len(stories) for stories in found["editions/4.md"].sections] == [1]


def test_what_is_held_back_is_not_found() -> None:
    found, _ = carried([edition(4, rule=LAST)], [story(1), story(2)], held_back=("stories/2.md",))

    assert slugs(found["editions/4.md"]) == ["s1"]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (Rule(), ["s3", "s2", "s1"]),
        (Rule(tags=("SNOW",)), ["s3", "s1"]),
        (Rule(tags=("snow", "ice")), ["s3", "s2", "s1"]),
        (Rule(section="world"), ["s2"]),
        (Rule(tags=("snow",), section="world"), []),
        (Rule(since=NOON + timedelta(days=2)), ["s3", "s2"]),
        (Rule(since=NOON + timedelta(days=2), since_last=True), ["s3"]),
    ],
)
def test_a_rule_asks_for_all_that_it_names(rule: Rule, found: list[str]) -> None:
    stories = [story(1, tags=("snow",)), story(2, tags=("ice",), section="World"), story(3, tags=("Snow", "ice"))]
    until: datetime = NOON + timedelta(days=3)

    assert [each.slug for each in stories_by(rule, [*stories, story(4)], until)] == found


def test_what_is_beyond_the_limit_is_told_because_no_later_edition_finds_it() -> None:
    limited = edition(4, rule=Rule(since_last=True, limit=2))

    found, problems = carried([limited, edition(6, rule=LAST)], [story(day) for day in (1, 2, 3, 5)])

    assert [slugs(found[f"editions/{day}.md"]) for day in (4, 6)] == [["s3", "s2"], ["s5"]]
    assert [(problem.code, problem.severity.value) for problem in problems] == [("edition-limit", "warning")]
    assert problems[0].message.startswith("1 more story fits the rule than limit lets in")


def test_the_last_edition_is_none_that_was_skipped() -> None:
    skipping = Rule(since_last=True, minimum=2, skip_if_empty=True)
    editions = [edition(2), edition(4, rule=skipping)]
    content = Content(a_publication(), an_empty_folder(Path()), (story(1), story(3)), tuple(editions))

    assert last_edition(editions, content, {}) == NOON + timedelta(days=2)
    assert last_edition([], content, {}) is None
