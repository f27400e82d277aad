"""Nested brackets with letters between them: each closing bracket must be of the kind that was opened last."""

import random

PAIRS = {"(": ")", "[": "]", "{": "}"}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DEEPEST = 4
_LONGEST = 24


def text(generator: random.Random) -> str:
    """Signs with blanks between them; all that was opened is closed."""
    written: list[str] = []
    pending: list[str] = []
    for _ in range(generator.randint(8, _LONGEST)):
        draw = generator.random()
        if draw < 0.35 and len(pending) < _DEEPEST:
            pending.append(generator.choice(sorted(PAIRS)))
            written.append(pending[-1])
        elif draw < 0.65 and pending:
            written.append(PAIRS[pending.pop()])
        else:
            written.append(generator.choice(_LETTERS))
    return " ".join([*written, *(PAIRS[opened] for opened in reversed(pending))])
