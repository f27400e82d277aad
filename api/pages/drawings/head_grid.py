"""The layers × heads grid: what each cell shows, in which colour step, and what it says to a screen reader.

A cell without a value is no zero: it is drawn hatched and says "not computed".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.pages.rendering import head_name, number
from api.pages.wording import VERDICT_SIGNS, VERDICTS
from catalog.models import LanguageModel
from catalog.queries.grid import ClaimCell, ClaimGrid, ScoreGrid
from catalog.vocabulary import Direction, Unit, Verdict

SEQUENTIAL_STEPS, SIGNED_STEPS = 20, 10

# Columns up to which a value fits into its cell, and from which cells shrink.
ROOMY_COLUMNS, CLOSE_COLUMNS = 16, 32


@dataclass(frozen=True, slots=True)
class Cell:
    """One head, or one key-value group."""

    css: str
    """Class of the colour step or the verdict: one word."""
    text: str
    title: str
    head: str
    """Name of the head whose page the cell leads to."""
    ring: str = ""
    """Class of a ring: `claimed` or `conflict`."""


@dataclass(frozen=True, slots=True)
class Grid:
    """All cells with their headings."""

    unit: Unit
    columns: list[str]
    rows: list[tuple[str, list[Cell]]]
    n_filled: int
    span: int = 1
    """Query heads that one column stands for: those that a key-value group serves."""
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
        if self.unit == Unit.KV_GROUP and len(self.columns) <= ROOMY_COLUMNS:
            return "grouped"
        if len(self.columns) <= ROOMY_COLUMNS:
            return "roomy"
        return "close" if len(self.columns) > CLOSE_COLUMNS else "middling"


def score_grid(scores: ScoreGrid, claims: ClaimGrid | None = None) -> Grid:
    """Scores of one table; heads that a source claims to be of the type are ringed."""
    model, unit = scores.language_model, scores.table.unit
    values = [value for row in scores.values for value in row if value is not None]
    signed = any(value < 0 for value in values)
    low, high = _ends(values, signed)
    is_reversed = scores.table.metric.direction == Direction.LOWER and not signed
    span = model.n_heads // scores.n_columns if unit == Unit.KV_GROUP else 1
    has_room = scores.n_columns <= ROOMY_COLUMNS

    def cell(layer: int, column: int) -> Cell:
        value = scores.values[layer][column]
        head = head_name(layer, column * span)
        name = head if unit == Unit.QUERY_HEAD else f"L{layer} group {column}"
        if value is None:
            return Cell("u", "", f"{name} not computed", head)
        css = _signed_step(value, high) if signed else _step(value, low, high, is_reversed)
        claimed = unit == Unit.QUERY_HEAD and claims and (claim := claims.cells[layer][column]) and claim.head_types
        ring = "claimed" if claimed else ""
        text = _brief(value) if has_room else ""
        return Cell(css, text, f"{name} {number(value)}{', claimed' if ring else ''}", head, ring)

    columns = [
        _group_name(column, span) if unit == Unit.KV_GROUP else str(column) for column in range(scores.n_columns)
    ]
    rows = _rows(model, scores.n_columns, cell)
    return Grid(unit, columns, rows, len(values), span, low, high, signed, is_reversed)


def verdict_grid(claims: ClaimGrid) -> Grid:
    """Latest verdicts on the claims about each head; heads with verdicts that differ are ringed."""

    def cell(layer: int, column: int) -> Cell:
        name = head_name(layer, column)
        claim = claims.cells[layer][column]
        if claim is None:
            return Cell("u", "", f"{name} no claim", name)
        if not claim.verdicts:
            return Cell("unrun", "·", f"{name} claimed, not re-run", name)
        # The order of the vocabulary puts what speaks for a claim first.
        kinds = sorted(claim.verdicts, key=list(Verdict).index)
        ring = "conflict" if len(kinds) > 1 else ""
        said = ", ".join(VERDICTS[kind] for kind in kinds)
        return Cell(kinds[0], VERDICT_SIGNS[kinds[0]], f"{name} {said}", name, ring)

    return _query_head_grid(claims, cell, lambda claim: bool(claim.verdicts))


def claim_grid(claims: ClaimGrid) -> Grid:
    """Numbers of claims on each head; heads of which a source says is, and another says is not, are ringed."""
    most = max((claim.n_findings for row in claims.cells for claim in row if claim), default=1)

    def cell(layer: int, column: int) -> Cell:
        name = head_name(layer, column)
        claim = claims.cells[layer][column]
        if claim is None:
            return Cell("u", "", f"{name} no claim", name)
        is_contested = set(claim.head_types) & set(claim.denied_head_types)
        # A single claim must stand out from the ground, so the scale starts at a quarter.
        step = 5 + round(15 * (claim.n_findings - 1) / max(1, most - 1))
        parts = [each.replace("_", " ") for each in (*claim.head_types, *claim.circuit_roles)]
        parts += [f"not {each.replace('_', ' ')}" for each in claim.denied_head_types]
        ring = "conflict" if is_contested else ""
        return Cell(f"q{step}", str(claim.n_findings), f"{name} {', '.join(parts)}", name, ring)

    return _query_head_grid(claims, cell, lambda claim: True, most)


def _query_head_grid(
    claims: ClaimGrid,
    cell: Callable[[int, int], Cell],
    counts: Callable[[ClaimCell], bool],
    high: float | None = None,
) -> Grid:
    model = claims.language_model
    n_filled = sum(1 for row in claims.cells for claim in row if claim and counts(claim))
    columns = [str(column) for column in range(model.n_heads)]
    low = None if high is None else 1
    return Grid(Unit.QUERY_HEAD, columns, _rows(model, model.n_heads, cell), n_filled, 1, low, high)


def _rows(model: LanguageModel, width: int, cell: Callable[[int, int], Cell]) -> list[tuple[str, list[Cell]]]:
    return [(f"L{layer}", [cell(layer, column) for column in range(width)]) for layer in range(model.n_layers)]


def _group_name(group: int, size: int) -> str:
    first = group * size
    return f"G{group} H{first}" if size == 1 else f"G{group} H{first}–{first + size - 1}"


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
