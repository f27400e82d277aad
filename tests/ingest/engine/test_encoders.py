"""Encoders: attention on both sides of a query, prompts that end as the tokenizer ends them."""

import pytest
import torch

from ingest import liveness
from ingest.decoding import decode
from ingest.engine import choose, reference, streaming
from ingest.engine.closing import closed
from ingest.engine.forward import forward
from ingest.errors import PromptError, UnsupportedArchitectureError
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.measure import KeyProperty, LogitTargets, RelationalTargets
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import Side, at_offset, make_padded, make_targets
from tests.ingest.engine.test_agreement import TOLERANCE, difference
from tests.ingest.engine.test_moments import make_moments
from tests.ingest.framing_tokenizer import framing_tokenizer
from tests.ingest.tiny_models import CONTEXT_LENGTH, ENCODERS, make_tiny

SIDES: tuple[Side, ...] = ("none", "left", "right")


@pytest.fixture(scope="module")
def models() -> dict[str, LoadedModel]:
    return {family: make_tiny(family) for family in ENCODERS}


def framed(loaded: LoadedModel) -> LoadedModel:
    """The same encoder with a tokenizer that opens texts with token 2 and closes them with token 3."""
    return wrap_language_model(
        loaded.model, framing_tokenizer(), hub_id=loaded.hub_id, revision="none", weights_sha256="0" * 64
    )


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("family", ENCODERS)
def test_streaming_equals_full_patterns(models: dict[str, LoadedModel], family: str, side: Side) -> None:
    batch = make_padded(40, side)
    targets = make_targets(batch) | make_moments(batch)
    fast, slow = (engine.measure(models[family], batch, targets, batch_size=2) for engine in (streaming, reference))
    assert difference(fast, slow) < TOLERANCE
    assert fast.n_captures == 2


def test_later_keys_take_attention(models: dict[str, LoadedModel]) -> None:
    batch = make_padded(12, "none")
    later = KeyProperty(torch.arange(12).expand(3, 12) >= 6, torch.arange(12).expand(3, 12) < 6)
    found = choose.measure(models["bert"], batch, {"later": later, "all": KeyProperty(batch.is_real, batch.is_real)})
    assert found.attention_path == "streaming_fused"
    assert (found.measurements["later"].mass > 0.1).all()
    # Of 12 keys 6 are later, for each of the 6 counted queries.
    assert found.measurements["later"].chance.tolist() == [0.5] * 3
    assert torch.allclose(found.measurements["all"].mass, torch.tensor(1.0), atol=1e-5)


def test_next_token_is_a_target_like_the_previous_one(models: dict[str, LoadedModel]) -> None:
    batch = make_padded(12, "none")
    following = RelationalTargets(at_offset(batch, 0)[..., None] + 1)
    following.keys[:, -1] = -1
    fast, slow = (engine.measure(models["bert"], batch, {"next": following}) for engine in (streaming, reference))
    assert difference(fast, slow) < TOLERANCE
    assert fast.measurements["next"].chance.tolist() == pytest.approx([1 / 12] * 3)


@pytest.mark.parametrize("family", ["bert", "roberta", "distilbert"])
def test_padding_on_the_left_changes_no_hidden_state(models: dict[str, LoadedModel], family: str) -> None:
    loaded = models[family]
    alone = torch.arange(5, 11)[None]
    padded = torch.nn.functional.pad(alone, (4, 0), value=-7)
    is_real = torch.arange(10)[None] >= 4
    plain = forward(loaded, alone, torch.ones_like(alone, dtype=torch.bool)).last_hidden_state
    assert torch.allclose(forward(loaded, padded, is_real).last_hidden_state[:, 4:], plain, atol=1e-5)


def test_tokenizer_opens_and_closes_the_prompts(models: dict[str, LoadedModel]) -> None:
    loaded = framed(models["bert"])
    assert (loaded.bos_id, loaded.closing_id) == (2, 3)
    assert loaded.context_length == CONTEXT_LENGTH - 1
    is_real = torch.tensor([[True, True, True, False], [False, True, True, True]])
    batch = PromptBatch(torch.full((2, 4), 9), is_real, has_bos=False)
    assert closed(loaded, batch).tokens[0, 3] == closed(loaded, batch).tokens[1, 4] == 3
    assert closed(loaded, batch).is_real.tolist() == [[True] * 4 + [False], [False] + [True] * 4]
    assert closed(models["bert"], batch) is batch


def test_closing_token_is_seen_and_counts_nowhere(models: dict[str, LoadedModel]) -> None:
    loaded, batch = framed(models["bert"]), make_padded(11, "right")
    found = choose.measure(loaded, batch, make_targets(batch) | make_moments(batch)).measurements
    by_hand = closed(loaded, batch)
    real = torch.nn.functional.pad(batch.is_real, (0, 1))
    expected = streaming.measure(loaded, by_hand, {"all_tokens": KeyProperty(real, real)}).measurements["all_tokens"]
    assert torch.allclose(found["all_tokens"].mass, expected.mass, atol=1e-6)
    n_real = batch.is_real.sum(dim=-1).double()
    assert found["all_tokens"].chance.tolist() == pytest.approx((n_real / (n_real + 1)).tolist())
    assert found["all_tokens"].n_counted.tolist() == n_real.tolist()
    assert (found["all_tokens"].mass < 1).all()


def test_roberta_reads_fewer_tokens_than_it_has_positions() -> None:
    # Its first token stands at the position after padding's, 1; so of 12 positions 10 are left.
    loaded = make_tiny("roberta", max_position_embeddings=12)
    assert loaded.context_length == 10
    reference.measure(loaded, make_padded(10, "none"), {})
    with pytest.raises(PromptError, match="at most 10"):
        reference.measure(loaded, make_padded(11, "none"), {})


@pytest.mark.parametrize("family", ENCODERS)
def test_encoders_are_live(models: dict[str, LoadedModel], family: str) -> None:
    found = liveness.check(framed(models[family]), make_padded(12, "right"))
    assert found.is_live
    assert found.n_captures == 2


def test_encoder_without_its_logits_is_live(models: dict[str, LoadedModel]) -> None:
    bare = wrap_language_model(
        models["bert"].model.base_model, None, hub_id="tiny/bert", revision="none", weights_sha256="0" * 64
    )
    assert liveness.check(bare, make_padded(12, "none")).is_live


@pytest.mark.parametrize("family", ["bert", "roberta", "electra", "distilbert"])
def test_share_of_what_a_head_writes_is_known(models: dict[str, LoadedModel], family: str) -> None:
    share = liveness.head_output_share(models[family], make_padded(12, "left"))
    assert share.shape == (2, 4)
    assert (share > 0.01).all()


def test_what_needs_a_next_token_is_refused(models: dict[str, LoadedModel]) -> None:
    batch = make_padded(6, "none")
    with pytest.raises(UnsupportedArchitectureError, match="is an encoder: it predicts no next token"):
        decode(models["bert"], batch, 2)
    with pytest.raises(UnsupportedArchitectureError, match="is an encoder: it predicts no next token"):
        choose.measure(models["bert"], batch, {"goal": LogitTargets(batch.tokens, batch.is_real)})
