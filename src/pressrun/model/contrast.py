"""How well one colour can be read on another, as WCAG 2 measures it (success criterion 1.4.3)."""

# What text of ordinary size needs (WCAG 2, level AA).
READABLE = 4.5


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, each as #rrggbb: from 1.0 for the same colour to 21.0 for black and white."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """The relative luminance of *colour*, as #rrggbb: 0.0 for black, 1.0 for white."""
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
