"""The induction head does its work: the language model predicts repeats, and only by way of that head."""

import pytest
import torch

from ingest.planted.build import build_planted
from tests.planted import repeated_tokens

N_DISTINCT = 127
TOKENS = repeated_tokens(N_DISTINCT)


def repeat_accuracy(model) -> float:
    """Share of tokens of the second half, but its first, that the model predicts."""
    with torch.no_grad():
        predicted = model(TOKENS).logits[:, N_DISTINCT + 1 : -1].argmax(dim=-1)
    return float((predicted == TOKENS[:, N_DISTINCT + 2 :]).float().mean())


def test_repeats_are_predicted(planted):
    assert repeat_accuracy(planted.model) >= 0.99


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
@pytest.mark.parametrize("layer", [0, 1])
def test_without_either_head_of_the_mechanism_repeats_are_not_predicted(scheme, layer, output_weights):
    planted = build_planted(scheme)
    (head,) = planted.of_type(("previous_token", "induction")[layer])
    output_weights(planted.model, head).zero_()
    assert repeat_accuracy(planted.model) <= 0.05  # chance is 1/128


def test_silent_induction_writes_exactly_nothing(planted, output_weights):
    for head, kind in planted.kinds.items():
        assert (output_weights(planted.model, head).norm() == 0) == (kind.name == "silent_induction")


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_every_head_but_the_silent_one_moves_the_logits(scheme, output_weights):
    planted = build_planted(scheme)
    with torch.no_grad():
        intact = planted.model(TOKENS).logits
        for head, kind in planted.kinds.items():
            output_weights(planted.model, head).mul_(10)
            change = (planted.model(TOKENS).logits - intact).abs().max()
            output_weights(planted.model, head).div_(10)
            assert change == 0 if kind.name == "silent_induction" else change > 0.01, kind.name


def test_llama_shares_keys_and_values_between_query_heads():
    config = build_planted("llama").model.config
    assert (config.num_attention_heads, config.num_key_value_heads) == (4, 2)
