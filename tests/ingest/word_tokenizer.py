"""A token for each word of given texts, for single capitals, for pairs of digits and for each other sign."""

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

_WORDS = Regex(r"[A-Z](?![a-z])|[A-Za-z]+|[0-9]{2}|[0-9]|\n|[^\sA-Za-z0-9]")


def word_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """`<s>` opens a text and `<unk>` is every word that the texts do not hold."""
    # What lies between words, blanks, is dropped.
    split = pre_tokenizers.Split(_WORDS, behavior="removed", invert=True)
    words = {word for text in texts for word, _ in split.pre_tokenize_str(text)}
    ids = {word: i for i, word in enumerate(["<s>", "<unk>", *sorted(words)])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token="<unk>"))
    tokenizer.pre_tokenizer = split
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", unk_token="<unk>")
