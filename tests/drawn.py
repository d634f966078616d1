"""Pictures for tests, the same on every run: what a camera, a pen and a screen make."""

import io
import random

from PIL import Image, ImageDraw


def photograph(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Soft shapes in tens of thousands of colours, and some grain."""
    chance = random.Random(width * height)
    soft = Image.frombytes("RGB", (8, 8), chance.randbytes(192)).resize((width, height), Image.Resampling.BICUBIC)
    grain = Image.frombytes("RGB", (width, height), chance.randbytes(3 * width * height))
    return Image.blend(soft, grain, 0.05).convert(mode)


def drawing(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """A few flat colours with hard edges; in RGBA the ground is transparent."""
    ground = (255, 255, 255, 0) if mode == "RGBA" else (255, 255, 255, 255)
    image = Image.new("RGBA", (width, height), ground)
    pen = ImageDraw.Draw(image)
    pen.ellipse((width // 8, height // 8, width // 2, height // 2), fill=(200, 30, 30, 255))
    pen.rectangle((width // 2, height // 2, width - 1, height - 1), fill=(20, 60, 160, 255))
    pen.line((0, height - 1, width, 0), fill=(0, 0, 0, 255), width=2)
    return image.convert(mode)


def film(width: int, height: int, count: int = 4, mode: str = "RGB") -> list[Image.Image]:
    """A ball that crosses a ground that stands still."""
    frames = []
    for number in range(count):
        image = drawing(width, height, mode)
        left = width * number // count
        ImageDraw.Draw(image).ellipse((left, 0, left + height // 3, height // 3), fill=(10, 140, 40))
        frames.append(image)
    return frames


def file_of(image: Image.Image, kind: str, **options: object) -> bytes:
    """*image* as the bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def moving(frames: list[Image.Image], kind: str = "GIF", **options: object) -> bytes:
    """*frames* one after the other, as the bytes of a file."""
    settings = {"save_all": True, "append_images": frames[1:], "duration": 80, "loop": 0, **options}
    return file_of(frames[0], kind, **settings)


def image_of(data: bytes) -> Image.Image:
    """The picture in *data*, read whole."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image
