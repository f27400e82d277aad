"""What every task keeps to, on GPT-2's vocabulary and on a token for each word."""

import random
import re
from functools import cache

import pytest
import torch

from ingest.errors import NoTargetError
from ingest.prompts.batch import Vocabulary
from ingest.tasks.all_tasks import load_tasks
from ingest.tasks.task import END, NO_ANSWER, Task, TaskBatch
from tests.ingest.gpt2_tokenizer import gpt2_tokenizer, gpt2_vocabulary
from tests.ingest.tasks.vocabularies import training_text, words_of_tasks

_N = 48
_VOCABULARIES = {"gpt2": gpt2_vocabulary, "words": words_of_tasks}
every_task = pytest.mark.parametrize("task", load_tasks().values(), ids=list(load_tasks()))
every_vocabulary = pytest.mark.parametrize("vocabulary", list(_VOCABULARIES))


@cache
def _made(name: str, vocabulary: str) -> TaskBatch:
    task = load_tasks()[name]
    return task.make(_VOCABULARIES[vocabulary](), _N, task.default_length, 0)


def test_the_tasks_of_the_protocols_are_there() -> None:
    assert {
        "acronym", "arithmetic", "colored_objects", "facts", "greater_than", "in_context_labels", "in_context_mapping",
        "indirect_object", "key_value", "knowledge_conflict", "memory_in_conflict", "multiple_choice",
        "ordinal_succession", "sentiment",
    } <= set(load_tasks())  # fmt: skip
    assert all(name == task.name for name, task in load_tasks().items())


@every_task
@every_vocabulary
def test_end_is_the_last_token_of_each_prompt_and_padding_is_unmarked(task: Task, vocabulary: str) -> None:
    batch = _made(task.name, vocabulary)
    assert torch.equal(batch.marks[END].int().argmax(dim=1), batch.is_real.sum(dim=1) - 1)
    for mark in batch.marks.values():
        assert not bool((mark & ~batch.is_real).any())
        assert not bool((mark & batch.is_bos).any())
    assert torch.equal(batch.marks[END].sum(dim=1), torch.ones(_N, dtype=torch.long))


@every_task
@every_vocabulary
def test_counterparts_differ_from_their_prompts_in_marked_places_only(task: Task, vocabulary: str) -> None:
    batch = _made(task.name, vocabulary)
    differs = batch.tokens != batch.corrupted
    assert bool(differs.any(dim=1).all())
    assert not bool((differs & ~batch.is_real).any())
    is_slot = torch.stack([mark for name, mark in batch.marks.items() if name != END]).any(dim=0)
    assert not bool((differs & ~is_slot).any())


@every_task
@every_vocabulary
def test_answers_are_not_among_the_others_and_controls_are_in_neither_prompt(task: Task, vocabulary: str) -> None:
    batch = _made(task.name, vocabulary)
    for row in range(_N):
        answers, others = (
            {i for i in ids[row].tolist() if i != NO_ANSWER} for ids in (batch.answer_ids, batch.other_ids)
        )
        first, second = batch.control_ids[row].tolist()
        seen = {*batch.tokens[row].tolist(), *batch.corrupted[row].tolist()}
        assert answers
        assert others
        assert not answers & others
        assert first != second
        assert not {first, second} & (seen | answers)
        if batch.corrupted_answer_ids is not None:
            assert not {first, second} & set(batch.corrupted_answer_ids[row].tolist())


@every_task
def test_at_least_three_templates_come_equally_often(task: Task) -> None:
    counts = _made(task.name, "gpt2").template.bincount()
    assert len(counts) >= 3
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("task", [task for name, task in load_tasks().items() if name != "greater_than"])
def test_no_answer_is_right_for_most_prompts(task: Task) -> None:
    batch = _made(task.name, "words")
    counts = batch.answer_ids.flatten()[batch.answer_ids.flatten() != NO_ANSWER].bincount()
    # Of sentiment's two sets of answers each is right in half of the prompts.
    assert counts.max() <= _N * 0.75


@every_task
def test_prompts_are_a_function_of_the_seed(task: Task) -> None:
    hashes = [task.make(words_of_tasks(), 6, task.default_length, seed).sha256 for seed in (0, 0, 1)]
    assert hashes[0] == hashes[1] != hashes[2]


@every_task
def test_no_prompt_with_its_answer_is_in_the_training_text(task: Task) -> None:
    batch = _made(task.name, "gpt2")
    text = training_text()[task.name]
    for row in range(_N):
        real = batch.tokens[row][batch.is_real[row]][1:].tolist()
        prompt = str(gpt2_tokenizer().decode(real))
        assert not any(sentence.startswith(prompt) for sentence in text)


def test_training_text_has_few_words() -> None:
    texts = " ".join(text for texts in training_text().values() for text in texts)
    words = set(re.findall(r"[A-Z](?![a-z])|[A-Za-z]+|[0-9]{2}|[0-9]|[^\sA-Za-z0-9]", texts))
    assert len(words) <= 1200
    assert words_of_tasks().size <= 1200


@every_task
def test_no_tokenizer_no_task(task: Task) -> None:
    with pytest.raises(NoTargetError, match=r"tokenizer\.json"):
        task.make(Vocabulary(97, 0, frozenset()), 4, task.default_length, 0)


@every_task
def test_sentences_end_with_the_answer_and_are_drawn_from_the_generator(task: Task) -> None:
    one, two = (task.sentences(random.Random(7)) for _ in range(2))
    assert one == two
    assert "{" not in one
