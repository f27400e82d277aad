"""Counts of claims and verdicts by language model, layer and stage."""

from sqlalchemy.orm import Session

from catalog.queries.coverage import (
    count_claims_by_layer,
    count_disputed_by_stage,
    count_verdicts_by_language_model,
    head_types_of_metric,
)
from catalog.vocabulary import Polarity, Stage, Status, Verdict
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.stage import make_stage, make_stage_assignment
from tests.factories.verification import make_verification


def test_claims_count_heads_of_a_layer_once(session: Session) -> None:
    model, head_type = make_language_model(session), make_head_type(session)
    for head in (0, 0, 1):
        make_finding(session, language_model=model, head_type=head_type, layer=2, head=head)
    make_finding(session, language_model=model, head_type=head_type, layer=2, head=1, polarity=Polarity.IS_NOT)
    make_finding(
        session, language_model=model, head_type=head_type, layer=3, status=Status.WITHDRAWN, withdrawn_reason="wrong"
    )
    assert count_claims_by_layer(session, head_type.id) == [
        (model.id, 2, Polarity.IS, 2),
        (model.id, 2, Polarity.IS_NOT, 1),
    ]


def test_only_the_latest_verdict_of_a_claim_counts(session: Session) -> None:
    finding = make_finding(session)
    make_verification(session, finding=finding, verdict=Verdict.INCONCLUSIVE)
    make_verification(session, finding=finding, verdict=Verdict.REPRODUCED)
    assert finding.head_type_id is not None
    assert count_verdicts_by_language_model(session, finding.head_type_id) == {
        finding.language_model_id: {Verdict.REPRODUCED: 1}
    }


def test_type_in_two_stages_is_disputed_in_both(session: Session) -> None:
    disputed, settled = make_head_type(session), make_head_type(session)
    first, second = (make_stage(session, name) for name in (Stage.LATENT_REASONING, Stage.EXPRESSION_PREPARATION))
    for head_type, stage in ((disputed, first), (disputed, second), (settled, first), (settled, first)):
        make_stage_assignment(session, head_type, stage)
    assert count_disputed_by_stage(session) == {Stage.LATENT_REASONING: 1, Stage.EXPRESSION_PREPARATION: 1}


def test_metric_speaks_of_tested_and_of_claimed_types(session: Session) -> None:
    model, metric = make_language_model(session), make_metric(session)
    tested, claimed = make_head_type(session, slug="a"), make_head_type(session, slug="b")
    make_detector(session, metric=metric, head_types=(tested,))
    make_finding(session, language_model=model, metric=metric, head_type=claimed)
    make_finding(session, metric=metric)  # on another language model
    assert [each.slug for each in head_types_of_metric(session, model, metric.id)] == ["a", "b"]
