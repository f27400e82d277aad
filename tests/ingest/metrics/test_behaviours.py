"""Behaviours of head types on small prompts: which token is right where, and what it is held against."""

import pytest
import torch

from ingest.behaviour import NO_TOKEN, LogitContrast
from ingest.errors import NoTargetError
from ingest.metrics.needle_writing import next_of_needle
from ingest.metrics.negative_answer import no_over_yes
from ingest.metrics.related_word import next_related_word
from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.prompts.needles import NEEDLE_LENGTH, NeedleBatch, answered_needles, needles
from ingest.prompts.related_words import related_words
from ingest.prompts.yes_no import YesNoBatch, yes_no
from tests.ingest.toy_tokenizer import text_vocabulary

RANDOM = Vocabulary(400, 0, frozenset())


def check_control(batch: PromptBatch, contrast: LogitContrast) -> None:
    """Two different tokens for each prompt, and none that it holds or asks about."""
    for row, control in enumerate(contrast.control):
        assert control[0] != control[1]
        in_prompt = torch.cat([batch.tokens[row][batch.is_real[row]], contrast.others[row]])
        assert not torch.isin(control, in_prompt).any()
        assert not torch.isin(control, contrast.right[row][contrast.is_asked[row]]).any()


def test_a_needle_is_written_token_by_token_from_its_marker_on() -> None:
    batch = answered_needles.make(RANDOM, 8, 100, 0)
    assert isinstance(batch, NeedleBatch)
    contrast = next_of_needle(batch)
    check_control(batch, contrast)
    for row, needle in enumerate(batch.needle):
        asked = contrast.is_asked[row]
        assert torch.equal(contrast.right[row][asked], needle)
        # What is read while it is written: the marker, then the needle up to its last token but one.
        start = int(batch.is_marked[row].int().argmax())
        assert torch.equal(batch.tokens[row][asked], batch.tokens[row, start - 1 : start + NEEDLE_LENGTH - 1])
        assert torch.equal(contrast.others[row], needle)


def test_needles_that_nobody_wrote_show_nothing() -> None:
    with pytest.raises(NoTargetError, match="write it again"):
        next_of_needle(needles.make(RANDOM, 4, 100, 0))


def test_a_related_word_is_held_against_those_of_other_words() -> None:
    batch = related_words.make(text_vocabulary(0), 4, 64, 0)
    contrast = next_related_word(batch)
    check_control(batch, contrast)
    for row, asked in enumerate(contrast.is_asked):
        # The last word of a prompt may be cut off, so that the query is its last token.
        at = asked.nonzero().flatten()
        inside = at[at + 1 < batch.tokens.shape[1]]
        assert torch.equal(contrast.right[row, inside], batch.tokens[row, inside + 1])
        others = contrast.others[row][contrast.others[row] != NO_TOKEN]
        assert torch.isin(contrast.right[row][asked], others).all()
        assert len(others) > asked.sum()


def test_no_is_held_against_yes_at_the_end_of_each_question() -> None:
    batch = yes_no.make(text_vocabulary(0), 6, 400, 0)
    assert isinstance(batch, YesNoBatch)
    contrast = no_over_yes(batch)
    check_control(batch, contrast)
    assert contrast.is_asked.sum(dim=1).tolist() == [1] * 6
    assert torch.equal(contrast.is_asked.int().argmax(dim=1), batch.is_real.sum(dim=1) - 1)
    for row in range(6):
        assert contrast.right[row, -1] == batch.tokens[row][batch.is_no[row]][0]
        assert contrast.others[row] == batch.tokens[row][batch.is_yes[row]][0]


@pytest.mark.parametrize("contrast", [next_of_needle, next_related_word, no_over_yes])
def test_prompts_of_another_kind_are_refused(contrast) -> None:  # type: ignore[no-untyped-def]
    tokens = torch.tensor([[1, 2, 3, 4]])
    with pytest.raises(NoTargetError, match="Only"):
        contrast(PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos=False))


def test_prompts_are_spread_over_the_sweep_of_their_family() -> None:
    batch = answered_needles.make(RANDOM, 32, 100, 0)
    assert isinstance(batch, NeedleBatch)
    some = batch.spread(5)
    assert torch.equal(some.needle, batch.needle[[0, 8, 16, 23, 31]])
    assert torch.equal(some.is_answer, batch.is_answer[[0, 8, 16, 23, 31]])
    assert batch.spread(32) is batch
