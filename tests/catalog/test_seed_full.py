"""All shipped records, in a real SQLite and a real PostgreSQL: how many there are, and that the numbers are right."""

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session, selectinload

from catalog.checks.run import run_checks
from catalog.models import (
    Circuit,
    CircuitVariant,
    EntryVersion,
    Finding,
    HeadScore,
    HeadScoreTable,
    HeadType,
    LanguageModel,
    Metric,
    Paper,
)
from catalog.notation import HeadRef
from catalog.seed import load
from catalog.settings import CatalogSettings
from catalog.vocabulary import Origin, Polarity, SourceKind, Unit

# What headcat itself claims, of language models that it builds or measured, beside what the sources claim.
OURS = (SourceKind.CONSTRUCTION, SourceKind.OWN_MEASUREMENT)


def count(session: Session, model: type, *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def test_every_kind_has_all_its_records(seeded_session: Session) -> None:
    assert count(seeded_session, HeadType, HeadType.origin != Origin.BEYOND_SURVEY) == 77
    assert count(seeded_session, HeadType, HeadType.origin == Origin.BEYOND_SURVEY) >= 39
    assert count(seeded_session, Finding, Finding.source_kind.not_in(OURS)) == 3_227
    assert count(seeded_session, Circuit) == 13
    assert count(seeded_session, LanguageModel) >= 83
    assert count(seeded_session, HeadScoreTable) == 215
    assert count(seeded_session, HeadScore) == 244_485


def test_papers_keep_where_the_survey_met_them(seeded_session: Session) -> None:
    # 162 papers in the survey's bibliography, 136 of them cited; 86 in its repository, 25 of those nowhere else.
    assert count(seeded_session, Paper, Paper.is_cited_in_survey) == 136
    assert count(seeded_session, Paper, Paper.is_in_survey_repository) == 86
    assert count(seeded_session, Paper, Paper.bib_key.is_not(None) | Paper.is_in_survey_repository) == 187


def test_score_tables_cover_71_language_models(seeded_session: Session) -> None:
    assert seeded_session.scalar(select(func.count(func.distinct(HeadScoreTable.language_model_id)))) == 71


def test_best_retrieval_heads_are_those_of_the_paper(seeded_session: Session) -> None:
    rows = seeded_session.execute(
        select(HeadScore.layer, HeadScore.head, HeadScore.score)
        .join(HeadScoreTable, HeadScoreTable.id == HeadScore.table_id)
        .where(HeadScoreTable.slug == "yaofu--llama-2-7b-80k__retrieval_score_wu2024")
        .order_by(HeadScore.score.desc())
        .limit(5)
    ).all()
    assert [(str(HeadRef(layer, head)), round(score, 2)) for layer, head, score in rows] == [
        ("L16H19", 0.94),
        ("L11H15", 0.92),
        ("L8H26", 0.80),
        ("L6H9", 0.62),
        ("L7H12", 0.61),
    ]


def test_their_findings_hold_the_printed_value_and_point_at_the_table(seeded_session: Session) -> None:
    finding = seeded_session.scalars(
        select(Finding)
        .join(HeadScoreTable, HeadScoreTable.id == Finding.head_score_table_id)
        .where(HeadScoreTable.slug == "yaofu--llama-2-7b-80k__retrieval_score_wu2024")
        .where(Finding.layer == 16, Finding.head == 19)
        .options(selectinload(Finding.metric), selectinload(Finding.head_type), selectinload(Finding.paper))
    ).one()
    assert finding.head_type is not None
    assert finding.metric is not None
    assert (finding.value, finding.unit, finding.polarity) == (0.94, Unit.QUERY_HEAD, Polarity.IS)
    assert (finding.head_type.slug, finding.metric.slug) == ("retrieval", "retrieval_score_wu2024")
    assert finding.paper.arxiv_id == "2404.15574"
    assert finding.note is not None
    assert "rank 1" in finding.note


def test_findings_keep_how_they_were_read(seeded_session: Session) -> None:
    rows = seeded_session.execute(select(Finding.source_kind, func.count()).group_by(Finding.source_kind)).all()
    # Counted in the sources, the two spellings of each kind merged: 1,542 + 103 + 140 author data, and so on.
    assert {SourceKind(kind): number for kind, number in rows if kind not in OURS} == {
        SourceKind.AUTHOR_DATA: 1_542 + 103 + 140,
        SourceKind.AUTHOR_CODE: 1_067 + 119 + 6,
        SourceKind.PAPER_TEXT: 65 + 61,
        SourceKind.SECONDARY_NOTE: 20 + 18 + 50,
        SourceKind.OFFICIAL_DEMO: 18,
        SourceKind.THIRD_PARTY_CODE: 18,
    }


def heads_of(variant: CircuitVariant) -> set[str]:
    return {str(HeadRef(node.layer, node.head)) for node in variant.nodes}


def test_greater_than_has_the_authors_list_and_the_often_copied_one(seeded_session: Session) -> None:
    circuit = seeded_session.scalars(
        select(Circuit)
        .where(Circuit.slug == "greater_than_gpt2_small")
        .options(selectinload(Circuit.variants).selectinload(CircuitVariant.nodes))
    ).one()
    authors, copied, *_ = circuit.variants
    assert "ACDC" in copied.name
    assert heads_of(authors) - heads_of(copied) == {"L5H1", "L8H8"}
    assert heads_of(copied) - heads_of(authors) == {"L6H1"}


def test_gates_stay_on_key_value_groups(seeded_session: Session) -> None:
    rows = seeded_session.execute(
        select(
            HeadScoreTable.unit, Metric.slug, HeadScoreTable.n_rows, LanguageModel.n_layers, LanguageModel.n_kv_heads
        )
        .join(Metric, Metric.id == HeadScoreTable.metric_id)
        .join(LanguageModel, LanguageModel.id == HeadScoreTable.language_model_id)
        .where(Metric.slug.like("duo_gate%") | Metric.slug.like("kvzip%"))
    ).all()
    assert len(rows) == 12
    for unit, metric, n_rows, n_layers, n_kv_heads in rows:
        assert unit == Unit.KV_GROUP, metric
        assert n_rows == n_layers * n_kv_heads, metric


def test_a_table_without_a_licence_says_so(seeded_session: Session) -> None:
    table = seeded_session.scalars(
        select(HeadScoreTable).where(HeadScoreTable.slug == "yaofu--llama-2-7b-80k__retrieval_score_wu2024")
    ).one()
    assert table.licence is None
    assert table.licence_note == "none found in repository"


def test_further_columns_of_a_table_are_kept(seeded_session: Session) -> None:
    row = seeded_session.scalars(
        select(HeadScore)
        .join(HeadScoreTable, HeadScoreTable.id == HeadScore.table_id)
        .where(HeadScoreTable.slug == "01-ai--Yi-9B-200K__minference_pattern")
        .where(HeadScore.layer == 0, HeadScore.head == 0)
    ).one()
    assert row.score == 12982.0
    assert row.details == {"pattern": "vertical_and_slash", "vertical_size": 1000, "slash_size": 4096}


def test_every_citable_entry_is_frozen_at_its_first_version(seeded_session: Session) -> None:
    n_entries = count(seeded_session, HeadType) + count(seeded_session, Finding) + 13
    assert count(seeded_session, EntryVersion) == n_entries
    assert count(seeded_session, EntryVersion, EntryVersion.version == 1) == n_entries


def test_loading_twice_changes_nothing(seeded_engine: Engine) -> None:
    report = load(seeded_engine, CatalogSettings().seeds)
    assert report.changed_nothing
    assert report.absent == {}


def test_all_checks_hold(seeded_engine: Engine) -> None:
    report = run_checks(seeded_engine)
    assert {rule.sentence: rows for rule, rows in report.found if rows and not rule.is_information} == {}
    assert report.drift == []
