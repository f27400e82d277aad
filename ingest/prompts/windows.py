"""Windows of keys before a query, and the queries that are late enough to have one."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.measure import NO_KEY
from ingest.prompts.batch import PromptBatch

# What is counted costs a dot product for each of its keys. So many queries of a prompt, spread evenly over it, tell as
# much as all of them: neighbouring queries see nearly the same keys.
MOST_QUERIES = 64


def place(batch: PromptBatch) -> Int[Tensor, "batch pos"]:
    """Number of real tokens before each one in its prompt; meaningless on padding."""
    return batch.is_real.cumsum(dim=-1) - 1


def queries_from(batch: PromptBatch, first_place: int, at_most: int = MOST_QUERIES) -> Bool[Tensor, "batch pos"]:
    """Real queries with at least `first_place` tokens before them; where there are many, some at even distances."""
    return spread_evenly(batch.is_real & (place(batch) >= first_place), at_most)


def spread_evenly(is_query: Bool[Tensor, "batch pos"], at_most: int = MOST_QUERIES) -> Bool[Tensor, "batch pos"]:
    """At most so many of a prompt's queries, at even distances; all of them where they are few."""
    n_queries = is_query.sum(dim=-1, keepdim=True)
    n_kept = n_queries.clamp(max=at_most)
    rank = is_query.cumsum(dim=-1) - 1
    # The r-th query is kept where r * n_kept / n_queries reaches another whole number: n_kept times in all.
    step = (rank + 1) * n_kept // n_queries.clamp(min=1) > rank * n_kept // n_queries.clamp(min=1)
    return is_query & step


def on_grid(batch: PromptBatch, at_most: int = MOST_QUERIES) -> Bool[Tensor, "batch pos"]:
    """At most so many places of the longest prompt at even distances, the same in every prompt.

    Masses on many keys are products of whole rows; rows that all prompts share are computed once for all of them.
    """
    longest = int(batch.is_real.sum(dim=-1).max())
    return batch.is_real & (place(batch) % -(-longest // at_most) == 0)


def window_before(is_counted: Bool[Tensor, "batch pos"], width: int) -> Int[Tensor, "batch pos key"]:
    """The last `width` positions of each counted query, the query itself last; NO_KEY for all other queries.

    Every counted query must have so many real tokens up to itself.
    """
    n_pos = is_counted.shape[1]
    keys = torch.arange(n_pos)[:, None] + torch.arange(1 - width, 1)
    return torch.where(is_counted[..., None], keys, NO_KEY)
