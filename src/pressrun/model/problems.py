"""What can be wrong, said in a way that leads to the place and to the way out."""

import enum
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pressrun.model.scripts import beginning_of, cut_before
from pressrun.model.widths import columns_of

EXCERPT_LIMIT = 100


class Severity(enum.Enum):
    """How much a Problem matters: only an error stops a run."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a file that a person wrote.

    *line* and *column* count from 1, in characters; *width* is how many characters are meant.
    *excerpt* is that whole line, or empty where there is nothing to show.
    """

    file: str
    line: int = 1
    column: int = 1
    width: int = 1
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where, under which stable code, and what to do now.

    *instead* is what to write in the place of the name that stands at *position*, where that alone mends it.
    `str()` gives the form that compilers use and editors can jump from.
    """

    position: Position
    code: str
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR
    instead: str | None = None

    def __str__(self) -> str:
        return "\n".join([self.headline, *self.details])

    @property
    def headline(self) -> str:
        """The one line that says where and what."""
        place = f"{self.position.file}:{self.position.line}:{self.position.column}"
        return f"{place}: {self.severity.value}: {shown(self.message)} [{self.code}]"

    @property
    def details(self) -> list[str]:
        """The lines under the headline: the excerpt with its marker, and the hint."""
        lines = _excerpt(self.position)
        if self.hint:
            lines.append(f"  hint: {shown(self.hint)}")
        return lines


class PressrunError(Exception):
    """Everything that Pressrun raises on purpose."""


class SettingsError(PressrunError):
    """An environment variable, a secret, or the address of the store is missing or wrong; the message is a sentence."""


class ContentError(PressrunError):
    """The publisher's files cannot be used as they are; *problems* holds every Problem found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_file_order(problems)
        super().__init__("\n\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type["ContentError"], tuple[list[Problem]]]:
        # What a worker raises is raised again by whoever asked it, and an Exception would be made of its message.
        return type(self), (self.problems,)


class DeliveryError(PressrunError):
    """No letter can be handed over as things are: what was attempted, and which setting chose where.

    What a server says of one letter is no error: it is that letter's Outcome.
    """


class StoreError(PressrunError):
    """The store of subscribers cannot be used as things are: what was attempted, the driver's error chained."""


class OutputError(PressrunError):
    """The place where the output goes does not take it: what was attempted, the system's error chained."""


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """*problems* by file, then from top to bottom, each said once."""
    return sorted(
        dict.fromkeys(problems),
        key=lambda problem: (problem.position.file, problem.position.line, problem.position.column),
    )


def errors_in(problems: Sequence[Problem]) -> list[Problem]:
    """Those of *problems* that stop a run."""
    return [problem for problem in problems if problem.severity is Severity.ERROR]


# Persian, Indian scripts, and emoji are spelled with these two; they move nothing.
JOINERS = "\u200c\u200d"


def shown(text: str) -> str:
    """*text* fit for one line of a terminal: what would move the cursor or change colours is written out."""
    return "".join(
        f"\\u{ord(character):04x}"
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in JOINERS
        else character
        for character in text.replace("\t", " ")
    )


def _excerpt(position: Position) -> list[str]:
    if not position.excerpt.strip():
        return []
    start = position.column - 1
    # A line may be as long as a book, and no more of it is copied than is shown.
    before, marked, after = (
        position.excerpt[max(start - EXCERPT_LIMIT, 0) : start],
        position.excerpt[start : start + min(position.width, EXCERPT_LIMIT)],
        position.excerpt[start + position.width : start + position.width + EXCERPT_LIMIT + 1],
    )
    if len(before) > EXCERPT_LIMIT // 2:
        before = "…" + before[cut_before(before, len(before) - EXCERPT_LIMIT // 2) :]
    marked = beginning_of(marked, EXCERPT_LIMIT)
    room = max(EXCERPT_LIMIT - len(before) - len(marked), 0)
    if len(after) > room:
        after = beginning_of(after, room) + "…"
    before, marked, after = shown(before), shown(marked), shown(after)
    gutter = f"{position.line:>5} | "
    marker = " " * columns_of(before) + "^" * max(columns_of(marked), 1)
    return [f"{gutter}{before}{marked}{after}".rstrip(), f"{' ' * (len(gutter) - 2)}| {marker}"]
