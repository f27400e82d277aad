import pytest
import torch

from ingest.detectors.spacing import spacing
from ingest.errors import NoTargetError
from tests import planted
from tests.ingest.masks import scores
from tests.ingest.texts import on_keys, text_batch

# BOS, "A", " long", "ish", " word", "," : blanks at 2 and 4.
BATCH = text_batch("A longish word,")


def test_the_planted_head_scores_one_and_no_decoy_comes_near() -> None:
    kinds = (planted.uniform, planted.attention_sink, planted.current_token)
    pattern = torch.cat([on_keys(BATCH, BATCH.holds_blank)[:, None], planted.as_heads(BATCH.tokens, *kinds)], dim=1)
    # Queries 3 and 5 see 1 of 4 and 2 of 6 tokens: (1/4 + 2/6) / 2 = 0.2917.
    found = scores(pattern, spacing.targets(BATCH), BATCH)
    assert found.tolist() == pytest.approx([1, 0.2917, 0, 0], abs=1e-4)


def test_a_previous_token_head_gets_what_stands_before() -> None:
    # Queries 3 and 5 follow tokens with a blank here: chance of the text, which the null model knows nothing of.
    targets = spacing.targets(BATCH)
    previous = planted.previous_token(BATCH.tokens)[:, None]
    null = spacing.null(targets, BATCH, torch.Generator().manual_seed(0))
    assert scores(previous, targets, BATCH).item() == pytest.approx(1)
    assert scores(previous, null, BATCH).item() == pytest.approx(0)


def test_text_whose_tokens_hold_no_blank_is_refused() -> None:
    with pytest.raises(NoTargetError, match="blank"):
        spacing.targets(text_batch("unquestionably"))
