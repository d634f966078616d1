"""Pictures and other files of the content folder: where each is published, and what of it."""

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pressrun.content.source.files import ContentFolder
from pressrun.model.addresses import LONGEST_NAME, Addresses, name_within
from pressrun.model.edition import RenderedEdition
from pressrun.model.output import PUBLIC, OutputFile
from pressrun.model.picture import Picture
from pressrun.model.problems import Position, Problem, Severity
from pressrun.press.building.cache import Cache, versions
from pressrun.press.building.madefiles import MadeFiles
from pressrun.rendering.links import BrokenPicture
from pressrun.rendering.pictures.drawings import harmless
from pressrun.rendering.pictures.facts import DRAWINGS, PictureFacts, facts_of, public_path
from pressrun.rendering.pictures.unfit import Unfit

STATIC = "static/"
LONGEST_ENDING = 32  # what follows a dot further back is no ending, and may be as long as a name


@dataclass(slots=True)
class SourceFiles:
    """The files of *folder* that are no stories.

    *known_digest* gives the SHA-256 of a file by its path, where somebody remembers it; else its bytes are read.
    """

    folder: ContentFolder
    addresses: Addresses
    cache: Cache
    known_digest: Callable[[str], str] | None = None
    _pictures: dict[str, Picture] = field(default_factory=dict)

    def picture(self, source: str) -> Picture:
        """Return the picture *source* as it is published; raises BrokenPicture where it is none."""
        if source not in self._pictures:
            try:
                facts = self._facts(source)
            except Unfit as error:
                raise BrokenPicture(f"content/{source}: {error}", error.hint) from error
            path = public_path(source, facts)
            url = self.addresses.url(path)
            self._pictures[source] = Picture(source, path, url, facts.media_type, facts.size, facts.width, facts.height)
        return self._pictures[source]

    def _facts(self, source: str) -> PictureFacts:
        """What the file *source* says of itself as a picture; Pillow is only asked about one that is new."""
        file = self.folder.files[source]
        key = (file.suffix.lower(), self._digest_of(source), versions("Pillow", "lxml"))
        return PictureFacts.from_bytes(self.cache.made("picture-facts", key, lambda: facts_of(file).to_bytes()))

    def _digest_of(self, source: str) -> str:
        if self.known_digest is not None:
            return self.known_digest(source)
        return hashlib.sha256(self.folder.files[source].read_bytes()).hexdigest()

    def path_of(self, source: str) -> str:
        """Return the public path of the file *source*, to which a story or an edition links."""
        digest = self._digest_of(source)
        stem, ending = posixpath.splitext(posixpath.basename(source))
        ending = f"-{digest[:8]}{ending if len(ending) < LONGEST_ENDING else ''}"
        return f"files/{name_within(stem, LONGEST_NAME - len(ending.encode()))}{ending}"

    # Copies

    def static(self) -> MadeFiles:
        """Return the copies of all files below static/."""
        return MadeFiles.all_of(
            self._copied(path.removeprefix(STATIC), path) for path in self.folder.below(STATIC.rstrip("/"))
        )

    def copies(
        self,
        pictures: Mapping[str, str],
        files: Iterable[str],
        editions: Iterable[RenderedEdition],
        named: Iterable[Picture],
    ) -> MadeFiles:
        """Return copies of the *pictures* that stories show, each the public path of a file, and of linked *files*.

        So with those of *editions*, and with the pictures *named* in publication.yaml.
        """
        shown = dict(pictures)
        linked = set(files)
        for edition in editions:
            # What lies below static/ is copied already, under the name that it has.
            shown |= {picture.path: picture.source for picture in edition.pictures if picture.source}
            linked |= set(edition.files)
        shown |= {picture.path: picture.source for picture in named if picture.source}
        places = [*sorted(shown.items()), *((self.path_of(source), source) for source in sorted(linked))]
        return MadeFiles.all_of(self._copied(path, source) for path, source in places)

    def _copied(self, path: str, source: str) -> MadeFiles:
        """The file *source* at *path*, as it is; of an SVG only what is harmless, and nothing where nobody can tell."""
        file, origin = self.folder.files[source], f"content/{source}"
        content: bytes | Path = file
        problems: list[Problem] = []
        if file.suffix.lower() in DRAWINGS:
            try:
                facts = self._facts(source)
            except Unfit as error:
                return MadeFiles(problems=(Problem(Position(origin), "picture-missing", str(error), error.hint),))
            if facts.removed:
                line, _, what = facts.removed.partition(":")
                lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
                excerpt = lines[int(line) - 1] if int(line) <= len(lines) else ""
                problems.append(_not_published(Position(origin, int(line), excerpt=excerpt), what))
                content = harmless(file.read_bytes()).data
        return MadeFiles((OutputFile(f"{PUBLIC}/{path}", content, origin),), tuple(problems))


def _not_published(place: Position, what: str) -> Problem:
    message = f"this picture is published without {what}"
    hint = "save it again as plain SVG, without scripts and addresses of other hosts"
    return Problem(place, "picture-svg", message, hint, Severity.WARNING)
