"""Reads a text token by token, with the characters that each token stands for."""

from collections.abc import Callable

from transformers import PreTrainedTokenizerBase

from ingest.prompts.batch import TokenInText


def reader(tokenizer: PreTrainedTokenizerBase) -> Callable[[str], list[TokenInText]] | None:
    """A function from text to its tokens; None where the tokenizer does not say where they lie.

    Only tokenizers of the `tokenizers` library do.
    """
    if not tokenizer.is_fast:
        return None

    def read(text: str) -> list[TokenInText]:
        encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids = list(encoded["input_ids"])
        pieces = tokenizer.convert_ids_to_tokens(ids)
        return [
            TokenInText(i, str(piece), start, end)
            for i, piece, (start, end) in zip(ids, pieces, encoded["offset_mapping"], strict=True)
        ]

    return read
