"""What the reference language models are trained on."""

import random
from collections.abc import Callable
from itertools import pairwise

import pytest

from ingest.reference import brackets, filler, kinds, repeated
from ingest.reference.batches import BatchQueue
from ingest.reference.documents import Document
from ingest.reference.mix import TASKS, Mix, sources
from ingest.reference.tokenizer import BOS_ID, UNKNOWN_ID, word_tokenizer
from ingest.reference.words import word_list
from ingest.tasks.in_context_labels import in_context_labels
from ingest.tasks.lexicon import KINDS, LETTERS


@pytest.fixture(scope="module")
def words() -> list[str]:
    return word_list(sources())


@pytest.fixture(scope="module")
def mix(words: list[str]) -> Mix:
    tokenizer = word_tokenizer(words)
    return Mix(words, lambda text: tokenizer(text, add_special_tokens=False)["input_ids"], seed=0)


@pytest.mark.parametrize("kind", [repeated.segments, repeated.chunks])
def test_only_what_is_said_again_counts(kind: Callable[..., Document]) -> None:
    for seed in range(200):
        document = kind(random.Random(seed), range(2, 100), BOS_ID, 48)
        assert len(document.ids) <= 48
        for at, (token, weight) in enumerate(zip(document.ids, document.weights, strict=True)):
            said = at > 1 and (document.ids[at - 1], token) in pairwise(document.ids[:at])
            # Two chunks may follow each other again, too, but nothing said that they would.
            assert weight == said or (kind is repeated.chunks and said)


def test_every_bracket_is_closed_by_its_own_kind() -> None:
    for seed in range(100):
        pending: list[str] = []
        for sign in brackets.text(random.Random(seed)).split():
            if sign in brackets.PAIRS:
                pending.append(sign)
            elif sign in brackets.PAIRS.values():
                assert brackets.PAIRS[pending.pop()] == sign
        assert not pending


def test_plain_sentences_are_cased_and_end() -> None:
    for seed in range(100):
        sentence = filler.sentence(random.Random(seed))
        assert sentence[0].isupper()
        assert sentence[-1] in ".!?"


def test_what_is_said_of_kinds_is_true() -> None:
    for seed in range(100):
        for line in kinds.text(random.Random(seed)).rstrip(".").split(". "):
            if line.startswith("The "):
                word, kind = line.removeprefix("The ").split(" is a kind of ")
                assert word in KINDS[kind]
            else:
                kind, _, listed = line.removeprefix("A kind of ").partition(": ")
                assert set(listed.split(", ")) <= set(KINDS[kind])


def test_the_vocabulary_knows_every_training_text(words: list[str]) -> None:
    tokenizer = word_tokenizer(words)
    generator = random.Random("texts that no word was collected from")
    for name, text in sources():
        for _ in range(200):
            assert UNKNOWN_ID not in tokenizer(text(generator))["input_ids"], name


def test_every_part_has_its_share_of_the_tokens(mix: Mix) -> None:
    mix.end_opening()
    mix.documents(60_000)
    n_tokens, shares = (sum(getattr(part, name) for part in mix._parts) for name in ("n_tokens", "share"))
    for part in mix._parts:
        assert part.n_tokens / n_tokens == pytest.approx(part.share / shares, abs=0.01)
    assert len(mix._parts) == len(TASKS) + 4


def test_the_answer_of_a_task_counts_most(words: list[str], mix: Mix) -> None:
    document = mix._with_answer("When Mary and John left, John gave the book to Mary.")
    assert [words[i] for i, weight in zip(document.ids, document.weights, strict=True) if weight > 1] == ["Mary"]
    assert document.ids[document.weights.index(max(document.weights))] == document.ids[-2]


def test_every_label_counts_as_an_answer(words: list[str], mix: Mix) -> None:
    document = mix._of_task(in_context_labels)(random.Random(0))
    counted = [words[i] for i, weight in zip(document.ids, document.weights, strict=True) if weight > 1]
    assert len(counted) >= 3
    assert len(set(counted)) == 2
    assert set(counted) <= set(LETTERS)


def test_batches_have_few_shapes_and_lose_no_document() -> None:
    queue = BatchQueue(96)
    documents = [Document([BOS_ID] + [at + 1] * (5 + at % 11), [0.0] + [1.0] * (5 + at % 11)) for at in range(64)]
    found = list(queue.add(documents))
    assert {tuple(batch.tokens.shape) for batch in found} == {(8, 12), (6, 16)}
    rows = [row for batch in found for row in batch.tokens.tolist()]
    waiting = [each for documents in queue._waiting.values() for each in documents]
    assert len(rows) + len(waiting) == len(documents)
    assert all((batch.weights > 0).sum() == (batch.tokens > 0).sum() for batch in found)
