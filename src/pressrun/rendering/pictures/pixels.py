"""A picture's pixels as a letter can show them: upright, in sRGB, and nothing told besides."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pressrun.rendering.pictures.facts import DAMAGED, SIDEWAYS, orientation_of
from pressrun.rendering.pictures.unfit import Unfit

if TYPE_CHECKING:
    from PIL import Image, ImageCms

# What is in memory at once: decoding and scaling RGBA of this many pixels takes up to 650 MB. A JPEG may have more, for
# it is read smaller.
LARGEST = 50_000_000
TALLEST = 65_500  # libjpeg's limit, and nearly GIF's
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
GPS = 0x8825
TURNED = (2, 3, 4, *SIDEWAYS)
# Beyond these, 16 bits a channel or the inks of a printer, which mail programs show wrongly or not at all.
SCREEN_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")


@contextlib.contextmanager
def opened(data: bytes) -> Iterator["Image.Image"]:
    """The picture in *data*; raises Unfit there, and wherever its pixels are read, if it is none or damaged."""
    from PIL import Image

    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and b"<svg" in data[:4096]:
        raise Unfit(
            "this is an SVG drawing, which many mail programs do not show",
            "save it as a PNG twice as wide as it is shown",
        )
    try:
        with warnings.catch_warnings():
            # About its size we ask ourselves, and odd metadata is dropped anyway.
            warnings.simplefilter("ignore")
            # Pillow reads much more, and calls other programs for some of it.
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if image.format not in ("JPEG", "MPO"):  # these are measured once it is known how small they are read
                    check_size(image)
                yield image
    except Image.DecompressionBombError as error:
        raise _too_large() from error
    except Unfit:
        raise
    except DAMAGED as error:
        raise Unfit("this is not a picture, or a damaged one", "save it again as PNG or JPEG") from error


def upright_size(image: "Image.Image") -> tuple[int, int]:
    """How wide and how high *image* is as the camera's note about its position has it shown."""
    if orientation_of(image) in SIDEWAYS:
        return image.height, image.width
    return image.size


def is_clean(image: "Image.Image") -> bool:
    """Whether *image* shows everywhere as it is meant to, and does not tell where it was taken."""
    exif = image.getexif()
    return (
        image.mode in SCREEN_MODES
        and orientation_of(image) not in TURNED
        and not exif.get_ifd(GPS)
        and b"GPS" not in image.info.get("xmp", b"")
        and _foreign_profile(image) is None
    )


def pixels(image: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    """*image* at *size*, which counts as it is shown: grey, RGB, or RGBA where something shines through."""
    from PIL import ImageOps

    check_size(image)
    found = _in_srgb(scaled(ImageOps.exif_transpose(_plain(image)), size))
    if found.mode == "RGBA" and found.getchannel("A").getextrema()[0] == 255:
        found = found.convert("RGB")
    found.info = {}  # Pillow would write comments and profiles from here into the new file
    return found


def scaled(image: "Image.Image", size: tuple[int, int]) -> "Image.Image":
    """*image* at *size*, itself where that is its own."""
    from PIL import Image

    return image if image.size == size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def draft(image: "Image.Image", size: tuple[int, int]) -> None:
    """Have a JPEG read at about *size* and no smaller, which takes a fraction of the time and the memory."""
    image.draft(None, size if upright_size(image) == image.size else size[::-1])


def check_size(image: "Image.Image") -> None:
    """Raises Unfit where the pixels of *image* would fill the memory."""
    if image.width * image.height > LARGEST:
        raise _too_large()


def _too_large() -> Unfit:
    return Unfit(f"this picture has more than {LARGEST // 1_000_000} million pixels", "save it smaller")


def _plain(image: "Image.Image") -> "Image.Image":
    """*image* in a mode that can be scaled: no palette, eight bits a channel, transparency a channel of its own."""
    if image.mode.startswith("I") or image.mode == "F":
        # Sixteen bits of grey: convert() would cut everything above 255 off.
        if "transparency" in image.info:
            message = "this picture has sixteen bits of grey with holes in it, which mail programs show in many ways"
            raise Unfit(message, "save it with eight bits a channel")
        return image.point(lambda level: level * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image.copy()
    return image.convert("L" if image.mode == "1" else "RGB")


def _in_srgb(image: "Image.Image") -> "Image.Image":
    from PIL import ImageCms

    target = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile := _foreign_profile(image):
        with contextlib.suppress(ImageCms.PyCMSError):  # it is of another kind of picture, and says nothing
            transform = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), image.mode, target)
            return transform.apply(image).convert("L" if image.mode == "L" else target)
    return image if image.mode == "L" else image.convert(target)


def _foreign_profile(image: "Image.Image") -> "ImageCms.ImageCmsProfile | None":
    """What *image* says of its colours, unless that is what is meant anyway where nothing is said, or nonsense."""
    from PIL import ImageCms, features

    data = image.info.get("icc_profile")
    if not data or not features.check("littlecms2"):
        return None
    with contextlib.suppress(ImageCms.PyCMSError, *DAMAGED):
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        if not ImageCms.getProfileDescription(profile).startswith("sRGB"):
            return profile
    return None
