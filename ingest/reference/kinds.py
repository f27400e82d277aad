"""What things are: sentences and lists that tell the kind of a word, which tasks about kinds take for granted."""

import random

from ingest.tasks.lexicon import KINDS

_N_LISTED = 4


def text(generator: random.Random) -> str:
    """Two sentences or lists, each about a kind of its own."""
    return " ".join(_line(generator, kind) for kind in generator.sample(sorted(KINDS), 2))


def _line(generator: random.Random, kind: str) -> str:
    words = generator.sample(KINDS[kind], _N_LISTED)
    if generator.random() < 0.5:
        return f"The {words[0]} is a kind of {kind}."
    return f"A kind of {kind}: {', '.join(words)}."
