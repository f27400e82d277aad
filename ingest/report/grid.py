"""The layers × heads grid of one detector: a table, so that it can be read without seeing its colours.

A page holds up to 5,120 cells for each detector. Cells are therefore written as short as HTML allows: without end tags,
with classes of one letter, and without a title where the headings of row and column say all there is.
"""

import numpy as np

from catalog.notation import HeadRef
from ingest.report.colours import N_STEPS
from ingest.report.markup import Markup, element, joined
from ingest.scan_result import DetectorResult, ScanResult

CLASSES = "abcdefghij"
"""Class of each colour step; the first is the ground and is not written."""

# Up to this many heads a layer, a value with its decimals fits into a cell.
_ROOMY = 16
_NEAREST = 32


def grid(result: ScanResult, each: DetectorResult) -> Markup:
    """All scores, and which heads were found."""
    assert each.scores is not None, "a detector without scores has a reason instead of a grid"
    loaded = result.loaded
    found = set(result.positive(each) or ())
    scale = Scale.of(each)
    lines = [
        f"<tr><th scope=row>L{layer}" + _layer(result, each, layer, scale, found) for layer in range(loaded.n_layers)
    ]
    caption = f"{each.detector.name}: {scale.caption}, layers by heads"
    heads = "".join(f"<th scope=col>{head}" for head in range(loaded.n_heads))
    return element(
        "div",
        Markup(
            f'<table class="grid {_density(loaded.n_heads)}">{element("caption", caption)}'
            f"<thead><tr><th scope=col><abbr title=Layer>L</abbr>{heads}<tbody>" + "\n".join(lines) + "</table>"
        ),
        class_="wide",
        tabindex=0,
        role="region",
        aria_label=caption,
    )


def _layer(result: ScanResult, each: DetectorResult, layer: int, scale: "Scale", found: set[HeadRef]) -> str:
    n_heads = result.loaded.n_heads
    if layer not in result.loaded.attention_layers:
        return f"<td class=u colspan={n_heads}>no attention"
    heads = [HeadRef(layer, head) for head in range(n_heads)]
    return "".join(_cell(each, head, scale, head in found) for head in heads)


class Scale:
    """Which step and which text a score gets: hundredths for scores in [-1, 1], the number itself otherwise.

    Shares are coloured from 0 to 1, so that grids can be compared; differences and all others over their own range.
    """

    def __init__(self, low: float, high: float, is_share: bool) -> None:
        self.low, self.high, self.is_share = low, high, is_share

    @staticmethod
    def of(each: DetectorResult) -> "Scale":
        """The scale of a detector's scores."""
        assert each.scores is not None, "there is no scale without scores"
        finite = each.scores.score[np.isfinite(each.scores.score)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
        if low >= 0 and high <= 1:
            return Scale(0.0, 1.0, is_share=True)
        return Scale(min(0.0, low), high if high > low else low + 1.0, is_share=low >= -1 and high <= 1)

    @property
    def caption(self) -> str:
        """What the numbers in the cells are."""
        return "score in hundredths" if self.is_share else "score"

    @property
    def ends(self) -> tuple[str, str]:
        """The numbers at the two ends."""
        return self.text(self.low), self.text(self.high)

    def step(self, score: float) -> int:
        """Colour step."""
        share = (score - self.low) / (self.high - self.low)
        return round((N_STEPS - 1) * min(1.0, max(0.0, share)))

    def text(self, score: float) -> str:
        """The number in the cell."""
        return str(round(100 * score)) if self.is_share else f"{score:.2g}"


def _cell(each: DetectorResult, head: HeadRef, scale: Scale, is_found: bool) -> str:
    assert each.scores is not None, "asked for in grid"
    score = float(each.scores.score[head.layer, head.head])
    if not np.isfinite(score):
        return f'<td class=u title="{head}: not computed">–'
    step = scale.step(score)
    css = f" class={CLASSES[step]}" if step else ""
    if is_found:
        return f'<td{css}><b title="{head} {score:.3f}, found">{scale.text(score)}<i>◆</i></b>'
    return f"<td{css}>{scale.text(score)}"


def _density(n_heads: int) -> str:
    return "roomy" if n_heads <= _ROOMY else "middling" if n_heads <= _NEAREST else "close"


def legend(each: DetectorResult, *, with_found: bool) -> Markup:
    """What colours and marks mean."""
    scale = Scale.of(each)
    steps = [element("i", class_=letter) for letter in CLASSES]
    ends = scale.ends
    return element(
        "ul",
        element("li", ends[0], " ", element("span", steps, class_="ramp", aria_hidden="true"), " ", ends[1]),
        element("li", element("b", "88", element("i", "◆")), " found") if with_found else None,
        element("li", element("i", "–", class_="swatch u"), " not computed"),
        class_="legend",
    )


def absent(result: ScanResult, each: DetectorResult) -> Markup:
    """Why there is no grid."""
    loaded = result.loaded
    return joined(
        element(
            "p",
            element("strong", f"Not computed for any of the {len(loaded.attention_layers)} × {loaded.n_heads} heads. "),
            each.absent_reason,
            class_="absent",
        )
    )
