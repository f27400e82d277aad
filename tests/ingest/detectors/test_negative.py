import math

import pytest
import torch

from ingest.detectors.negative import negative
from ingest.errors import NoTargetError
from ingest.measure import Measurement, Targets
from ingest.metrics.negative_attention_score import LEAST_MASS
from ingest.prompts.yes_no import YesNoBatch, yes_no
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores
from tests.ingest.toy_tokenizer import text_vocabulary

BATCH = yes_no.make(text_vocabulary(), 8, 128, seed=0)
TARGETS = negative.targets(BATCH)
NULL = negative.null(TARGETS, BATCH, torch.Generator())


def head_on(words: torch.Tensor) -> torch.Tensor:
    return planted.spread(words[:, None, :] & planted.visible(BATCH.tokens))[:, None]


def test_the_planted_head_attends_to_no_and_not_to_yes() -> None:
    assert scores(head_on(BATCH.is_no), TARGETS, BATCH).item() == pytest.approx(1)
    assert scores(head_on(BATCH.is_no), NULL, BATCH).item() == pytest.approx(0)


def test_heads_that_look_at_both_words_or_at_the_later_one_give_yes_as_much() -> None:
    both = head_on(BATCH.is_yes | BATCH.is_no)
    assert scores(both, TARGETS, BATCH).item() == pytest.approx(0.5)
    assert scores(both, NULL, BATCH).item() == pytest.approx(0.5)
    is_offer = BATCH.is_yes | BATCH.is_no
    later = head_on(is_offer & (is_offer.cumsum(dim=1) == 2))
    assert scores(later, TARGETS, BATCH).item() == scores(later, NULL, BATCH).item() == pytest.approx(0.5)


def test_decoys_stay_low() -> None:
    decoys = planted.as_heads(BATCH.tokens, planted.uniform, planted.attention_sink, planted.current_token)
    uniform, sink, current = scores(decoys, TARGETS, BATCH).tolist()
    assert uniform < 0.1
    assert sink == current == 0


def test_all_tokens_after_both_words_count() -> None:
    for at in range(8):
        later = int((BATCH.is_yes | BATCH.is_no)[at].nonzero().max())
        n_real = int(BATCH.is_real[at].sum())
        assert TARGETS.is_counted[at].nonzero().flatten().tolist() == list(range(later + 1, n_real))
    assert as_mask(NULL, BATCH).any(dim=2).equal(as_mask(TARGETS, BATCH).any(dim=2))


def test_other_prompts_are_refused() -> None:
    with pytest.raises(NoTargetError, match="Yes and No"):
        negative.targets(as_batch(torch.arange(10)[None]))


def test_the_negative_attention_score_is_that_of_the_formula() -> None:
    prompt = YesNoBatch(
        torch.arange(7)[None],
        torch.tensor([[True] * 6 + [False]]),
        has_bos=True,
        is_yes=torch.tensor([[False, True] + [False] * 5]),
        is_no=torch.tensor([[False] * 3 + [True] + [False] * 3]),
    )
    pattern = torch.zeros(1, 2, 7, 7)
    # Head 0, queries 4 and 5: (0.4 + 0.1) · ln 4 + (0.2 + 0.2) · ln 1 = 0.5 · 1.386294 = 0.693147.
    pattern[0, 0, 4, [3, 1]], pattern[0, 0, 5, [3, 1]] = torch.tensor([0.4, 0.1]), torch.tensor([0.2, 0.2])
    # Head 1: (0.1 + 0.3) · ln(1/3) + (0.05 + 0.2) · ln(1/4) = −0.439445 − 0.346574 = −0.786019.
    pattern[0, 1, 4, [3, 1]], pattern[0, 1, 5, [3, 1]] = torch.tensor([0.1, 0.3]), torch.tensor([0.05, 0.2])
    assert attention_scores(pattern, prompt) == pytest.approx([0.693147, -0.786019], abs=1e-6)
    assert attention_scores(pattern, prompt, exchanged=True) == pytest.approx([-0.693147, 0.786019], abs=1e-6)


def test_of_prompts_of_several_lengths_each_sums_its_own_queries() -> None:
    together = attention_scores(head_on(BATCH.is_real), BATCH)
    assert together == pytest.approx([0], abs=1e-6)  # as much on both words, whatever the length
    # Four times as much on No as on Yes: every query adds (0.4 + 0.1) · ln 4.
    tilted = 0.4 * head_on(BATCH.is_no) + 0.1 * head_on(BATCH.is_yes)
    n_queries = TARGETS.is_counted.sum(dim=1).float().mean().item()
    assert attention_scores(tilted, BATCH) == pytest.approx([0.693147 * n_queries], rel=1e-4)


def test_a_word_without_any_attention_counts_as_the_least_that_float32_holds_and_two_such_as_nothing() -> None:
    lone = attention_scores(head_on(BATCH.is_no), BATCH)[0]
    n_queries = TARGETS.is_counted.sum(dim=1).float().mean().item()
    assert lone == pytest.approx(-math.log(LEAST_MASS) * n_queries, rel=1e-4)
    assert attention_scores(head_on(BATCH.is_bos), BATCH) == [0]


def attention_scores(pattern: torch.Tensor, batch: YesNoBatch, *, exchanged: bool = False) -> list[float]:
    """Negative attention score of each head, the mean over prompts."""
    (definition,) = negative.as_definitions()

    def measured(targets: Targets) -> Measurement:
        mass = (pattern * as_mask(targets, batch)[:, None]).sum(dim=(2, 3))  # [batch, head], one query at most
        n_counted = targets.is_counted.sum(dim=1)
        missing = torch.where(n_counted > 0, 0, torch.nan)
        return Measurement((mass + missing[:, None]).T[None], n_counted, missing)

    readings = definition.targets(batch)
    if exchanged:
        readings = {name: definition.null(each, batch, torch.Generator()) for name, each in readings.items()}
    found = definition.combine({name: measured(each) for name, each in readings.items()})["negative"]
    assert found.n_counted.equal(negative.targets(batch).is_counted.sum(dim=1))
    assert (found.chance == 0).all()
    return found.mass[0].mean(dim=-1).tolist()
