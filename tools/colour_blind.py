"""Colour blind: what does somebody see who lacks one kind of cones, and how far apart are two colours then?

The matrices are for linear RGB and full severity (Machado, Oliveira, Fernandes 2009, table 1).
"""

import math
from collections.abc import Sequence

Rgb = tuple[float, float, float]
"""Red, green, blue: each 0..1, as a screen has them (sRGB)."""

DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
PROTANOPIA = ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998))
_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE = (0.95047, 1.0, 1.08883)


def seen_with(lack: Sequence[Rgb], colour: Rgb) -> Rgb:
    """Return `colour` as it looks to somebody with that lack."""
    red, green, blue = (_written(max(0.0, min(1.0, part))) for part in _times(lack, _linear(colour)))
    return red, green, blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.1: 4.5 is enough for text)."""
    dark, light = sorted(_times(_TO_XYZ, _linear(colour))[1] for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def distance(one: Rgb, other: Rgb) -> float:
    """Return how far apart two colours look (CIE 1976, in L*a*b*): 2.3 is just noticed, 10 at a glance."""
    return math.dist(_lab(one), _lab(other))


def _linear(colour: Rgb) -> Rgb:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return red, green, blue


def _written(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055


def _times(matrix: Sequence[Rgb], colour: Rgb) -> Rgb:
    one, two, three = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
    return one, two, three


def _lab(colour: Rgb) -> Rgb:
    x, y, z = (_root(part / white) for part, white in zip(_times(_TO_XYZ, _linear(colour)), _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(part: float) -> float:
    return part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
