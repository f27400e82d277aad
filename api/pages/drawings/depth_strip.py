"""At which relative depth heads of a type were claimed, one row for each language model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from catalog.models import LanguageModel
from catalog.vocabulary import Polarity

LEFT, RIGHT, TOP, ROW = 250, 840, 34, 24
MOST_ROWS = 14


@dataclass(frozen=True, slots=True)
class Dot:
    """Claimed heads of one layer."""

    x: float
    radius: float
    layer: int
    n: int
    is_denied: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One language model."""

    model: LanguageModel
    y: float
    dots: list[Dot]


@dataclass(frozen=True, slots=True)
class DepthStrip:
    """The whole drawing."""

    rows: list[Row]
    n_hidden: int
    height: float
    marks: list[tuple[float, str]]
    left: int = LEFT
    right: int = RIGHT


def depth_strip(models: Sequence[LanguageModel], claims: Iterable[tuple[int, int, Polarity, int]]) -> DepthStrip:
    """Place the claims of the language models with most of them.

    Args:
        models: Most claims first.
        claims: Key of the language model, layer, polarity and number of heads.
    """
    shown = list(models[:MOST_ROWS])
    by_model: dict[int, list[tuple[int, Polarity, int]]] = {model.id: [] for model in shown}
    for model_id, layer, polarity, n in claims:
        if model_id in by_model:
            by_model[model_id].append((layer, polarity, n))
    rows = [
        Row(model, TOP + i * ROW, [_dot(model, *claim) for claim in by_model[model.id]])
        for i, model in enumerate(shown)
    ]
    marks = [(LEFT, "first layer"), ((LEFT + RIGHT) / 2, "middle"), (RIGHT, "last layer")]
    return DepthStrip(rows, len(models) - len(shown), TOP + len(shown) * ROW, marks)


def _dot(model: LanguageModel, layer: int, polarity: Polarity, n: int) -> Dot:
    share = layer / (model.n_layers - 1) if model.n_layers > 1 else 0.5
    # Area, not radius, follows the number of heads.
    return Dot(LEFT + share * (RIGHT - LEFT), min(10.0, 3.2 * sqrt(n)), layer, n, polarity == Polarity.IS_NOT)
