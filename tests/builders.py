"""Values for tests: a test writes only what matters to it."""

import posixpath
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pressrun.content.editions import read_edition
from pressrun.content.source.files import ContentFolder, SourceFile
from pressrun.model.addresses import Addresses
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.edition import Edition, LeadContent, RenderedEdition
from pressrun.model.picture import Picture
from pressrun.model.publication import Author, Mailbox, MailSettings, Masthead, Publication
from pressrun.model.story import RenderedStory, Story
from pressrun.press.feeds.entries import Entry, Feed
from pressrun.rendering.links import BrokenPicture, Targets
from pressrun.rendering.outline import Outline, SourceDocument

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)

MASTHEAD = """\
title: The Gazette
home: https://gazette.example/
timezone: America/New_York
ids: gazette.example,2020
mail:
  from: The Gazette <news@gazette.example>
  postal_address: 1 Example Street
  unsubscribe: mailto:news@gazette.example?subject=unsubscribe
"""


def a_publication(**changes: Any) -> Publication:
    publication = Publication(
        title="The Gazette",
        home="https://gazette.example/",
        language="en",
        timezone=NEW_YORK,
        authority="gazette.example,2020",
        authors=(Author("The Gazette"),),
        mail=MailSettings(sender=Mailbox("The Gazette", "news@gazette.example")),
    )
    return replace(publication, **changes)


def a_masthead(**changes: Any) -> Masthead:
    return Masthead(a_publication(**changes), {})


def a_source(text: str, path: str = "stories/2026-05-12-moving-house.md") -> SourceFile:
    return SourceFile(path, f"content/{path}", text)


def a_story(**changes: Any) -> Story:
    story = Story(
        source="stories/2026-05-12-moving-house.md",
        id="tag:gazette.example,2020:stories/2026-05-12/moving-house",
        id_is_minted=True,
        title="Moving house",
        slug="moving-house",
        published=NOON,
        updated=NOON,
        authors=(Author("Ada"),),
        body="We are moving house.",
    )
    return replace(story, **changes)


def a_rendered_story(number: int = 0, **changes: Any) -> RenderedStory:
    moment = NOON + timedelta(days=number)
    story = RenderedStory(
        id=f"tag:gazette.example,2020:stories/{number}",
        slug=f"story-{number}",
        link=f"https://gazette.example/stories/story-{number}/",
        title=f"Story {number}",
        published=moment,
        updated=moment,
        authors=(Author("Ada"),),
        tags=(),
        section=None,
        summary=f"What story {number} is about.",
        language="en",
        direction="ltr",
        html=f"<p>The text of story {number}.</p>\n",
    )
    return replace(story, **changes)


def an_entry(**changes: Any) -> Entry:
    entry = Entry(
        id="tag:gazette.example,2020:stories/2026-05-12/moving-house",
        link="https://gazette.example/stories/moving-house/",
        title="Moving house",
        published=NOON,
        updated=NOON,
        authors=(Author("Ada"),),
        categories=(),
        summary="We are moving.",
        content="<p>We are moving house.</p>",
        language="en",
    )
    return replace(entry, **changes)


def a_feed(**changes: Any) -> Feed:
    feed = Feed(
        id="tag:gazette.example,2020:feeds/site",
        url="https://gazette.example/atom.xml",
        home="https://gazette.example/",
        title="The Gazette",
    )
    return replace(feed, **changes)


def an_edition(**changes: Any) -> RenderedEdition:
    edition = RenderedEdition(
        id="tag:gazette.example,2020:editions/2026-05-12/spring",
        slug="spring",
        link="https://gazette.example/editions/spring/",
        title="Spring",
        subject="What spring brought",
        preheader="Three stories and a picture.",
        date=NOON,
        opening="",
        lead=None,
        stories=(),
        stories_title="More Stories",
        content=LeadContent.FULL,
    )
    return replace(edition, **changes)


def an_outline(body: str) -> Outline:
    return Outline.of(SourceDocument("content/x.md", body))


def a_picture(**changes: Any) -> Picture:
    picture = Picture(
        source="images/house.png",
        path="images/house-0a1b2c3d.png",
        url="https://gazette.example/images/house-0a1b2c3d.png",
        media_type="image/png",
        size=1234,
        width=1200,
        height=675,
        alt="A house",
    )
    return replace(picture, **changes)


def some_targets(
    documents: Mapping[str, str] | None = None,
    *,
    files: tuple[str, ...] = (),
    static: tuple[str, ...] = (),
    held_back: Mapping[str, str] | None = None,
    home: str = "https://gazette.example/",
    is_whole: bool = True,
) -> Targets:
    """Targets whose pictures are all 1200 by 675, but for those called broken."""
    documents = documents or {}

    def picture(source: str) -> Picture:
        if "broken" in source:
            raise BrokenPicture(f"content/{source}: this is not a picture, or a damaged one")
        name = posixpath.basename(source)
        return a_picture(source=source, path=f"images/{name}", url=f"{home}images/{name}", alt="")

    return Targets(
        addresses=Addresses(home),
        documents=documents,
        prefixes={path: f"{path.strip('/').rpartition('/')[2]}-" for path in documents.values()},
        held_back=held_back or {},
        files=frozenset((*files, *documents)),
        static=frozenset(static),
        paths=frozenset(("/", "/atom.xml", *documents.values())),
        picture=picture,
        file_path=lambda source: f"files/{posixpath.basename(source)}",
        file_size=lambda _source: 1234,
        is_whole=is_whole,
    )


def a_folder(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """A publication in *root*: *files* below it by path, and a masthead where none is among them."""
    for path, data in {"content/publication.yaml": MASTHEAD, **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data if isinstance(data, bytes) else data.encode())
    return root


def a_story_file(body: str = "Text.", **fields: str) -> str:
    """The text of a story's file, with an id, a title and a date unless told otherwise."""
    named = {"id": "tag:gazette.example,2020:stories/1", "title": "Moving house", "date": "2026-05-01", **fields}
    lines = [f"{name}: {value}" for name, value in named.items() if value]
    return "\n".join(["---", *lines, "---", body, ""])


def an_edition_file(body: str = "Hello.") -> str:
    """The file of an edition with an id of its own, led by content/stories/first-snow.md."""
    front = "id: tag:gazette.example,2020:editions/spring\ntitle: Spring\ndate: 2026-05-08\nlead: first-snow"
    return f"---\n{front}\n---\n{body}\n"


def an_empty_folder(root: Path) -> ContentFolder:
    return ContentFolder(root, "content")


def build_request(**changes: Any) -> BuildRequest:
    return replace(BuildRequest(now=NOON), **changes)


# The smallest PNG: one grey pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


def an_edition_as_read(text: str, path: str = "editions/spring.md") -> Edition:
    """The Edition in a file that holds *text*, which nothing is wrong with."""
    edition, problems = read_edition(a_source(text.replace("\r\n", "\n"), path), a_masthead())
    assert problems == []
    assert edition is not None
    return edition
