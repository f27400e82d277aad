"""Random tokens said again, over the whole vocabulary: nothing but the repetition can be predicted.

A third of the sequences are short segments said again and again, a third segments of any length, and a third chunks of
a few tokens in any order. Where one long segment comes twice, all of its tokens but the first few can be told by the
token some fixed distance back, whichever distance; a small language model does it that way, and no head of it attends
to the previous token. In short segments only near tokens help, and behind the first token of a chunk only that token.
"""

import random
from collections.abc import Sequence

from ingest.reference.documents import Document

_CHUNKS = (2, 2, 3, 4, 6, 12)
"""Longest chunk of a sequence, drawn for each."""
_SHORT, _MEDIUM = 20, (24, 48)
"""Tokens at most: of short sequences, and, with the whole context, what is drawn from for others."""
_SHORTEST = 8
_NEW = 0.45
"""Share of the chunks that are said for the first time."""


def document(generator: random.Random, ids: Sequence[int], bos_id: int, context: int) -> Document:
    """BOS and one sequence of any of the three kinds."""
    kind = generator.randrange(3)
    longest = _SHORT if kind == 0 else generator.choice((*_MEDIUM, context))
    return (segments, segments, chunks)[kind](generator, ids, bos_id, longest)


def chunks(generator: random.Random, ids: Sequence[int], bos_id: int, longest: int) -> Document:
    """BOS, then chunks of tokens, some of which come again; only what is said again counts.

    No token belongs to two chunks. The first token of a chunk said again comes as a surprise and does not count.
    """
    length = generator.randint(_SHORTEST, longest - 1)
    longest_chunk = generator.choice(_CHUNKS)
    unused = generator.sample(ids, length)
    said: list[list[int]] = []
    tokens, weights = [bos_id], [0.0]
    while len(tokens) <= length:
        if not said or generator.random() < _NEW:
            size = generator.randint(2, longest_chunk)
            chunk, unused = unused[:size], unused[size:]
            said.append(chunk)
            weights += [0.0] * len(chunk)
        else:
            chunk = generator.choice(said)
            weights += [0.0] + [1.0] * (len(chunk) - 1)
        tokens += chunk
    return Document(tokens[: length + 1], weights[: length + 1])


def segments(generator: random.Random, ids: Sequence[int], bos_id: int, longest: int) -> Document:
    """BOS, tokens that are said once, then one segment two to four times; only what is said again counts.

    Lengths differ, so that no fixed distance finds the copy.
    """
    times = generator.choice((2, 2, 2, 3, 4))
    room = generator.randint(max(_SHORTEST, 2 * times), longest - 1)
    segment = generator.randint(2, room // times)
    lead_in = generator.randint(0, room - times * segment)
    drawn = generator.sample(ids, lead_in + segment)
    again = drawn[lead_in:] * (times - 1)
    weights = [0.0] * (1 + len(drawn)) + [0.0] + [1.0] * (len(again) - 1)
    return Document([bos_id, *drawn, *again], weights)
