import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import NoTargetError
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import Vocabulary
from ingest.prompts.documents import make

TOKENIZER = planted_tokenizer()
READING = Vocabulary(128, 0, frozenset({0, 1}), encode=lambda text: TOKENIZER.encode(text, add_special_tokens=False))


def text(ids: torch.Tensor) -> str:
    return TOKENIZER.decode(ids.tolist())


def test_the_gold_document_is_about_the_person_asked_for_and_no_other_is() -> None:
    batch = make(READING, 6, 400, seed=0)
    for row in range(0, 12, 2):
        question = text(batch.tokens[row, batch.is_question[row]])
        name = re.search(r"does (\w+) ", question)[1]
        gold, other = text(batch.tokens[row, batch.is_gold[row]]), text(batch.tokens[row, batch.is_distractor[row]])
        assert gold.startswith(f"{name} lives in")
        assert name not in other
        assert question.endswith("Answer:")
        assert text(batch.tokens[row]).count(name) == 2


def test_pairs_share_their_documents_and_only_the_question_differs() -> None:
    batch = make(READING, 3, 400, seed=1)
    for row in range(0, 6, 2):
        begin = int(batch.is_question[row].long().argmax())
        assert torch.equal(batch.tokens[row, :begin], batch.tokens[row + 1, :begin])
        assert torch.equal(batch.is_gold[row], batch.is_gold[row + 1])
        assert text(batch.tokens[row + 1, batch.is_question[row + 1]]) == "Question: N/A\nAnswer:"
    assert batch.is_empty.tolist() == [False, True] * 3


@given(st.integers(22, 200), st.integers(20, 120), st.integers(0, 9))
def test_questions_of_random_tokens_repeat_their_document_alone(size: int, length: int, seed: int) -> None:
    batch = make(Vocabulary(size, 0, frozenset({0})), 2, length, seed)
    assert batch.tokens.shape[1] <= length
    for row in range(4):
        question = set(batch.tokens[row, batch.is_question[row]].tolist())
        gold = set(batch.tokens[row, batch.is_gold[row]].tolist())
        assert len(question) == 3
        assert question <= gold if row % 2 == 0 else not question & set(batch.tokens[row, :-3].tolist())
        assert len(gold) == batch.is_distractor[row].sum() == 8


def test_what_does_not_fit_is_refused_with_the_numbers() -> None:
    with pytest.raises(NoTargetError, match="longer by 1 tokens"):
        make(Vocabulary(60, 0, frozenset()), 1, 19, 0)
    with pytest.raises(NoTargetError, match=r"holds 17 ordinary tokens.*need 19"):
        make(Vocabulary(18, 0, frozenset()), 1, 60, 0)
