"""The layers × heads grid: what each cell shows, in which colour step, and what it says to a screen reader.

A cell without a value is no zero: it is drawn hatched and says "not computed".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.pages.rendering import head_name, number
from api.pages.wording import VERDICT_SIGNS, VERDICTS
from catalog.vocabulary import Direction, Unit, Verdict

SEQUENTIAL_STEPS, SIGNED_STEPS = 20, 10

# Columns up to which a value fits into its cell, and from which cells shrink.
ROOMY_COLUMNS, CLOSE_COLUMNS = 16, 32


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a language model a grid needs."""

    n_layers: int
    n_heads: int
    n_kv_heads: int | None

    @property
    def group_size(self) -> int:
        """Query heads that share one key-value group."""
        return self.n_heads // self.n_kv_heads if self.n_kv_heads else 1


@dataclass(frozen=True, slots=True)
class Cell:
    """One head, or one key-value group."""

    css: str
    text: str
    title: str
    head: str
    """Name of the head whose page the cell leads to."""


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells with their headings."""

    unit: Unit
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]
    n_filled: int
    low: float | None = None
    high: float | None = None
    is_signed: bool = False
    is_reversed: bool = False

    @property
    def n_cells(self) -> int:
        """Heads of the language model, or groups of it."""
        return len(self.columns) * len(self.rows)

    @property
    def density(self) -> str:
        """Class that sets the size of the cells."""
        if len(self.columns) <= ROOMY_COLUMNS:
            return "roomy"
        return "close" if len(self.columns) > CLOSE_COLUMNS else ""


def score_grid(
    shape: Shape,
    scores: Mapping[tuple[int, int], float | None],
    unit: Unit,
    direction: Direction,
    claimed: frozenset[tuple[int, int]] = frozenset(),
) -> Grid:
    """Scores of one table; heads that a source claims to be of the type are ringed."""
    values = [value for value in scores.values() if value is not None]
    signed = any(value < 0 for value in values)
    low, high = _ends(values, signed)
    is_reversed = direction is Direction.LOWER and not signed
    width = shape.n_kv_heads or shape.n_heads if unit is Unit.KV_GROUP else shape.n_heads
    has_room = width <= ROOMY_COLUMNS

    def cell(layer: int, column: int) -> Cell:
        value = scores.get((layer, column))
        name, head = _names(shape, unit, layer, column)
        if value is None:
            said = "category only" if (layer, column) in scores else "not computed"
            return Cell("u", "", f"{name} {said}", head)
        css = _signed_step(value, high) if signed else _step(value, low, high, is_reversed)
        ring = " claimed" if (layer, column) in claimed else ""
        text = _brief(value) if has_room else ""
        return Cell(css + ring, text, f"{name} {number(value)}{', claimed' if ring else ''}", head)

    rows = _rows(shape, width, cell)
    return Grid(unit, _columns(shape, unit, width), rows, len(values), low, high, signed, is_reversed)


def verdict_grid(shape: Shape, verdicts: Mapping[tuple[int, int], Sequence[Verdict]]) -> Grid:
    """Latest verdicts on the claims about each head; heads with verdicts that differ are ringed."""

    def cell(layer: int, column: int) -> Cell:
        name = head_name(layer, column)
        found = verdicts.get((layer, column), ())
        if not found:
            return Cell("u", "", f"{name} no claim was re-run", name)
        # The order of the vocabulary puts what speaks for a claim first.
        shown = min(found, key=list(Verdict).index)
        kinds = sorted(set(found), key=list(Verdict).index)
        said = ", ".join(f"{found.count(kind)} {VERDICTS[kind]}" for kind in kinds)
        ring = " conflict" if len(kinds) > 1 else ""
        return Cell(f"{shown}{ring}", VERDICT_SIGNS[shown], f"{name} {said}", name)

    return Grid(
        Unit.QUERY_HEAD, _columns(shape, Unit.QUERY_HEAD, shape.n_heads), _rows(shape, shape.n_heads, cell), len(verdicts)
    )


def claim_grid(shape: Shape, claims: Mapping[tuple[int, int], tuple[int, int]]) -> Grid:
    """Numbers of claims on each head that it is, and that it is not, of a type; contradictions are ringed."""
    most = max((said + denied for said, denied in claims.values()), default=1)

    def cell(layer: int, column: int) -> Cell:
        name = head_name(layer, column)
        said, denied = claims.get((layer, column), (0, 0))
        if not said + denied:
            return Cell("u", "", f"{name} no claim", name)
        ring = " conflict" if said and denied else ""
        text = str(said) if said else "¬"
        title = f"{name} {said} {'claim' if said == 1 else 'claims'}{f', {denied} denied' if denied else ''}"
        # A single claim must stand out from the ground, so the scale starts at a quarter.
        return Cell(f"q{5 + round(15 * (said + denied - 1) / max(1, most - 1))}{ring}", text, title, name)

    return Grid(
        Unit.QUERY_HEAD,
        _columns(shape, Unit.QUERY_HEAD, shape.n_heads),
        _rows(shape, shape.n_heads, cell),
        len(claims),
        1,
        most,
    )


def _rows(shape: Shape, width: int, cell: object) -> list[tuple[str, list[Cell]]]:
    assert callable(cell), "a function of layer and column"
    return [(f"L{layer}", [cell(layer, column) for column in range(width)]) for layer in range(shape.n_layers)]


def _columns(shape: Shape, unit: Unit, width: int) -> list[str]:
    if unit is Unit.QUERY_HEAD:
        return [str(column) for column in range(width)]
    size = shape.group_size
    return [f"G{g}: H{g * size}–H{g * size + size - 1}" if size > 1 else f"G{g}: H{g}" for g in range(width)]


def _names(shape: Shape, unit: Unit, layer: int, column: int) -> tuple[str, str]:
    """What a cell calls itself, and the head that it leads to."""
    if unit is Unit.QUERY_HEAD:
        return head_name(layer, column), head_name(layer, column)
    return f"L{layer} group {column}", head_name(layer, column * shape.group_size)


def _ends(values: Sequence[float], signed: bool) -> tuple[float, float]:
    """Ends of the colour scale: from zero for scores that begin there, even to both sides for signed ones."""
    if not values:
        return 0.0, 1.0
    least, most = min(values), max(values)
    if signed:
        reach = max(abs(least), abs(most))
        return -reach, reach
    low = 0.0 if least < most / 2 else least
    return low, most if most > low else low + 1.0


def _step(value: float, low: float, high: float, is_reversed: bool) -> str:
    share = (value - low) / (high - low)
    share = 1 - share if is_reversed else share
    return f"q{round(SEQUENTIAL_STEPS * min(1.0, max(0.0, share)))}"


def _signed_step(value: float, reach: float) -> str:
    step = round(SIGNED_STEPS * min(1.0, abs(value) / reach))
    return "q0" if step == 0 else f"{'p' if value > 0 else 'n'}{step}"


def _brief(value: float) -> str:
    """Two digits after the point, without the leading zero; larger numbers rounded."""
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"
    return text.replace("-", "−").replace("0.", ".", 1) if abs(value) < 1 else text.replace("-", "−")
