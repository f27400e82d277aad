"""Language models: by slug, by hub id, and where a hub id is not enough."""

import pytest
from sqlalchemy.orm import Session

from catalog.errors import AmbiguousNameError, NotFoundError
from catalog.queries.language_model import (
    LanguageModelQuery,
    find_language_models,
    get_language_model,
    resolve_language_model,
)
from tests.factories.finding import make_finding
from tests.factories.head_score import make_head_score_table
from tests.factories.language_model import make_language_model


@pytest.mark.parametrize("name", ["lab/one", "lab--one"])
def test_hub_id_and_slug_both_lead_to_the_model(session: Session, name: str) -> None:
    made = make_language_model(session, hub_id="lab/one")
    make_language_model(session, hub_id="lab/one", slug="lab--one@0123456789ab", revision="0123456789ab")
    assert resolve_language_model(session, name).id == made.id


def test_hub_id_with_one_known_revision_leads_there(session: Session) -> None:
    made = make_language_model(session, hub_id="lab/one", slug="lab--one@aa", revision="aa")
    assert resolve_language_model(session, "lab/one").id == made.id


def test_hub_id_with_two_known_revisions_is_ambiguous(session: Session) -> None:
    for revision in ("aa", "bb"):
        make_language_model(session, hub_id="lab/one", slug=f"lab--one@{revision}", revision=revision)
    with pytest.raises(AmbiguousNameError) as raised:
        resolve_language_model(session, "lab/one")
    assert raised.value.candidates == ["lab--one@aa", "lab--one@bb"]


@pytest.mark.parametrize("name", ["gpt2", "GPT2", "openai/gpt2", "openai-community/gpt-2"])
def test_name_without_or_with_another_owner_names_the_near_one(session: Session, name: str) -> None:
    make_language_model(session, hub_id="openai-community/gpt2")
    make_language_model(session, hub_id="EleutherAI/pythia-70m")
    with pytest.raises(NotFoundError) as raised:
        resolve_language_model(session, name)
    assert raised.value.near == ["openai-community--gpt2"]


def test_detail_knows_base_other_revisions_and_tables(session: Session) -> None:
    base = make_language_model(session)
    made = make_language_model(session, hub_id="lab/one", base_model_id=base.id)
    other = make_language_model(session, hub_id="lab/one", slug="lab--one@aa", revision="aa")
    make_head_score_table(session, {(0, 0): 0.5}, language_model=made)
    make_finding(session, language_model=made)
    session.expunge_all()
    detail = get_language_model(session, "lab/one")
    assert detail.base_model is not None
    assert detail.base_model.slug == base.slug
    assert [each.slug for each in detail.other_revisions] == [other.slug]
    assert (detail.n_findings, len(detail.head_score_tables), len(detail.findings_by_head_type)) == (1, 1, 1)


def test_filters_on_what_is_known(session: Session) -> None:
    bare = make_language_model(session, family="bare")
    known = make_language_model(session, n_layers=7)
    make_finding(session, language_model=known)
    make_head_score_table(session, {}, language_model=known)
    for asked, expected in (
        ({"has_findings": True}, known),
        ({"has_scores": True}, known),
        ({"has_findings": False}, bare),
        ({"n_layers": 7}, known),
        ({"family": "bare"}, bare),
        ({"hub_id": bare.hub_id}, bare),
    ):
        rows = find_language_models(session, LanguageModelQuery(**asked)).items
        assert [row.language_model.slug for row in rows] == [expected.slug]
