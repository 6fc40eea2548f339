"""Contrast of colours, and the nearest one that can be read (WCAG 2.2: relative luminance, contrast ratio, 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from typing import Final

TEXT: Final = 4.5
"""Least ratio of text on its ground (WCAG 1.4.3, level AA)."""
SHAPE: Final = 3.0
"""Least ratio of what is no text: a button, a frame (WCAG 1.4.11)."""

_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_STEPS: Final = 100
BLACK: Final = "#000000"
WHITE: Final = "#ffffff"


def is_colour(text: str) -> bool:
    """Whether it is #rrggbb."""
    return _HEX.fullmatch(text) is not None


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, 1 to 21, whichever is the lighter."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(ground: str) -> str:
    """Black or white, whichever reads better; one of them always has a ratio of at least 4.5."""
    return max(WHITE, BLACK, key=lambda colour: contrast(colour, ground))


def nearest(colour: str, ground: str, ratio: float) -> str:
    """`colour`, mixed with as little black or white as gives it `ratio` on `ground`."""
    towards = readable_on(ground)
    for step in range(_STEPS + 1):
        mixed = mix(colour, towards, step / _STEPS)
        if contrast(mixed, ground) >= ratio:
            return mixed
    return towards


def harder(one: str, other: str) -> str:
    """The ground on which dark, or light, text has the lesser contrast: what reads there reads on the other too."""
    pick = min if readable_on(one) == BLACK else max
    return pick(one, other, key=luminance)


def mix(one: str, other: str, share: float) -> str:
    """`one` with a share (0 to 1) of `other`."""
    pairs = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
