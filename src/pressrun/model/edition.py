"""An edition: the stories that go out together in one newsletter."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pressrun.model.picture import Picture
from pressrun.model.story import RenderedStory
from pressrun.problems import Position


class Content(enum.Enum):
    """How much of its lead story a letter carries."""

    FULL = "full"
    SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class Reference:
    """A story as an edition names it, and where it does so."""

    name: str
    position: Position


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition as written; *body* holds its opening words in Markdown, from line *body_line* of the file."""

    source: str
    id: str
    id_is_minted: bool
    title: str
    slug: str
    date: datetime
    subject: str
    body: str
    body_line: int = 1
    preheader: str | None = None
    draft: bool = False
    lead: Reference | None = None
    stories: tuple[Reference, ...] = ()
    stories_title: str = "More Stories"
    content: Content = Content.FULL
    extra: Mapping[str, object] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RenderedEdition:
    """An edition with its stories found and rendered, as its page and its letter show it."""

    id: str
    slug: str
    link: str | None  # None where no pages are written
    title: str
    subject: str
    preheader: str
    date: datetime
    opening: str  # HTML, sanitised, every address in it absolute
    lead: RenderedStory | None
    stories: tuple[RenderedStory, ...]
    stories_title: str
    content: Content
    pictures: tuple[Picture, ...] = ()
    files: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
