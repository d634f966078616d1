"""A picture as a letter needs it: sharp on fine screens, light on the road, in a format that every inbox shows.

WebP and AVIF are read, and become JPEG, PNG or GIF: nobody should have to convert pictures by hand for
the readers whose mail program shows neither.
"""

import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pressrun.rendering.pictures.animations import first_frame_is_blank, gif_of, is_moving, is_too_long
from pressrun.rendering.pictures.facts import MEDIA_TYPES, PictureFacts, public_path, without_damaged_notes
from pressrun.rendering.pictures.pixels import (
    SCREEN_MODES,
    TALLEST,
    draft,
    is_clean,
    opened,
    pixels,
    scaled,
    upright_size,
)
from pressrun.rendering.pictures.unfit import Unfit

if TYPE_CHECKING:
    from PIL import Image

BUDGET = 150_000  # bytes: half a second on a slow phone; a letter of six such pictures stays below one megabyte
ANIMATION_BUDGET = 1_000_000  # moving pictures have no better format that mail programs show
DENSITY = 2  # pixels of a fine screen for each that the letter counts
MAIL_FORMATS = ("PNG", "JPEG", "GIF")
# A file that fits but for its width is only worth scaling where that saves a third of its bytes; its pixels
# are the author's own, and each new JPEG loses some.
LEFT_UP_TO = 3
WORTH = 2 / 3
# Below 58 people see blocks; then fewer pixels look better.
QUALITIES = (82, 74, 66, 58)
SHARES = (1, 0.8, 0.65, 0.5)
# So many colours a drawing or a screenshot has; a photograph has tens of thousands.
FEW_COLOURS = 4096
# A JPEG blurs letters and lines, so a drawing may weigh half as much again before it becomes one.
CRISP = 1.5


@dataclass(frozen=True, slots=True)
class PictureFinding:
    """What is not as it should be with a picture in a letter, and what its publisher can do."""

    message: str
    hint: str


BLANK = PictureFinding(
    "the first frame of this picture is empty, and Outlook on Windows shows no other",
    "let it begin with a frame that says everything",
)
TOO_LONG = PictureFinding(
    "this moving picture is too long for a letter, which shows its first frame instead",
    "cut it to a few seconds, or link to it",
)


@dataclass(frozen=True, slots=True)
class Variant:
    """A picture's bytes for a letter, their kind, their size in pixels, and what was found on the way."""

    data: bytes
    media_type: str
    width: int
    height: int
    findings: tuple[PictureFinding, ...] = ()

    @property
    def facts(self) -> PictureFacts:
        """What this file says of itself, as of any other picture."""
        digest = hashlib.sha256(self.data).hexdigest()
        return PictureFacts(self.media_type, len(self.data), self.width, self.height, digest)

    def to_bytes(self) -> bytes:
        """The whole variant as one run keeps it for the next: a line of JSON, then the picture."""
        findings = [(finding.message, finding.hint) for finding in self.findings]
        return json.dumps([self.media_type, self.width, self.height, findings]).encode() + b"\n" + self.data

    @classmethod
    def from_bytes(cls, kept: bytes) -> "Variant":
        """The variant of which `to_bytes` gave *kept*."""
        head, _, data = kept.partition(b"\n")
        media_type, width, height, findings = json.loads(head)
        return cls(data, media_type, width, height, tuple(PictureFinding(*finding) for finding in findings))


