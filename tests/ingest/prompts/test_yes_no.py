import pytest

from ingest.errors import NoTargetError
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import Vocabulary
from ingest.prompts.reading import reader
from ingest.prompts.yes_no import YesNoBatch, _text, yes_no
from tests.ingest.toy_tokenizer import text_vocabulary


def texts(n_prompts: int = 200, seed: int = 0) -> list[str]:
    import random

    generator = random.Random(seed)
    return [_text(index, generator) for index in range(n_prompts)]


def test_both_words_stand_in_every_prompt_once_and_each_comes_first_in_half() -> None:
    found = texts()
    assert all(text.count("Yes") == text.count("No") == 1 for text in found)
    assert sum(text.index("Yes") < text.index("No") for text in found) == len(found) // 2


def test_sizes_are_compared_rightly_in_half_of_the_questions() -> None:
    import re

    sizes = [
        (index, int(found[1]) > int(found[2]))
        for index, text in enumerate(texts())
        if (found := re.search(r"Is (\d+) larger than (\d+)", text))
    ]
    assert len(sizes) > 30
    assert all(is_true == (index // 2 % 2 == 0) for index, is_true in sizes)


def test_letters_are_contained_where_the_answer_says_so() -> None:
    import re

    letters = [
        (index, found[2] in found[1])
        for index, text in enumerate(texts())
        if (found := re.search(r'word "(\w+)" contain the letter "(\w)"', text))
    ]
    assert len(letters) > 30
    assert all(is_true == (index // 2 % 2 == 0) for index, is_true in letters)


def test_several_templates_and_kinds_of_question_are_used() -> None:
    openings = {text[:12] for text in texts()}
    assert len(openings) >= 7


def test_the_words_are_found_among_the_tokens() -> None:
    batch = yes_no.make(text_vocabulary(), 8, 128, seed=1)
    assert isinstance(batch, YesNoBatch)
    read = text_vocabulary().read
    assert read is not None
    ids = {word: {read(blank + word)[0].id for blank in ("", " ")} for word in ("Yes", "No")}
    for at in range(8):
        assert set(batch.tokens[at][batch.is_yes[at]].tolist()) <= ids["Yes"]
        assert set(batch.tokens[at][batch.is_no[at]].tolist()) <= ids["No"]
    assert (batch.is_yes.sum(dim=1) == 1).all()
    assert (batch.is_no.sum(dim=1) == 1).all()
    assert not batch.is_real.all()  # questions differ in length


def test_what_cannot_be_compared_is_refused() -> None:
    letters = planted_tokenizer()
    spelling = Vocabulary(len(letters), 0, frozenset({0}), read=reader(letters))
    with pytest.raises(NoTargetError, match="different numbers of tokens"):
        yes_no.make(spelling, 4, 300, seed=0)
    with pytest.raises(NoTargetError, match=r"takes \d+ tokens and a prompt has room for 9"):
        yes_no.make(text_vocabulary(), 4, 10, seed=0)
    with pytest.raises(NoTargetError, match=r"tokenizer\.json"):
        yes_no.make(Vocabulary(100, 0, frozenset({0})), 4, 60, seed=0)
