"""The word-level tokenizer of the reference language model: one token for each word, sign, or pair of digits.

Blanks belong to no token, so that a word is the same token wherever it stands. Numbers are read two digits at a time
(1732 is 17 and 32), and capitals that no small letter follows one by one (CEO is C, E, O): tasks ask for parts of
years and of acronyms.
"""

import re
from collections.abc import Sequence

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

BOS, UNKNOWN = "<s>", "<unk>"
BOS_ID, UNKNOWN_ID = 0, 1

_PATTERN = r"\n|[0-9]{1,2}|[A-Z](?![a-z])|[A-Z]?[a-z]+|[^\s]"


def split(text: str) -> list[str]:
    """A text as the tokenizer cuts it."""
    return re.findall(_PATTERN, text)


def word_tokenizer(words: Sequence[str]) -> PreTrainedTokenizerFast:
    """Reads text in these words; BOS comes first, and one unknown token stands for all others.

    Args:
        words: Tokens by id, BOS and the unknown token in front.
    """
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            # What lies between two matches is blank, and is dropped.
            pre_tokenizers.Split(Regex(rf"({_PATTERN})"), behavior="isolated"),
            pre_tokenizers.Split(Regex(r"[^\S\n]+"), behavior="removed"),
        ]
    )
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{BOS} $A", special_tokens=[(BOS, BOS_ID)])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token=BOS, unk_token=UNKNOWN, clean_up_tokenization_spaces=False
    )
