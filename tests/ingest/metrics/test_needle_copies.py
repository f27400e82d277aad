"""Copies of a needle worked out by hand, on traces written by hand."""

import pytest
import torch

from ingest.decoding import DecodingTrace
from ingest.metrics.needle_copies import needle_attention, needle_copies, needle_recall
from ingest.prompts.needles import NO_TOKEN, NeedleBatch

# One prompt of ten tokens; the needle 31 32 33 34 lies at positions 4 … 7.
TOKENS = torch.tensor([[0, 11, 12, 9, 31, 32, 33, 34, 13, 9]])
NEEDLE = torch.tensor([[31, 32, 33, 34]])
SPAN = torch.zeros_like(TOKENS, dtype=torch.bool)
SPAN[0, 4:8] = True
USED = torch.tensor([True])


def traced(written: list[int], *looks: list[int], is_counted: list[bool] | None = None, needle: torch.Tensor = NEEDLE):
    """A trace of one layer: what was written, and where each head looked at each step."""
    n_steps = len(written)
    batch = NeedleBatch(TOKENS, torch.ones_like(SPAN), True, SPAN, SPAN.roll(-4, 1), needle, torch.zeros_like(SPAN))
    token = torch.tensor([written])
    top_key = torch.tensor(looks).T[None, :, None]  # [batch, step, layer, head]
    nothing = torch.zeros(1, n_steps, 1, len(looks))
    counted = torch.tensor([is_counted or [True] * n_steps])
    return DecodingTrace(batch, token, counted, top_key, torch.cat([TOKENS, token], 1), nothing, nothing.clone())


def test_copying_is_looking_at_the_token_that_is_written() -> None:
    trace = traced(
        [31, 32, 33, 34],
        [4, 5, 6, 7],  # copies all
        [4, 5, 0, 0],  # copies half
        [5, 6, 7, 4],  # looks at the needle, never at what is written
        [4, 4, 4, 4],  # stares at the first token
        [3, 4, 5, 6],  # one behind
        [0, 0, 0, 0],  # BOS
    )
    found = needle_copies(trace, USED)
    assert found.value[0, :, 0].tolist() == [1, 0.5, 0, 0.25, 0, 0]
    assert found.n_counted.tolist() == [4]


def test_chance_is_one_key_in_all_that_are_visible() -> None:
    # The steps see 10, 11, 12 and 13 keys, one of which is right: their mean.
    chance = needle_copies(traced([31, 32, 33, 34], [0, 0, 0, 0]), USED).chance
    assert chance.item() == pytest.approx((1 / 10 + 1 / 11 + 1 / 12 + 1 / 13) / 4)


def test_the_null_model_knows_copying_from_staring() -> None:
    trace = traced([31, 32, 33, 34], [4, 5, 6, 7], [4, 4, 4, 4], [5, 6, 7, 4])
    # Copies: no other step wrote the same. Staring at 31: three of the four steps find it written in one of the three
    # others, 3 · 1/3 / 4. Looking one ahead: each step finds its key's token in one of the three others, 4 · 1/3 / 4.
    assert needle_copies(trace, USED).null[0, :, 0].tolist() == pytest.approx([0, 1 / 4, 1 / 3])


def test_a_place_counts_once_however_often_its_token_is_written() -> None:
    found = needle_copies(traced([31, 31, 31, 31, 31], [4, 4, 4, 4, 4]), USED)
    assert found.value.item() == 0.25


def test_steps_after_the_end_of_the_text_count_nothing() -> None:
    found = needle_copies(traced([31, 32, 33, 34], [4, 5, 6, 7], is_counted=[True, True, False, False]), USED)
    assert found.value.item() == 0.5
    assert found.n_counted.tolist() == [2]


def test_prompts_that_are_not_used_have_nothing_counted() -> None:
    assert needle_copies(traced([1, 2], [4, 5]), torch.tensor([False])).n_counted.tolist() == [0]


@pytest.mark.parametrize(
    ("needle", "written", "expected"),
    [
        ([31, 32, 33, 34], [34, 33, 32, 31], 1),  # order does not matter
        ([31, 32, 33, 34], [31, 31, 31, 31], 0.25),
        ([31, 31, 33, 34], [31, 5, 6, 7], 0.25),  # one of the two
        ([31, 31, 33, 34], [31, 31, 6, 7], 0.5),
        ([31, 32, NO_TOKEN, NO_TOKEN], [31, 32, 6, 7], 1),
    ],
)
def test_recall_is_that_of_single_tokens(needle: list[int], written: list[int], expected: float) -> None:
    trace = traced(written, [0, 0, 0, 0], needle=torch.tensor([needle]))
    assert needle_recall(trace).item() == pytest.approx(expected)


def test_attention_to_the_needle_is_compared_with_the_decoy() -> None:
    trace = traced([31, 32], [0, 0])
    trace.needle_mass[0, :, 0, 0] = torch.tensor([0.49, 0.51])
    trace.decoy_mass[0, :, 0, 0] = torch.tensor([0.1, 0.0])
    found = needle_attention(trace, USED)
    assert (found.value.item(), found.null.item()) == pytest.approx((0.5, 0.05))
    assert found.chance.item() == pytest.approx((4 / 10 + 4 / 11) / 2)
