"""The masthead: what is true of everything that is published under one title."""

import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from pressrun.model.mailserver import MailServer
from pressrun.model.signing import Signing

# Languages that are written from right to left, by their primary subtag.
RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})


@functools.lru_cache
def direction_of(language: str) -> str:
    """The value of HTML's `dir` for text in *language*, a BCP 47 tag: "ltr" or "rtl"."""
    return "rtl" if language.lower().split("-")[0] in RIGHT_TO_LEFT else "ltr"


@dataclass(frozen=True, slots=True)
class Author:
    """A person as a feed names them (RFC 4287, section 3.2)."""

    name: str
    email: str | None = None
    uri: str | None = None


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, as a From line shows them; the name may be empty."""

    name: str
    address: str


class Mailboxes(tuple[Mailbox, ...]):
    """Several mailboxes. A template that knows of one alone reads the name and the address of the first."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """The name of the first."""
        return self[0].name if self else ""

    @property
    def address(self) -> str:
        """The address of the first."""
        return self[0].address if self else ""


NOBODY = Mailboxes()


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one scheme, each as #rrggbb."""

    paper: str  # behind the text
    canvas: str  # around the paper
    ink: str  # the text
    muted: str  # dates, captions, the footer
    accent: str  # links and the masthead's line
    rule: str  # lines between the parts


LIGHT = Palette(paper="#ffffff", canvas="#f3f1ec", ink="#1d1f24", muted="#5b606b", accent="#9c2a1f", rule="#d9d5cc")
DARK = Palette(paper="#17191e", canvas="#0e0f12", ink="#e9e7e2", muted="#a8adb8", accent="#ff9d8a", rule="#383c45")


@dataclass(frozen=True, slots=True)
class Look:
    """What pages and letters of this publication look like, where no template says otherwise."""

    light: Palette = LIGHT
    dark: Palette = DARK
    heading_font: str = "Georgia, 'Times New Roman', serif"
    text_font: str = "Georgia, 'Times New Roman', serif"
    interface_font: str = "Helvetica, Arial, sans-serif"
    width: int = 600  # of a letter, in pixels
    logo: str | None = None  # what stands for the title in a letter: a path below content/, or a web address
    logo_width: int = 160

    @property
    def text_width(self) -> int:
        """How many pixels wide the text of a letter is: its width without the margins at both sides."""
        return self.width - 64


class TextLinks(enum.Enum):
    """How the plain text of a letter tells where its links lead: in numbered notes, or at once."""

    NOTES = "notes"
    INLINE = "inline"


@dataclass(frozen=True, slots=True)
class MailSettings:
    """What a letter says about its sender."""

    sender: Mailbox | None = None
    reply_to: Mailboxes = NOBODY
    postal_address: str | None = None
    unsubscribe: str | None = None  # an https: or mailto: address; {email} in it stands for the reader's
    text_links: TextLinks = TextLinks.NOTES
    one_click: str | None = None  # an https: address with {email} in it, which takes RFC 8058's POST
    list_id: str | None = None  # of RFC 2919, without its brackets
    server: MailServer = field(default_factory=MailServer)
    signing: Signing = field(default_factory=Signing)


class Every(enum.Enum):
    """Of what every single one has a feed of its own."""

    TAG = "tag"
    SECTION = "section"
    AUTHOR = "author"


class FeedContent(enum.Enum):
    """How much of its stories a feed carries."""

    FULL = "full"
    SUMMARY = "summary"


FORMATS = ("atom", "rss", "json")


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """One of `feeds:`: a choice of stories under a name, or *every* for a feed of each tag, section or author.

    *tags*, *section* and *author* choose; where several are given, a story has to match all of them (of
    *tags*, any one). With none of them it is the whole site. *limit* is the number of entries.
    """

    name: str = "site"
    title: str | None = None
    every: Every | None = None
    tags: tuple[str, ...] = ()
    section: str | None = None
    author: str | None = None
    formats: tuple[str, ...] = FORMATS
    limit: int = 20
    content: FeedContent = FeedContent.FULL


class Trace(enum.Enum):
    """What may be kept of somebody who agrees, beside what they agreed to."""

    IP = "ip"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class MailingList:
    """One of `lists:`, what a person subscribes to (RFC 2919).

    *wording* is what they agree to; *keep* says what is kept as a proof beside it.
    """

    id: str = "newsletter"
    title: str = ""
    description: str | None = None
    sender: Mailbox | None = None
    reply_to: Mailboxes = NOBODY
    list_id: str | None = None
    wording: str = ""
    keep: tuple[Trace, ...] = ()


class Refusal(enum.Enum):
    """What kind of address is not taken: one of a role, or one that is thrown away after use."""

    ROLE = "role"
    DISPOSABLE = "disposable"


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """Where readers reach `pressrun service`, whom it takes, and what it limits.

    *address* is absolute and ends in a slash. *proxies* are the networks whose word is taken for who asks.
    """

    address: str
    proxies: tuple[str, ...] = ()
    refuse: tuple[Refusal, ...] = ()
    refuse_domains: tuple[str, ...] = ()
    confirm_days: int = 7  # how long a link to confirm is valid
    emails_per_hour: int = 1_000  # those to strangers, and those with links that readers ask for, each
    forget_pending_days: int = 30  # after which a request that nobody confirmed is forgotten; 0 for never


@dataclass(frozen=True, slots=True)
class Podcast:
    """What podcast directories ask of a feed with episodes."""

    category: str
    image: str  # a path below content/, or a web address
    explicit: bool | None = None  # None where publication.yaml does not say
    owner: Mailbox | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """The masthead, as `content/publication.yaml` gives it."""

    title: str
    home: str  # absolute, ends in a slash
    language: str
    timezone: ZoneInfo
    authority: str  # of tag: URIs (RFC 4151), such as "frontline.example,2014"
    authors: tuple[Author, ...]  # who wrote what names no author
    subtitle: str | None = None
    rights: str | None = None
    story_url: str = "/stories/{slug}/"
    pages: bool = True
    look: Look = field(default_factory=Look)
    mail: MailSettings = field(default_factory=MailSettings)
    feeds: tuple[FeedSettings, ...] = (FeedSettings(),)  # that of the whole site first
    hub: str | None = None  # a WebSub hub
    icon: str | None = None  # a square picture; a path below content/, or a web address
    logo: str | None = None  # a picture twice as wide as high
    podcast: Podcast | None = None
    tags: tuple[str, ...] = ()  # those that stories may have; any, where none is named
    lists: tuple[MailingList, ...] = ()  # what people can subscribe to; never empty where publication.yaml was read
    service: ServiceSettings | None = None
    privacy: str | None = None  # where readers see how their address is used: absolute
    extra: Mapping[str, object] = field(default_factory=dict)  # what publication.yaml holds beside, for templates

    @property
    def manage_page(self) -> str | None:
        """Where a reader asks for a link to all that they get, and to leave it; None without a service."""
        return f"{self.service.address}manage" if self.service is not None else None

    @property
    def way_out(self) -> str | None:
        """Where a letter to nobody in particular leads whoever wants no more of it; None where nothing is known."""
        return self.mail.unsubscribe or self.manage_page

    @property
    def direction(self) -> str:
        """The value of HTML's `dir` for the publication's language."""
        return direction_of(self.language)


@dataclass(frozen=True, slots=True)
class Masthead:
    """What reading a story or an edition needs to know of the publication."""

    publication: Publication
    authors: Mapping[str, Author]

    def author(self, named: Author) -> Author:
        """*named* as the masthead knows them, where it does."""
        return self.authors.get(named.name, named)
