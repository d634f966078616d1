"""What a build decided before it made anything, for the next one that only has to touch up a few stories."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pressrun.content.source.files import Folders
from pressrun.model.edition import Edition
from pressrun.model.publication import FeedContent, Masthead
from pressrun.press.building.filestates import FileState
from pressrun.press.building.forms import feed_form, feed_from, from_bytes, noun_form, noun_from, to_bytes
from pressrun.press.building.press import Press
from pressrun.press.feeds.documents import FORMATS, FeedDocument
from pressrun.press.feeds.entries import in_order
from pressrun.press.site.pages import LISTED


class DocumentGroup(NamedTuple):
    """Documents of the same stories, which are told by their *numbers*, with the path, format and feed of each."""

    content: str
    numbers: list[int]
    documents: list[tuple[str, str, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything is, who carries and shows what, and in which order; stories go by their numbers.

    *look* is what pages and letters depend on beside what they show, *others* are the states of all files that are no
    stories, by their name.
    """

    masthead: Masthead
    masthead_name: str
    folders: Folders
    editions: tuple[Edition, ...]
    stories: list[str]
    documents: dict[str, str]
    prefixes: dict[str, str]
    held_back: dict[str, str]
    paths: list[str]
    home: list[int]
    carried: dict[str, list[int]]
    feeds: list[DocumentGroup]
    look: str
    others: dict[str, FileState]

    @classmethod
    def of(
        cls,
        press: Press,
        masthead: Masthead,
        feeds: Iterable[Sequence[FeedDocument]],
        look: bytes,
        others: Mapping[str, FileState],
    ) -> "Plan":
        """What *press* decided; *feeds* are all documents, those of the same stories together."""
        numbers = {source: number for number, source in enumerate(press.stories)}
        targets = press.targets
        return cls(
            masthead=masthead,
            masthead_name=press.content.masthead,
            folders=press.content.folders,
            editions=press.content.editions,
            stories=list(numbers),
            documents=dict(targets.documents),
            prefixes=dict(targets.prefixes),
            held_back=dict(targets.held_back),
            paths=sorted(targets.paths),
            home=[numbers[story.source] for story in in_order(press.stories.values())[:LISTED]],
            carried={
                source: [numbers[story.source] for story in each.all_stories]
                for source, each in press.carried.items()
                if source in press.editions
            },
            feeds=[
                DocumentGroup(
                    documents[0].content.value,
                    [numbers[source] for source in documents[0].sources],
                    [(each.path, each.format.name, feed_form(each.feed)) for each in documents],
                )
                for documents in feeds
            ],
            look=look.hex(),
            others=dict(others),
        )

    def to_bytes(self) -> bytes | None:
        """All of it, for the stock; None where the masthead or an edition would not come back as it is."""
        zone = self.masthead.publication.timezone
        nouns = [noun_form(each, zone) for each in (self.masthead, *self.editions)]
        if repr(_nouns_from(nouns, zone)) != repr((self.masthead, self.editions)):
            return None
        rest = [getattr(self, name) for name in _REST]
        return to_bytes([zone.key, nouns, self.masthead_name, astuple(self.folders), *rest])

    @classmethod
    def from_bytes(cls, data: bytes) -> "Plan":
        """What `to_bytes` made *data* of."""
        key, nouns, name, folders, *rest = from_bytes(data)
        masthead, editions = _nouns_from(nouns, ZoneInfo(key))
        found = dict(zip(_REST, rest, strict=True))
        found["feeds"] = [DocumentGroup(*each) for each in found["feeds"]]
        found["others"] = {name: FileState(*state) for name, state in found["others"].items()}
        return cls(masthead, name, Folders(*folders), editions, **found)

    def documents_of(self, group: DocumentGroup) -> list[FeedDocument]:
        """The documents of *group*."""
        sources = tuple(self.stories[number] for number in group.numbers)
        return [
            FeedDocument(path, FORMATS[name], feed_from(form), FeedContent(group.content), sources)
            for path, name, form in group.documents
        ]


# What JSON holds as it is.
_REST = "stories documents prefixes held_back paths home carried feeds look others".split()


def _nouns_from(nouns: Sequence[Any], zone: ZoneInfo) -> tuple[Masthead, tuple[Edition, ...]]:
    masthead, *editions = nouns
    return noun_from(Masthead, masthead, zone), tuple(noun_from(Edition, each, zone) for each in editions)
