"""What an inbox shows of a letter before it is opened."""

from typing import Any

import pytest

from builders import NOON, a_rendered_story
from builders import an_edition as a_rendered_edition
from pressrun.model.edition import Edition, OutsideLink, RenderedSection
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.slots import slotted
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.inboxline import Made, inbox_findings, place_within


def a_proof(
    subject: str = "The bridge is open", preheader: str | None = "And three walks for the weekend.", **changes: Any
) -> Made:
    lines = {"subject": f"subject: {subject}", "preheader": f"preheader: {preheader}"}
    positions = {
        name: Position("content/editions/x.md", number, len(name) + 3, len(line) - len(name) - 2, line)
        for number, (name, line) in enumerate(lines.items(), 2)
    }
    edition = Edition(
        source="editions/x.md",
        id="tag:gazette.example,2020:editions/x",
        id_is_minted=True,
        title="Spring",
        slug="x",
        date=NOON,
        subject=subject,
        body="",
        preheader=preheader,
        positions=positions,
    )
    shown = "What the first story is about." if preheader is None else slotted(preheader)
    newsletter = Newsletter(slotted(subject), shown, "<body></body>", "")
    return Made(edition, a_rendered_edition(**changes), newsletter)


def findings(made: Made, *earlier: Edition) -> list[Problem]:
    return list(inbox_findings(made, earlier))


def codes(made: Made) -> list[str]:
    return [problem.code for problem in findings(made)]


def marked(problem: Problem) -> str:
    place = problem.position
    return place.excerpt[place.column - 1 : place.column - 1 + place.width]


def test_a_plain_line_gives_no_finding() -> None:
    assert findings(a_proof()) == []


@pytest.mark.parametrize(
    "subject",
    [
        "NASA flies again",
        "BBC",
        "UN and EU",
        "Rebuilding the pass",
        "Is it true?!",
        "Stop! Go!",
        "Fwd",
        "日本語の手紙、春号",
    ],
)
def test_names_in_capitals_and_a_single_exclamation_are_no_shout(subject: str) -> None:
    assert findings(a_proof(subject)) == []


@pytest.mark.parametrize("subject", ["THE BRIDGE IS OPEN", "МОСТ СНОВА ОТКРЫТ"])
def test_capitals_alone_are_a_shout(subject: str) -> None:
    (problem,) = findings(a_proof(subject))
    assert (problem.code, marked(problem)) == ("subject-shouting", subject)


def test_a_shout_is_shown_where_it_stands() -> None:
    (problem,) = findings(a_proof("Open!! And safe"))
    assert (problem.code, marked(problem)) == ("subject-shouting", "!!")


@pytest.mark.parametrize("subject", ["Re: bridge", "FWD: bridge", "fw: bridge", "Re[2]: bridge", "AW: Brücke"])
def test_what_is_no_answer_does_not_begin_like_one(subject: str) -> None:
    (problem,) = findings(a_proof(subject))
    assert (problem.code, marked(problem)) == ("subject-reply", subject.split()[0])


def test_a_long_subject_is_shown_where_it_is_cut() -> None:
    (problem,) = findings(a_proof("a" * 70 + "bcd"))
    assert (problem.code, problem.severity, marked(problem)) == ("subject-length", Severity.HINT, "bcd")
    assert findings(a_proof("a" * 70)) == []


def test_a_personal_field_is_as_long_as_what_stands_in_for_it() -> None:
    assert findings(a_proof('{first_name, "you"}, ' + "a" * 60)) == []
    (problem,) = findings(a_proof('{first_name, "you"}, ' + "a" * 70))
    assert problem.code == "subject-length"
    assert problem.position.column == 10  # the whole of it: nobody knows where it will be cut


def test_the_same_subject_as_before_is_told_with_the_edition_that_had_it() -> None:
    before = a_proof("The bridge, is OPEN").edition
    other = a_proof("Another").edition
    (problem,) = findings(a_proof(), other, before)
    assert problem.code == "subject-repeated"
    assert problem.message.startswith("content/editions/x.md had the same subject")


def test_without_a_preheader_it_is_told_what_stands_in() -> None:
    story = a_rendered_story(1)
    section = RenderedSection(None, "", (story,), (OutsideLink("A", "https://a.example/"),))
    for changes in ({"lead": story}, {"stories": (story,)}, {"sections": (section,)}):
        (problem,) = findings(a_proof(preheader=None, **changes))
        assert (problem.code, problem.severity) == ("letter-preheader-missing", Severity.HINT)
        assert problem.message.endswith('the summary of "Story 1" stands in')
    (problem,) = findings(a_proof(preheader=None))
    assert problem.message.endswith("nothing stands in")


def test_an_empty_preheader_is_a_choice() -> None:
    assert findings(a_proof(preheader="")) == []


def test_a_long_preheader_is_shown_where_it_ends() -> None:
    (problem,) = findings(a_proof(preheader="a" * 140 + "bcd"))
    assert (problem.code, marked(problem)) == ("letter-preheader-length", "bcd")


def test_a_preheader_says_something_of_its_own() -> None:
    story = a_rendered_story(1, html="<p>It snowed in the <em>night</em>, and more.</p>")
    assert codes(a_proof(preheader="The bridge is open.")) == ["letter-preheader-repeats"]
    assert codes(a_proof(preheader="Good morning, dear reader", opening="<p>Good morning, dear reader. We…</p>")) == [
        "letter-preheader-repeats"
    ]
    assert codes(a_proof(preheader="It snowed in the night", lead=story)) == ["letter-preheader-repeats"]
    assert codes(a_proof(preheader="Good morning", opening="<p>Good morning, dear reader.</p>")) == []
    assert codes(a_proof(preheader="It snowed in the night", opening="<p>Dear reader.</p>", lead=story)) == []


@pytest.mark.parametrize(
    "tag",
    ["*|FNAME|*", "{{ first_name }}", "%recipient.first_name%", "%%first_name%%", "<%= name %>", "[NAME]", "[[name]]"],
)
def test_another_tools_tag_is_shown_where_it_stands(tag: str) -> None:
    (problem,) = findings(a_proof(f"Dear {tag}, hello"))
    assert (problem.code, marked(problem)) == ("letter-leftover", tag)
    (problem,) = findings(a_proof(preheader=f"Dear {tag}, hello"))
    assert (problem.code, marked(problem)) == ("letter-leftover", tag)


@pytest.mark.parametrize("subject", ["[Gazette] 50% more, 20% less", 'Dear {first_name, "reader"}', "Up 5%% in a year"])
def test_other_brackets_and_percents_are_words(subject: str) -> None:
    assert findings(a_proof(subject)) == []


def test_a_place_within_a_line_is_that_of_the_words_or_of_the_line() -> None:
    line = Position("x", 1, 3, 5, "a: words")
    assert place_within(line, "rds") == Position("x", 1, 6, 3, "a: words")
    assert place_within(line, "a:") == line
    assert place_within(line, "") == line
