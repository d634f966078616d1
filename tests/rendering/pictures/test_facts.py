"""What a picture's file says of itself."""

import io
import zlib
from pathlib import Path

import pytest
from PIL import Image

from builders import PNG
from pressrun.rendering.pictures.facts import facts_of, public_path, without_damaged_notes
from pressrun.rendering.pictures.unfit import Unfit
from pressrun.rendering.pictures.variants import variant_of


def saved(path: Path, kind: str, **options: object) -> Path:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(stream, kind, **options)
    path.write_bytes(stream.getvalue())
    return path


@pytest.mark.parametrize(
    ("kind", "media_type", "ending"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("GIF", "image/gif", ".gif"),
        ("WEBP", "image/webp", ".webp"),
    ],
)
def test_a_picture_is_known_by_its_bytes_not_its_name(tmp_path: Path, kind: str, media_type: str, ending: str) -> None:
    facts = facts_of(saved(tmp_path / "Our House.dat", kind))

    assert (facts.media_type, facts.width, facts.height) == (media_type, 40, 30)
    assert facts.size == (tmp_path / "Our House.dat").stat().st_size
    assert public_path("images/Our House.dat", facts) == f"images/our-house-{facts.digest[:8]}{ending}"


def test_another_picture_has_another_address(tmp_path: Path) -> None:
    one = facts_of(saved(tmp_path / "a.jpg", "JPEG", quality=90))
    two = facts_of(saved(tmp_path / "a.jpg", "JPEG", quality=10))
    assert public_path("a.jpg", one) != public_path("a.jpg", two)


def test_a_drawing_has_no_size_in_pixels(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    facts = facts_of(tmp_path / "a.svg")
    assert (facts.media_type, facts.width, facts.height) == ("image/svg+xml", None, None)


@pytest.mark.parametrize("name", ["a.png", "a.svg"])
@pytest.mark.parametrize("data", [b"", b"hello", PNG[:20], PNG[:8] + (5).to_bytes(4) + PNG[12:]])
def test_what_is_no_picture_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Unfit, match="not a") as caught:
        facts_of(tmp_path / name)
    assert caught.value.hint.startswith("save it again as ")


def test_a_format_that_browsers_do_not_show_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="BMP"):
        facts_of(saved(tmp_path / "a.png", "BMP"))


def test_a_picture_that_would_unpack_into_gigabytes_costs_nothing(tmp_path: Path) -> None:
    header = (60_000).to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    chunk = b"IHDR" + header
    bomb = PNG[:8] + (13).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) + PNG[33:]
    (tmp_path / "a.png").write_bytes(bomb)
    with pytest.raises(Unfit, match="too large") as caught:
        facts_of(tmp_path / "a.png")
    assert caught.value.hint == "save it smaller"


@pytest.mark.parametrize(
    ("orientation", "size"), [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40)), (9, (40, 30))]
)
def test_a_photo_taken_upright_is_upright(tmp_path: Path, orientation: int, size: tuple[int, int]) -> None:
    held = Image.Exif()
    held[0x0112] = orientation
    facts = facts_of(saved(tmp_path / "a.jpg", "JPEG", exif=held))
    assert (facts.width, facts.height) == size


def a_png_chunk(name: bytes, data: bytes, *, is_right: bool = True) -> bytes:
    checksum = zlib.crc32(name + data) ^ (0 if is_right else 1)
    return len(data).to_bytes(4) + name + data + checksum.to_bytes(4)


@pytest.mark.parametrize("name", [b"zTXt", b"iCCP", b"tEXt", b"iTXt", b"tIME", b"pHYs", b"gAMA", b"eXIf", b"prVt"])
@pytest.mark.parametrize("place", [33, -12])
def test_a_png_with_a_wrong_checksum_in_a_side_chunk_is_a_good_picture(tmp_path: Path, name: bytes, place: int) -> None:
    """Every browser shows it: draw.io and GIMP wrote such files. The chunk is behind IHDR, or behind the pixels."""
    file = saved(tmp_path / "a.png", "PNG")
    data = file.read_bytes()
    file.write_bytes(data[:place] + a_png_chunk(name, b"Comment\0\0not compressed", is_right=False) + data[place:])

    facts = facts_of(file)

    assert (facts.media_type, facts.width, facts.height) == ("image/png", 40, 30)
    assert variant_of(file, 40).facts.width == 40


def test_a_png_with_a_wrong_checksum_in_its_header_is_damaged(tmp_path: Path) -> None:
    file = saved(tmp_path / "a.png", "PNG")
    data = bytearray(file.read_bytes())
    start = data.index(b"IHDR")
    end = start + 4 + int.from_bytes(data[start - 4 : start])
    data[end] ^= 1
    file.write_bytes(data)
    with pytest.raises(Unfit, match="damaged"):
        facts_of(file)


def test_a_sound_picture_is_left_alone() -> None:
    data = PNG[:33] + a_png_chunk(b"tEXt", b"Comment\0fine") + PNG[33:]
    assert without_damaged_notes(data) == data
