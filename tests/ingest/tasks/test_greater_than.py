"""Spans of years: which digits are right, by pairs and digit by digit."""

import pytest
from tokenizers import pre_tokenizers

from ingest.errors import NoTargetError
from ingest.tasks.greater_than import greater_than
from ingest.tasks.task import NO_ANSWER, TaskBatch
from tests.ingest.gpt2_tokenizer import gpt2_tokenizer, gpt2_vocabulary, vocabulary_from
from tests.ingest.tasks.vocabularies import by_digits, words_of_tasks
from tests.ingest.word_tokenizer import word_tokenizer

_WORDS = (
    "The", "They", "It", "is", "known", "that", "the", "lasted", "from", "year", "to", "began", "in", "and", "ended",
    "started", "stopped", "it", "went", "on", "until", "of", "was", "not", "over", "before", "war", "siege", "reign",
    "strike", "dispute",
)  # fmt: skip


def _written(batch: TaskBatch, name: str, row: int) -> list[str]:
    return [str(gpt2_tokenizer().decode([i])) for i in getattr(batch, name)[row].tolist() if i != NO_ANSWER]


def _marked(batch: TaskBatch, name: str, row: int) -> list[str]:
    return [str(gpt2_tokenizer().decode([i])) for i in batch.tokens[row][batch.marks[name][row]].tolist()]


def test_every_later_pair_of_digits_is_right_and_no_other() -> None:
    batch = greater_than.make(gpt2_vocabulary(), 20, 32, 0)
    for row in range(20):
        [start], [century], [again] = (_marked(batch, name, row) for name in ("start", "century", "again"))
        later, earlier = (_written(batch, name, row) for name in ("answer_ids", "other_ids"))
        assert century == again
        assert all(pair > start for pair in later)
        assert all(pair <= start for pair in earlier)
        # GPT-2 writes a few years of each century in one go; those are in neither.
        assert len({*later, *earlier}) >= 80


def test_years_that_are_one_token_are_not_used() -> None:
    batch = greater_than.make(gpt2_vocabulary(), 60, 32, 0)
    centuries = {_marked(batch, "century", row)[0] for row in range(60)}
    # " 1900" … " 1999" are tokens of their own, and half of the years after 1100.
    assert centuries <= {" 12", " 13", " 14", " 15", " 16", " 17"}
    for row in range(60):
        if _marked(batch, "century", row) == [" 13"]:
            assert "05" not in _written(batch, "other_ids", row)


def test_the_counterpart_starts_in_the_first_year() -> None:
    batch = greater_than.make(gpt2_vocabulary(), 20, 32, 0)
    started = batch.corrupted[batch.marks["start"]].tolist()
    assert {str(gpt2_tokenizer().decode([i])) for i in started} == {"01"}


def test_words_have_all_hundred_pairs() -> None:
    batch = greater_than.make(words_of_tasks(), 20, 32, 0)
    n_answers = (batch.answer_ids != NO_ANSWER).sum(dim=1) + (batch.other_ids != NO_ANSWER).sum(dim=1)
    assert (n_answers >= 98).all()


def test_digit_by_digit_the_tens_are_asked_for() -> None:
    vocabulary = by_digits(_WORDS)
    batch = greater_than.make(vocabulary, 20, 32, 0)
    assert vocabulary.encode is not None
    digits = {vocabulary.encode(str(digit))[0]: digit for digit in range(10)}
    for row in range(20):
        tens, _ = batch.tokens[row][batch.marks["start"][row]].tolist()
        later, earlier = (
            {digits[i] for i in ids[row].tolist() if i != NO_ANSWER} for ids in (batch.answer_ids, batch.other_ids)
        )
        assert later == set(range(digits[tens] + 1, 10))
        assert earlier == set(range(digits[tens]))


def test_other_ways_to_write_years_have_no_such_task() -> None:
    split = word_tokenizer([" ".join(_WORDS), "the year 1 7 3 2 17 32"])
    split.backend_tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    with pytest.raises(NoTargetError, match="neither as two pairs of digits nor digit by digit"):
        greater_than.make(vocabulary_from(split), 20, 32, 0)
