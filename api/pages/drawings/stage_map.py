"""Where the stages and their transitions stand on the map; the template draws it as inline SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from catalog.models import Stage, StageTransition
from catalog.vocabulary import Stage as StageName

WIDTH, HEIGHT = 980, 340
NODE_WIDTH, NODE_HEIGHT = 206, 90

# Recall and identification feed each other and the reasoning between them, which feeds expression.
_CENTRES = {
    StageName.KNOWLEDGE_RECALLING: (107, 48),
    StageName.IN_CONTEXT_IDENTIFICATION: (107, 290),
    StageName.LATENT_REASONING: (482, 118),
    StageName.EXPRESSION_PREPARATION: (872, 206),
}

# Two arrows between the same stages run side by side, this far from the middle.
_ASIDE = 11


@dataclass(frozen=True, slots=True)
class Node:
    """A stage on the map."""

    stage: Stage
    x: float
    y: float
    n_head_types: int
    n_disputed: int
    """Of these, head types that some source puts into another stage."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A transition as a straight arrow."""

    transition: StageTransition
    x1: float
    y1: float
    x2: float
    y2: float
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True)
class StageMap:
    """The whole drawing."""

    nodes: list[Node]
    flows: list[Flow]
    width: int = WIDTH
    height: int = HEIGHT
    node_width: int = NODE_WIDTH
    node_height: int = NODE_HEIGHT


def stage_map(
    stages: Sequence[Stage],
    transitions: Sequence[StageTransition],
    n_head_types: Mapping[StageName, int],
    n_disputed: Mapping[StageName, int],
) -> StageMap:
    """Place every stage and transition."""
    nodes = [
        Node(stage, *_CENTRES[stage.slug], n_head_types.get(stage.slug, 0), n_disputed.get(stage.slug, 0))
        for stage in stages
    ]
    return StageMap(nodes, [_flow(transition) for transition in transitions])


def _flow(transition: StageTransition) -> Flow:
    x1, y1 = _CENTRES[transition.source.slug]
    x2, y2 = _CENTRES[transition.target.slug]
    length = hypot(x2 - x1, y2 - y1)
    # The normal points to the left of the direction of travel, so both directions keep apart by themselves.
    aside_x, aside_y = (y2 - y1) / length * _ASIDE, -(x2 - x1) / length * _ASIDE
    start, end = _border(x2 - x1, y2 - y1, 4), _border(x2 - x1, y2 - y1, 9)
    ax, ay = x1 + start[0] + aside_x, y1 + start[1] + aside_y
    bx, by = x2 - end[0] + aside_x, y2 - end[1] + aside_y
    # Words stand outside the pair of arrows; beside an upright arrow they need more room than above a level one.
    reach = 1.1 + 2.3 * abs(y2 - y1) / length
    return Flow(transition, ax, ay, bx, by, (ax + bx) / 2 + aside_x * reach, (ay + by) / 2 + aside_y * 1.25)


def _border(dx: float, dy: float, gap: float) -> tuple[float, float]:
    """Way from the centre of a node to just outside its border, in a direction."""
    share = min(
        (NODE_WIDTH / 2 + gap) / abs(dx) if dx else float("inf"),
        (NODE_HEIGHT / 2 + gap) / abs(dy) if dy else float("inf"),
    )
    return dx * share, dy * share
