"""Colour steps of the grid for a light and a dark page, each with the text colour that can be read on it.

Contrast is that of WCAG 2.1: (L1 + 0.05) / (L2 + 0.05) of relative luminances. Text needs 4.5.
"""

from dataclasses import dataclass

import numpy as np

N_STEPS = 10
LEAST_CONTRAST = 4.5

# Black and white: any other pair falls below 4.5 on some ground between them.
_DARK_TEXT, _LIGHT_TEXT = "#000000", "#ffffff"


@dataclass(frozen=True)
class Step:
    """One step of the ramp."""

    ground: str
    text: str


def ramp(first: str, last: str) -> list[Step]:
    """Steps between two colours, even to the eye, each with the text of more contrast."""
    ends = [_oklab(first), _oklab(last)]
    grounds = [
        _hex([low + (high - low) * step / (N_STEPS - 1) for low, high in zip(*ends, strict=True)])
        for step in range(N_STEPS)
    ]
    return [Step(ground, max((_DARK_TEXT, _LIGHT_TEXT), key=lambda text: contrast(text, ground))) for ground in grounds]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21."""
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> list[float]:
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]


# Björn Ottosson 2020, Oklab: steps of equal length look equally far apart, and the way between two colours stays
# colourful.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _oklab(colour: str) -> list[float]:
    lab: list[float] = (_TO_LAB @ np.cbrt(_TO_CONES @ _linear(colour))).tolist()
    return lab


def _hex(lab: list[float]) -> str:
    linear = np.linalg.solve(_TO_CONES, np.linalg.solve(_TO_LAB, lab) ** 3).clip(0, 1)
    shares = [12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055 for part in linear]
    return "#" + "".join(f"{round(255 * share):02x}" for share in shares)


LIGHT = ramp("#f3f7f8", "#07485c")
DARK = ramp("#141b1e", "#6fd0ea")
