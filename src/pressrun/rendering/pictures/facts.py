"""What a picture's file says of itself."""

import hashlib
import io
import json
import posixpath
import struct
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.model.addresses import LONGEST_NAME, name_within, slug_of
from pressrun.rendering.pictures.drawings import harmless
from pressrun.rendering.pictures.unfit import Unfit

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


# A compressed one is read by browsers as well, and by nothing here.
DRAWINGS = (".svg", ".svgz")
SHOWN = "PNG, JPEG, GIF, WebP, AVIF or SVG"
# What Pillow's readers raise on damaged files, found by damaging some; UnidentifiedImageError is an OSError.
DAMAGED = (OSError, SyntaxError, EOFError, ValueError, IndexError, RuntimeError, struct.error)
# EXIF's tag for how the camera was held, and what it says where that was on its side.
ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """A picture's kind, its size in bytes and in pixels, and what its bytes are known by, all as it is published.

    *removed* says what of an SVG is not published, beginning with a line of its file; it is empty where all of it is.
    """

    media_type: str
    size: int
    width: int | None
    height: int | None
    digest: str
    removed: str = ""

    def to_bytes(self) -> bytes:
        """All of it, as one run keeps it for the next."""
        return json.dumps(astuple(self)).encode()

    @classmethod
    def from_bytes(cls, kept: bytes) -> "PictureFacts":
        """What `to_bytes` gave *kept* of."""
        return cls(*json.loads(kept))


def facts_of(file: Path) -> PictureFacts:
    """What the picture in *file* is; raises Unfit where it is none that a browser shows.

    Only the header is read by Pillow, so a picture that would unpack into gigabytes costs nothing.
    """
    data = file.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if file.suffix.lower() in DRAWINGS:
        drawing = harmless(data)
        if drawing.removed:
            digest = hashlib.sha256(drawing.data).hexdigest()
        return PictureFacts("image/svg+xml", len(drawing.data), None, None, digest, _said_of(drawing.removed))
    try:
        kind, width, height = _measured(without_damaged_notes(data))
    except Unfit:
        raise
    except DAMAGED as error:
        raise Unfit("this is not a picture, or a damaged one", f"save it again as {SHOWN}") from error
    if kind not in MEDIA_TYPES:
        raise Unfit(f"browsers do not show {kind} pictures", f"save it as {SHOWN}")
    return PictureFacts(MEDIA_TYPES[kind], len(data), width, height, digest)


def _measured(data: bytes) -> tuple[str | None, int, int]:
    """Return the kind of the picture in *data*, its width, and its height as it is shown."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data)) as image:
                width, height = image.size
                if orientation_of(image) in SIDEWAYS:  # as phones write what was taken upright
                    width, height = height, width
                return image.format, width, height
    except Image.DecompressionBombError as error:
        raise Unfit("this picture is too large: it has hundreds of millions of pixels", "save it smaller") from error


def _said_of(removed: Sequence[tuple[int, str]]) -> str:
    if not removed:
        return ""
    named = list(dict.fromkeys(what for _, what in removed))
    more = f", and {len(named) - 3} more" if len(named) > 3 else ""
    return f"{removed[0][0]}:{', '.join(named[:3])}{more}"


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def without_damaged_notes(data: bytes) -> bytes:
    """Return a PNG without each ancillary chunk whose checksum is wrong; *data* itself where there is none.

    Browsers skip such chunks (PNG, sections 5.4 and 13.1): a picture is damaged only where its critical chunks are.
    """
    if not data.startswith(PNG_SIGNATURE):
        return data
    kept = [PNG_SIGNATURE]
    place = len(PNG_SIGNATURE)
    while place + 8 <= len(data):
        length = int.from_bytes(data[place : place + 4])
        is_ancillary, end = data[place + 4] & 0x20, place + 12 + length
        if not is_ancillary or zlib.crc32(data[place + 4 : end - 4]).to_bytes(4) == data[end - 4 : end]:
            kept.append(data[place:end])
        place = end
    return b"".join(kept)


def orientation_of(image: "Image.Image") -> int | None:
    """The camera's note about its position; None where there is none."""
    if image.format == "PNG" and "exif" not in image.info:
        # Pillow would read all of a PNG to look for it behind the pixels, gigabytes of them.
        return None
    orientation: int | None = image.getexif().get(ORIENTATION)
    return orientation


def public_path(source: str, facts: PictureFacts) -> str:
    """Where the picture *source* is published: a name that changes when the picture does."""
    stem = posixpath.splitext(posixpath.basename(source))[0]
    ending = f"-{facts.digest[:8]}{ENDINGS[facts.media_type]}"
    return f"images/{name_within(slug_of(stem), LONGEST_NAME - len(ending)) or 'picture'}{ending}"
