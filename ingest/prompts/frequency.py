"""How often each token of a vocabulary occurs in English text: its rank, from the built-in documentation text."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pydoc_data.topics import topics

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.prompts.batch import Vocabulary


def token_ranks(vocabulary: Vocabulary) -> Int[Tensor, " id"]:
    """Rank of every token by frequency, the most frequent first.

    Tokens that occur alike are ordered by id: vocabularies list what they merged first, and so saw most, first. All
    tokens that the text does not hold come last in the same order.
    """
    assert vocabulary.encode is not None, "only text is counted, and text needs a tokenizer"
    return _ranks(vocabulary.encode, vocabulary.size)


# A scan asks several times, and counting reads half a million characters. What opens a prompt changes no count.
@lru_cache(maxsize=2)
def _ranks(encode: Callable[[str], list[int]], size: int) -> Int[Tensor, " id"]:
    counts: Counter[int] = Counter()
    for name in sorted(topics):
        counts.update(encode(" ".join(topics[name].split())))
    order = sorted(range(size), key=lambda i: (-counts[i], i))
    ranks = torch.empty(size, dtype=torch.long)
    ranks[torch.tensor(order)] = torch.arange(size)
    return ranks
