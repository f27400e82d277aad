"""Decoding is watched exactly: tokens, keys and masses are those of eager attention over the finished text."""

import pytest
import torch
from torch import Tensor

from ingest.decoding import DecodingTrace, decode
from ingest.engine.reference import patterns
from ingest.errors import IngestError, PromptError
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch
from ingest.prompts.needles import NeedleBatch
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from tests.ingest.tiny_models import IGNORING, STREAMED, make_tiny

N_TOKENS = 5


def prompts(n_pos: int = 12, padding: int = 0) -> PromptBatch:
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(2, 97, (3, n_pos), generator=generator)
    is_real = torch.ones_like(tokens, dtype=torch.bool)
    is_real[1, :padding] = False
    return PromptBatch(tokens, is_real, has_bos=False)


def whole_text(trace: DecodingTrace) -> PromptBatch:
    """All that was read: the last token is written and never read."""
    context = trace.context[:, :-1]
    more = torch.ones(len(context), N_TOKENS - 1, dtype=torch.bool)
    return PromptBatch(context, torch.cat([trace.batch.is_real, more], dim=1), has_bos=False)


def true_rows(loaded: LoadedModel, trace: DecodingTrace) -> Tensor:
    """Patterns of the whole text, read at the queries that decoded: [batch, step, layer, head, key]."""
    pattern = torch.stack(patterns(loaded, whole_text(trace)), dim=1)
    first = trace.batch.tokens.shape[1] - 1
    return pattern[:, :, :, first:].permute(0, 3, 1, 2, 4)


@pytest.mark.parametrize("family", [*STREAMED, *IGNORING])
def test_the_key_of_most_attention_is_that_of_eager_attention(family: str) -> None:
    loaded = make_tiny(family)
    trace = decode(loaded, prompts(padding=4), N_TOKENS)  # one of the three prompts is padded
    rows = true_rows(loaded, trace)
    at_top = rows.gather(-1, trace.top_key[..., None]).squeeze(-1)
    # Two keys may get the same attention up to rounding; then either is right.
    assert (rows.amax(dim=-1) - at_top).max() < 1e-4


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "gpt_oss", "bloom"])
def test_each_token_is_the_largest_logit_after_all_before(family: str) -> None:
    loaded = make_tiny(family)
    trace = decode(loaded, prompts(), N_TOKENS)
    with torch.no_grad():
        logits = loaded.model(trace.context[:, :-1], use_cache=False).logits[:, -N_TOKENS:]
    chosen = logits.gather(-1, trace.token[..., None]).squeeze(-1)
    assert (logits.amax(dim=-1) - chosen).max() < 1e-3


def test_a_window_shorter_than_the_prompt_hides_keys_and_drops_none() -> None:
    # Layer 0 sees six keys back, layer 1 all: with a cache of six keys the positions of layer 1 would be wrong.
    loaded = make_tiny("gemma2")
    trace = decode(loaded, prompts(n_pos=20), N_TOKENS)
    query = torch.arange(19, 19 + N_TOKENS)[None, :, None]
    distance = query - trace.top_key[:, :, 0]
    assert distance.max() < 6
    assert (query - trace.top_key[:, :, 1]).max() >= 6


@pytest.mark.parametrize("family", ["gpt2", "llama", "falcon"])
def test_the_mass_on_a_marked_span_is_that_of_eager_attention(family: str) -> None:
    loaded = make_tiny(family)
    batch = prompts()
    is_marked = torch.zeros_like(batch.is_real)
    is_marked[:, 3:6] = True
    nothing = torch.zeros_like(is_marked)
    needles = NeedleBatch(
        batch.tokens, batch.is_real, False, is_marked, is_marked.roll(4, 1), batch.tokens[:, 3:6], nothing
    )
    trace = decode(loaded, needles, N_TOKENS)
    rows = true_rows(loaded, trace)
    assert torch.allclose(trace.needle_mass, rows[..., 3:6].sum(dim=-1), atol=1e-4)
    assert torch.allclose(trace.decoy_mass, rows[..., 7:10].sum(dim=-1), atol=1e-4)


def test_the_batch_size_changes_nothing() -> None:
    loaded = make_tiny("llama")
    whole, parts = decode(loaded, prompts(), N_TOKENS), decode(loaded, prompts(), N_TOKENS, batch_size=2)
    assert torch.equal(whole.token, parts.token)
    assert torch.equal(whole.top_key, parts.top_key)


def test_steps_after_the_end_of_the_text_do_not_count() -> None:
    loaded = make_tiny("gpt2")
    first = decode(loaded, prompts(), N_TOKENS)
    loaded.model.generation_config.eos_token_id = int(first.token[0, 2])
    is_counted = decode(loaded, prompts(), N_TOKENS).is_counted[0].tolist()
    ended = first.token[0].tolist().index(int(first.token[0, 2]))
    assert is_counted == [step < ended for step in range(N_TOKENS)]


def test_text_that_leaves_no_room_is_refused_with_the_numbers() -> None:
    with pytest.raises(PromptError, match=r"638 tokens leaves no room to decode 5.*at most 636"):
        decode(make_tiny("gpt2"), prompts(n_pos=638), N_TOKENS)


def test_padding_on_the_right_is_refused() -> None:
    batch = prompts()
    batch.is_real[0, -1] = False
    with pytest.raises(PromptError, match="left"):
        decode(make_tiny("gpt2"), batch, N_TOKENS)


def crowd(loaded: LoadedModel, n_fitting: int) -> None:
    """Let a layer ask the allocator for more than there is, as soon as more prompts come than shall fit."""

    def grab(_: torch.nn.Module, arguments: tuple[Tensor, ...]) -> None:
        if len(arguments[0]) > n_fitting:
            torch.empty(2**60, dtype=torch.uint8)

    loaded.model.model.layers[1].register_forward_pre_hook(grab)


def test_out_of_memory_halves_the_batch_and_changes_no_token() -> None:
    loaded, expected = make_tiny("llama"), decode(make_tiny("llama"), prompts(), N_TOKENS)
    crowd(loaded, 1)
    found = decode(loaded, prompts(), N_TOKENS, batch_size=4)
    assert (expected.batch_size, found.batch_size) == (8, 1)
    assert found.token.equal(expected.token)


def test_a_prompt_that_does_not_fit_alone_is_an_error_that_says_what_to_do() -> None:
    loaded = make_tiny("llama")
    crowd(loaded, 0)
    with pytest.raises(IngestError, match=r"A single prompt of 12 tokens.*--length"):
        decode(loaded, prompts(), N_TOKENS)


def test_a_scan_says_that_memory_ran_out() -> None:
    loaded = make_tiny("llama")
    crowd(loaded, 2)
    result = scan(loaded, select(["induction", "retrieval"]), ScanOptions(n_prompts=4, length=40))
    notes = result.provenance["notes"]
    assert "Out of memory with 8 prompts at a time; 2 were used." in notes
    assert "Out of memory with 8 prompts at a time while decoding; 2 were used." in notes
