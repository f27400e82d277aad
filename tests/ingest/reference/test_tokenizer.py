from ingest.prompts.reading import reader
from ingest.reference.tokenizer import BOS, BOS_ID, UNKNOWN, UNKNOWN_ID, split, word_tokenizer

TEXT = "When Mary and John left in 1732, the CEO\nsaid (no)."
TOKENIZER = word_tokenizer([BOS, UNKNOWN, *dict.fromkeys(split(TEXT))])


def test_words_signs_pairs_of_digits_and_single_capitals_are_tokens() -> None:
    assert split(TEXT) == [
        "When", "Mary", "and", "John", "left", "in", "17", "32", ",", "the", "C", "E", "O", "\n", "said", "(", "no",
        ")", ".",
    ]  # fmt: skip


def test_the_tokenizer_cuts_as_its_words_were_collected() -> None:
    assert TOKENIZER.convert_ids_to_tokens(TOKENIZER(TEXT)["input_ids"]) == [BOS, *split(TEXT)]


def test_tokens_lie_where_their_words_do() -> None:
    read = reader(TOKENIZER)
    assert read is not None
    assert [TEXT[token.start : token.end] for token in read(TEXT)] == split(TEXT)


def test_a_word_is_one_token_wherever_it_stands() -> None:
    (alone,) = TOKENIZER("Mary", add_special_tokens=False)["input_ids"]
    assert TOKENIZER(" Mary", add_special_tokens=False)["input_ids"] == [alone]


def test_other_words_are_unknown_and_keep_their_place() -> None:
    read = reader(TOKENIZER)
    assert read is not None
    unknown = [token for token in read("the Zürich CEO") if token.id == UNKNOWN_ID]
    assert "".join("the Zürich CEO"[token.start : token.end] for token in unknown) == "Zürich"


def test_prompts_begin_with_bos() -> None:
    assert TOKENIZER("Mary")["input_ids"][0] == BOS_ID == TOKENIZER.bos_token_id
