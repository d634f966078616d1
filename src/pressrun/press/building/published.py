"""What the output itself holds of stories and editions that are invalid now, where no build state has them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from pressrun.content.load import Content
from pressrun.content.source.filenames import FileName
from pressrun.model.addresses import Addresses, edition_path, file_of, permanent_id
from pressrun.model.edition import LeadContent as Amount
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.story import RenderedStory, Story
from pressrun.press.building.validity import FoundEdition, FoundStory, PublishedPiece, Validity
from pressrun.press.feeds.choices import key_of
from pressrun.press.feeds.documents import FORMATS
from pressrun.press.feeds.found import FoundEntry, found_in, story_in
from pressrun.press.output.manifest import Manifest, digest_of

FILES = tuple(each.file for each in FORMATS.values())
_ID = re.compile(
    r"""^[ \t]*+["']?id["']?[ \t]*+[:=][ \t]*+["']?(?P<id>[^\s"'#][^"'\n]*+)["']?[ \t\r]*+$""",
    re.IGNORECASE | re.MULTILINE,
)
_RTL = re.compile(r'<div dir="rtl" lang="[^"]*">\n(?P<html>.*)</div>\n', re.DOTALL)


class Output:
    """What earlier builds left in *destination*, as its manifests tell."""

    def __init__(self, destination: Path) -> None:
        self.destination = destination

    @cached_property
    def public(self) -> Manifest:
        """Return the manifest of the public folder."""
        return Manifest.read(self.destination / PUBLIC)

    @property
    def is_there(self) -> bool:
        """Return whether there is any output at all."""
        return bool(self.public.files)

    @cached_property
    def known(self) -> dict[str, PublishedPiece]:
        """Return what the manifest says of each story and edition, by source."""
        pieces = {**self.public.stories, **self.public.editions}
        return {
            source: PublishedPiece(entry[0], _address(entry[2]) if source in self.public.stories and entry[2:] else "")
            for source, entry in pieces.items()
            if entry
        }

    @property
    def names_pieces(self) -> bool:
        """Return whether the manifest tells which stories and editions are published."""
        return bool(self.public.stories or self.public.editions)

    def files(self) -> dict[str, tuple[str, ...]]:
        """Return the digests that each file of the output may have, by path."""
        outbox = Manifest.read(self.destination / OUTBOX)
        return {
            f"{root}/{path}": digests
            for root, manifest in ((PUBLIC, self.public), (OUTBOX, outbox))
            for path, digests in manifest.files.items()
        }

    def intact(self, path: str, digests: Iterable[str]) -> str | None:
        """Return the digest of the file *path* where it is as a build left it, with one of *digests*."""
        try:
            digest = digest_of((self.destination / path).read_bytes())
        except OSError:
            return None
        return digest if digest in digests else None

    def validity(self, content: Content, invalid: frozenset[str]) -> Validity:
        """Return what stands in for the pieces *invalid* of *content*, as far as the output has them."""
        if not invalid:
            return Validity(known=self.known, is_heeded=True)
        found = self.stories(content, sorted(invalid))
        stories = {source: each.story for source, each in found.items()}
        editions = self.editions(content, sorted(invalid - found.keys()))
        return Validity(invalid, stories, found=found, found_editions=editions, known=self.known, is_heeded=True)

    def stories(self, content: Content, sources: Iterable[str]) -> dict[str, FoundStory]:
        """Return the stories *sources* as the output has them, as far as its feeds hold an entry of each."""
        publication = content.publication
        addresses = Addresses(publication.home, publication.story_url, publication.timezone)
        build_request = {source: entry for source in sources if (entry := self._entry(content, addresses, source))}
        found: dict[str, dict[tuple[str, str], FoundEntry]] = {source: {} for source in build_request}
        places: dict[str, set[str]] = {source: set() for source in build_request}
        for path, data in self._documents() if build_request else ():
            for source, (known_by, _, *paths) in build_request.items():
                link = addresses.url(_address(paths[0])) if paths else ""
                each = found_in(path.rpartition("/")[2], data, known_by, link)
                if each is not None:
                    places[source].add(path)
                    found[source].setdefault((each.format, each.content), each)
        stories = (
            self._story(content, addresses, source, build_request[source], found[source], places[source])
            for source in build_request
        )
        return {each.story.source: each for each in stories if each is not None}

    def _documents(self) -> Iterator[tuple[str, bytes]]:
        """Return the feed documents, those of the site first, which hold every story if archives are among them."""
        paths = [path for path in self.public.files if path.rpartition("/")[2] in FILES]
        for path in sorted(paths, key=lambda path: (path not in FILES, not path.startswith("archive/"), path)):
            try:
                yield path, (self.destination / PUBLIC / path).read_bytes()
            except OSError:
                continue

    def _entry(self, content: Content, addresses: Addresses, source: str) -> tuple[str, ...] | None:
        """Return what the manifest says of the story *source*; of older ones, what its file seems to say."""
        if self.names_pieces:
            return self.public.stories.get(source)
        story = next((each for each in content.stories if each.source == source), None)
        if story is not None:
            return story.id, story.section or "", file_of(addresses.story_path(story))
        if source not in content.folder.files:
            return None
        said = _ID.search(content.folder.data(source).decode("utf-8", "replace"))
        if said is None:
            return None
        path = file_of(addresses.story_pattern.replace("{slug}", FileName.of(source).slug))
        paths = (path,) if path in self.public.files else ()
        return permanent_id(content.publication.authority, said["id"].strip()), "", *paths

    def _story(
        self,
        content: Content,
        addresses: Addresses,
        source: str,
        entry: tuple[str, ...],
        found: Mapping[tuple[str, str], FoundEntry],
        places: Iterable[str],
    ) -> FoundStory | None:
        known_by, section, *paths = entry
        # Atom says most, then JSON Feed; and the whole text more than a summary.
        best = sorted(
            found.values(), key=lambda each: (each.content != "full", ("atom", "json", "rss").index(each.format))
        )
        rendered = next((read for each in best if (read := story_in(each, content.publication, ""))), None)
        if rendered is None:
            return None
        if not self.names_pieces:
            folders = {place.rpartition("/")[0] for place in places}
            section = next((tag for tag in rendered.tags if f"sections/{key_of(tag)}" in folders), section)
        path = addresses.path_of(rendered.link)
        if not paths and path is not None and file_of(path) in self.public.files:
            paths = [file_of(path)]
        own = f"{PUBLIC}/{paths[0]}" if paths else ""
        rendered = replace(rendered, id=known_by)
        if wrapped := _RTL.fullmatch(rendered.html):
            html = type(rendered.html)(wrapped["html"])
            rendered = replace(rendered, html=html)
        story = _story_of(rendered, source, section, path)
        files = {
            f"{PUBLIC}/{each}": digest
            for each in paths
            if (digest := self.intact(f"{PUBLIC}/{each}", self.public.files.get(each, ())))
        }
        verbatim = {key: each.data for key, each in found.items()}
        return FoundStory(
            story, rendered, verbatim, files if own in files else {}, entry if paths else (known_by, section, *paths)
        )

    def editions(self, content: Content, sources: Iterable[str]) -> dict[str, FoundEdition]:
        """Return the editions *sources* as the output has them: pages, letters, and what lists show of them."""
        found = {}
        home = content.publication.home
        all_files = self.files()
        for source in sources:
            entry = self.public.editions.get(source)
            if entry is None or len(entry) < 4:
                continue
            known_by, title, date, slug = entry[:4]
            page = f"{PUBLIC}/{file_of(edition_path(slug))}"
            paths = [path for path in all_files if path == page or path.startswith(f"{OUTBOX}/{slug}/")]
            files = {path: digest for path in paths if (digest := self.intact(path, all_files[path]))}
            if not files:
                continue
            found[source] = FoundEdition(
                RenderedEdition(
                    id=known_by,
                    slug=slug,
                    link=home + edition_path(slug).lstrip("/") if page in files else None,
                    title=title,
                    subject=title,
                    preheader="",
                    date=datetime.fromisoformat(date),
                    opening="",
                    lead=None,
                    stories=(),
                    stories_title="",
                    content=Amount.SUMMARY,
                ),
                files,
            )
        return found


def _story_of(rendered: RenderedStory, source: str, section: str, path: str | None) -> Story:
    """Return the story of *rendered* without its body; it is read at *path*, or elsewhere."""
    return Story(
        source=source,
        id=rendered.id,
        id_is_minted=True,
        title=rendered.title,
        slug=_slug(path or "") or FileName.of(source).slug,
        published=rendered.published,
        updated=rendered.updated,
        authors=rendered.authors,
        body="",
        tags=tuple(tag for tag in rendered.tags if tag != section),
        section=section or None,
        summary=rendered.summary,
        language=rendered.language,
        path=path,
        canonical_url=None if path is not None else rendered.link,
    )


def _address(path: str) -> str:
    """Return the address of the file *path* below the public folder, as links have it."""
    return "/" + path.removesuffix("index.html")


def _slug(path: str) -> str:
    return path.strip("/").rpartition("/")[2].removesuffix(".html")
