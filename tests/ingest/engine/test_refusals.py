"""What the engines refuse, each with one sentence: prompts, targets, and families that cannot be measured exactly."""

from dataclasses import replace

import pytest
import torch
from transformers import AutoModelForCausalLM, MambaConfig

from ingest.engine import choose, reference, streaming
from ingest.errors import (
    DetectorDefinitionError,
    LanguageModelError,
    PromptError,
    UnsupportedArchitectureError,
    UnsupportedAttentionError,
)
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.measure import NO_KEY, KeyProperty, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import make_padded, make_targets
from tests.ingest.tiny_models import D_VOCAB, make_tiny

REAL = torch.tensor([[True, True, True, False]])
BATCH = PromptBatch(torch.zeros(1, 4, dtype=torch.long), REAL, has_bos=False)


def wrap(config) -> LoadedModel:
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    return wrap_language_model(model, None, hub_id="tiny/other", revision="none", weights_sha256="0" * 64)


def relational(*keys: list[int]) -> RelationalTargets:
    return RelationalTargets(torch.tensor([keys]))


NONE = [NO_KEY, NO_KEY]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (relational(NONE, [2, NO_KEY], NONE, NONE), "after its query"),
        (relational(NONE, NONE, NONE, [0, NO_KEY]), "query on padding"),
        (relational(NONE, NONE, [1, 1], NONE), "key twice"),
        (relational(NONE, NONE, NONE), "shape"),
        (KeyProperty(~REAL, REAL), "padding"),
        (KeyProperty(REAL, ~REAL), "padding"),
        (KeyProperty(REAL[:, :3], REAL[:, :3]), "shape"),
    ],
)
@pytest.mark.parametrize("engine", [streaming, reference])
def test_targets_that_do_not_fit_are_refused(engine, target: Targets, words: str) -> None:
    with pytest.raises(DetectorDefinitionError, match=words):
        engine.measure(make_tiny("llama"), BATCH, {"wrong": target})


def test_key_on_padding_is_refused() -> None:
    batch = PromptBatch(BATCH.tokens, REAL.flip(1), has_bos=False)
    with pytest.raises(DetectorDefinitionError, match="key on padding"):
        streaming.measure(make_tiny("llama"), batch, {"wrong": relational(NONE, [0, NO_KEY], NONE, NONE)})


@pytest.mark.parametrize("token", [-1, D_VOCAB])
def test_token_outside_the_vocabulary_is_refused(token: int) -> None:
    with pytest.raises(PromptError, match="outside the vocabulary"):
        streaming.measure(make_tiny("llama"), PromptBatch(torch.full((1, 4), token), REAL, False), {})


def test_padding_may_hold_any_number() -> None:
    batch = PromptBatch(torch.tensor([[1, 2, 3, -1]]), REAL, False)
    assert streaming.measure(make_tiny("llama"), batch, {}).n_captures == 2


def test_prompt_longer_than_the_context_is_refused() -> None:
    with pytest.raises(PromptError, match="at most 8"):
        streaming.measure(make_tiny("gpt2", n_positions=8), make_padded(9, "none"), {})


def test_empty_prompt_is_refused() -> None:
    with pytest.raises(PromptError, match="empty"):
        choose.measure(make_tiny("llama"), PromptBatch(BATCH.tokens, torch.zeros_like(REAL), False), {})


@pytest.mark.parametrize("engine", [choose, reference])
def test_decoder_that_looks_ahead_is_refused(engine) -> None:
    bert = replace(make_tiny("bert"), is_causal=True)
    batch = make_padded(6, "none")
    with pytest.raises(UnsupportedAttentionError, match="attends to later tokens, which a decoder must not"):
        engine.measure(bert, batch, make_targets(batch))


def test_attention_in_a_layer_that_should_have_none_is_refused() -> None:
    hybrid = replace(make_tiny("lfm2"), attention_layers=(1,))
    with pytest.raises(UnsupportedAttentionError, match=r"Layer 3 of this lfm2 model attends, .* \[1\] only"):
        choose.measure(hybrid, make_padded(6, "none"), {})


@pytest.mark.parametrize("engine", [choose, reference])
def test_layer_that_should_attend_and_does_not_is_refused(engine) -> None:
    hybrid = replace(make_tiny("lfm2"), attention_layers=(0, 1, 3))
    with pytest.raises(UnsupportedAttentionError, match=r"2 of the 3 layers with heads of this lfm2"):
        engine.measure(hybrid, make_padded(6, "none"), {})


def test_model_without_attention_is_refused() -> None:
    with pytest.raises(UnsupportedArchitectureError, match="mamba"):
        wrap(MambaConfig(num_hidden_layers=2, hidden_size=32, vocab_size=D_VOCAB))


def test_ignoring_family_is_refused_by_streaming() -> None:
    with pytest.raises(UnsupportedAttentionError, match="use the reference engine"):
        streaming.measure(make_tiny("gptj"), make_padded(6, "none"), {})


@pytest.mark.parametrize("family", ["llama", "gptj"])
def test_weights_that_are_not_finite_are_no_score(family: str) -> None:
    loaded = make_tiny(family)
    loaded.model.get_input_embeddings().weight.fill_(float("nan"))
    batch = make_padded(6, "none")
    with pytest.raises(LanguageModelError, match="not finite"):
        choose.measure(loaded, batch, make_targets(batch))


def test_failure_leaves_the_model_as_it_was() -> None:
    loaded = make_tiny("llama")
    loaded.model.get_input_embeddings().weight.fill_(float("nan"))
    with pytest.raises(LanguageModelError):
        streaming.measure(loaded, make_padded(6, "none"), make_targets(make_padded(6, "none")))
    assert loaded.model.config._attn_implementation == "eager"
