"""What each token is in its text: the first piece of a word, a further piece, a delimiter, one that holds a blank.

Families of prompts that are text annotate their batches with it; detectors ask `text_of` and need no tokenizer.
"""

from dataclasses import dataclass, field

import torch
from jaxtyping import Bool
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.prompts.batch import PromptBatch, TokenInText, Vocabulary

# How vocabularies write a blank: byte-level ones shift bytes to visible signs, others take U+2581 or name the byte.
_WRITTEN_BLANKS = ("Ġ", "Ċ", "ĉ", "č", "▁", "<0x20>", "<0x0A>", "<0x09>", "<0x0D>")


@dataclass(frozen=True)
class TokenKind:
    """What one token is in its text; a word is an unbroken run of letters and digits."""

    begins_word: bool
    continues_word: bool
    is_delimiter: bool
    """Visible, without a letter or digit: punctuation, brackets, quotation marks."""
    holds_blank: bool
    """A space, a tab or a line break is part of the token."""


@dataclass(frozen=True)
class TextBatch(PromptBatch):
    """Prompts of text, with what each token is; nothing of all on BOS and padding."""

    begins_word: Bool[Tensor, "batch pos"]
    continues_word: Bool[Tensor, "batch pos"]
    is_delimiter: Bool[Tensor, "batch pos"]
    holds_blank: Bool[Tensor, "batch pos"]
    vocabulary: Vocabulary = field(repr=False)
    """Of the language model, for what depends on more than these prompts: how rare a token is."""


def kind_of(token: TokenInText, text: str) -> TokenKind:
    """What a token is in its text."""
    written = text[token.start : token.end]
    holds_blank = any(character.isspace() for character in written) or any(b in token.piece for b in _WRITTEN_BLANKS)
    visible = written.lstrip()
    first = token.end - len(visible)
    is_in_word = bool(visible) and visible[0].isalnum()
    continues = is_in_word and first > 0 and text[first - 1].isalnum()
    return TokenKind(
        begins_word=is_in_word and not continues,
        continues_word=continues,
        is_delimiter=bool(visible) and not any(character.isalnum() for character in visible),
        holds_blank=holds_blank,
    )


def annotated(batch: PromptBatch, kinds: list[list[TokenKind]], vocabulary: Vocabulary) -> TextBatch:
    """Unpadded prompts with the kinds of their tokens; BOS in front is no token of the text."""
    n_bos = batch.tokens.shape[1] - len(kinds[0])

    def marks(name: str) -> Bool[Tensor, "batch pos"]:
        return torch.tensor([[False] * n_bos + [getattr(kind, name) for kind in row] for row in kinds])

    return TextBatch(
        batch.tokens,
        batch.is_real,
        batch.has_bos,
        begins_word=marks("begins_word"),
        continues_word=marks("continues_word"),
        is_delimiter=marks("is_delimiter"),
        holds_blank=marks("holds_blank"),
        vocabulary=vocabulary,
    )


def text_of(batch: PromptBatch) -> TextBatch:
    """The batch as annotated text.

    Raises:
        NoTargetError: The prompts are no text, or the tokenizer does not say where its tokens lie.
    """
    if not isinstance(batch, TextBatch):
        raise NoTargetError(
            "The tokenizer is missing or does not say where its tokens lie in a text, so words and punctuation cannot "
            "be told apart: give the language model a tokenizer.json."
        )
    return batch
