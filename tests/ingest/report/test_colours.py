"""Every text of a report can be read on its ground, in both themes."""

import pytest

from ingest.report.colours import DARK, LEAST_CONTRAST, LIGHT, Step, contrast, luminance, ramp
from ingest.report.style import TOKENS, sheet


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # WCAG's own example of a mid grey: #777777 on white is 4.48.
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("steps", [LIGHT, DARK], ids=["light", "dark"])
def test_every_step_can_be_read(steps: list[Step]) -> None:
    assert min(contrast(step.ground, step.text) for step in steps) >= LEAST_CONTRAST


@pytest.mark.parametrize("steps", [LIGHT, DARK], ids=["light", "dark"])
def test_steps_go_one_way(steps: list[Step]) -> None:
    brightness = [luminance(step.ground) for step in steps]
    assert brightness in (sorted(brightness), sorted(brightness, reverse=True))


def test_a_ramp_ends_where_it_is_told() -> None:
    steps = ramp("#f3f7f8", "#07485c")
    assert (steps[0].ground, steps[-1].ground) == ("#f3f7f8", "#07485c")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "muted", "accent", "mark"])
@pytest.mark.parametrize("ground", ["bg", "soft"])
def test_text_can_be_read_on_the_page(theme: str, text: str, ground: str) -> None:
    assert contrast(TOKENS[theme][text], TOKENS[theme][ground]) >= LEAST_CONTRAST


def test_the_sheet_names_every_colour_that_it_uses() -> None:
    used = {part.split(")")[0] for part in sheet().split("var(--")[1:]}
    assert all(f"--{name}:" in sheet() for name in used)
