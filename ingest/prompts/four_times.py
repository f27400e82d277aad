"""Random tokens said four times: several copies of each token, near and far."""

import torch
from jaxtyping import Int
from torch import Tensor

from ingest.errors import NoTargetError
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary, body_length, unpadded

N_TIMES = 4
_SHORTEST_SEGMENT = 2


def make(vocabulary: Vocabulary, n_prompts: int, length: int, seed: int) -> PromptBatch:
    """BOS where there is one, some distinct tokens, then a segment of distinct random tokens four times.

    Segments differ in length from prompt to prompt by up to a quarter, so that no fixed distance finds the copies; the
    tokens in front fill the prompts up.

    Raises:
        NoTargetError: The vocabulary or the length is too small for a segment.
        PromptError: There is nothing to make.
    """
    room = body_length(vocabulary, n_prompts, length, at_least=2)
    if room < N_TIMES * _SHORTEST_SEGMENT:
        raise NoTargetError(
            f"A segment of {_SHORTEST_SEGMENT} tokens said {N_TIMES} times needs {N_TIMES * _SHORTEST_SEGMENT} tokens, "
            f"and prompts of {length} hold {room} beside BOS: ask for longer prompts."
        )
    ids = vocabulary.ordinary_ids
    longest = min(room // N_TIMES, len(ids))
    if longest < _SHORTEST_SEGMENT:
        raise NoTargetError(
            f"The vocabulary holds {len(ids)} ordinary tokens, and a segment said {N_TIMES} times needs "
            f"{_SHORTEST_SEGMENT} different ones."
        )
    generator = torch.Generator().manual_seed(seed)
    total = min(room, N_TIMES * longest)
    return unpadded([_row(ids, longest, total, generator) for _ in range(n_prompts)], vocabulary)


def _row(ids: Int[Tensor, " id"], longest: int, total: int, generator: torch.Generator) -> Int[Tensor, " pos"]:
    order = ids[torch.randperm(len(ids), generator=generator)]
    # The tokens in front must differ from the segment's: segment + (total − 4 segments) ids, no more than there are.
    shortest = max(longest - longest // 4, -(-(total - len(ids)) // (N_TIMES - 1)))
    segment = int(torch.randint(min(shortest, longest), longest + 1, (1,), generator=generator))
    front = total - N_TIMES * segment
    return torch.cat([order[segment : segment + front], order[:segment].repeat(N_TIMES)])


four_times = PromptFamily(
    name="four_times",
    make=make,
    description="BOS where there is one, then distinct random tokens, a segment of which is said four times",
    default_length=257,
)
