"""What an inbox shows of a letter before it is opened: who sent it, its subject, its preheader."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pressrun.content.checks import place_of
from pressrun.model.edition import Edition, RenderedEdition
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.story import RenderedStory
from pressrun.press.newsletter.compose import Newsletter
from pressrun.rendering.sanitise import text_of

SUBJECT_LIMIT = 70
PREHEADER_LIMIT = 140
# Capitals alone are a name as long as there are few of them.
_SHORTEST_SHOUT = 10
_REPLY = re.compile(r"(re|fwd?|aw|wg)(\[\d+\])?:\s", re.IGNORECASE)
_EXCLAIMED = re.compile(r"[!！]{2,}")
# What mailing tools fill in, each with its own signs; here it would go out as it stands.
FOREIGN_TAG = re.compile(
    r"\*\|[A-Z0-9_: -]+\|\*|\{\{[^{}]*\}\}|\{%[^{}]*%\}|<%[^<>]*%>|%%[\w .-]+%%|%recipient[._]\w+%|\$\{[\w.]+\}"
    r"|\[\[[\w .:|-]+\]\]|\[(?:FIRST ?|LAST ?|F|L)?NAME\]|\[EMAIL\]"
)


@dataclass(frozen=True, slots=True)
class Made:
    """A letter that was made: its edition as written and as rendered, and what became of it, slots still words."""

    edition: Edition
    rendered: RenderedEdition
    newsletter: Newsletter


def inbox_findings(made: Made, earlier: Sequence[Edition]) -> Iterator[Problem]:
    """What is wrong with subject and preheader of *made*; *earlier* are the editions before it, the latest first."""
    shown = made.newsletter.filled({})
    yield from _subject(made.edition, shown.subject)
    yield from _same_subject(made.edition, earlier)
    yield from _preheader(made, shown)
    yield from foreign_tags(made.edition)


def foreign_tags(edition: Edition) -> Iterator[Problem]:
    """Return a warning for the subject and the preheader of *edition* where another tool would fill something in."""
    for name, text in (("subject", edition.subject), ("preheader", edition.preheader or "")):
        if found := FOREIGN_TAG.search(text):
            place = place_within(place_of(edition, name, "title"), found.group())
            yield Problem(
                place,
                code="letter-leftover",
                message=f"{found.group()} goes out as it stands",
                hint='write {first_name, "reader"}, or leave it out',
                severity=Severity.WARNING,
            )


def place_within(place: Position, words: str) -> Position:
    """The place of *words* in the line of *place*; *place* itself where they are not there."""
    at = place.excerpt.find(words, place.column - 1)
    return replace(place, column=at + 1, width=len(words)) if words and at >= 0 else place


def _subject(edition: Edition, shown: str) -> Iterator[Problem]:
    place = place_of(edition, "subject", "title")
    if len(shown) > SUBJECT_LIMIT:
        yield Problem(
            place_within(place, edition.subject[SUBJECT_LIMIT:] if shown == edition.subject else ""),
            code="subject-length",
            message=f"this subject has {len(shown)} characters, and most inboxes show no more than {SUBJECT_LIMIT}",
            hint="put what matters first, and say the rest in the preheader",
            severity=Severity.HINT,
        )
    cased = [character for character in shown if character.lower() != character.upper()]
    in_capitals = len(cased) >= _SHORTEST_SHOUT and " " in shown.strip() and all(map(str.isupper, cased))
    signs = _EXCLAIMED.search(shown)
    if in_capitals or signs:
        said = "is in capitals only" if in_capitals else f'shouts with "{signs.group() if signs else ""}"'
        yield Problem(
            place if in_capitals or not signs else place_within(place, signs.group()),
            code="subject-shouting",
            message=f"this subject {said}, as unwanted mail does",
            hint="write it as you would say it to somebody you know",
            severity=Severity.WARNING,
        )
    if found := _REPLY.match(shown):
        yield Problem(
            place_within(place, found.group().strip()),
            code="subject-reply",
            message=f'a subject that begins with "{found.group().strip()}" says that this is an answer, and it is none',
            hint="begin with what the letter is about",
            severity=Severity.WARNING,
        )


def _same_subject(edition: Edition, earlier: Sequence[Edition]) -> Iterator[Problem]:
    same = next((other for other in earlier if _words(other.subject) == _words(edition.subject)), None)
    if same is not None:
        yield Problem(
            place_of(edition, "subject", "title"),
            code="subject-repeated",
            message=f"content/{same.source} had the same subject, so mail programs put the two together",
            hint="say what is in this one",
            severity=Severity.WARNING,
        )


def _preheader(made: Made, shown: Newsletter) -> Iterator[Problem]:
    edition, written = made.edition, made.edition.preheader
    place = place_of(edition, "preheader", "title")
    if written is None:
        stories = [made.rendered.lead, *made.rendered.stories, *_in_sections(made.rendered)]
        first = next((story for story in stories if story is not None), None)
        stands_in = f'the summary of "{first.title}" stands in' if first and first.summary else "nothing stands in"
        hint = "add preheader: and say in a line what else is in the letter"
        yield Problem(place, "letter-preheader-missing", f"there is no preheader, so {stands_in}", hint, Severity.HINT)
    elif len(shown.preheader) > PREHEADER_LIMIT:
        message = f"this preheader has {len(shown.preheader)} characters; inboxes show at most {PREHEADER_LIMIT}"
        where = place_within(place, written[PREHEADER_LIMIT:] if shown.preheader == written else "")
        hint = "put what matters first, and end there"
        yield Problem(where, "letter-preheader-length", message, hint, Severity.HINT)
    if repeated := _repeated(made, shown) if written else None:
        yield Problem(
            place,
            code="letter-preheader-repeats",
            message=f"this preheader repeats {repeated}, so the inbox says the same thing twice",
            hint="say what else is in the letter",
            severity=Severity.WARNING,
        )


def _in_sections(edition: RenderedEdition) -> Iterator[RenderedStory]:
    return (story for section in edition.sections for story in section.stories)


def _repeated(made: Made, shown: Newsletter) -> str | None:
    """What of the letter its preheader says again; None where it says something of its own."""
    preheader = _words(shown.preheader)
    if preheader == _words(shown.subject):
        return "the subject"
    edition = made.rendered
    beginning = edition.opening or (edition.in_full.html if edition.in_full else "")
    first = _words(text_of(beginning[:2_000]))
    # One or two words can begin both by chance.
    return "the letter's first words" if preheader.count(" ") > 1 and first.startswith(preheader) else None


def _words(text: str) -> str:
    """*text* as it sounds: without signs, case and the kind of white space."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold()))
