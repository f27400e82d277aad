"""Circuits: what they must score where the answer is known, and how a record becomes one."""

import pytest

from catalog.models import CircuitEdge, CircuitNode, CircuitRole, CircuitVariant
from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind
from ingest.circuits.circuit import Circuit, Edge, published_circuit
from ingest.circuits.edges import discover_edges, measure_edges, strongest_heads
from ingest.circuits.faithfulness import Knockouts, completeness, faithfulness, minimality
from ingest.errors import IngestError
from ingest.interventions.task_run import TaskRun
from tests.ingest.interventions.random_task import make_task, make_task_batch
from tests.ingest.tiny_models import make_tiny

RUN = ("llama", make_task_batch())


def run() -> TaskRun:
    family, batch = RUN
    return TaskRun(make_tiny(family), batch, make_task())


@pytest.mark.parametrize("kind", list(AblationKind))
def test_the_whole_language_model_is_a_faithful_and_complete_circuit(kind: AblationKind) -> None:
    knockouts = Knockouts(run(), kind)
    everything = Circuit("all", {"one": tuple(sorted(knockouts.every_head))})
    found = faithfulness(knockouts, everything)
    assert found.share == found.low == found.high == found.recovered == 1
    assert max(each.gap for each in completeness(knockouts, everything, n_random=2)) == pytest.approx(0, abs=1e-6)


def test_no_circuit_recovers_nothing() -> None:
    found = faithfulness(Knockouts(run(), AblationKind.MEAN), Circuit("none", {"empty": ()}))
    assert found.recovered == 0
    assert found.circuit == found.nothing


def test_a_head_is_needed_as_much_as_the_circuit_changes_without_it() -> None:
    knockouts = Knockouts(run(), AblationKind.MEAN)
    heads = (HeadRef(0, 1), HeadRef(1, 2))
    needs = minimality(knockouts, Circuit("two", {"role": heads}))
    both, first, second, none = (float(knockouts.only(each).mean()) for each in (heads, heads[:1], heads[1:], ()))
    size = abs(float(knockouts.without(()).mean()))
    assert needs[0].need == pytest.approx(max(abs(both - second), abs(first - none)) / size)
    assert needs[1].need == pytest.approx(max(abs(both - first), abs(second - none)) / size)


def test_edges_are_path_effects_of_all_senders_together() -> None:
    task_run = run()
    receivers = (HeadRef(1, 0),)
    one = Circuit(
        "x", {}, [Edge("a", "b", (HeadRef(0, 1),), receivers, "value"), Edge("b", "output", receivers, (), None)]
    )
    cost = float((task_run.clean - task_run.corrupted).mean())
    told, written = measure_edges(task_run, one, mlps="frozen")
    assert told.share == pytest.approx(float(task_run.path_effect(receivers, "value")[0, 1].mean()) / cost, rel=1e-3)
    assert written.share == pytest.approx(float(task_run.direct_effect()[1, 0].mean()) / cost, rel=1e-3)
    assert told.low <= told.share <= told.high


def test_edges_are_looked_for_from_earlier_to_later_heads() -> None:
    task_run = run()
    heads = strongest_heads(task_run, 4)
    edges = discover_edges(task_run, heads)
    later = [(str(a), str(b)) for a in heads for b in heads if a.layer < b.layer]
    assert {(each.source, each.target) for each in edges if each.into} == set(later)
    assert {each.source for each in edges if each.into is None} == {str(head) for head in heads}


def test_a_published_circuit_names_what_cannot_be_measured() -> None:
    role = CircuitRole(slug="mover", position=0)
    variant = CircuitVariant(
        name="main",
        roles=[role],
        nodes=[CircuitNode(layer=1, head=2, role=role), CircuitNode(layer=0, head=3, role=None)],
        edges=[
            CircuitEdge(source="L0H3", target="mover", via="k,v"),
            CircuitEdge(source="mover", target="output", via=None),
            CircuitEdge(source="input", target="mover", via="q"),
            CircuitEdge(source="mover", target="MLP17", via=None),
        ],
    )
    found = published_circuit(variant)
    assert found.heads == {HeadRef(1, 2), HeadRef(0, 3)}
    assert [(each.source, each.target, each.into) for each in found.edges] == [
        ("L0H3", "mover", "key"),
        ("L0H3", "mover", "value"),
        ("mover", "output", None),
    ]
    assert len(found.unmeasured) == 2
    with pytest.raises(IngestError, match="not in the catalog"):
        published_circuit(CircuitVariant(name="other", roles=[], nodes=[], edges=[]))
