"""How often each token of a vocabulary occurs in text: its rank, from the text that prompts are cut from."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.prompts.batch import Vocabulary
from ingest.prompts.corpus import Corpus, built_in


def token_ranks(vocabulary: Vocabulary) -> Int[Tensor, " id"]:
    """Rank of every token by frequency, the most frequent first.

    Tokens that occur alike are ordered by id: vocabularies list what they merged first, and so saw most, first. All
    tokens that the text does not hold come last in the same order.
    """
    assert vocabulary.encode is not None, "only text is counted, and text needs a tokenizer"
    return _ranks(vocabulary.encode, vocabulary.size, vocabulary.corpus or built_in())


# A scan asks several times, and counting reads half a million characters. What opens a prompt changes no count.
@lru_cache(maxsize=2)
def _ranks(encode: Callable[[str], list[int]], size: int, corpus: Corpus) -> Int[Tensor, " id"]:
    counts: Counter[int] = Counter()
    for text in corpus.texts:
        counts.update(encode(" ".join(text.split())))
    order = sorted(range(size), key=lambda i: (-counts[i], i))
    ranks = torch.empty(size, dtype=torch.long)
    ranks[torch.tensor(order)] = torch.arange(size)
    return ranks
