"""Indirect objects, token by token on GPT-2's vocabulary, and what sets the counterparts apart."""

import random
import re

import pytest
import torch

from ingest.errors import NoTargetError, PromptError
from ingest.prompts.batch import Vocabulary
from ingest.tasks.hold_out import is_held_out
from ingest.tasks.indirect_object import (
    NAMES,
    indirect_object,
    other_repeated,
    sentences,
    swapped_names,
    swapped_places,
)
from ingest.tasks.task import NO_ANSWER, TaskBatch
from tests.ingest.bpe_tokenizer import bpe_tokenizer
from tests.ingest.gpt2_tokenizer import END_OF_TEXT, gpt2_tokenizer, gpt2_vocabulary, vocabulary_from
from tests.ingest.word_tokenizer import word_tokenizer

_N = 32


def _made() -> TaskBatch:
    return indirect_object.make(gpt2_vocabulary(), _N, 32, 0)


def _pieces(ids: torch.Tensor) -> list[str]:
    return [str(gpt2_tokenizer().decode([i])) for i in ids.tolist()]


def _marked(batch: TaskBatch, row: int) -> dict[str, list[tuple[int, str]]]:
    pieces = _pieces(batch.tokens[row])
    return {
        name: [(pos, pieces[pos]) for pos in mark[row].nonzero()[:, 0].tolist()] for name, mark in batch.marks.items()
    }


def test_first_prompt_token_by_token() -> None:
    batch = indirect_object.make(gpt2_vocabulary(), 1, 32, 0)
    io, s = "Frank", "Amy"
    expected = [
        END_OF_TEXT, "When", f" {io}", " and", f" {s}", " went", " to", " the", " office", ",", f" {s}", " gave",
        " the", " ring", " to",
    ]  # fmt: skip
    assert _pieces(batch.tokens[0]) == expected
    assert _marked(batch, 0) == {
        "io": [(2, f" {io}")],
        "s1": [(4, f" {s}")],
        "place": [(8, " office")],
        "s2": [(10, f" {s}")],
        "object": [(13, " ring")],
        "end": [(14, " to")],
    }
    assert _pieces(batch.answer_ids[0]) == [f" {io}"]
    assert _pieces(batch.other_ids[0]) == [f" {s}"]
    names = [pos for pos in range(15) if batch.tokens[0, pos] != batch.corrupted[0, pos]]
    assert names == [2, 4, 10]


def test_every_mark_holds_its_name_and_end_is_the_last_real_token() -> None:
    batch = _made()
    for row in range(_N):
        marked = _marked(batch, row)
        [(_, io)], [(first, s1)], [(second, s2)] = marked["io"], marked["s1"], marked["s2"]
        [(end, last)] = marked["end"]
        assert (io, s1, s2) == (*_pieces(batch.answer_ids[row]), *_pieces(batch.other_ids[row]) * 2)
        assert first < second < end == int(batch.is_real[row].sum()) - 1
        assert last == " to"
        assert io.strip() in NAMES
        assert s1.strip() in NAMES
        assert bool(batch.is_real[row, : end + 1].all())


def test_names_come_in_both_orders_equally_often_in_every_template() -> None:
    batch = _made()
    first = {name: mark.int().argmax(dim=1) for name, mark in batch.marks.items()}
    is_abba = first["io"] < first["s1"]
    for template in batch.template.unique():
        assert is_abba[batch.template == template].sum() == 2
        assert (batch.template == template).sum() == 4


def test_counterpart_has_three_other_names_and_controls_two_more() -> None:
    batch = _made()
    for row in range(_N):
        names = [mark for name, mark in batch.marks.items() if name in {"io", "s1", "s2"}]
        clean = {int(batch.tokens[row, mark[row]]) for mark in names}
        corrupted = {int(batch.corrupted[row, mark[row]]) for mark in names}
        assert (len(clean), len(corrupted)) == (2, 3)
        assert len(clean | corrupted | set(batch.control_ids[row].tolist())) == 7
    others = ~(batch.marks["io"] | batch.marks["s1"] | batch.marks["s2"])
    assert torch.equal(batch.tokens[others], batch.corrupted[others])
    assert batch.corrupted_answer_ids is None


@pytest.mark.parametrize(
    ("task", "places", "repeated"),
    [(swapped_places, "changed", "same"), (swapped_names, "same", "changed"), (other_repeated, "changed", "changed")],
)
def test_further_counterparts_change_one_signal_at_a_time(task, places: str, repeated: str) -> None:
    batch = task.make(gpt2_vocabulary(), _N, 32, 0)
    assert torch.equal(batch.tokens, _made().tokens)
    assert batch.corrupted_answer_ids is not None
    for row in range(_N):
        io, s1, s2 = (int(batch.marks[name][row].nonzero()) for name in ("io", "s1", "s2"))
        told = batch.corrupted[row, s2]
        assert (told != batch.tokens[row, s2]) == (repeated == "changed")
        first = io if batch.corrupted[row, io] == told else s1
        assert batch.corrupted[row, first] == told
        assert (first == io) == (places == "changed")
        answer = batch.corrupted[row, s1 if first == io else io]
        assert batch.corrupted_answer_ids[row].tolist() == [answer]


def test_same_seed_same_prompts_and_every_change_changes_the_hash() -> None:
    batch = _made()
    assert batch.sha256 == _made().sha256
    assert batch.sha256 != indirect_object.make(gpt2_vocabulary(), _N, 32, 1).sha256
    assert batch.sha256 != swapped_places.make(gpt2_vocabulary(), _N, 32, 0).sha256


def test_pairs_of_prompts_are_in_no_sentence() -> None:
    generator = random.Random(0)
    for _ in range(300):
        text = sentences(generator)
        named = [word for word in re.findall(r"\w+", text) if word in NAMES]
        assert len(set(named)) == 2
        assert len(named) == 4
        assert not is_held_out(*sorted(set(named)))
    batch = _made()
    for row in range(_N):
        pair = sorted(piece.strip() for piece in _pieces(torch.cat([batch.answer_ids[row], batch.other_ids[row]])))
        assert is_held_out(*pair)


def test_a_word_level_tokenizer_has_the_same_prompts() -> None:
    generator = random.Random(0)
    vocabulary = vocabulary_from(word_tokenizer([sentences(generator) for _ in range(2000)]))
    batch = indirect_object.make(vocabulary, _N, 32, 0)
    assert batch.tokens.shape == _made().tokens.shape
    assert all(torch.equal(batch.marks[name], mark) for name, mark in _made().marks.items())
    assert (batch.answer_ids != NO_ANSWER).all()


def test_a_tokenizer_that_splits_names_is_refused_with_their_list() -> None:
    with pytest.raises(NoTargetError, match=r"0 of 40 names as one token each, and 10 are needed; left out: Mary"):
        indirect_object.make(vocabulary_from(bpe_tokenizer()), _N, 32, 0)


def test_without_a_tokenizer_there_is_no_task() -> None:
    with pytest.raises(NoTargetError, match=r"tokenizer\.json"):
        indirect_object.make(Vocabulary(97, 0, frozenset()), _N, 32, 0)


def test_prompts_that_do_not_fit_are_refused() -> None:
    with pytest.raises(PromptError, match="ask for longer prompts"):
        indirect_object.make(gpt2_vocabulary(), _N, 12, 0)
