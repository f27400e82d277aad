"""A verification repeated from its own record, on SQLite and on PostgreSQL."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import EntryVersion, Finding, LanguageModel, Verification
from catalog.queries.reverification import claims_by_accession
from catalog.queries.verification import get_verification
from ingest.comparison import Outcome
from ingest.errors import LanguageModelError, RecordRefusedError
from ingest.loading import load_language_model
from ingest.local_models import ModelShelf
from ingest.registry import select as select_detectors
from ingest.rerun import detectors_of, find_verification, load_again, record_again, scan_again
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from ingest.verify import record_verifications

LLAMA = "headcat/planted-llama"


def verified_once(session: Session, shelf: ModelShelf) -> Verification:
    row = session.scalars(select(LanguageModel).where(LanguageModel.hub_id == LLAMA)).one()
    claim = session.scalars(
        select(Finding).join(Finding.head_type).where(Finding.language_model_id == row.id, Finding.layer == 0).limit(1)
    ).one()
    claim = claims_by_accession(session, [claim.accession])[0]
    assert claim.head_type is not None
    folder = shelf.find(row)
    loaded = replace(load_language_model(str(folder), device="cpu"), hub_id=LLAMA)
    result = scan(loaded, select_detectors([claim.head_type.slug]), ScanOptions(n_prompts=8, seed=3), arguments={})
    return record_verifications(session, result, row, [claim])[0].verification


def test_the_same_run_comes_out_equal_and_names_what_it_repeats(seeded_session: Session, tmp_path: Path) -> None:
    shelf = ModelShelf([], data=tmp_path)
    before = find_verification(seeded_session, verified_once(seeded_session, shelf).accession)
    names = detectors_of(seeded_session, before)
    result = scan_again(before, load_again(before, shelf, path=None, device="cpu"), names)
    assert (result.options.n_prompts, result.options.seed) == (8, 3)
    made, comparison = record_again(seeded_session, before.accession, result)
    assert (comparison.outcome, comparison.difference, comparison.changed) == (Outcome.EQUAL, 0.0, [])
    record = made.verification.record
    assert record["repeats"] == {"accession": before.accession, "record_sha256": before.record_sha256}
    assert record["by_prompt"] == before.record["by_prompt"]
    assert made.verification.accession != before.accession
    frozen = seeded_session.scalars(
        select(EntryVersion).where(EntryVersion.accession == made.verification.accession)
    ).one()
    assert frozen.content_sha256 == made.verification.record_sha256


def test_other_weights_and_a_changed_record_are_refused(seeded_session: Session, tmp_path: Path) -> None:
    shelf = ModelShelf([], data=tmp_path)
    accession = verified_once(seeded_session, shelf).accession
    before = get_verification(seeded_session, accession)
    other = ModelShelf([], data=tmp_path).find(
        seeded_session.scalars(select(LanguageModel).where(LanguageModel.hub_id == "headcat/planted-gpt2")).one()
    )
    with pytest.raises(LanguageModelError, match="another language model repeats nothing"):
        load_again(before, shelf, path=other, device="cpu")
    with pytest.raises(LanguageModelError, match="--model-path DIR"):
        load_again(before, ModelShelf([]), path=None, device="cpu")
    before.record = before.record | {"rank": 99}
    seeded_session.flush()
    with pytest.raises(RecordRefusedError, match="record_sha256"):
        find_verification(seeded_session, accession)
