import pytest
import torch

from ingest.errors import NoTargetError, PromptError
from ingest.prompts.batch import Vocabulary
from ingest.prompts.related_words import make
from ingest.prompts.word_pairs import MIN_PAIRS, relations, series, token_pairs, word_pairs
from tests.ingest.toy_tokenizer import text_vocabulary


def test_no_prompt_asks_for_a_word_that_it_has_named() -> None:
    batch = make(text_vocabulary(), 6, 80, 3)
    assert batch.is_asked.sum(dim=1).min() >= 2
    for prompt, query in batch.is_asked.nonzero().tolist():
        before = batch.tokens[prompt, : query + 1]
        assert batch.tail[prompt, query] not in before
        assert batch.other_tail[prompt, query] not in before
        assert batch.other_tail[prompt, query] != batch.tail[prompt, query]


def test_all_prompts_have_the_length_asked_for_and_the_same_seed_gives_the_same() -> None:
    first, again = make(text_vocabulary(), 3, 50, 1), make(text_vocabulary(), 3, 50, 1)
    assert first.tokens.shape == (3, 50)
    assert first.sha256 == again.sha256
    assert torch.equal(first.head_word, again.head_word)
    assert first.sha256 != make(text_vocabulary(), 3, 50, 2).sha256


def test_without_bos_the_places_stand_one_earlier() -> None:
    without = make(text_vocabulary(None), 2, 39, 5)
    assert not without.has_bos
    for prompt, query in without.is_asked.nonzero().tolist():
        if query + 1 < 39:
            assert without.tokens[prompt, query + 1] == without.tail[prompt, query]


def test_no_tokenizer_and_short_prompts_are_refused() -> None:
    with pytest.raises(NoTargetError, match="no tokenizer"):
        make(Vocabulary(100, 0, frozenset({0})), 2, 40, 0)
    with pytest.raises(PromptError, match="too short"):
        make(text_vocabulary(), 2, 9, 0)


@pytest.mark.parametrize("relation", relations())
def test_a_word_list_is_long_enough_and_names_no_source_twice(relation: str) -> None:
    pairs = word_pairs(relation)
    assert len(pairs) >= 2 * MIN_PAIRS - 2  # half of them may fall to the tokenizer
    assert len({source for source, _ in pairs}) == len(pairs)
    assert all(source != target and word == word.strip() for source, target in pairs for word in (source, target))


def test_a_series_names_no_member_twice() -> None:
    assert len(series()) == 8  # the classes of Gould et al. 2023
    assert all(len(set(members)) == len(members) for members in series().values())


def test_pairs_of_several_tokens_do_not_count() -> None:
    pairs = word_pairs("noun_plural")
    known = {word: i for i, word in enumerate({word for pair in pairs[:40] for word in pair})}
    assert len(token_pairs("noun_plural", known.get)) == 40
    with pytest.raises(NoTargetError, match=rf"spells 0 of the {len(pairs)} pairs of noun_plural"):
        token_pairs("noun_plural", lambda word: None)
