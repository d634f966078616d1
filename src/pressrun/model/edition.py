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


class Layout(enum.Enum):
    """How a letter shows its stories: one that leads and more below it, or all of them in a list."""

    EDITION = "edition"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class OutsideLink:
    """Something worth reading that others published; *comment* is the editor's own word on it."""

    title: str
    url: str
    source: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A story as an edition names it, and where it does so."""

    name: str
    position: Position


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an edition below its stories, as written: *text* is Markdown, its first line at *text_position*."""

    title: str | None = None
    text: str = ""
    text_position: Position | None = None
    stories: tuple[Reference, ...] = ()
    links: tuple[OutsideLink, ...] = ()


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
    layout: Layout = Layout.EDITION
    sections: tuple[Section, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RenderedSection:
    """A part of an edition with its stories found; *text* is HTML, sanitised, every address in it absolute."""

    title: str | None
    text: str
    stories: tuple[RenderedStory, ...] = ()
    links: tuple[OutsideLink, ...] = ()


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
    layout: Layout = Layout.EDITION
    sections: tuple[RenderedSection, ...] = ()
    pictures: tuple[Picture, ...] = ()
    files: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
