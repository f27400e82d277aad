from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import CorpusError, NoTargetError
from ingest.prompts import documents, english_needles, natural_text, prose_and_code, segments, yes_no
from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.prompts.corpus import MOST_UNKNOWN, built_in, check_knows, read_corpus
from ingest.prompts.treebank import treebank
from tests.ingest.toy_tokenizer import text_vocabulary

UNKNOWN = 1


def knowing(share: float) -> Vocabulary:
    """Knows that share of what it is asked to read, in order: of 10 tokens the first so many."""
    read = text_vocabulary().read
    assert read is not None

    def encode(text: str) -> list[int]:
        return [token.id if i % 10 < 10 * share else UNKNOWN for i, token in enumerate(read(text))]

    return Vocabulary(3000, 0, frozenset(range(3)), encode=encode, read=read)


def test_the_share_of_unknown_tokens_decides() -> None:
    text = ["ab " * 50]
    check_knows(knowing(1 - MOST_UNKNOWN), "the text", text)
    with pytest.raises(NoTargetError, match="does not know 20% of the tokens of the text"):
        check_knows(knowing(0.8), "the text", text)


@pytest.mark.parametrize(
    "make",
    [
        natural_text.make,
        prose_and_code.make,
        documents.make,
        english_needles.make,
        segments.make,
        yes_no.make,
        treebank.make,
    ],
)
def test_no_family_of_text_is_made_of_what_a_tokenizer_does_not_know(
    make: Callable[[Vocabulary, int, int, int], PromptBatch],
) -> None:
    with pytest.raises(NoTargetError, match=r"The tokenizer does not know \d\d% of the tokens of"):
        make(knowing(0.1), 4, 600, 0)


def test_the_built_in_text_is_long_and_always_the_same() -> None:
    assert built_in().longest > 20_000
    assert len(built_in().texts) > 50
    assert built_in().sha256 == built_in().sha256


def test_blank_lines_part_long_texts_only(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    long, short = "word " * 300, "word " * 30
    file.write_text(f"{long}\n\n{long}\n\n{short}")
    assert [len(text) for text in read_corpus(file).texts] == [len(long.strip())] * 2
    file.write_text("\n\n".join([short] * 10))
    assert len(read_corpus(file).texts) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"\xff\xfe" * 900, "is not UTF-8 \\(byte 0\\)"), (b"too short", "has 9 characters")],
)
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "text.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CorpusError, match=f"The text text.txt {said}"):
        read_corpus(file)
