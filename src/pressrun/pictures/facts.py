"""What a picture's file says of itself."""

import hashlib
import json
import posixpath
import struct
import warnings
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.model.addresses import slug_of
from pressrun.problems import PressrunError

if TYPE_CHECKING:
    from PIL import Image

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",  # what some cameras make: a JPEG with a second picture inside
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/svg+xml": ".svg",
}


SHOWN = "PNG, JPEG, GIF, WebP, AVIF or SVG"
# What Pillow's readers raise on damaged files, found by damaging some; UnidentifiedImageError is an OSError.
DAMAGED = (OSError, SyntaxError, EOFError, ValueError, IndexError, RuntimeError, struct.error)
# EXIF's tag for how the camera was held, and what it says where that was on its side.
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)


class Unfit(PressrunError, ValueError):
    """A picture that cannot be shown, with what to do instead as *hint*."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Facts:
    """A picture's kind, its size in bytes and in pixels, and what its bytes are known by."""

    media_type: str
    size: int
    width: int | None
    height: int | None
    digest: str

    def to_bytes(self) -> bytes:
        """All of it, as one run keeps it for the next."""
        return json.dumps(astuple(self)).encode()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Facts":
        """What `to_bytes` gave *kept* of."""
        return cls(*json.loads(kept))


def facts_of(file: Path) -> Facts:
    """What the picture in *file* is; raises Unfit where it is none that a browser shows.

    Only the header is read by Pillow, so a picture that would unpack into gigabytes costs nothing.
    """
    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if file.suffix.lower() == ".svg":
        if b"<svg" not in data[:4096]:
            raise Unfit("this is not an SVG picture", "save it again as SVG")
        return Facts("image/svg+xml", len(data), None, None, digest)
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file) as image:
                kind, (width, height) = image.format, image.size
                if orientation_of(image) in SIDEWAYS:  # as phones write what was taken upright
                    width, height = height, width
    except Image.DecompressionBombError as error:
        raise Unfit("this picture is too large: it has hundreds of millions of pixels", "save it smaller") from error
    except DAMAGED as error:
        raise Unfit("this is not a picture, or a damaged one", f"save it again as {SHOWN}") from error
    if kind not in MEDIA_TYPES:
        raise Unfit(f"browsers do not show {kind} pictures", f"save it as {SHOWN}")
    return Facts(MEDIA_TYPES[kind], len(data), width, height, digest)


def orientation_of(image: "Image.Image") -> int | None:
    """The camera's note about its position; None where there is none."""
    if image.format == "PNG" and "exif" not in image.info:
        # Pillow would read all of a PNG to look for it behind the pixels, gigabytes of them.
        return None
    orientation: int | None = image.getexif().get(ORIENTATION)
    return orientation


def public_path(source: str, facts: Facts) -> str:
    """Where the picture *source* is published: a name that changes when the picture does."""
    stem = posixpath.splitext(posixpath.basename(source))[0]
    return f"images/{slug_of(stem) or 'picture'}-{facts.digest[:8]}{ENDINGS[facts.media_type]}"
