"""Colours can be read: contrast of text on its ground in both themes, and a scale whose order shows in grey."""

import re

import pytest

from api.pages.rendering import STATIC

SITE = (STATIC / "site.css").read_text()
SCALE = (STATIC / "scale.css").read_text()
DARK = "@media (prefers-color-scheme: dark)"

# Text token, grounds on which it stands.
PAIRS = [
    *((text, ground) for text in ("ink", "muted", "accent") for ground in ("bg", "soft", "accent-soft")),
    *((name, f"{name}-soft") for name in ("kr", "ici", "lr", "ep")),
    *((name, f"{name}-soft") for name in ("reproduced", "partial", "refuted", "inconclusive", "neutral", "error")),
    ("bg", "accent"),
    ("partial", "bg"),
    ("mark", "bg"),
]


def tokens(theme: str) -> dict[str, str]:
    light, dark = SITE.split(DARK, 1)
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light.split("@media print")[0]))
    return (
        found if theme == "light" else found | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark.split("}\n}")[0]))
    )


def steps(theme: str) -> dict[str, tuple[str, str]]:
    parts = {"light": SCALE.split(DARK)[0], "dark": SCALE.split(DARK)[1].split("@media print")[0]}
    found = re.findall(r"\.([a-z]\d+) { --c: (#[0-9a-f]{6}); --t: (#[0-9a-f]{3}); }", parts[theme])
    return {name: (ground, text) for name, ground, text in found}


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    # Black on white is 1.05 / 0.05.
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_is_readable_on_its_ground(theme: str, text: str, ground: str) -> None:
    known = tokens(theme)
    assert contrast(known[text], known[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_value_in_a_cell_is_readable(theme: str) -> None:
    known = steps(theme)
    assert set(known) == {*(f"q{i}" for i in range(21)), *(f"{side}{i}" for side in "np" for i in range(1, 11))}
    assert min(contrast(text, ground) for ground, text in known.values()) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("names", [[f"q{i}" for i in range(21)], *([f"{s}{i}" for i in range(1, 11)] for s in "np")])
def test_lightness_alone_carries_the_order(theme: str, names: list[str]) -> None:
    known = steps(theme)
    lightness = [luminance(known[name][0]) for name in names]
    assert lightness == sorted(lightness, reverse=theme == "light")
    assert len(set(lightness)) == len(lightness)
