"""What the name of a file says of the piece in it."""

import posixpath
import re
from dataclasses import dataclass

from pressrun.model.addresses import slug_of

NAMED_BY_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})[-_](.+)")
_NOT_IN_SLUGS = re.compile(r"[\s?#%<>\"|*&:\\]+")
# What Pelican, Nikola, Ghost and WordPress write where readers shall not see a piece, or not yet.
HELD_BACK = frozenset("draft private hidden skip scheduled future pending unpublished archived trash deleted".split())


@dataclass(frozen=True, slots=True)
class FileName:
    """What the name of a file says: the slug, and the date before it as text, if there is one."""

    slug: str
    date: str | None = None

    @classmethod
    def of(cls, path: str) -> "FileName":
        """The name of *path*; a bundle (`slug/index.md`) is named after its folder."""
        folder, name = posixpath.split(path)
        stem = posixpath.splitext(name)[0]
        if stem == "index" and "/" in path:
            stem = posixpath.basename(folder)
        dated = NAMED_BY_DATE.fullmatch(stem)
        text, date = (dated[2], dated[1]) if dated else (stem, None)
        kept = _NOT_IN_SLUGS.sub("-", text).strip("-.")
        return cls(kept or slug_of(text) or "untitled", date)


def is_held_back(status: str, path: str) -> bool:
    """Whether a file's status, or the folder that it lies in, says that it is not for readers yet."""
    return status.casefold() in HELD_BACK or "_drafts" in path.split("/")
