"""Every planted head attends where its type attends, and every decoy does not: measured with full patterns."""

import math

import numpy as np
import pytest
import torch

from ingest.planted.build import DEFAULT_SHARPNESS, build_planted
from ingest.planted.head_kinds import OFFSET, WEAK_MASS
from ingest.planted.position_code import learned_position_code, rotary_position_code
from tests.planted import (
    at_offset,
    attention_sink,
    earlier_copies,
    following_copies,
    mean_mass,
    previous_token,
    random_tokens,
    repeated_tokens,
    uniform,
)

REPEATED = repeated_tokens(127)  # BOS and 2 × 127: length 255
RANDOM = random_tokens(511)  # the whole context


def patterns_of(planted, tokens):
    """Patterns of every head by eager attention."""
    planted.model.set_attn_implementation("eager")
    with torch.no_grad():
        attentions = planted.model(tokens, output_attentions=True).attentions
    return {head: attentions[head.layer][:, head.head] for head in planted.kinds}


@pytest.fixture(scope="module")
def on_repeated(planted):
    return patterns_of(planted, REPEATED)


@pytest.fixture(scope="module")
def on_random(planted):
    return patterns_of(planted, RANDOM)


def targets_of(head_type, tokens):
    """Keys that count for a head type, and only for queries that can reach them past BOS."""
    if head_type == "duplicate_token":
        return earlier_copies(tokens)
    if head_type == "induction":
        return following_copies(tokens)
    pattern, first = {
        "previous_token": (previous_token, 2),
        "positional": (lambda tokens: at_offset(tokens, OFFSET), OFFSET + 1),
        "attention_sink": (attention_sink, 1),
    }[head_type]
    targets = pattern(tokens) > 0
    targets[:, :first] = False
    return targets


HEAD_TYPES = ["previous_token", "duplicate_token", "induction", "attention_sink", "positional"]


@pytest.mark.parametrize("head_type", HEAD_TYPES)
def test_planted_heads_put_their_attention_on_their_targets(planted, on_repeated, on_random, head_type):
    heads = planted.of_type(head_type)
    assert heads
    # On paper a target has 1 / (1 + exp(−5)) = 0.993 against BOS; the norms of later layers and noise take a little.
    for head in heads:
        assert mean_mass(on_repeated[head], targets_of(head_type, REPEATED)) >= 0.97
        assert mean_mass(on_random[head], targets_of(head_type, RANDOM)) >= 0.97


@pytest.mark.parametrize("head_type", HEAD_TYPES)
def test_other_heads_stay_away_from_those_targets(planted, on_repeated, head_type):
    targets = targets_of(head_type, REPEATED)
    for head in planted.kinds.keys() - planted.of_type(head_type) - planted.excused(head_type):
        mass = mean_mass(on_repeated[head], targets)
        if planted.kinds[head].name == "weak_previous_token" and head_type == "previous_token":
            assert mass == pytest.approx(WEAK_MASS, abs=0.12)  # noise of 1 % on large logits moves it
        elif planted.kinds[head].name == "local":
            assert mass <= 0.21  # exp(−0.09) of the current token's share, itself about a fifth
        else:
            assert mass <= 0.07


def test_silent_induction_has_the_pattern_of_induction(planted, on_repeated):
    (silent,) = (head for head, decoy in planted.decoys.items() if decoy == "silent_induction")
    assert silent in planted.excused("induction")
    assert mean_mass(on_repeated[silent], targets_of("induction", REPEATED)) >= 0.97


@pytest.mark.parametrize("head_type", ["duplicate_token", "induction"])
def test_heads_without_a_target_rest_on_bos(planted, on_repeated, head_type):
    targets = targets_of("attention_sink", REPEATED)
    targets[:, 128:] = False  # nothing repeats in the first half
    for head in planted.of_type(head_type):
        assert head in planted.excused("attention_sink")
        assert mean_mass(on_repeated[head], targets) >= 0.9


def test_uniform_decoys_are_exactly_uniform(planted, on_repeated):
    decoys = [head for head, decoy in planted.decoys.items() if decoy == "uniform"]
    assert len(decoys) == 2
    for head in decoys:
        torch.testing.assert_close(on_repeated[head], uniform(REPEATED), atol=1e-6, rtol=0)


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_sink_mass_without_noise_is_what_softmax_gives(scheme):
    planted = build_planted(scheme, noise=0.0)
    (head,) = planted.of_type("attention_sink")
    mass = patterns_of(planted, RANDOM)[head][0, 1:, 0]
    # BOS has 2.5 × 5 = 12.5 nats, each of the other i keys has 0.
    others = torch.arange(1, 512)
    torch.testing.assert_close(mass, math.exp(12.5) / (math.exp(12.5) + others), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("scheme", "code"), [("gpt2", learned_position_code()), ("llama", rotary_position_code())])
def test_previous_token_mass_without_noise_is_what_softmax_gives(scheme, code):
    planted = build_planted(scheme, noise=0.0)
    (head,) = planted.of_type("previous_token")
    measured = patterns_of(planted, RANDOM)[head][0, 511, 510]
    # Pull 2.5 × 5 / gap at distance 1, the same less 5 nats on BOS, pull × sum of cosines on the other keys.
    pull = 2.5 * DEFAULT_SHARPNESS / code.gap
    distances = np.arange(0, 511)  # query 511 sees keys 1 to 511 at these distances, and BOS
    sums = np.cos(np.outer(distances - 1, code.frequencies)) @ code.sharp
    expected = 1 / (np.exp(pull * (sums - 1)).sum() + math.exp(-DEFAULT_SHARPNESS))
    assert float(measured) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_sharpness_zero_leaves_uniform_attention(scheme):
    planted = build_planted(scheme, sharpness=0.0, noise=0.0)
    measured = patterns_of(planted, REPEATED)
    for head_type in HEAD_TYPES:
        for head in planted.of_type(head_type):
            torch.testing.assert_close(measured[head], uniform(REPEATED), atol=1e-5, rtol=0)
