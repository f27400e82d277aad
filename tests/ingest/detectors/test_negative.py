import pytest
import torch

from ingest.detectors.negative import negative
from ingest.errors import NoTargetError
from ingest.prompts.yes_no import yes_no
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
