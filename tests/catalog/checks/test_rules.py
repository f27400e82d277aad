"""Each check reports a row that breaks its rule, and says nothing of a catalog that holds it."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from catalog.checks import circuit, detector, entry_version, finding, head_score, head_type, language_model
from catalog.checks.run import ALL
from catalog.models import (
    Circuit,
    CircuitEdge,
    CircuitNode,
    CircuitVariant,
    EntryVersion,
    Finding,
    HeadScore,
    HeadScoreTable,
    HeadType,
    HeadTypeAlias,
    HeadTypeRelation,
    LanguageModel,
    StageAssignment,
)
from catalog.vocabulary import Maturity
from tests.factories.detector import make_detector

Spoil = Callable[[Session], object]

GPT2 = select(LanguageModel.id).where(LanguageModel.slug == "openai-community--gpt2").scalar_subquery()
IOI = (
    select(CircuitVariant.id)
    .join(Circuit, Circuit.id == CircuitVariant.circuit_id)
    .where(Circuit.slug == "ioi_gpt2_small", CircuitVariant.position == 0)
    .scalar_subquery()
)
RETRIEVAL = select(HeadScoreTable.id).where(HeadScoreTable.slug == "yaofu--llama-2-7b-80k__retrieval_score_wu2024")
RETRIEVAL_ID = RETRIEVAL.scalar_subquery()
GATES = "mistralai--Mixtral-8x7B-Instruct-v0.1__duo_gate_omniserve"
INDUCTION = select(HeadType.id).where(HeadType.slug == "induction").scalar_subquery()
PREVIOUS = select(HeadType.id).where(HeadType.slug == "previous_token").scalar_subquery()


def repeat_first_finding(session: Session) -> None:
    columns = [column.name for column in Finding.__table__.columns if column.name not in ("id", "accession")]
    names = ", ".join(columns)
    session.execute(
        text(
            f"INSERT INTO findings (id, accession, {names}) "
            f"SELECT 900000, 'AHF-900000', {names} FROM findings WHERE accession = 'AHF-000001'"
        )
    )


def relate_both_ways(session: Session) -> None:
    one, other = session.scalar(select(INDUCTION)), session.scalar(select(PREVIOUS))
    session.add(HeadTypeRelation(source_id=one, target_id=other, relation="is_a", basis="curator"))
    session.add(HeadTypeRelation(source_id=other, target_id=one, relation="is_a", basis="curator"))
    session.flush()


def first_finding(**values: object) -> Spoil:
    return lambda session: session.execute(update(Finding).where(Finding.accession == "AHF-000001").values(**values))


def retrieval_score(**values: object) -> Spoil:
    at = (HeadScore.table_id == RETRIEVAL_ID) & (HeadScore.layer == 16) & (HeadScore.head == 19)
    return lambda session: session.execute(update(HeadScore).where(at).values(**values))


def table(slug: str, **values: object) -> Spoil:
    return lambda session: session.execute(update(HeadScoreTable).where(HeadScoreTable.slug == slug).values(**values))


# check, what is done to the shipped records, and what the reported row says
BROKEN: dict[str, tuple[Callable[[Session], list[str]], Spoil, str]] = {
    "key-value heads": (
        language_model.kv_heads_divide_heads,
        lambda session: session.execute(update(LanguageModel).where(LanguageModel.id == GPT2).values(n_kv_heads=5)),
        "openai-community--gpt2: 5 key-value heads for 12 query heads",
    ),
    "slug": (
        language_model.slug_follows_hub_id,
        lambda session: session.execute(update(LanguageModel).where(LanguageModel.id == GPT2).values(revision="607a")),
        "openai-community--gpt2: hub id openai-community/gpt2, revision 607a",
    ),
    "no stage": (
        head_type.have_a_stage_or_say_none,
        lambda session: session.execute(delete(StageAssignment).where(StageAssignment.head_type_id == INDUCTION)),
        "induction",
    ),
    "alias": (
        head_type.aliases_are_normalised,
        lambda session: session.execute(
            update(HeadTypeAlias).where(HeadTypeAlias.name == "Induction Head").values(normalised="induction head")
        ),
        "induction: 'Induction Head' as 'induction head'",
    ),
    "circle of kinds": (head_type.relations_are_not_reversed, relate_both_ways, "previous_token"),
    "finding outside": (finding.heads_exist, first_finding(layer=900), "AHF-000001: L900H"),
    "finding outside its groups": (
        finding.heads_exist,
        lambda session: session.execute(
            update(Finding)
            .where(
                Finding.language_model_id
                == select(LanguageModel.id).where(LanguageModel.slug == "meta-llama--Meta-Llama-3-8B").scalar_subquery()
            )
            .values(unit="kv_group", head=8)
        ),
        "H8 (kv_group) in meta-llama--Meta-Llama-3-8B",
    ),
    "repeated claim": (finding.none_is_repeated, repeat_first_finding, "AHF-000001 … AHF-900000: 2 equal claims"),
    "value outside": (
        finding.values_lie_in_range,
        lambda session: session.execute(
            update(Finding).where(Finding.head_score_table_id == RETRIEVAL_ID).values(value=-1.0)
        ),
        "-1.0 on retrieval_score_wu2024",
    ),
    "finding of another table": (
        finding.tables_are_of_the_same_model,
        first_finding(head_score_table_id=RETRIEVAL_ID),
        "AHF-000001: yaofu--llama-2-7b-80k__retrieval_score_wu2024",
    ),
    "circuit head outside": (
        circuit.heads_exist,
        lambda session: session.execute(
            update(CircuitNode)
            .where(CircuitNode.variant_id == IOI, CircuitNode.layer == 9, CircuitNode.head == 9)
            .values(head=12)
        ),
        "ioi_gpt2_small, main reading: L9H12",
    ),
    "edge to nowhere": (
        circuit.edges_name_what_exists,
        lambda session: session.execute(
            update(CircuitEdge).where(CircuitEdge.variant_id == IOI, CircuitEdge.position == 0).values(target="L1H1")
        ),
        "ioi_gpt2_small, main reading: input → L1H1 names L1H1",
    ),
    "list that is not there": (
        circuit.head_lists_are_there,
        lambda session: session.execute(
            update(CircuitVariant).where(CircuitVariant.id == IOI).values(has_head_list=False)
        ),
        "ioi_gpt2_small, main reading: 26 heads",
    ),
    "score outside": (head_score.heads_exist, retrieval_score(head=32), "wu2024: L16H32"),
    "score outside its groups": (
        head_score.heads_exist,
        lambda session: session.execute(
            update(LanguageModel)
            .where(LanguageModel.slug == "mistralai--Mixtral-8x7B-Instruct-v0.1")
            .values(n_kv_heads=4)
        ),
        f"{GATES}: L0H4",
    ),
    "rows missing": (
        head_score.row_counts_agree,
        lambda session: session.execute(
            delete(HeadScore).where(HeadScore.table_id == RETRIEVAL_ID, HeadScore.layer == 0)
        ),
        "wu2024: says 1024, holds 992",
    ),
    "incomplete": (
        head_score.complete_tables_are_complete,
        table(GATES, n_rows=255),
        f"{GATES}: 255 rows for 256 heads",
    ),
    "score out of range": (head_score.scores_lie_in_range, retrieval_score(score=-0.1), "wu2024: L16H19 scores -0.1"),
    "licence": (head_score.missing_licence_is_explained, table(GATES, licence=None, licence_note=None), GATES),
    "hash": (
        entry_version.hashes_match,
        lambda session: session.execute(
            update(EntryVersion).where(EntryVersion.accession == "AHT-0027").values(content="{}")
        ),
        "AHT-0027.v1",
    ),
    "version": (
        entry_version.versions_are_frozen,
        first_finding(version=2),
        "AHF-000001: is at version 2, frozen is 1",
    ),
    "faulty": (
        detector.faulty_ones_were_retracted,
        lambda session: make_detector(session, slug="odd", maturity=Maturity.FAULTY),
        "odd version 1: faulty, and nothing was decided last",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_check_reports_the_row_that_breaks_its_rule(name: str, seeded_session: Session) -> None:
    check, spoil, said = BROKEN[name]
    assert check(seeded_session) == []
    spoil(seeded_session)
    assert any(said in row for row in check(seeded_session)), check(seeded_session)


def test_name_of_several_head_types_is_listed_as_information(seeded_session: Session) -> None:
    before = head_type.ambiguous_names(seeded_session)
    seeded_session.add(
        HeadTypeAlias(
            head_type_id=seeded_session.scalar(select(PREVIOUS)),
            name="induction",
            normalised="induction",
            source="test",
        )
    )
    seeded_session.flush()
    assert set(head_type.ambiguous_names(seeded_session)) - set(before) == {"induction: induction, previous_token"}


def test_every_check_has_a_row_that_it_reports() -> None:
    tested = {check for check, _, _ in BROKEN.values()} | {head_type.ambiguous_names}
    assert {rule.find for rule in ALL} == tested
    assert all(rule.sentence.endswith(".") for rule in ALL)


def test_spoilt_rows_were_rolled_back(seeded_session: Session) -> None:
    assert seeded_session.scalar(select(func.count()).select_from(Finding).where(Finding.layer == 900)) == 0
