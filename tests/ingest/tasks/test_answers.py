"""The answers of tasks, worked out again from the words of their prompts."""

import re
from collections import Counter

import torch

from ingest.tasks.acronym import acronym
from ingest.tasks.all_tasks import load_tasks
from ingest.tasks.arithmetic import arithmetic
from ingest.tasks.fact_table import fact_table
from ingest.tasks.facts import facts
from ingest.tasks.in_context_mapping import in_context_mapping, mappings
from ingest.tasks.lexicon import KINDS
from ingest.tasks.multiple_choice import multiple_choice
from ingest.tasks.sentiment import NEGATIVE, POSITIVE, sentiment
from ingest.tasks.task import NO_ANSWER, TaskBatch
from tests.ingest.gpt2_tokenizer import gpt2_tokenizer, gpt2_vocabulary

_N = 32


def _made(name: str) -> TaskBatch:
    task = load_tasks()[name]
    return task.make(gpt2_vocabulary(), _N, task.default_length, 0)


def _words(ids: torch.Tensor) -> list[str]:
    return [str(gpt2_tokenizer().decode([i])).strip() for i in ids.tolist() if i != NO_ANSWER]


def _text(batch: TaskBatch, row: int, *, corrupted: bool = False) -> str:
    tokens = batch.corrupted if corrupted else batch.tokens
    return str(gpt2_tokenizer().decode(tokens[row][batch.is_real[row]][1:].tolist()))


def _at(batch: TaskBatch, mark: str, row: int, *, corrupted: bool = False) -> list[str]:
    return _words((batch.corrupted if corrupted else batch.tokens)[row][batch.marks[mark][row]])


def test_acronyms_are_initials_and_the_brackets_hold_single_letters() -> None:
    batch = acronym.make(gpt2_vocabulary(), _N, 32, 0)
    for row in range(_N):
        [one], [two], [three] = (_at(batch, f"c{at}", row) for at in (1, 2, 3))
        [first], [second] = (_at(batch, f"a{at}", row) for at in (1, 2))
        [other] = _at(batch, "c3", row, corrupted=True)
        assert [first, second, *_words(batch.answer_ids[row])] == [one[0], two[0], three[0]]
        assert batch.corrupted_answer_ids is not None
        assert _words(batch.corrupted_answer_ids[row]) == [other[0]]
        assert torch.equal(batch.marks["a2"][row], batch.marks["end"][row])


def test_sums_are_right() -> None:
    batch = arithmetic.make(gpt2_vocabulary(), _N, 32, 0)
    for row in range(_N):
        [first], [second] = _at(batch, "first", row), _at(batch, "second", row)
        assert _words(batch.answer_ids[row]) == [str(int(first) + int(second))]
        assert len(_words(batch.other_ids[row])) == 22


