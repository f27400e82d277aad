"""One head: all claims, verdicts and circuits, of its group too, and none of its neighbours."""

import pytest
from sqlalchemy.orm import Session

from catalog.errors import NotFoundError
from catalog.notation import HeadRef
from catalog.queries.head import get_head
from catalog.vocabulary import Status, Unit
from tests.factories.circuit import make_circuit
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type
from tests.factories.language_model import make_language_model
from tests.factories.verification import make_verification


def test_head_gathers_claims_of_itself_and_of_its_group(session: Session) -> None:
    # Three query heads share a group, so that L1H4 is served by group 4 // 3 = 1.
    language_model = make_language_model(session, n_heads=6, n_kv_heads=2)
    own = make_finding(session, language_model=language_model, layer=1, head=4)
    group = make_finding(session, language_model=language_model, layer=1, head=1, unit=Unit.KV_GROUP)
    for layer, head, unit in ((1, 1, Unit.QUERY_HEAD), (1, 4, Unit.KV_GROUP), (2, 4, Unit.QUERY_HEAD)):
        make_finding(session, language_model=language_model, layer=layer, head=head, unit=unit)
    make_finding(session, layer=1, head=4)
    make_finding(
        session, language_model=language_model, layer=1, head=4, status=Status.WITHDRAWN, withdrawn_reason="misread"
    )
    rerun = make_verification(session, finding=own)
    session.expunge_all()
    detail = get_head(session, language_model.hub_id, HeadRef(1, 4))
    assert detail.kv_group == 1
    assert [row.finding.accession for row in detail.findings] == [own.accession, group.accession]
    assert [each.accession for each in detail.verifications] == [rerun.accession]


def test_head_lists_circuits_with_its_role(session: Session) -> None:
    head_type = make_head_type(session, slug="name_mover")
    language_model = make_language_model(session)
    circuit = make_circuit(
        session, roles={"movers": ["L1H2"], "others": ["L2H2"]}, head_type=head_type, language_model=language_model
    )
    make_circuit(session, roles={"movers": ["L1H2"]})
    make_circuit(
        session,
        roles={"movers": ["L1H2"]},
        language_model=language_model,
        status=Status.WITHDRAWN,
        withdrawn_reason="misread",
    )
    session.expunge_all()
    (membership,) = get_head(session, language_model.slug, HeadRef(1, 2)).circuits
    assert membership.circuit.accession == circuit.accession
    assert membership.role is not None
    assert membership.role.slug == "movers"
    assert membership.role.head_type is not None
    assert membership.role.head_type.slug == "name_mover"


@pytest.mark.parametrize("head", [HeadRef(4, 0), HeadRef(0, 6), HeadRef(9999, 9999)])
def test_head_out_of_range_is_refused_with_the_shape(session: Session, head: HeadRef) -> None:
    language_model = make_language_model(session, n_layers=4, n_heads=6)
    with pytest.raises(NotFoundError, match="4 layers of 6 heads"):
        get_head(session, language_model.slug, head)


def test_language_model_of_unknown_grouping_has_no_group(session: Session) -> None:
    language_model = make_language_model(session, n_kv_heads=None)
    assert get_head(session, language_model.slug, HeadRef(3, 5)).kv_group is None
