"""The matrix of transfer, depths of reproduced heads, and what a tuned language model keeps of its base."""

import pytest
from sqlalchemy.orm import Session

from catalog.models import HeadType, LanguageModel
from catalog.queries.inheritance import Descent, InheritanceQuery, find_inheritance
from catalog.queries.transfer import TransferQuery, find_depths, find_transfer, list_transfer
from catalog.retraction.retract import record_retraction
from catalog.vocabulary import Polarity, Unit, Verdict
from tests.factories.detector import make_detector
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric
from tests.factories.verification import make_verification


@pytest.fixture
def kind(session: Session) -> HeadType:
    return make_head_type(session, slug="kind")


@pytest.fixture
def model(session: Session, kind: HeadType) -> LanguageModel:
    """Two tasks: one with a reproduced, a failed and an untested claim, one with an untested claim alone."""
    made = make_language_model(session, n_layers=5)
    detector = make_detector(session, slug="seer", spec={"prompts": "random_tokens"})
    for head, verdict in enumerate((Verdict.REPRODUCED, Verdict.NOT_REPRODUCED, None)):
        claim = make_finding(session, language_model=made, head_type=kind, layer=head + 1, head=head, task="copying")
        if verdict is not None:
            make_verification(session, finding=claim, detector=detector, verdict=verdict, broad_verdict="inconclusive")
    make_finding(session, language_model=made, head_type=kind, layer=4, task="sums")
    return made


def cells(session: Session) -> dict[tuple[str, str | None, bool], tuple[int, dict[Verdict, int]]]:
    (row,) = find_transfer(session, TransferQuery(head_type="kind")).items
    return {(each.task, each.prompts, each.is_broad): (each.n_claims, each.verdicts) for each in row.cells}


def test_a_cell_is_a_task_and_a_kind_of_prompts_and_untested_is_one_too(session: Session, model: LanguageModel) -> None:
    assert cells(session) == {
        ("copying", "random_tokens", False): (2, {Verdict.REPRODUCED: 1, Verdict.NOT_REPRODUCED: 1}),
        ("copying", "natural_text", True): (2, {Verdict.INCONCLUSIVE: 2}),
        ("copying", None, False): (1, {}),
        ("sums", None, False): (1, {}),
    }


def test_a_detector_that_reads_no_prompts_is_named_by_what_it_reads(
    session: Session, model: LanguageModel, kind: HeadType
) -> None:
    claim = make_finding(session, language_model=model, head_type=kind, task="copying", layer=2)
    make_verification(session, finding=claim, detector=make_detector(session, spec={"prompts": None}))
    assert cells(session)["copying", "weights", False] == (1, {Verdict.REPRODUCED: 1})


def test_a_retracted_detector_leaves_its_claims_untested(session: Session, model: LanguageModel) -> None:
    record_retraction(session, "seer", 1, "It saw nothing.")
    assert cells(session) == {("copying", None, False): (3, {}), ("sums", None, False): (1, {})}
    assert find_depths(session, "kind") == []
    assert not find_transfer(session, TransferQuery(is_tested=True)).items


def test_the_whole_matrix_is_every_page(session: Session, model: LanguageModel) -> None:
    make_finding(session)
    assert len(list_transfer(session, TransferQuery(limit=1))) == 2


def test_depth_counts_reproduced_heads_once_and_denials_never(
    session: Session, model: LanguageModel, kind: HeadType
) -> None:
    for paper_claims_again in range(2):
        claim = make_finding(session, language_model=model, head_type=kind, layer=4, head=paper_claims_again)
        make_verification(session, finding=claim)
    denied = make_finding(session, language_model=model, head_type=kind, layer=3, polarity=Polarity.IS_NOT)
    make_verification(session, finding=denied)
    make_verification(session, finding=make_finding(session, language_model=model, head_type=kind, layer=1, head=0))
    together = make_finding(
        session, language_model=model, head_type=kind, layer=2, unit=Unit.HEAD_GROUP, group_heads="L2H0+L2H1"
    )
    make_verification(session, finding=together)
    (found,) = find_depths(session, "kind")
    # Layers 1, 4 and 4 of 0 to 4; L1H0 is claimed twice and counts once.
    assert found.depths == [0.25, 1.0, 1.0]
    assert found.quartiles == (0.625, 1.0, 1.0)


@pytest.fixture
def family(session: Session) -> tuple[LanguageModel, LanguageModel]:
    """A base and one tuned from it, 2 layers of 8 heads, one metric over both: heads 14 and 15 changed places."""
    base = make_language_model(session, n_layers=2, n_heads=8)
    tuned = make_language_model(session, n_layers=2, n_heads=8, base_model_id=base.id)
    metric = make_metric(session)
    order = [float(i) for i in range(16)]
    swapped = [*order[:14], 15.0, 14.0]
    for owner, scores in ((base, order), (tuned, swapped)):
        rows = {(i // 8, i % 8): score for i, score in enumerate(scores)}
        make_head_score_table(session, language_model=owner, metric=metric, scores=rows)
    return base, tuned


def test_what_a_tuned_model_keeps_is_compared_with_its_base(
    session: Session, family: tuple[LanguageModel, LanguageModel]
) -> None:
    (found,) = find_inheritance(session)
    assert (found.descent, found.base, found.derived) == (Descent.BASE_AND_DERIVED, *family)
    # Deviations of 0 … 15 have squares of 340; exchanging the last two takes 1 from the sum of products.
    assert found.pearson == pytest.approx(339 / 340)
    # One of sixteen heads is the best twentieth, and it is another one.
    assert (found.n_heads, found.n_top, found.overlap, found.overlap_by_chance) == (16, 1, 0.0, 1 / 16)


def test_revisions_are_compared_and_other_shapes_are_not(session: Session) -> None:
    metric = make_metric(session)
    rows = {(i // 8, i % 8): float(i) for i in range(16)}
    for revision in ("step1", "step2"):
        owner = make_language_model(
            session, hub_id="lab/steps", slug=f"lab--steps@{revision}", revision=revision, n_layers=2, n_heads=8
        )
        make_head_score_table(session, language_model=owner, metric=metric, scores=rows)
    wider = make_language_model(
        session, hub_id="lab/steps", slug="lab--steps@wide", revision="wide", n_layers=2, n_heads=16
    )
    make_head_score_table(session, language_model=wider, metric=metric, scores=rows)
    (found,) = find_inheritance(session, InheritanceQuery(language_model="lab/steps"))
    assert (found.descent, found.pearson, found.overlap) == (Descent.REVISIONS, pytest.approx(1), 1.0)
    assert not find_inheritance(session, InheritanceQuery(descent=Descent.BASE_AND_DERIVED))
