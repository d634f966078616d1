"""An edition: the stories that go out together in one newsletter."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pressrun.model.picture import Picture
from pressrun.model.problems import Position
from pressrun.model.story import RenderedStory


class LeadContent(enum.Enum):
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
    """A part of an edition below its stories, as written.

    *text* is Markdown, from line *text_line* of the file, each line of it indented by *text_indent*.
    """

    title: str | None = None
    text: str = ""
    text_line: int = 1
    text_indent: int = 0
    stories: tuple[Reference, ...] = ()
    links: tuple[OutsideLink, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """How an edition finds its stories by itself: those that came out until its date, newest first.

    *since* is the moment from which on they came out. With *since_last* they are those that no edition of the same
    chain has carried. Of *tags* any one is enough. Stories beyond *limit* are shown as plain links. Below *minimum*
    stories there is no edition: an error, unless *skip_if_empty*.
    """

    since: datetime | None = None
    since_last: bool = False
    tags: tuple[str, ...] = ()
    section: str | None = None
    limit: int = 30
    minimum: int = 1
    skip_if_empty: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an edition's own file says of its sending: its id, how its letter's hash begins, to which lists and when.

    *attempts* is how many it took, once nobody was left; None before that, and where an earlier version wrote it.
    *nobody* says that the sending ended before it reached anybody.
    """

    id: str
    hash: str
    lists: tuple[str, ...]
    time: datetime
    attempts: int | None = None
    nobody: bool = False


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition as written; *body* holds its opening words in Markdown, from line *body_line* of the file.

    *carried* are the ids of the stories that its rule found; once they are written, the rule is not evaluated again.
    Stories from before *begin* are not new for its chain.
    """

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
    list: str | None = None  # the id of the one that it is for; None where there is only one, or it goes to all
    draft: bool = False
    lead: Reference | None = None
    stories: tuple[Reference, ...] = ()
    stories_title: str = "More Stories"
    content: LeadContent = LeadContent.FULL
    layout: Layout = Layout.EDITION
    sections: tuple[Section, ...] = ()
    rule: Rule | None = None
    carried: tuple[Reference, ...] | None = None
    begin: datetime | None = None
    allow_clipping: bool = False
    sent: Receipt | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    positions: Mapping[str, Position] = field(default_factory=dict, compare=False, repr=False)

    @property
    def named(self) -> tuple[Reference, ...]:
        """The stories that it names itself, the lead first."""
        inside = (reference for section in self.sections for reference in section.stories)
        return (*([self.lead] if self.lead else []), *self.stories, *inside)

    @property
    def receipt(self) -> Receipt | None:
        """The receipt of this very edition; in a copy of another edition's file there may be that one's."""
        return self.sent if self.sent is not None and self.sent.id == self.id else None


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
    content: LeadContent
    layout: Layout = Layout.EDITION
    sections: tuple[RenderedSection, ...] = ()
    also: tuple[RenderedStory, ...] = ()  # those beyond the limit, of which it shows the titles
    pictures: tuple[Picture, ...] = ()
    files: tuple[str, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def leading(self) -> RenderedStory | None:
        """The story that opens the letter; in a digest none does."""
        return self.lead if self.layout is Layout.EDITION else None

    @property
    def in_full(self) -> RenderedStory | None:
        """The same where the letter carries all of its text."""
        return self.leading if self.content is LeadContent.FULL else None

    @property
    def listed(self) -> tuple[RenderedStory, ...]:
        """The stories that the letter lists: all of them in a digest, else those that follow the lead."""
        return self.stories if self.leading or not self.lead else (self.lead, *self.stories)
