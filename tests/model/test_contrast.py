"""The contrast of WCAG 2, and the packaged colours held against it."""

from dataclasses import asdict

import pytest

from pressrun.content.masthead.look import unreadable
from pressrun.content.source.fields import Field
from pressrun.model.contrast import contrast, luminance
from pressrun.model.problems import Position
from pressrun.model.publication import DARK, LIGHT, Palette


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#9c2a1f", "#9c2a1f", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
    ],
)
def test_the_contrast_is_the_one_that_others_measure_whichever_comes_first(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_luminance_goes_from_black_to_white() -> None:
    assert (luminance("#000000"), luminance("#ffffff")) == (0.0, pytest.approx(1.0))


@pytest.mark.parametrize(("palette", "scheme"), [(LIGHT, "light"), (DARK, "dark")])
def test_the_packaged_colours_can_be_read(palette: Palette, scheme: str) -> None:
    written = {name: Field(Position("x"), colour) for name, colour in asdict(palette).items()}
    assert unreadable(palette, written, scheme) == []
