"""How long pictures for a letter take, and how large they are: python tests/benchmarks/pictures.py [FILE …]

Drawn ones, the same on every run, unless files are named. Each is made three times for a letter that shows it
536 pixels wide, and the median is told; then what it takes to have it from the cache.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from drawn import drawing, file_of, film, moving, photograph
from pressrun.press.building.cache import Cache, versions
from pressrun.rendering.pictures.variants import Variant, variant_of

WIDTH = 536


def drawn() -> dict[str, bytes]:
    """What an editor puts into a letter, from a small file to a camera's."""
    turned = photograph(4000, 3000).getexif()
    turned[0x0112] = 6
    return {
        "drawing 1200 × 675, palette": file_of(drawing(1200, 675).quantize(64), "PNG"),
        "drawing 2400 × 1350, RGBA": file_of(drawing(2400, 1350, "RGBA"), "PNG"),
        "photograph in a palette": file_of(photograph(1200, 675).quantize(256), "PNG"),
        "photograph 1200 × 675, PNG": file_of(photograph(1200, 675), "PNG"),
        "photograph 4000 × 3000, JPEG": file_of(photograph(4000, 3000), "JPEG", quality=92),
        "the same, turned": file_of(photograph(4000, 3000), "JPEG", quality=92, exif=turned),
        "photograph 2000 × 1500, WebP": file_of(photograph(2000, 1500), "WEBP"),
        "GIF 1200 × 675, 12 frames": moving(film(1200, 675, 12)),
        "GIF of photographs, 12 frames": moving(
            [photograph(1200 + step, 675).crop((0, 0, 1200, 675)) for step in range(12)]
        ),
    }


def seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main(files: list[str]) -> None:
    pictures = {name: Path(name).read_bytes() for name in files} or drawn()
    print(f"{'picture':<34} {'bytes':>10} {'seconds':>8} {'cached':>8} {'kind':>10} {'width':>5} {'bytes':>9}")
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder))
        for name, data in pictures.items():
            made = variant_of(data, WIDTH)
            took = seconds(lambda data=data: variant_of(data, WIDTH))
            key = [data, str(WIDTH), versions("Pillow")]
            cache.made("pictures", key, made.to_bytes)
            again = seconds(lambda key=key, made=made: Variant.from_bytes(cache.made("pictures", key, made.to_bytes)))
            left = " as it was" if made.data == data else ""
            print(
                f"{name:<34} {len(data):>10,} {took:>8.3f} {again:>8.4f} {made.media_type:>10} {made.width:>5}"
                f" {len(made.data):>9,}{left}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
