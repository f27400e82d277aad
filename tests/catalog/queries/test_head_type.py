"""Head types: from any published name to the type, and all that is known of it."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from catalog.errors import AmbiguousNameError, NotFoundError, WithdrawnError
from catalog.queries.head_type import HeadTypeQuery, find_head_types, get_head_type, resolve_head_type
from catalog.vocabulary import Relation, Stage, Status, Tier, Verdict
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type, make_relation
from tests.factories.stage import make_stage, make_stage_assignment
from tests.factories.verification import make_verification


def found(session: Session, **asked: Any) -> list[str]:
    session.expunge_all()
    return [row.head_type.slug for row in find_head_types(session, HeadTypeQuery(**asked)).items]


@pytest.mark.parametrize(
    "name",
    ["previous_token", "previous-token", "Previous Token Head", "PTH", "pth heads", "AHT-0042", "prev.-token head"],
)
def test_every_spelling_of_a_name_leads_to_the_type(session: Session, name: str) -> None:
    aliases = ("Previous Token Head", "PTH", "prev token")
    made = make_head_type(session, slug="previous_token", accession="AHT-0042", aliases=aliases)
    assert resolve_head_type(session, name).id == made.id


def test_slug_wins_over_an_alias_of_another_type(session: Session) -> None:
    made = make_head_type(session, slug="copying")
    make_head_type(session, aliases=("copying head",))
    assert resolve_head_type(session, "Copying").id == made.id


def test_name_of_two_types_is_ambiguous(session: Session) -> None:
    make_head_type(session, slug="b", aliases=("retrieval head",))
    make_head_type(session, slug="a", aliases=("Retrieval heads",))
    with pytest.raises(AmbiguousNameError) as raised:
        resolve_head_type(session, "retrieval")
    assert raised.value.candidates == ["a", "b"]


def test_unknown_name_is_answered_with_the_slug_behind_a_near_alias(session: Session) -> None:
    make_head_type(session, slug="s_inhibition", aliases=("suppression head",))
    for name, near in (("supression", ["s_inhibition"]), ("s_inhibitor", ["s_inhibition"]), ("zzz", [])):
        with pytest.raises(NotFoundError) as raised:
            resolve_head_type(session, name)
        assert raised.value.near == near


def test_filters_find_what_they_name(session: Session) -> None:
    make_head_type(session, slug="plain")
    head_type = make_head_type(session, slug="wanted", tier=Tier.V2, aliases=("Rare Name",))
    make_stage_assignment(session, head_type, make_stage(session, Stage.EXPRESSION_PREPARATION))
    make_finding(session, head_type=head_type)
    for asked in ({"stage": "expression_preparation"}, {"tier": "V2"}, {"has_findings": True}, {"q": "rare-name"}):
        assert found(session, **asked) == ["wanted"]
    assert found(session, has_findings=False) == ["plain"]


def test_contradicting_assignments_both_stay(session: Session) -> None:
    head_type = make_head_type(session)
    for stage in (Stage.LATENT_REASONING, Stage.KNOWLEDGE_RECALLING):
        make_stage_assignment(session, head_type, make_stage(session, stage))
    session.expunge_all()
    (row,) = find_head_types(session).items
    assert [each.stage.slug for each in row.assignments] == [Stage.KNOWLEDGE_RECALLING, Stage.LATENT_REASONING]


def test_detail_counts_findings_and_latest_verdicts(session: Session) -> None:
    head_type = make_head_type(session)
    other = make_head_type(session)
    make_relation(session, head_type, other, relation=Relation.OPPOSES)
    make_relation(session, other, head_type, relation=Relation.IS_A)
    make_detector(session, head_types=(head_type,))
    finding = make_finding(session, head_type=head_type)
    make_finding(session, head_type=head_type, language_model_id=finding.language_model_id)
    make_finding(session, head_type=head_type, status=Status.WITHDRAWN, withdrawn_reason="misread")
    make_verification(session, finding=finding, verdict=Verdict.INCONCLUSIVE)
    make_verification(session, finding=finding, verdict=Verdict.REPRODUCED)
    session.expunge_all()
    detail = get_head_type(session, head_type.slug)
    assert detail.n_findings == 2
    assert [(model.id, n) for model, n in detail.findings_by_language_model] == [(finding.language_model_id, 2)]
    assert detail.verdicts == {Verdict.REPRODUCED: 1}
    assert [each.target.slug for each in detail.head_type.relations] == [other.slug]
    assert [each.source.slug for each in detail.head_type.incoming_relations] == [other.slug]
    assert len(detail.detectors) == 1


def test_withdrawn_type_says_so(session: Session) -> None:
    make_head_type(session, slug="gone", status=Status.WITHDRAWN, withdrawn_reason="no such head")
    assert found(session) == []
    for read in (get_head_type, resolve_head_type):
        with pytest.raises(WithdrawnError, match="no such head"):
            read(session, "gone")
