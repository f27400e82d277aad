"""A circuit by layers: one lane for each role, heads at their layer, arrows for the edges that the source gives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.errors import InvalidNotationError
from catalog.models import CircuitEdge, CircuitNode, CircuitRole, CircuitVariant
from catalog.notation import HeadRef

LABEL_WIDTH, END_WIDTH = 226, 84
PILL_WIDTH, PILL_HEIGHT, PILL_GAP = 54, 20, 5
COLUMN_WIDTH, LANE_PADDING, LANE_GAP, TOP = 66, 13, 20, 34

# From this distance on an edge runs from left to right; closer boxes are joined from above or below.
FORWARD_GAP = 24

_MLP = re.compile(r"MLP ?(\d+)", re.I)


@dataclass(frozen=True, slots=True)
class Pill:
    """A head, or the MLP of a layer."""

    name: str
    x: float
    y: float
    head: HeadRef | None
    """None for an MLP, which has no page."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a head, an MLP or the heads of a role stand together."""

    left: float
    right: float
    top: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        """Centre of the box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Lane:
    """A role with its heads."""

    name: str
    role: CircuitRole | None
    y: float
    height: float
    pills: list[Pill]
    box: Box | None
    """Around all pills; None where the source lists no heads."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge as a curve."""

    path: str
    label: str
    label_x: float
    label_y: float
    edge: CircuitEdge


@dataclass(frozen=True, slots=True)
class CircuitGraph:
    """The whole drawing of one variant."""

    lanes: list[Lane]
    arrows: list[Arrow]
    layers: list[tuple[float, int]]
    """Layers that hold a part of the circuit, with the place of their column."""
    width: float
    height: float
    input_point: tuple[float, float] | None
    output_point: tuple[float, float] | None
    undrawn: list[CircuitEdge]
    """Edges whose ends are no role, head or MLP of this variant."""
    pill_width: int = PILL_WIDTH
    pill_height: int = PILL_HEIGHT
    label_width: int = LABEL_WIDTH


def circuit_graph(variant: CircuitVariant) -> CircuitGraph:
    """Place the lanes of a variant and its edges."""
    members = _members(variant)
    used = sorted({layer for _role, parts in members for layer, _name, _head in parts})
    columns = {layer: LABEL_WIDTH + END_WIDTH + (i + 0.5) * COLUMN_WIDTH for i, layer in enumerate(used)}
    lanes, y = [], float(TOP)
    for role, parts in members:
        lane = _lane(role, parts, columns, y)
        lanes.append(lane)
        y += lane.height + LANE_GAP
    width = LABEL_WIDTH + 2 * END_WIDTH + max(1, len(used)) * COLUMN_WIDTH
    middle = (TOP + y - LANE_GAP) / 2
    ends = {end for edge in variant.edges for end in (edge.source, edge.target)}
    given = (LABEL_WIDTH + END_WIDTH / 2, middle) if "input" in ends else None
    result = (width - END_WIDTH / 2, middle) if "output" in ends else None
    boxes = _boxes(lanes, given, result)
    drawn = [arrow for edge in variant.edges if (arrow := _arrow(edge, boxes))]
    known = {id(arrow.edge) for arrow in drawn}
    return CircuitGraph(
        lanes=lanes,
        arrows=drawn,
        layers=[(columns[layer], layer) for layer in used],
        width=width,
        height=y + 6,
        input_point=given,
        output_point=result,
        undrawn=[edge for edge in variant.edges if id(edge) not in known],
    )


_Part = tuple[int, str, HeadRef | None]


def _members(variant: CircuitVariant) -> list[tuple[CircuitRole | None, list[_Part]]]:
    """Roles with their parts as (layer, name, head), shallow roles first; heads without a role come last."""
    found: list[tuple[CircuitRole | None, list[_Part]]] = []
    for role in variant.roles:
        parts = [_part(node) for node in variant.nodes if node.role_id == role.id]
        parts += [(layer, f"MLP{layer}", None) for layer in role.mlps if isinstance(layer, int)]
        found.append((role, sorted(parts, key=lambda part: part[:2])))
    found.sort(key=lambda item: sum(part[0] for part in item[1]) / len(item[1]) if item[1] else -1.0)
    bare = [_part(node) for node in variant.nodes if node.role_id is None]
    return [*found, (None, bare)] if bare else found


