"""Rendering: prompts and counterparts in line, answers of one token, refusals that say why."""

import pytest
from transformers import AutoTokenizer

from ingest.errors import NoTargetError, PromptError
from ingest.tasks.rendering import Example, render
from ingest.tasks.task import NO_ANSWER
from ingest.tasks.words import single_tokens, token_of
from tests.ingest.gpt2_tokenizer import gpt2_tokenizer, gpt2_vocabulary, vocabulary_from
from tests.ingest.test_stories260k import FOLDER
from tests.ingest.word_tokenizer import word_tokenizer


def _example(text: str, clean: dict[str, str], corrupted: dict[str, str], **changes) -> Example:
    stated = {"answers": ("blue",), "others": ("green", "red"), "controls": ("cat", "dog")} | changes
    return Example(template=0, text=text, clean=clean, corrupted=corrupted, **stated)


def test_slots_that_differ_in_a_number_share_a_mark() -> None:
    text = "A {thing_1}, a {thing_2} and {other} are {answer}."
    batch = render(
        gpt2_vocabulary(),
        [_example(text, {"thing_1": "cup", "thing_2": "hat", "other": "bird"}, {"other": "fish"})],
        32,
    )
    pieces = [str(gpt2_tokenizer().decode([i])) for i in batch.tokens[0].tolist()]
    assert [pieces[pos] for pos in batch.marks["thing"][0].nonzero()[:, 0].tolist()] == [" cup", " hat"]
    assert batch.answer_ids.tolist() == [[gpt2_tokenizer().encode(" blue")[0]]]
    assert batch.other_ids.shape == (1, 2)


def test_a_slot_of_several_tokens_is_marked_as_a_whole() -> None:
    text = "The city {subject} is {answer}."
    batch = render(gpt2_vocabulary(), [_example(text, {"subject": "Ouagadougou"}, {})], 32)
    n_tokens = len(gpt2_tokenizer().encode(" Ouagadougou"))
    assert n_tokens > 1
    assert batch.marks["subject"].sum() == n_tokens


def test_rows_are_padded_on_the_right_and_answers_with_no_answer() -> None:
    one = _example("The {thing} is {answer}.", {"thing": "cup"}, {"thing": "hat"})
    two = _example("The old {thing} is {answer}.", {"thing": "cup"}, {"thing": "hat"}, others=("red",))
    batch = render(gpt2_vocabulary(), [one, two], 32)
    assert batch.is_real.tolist() == [[True] * 4 + [False], [True] * 5]
    assert batch.marks["end"].int().argmax(dim=1).tolist() == [3, 4]
    assert batch.other_ids[1, 1] == NO_ANSWER


@pytest.mark.parametrize("other", ["Ouagadougou", "old cup"])
def test_counterparts_of_another_length_are_refused(other: str) -> None:
    with pytest.raises(PromptError, match="do not align"):
        render(gpt2_vocabulary(), [_example("The {thing} is {answer}.", {"thing": "cup"}, {"thing": other})], 32)


def test_a_counterpart_that_moves_a_slot_is_refused() -> None:
    # Three tokens both times, and the two words change places in length: " cup" " Ou…" against " Ou…" " cup".
    text = "The {one} {two} is {answer}."
    example = _example(text, {"one": "cup", "two": "Ouagadougou"}, {"one": "Ouagadougou", "two": "cup"})
    with pytest.raises(PromptError, match="do not align"):
        render(gpt2_vocabulary(), [example], 32)


def test_an_answer_of_several_tokens_is_refused() -> None:
    example = _example("The {thing} is {answer}.", {"thing": "cup"}, {}, answers=("Ouagadougou",))
    with pytest.raises(PromptError, match="'Ouagadougou' is not one token"):
        render(gpt2_vocabulary(), [example], 32)


def test_words_that_a_tokenizer_does_not_know_are_named() -> None:
    vocabulary = vocabulary_from(word_tokenizer(["The cup is blue."]))
    with pytest.raises(NoTargetError, match="does not know goblet"):
        render(vocabulary, [_example("The {thing} is {answer}.", {"thing": "goblet"}, {})], 32)


def test_single_tokens_are_whole_words_and_all_different() -> None:
    choice = single_tokens(gpt2_vocabulary(), ["cup", "Ouagadougou", "cup", "hat"], at_least=2, kind="things")
    assert choice.words == ("cup", "hat")
    assert choice.left_out == ("Ouagadougou", "cup")


def test_a_word_that_shares_its_token_with_a_neighbour_is_not_single() -> None:
    assert token_of(gpt2_vocabulary(), "C", "({}E") is None  # "CE" is a token
    assert token_of(gpt2_vocabulary(), "C", "({}") == gpt2_tokenizer().encode("C")[0]


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"runs where {FOLDER} is")
def test_a_sentencepiece_tokenizer_reads_slots_and_answers() -> None:
    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    example = _example(
        "One day a {who} saw the {answer}.", {"who": "little"}, {"who": "big"}, answers=("day",), others=("and", "to"),
        controls=("he", "she"),
    )  # fmt: skip
    batch = render(vocabulary_from(tokenizer), [example], 32)
    assert batch.has_bos
    marked = batch.tokens[0][batch.marks["who"][0]].tolist()
    assert tokenizer.decode(marked).strip() == "little"
    assert tokenizer.decode(batch.answer_ids[0].tolist()).strip() == "day"
