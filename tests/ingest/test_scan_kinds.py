"""Scans of encoders, of hybrids and of models with windows: what is measured, what is absent and why."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from sqlalchemy import select as sql_select
from sqlalchemy.orm import Session
from tokenizers import processors

from catalog.checks.head_score import complete_tables_are_complete
from catalog.models import HeadScore, HeadScoreTable
from catalog.models.head_score import LAYERS_WITHOUT_HEADS
from catalog.notation import HeadRef
from ingest.evidence import Evidence
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model, wrap_language_model
from ingest.registry import select
from ingest.report.page import report_page
from ingest.scan import scan
from ingest.scan_record import scan_record
from ingest.scan_result import ScanOptions, ScanResult
from ingest.scan_rows import record_scan, upsert_language_model
from tests.factories.metric import make_metric
from tests.ingest.bpe_tokenizer import D_VOCAB as BPE_VOCAB
from tests.ingest.bpe_tokenizer import bpe_tokenizer
from tests.ingest.framing_tokenizer import framing_tokenizer
from tests.ingest.tiny_models import WINDOW, make_tiny

NAMES = ("previous_token", "induction", "attention_sink", "anti_induction", "copying", "retrieval")
OPTIONS = ScanOptions(n_prompts=6, length=40, with_definitions=False)


def encoder() -> LoadedModel:
    """A BERT that reads English, and opens and closes it as its tokenizer says."""
    tokenizer = copy.deepcopy(bpe_tokenizer())
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return wrap_language_model(
        make_tiny("bert", vocab_size=BPE_VOCAB).model,
        tokenizer,
        hub_id="tiny/bert",
        revision="sha256:" + "0" * 64,
        weights_sha256="0" * 64,
    )


@pytest.fixture(scope="module")
def of_encoder() -> ScanResult:
    return scan(encoder(), select(NAMES), OPTIONS)


@pytest.fixture(scope="module")
def of_hybrid() -> ScanResult:
    return scan(make_tiny("jamba"), select(NAMES), OPTIONS)


def reason(record: dict[str, Any], name: str) -> str:
    found: str = record["provenance"]["detectors"][name]["absent"]["all"]
    return found


def test_an_encoder_is_measured_where_attention_says_it_all(of_encoder: ScanResult) -> None:
    record = scan_record(of_encoder)
    assert record["language_model"]["is_causal"] is False
    assert of_encoder.is_live
    assert any("This is an encoder" in note and "token 1" in note for note in record["provenance"]["notes"])
    for each in record["detectors"]:
        kind = next(found.detector.evidence for found in of_encoder.detectors if found.detector.name == each["name"])
        if kind is Evidence.PATTERN:
            assert np.array(each["scores"], dtype=float).shape == (2, 4)
        else:
            assert each["scores"] is None
            assert "is an encoder: it predicts no next token" in reason(record, each["name"])


def test_chance_of_an_encoder_counts_keys_on_both_sides_and_the_closing_token(of_encoder: ScanResult) -> None:
    sink = next(each for each in of_encoder.detectors if each.detector.name == "attention_sink")
    assert sink.scores is not None
    # 40 tokens, the opening one among them, and the closing one after them.
    assert sink.scores.chance == pytest.approx(1 / 41)


def test_heads_of_a_hybrid_stand_at_their_true_layers(of_hybrid: ScanResult) -> None:
    record = scan_record(of_hybrid)
    assert record["language_model"]["attention_layers"] == [1, 3]
    assert of_hybrid.is_live
    assert [str(head) for head in of_hybrid.heads] == [f"L{layer}H{head}" for layer in (1, 3) for head in range(4)]
    previous = record["detectors"][0]
    assert [row == [None] * 4 for row in previous["scores"]] == [True, False, True, False]
    absent = record["provenance"]["detectors"]["previous_token"]["absent"]
    assert set(absent) == {f"L{layer}H{head}" for layer in (0, 2) for head in range(4)}
    assert absent["L2H1"] == "Layer 2 of this jamba model has no attention, so it has no heads."
    assert "Layers without attention have no heads and no scores: L0, L2." in record["provenance"]["notes"]
    assert [row == [None] * 4 for row in record["provenance"]["output_share"]] == [True, False, True, False]


def test_a_head_that_is_not_there_is_no_failure(of_hybrid: ScanResult) -> None:
    found = of_hybrid.head_record(of_hybrid.detectors[0], HeadRef(0, 1))
    assert found.score is None
    assert not found.is_failure
    assert "Layer 0 of this jamba model has no attention" in str(found.score_absent_reason)
    assert not of_hybrid.head_record(of_hybrid.detectors[0], HeadRef(1, 1)).score_absent_reason


def test_a_hybrid_in_the_report_says_which_layers_have_no_heads(of_hybrid: ScanResult) -> None:
    page = report_page(of_hybrid, {})
    assert "<tr><th scope=row>L2<td class=u colspan=4>no attention" in page
    assert "4 layers, 2 of them with attention, × 4 heads" in page


def test_a_hybrid_in_the_database_has_rows_of_its_heads_only(of_hybrid: ScanResult, session: Session) -> None:
    for each in of_hybrid.detectors:
        make_metric(session, slug=each.detector.metric)
    run = record_scan(session, of_hybrid, upsert_language_model(session, of_hybrid.loaded, "tiny/jamba"))
    tables = session.scalars(sql_select(HeadScoreTable).where(HeadScoreTable.scan_run_id == run.id)).all()
    assert tables
    for table in tables:
        layers = session.scalars(sql_select(HeadScore.layer).where(HeadScore.table_id == table.id)).all()
        assert sorted(layers) == [1] * 4 + [3] * 4
        assert table.is_complete
        assert table.details[LAYERS_WITHOUT_HEADS] == [0, 2]
        assert "Layer 0 of this jamba model has no attention" in table.details["absent"]["L0H0"]
    assert not complete_tables_are_complete(session)


def test_each_head_of_a_model_with_windows_has_the_chance_of_its_layer() -> None:
    result = scan(make_tiny("gemma2"), select(["attention_sink"]), OPTIONS)
    record = scan_record(result)["detectors"][0]
    windowed, full = (row[0] for row in record["chance_by_head"])
    # Of the counted queries 1 … 39 those up to 5 see the first token in the windowed layer 0, and all in layer 1.
    assert windowed == pytest.approx(sum(1 / n for n in range(2, WINDOW + 1)) / 39)
    assert full == pytest.approx(sum(1 / n for n in range(2, 41)) / 39)
    assert record["chance"] == pytest.approx((windowed + full) / 2)
    shown = [result.head_record(result.detectors[0], HeadRef(layer, 0)).chance for layer in (0, 1)]
    assert shown == [windowed, full]


@pytest.mark.parametrize("with_head", [True, False])
def test_an_encoder_is_loaded_from_a_directory_with_or_without_its_head(tmp_path: Any, with_head: bool) -> None:
    model = make_tiny("bert").model
    (model if with_head else model.base_model).save_pretrained(tmp_path)
    framing_tokenizer().save_pretrained(tmp_path)
    loaded = load_language_model(str(tmp_path))
    assert (loaded.is_causal, loaded.bos_id, loaded.closing_id) == (False, 2, 3)
    assert (type(loaded.model).__name__ == "BertForMaskedLM") == with_head
    tokens = torch.arange(5, 15)[None]
    expected = model.base_model(tokens).last_hidden_state
    assert torch.allclose(loaded.model.base_model(tokens).last_hidden_state, expected, atol=1e-6)
