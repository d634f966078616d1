"""From an edition's names and rule to its stories."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders import NOON, a_publication, a_story, an_empty_folder
from pressrun.content.chains import stories_by
from pressrun.content.load import Content
from pressrun.content.references import Carried, carried_by_all
from pressrun.model.chain import Chain, Record
from pressrun.model.edition import Edition, Layout, Receipt, Reference, Rule, Section
from pressrun.model.problems import Position, Problem
from pressrun.model.publication import MailingList
from pressrun.model.story import Story


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


def test_a_chain_begins_on_the_day_of_the_last_edition_for_the_same_readers() -> None:
    editions = [edition(0), edition(3, rule=LAST)]

    found, problems = carried(editions, [story(day) for day in range(-1, 6)])

    assert problems == []
    assert slugs(found["editions/3.md"]) == ["s3", "s2", "s1", "s0"]


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


def test_what_is_beyond_the_limit_is_carried_as_a_link() -> None:
    limited = edition(4, rule=Rule(since_last=True, limit=2))

    found, problems = carried([limited, edition(6, rule=LAST)], [story(day) for day in (1, 2, 3, 5)])

    assert [slugs(found[f"editions/{day}.md"]) for day in (4, 6)] == [["s3", "s2"], ["s5"]]
    assert [each.slug for each in found["editions/4.md"].also] == ["s1"]
    assert [each.slug for each in found["editions/4.md"].all_stories] == ["s3", "s2", "s1"]
    assert problems == []


def test_a_chain_begins_with_its_first_edition_even_if_that_was_skipped() -> None:
    """Otherwise its beginning would move with every edition of other chains, past stories that nobody got."""
    snow = Rule(since_last=True, tags=("snow",), minimum=2, skip_if_empty=True)
    editions = [edition(1, rule=snow), edition(5), edition(8, rule=snow)]

    found, _ = carried(editions, [story(day, tags=("snow",)) for day in (0, 6)])

    assert found["editions/1.md"].skipped
    assert slugs(found["editions/8.md"]) == ["s6", "s0"]


RECEIPT = Receipt("tag:x,2020:e3", "0", ("newsletter",), NOON + timedelta(days=3))


def test_a_story_with_an_older_date_is_new_until_it_is_carried() -> None:
    first = edition(3, rule=LAST, carried=names("tag:x,2020:2"), sent=RECEIPT)

    found, problems = carried([first, edition(6, rule=LAST)], [story(1), story(2)])

    assert problems == []
    assert [slugs(found[f"editions/{day}.md"]) for day in (3, 6)] == [["s2"], ["s1"]]


def test_what_reached_nobody_carries_nothing() -> None:
    first = edition(3, rule=LAST, carried=names("tag:x,2020:2"), sent=replace(RECEIPT, nobody=True))

    found, _ = carried([first, edition(6, rule=LAST)], [story(2)])

    assert slugs(found["editions/6.md"]) == ["s2"]


def test_the_receipt_of_another_edition_says_nothing() -> None:
    """Whoever begins with a copy of the last edition's file has its receipt, too."""
    copied = edition(4, rule=LAST, carried=names("tag:x,2020:2"), sent=RECEIPT)

    found, _ = carried(
        [edition(3, rule=LAST, carried=names(), sent=RECEIPT), copied, edition(6, rule=LAST)], [story(2)]
    )

    assert slugs(found["editions/6.md"]) == ["s2"]


def test_after_a_sent_edition_one_that_was_not_sent_carries_nothing() -> None:
    editions = [edition(3, rule=LAST, carried=(), sent=RECEIPT), edition(5, rule=LAST), edition(6, rule=LAST)]

    found, _ = carried(editions, [story(4)])

    assert [slugs(found[f"editions/{day}.md"]) for day in (5, 6)] == [["s4"], ["s4"]]


@pytest.mark.parametrize(("rule", "expected"), [(LAST, []), (Rule(since_last=True, tags=("ice",)), ["s2"])])
def test_only_editions_of_the_same_chain_count(rule: Rule, expected: list[str]) -> None:
    first = edition(3, rule=LAST, carried=names("tag:x,2020:2"), sent=RECEIPT)
    second = edition(6, rule=replace(rule, skip_if_empty=True), begin=NOON)

    found, _ = carried([first, second], [story(2, tags=("ice",))])

    assert slugs(found["editions/6.md"]) == expected


def test_what_an_edition_for_the_same_list_names_is_not_new() -> None:
    first = edition(3, stories=names("s2"), sent=RECEIPT)

    found, _ = carried([first, edition(6, rule=LAST, begin=NOON)], [story(1), story(2)])

    assert slugs(found["editions/6.md"]) == ["s1"]


def test_what_was_sent_is_shown_without_a_story_that_is_gone() -> None:
    first = edition(3, rule=LAST, carried=names("tag:x,2020:2", "tag:x,2020:1"), sent=RECEIPT)

    found, problems = carried([first], [story(1)])

    assert slugs(found["editions/3.md"]) == ["s1"]
    assert [(problem.code, problem.severity.value) for problem in problems] == [("edition-story", "warning")]
    _, problems = carried([replace(first, sent=None)], [story(1)])
    assert [(problem.code, problem.severity.value) for problem in problems] == [("edition-story", "error")]


def test_a_store_counts_more_than_a_file() -> None:
    everybody = frozenset(("",))
    first = edition(3, rule=LAST, carried=names("tag:x,2020:2"), sent=RECEIPT)
    second = edition(6, rule=LAST)
    stories = (story(1), story(2))
    content = Content(a_publication(), an_empty_folder(Path()), stories, (first, second))

    def seen_with(record: Record) -> list[list[str]]:
        found, _ = carried_by_all((first, second), content, {}, {record.id: record})
        return [slugs(found[f"editions/{day}.md"]) for day in (3, 6)]

    chain = Chain(everybody)
    assert seen_with(Record(first.id, everybody, True, ("tag:x,2020:1",), (), chain)) == [["s1"], ["s2"]]
    assert seen_with(Record(first.id, everybody, False, ("tag:x,2020:1",), (), chain)) == [["s1"], ["s2", "s1"]]
    assert seen_with(Record("tag:x,2020:gone", everybody, True, ("tag:x,2020:1",), (), chain)) == [["s2"], []]


def test_a_chain_goes_on_when_the_publication_gets_another_list() -> None:
    first = edition(3, rule=LAST, carried=names("tag:x,2020:2"), sent=RECEIPT)
    second = edition(6, rule=LAST, list="newsletter", begin=NOON)
    publication = a_publication(lists=(MailingList("newsletter"), MailingList("daily")))
    content = Content(publication, an_empty_folder(Path()), (story(1), story(2)), (first, second))

    found, _ = carried_by_all((first, second), content, {})

    assert slugs(found["editions/6.md"]) == ["s1"]
