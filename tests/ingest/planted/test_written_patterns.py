"""The patterns that detector tests are judged by are themselves right, on a sequence short enough to read."""

import torch

from tests.planted import (
    as_heads,
    at_offset,
    attention_sink,
    current_token,
    diluted,
    duplicate_token,
    induction,
    mean_mass,
    previous_token,
    repeated_tokens,
    uniform,
)

TOKENS = torch.tensor([[0, 7, 8, 7, 9, 7]])


def row(pattern, query):
    return pattern[0, query].tolist()


def test_each_pattern_looks_where_its_type_looks():
    assert row(previous_token(TOKENS), 4) == [0, 0, 0, 1, 0, 0]
    assert row(at_offset(TOKENS, 3), 4) == [0, 1, 0, 0, 0, 0]
    assert row(current_token(TOKENS), 4) == [0, 0, 0, 0, 1, 0]
    assert row(duplicate_token(TOKENS), 5) == [0, 0.5, 0, 0.5, 0, 0]
    assert row(induction(TOKENS), 5) == [0, 0, 0.5, 0, 0.5, 0]
    assert row(uniform(TOKENS), 3) == [0.25, 0.25, 0.25, 0.25, 0, 0]


def test_heads_without_a_target_rest_on_the_first_token():
    for pattern in (duplicate_token, induction):
        assert row(pattern(TOKENS), 4) == [1, 0, 0, 0, 0, 0]
    assert row(at_offset(TOKENS, 3), 2) == [1, 0, 0, 0, 0, 0]


def test_every_row_sums_to_one():
    tokens = repeated_tokens(20)
    kinds = (previous_token, duplicate_token, induction, attention_sink, uniform, current_token)
    heads = as_heads(tokens, *kinds)
    assert heads.shape == (2, 6, 41, 41)
    torch.testing.assert_close(heads.sum(dim=-1), torch.ones(2, 6, 41))
    assert (heads.triu(1) == 0).all()


def test_diluted_head_has_its_share_and_chance_of_the_rest():
    targets = previous_token(TOKENS) > 0
    chance = mean_mass(uniform(TOKENS), targets)
    weak = mean_mass(diluted(previous_token(TOKENS), TOKENS, 0.3), targets)
    assert abs(weak - (0.3 + 0.7 * chance)) < 1e-6
