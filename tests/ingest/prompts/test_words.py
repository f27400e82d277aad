import pytest
import torch

from ingest.errors import NoTargetError
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import TokenInText, Vocabulary
from ingest.prompts.natural_text import make
from ingest.prompts.reading import reader
from ingest.prompts.words import TextBatch, kind_of, text_of
from tests.ingest.texts import text_batch
from tests.ingest.toy_tokenizer import text_vocabulary


def test_pieces_of_a_word_are_told_from_its_first_one() -> None:
    # Pieces: "A", " long", "ish", " word", "," — and BOS in front.
    batch = text_batch("A longish word,")
    assert batch.begins_word.tolist() == [[False, True, True, False, True, False]]
    assert batch.continues_word.tolist() == [[False, False, False, True, False, False]]
    assert batch.is_delimiter.tolist() == [[False, False, False, False, False, True]]
    assert batch.holds_blank.tolist() == [[False, False, True, False, True, False]]


@pytest.mark.parametrize(
    ("text", "token", "expected"),
    [
        ("a b", TokenInText(1, "Ġb", 1, 3), (True, False, False, True)),
        ("a b", TokenInText(1, "Ġb", 2, 3), (True, False, False, True)),  # offsets without the blank
        ("a b", TokenInText(1, "b", 2, 3), (True, False, False, False)),  # a vocabulary that drops blanks
        ("a\nb", TokenInText(1, "Ċ", 1, 2), (False, False, False, True)),
        ("ab", TokenInText(1, "##b", 1, 2), (False, True, False, False)),
        ("it's", TokenInText(1, "s", 3, 4), (True, False, False, False)),  # an apostrophe ends a run of letters
        ("x2", TokenInText(1, "2", 1, 2), (False, True, False, False)),
        ("a (", TokenInText(1, "▁(", 1, 3), (False, False, True, True)),
    ],
)
def test_kinds_are_read_off_the_text_whatever_the_vocabulary_writes(text: str, token: TokenInText, expected) -> None:
    kind = kind_of(token, text)
    assert (kind.begins_word, kind.continues_word, kind.is_delimiter, kind.holds_blank) == expected


def test_natural_text_is_annotated_and_has_the_same_tokens_as_without() -> None:
    reading = text_vocabulary()
    blind = Vocabulary(reading.size, reading.bos_id, reading.special_ids, encode=reading.encode)
    annotated, plain = make(reading, 4, 64, seed=2), make(blind, 4, 64, seed=2)
    assert annotated.sha256 == plain.sha256
    assert isinstance(annotated, TextBatch)
    kinds = annotated.begins_word.int() + annotated.continues_word.int() + annotated.is_delimiter.int()
    assert (kinds <= 1).all()
    assert (kinds[:, 0] == 0).all()  # BOS
    assert kinds.float().mean() > 0.9


def test_text_that_cannot_be_told_apart_is_refused_with_what_to_do() -> None:
    blind = Vocabulary(300, 0, frozenset({0}), encode=lambda text: [5 + ord(c) % 200 for c in text])
    with pytest.raises(NoTargetError, match=r"tokenizer\.json"):
        text_of(make(blind, 2, 64, seed=0))


def test_a_tokenizer_says_where_its_tokens_lie() -> None:
    read = reader(planted_tokenizer())
    assert read is not None
    tokens = read("ab c")
    assert [(token.piece, token.start, token.end) for token in tokens] == [
        ("a", 0, 1),
        ("b", 1, 2),
        (" ", 2, 3),
        ("c", 3, 4),
    ]
    assert torch.tensor([kind_of(token, "ab c").holds_blank for token in tokens]).tolist() == [
        False,
        False,
        True,
        False,
    ]
