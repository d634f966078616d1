"""Which stories and editions are invalid, what stands in for them, and what that means for a run.

A run is made of what is valid. Errors that only show on the way, such as a recording that is missing, or two stories
with one address, make more pieces invalid: then the run is made once more without them. There are ever fewer pieces,
so that this ends.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from pressrun.content.load import Content
from pressrun.model.edition import Edition, RenderedEdition
from pressrun.model.problems import Problem, errors_in
from pressrun.model.severities import Command, all_judged
from pressrun.model.story import RenderedStory, Story

# What one piece would do to the readers of all; no story is left out for it, and the build stops.
STOPS = frozenset({"feed-reflood"})

Made = TypeVar("Made")


class PublishedPiece(NamedTuple):
    """What earlier output holds of one piece: its id, and the path of its page, empty where it has none."""

    id: str
    path: str


@dataclass(frozen=True, slots=True)
class KeptEdition:
    """The last good version of an edition, and the sources of the stories that it carried.

    *digest* is of the file that it was read from.
    """

    edition: Edition
    lead: str | None
    stories: tuple[str, ...]
    sections: tuple[tuple[str, ...], ...]
    also: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class FoundStory:
    """A story as the output has it, and nothing else: as far as its entries tell, with the very bytes of these.

    *verbatim* are those by format and amount, *files* the digests of its pages by path, *entry* what the manifest says.
    """

    story: Story
    rendered: RenderedStory
    verbatim: Mapping[tuple[str, str], bytes]
    files: Mapping[str, str]
    entry: tuple[str, ...]
    path: str = ""  # where it is read


@dataclass(frozen=True, slots=True)
class FoundEdition:
    """An edition as the output has it: what a list of editions shows of it, and the digests of its files by path."""

    rendered: RenderedEdition
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Validity:
    """The sources of what is *invalid*, with the last good *stories*, without their bodies, and *editions*, by source.

    Of the stories, those *found* are known from the output alone; *found_editions* are no Editions any more.
    *known* is what earlier output holds, by source. Where errors are *heeded*, the first that makes a further piece
    invalid ends the run with MoreInvalid.
    """

    invalid: frozenset[str] = frozenset()
    stories: Mapping[str, Story] = field(default_factory=dict)
    editions: Mapping[str, KeptEdition] = field(default_factory=dict)
    found: Mapping[str, FoundStory] = field(default_factory=dict)
    found_editions: Mapping[str, FoundEdition] = field(default_factory=dict)
    known: Mapping[str, PublishedPiece] = field(default_factory=dict)
    is_heeded: bool = False


ALL_VALID = Validity()


class MoreInvalid(Exception):
    """A run that has to be made once more, because the pieces *sources* are invalid: *problems* say why."""

    def __init__(self, sources: frozenset[str], problems: list[Problem]) -> None:
        super().__init__(sources)
        self.sources = sources
        self.problems = problems


def invalid_in(problems: Iterable[Problem], content: Content) -> frozenset[str]:
    """Return the sources of the stories and editions of *content* that have errors among *problems*."""
    errors = errors_in(all_judged(problems, Command.BUILD))
    return frozenset(
        source for problem in errors if problem.code not in STOPS and (source := content.owner_of(problem)) is not None
    )


def heed(problems: Iterable[Problem], content: Content, validity: Validity) -> None:
    """Raise MoreInvalid where errors are heeded, and *problems* make a further piece of *content* invalid."""
    if validity.is_heeded:
        found = list(problems)
        if more := invalid_in(found, content) - validity.invalid:
            raise MoreInvalid(more, found)


def stopping(problems: Iterable[Problem], content: Content) -> list[Problem]:
    """Return the errors among *problems*, judged already, that stop a build: those that no story or edition owns."""
    return [problem for problem in errors_in([*problems]) if problem.code in STOPS or content.owner_of(problem) is None]


def settled(
    content: Content, problems: list[Problem], run: Callable[[frozenset[str], list[Problem]], Made]
) -> tuple[Made, frozenset[str]]:
    """Return what *run* makes of the valid pieces, and the sources of the invalid ones.

    *run* is given the sources that are invalid so far, and all that is known to be wrong; it raises MoreInvalid where
    it finds more. *problems* are those of *content*.
    """
    invalid = invalid_in(problems, content)
    told = list(problems)
    while True:
        try:
            return run(invalid, list(told)), invalid
        except MoreInvalid as more:
            # Whatever else was found of these pieces is not found again.
            told += [problem for problem in more.problems if content.owner_of(problem) in more.sources]
            invalid |= more.sources
