"""Random tokens without repetition: position is all there is to attend by."""

import torch

from ingest.errors import PromptError
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary, body_length, unpadded


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> PromptBatch:
    """BOS where there is one, then random tokens.

    Tokens are drawn without replacement where the vocabulary is large enough, so that no head can attend by
    repetition; otherwise one shuffled vocabulary follows another.

    Raises:
        PromptError: The vocabulary or the length is too small.
    """
    room = body_length(vocabulary, n_prompts, length, at_least=2)
    ids = vocabulary.ordinary_ids
    if len(ids) < 2:
        raise PromptError(f"The vocabulary holds {len(ids)} ordinary tokens, and random prompts need at least 2.")
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for _ in range(n_prompts):
        n_rounds = -(-room // len(ids))
        order = torch.cat([torch.randperm(len(ids), generator=generator) for _ in range(n_rounds)])
        rows.append(ids[order[:room]])
    return unpadded(rows, vocabulary)


random_tokens = PromptFamily(
    name="random_tokens",
    make=make,
    description="BOS where there is one, then distinct random tokens",
    default_length=64,
)
