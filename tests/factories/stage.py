"""Stages and their assignments for tests."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import HeadType, Stage, StageAssignment, StageFunction
from catalog.vocabulary import Stage as StageName
from tests.factories.paper import make_paper


def make_stage(session: Session, name: StageName = StageName.LATENT_REASONING, **changes: Any) -> Stage:
    """A stage, or the one of this name that is there already: there can be only four."""
    found = session.scalar(select(Stage).where(Stage.slug == name))
    if found is not None:
        return found
    position = list(StageName).index(name) + 1
    values = {
        "slug": name,
        "code": f"S{position}",
        "name": name.replace("_", " ").title(),
        "position": position,
        "definition": "A stage.",
        "head_role": "Heads do something.",
        "human_analogue": "People do the like.",
        "human_analogue_label": "the like",
        "brain_terms": [],
        "layer_span_first": "early",
        "layer_span_last": "late",
        "layer_span_basis": "a test",
        "functions": [
            StageFunction(slug=f"{name}_function", name="A function", definition="Does.", position=1, task_formats=[])
        ],
    }
    stage = Stage(**values | changes)
    session.add(stage)
    session.flush()
    return stage


def make_stage_assignment(session: Session, head_type: HeadType, stage: Stage, **changes: Any) -> StageAssignment:
    """A paper puts a head type into a stage."""
    values = {"head_type_id": head_type.id, "stage_id": stage.id, "asserted_by": "paper", "basis": "figure 1"}
    if "paper_id" not in changes:
        values["paper_id"] = make_paper(session).id
    assignment = StageAssignment(**values | changes)
    session.add(assignment)
    session.flush()
    return assignment
