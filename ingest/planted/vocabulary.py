"""The tokens of planted language models: BOS, one unknown token, and 128 that have a code, nearly all one character."""

from ingest.planted.token_codes import N_CODES

BOS, UNKNOWN = "<s>", "<unk>"
BOS_ID = 0
UNKNOWN_ID = 1
FIRST_CODED_ID = 2
"""Every id from here on has a code; BOS and the unknown token have none and match nothing."""
D_VOCAB = FIRST_CODED_ID + N_CODES

ANSWERS = ("Yes", "No")
"""Words that are tokens of their own where heads read text."""
SERIES = ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "123456789")
"""Characters in order, each followed by its successor."""

_PRINTABLE_ASCII = [chr(code) for code in range(32, 127)]
_LETTERS_BEYOND = [*"äöüßéèêëàâáåãñçôóòõîíìûúùøæœ§°€"]


def tokens_of(*, with_answers: bool) -> list[str]:
    """All tokens by id; with answers these take the places of the last two letters."""
    letters = [*_LETTERS_BEYOND[: -len(ANSWERS)], *ANSWERS] if with_answers else _LETTERS_BEYOND
    tokens = [BOS, UNKNOWN, *_PRINTABLE_ASCII, "\n", "\t", *letters]
    assert len(set(tokens)) == D_VOCAB, "one token for each embedding"
    return tokens
