"""What a second run does with records that were changed, removed, or given another standing in between."""

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from catalog.canonical import sha256_of
from catalog.errors import SeedError
from catalog.models import (
    CircuitEdge,
    CircuitNode,
    EntryVersion,
    Finding,
    HeadScore,
    HeadType,
    HeadTypeAlias,
    LanguageModel,
    Paper,
)
from catalog.seed import load
from catalog.vocabulary import Status


def replace(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    content = path.read_text("utf-8")
    assert old in content
    path.write_text(content.replace(old, new, 1), "utf-8")


def frozen(session: Session, accession: str) -> list[tuple[int, str]]:
    rows = session.execute(
        select(EntryVersion.version, EntryVersion.content)
        .where(EntryVersion.accession == accession)
        .order_by(EntryVersion.version)
    )
    return [(version, content) for version, content in rows]


def test_small_seeds_load_whole(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    with Session(own_engine) as session:
        finding = session.scalars(select(Finding).where(Finding.accession == "AHF-000001")).one()
        assert (finding.layer, finding.head, finding.value, finding.note) == (1, 3, 0.5, "own; shared")
        other = session.scalars(select(Finding).where(Finding.accession == "AHF-000002")).one()
        assert (other.value, other.note, other.status) == (None, "shared", Status.PUBLISHED)
        scores = session.execute(select(HeadScore.layer, HeadScore.head, HeadScore.score, HeadScore.details)).all()
        assert [tuple(row) for row in scores] == [
            (0, 0, 0.5, {"pattern": "wide"}),
            (0, 1, 0.25, {"pattern": 3}),
            (1, 0, 0.0, {"pattern": "wide"}),
            (1, 1, None, {"pattern": "wide"}),
        ]
    assert load(own_engine, small_seeds).changed_nothing


def test_frozen_form_says_what_the_record_says(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    with Session(own_engine) as session:
        row = session.scalars(select(EntryVersion).where(EntryVersion.accession == "AHF-000001")).one()
        assert json.loads(row.content) == {
            "accession": "AHF-000001",
            "head": "L1H3",
            "head_type": "induction",
            "language_model": "lab--small",
            "locator": "table 1",
            "method": "scoring",
            "metric": "mass",
            "note": "own; shared",
            "paper": "source",
            "polarity": "is",
            "published_name": "induction head",
            "source_kind": "paper_text",
            "task": "t",
            "unit": "query_head",
            "value": 0.5,
        }
        assert row.content_sha256 == sha256_of(row.content)


def test_changed_finding_is_updated_and_gets_its_next_version(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    replace(small_seeds, "findings/source.toml", "0.5", "0.75")
    report = load(own_engine, small_seeds)
    assert (report.changes["finding"].updated, report.n_frozen) == (1, 1)
    with Session(own_engine) as session:
        finding = session.scalars(select(Finding).where(Finding.accession == "AHF-000001")).one()
        assert (finding.value, finding.version) == (0.75, 2)
        versions = frozen(session, "AHF-000001")
        assert [json.loads(content)["value"] for _, content in versions] == [0.5, 0.75]
        assert [version for version, _ in versions] == [1, 2]
        assert len(frozen(session, "AHF-000002")) == 1


def test_corrected_paper_freezes_no_claim_again(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    replace(small_seeds, "papers/source.toml", "A source", "The source")
    report = load(own_engine, small_seeds)
    assert (report.changes["paper"].updated, report.n_frozen) == (1, 0)


def test_alias_that_left_the_file_leaves_the_catalog(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    replace(small_seeds, "head_types/induction.toml", '{name = "Induction Head", source = "a source"}', "")
    report = load(own_engine, small_seeds)
    assert report.changes["alias"].removed == 1
    with Session(own_engine) as session:
        assert session.scalars(select(HeadTypeAlias)).all() == []
        assert session.scalars(select(HeadType.version)).one() == 2


def test_removed_record_is_reported_and_stays(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    (small_seeds / "circuits/loop.toml").unlink()
    replace(small_seeds, "findings/source.toml", '    ["AHF-000002", "L0H0"],\n', "")
    report = load(own_engine, small_seeds)
    assert report.absent == {"circuit": ["loop"], "finding": ["AHF-000002"]}
    assert any("AHF-000002" in line for line in report.lines())
    with Session(own_engine) as session:
        assert len(session.scalars(select(Finding)).all()) == 2
        assert len(session.scalars(select(CircuitNode)).all()) == 2
        assert len(session.scalars(select(CircuitEdge)).all()) == 1


def test_changed_numbers_replace_those_of_their_table(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    replace(small_seeds, "head_scores/small_mass.csv", "0.25", "0.125")
    report = load(own_engine, small_seeds)
    assert report.n_scores == 4
    with Session(own_engine) as session:
        score = select(HeadScore.score).where(HeadScore.layer == 0, HeadScore.head == 1)
        assert session.scalar(score) == 0.125


def test_smaller_model_is_refused_when_its_scores_no_longer_fit(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    replace(small_seeds, "language_models/lab--small.toml", "n_kv_heads = 2", "n_kv_heads = 1")
    with pytest.raises(SeedError, match="L0H1 does not exist"):
        load(own_engine, small_seeds)
    with Session(own_engine) as session:
        assert session.scalars(select(LanguageModel.n_kv_heads)).one() == 2


def test_standing_given_in_the_catalog_survives_a_refresh(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    with Session(own_engine) as session:
        session.execute(update(Finding).where(Finding.accession == "AHF-000001").values(status="disputed"))
        session.commit()
    replace(small_seeds, "findings/source.toml", '"t"', '"u"')
    load(own_engine, small_seeds)
    with Session(own_engine) as session:
        finding = session.scalars(select(Finding).where(Finding.accession == "AHF-000001")).one()
        assert (finding.task, finding.status) == ("u", Status.DISPUTED)


def test_standing_in_the_file_is_stored_without_a_further_version(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    withdrawn = (
        '[[standings]]\naccession = "AHF-000002"\nstatus = "withdrawn"\nwithdrawn_reason = "misread"\n'
        'successor = "AHF-000001"\n[[groups]]'
    )
    replace(small_seeds, "findings/source.toml", "[[groups]]", withdrawn)
    load(own_engine, small_seeds)
    with Session(own_engine) as session:
        finding = session.scalars(select(Finding).where(Finding.accession == "AHF-000002")).one()
        assert (finding.status, finding.withdrawn_reason) == (Status.WITHDRAWN, "misread")
        assert (finding.successor, finding.version) == ("AHF-000001", 1)


def test_row_deleted_by_hand_comes_back(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    with Session(own_engine) as session:
        session.execute(delete(CircuitEdge))
        session.commit()
    assert load(own_engine, small_seeds).changes["edge of a circuit"].added == 1


def test_records_added_by_others_keep_their_ids_free_of_ours(own_engine: Engine, small_seeds: Path) -> None:
    load(own_engine, small_seeds)
    with Session(own_engine) as session:
        session.add(Paper(slug="by_others", title="By others", authors=[], links=[], code_urls=[], conflicts=[]))
        session.commit()
    (small_seeds / "papers/second.toml").write_text('title = "Second"\n', "utf-8")
    report = load(own_engine, small_seeds)
    assert report.changes["paper"].added == 1
    assert report.absent == {"paper": ["by_others"]}


def test_variant_that_left_the_file_goes_with_its_heads_and_edges(own_engine: Engine, small_seeds: Path) -> None:
    circuit = small_seeds / "circuits/loop.toml"
    first = circuit.read_text("utf-8")
    second = '[[variants]]\nname = "another"\nlocator = "figure 2"\nheads = ["L0H2", "L0H3"]\n'
    circuit.write_text(first + second, "utf-8")
    load(own_engine, small_seeds)
    circuit.write_text(first, "utf-8")
    report = load(own_engine, small_seeds)
    assert (report.changes["variant of a circuit"].removed, report.changes["head of a circuit"].removed) == (1, 2)
    with Session(own_engine) as session:
        assert len(session.scalars(select(CircuitNode)).all()) == 2
