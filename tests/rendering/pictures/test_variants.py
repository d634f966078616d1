"""What a letter makes of a picture."""

import contextlib
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

from builders import PNG
from drawn import drawing, file_of, film, image_of, moving, photograph
from pressrun.rendering.pictures.facts import facts_of, public_path
from pressrun.rendering.pictures.pixels import GPS
from pressrun.rendering.pictures.unfit import Unfit
from pressrun.rendering.pictures.variants import BLANK, DENSITY, LEFT_UP_TO, TOO_LONG, Variant, variant_of, variant_path

UPRIGHT = 0x0112


def held(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[UPRIGHT] = orientation
    return exif


def where_it_was_taken() -> Image.Exif:
    exif = Image.Exif()
    exif.get_ifd(GPS)[1] = "N"
    return exif


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """The profile of a screen on which the channel called red is green: sRGB's with two names exchanged."""
    renamed = srgb().replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be"))
    return renamed.replace(b"rXYZ", b"swap").replace(b"gXYZ", b"rXYZ").replace(b"swap", b"gXYZ")


def on_white(image: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image.convert("RGBA"))
    return ground.convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart on average, of 255."""
    apart = ImageChops.difference(on_white(one), on_white(other)).convert("L")
    return sum(level * count for level, count in enumerate(apart.histogram())) / (apart.width * apart.height)


class TestWhatFitsIsLeftByteForByte:
    @pytest.mark.parametrize(
        "data",
        [
            file_of(drawing(200, 100), "PNG"),
            file_of(drawing(200, 100).quantize(8), "PNG"),
            file_of(drawing(200, 100, "RGBA"), "PNG"),
            file_of(photograph(200, 100), "JPEG"),
            file_of(photograph(200, 100), "JPEG", exif=held(1)),
            file_of(photograph(200, 100, "L"), "JPEG"),
            file_of(drawing(200, 100), "GIF"),
            moving(film(200, 100)),
            moving(film(200, 100), "PNG"),
        ],
        ids="png palette transparent jpeg upright grey gif moving apng".split(),
    )
    def test_in_every_format_of_mail(self, data: bytes) -> None:
        variant = variant_of(data, 100)

        assert variant.data == data
        assert (variant.width, variant.height, variant.findings) == (200, 100, ())

    def test_also_where_its_profile_says_no_more_than_none(self) -> None:
        data = file_of(photograph(200, 100), "JPEG", icc_profile=srgb())
        assert variant_of(data, 100).data == data

    def test_also_where_it_is_a_little_wider_and_scaling_would_save_little(self) -> None:
        data = file_of(drawing(280, 140).quantize(8), "PNG")
        assert variant_of(data, 100).data == data

    def test_and_then_the_letter_and_the_page_share_its_address(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(file_of(drawing(200, 100), "PNG"))
        variant = variant_of(tmp_path / "a.png", 100)
        assert variant.facts == facts_of(tmp_path / "a.png")
        assert variant_path("images/a.png", variant) == public_path("images/a.png", facts_of(tmp_path / "a.png"))


@pytest.mark.parametrize(
    "data",
    [
        file_of(photograph(200, 100), "JPEG", exif=where_it_was_taken()),
        file_of(photograph(200, 100), "JPEG", xmp=b"<x exif:GPSLatitude='1'/>"),
        file_of(photograph(200, 100), "JPEG", exif=held(6)),
        file_of(photograph(200, 100), "JPEG", icc_profile=swapped()),
        file_of(photograph(200, 100, "CMYK"), "JPEG"),
        file_of(drawing(200, 100, "L").convert("I;16"), "PNG"),
        file_of(photograph(200, 100), "WEBP"),
        file_of(photograph(200, 100), "AVIF"),
        file_of(photograph(200, 100), "MPO", save_all=True, append_images=[photograph(200, 100)]),
    ],
    ids="gps xmp turned profile cmyk sixteen-bits webp avif two-in-one".split(),
)
def test_what_mail_programs_show_wrongly_is_made_anew_and_says_nothing_besides(data: bytes) -> None:
    variant = variant_of(data, 100)
    made = image_of(variant.data)

    assert variant.data != data
    assert variant.media_type in ("image/png", "image/jpeg")
    assert made.mode in ("L", "P", "RGB")
    assert not {"exif", "xmp", "icc_profile", "comment", "mp"} & made.info.keys()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(10))
def test_a_picture_stands_upright_however_the_camera_was_held(kind: str, orientation: int) -> None:
    """0 and 9 mean nothing, and some cameras write them."""
    taken = drawing(120, 80)
    data = file_of(taken, kind, exif=held(orientation))
    shown = ImageOps.exif_transpose(image_of(data))

    variant = variant_of(data, 20)

    assert (variant.width, variant.height) == (40, round(shown.height * 40 / shown.width))
    assert difference(image_of(variant.data), shown.resize((variant.width, variant.height))) < 12


class TestWhatAPictureBecomes:
    def test_a_photograph_is_a_jpeg(self) -> None:
        variant = variant_of(file_of(photograph(400, 300), "PNG"), 100)
        assert variant.media_type == "image/jpeg"
        assert difference(image_of(variant.data), photograph(400, 300).resize((200, 150))) < 6

    def test_a_drawing_stays_a_png(self) -> None:
        variant = variant_of(file_of(drawing(800, 600), "PNG"), 100)
        assert variant.media_type == "image/png"
        assert difference(image_of(variant.data), drawing(800, 600).resize((200, 150))) < 3

    def test_a_photograph_in_a_palette_is_a_jpeg_again(self) -> None:
        assert variant_of(file_of(photograph(300, 200).quantize(256), "PNG"), 100).media_type == "image/jpeg"

    def test_unless_it_would_have_to_lose_pixels_for_that(self) -> None:
        data = file_of(photograph(400, 300).quantize(6).resize((800, 600)), "PNG")
        crisp = variant_of(data, 100)
        tight = variant_of(data, 100, budget=len(crisp.data) - 1)
        assert (crisp.media_type, crisp.width) == ("image/png", 200)
        assert (tight.media_type, tight.width) == ("image/jpeg", 200)

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "GIF"])
    def test_what_shines_through_is_a_png(self, kind: str) -> None:
        variant = variant_of(file_of(drawing(800, 600, "RGBA"), kind), 100)
        assert variant.media_type == "image/png"
        assert difference(image_of(variant.data), drawing(800, 600, "RGBA").resize((200, 150))) < 3

    def test_an_alpha_channel_through_which_nothing_shines_makes_no_difference(self) -> None:
        assert variant_of(file_of(photograph(400, 300, "RGBA"), "PNG"), 100).media_type == "image/jpeg"

    def test_transparency_over_budget_has_fewer_colours_and_is_still_transparent(self) -> None:
        image = photograph(200, 200, "RGBA")
        image.putalpha(Image.linear_gradient("L").resize((200, 200)))
        variant = variant_of(file_of(image, "PNG"), 100, budget=40_000)
        made = image_of(variant.data)
        assert (variant.media_type, made.mode, variant.findings) == ("image/png", "P", ())
        assert made.convert("RGBA").getpixel((100, 0))[3] < 20

    @pytest.mark.parametrize("level", [0, 255, 256, 40_000, 65_535])
    def test_sixteen_bits_of_grey_keep_their_light(self, level: int) -> None:
        data = file_of(Image.new("I;16", (40, 30), level), "PNG")
        made = image_of(variant_of(data, 10).data).convert("L")
        assert abs(made.getpixel((5, 5)) - level // 256) <= 1

    def test_the_inks_of_a_printer_become_the_light_of_a_screen(self) -> None:
        data = file_of(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG")
        red, green, blue = image_of(variant_of(data, 20).data).convert("RGB").getpixel((5, 5))
        assert (red > 230, green < 40, blue < 40) == (True, True, True)

    def test_colours_of_another_profile_are_those_that_were_meant(self) -> None:
        red, green, blue = photograph(80, 60).split()
        data = file_of(Image.merge("RGB", (green, red, blue)), "PNG", icc_profile=swapped())
        assert difference(image_of(variant_of(data, 40).data), photograph(80, 60)) < 6

    def test_transparency_passes_through_a_profile(self) -> None:
        image = drawing(80, 60, "RGBA")
        red, green, blue, alpha = image.split()
        data = file_of(Image.merge("RGBA", (green, red, blue, alpha)), "PNG", icc_profile=swapped())
        assert difference(image_of(variant_of(data, 40).data), image) < 3

    def test_grey_stays_grey_through_a_profile_that_is_not_for_it(self) -> None:
        data = file_of(photograph(80, 60, "L"), "JPEG", icc_profile=swapped())
        made = image_of(variant_of(data, 40).data)
        assert made.mode == "L"
        assert difference(made, photograph(80, 60, "L")) < 6

    @pytest.mark.parametrize("damaged", [b"nonsense", b"\0" * 128])
    def test_a_profile_that_is_none_says_nothing(self, damaged: bytes) -> None:
        made = image_of(variant_of(file_of(photograph(80, 60), "PNG", icc_profile=damaged), 20).data)
        assert difference(made, photograph(80, 60).resize((40, 30))) < 8


class TestTheBudget:
    def test_quality_falls_before_pixels_do(self) -> None:
        data = file_of(photograph(400, 300), "JPEG", quality=95)
        rich = variant_of(data, 200)
        poorer = variant_of(data, 200, budget=len(rich.data) - 1)
        assert (poorer.width, poorer.findings) == (400, ())
        assert len(poorer.data) < len(rich.data)

    def test_pixels_fall_where_quality_would_not_do(self) -> None:
        data = file_of(photograph(400, 300), "JPEG", quality=95)
        least = variant_of(data, 200, budget=1)
        small = variant_of(data, 200, budget=len(least.data))
        assert (small.width, small.height, small.findings) == (200, 150, ())

    def test_what_stays_too_heavy_is_told(self) -> None:
        variant = variant_of(file_of(photograph(400, 300), "PNG"), 200, budget=900)
        (finding,) = variant.findings
        assert finding.message == (
            f"this picture has {len(variant.data):,} bytes even 200 pixels wide; letters want 900"
        )
        assert finding.hint == "crop it, or choose a simpler one"

    def test_the_author_s_own_file_is_better_than_a_heavier_one(self) -> None:
        data = file_of(drawing(100, 80).quantize(4), "PNG")
        variant = variant_of(data, 100, budget=10)
        assert variant.data == data
        assert len(variant.findings) == 1


class TestMovingPictures:
    def test_a_gif_is_scaled_frame_by_frame_and_keeps_its_time(self) -> None:
        frames = film(400, 200)
        data = moving(frames, duration=[40, 80, 120, 2000], loop=3)
        variant = variant_of(data, 50)
        made = image_of(variant.data)

        assert (variant.media_type, variant.width, variant.height) == ("image/gif", 100, 50)
        assert (made.n_frames, made.info["loop"]) == (4, 3)
        for number, length in enumerate([40, 80, 120, 2000]):
            made.seek(number)
            assert made.info["duration"] == length
            assert difference(made, frames[number].resize((100, 50))) < 5

    def test_a_gif_that_plays_once_plays_once(self) -> None:
        data = moving(film(400, 200), loop=None)
        assert "loop" not in image_of(variant_of(data, 50).data).info

    def test_frames_with_holes_do_not_show_through_one_another(self) -> None:
        frames = film(400, 200, mode="RGBA")
        made = image_of(variant_of(moving(frames, disposal=2), 50).data)
        for number, frame in enumerate(frames):
            made.seek(number)
            assert difference(made, frame.resize((100, 50))) < 5

    @pytest.mark.parametrize("kind", ["WEBP", "PNG"])
    def test_other_moving_pictures_become_a_gif(self, kind: str) -> None:
        variant = variant_of(moving(film(400, 200), kind), 50)
        assert (variant.media_type, image_of(variant.data).n_frames) == ("image/gif", 4)

    def test_a_gif_has_a_budget_of_its_own(self) -> None:
        data = moving([photograph(300, 150), photograph(300, 150).rotate(180)])
        assert variant_of(data, 150, budget=10).data == data
        smaller = variant_of(data, 150, animation_budget=len(data) // 2)
        assert smaller.width < 300
        assert image_of(smaller.data).n_frames == 2

    def test_a_gif_too_heavy_at_any_size_is_told(self) -> None:
        (finding,) = variant_of(moving(film(300, 150)), 150, animation_budget=100).findings
        assert "letters want 100" in finding.message
        assert finding.hint == "take frames out of it, or crop it"

    @pytest.mark.parametrize("kind", ["GIF", "WEBP"])
    @pytest.mark.parametrize("first", ["white", "black", (0, 0, 0, 0)])
    @pytest.mark.parametrize("size", [(90, 60), (400, 200)])
    def test_an_empty_first_frame_is_told(self, size: tuple[int, int], first: str, kind: str) -> None:
        frames = [Image.new("RGBA", size, first), *film(*size, mode="RGBA")]
        assert variant_of(moving(frames, kind), 50).findings == (BLANK,)

    def test_a_first_frame_that_says_something_is_fine(self) -> None:
        assert variant_of(moving(film(400, 200)), 50).findings == ()

    def test_a_still_picture_of_one_colour_is_its_author_s_choice(self) -> None:
        assert variant_of(file_of(Image.new("RGB", (40, 30), "red"), "GIF"), 50).findings == ()

    @pytest.mark.slow
    def test_a_film_is_shown_by_its_first_frame(self) -> None:
        frames = [Image.new("P", (4000, 4000), number) for number in range(8)]
        for frame in frames:
            frame.putpalette([level for level in range(256) for _ in range(3)])
        data = moving(frames)
        variant = variant_of(data, 50)
        assert (variant.width, variant.findings) == (100, (BLANK, TOO_LONG))
        assert getattr(image_of(variant.data), "n_frames", 1) == 1
        # What fits is not too long: nobody has to make anything of it.
        assert variant_of(data, 2000).data == data


class TestWhatNoLetterShows:
    def test_a_drawing_in_svg_has_a_hint(self) -> None:
        with pytest.raises(Unfit, match="many mail programs do not show") as refusal:
            variant_of(b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 100)
        assert refusal.value.hint == "save it as a PNG twice as wide as it is shown"

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"hello",
            PNG[:20],
            file_of(photograph(90, 60), "PNG")[:-900],
            file_of(photograph(90, 60), "JPEG")[:-900],
            file_of(drawing(9, 9), "BMP"),
        ],
        ids="empty words header end-of-png end-of-jpeg bmp".split(),
    )
    def test_neither_what_is_none_nor_what_is_damaged(self, data: bytes) -> None:
        with pytest.raises(Unfit, match="not a picture, or a damaged one"):
            variant_of(data, 100)

    @pytest.mark.parametrize("side", [11_000, 60_000])
    def test_nor_what_would_unpack_into_gigabytes(self, side: int) -> None:
        chunk = b"IHDR" + side.to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
        bomb = PNG[:8] + (13).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4) + PNG[33:]
        with pytest.raises(Unfit, match="more than 50 million pixels"):
            variant_of(bomb, 100)

    def test_nor_sixteen_bits_of_grey_with_a_hole(self) -> None:
        with pytest.raises(Unfit, match="sixteen bits of grey with holes"):
            variant_of(file_of(Image.new("I;16", (300, 2)), "PNG", transparency=30_000), 100)

    def test_but_a_png_that_speaks_of_svg_is_no_svg(self) -> None:
        information = PngInfo()
        information.add_text("Comment", "exported from <svg> drawing")
        assert variant_of(file_of(drawing(90, 60), "PNG", pnginfo=information), 100).media_type == "image/png"

    def test_nor_what_is_higher_than_a_jpeg_can_be(self) -> None:
        with pytest.raises(Unfit, match="66,000 pixels high"):
            variant_of(file_of(Image.new("L", (2, 66_000)), "PNG"), 100)

    @given(place=st.floats(0, 1), byte=st.binary(min_size=1, max_size=3), kind=st.sampled_from("PNG JPEG GIF".split()))
    def test_whatever_is_damaged_is_shown_or_refused(self, place: float, byte: bytes, kind: str) -> None:
        data = bytearray(file_of(drawing(30, 20), kind))
        start = round(place * (len(data) - len(byte)))
        data[start : start + len(byte)] = byte
        with contextlib.suppress(Unfit):
            image_of(variant_of(bytes(data), 10).data)


SIDES = st.integers(1, 160)
FILES = st.sampled_from(
    [
        (photograph, "RGB", "PNG"),
        (photograph, "RGB", "JPEG"),
        (photograph, "L", "JPEG"),
        (photograph, "CMYK", "JPEG"),
        (photograph, "RGB", "WEBP"),
        (drawing, "RGB", "PNG"),
        (drawing, "P", "PNG"),
        (drawing, "1", "PNG"),
        (drawing, "RGBA", "PNG"),
        (drawing, "LA", "PNG"),
        (drawing, "RGBA", "GIF"),
        (drawing, "RGBA", "WEBP"),
    ]
)


@pytest.mark.slow
@given(file=FILES, across=SIDES, down=SIDES, width=SIDES, budget=st.integers(100, 20_000))
def test_whatever_the_picture_the_letter_gets_what_it_asked_for(
    file: tuple, across: int, down: int, width: int, budget: int
) -> None:
    make, mode, kind = file
    original = make(across, down, mode)
    data = file_of(original, kind)

    variant = variant_of(data, width, budget=budget)
    made = image_of(variant.data)

    assert (variant.width, variant.height) == made.size
    assert variant.media_type in ("image/png", "image/jpeg", "image/gif")
    assert variant.width <= across
    assert variant.width <= DENSITY * width or (variant.data == data and variant.width <= LEFT_UP_TO * width)
    assert variant.width >= min(across, width)
    assert abs(variant.height - down * variant.width / across) <= 1
    assert len(variant.data) <= budget or len(variant.findings) == 1
    if mode in ("RGBA", "LA"):
        # On any ground it looks as before: nothing has turned black.
        assert difference(made, original.resize(made.size, Image.Resampling.LANCZOS)) < 30
    assert variant_of(data, width, budget=budget) == variant
    assert Variant.from_bytes(variant.to_bytes()) == variant


@pytest.mark.slow
def test_the_same_picture_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    for name, data in {
        "photo.jpg": file_of(photograph(300, 200), "JPEG", exif=held(8)),
        "drawing.png": file_of(drawing(400, 300), "PNG"),
        "logo.webp": file_of(drawing(300, 200, "RGBA"), "WEBP"),
        "film.gif": moving(film(300, 150)),
    }.items():
        (tmp_path / name).write_bytes(data)
    program = (
        "import sys, pathlib\n"
        "from pressrun.rendering.pictures.variants import variant_of, variant_path\n"
        "for file in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    print(variant_path(file.name, variant_of(file, 60)))\n"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(sys.modules["pressrun"].__path__[0]).parent)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    (names,) = told
    assert len(names.split()) == 4