def variant_of(
    source: Path | bytes, width: int, *, budget: int = BUDGET, animation_budget: int = ANIMATION_BUDGET
) -> Variant:
    """The picture in *source* for a letter that shows it *width* wide or less; raises Unfit where no letter can.

    It is at most twice as wide, for fine screens, and has at most *budget* bytes, *animation_budget* where it
    moves; a Finding tells where that cannot be. It is never scaled up, stands upright, is in sRGB, and does
    not tell where it was taken. A file that is already so is left as it is, byte for byte, and so is one up to
    three times as wide that would hardly be lighter. The same file gives the same bytes.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    with opened(without_damaged_notes(data)) as image:
        natural = upright_size(image)
        sizes = _sizes(natural, width)
        draft(image, sizes[0])
        own = _own(data, image, natural) if natural[0] <= LEFT_UP_TO * width else None
        if is_moving(image):
            return _moving(image, own, sizes, budget, animation_budget)
        return _still(image, own, sizes, min(budget, len(data)), budget)


def variant_path(source: str, variant: Variant) -> str:
    """Where *variant* of the picture *source* is published: a name that changes when its bytes do."""
    return public_path(source, variant.facts)


def _sizes(natural: tuple[int, int], width: int) -> list[tuple[int, int]]:
    """The sizes to try for a picture of *natural* size, from the largest wanted down to the least that is sharp."""
    largest = min(natural[0], DENSITY * width)
    widths = dict.fromkeys(max(min(width, largest), round(largest * share)) for share in SHARES)
    sizes = [(each, max(1, round(natural[1] * each / natural[0]))) for each in widths]
    if sizes[0][1] > TALLEST:
        raise Unfit(f"this picture would be {sizes[0][1]:,} pixels high", "cut it into several")
    return sizes


def _own(data: bytes, image: "Image.Image", natural: tuple[int, int]) -> Variant | None:
    """The file as it is, if it shows well everywhere."""
    if image.format not in MAIL_FORMATS or not is_clean(image):
        return None
    image.load()  # a damaged file is told before it is mailed
    return Variant(data, MEDIA_TYPES[image.format], *natural)


def _still(
    image: "Image.Image", own: Variant | None, sizes: Sequence[tuple[int, int]], aim: int, budget: int
) -> Variant:
    """The first frame of *image* within *budget*, and within *aim* where that costs no pixels."""
    if own is not None and _fits(own, sizes[0], budget):
        return own
    is_drawing = (
        image.format not in ("JPEG", "MPO") and image.mode in SCREEN_MODES and image.getcolors(FEW_COLOURS) is not None
    )
    whole = pixels(image, sizes[0])
    made = _lightest(lambda size: _encoded(scaled(whole, size), aim, budget if is_drawing else 0), sizes, budget)
    best = _better(own, made, budget)
    return replace(best, findings=_weighed(best, budget, "crop it, or choose a simpler one"))


def _moving(
    image: "Image.Image", own: Variant | None, sizes: Sequence[tuple[int, int]], budget: int, animation_budget: int
) -> Variant:
    findings = (BLANK,) if first_frame_is_blank(image) else ()
    is_long = is_too_long(image)
    if own is not None and _fits(own, (own.width, own.height) if is_long else sizes[0], animation_budget):
        return replace(own, findings=findings)
    if is_long:
        still = _still(image, None, sizes, budget, budget)
        return replace(still, findings=(*findings, TOO_LONG, *still.findings))
    made = _lightest(lambda size: Variant(gif_of(image, size), "image/gif", *size), sizes, animation_budget)
    best = _better(own, made, animation_budget)
    return replace(best, findings=findings + _weighed(best, animation_budget, "take frames out of it, or crop it"))


def _fits(own: Variant, largest: tuple[int, int], budget: int) -> bool:
    return (own.width, own.height) == largest and len(own.data) <= budget


def _lightest(made: Callable[[tuple[int, int]], Variant], sizes: Sequence[tuple[int, int]], budget: int) -> Variant:
    """What *made* gives for the largest of *sizes* that is within *budget*, else the lightest of all."""
    variants = []
    for size in sizes:
        variants.append(made(size))
        if len(variants[-1].data) <= budget:
            return variants[-1]
    return min(variants, key=lambda variant: len(variant.data))


def _better(own: Variant | None, made: Variant, budget: int) -> Variant:
    """The author's *own* file, unless *made* is worth the loss."""
    if own is None:
        return made
    share = WORTH if len(own.data) <= budget else 1
    return made if len(made.data) <= share * len(own.data) else own


def _weighed(variant: Variant, budget: int, hint: str) -> tuple[PictureFinding, ...]:
    if len(variant.data) <= budget:
        return ()
    message = f"this picture has {len(variant.data):,} bytes even {variant.width} pixels wide; letters want {budget:,}"
    return (PictureFinding(message, hint),)


def _encoded(image: "Image.Image", aim: int, crisp: int) -> Variant:
    """*image* within *aim* if that can be: as JPEG, but as PNG where something shines through.

    A drawing is also a PNG while that has at most *crisp* bytes and is not much heavier.
    """
    if image.mode == "RGBA":
        whole = _png(image)
        data = whole if len(whole) <= aim else min(whole, _png(_of_few_colours(image)), key=len)
        return Variant(data, "image/png", *image.size)
    photograph = _jpeg(image, aim)
    if crisp:
        drawing = _png(_of_few_colours(image))
        if len(drawing) <= min(crisp, CRISP * len(photograph)):
            return Variant(drawing, "image/png", *image.size)
    return Variant(photograph, "image/jpeg", *image.size)


def _jpeg(image: "Image.Image", aim: int) -> bytes:
    """*image* in the best quality that is within *aim*, else in the lowest that is still good to look at."""
    data = b""
    for quality in QUALITIES:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=quality, progressive=True, optimize=True)
        data = stream.getvalue()
        if len(data) <= aim:
            break
    return data


def _png(image: "Image.Image") -> bytes:
    stream = io.BytesIO()
    # Level 9 takes four times as long as 7 for one byte in a hundred.
    image.save(stream, "PNG", compress_level=7)
    return stream.getvalue()


def _of_few_colours(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    # On the sample's pictures the octree is as near as median cut, in a tenth of the time and two thirds of the bytes.
    return image.quantize(256, Image.Quantize.FASTOCTREE)
