"""A scan with every kind of evidence: what is measured together, what is absent and why; chance finds nothing."""

import numpy as np
import pytest
import torch

from ingest.evidence import Evidence
from ingest.loaded_model import LoadedModel
from ingest.registry import load_detectors, select
from ingest.scan import scan
from ingest.scan_record import scan_record
from ingest.scan_result import ScanOptions
from tests.ingest.detectors.test_contract_weights import words
from tests.ingest.tiny_models import make_tiny

NEW_KINDS = [each for each in load_detectors().values() if each.evidence in (Evidence.DIRECT_LOGIT, Evidence.WEIGHTS)]


def random_words(seed: int) -> LoadedModel:
    """A language model of one layer with words for tokens and random attention."""
    loaded = words()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in loaded.model.named_parameters():
            if parameter.ndim > 1 and "mlp" not in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return loaded


@pytest.mark.parametrize("seed", range(3))
def test_random_heads_are_of_no_type(seed: int) -> None:
    result = scan(random_words(seed), NEW_KINDS, ScanOptions(n_prompts=12, length=30, seed=seed))
    for each in result.detectors:
        assert result.positive(each) == [], each.detector.name
    assert sum(each.scores is not None for each in result.detectors) >= 4


def test_the_record_holds_each_definition_beside_the_primary_scores() -> None:
    record = scan_record(scan(random_words(0), select(["copying", "induction"]), ScanOptions(n_prompts=4, length=30)))
    copying, induction = record["detectors"]
    assert [each["metric"] for each in copying["definitions"]] == ["ov_copying_eigenvalues"]
    assert copying["definitions"][0]["chance"] == 0.5
    assert np.array(copying["definitions"][0]["scores"]).shape == (1, 4)
    raised = next(each for each in induction["definitions"] if each["metric"] == "induction_token_raised")
    assert raised["scores"] != induction["scores"]
    details = record["provenance"]["detectors"]["induction"]["definitions"]["induction_token_raised"]
    assert details["evidence"] == "direct_logit"
    assert details["p"] is not None


def test_a_bare_scan_has_no_definitions() -> None:
    bare = scan(make_tiny("llama"), select(["induction"]), ScanOptions(n_prompts=2, length=20, with_statistics=False))
    assert bare.detectors[0].definitions == {}


def test_a_definition_changes_no_primary_number() -> None:
    options = ScanOptions(n_prompts=6, length=30)
    both = scan(make_tiny("llama"), select(["induction"]), options).detectors[0]
    alone = scan(make_tiny("llama"), select(["induction"]), ScanOptions(6, 30, with_definitions=False)).detectors[0]
    assert both.scores is not None
    assert alone.scores is not None
    assert np.array_equal(both.scores.score, alone.scores.score)
    assert both.p_adjusted is not None
    assert np.array_equal(both.p_adjusted, alone.p_adjusted)


def test_words_that_a_vocabulary_lacks_are_a_reason_and_stop_nothing_else() -> None:
    names = ["successor", "semantic_induction", "previous_token", "copying"]
    result = scan(make_tiny("llama"), select(names), ScanOptions(n_prompts=4, length=30))
    reasons = {each.detector.name: each.absent_reason for each in result.detectors}
    assert "without a tokenizer" in (reasons["successor"] or "")
    assert "no tokenizer" in (reasons["semantic_induction"] or "")
    assert not any(each.is_failure for each in result.detectors)
    assert [each.detector.name for each in result.detectors if each.scores is not None] == ["previous_token", "copying"]


def test_weights_alone_need_no_prompts() -> None:
    result = scan(make_tiny("gpt2"), select(["copying"]), ScanOptions(n_prompts=4, with_ablation=False))
    assert result.provenance["prompts"] == {}
    assert result.provenance["attention_path"] == "none"
    assert result.is_live
    assert result.detectors[0].scores is not None


def test_a_family_that_cannot_be_read_is_still_measured_by_its_attention() -> None:
    loaded = make_tiny("opt", word_embed_proj_dim=16)
    result = scan(loaded, select(["anti_induction", "induction", "copying"]), ScanOptions(n_prompts=4, length=30))
    anti, induction, copying = result.detectors
    assert "does not read the residual stream" in (anti.absent_reason or "")
    assert "does not read the residual stream" in (copying.absent_reason or "")
    assert induction.scores is not None
    assert "does not read" in (induction.definitions["induction_token_raised"].absent_reason or "")
