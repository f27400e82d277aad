"""Geometry of the drawings, by hand."""

import pytest

from api.pages.drawings.circuit_graph import circuit_graph
from api.pages.drawings.depth_strip import LEFT, RIGHT, depth_strip
from api.pages.drawings.number_line import LEFT as LINE_LEFT
from api.pages.drawings.number_line import RIGHT as LINE_RIGHT
from api.pages.drawings.number_line import number_line
from api.pages.drawings.stage_map import NODE_HEIGHT, NODE_WIDTH, stage_map
from api.pages.rendering import number, plural, sentence, surname
from catalog.models import (
    CircuitEdge,
    CircuitNode,
    CircuitRole,
    CircuitVariant,
    LanguageModel,
    Stage,
    StageTransition,
)
from catalog.vocabulary import Polarity, Standing
from catalog.vocabulary import Stage as StageName


def test_score_stands_at_its_share_of_the_axis() -> None:
    line = number_line(0.25, interval=(0.2, 0.3), chance=0.0, rule=0.5, bounds=(0.0, 1.0))
    width = LINE_RIGHT - LINE_LEFT
    assert line.score_x == pytest.approx(LINE_LEFT + width / 4)
    assert (line.low_x, line.high_x) == pytest.approx((LINE_LEFT + 0.2 * width, LINE_LEFT + 0.3 * width))
    assert (line.chance_x, line.rule_x) == pytest.approx((LINE_LEFT, LINE_LEFT + width / 2))
    assert [text for _, text in line.ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_every_head_is_in_one_bar_and_bars_follow_the_root_of_the_count() -> None:
    line = number_line(0.9, others=[0.1] * 9 + [0.9], bounds=(0.0, 1.0))
    assert [bin.n for bin in line.bins] == [9, 1]
    assert line.bins[0].height == pytest.approx(3 * line.bins[1].height)
    assert [bin.holds_score for bin in line.bins] == [False, True]


def test_absent_values_are_not_drawn() -> None:
    line = number_line(None)
    assert (line.score_x, line.low_x, line.chance_x, line.rule_x, line.bins) == (None, None, None, None, [])


@pytest.mark.parametrize("score", [-3.0, 0.0, 1e-9, 7.5, 1e12])
def test_score_without_a_range_stays_on_the_axis(score: float) -> None:
    line = number_line(score, others=[score, 0.0])
    assert line.score_x is not None
    assert LINE_LEFT <= line.score_x <= LINE_RIGHT
    assert 2 <= len(line.ticks) <= 12


def test_depth_runs_from_the_first_layer_to_the_last() -> None:
    model = LanguageModel(id=1, name="tiny", n_layers=5)
    claims = [(1, 0, Polarity.IS, 1), (1, 2, Polarity.IS, 4), (1, 4, Polarity.IS_NOT, 1), (9, 0, Polarity.IS, 1)]
    [row] = depth_strip([model], claims).rows
    assert [dot.x for dot in row.dots] == [LEFT, (LEFT + RIGHT) / 2, RIGHT]
    # Four heads have four times the area of one.
    assert row.dots[1].radius == pytest.approx(2 * row.dots[0].radius)
    assert [dot.is_denied for dot in row.dots] == [False, False, True]


def test_language_model_of_one_layer_stands_in_the_middle() -> None:
    model = LanguageModel(id=1, name="tiny", n_layers=1)
    [row] = depth_strip([model], [(1, 0, Polarity.IS, 1)]).rows
    assert row.dots[0].x == (LEFT + RIGHT) / 2


def make_variant() -> CircuitVariant:
    roles = [
        CircuitRole(id=2, slug="mover", published_name="Movers", mlps=[]),
        CircuitRole(id=1, slug="detector", published_name=None, mlps=[1]),
    ]
    nodes = [
        CircuitNode(role_id=1, layer=0, head=1),
        CircuitNode(role_id=1, layer=0, head=2),
        CircuitNode(role_id=2, layer=5, head=0),
        CircuitNode(role_id=None, layer=3, head=3),
    ]
    edges = [
        CircuitEdge(source="input", target="detector"),
        CircuitEdge(source="detector", target="mover", via="q"),
        CircuitEdge(source="5.0", target="output"),
        CircuitEdge(source="MLP 1", target="L3H3"),
        CircuitEdge(source="detector", target="somewhere else"),
    ]
    return CircuitVariant(roles=roles, nodes=nodes, edges=edges)


def test_lanes_go_from_shallow_to_deep_and_heads_stand_at_their_layer() -> None:
    graph = circuit_graph(make_variant())
    assert [lane.name for lane in graph.lanes] == ["detector", "Movers", "no role given"]
    assert [layer for _, layer in graph.layers] == [0, 1, 3, 5]
    columns = {layer: x for x, layer in graph.layers}
    pills = {pill.name: pill for lane in graph.lanes for pill in lane.pills}
    assert set(pills) == {"L0H1", "L0H2", "MLP1", "L5H0", "L3H3"}
    assert pills["L0H1"].x == pills["L0H2"].x == columns[0] - graph.pill_width / 2
    assert pills["L0H2"].y > pills["L0H1"].y + graph.pill_height
    assert pills["MLP1"].head is None


def test_edges_between_known_ends_are_drawn_and_the_others_named() -> None:
    graph = circuit_graph(make_variant())
    assert [arrow.edge.target for arrow in graph.arrows] == ["detector", "mover", "output", "L3H3"]
    assert [edge.target for edge in graph.undrawn] == ["somewhere else"]
    assert graph.input_point is not None
    assert graph.output_point is not None


def test_variant_without_heads_has_no_layers() -> None:
    graph = circuit_graph(CircuitVariant(roles=[], nodes=[], edges=[]))
    assert (graph.lanes, graph.layers, graph.arrows) == ([], [], [])


def test_arrows_of_the_stage_map_end_outside_the_stages() -> None:
    stages = [Stage(slug=name, code=name[:2], name=name) for name in StageName]
    transitions = [
        StageTransition(source=source, target=target, standing=Standing.STATED)
        for source in stages
        for target in stages
        if source is not target
    ]
    drawn = stage_map(stages, transitions, dict.fromkeys(StageName, 3), {})
    assert len(drawn.flows) == 12
    for flow in drawn.flows:
        for node in drawn.nodes:
            if node.stage in (flow.transition.source, flow.transition.target):
                for x, y in ((flow.x1, flow.y1), (flow.x2, flow.y2)):
                    is_inside = abs(x - node.x) < NODE_WIDTH / 2 and abs(y - node.y) < NODE_HEIGHT / 2
                    assert not is_inside


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.000"),
        (0.98765, "0.988"),
        (-0.5, "−0.500"),
        (12.3456, "12.35"),
        (0.0000123, "1.23e-05"),
        (123456.0, "1.23e+05"),
        (None, "not computed"),
    ],
)
def test_numbers_keep_their_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_words_around_numbers_and_names() -> None:
    assert (plural(1, "claim"), plural(2, "claim"), plural(1200, "entry", "entries")) == (
        "1 claim",
        "2 claims",
        "1\u202f200 entries",
    )
    assert (surname("Ada Lovelace"), surname("The headcat authors"), surname("OpenAI")) == (
        "Lovelace",
        "The headcat authors",
        "OpenAI",
    )
    assert (sentence("So it is"), sentence("So it is.")) == ("So it is.", "So it is.")