def test_the_right_option_is_of_the_kind_that_is_asked_for() -> None:
    batch = multiple_choice.make(gpt2_vocabulary(), _N, 64, 0)
    places: Counter[int] = Counter()
    for row in range(_N):
        kind = _at(batch, "kind", row)[0]
        [content], [letter] = _at(batch, "right_content", row), _at(batch, "right_letter", row)
        wrong = _at(batch, "wrong_content", row)
        assert content in KINDS[kind]
        assert not set(wrong) & set(KINDS[kind])
        assert _words(batch.answer_ids[row]) == [letter]
        assert sorted(_words(batch.other_ids[row])) == sorted(_at(batch, "wrong_letter", row))
        assert re.search(rf"\b{letter}\b[^A-Z]*?\b{content}\b", _text(batch, row))
        assert batch.corrupted_answer_ids is not None
        [other] = _words(batch.corrupted_answer_ids[row])
        assert re.search(rf"\b{other}\b[^A-Z]*?\b{content}\b", _text(batch, row, corrupted=True))
        first = batch.marks["wrong_letter"][row].nonzero()[:, 0]
        places[int((first < batch.marks["right_letter"][row].nonzero()[0, 0]).sum())] += 1
    assert set(places.values()) == {_N // 4}


def test_facts_are_held_against_the_subject_and_against_the_relation() -> None:
    table = fact_table().attributes
    batch = facts.make(gpt2_vocabulary(), _N, 32, 0)
    for row in range(_N):
        [subject], [other] = _at(batch, "subject", row), _at(batch, "subject", row, corrupted=True)
        relation = "capital" if "capital" in _at(batch, "relation", row) else "language"
        rest = "language" if relation == "capital" else "capital"
        assert _words(batch.answer_ids[row]) == [table[relation][subject]]
        assert _words(batch.other_ids[row]) == [table[rest][subject], table[relation][other]]


def test_the_two_questions_of_a_conflict_have_each_others_answers() -> None:
    context, memory = _made("knowledge_conflict"), _made("memory_in_conflict")
    assert torch.equal(context.answer_ids, memory.other_ids)
    assert torch.equal(context.other_ids, memory.answer_ids)
    for row in range(_N):
        assert _words(context.answer_ids[row]) == _at(context, "context", row)
        [subject] = _at(memory, "subject", row)
        assert _words(memory.answer_ids[row])[0] in {each[subject] for each in fact_table().attributes.values()}
        assert _at(memory, "context", row) == _at(memory, "context", row, corrupted=True)


def test_reviews_are_of_one_sentiment_and_their_counterparts_of_the_other() -> None:
    batch = sentiment.make(gpt2_vocabulary(), 20, 32, 0)
    n_positive = 0
    for row in range(20):
        [adjective], [other] = _at(batch, "adjective", row), _at(batch, "adjective", row, corrupted=True)
        words, opposite = (POSITIVE, NEGATIVE) if adjective in POSITIVE["adjective"] else (NEGATIVE, POSITIVE)
        n_positive += words is POSITIVE
        assert other in opposite["adjective"]
        assert set(_words(batch.answer_ids[row])) == set(words["answer"])
        assert set(_words(batch.other_ids[row])) == set(opposite["answer"])
        assert _at(batch, "summary", row) == [",", "."]
        assert len(_at(batch, "subject", row)) == 2
    assert n_positive == 10


def test_counterparts_of_mappings_show_the_same_images_and_none_at_its_place() -> None:
    batch = in_context_mapping.make(gpt2_vocabulary(), _N, 128, 0)
    for row in range(_N):
        inputs, labels = _at(batch, "input", row), _at(batch, "label", row)
        shuffled = _at(batch, "label", row, corrupted=True)
        [query] = _at(batch, "query", row)
        [name] = [
            name
            for name, pairs in mappings().items()
            if [pairs.get(each) for each in inputs] == labels and query in pairs
        ]
        assert _words(batch.answer_ids[row]) == [mappings()[name][query]]
        assert sorted(shuffled) == sorted(labels)
        assert not any(one == other for one, other in zip(labels, shuffled, strict=True))


def test_letters_of_labels_change_roles() -> None:
    batch = _made("in_context_labels")
    for row in range(_N):
        [right] = set(_at(batch, "right_label", row))
        [wrong] = set(_at(batch, "wrong_label", row))
        assert (_words(batch.answer_ids[row]), _words(batch.other_ids[row])) == ([right], [wrong])
        assert set(_at(batch, "right_label", row, corrupted=True)) == {wrong}
        assert len(_at(batch, "right_label", row)) == len(_at(batch, "wrong_label", row)) == 4


def test_lists_hold_the_answer_beside_what_is_asked_for() -> None:
    for name, key, value in (("key_value", "key", "value"), ("colored_objects", "object", "color")):
        batch = _made(name)
        for row in range(_N):
            assert _at(batch, key, row) == _at(batch, "query", row)
            assert _words(batch.answer_ids[row]) == _at(batch, value, row)
            assert _at(batch, "query", row, corrupted=True)[0] in _at(batch, f"other_{key}", row)
