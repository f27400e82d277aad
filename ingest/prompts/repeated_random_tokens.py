"""Random tokens said again: what a head that looks for repetition sees without any help from meaning."""

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import NoTargetError, PromptError
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary, body_length, unpadded

# Below this a segment is so short that "the token after the last copy" and "a fixed distance back" are one thing
# for every prompt, and a positional head would pass for an induction head.
_SHORTEST_SEGMENT = 4


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> PromptBatch:
    """BOS where there is one, then a segment of distinct random tokens, then the same segment again.

    Tokens are drawn without replacement, so that each has exactly one earlier copy. Where the vocabulary is too small
    for that, the segment is as long as the vocabulary allows. Segments differ in length from prompt to prompt by up to
    a quarter, the rest being filled with further distinct tokens in front: with one length for all, a head that
    attends a fixed distance back could not be told from one that looks for the copy.

    Raises:
        PromptError: The vocabulary or the length is too small for any repeated segment.
    """
    return _make(vocabulary, n_prompts, length, seed, n_times=2)


def make_four_times(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> PromptBatch:
    """The same with the segment said four times, so that a token has up to three earlier copies.

    Raises:
        NoTargetError: The vocabulary or the length is too small; prompts that say it twice may still do.
    """
    try:
        return _make(vocabulary, n_prompts, length, seed, n_times=4)
    except PromptError as problem:
        raise NoTargetError(str(problem)) from problem


def _make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int, n_times: int) -> PromptBatch:
    room = body_length(vocabulary, n_prompts, length, at_least=n_times * _SHORTEST_SEGMENT)
    ids = vocabulary.ordinary_ids
    if len(ids) < _SHORTEST_SEGMENT:
        raise PromptError(
            f"The vocabulary holds {len(ids)} ordinary tokens, and a repeated segment needs {_SHORTEST_SEGMENT} "
            "different ones: the detectors of repetition cannot run on this language model."
        )
    generator = torch.Generator().manual_seed(seed)
    longest = min(room // n_times, len(ids))
    # All prompts have one length; a shorter segment leaves its missing tokens to the lead-in before it.
    total = min(room, n_times * longest)
    rows = [_row(ids, longest, total, n_times, generator) for _ in range(n_prompts)]
    return unpadded(rows, vocabulary)


def _row(
    ids: Int[Tensor, " id"], longest: int, total: int, n_times: int, generator: torch.Generator
) -> Int[Tensor, " pos"]:
    order = ids[torch.randperm(len(ids), generator=generator)]
    shortest = max(_SHORTEST_SEGMENT, longest - longest // 4)
    # A lead-in needs tokens that the segment does not use: segment + lead-in = total - (n_times - 1) * segment ids.
    shortest = min(longest, max(shortest, -(-(total - len(ids)) // (n_times - 1))))
    segment = int(torch.randint(shortest, longest + 1, (1,), generator=generator))
    lead_in = total - n_times * segment
    return torch.cat([order[segment : segment + lead_in], order[:segment].repeat(n_times)])


repeated_random_tokens = PromptFamily(
    name="repeated_random_tokens",
    make=make,
    description="BOS where there is one, then distinct random tokens, a segment of which is said twice",
    # BOS and 2 × 50, as is common for induction scores (Crosbie & Shutova 2024 use 50-token segments).
    default_length=101,
)

four_times_repeated_tokens = PromptFamily(
    name="four_times_repeated_tokens",
    make=make_four_times,
    description="BOS where there is one, then distinct random tokens, a segment of which is said four times",
    # BOS and 4 × 50, as Crosbie & Shutova 2024.
    default_length=201,
)
