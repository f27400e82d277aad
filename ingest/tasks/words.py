"""Which words of a list a tokenizer writes as one token, in the middle of a text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ingest.errors import NoTargetError
from ingest.prompts.batch import TokenInText, Vocabulary

_CARRIER = "the {} and"
_MOST_NAMED = 12


@dataclass(frozen=True)
class Choice:
    """Words that can be used, and those that cannot."""

    words: tuple[str, ...]
    left_out: tuple[str, ...]
    """More than one token, unknown, or written with the token of an earlier word."""


def reader_of(vocabulary: Vocabulary) -> Callable[[str], Sequence[TokenInText]]:
    """What tells the tokens of a text.

    Raises:
        NoTargetError: There is no tokenizer, or it does not say where its tokens lie.
    """
    if vocabulary.read is None:
        raise NoTargetError(
            "The tokenizer is missing or does not say where its tokens lie in a text, so no task can be written: give "
            "the language model a tokenizer.json."
        )
    return vocabulary.read


def single_tokens(
    vocabulary: Vocabulary, words: Sequence[str], *, at_least: int, kind: str, carrier: str = _CARRIER
) -> Choice:
    """The words that are one token each in a text, all different.

    Args:
        vocabulary: The tokenizer that decides.
        words: Candidates.
        at_least: How many a task cannot do without.
        kind: What the words are, for the message.
        carrier: A text with a pair of braces where the word stands.

    Raises:
        NoTargetError: Too few are left; the message names those that were left out.
    """
    kept: dict[int, str] = {}
    left_out = []
    for word in words:
        found = token_of(vocabulary, word, carrier)
        if found is None or found in kept:
            left_out.append(word)
        else:
            kept[found] = word
    if len(kept) < at_least:
        named = ", ".join(left_out[:_MOST_NAMED]) + (" …" if len(left_out) > _MOST_NAMED else "")
        raise NoTargetError(
            f"This tokenizer writes {len(kept)} of {len(words)} {kind} as one token each, and {at_least} are needed; "
            f"left out: {named}."
        )
    return Choice(tuple(kept.values()), tuple(left_out))


def token_of(vocabulary: Vocabulary, word: str, carrier: str = _CARRIER) -> int | None:
    """The token that is this word in the carrier; None where it is several, unknown, or one with its neighbours."""
    before, _, after = carrier.partition("{}")
    start, end = len(before), len(before) + len(word)
    covering = [
        token for token in reader_of(vocabulary)(before + word + after) if token.start < end and token.end > start
    ]
    # A token may carry the blank before its word, and nothing else of what stands around it.
    is_alone = len(covering) == 1 and covering[0].end <= end and not before[covering[0].start :].strip()
    return covering[0].id if is_alone and covering[0].id not in vocabulary.special_ids else None
