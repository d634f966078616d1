"""A picture of a story, and the facts that every output states of it."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# A table of our own: the system's differ from machine to machine, and the same input has to give the same bytes.
TYPES = {
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file as it is published.

    *source* is its path below the content folder, *path* its path below the public folder (named by
    content, so that a changed picture is a new address). *width* and *height* are pixels, None where
    the format has none; *size* is bytes.
    """

    source: str
    path: str
    url: str
    media_type: str
    size: int
    width: int | None = None
    height: int | None = None
    alt: str = ""

    def height_at(self, width: int) -> int | None:
        """How high the picture is when it is shown *width* pixels wide; None where its size is not known."""
        if not self.width or not self.height:
            return None
        return max(1, round(self.height * width / self.width))


def guessed_type(url: str) -> str:
    """The media type that the ending of *url* speaks for; that of a photograph where it says nothing."""
    try:
        path = urlsplit(url).path
    except ValueError:  # brackets that are no IPv6 address
        path = url
    return TYPES.get(posixpath.splitext(path)[1].lower(), "image/jpeg")


def picture_of(url: str, pictures: Mapping[str, Picture]) -> Picture | None:
    """Return the one of *pictures*, which are ours, that is at *url*, whatever query or part follows its path."""
    return pictures.get(url) or pictures.get(url.partition("#")[0].partition("?")[0])