def _part(node: CircuitNode) -> _Part:
    head = HeadRef(node.layer, node.head)
    return node.layer, str(head), head


def _lane(role: CircuitRole | None, parts: Sequence[_Part], columns: dict[int, float], y: float) -> Lane:
    filled: dict[int, int] = {}
    pills = []
    for layer, name, head in parts:
        row = filled.get(layer, 0)
        filled[layer] = row + 1
        top = y + LANE_PADDING + row * (PILL_HEIGHT + PILL_GAP)
        pills.append(Pill(name, columns[layer] - PILL_WIDTH / 2, top, head))
    # Two lines of label fit into the lowest lane.
    height = max(44.0, 2 * LANE_PADDING + max(filled.values(), default=1) * (PILL_HEIGHT + PILL_GAP) - PILL_GAP)
    shown = (role.published_name or role.slug.replace("_", " ")) if role else "no role given"
    return Lane(shown, role, y, height, pills, _around(pills))


def _around(pills: Sequence[Pill]) -> Box | None:
    """The box around the heads of a role."""
    if not pills:
        return None
    left, top = min(pill.x for pill in pills) - 5, min(pill.y for pill in pills) - 5
    right = max(pill.x for pill in pills) + PILL_WIDTH + 5
    return Box(left, right, top, max(pill.y for pill in pills) + PILL_HEIGHT + 5)


def _boxes(
    lanes: Sequence[Lane], given: tuple[float, float] | None, result: tuple[float, float] | None
) -> dict[str, Box]:
    """Where an edge may begin or end, by the name that edges use."""
    found: dict[str, Box] = {}
    for lane in lanes:
        for pill in lane.pills:
            found.setdefault(pill.name, Box(pill.x, pill.x + PILL_WIDTH, pill.y, pill.y + PILL_HEIGHT))
        if lane.role and lane.box:
            found[lane.role.slug] = lane.box
    for name, point in (("input", given), ("output", result)):
        if point:
            found[name] = Box(point[0] - 27, point[0] + 27, point[1] - 12, point[1] + 12)
    return found


def _canonical(end: str) -> str:
    if mlp := _MLP.fullmatch(end):
        return f"MLP{mlp[1]}"
    try:
        return str(HeadRef.parse(end))
    except InvalidNotationError:
        return end


def _arrow(edge: CircuitEdge, boxes: dict[str, Box]) -> Arrow | None:
    source, target = boxes.get(_canonical(edge.source)), boxes.get(_canonical(edge.target))
    if source is None or target is None or source == target:
        return None
    if target.left - source.right > FORWARD_GAP:
        x1, y1, x2, y2 = source.right + 1, source.middle[1], target.left - 6, target.middle[1]
        bow = (x2 - x1) * 0.45
        curve = (x1 + bow, y1, x2 - bow, y2)
    else:
        # Roles that share layers stand above each other: the edge leaves and arrives upright.
        is_down = target.middle[1] > source.middle[1]
        x1, x2 = source.middle[0], target.middle[0]
        y1, y2 = (source.bottom + 1, target.top - 6) if is_down else (source.top - 1, target.bottom + 6)
        bow = (y2 - y1) * 0.5
        curve = (x1, y1 + bow, x2, y2 - bow)
    path = f"M{x1:.1f} {y1:.1f}C{curve[0]:.1f} {curve[1]:.1f} {curve[2]:.1f} {curve[3]:.1f} {x2:.1f} {y2:.1f}"
    label_x, label_y = _along((x1, y1), curve[:2], curve[2:], (x2, y2))
    return Arrow(path, edge.via or "", label_x, label_y + 4, edge)


def _along(*points: tuple[float, ...]) -> tuple[float, float]:
    """Where the words of an edge stand: close to its end, where edges of one source have parted."""
    share = 0.8
    weights = ((1 - share) ** 3, 3 * (1 - share) ** 2 * share, 3 * (1 - share) * share**2, share**3)
    x, y = (sum(weight * point[axis] for weight, point in zip(weights, points, strict=True)) for axis in (0, 1))
    return x, y
