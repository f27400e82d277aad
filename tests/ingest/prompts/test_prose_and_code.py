import pytest

from ingest.errors import NoTargetError, PromptError
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import Vocabulary
from ingest.prompts.prose_and_code import make

TOKENIZER = planted_tokenizer()
VOCABULARY = Vocabulary(128, 0, frozenset({0, 1}), encode=lambda text: TOKENIZER.encode(text, add_special_tokens=False))


def test_prose_and_code_take_turns() -> None:
    batch = make(VOCABULARY, 40, 200, seed=3)
    assert batch.tokens.shape == (80, 200)
    assert batch.is_code.tolist() == [False, True] * 40
    texts = [TOKENIZER.decode(row[1:].tolist()) for row in batch.tokens]
    prose, code = "".join(texts[0::2]), "".join(texts[1::2])
    assert prose.count("\n") == 0
    assert code.count("\n") / len(code) > 0.01
    assert code.count("self.") > 10 * prose.count("self.")
    assert '"""' not in code
    assert not any(line.lstrip().startswith("#") for line in code.splitlines())


def test_the_same_seed_gives_the_same_prompts() -> None:
    assert make(VOCABULARY, 2, 50, 1).sha256 == make(VOCABULARY, 2, 50, 1).sha256 != make(VOCABULARY, 2, 50, 2).sha256


def test_without_a_tokenizer_there_is_neither() -> None:
    with pytest.raises(NoTargetError, match="no tokenizer"):
        make(Vocabulary(128, 0, frozenset()), 2, 50, 0)


def test_windows_longer_than_every_text_are_refused() -> None:
    with pytest.raises(PromptError, match="shorter prompts"):
        make(VOCABULARY, 1, 10**6, 0)
