import pytest
import torch

from ingest.detectors.rare_words import rare_words, two_rarest
from ingest.errors import NoTargetError
from ingest.measure import RelationalTargets
from ingest.prompts.frequency import token_ranks
from ingest.prompts.rarity import N_COMMON
from tests import planted
from tests.ingest.masks import as_mask, scores
from tests.ingest.texts import text_batch
from tests.ingest.toy_tokenizer import text_vocabulary

# BOS, " the", " zyx", " of", " quok", " in", " zyx", " to": zyx and quok are rare, the others common.
BATCH = text_batch(" the zyx of quok in zyx to")
RANKS = token_ranks(text_vocabulary())[BATCH.tokens[0]]
ZYX, QUOK = int(RANKS[2]), int(RANKS[4])


def rarest_pattern():
    """All attention on the rarest token so far, evenly over its places."""
    return planted.spread(as_mask(rare_words.targets(BATCH), BATCH))


def test_the_text_is_what_the_test_takes_it_for() -> None:
    assert min(ZYX, QUOK) > N_COMMON > max(RANKS[[1, 3, 5, 7]])
    assert ZYX > QUOK


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (planted.uniform, planted.attention_sink, planted.current_token)
    pattern = torch.cat([rarest_pattern()[:, None], planted.as_heads(BATCH.tokens, *kinds)], dim=1)
    # Two queries count: 5 sees zyx at one of 6 places, 7 at two of 8: (1/6 + 2/8) / 2 = 0.2083.
    found = scores(pattern, rare_words.targets(BATCH), BATCH)
    assert found.tolist() == pytest.approx([1, 0.2083, 0, 0], abs=1e-4)


def test_all_places_of_the_rarest_token_so_far_count() -> None:
    assert as_mask(rare_words.targets(BATCH), BATCH)[0].nonzero().tolist() == [[5, 2], [7, 2], [7, 6]]
    assert as_mask(two_rarest(BATCH), BATCH)[0].nonzero().tolist() == [[5, 2], [5, 4], [7, 2], [7, 4], [7, 6]]


def test_a_head_that_likes_all_uncommon_tokens_gives_the_null_as_much() -> None:
    targets = rare_words.targets(BATCH)
    null = rare_words.null(targets, BATCH, torch.Generator().manual_seed(1))
    assert as_mask(null, BATCH)[0].nonzero().tolist() == [[5, 4], [7, 4]]
    uncommon = ((RANKS > N_COMMON) & ~BATCH.is_bos[0]).expand(1, 8, 8) & planted.visible(BATCH.tokens)
    pattern = planted.spread(uncommon)[:, None]
    # Query 5: halves for zyx and quok; query 7: two thirds for zyx at two places, one third for quok.
    assert scores(pattern, targets, BATCH).item() == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert scores(pattern, null, BATCH).item() == pytest.approx((1 / 2 + 1 / 3) / 2)


def test_nulls_are_uncommon_tokens_other_than_the_rarest() -> None:
    batch = text_batch(" the zyx of quok in vext to blom by krad at fjor on gwip is zyx or")
    ranks = token_ranks(text_vocabulary())[batch.tokens[0]]
    targets = rare_words.targets(batch)
    assert isinstance(targets, RelationalTargets)
    seen = set()
    for seed in range(20):
        null = rare_words.null(targets, batch, torch.Generator().manual_seed(seed)).keys[0, -1, 0]
        assert ranks[null] >= N_COMMON
        assert ranks[null] != ranks[targets.keys[0, -1, 0]]
        seen.add(int(null))
    assert len(seen) > 3


def test_a_vocabulary_without_uncommon_tokens_is_refused_with_its_size() -> None:
    small = text_vocabulary(size=400)
    with pytest.raises(NoTargetError, match="vocabulary of 400 tokens"):
        rare_words.targets(text_batch(" the zyx of quok in zyx to", vocabulary=small))
