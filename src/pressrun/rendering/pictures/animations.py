"""Moving pictures for a letter: a GIF of fewer pixels, and whether its first frame can stand alone."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pressrun.rendering.pictures.pixels import pixels

if TYPE_CHECKING:
    from PIL import Image

MOVING_FORMATS = ("GIF", "PNG", "WEBP", "AVIF")  # a JPEG of several pictures (MPO) does not move
# All frames together, and how many; their making takes about ten seconds and a hundred megabytes.
LONGEST = 50_000_000
MOST_FRAMES = 300
SAMPLES, SAMPLE_SIDE = 12, 200
COLOURS = 255  # a GIF has 256, and one of them is the hole
SLOWEST = 655_350  # milliseconds that a GIF can say
# A frame that fades in from one colour holds little more than that.
FLAT = 8


def is_moving(image: "Image.Image") -> bool:
    """Whether *image* has frames that follow one another."""
    return image.format in MOVING_FORMATS and getattr(image, "n_frames", 1) > 1


def is_too_long(image: "Image.Image") -> bool:
    """Whether *image* has more frames than are worth scaling; nobody loads so long a film in a letter."""
    frames = getattr(image, "n_frames", 1)
    return frames > MOST_FRAMES or frames * image.width * image.height > LONGEST


def first_frame_is_blank(image: "Image.Image") -> bool:
    """Whether the first frame of *image* is of one colour, or transparent: all that Outlook on Windows shows."""
    from PIL import ImageStat

    image.seek(0)
    extremes = ImageStat.Stat(image.convert("RGBA")).extrema
    return all(high - low <= FLAT for low, high in extremes) or extremes[3][1] == 0


def gif_of(image: "Image.Image", size: tuple[int, int]) -> bytes:
    """*image* as a GIF of *size*, every frame as long as it was.

    All frames share one palette, so that what stands still has the same colours in each and need not be
    written again.
    """
    palette = _palette_of(image)
    frames, durations, has_holes = [], [], False
    for frame in _frames(image, size):
        drawn, holed = _with_palette(frame, palette)
        frames.append(drawn)
        durations.append(min(image.info.get("duration", 0), SLOWEST))
        has_holes = has_holes or holed
    stream = io.BytesIO()
    # A frame with holes has to be cleared away before the next, or it shows through them.
    disposal = 2 if has_holes else 1
    repeats = {"loop": image.info["loop"]} if "loop" in image.info else {}
    frames[0].save(
        stream,
        "GIF",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        disposal=disposal,
        transparency=COLOURS,
        optimize=True,
        **repeats,
    )
    return stream.getvalue()


def _frames(image: "Image.Image", size: tuple[int, int]) -> Iterator["Image.Image"]:
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        yield pixels(image, size).convert("RGBA")


def _palette_of(image: "Image.Image") -> "Image.Image":
    """The colours of all of *image*, from up to a dozen of its frames."""
    from PIL import Image

    count = getattr(image, "n_frames", 1)
    chosen = range(0, count, max(1, count // SAMPLES))
    share = min(1, SAMPLE_SIDE / max(image.size))
    size = max(1, round(image.width * share)), max(1, round(image.height * share))
    strip = Image.new("RGB", (size[0], size[1] * len(chosen)))
    for place, number in enumerate(chosen):
        image.seek(number)
        strip.paste(pixels(image, size).convert("RGB"), (0, size[1] * place))
    return strip.quantize(COLOURS, Image.Quantize.FASTOCTREE)


def _with_palette(frame: "Image.Image", palette: "Image.Image") -> tuple["Image.Image", bool]:
    """*frame* in the colours of *palette* and with holes where it is more than half transparent; whether it has any."""
    from PIL import Image

    drawn = frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)
    drawn.putpalette([*(palette.getpalette() or ())[: 3 * COLOURS], 0, 0, 0])
    holes = frame.getchannel("A").point([255] * 128 + [0] * 128)
    drawn.paste(COLOURS, mask=holes)
    drawn.info = {}
    return drawn, holes.getextrema()[1] == 255
