"""The rarest tokens that each query can see, and other uncommon ones to compare with."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from ingest.measure import NO_KEY, RelationalTargets, Targets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import all_earlier_copies
from ingest.prompts.frequency import token_ranks
from ingest.prompts.words import TextBatch, text_of

N_COMMON = 500
"""Tokens that are common: the number is that of Voita et al. 2019."""

_MAX_DRAWS = 16


@dataclass(frozen=True)
class RarestTokens:
    """For each query the latest place of the rarest and of the second rarest token up to it; NO_KEY where none."""

    rarest: Int[Tensor, "batch pos"]
    second: Int[Tensor, "batch pos"]
    """Of another token than the rarest."""
    is_counted: Bool[Tensor, "batch pos"]
    """Both are uncommon, and the query itself holds neither."""


def rarest_tokens(batch: TextBatch) -> RarestTokens:
    """Find them in one walk over the positions."""
    n_prompts, n_pos = batch.tokens.shape
    if batch.vocabulary.size <= N_COMMON:  # nothing is uncommon, and counting a corpus would take its time
        nothing = torch.full((n_prompts, n_pos), NO_KEY)
        return RarestTokens(nothing, nothing, torch.zeros_like(batch.is_real))
    rank = _ranks(batch)
    walked = [_running_rarest(row) for row in rank.tolist()]
    rarest, runner_up = (torch.tensor([each[at] for each in walked]) for at in range(2))
    is_other = (_ranks_at(rank, rarest) != rank) & (_ranks_at(rank, runner_up) != rank)
    is_uncommon = _ranks_at(rank, runner_up) >= N_COMMON  # so is the rarest then
    return RarestTokens(rarest, runner_up, is_uncommon & is_other & batch.is_real & ~batch.is_bos)


def _running_rarest(ranks: list[int]) -> tuple[list[int], list[int]]:
    """Up to each position the latest place of the rarest and of the second rarest token; NO_KEY where none."""
    best = second = NO_KEY
    best_rank = second_rank = NO_KEY
    rarest, runner_up = list[int](), list[int]()
    for position, rank in enumerate(ranks):
        if rank > best_rank:
            best, best_rank, second, second_rank = position, rank, best, best_rank
        elif rank == best_rank != NO_KEY:
            best = position
        elif rank >= second_rank and rank != NO_KEY:
            second, second_rank = position, rank
        rarest.append(best)
        runner_up.append(second)
    return rarest, runner_up


def places_of(latest: Int[Tensor, "batch pos"], batch: PromptBatch) -> Int[Tensor, "batch pos place"]:
    """All places of a token up to its latest one; NO_KEY fills up."""
    earlier = all_earlier_copies(batch)  # [batch, pos, copy]
    at = latest.clamp(min=0).unsqueeze(-1).expand(-1, -1, earlier.shape[-1])
    places = torch.cat([latest.unsqueeze(-1), earlier.gather(1, at)], dim=-1)
    return torch.where(latest.unsqueeze(-1) == NO_KEY, NO_KEY, places)


def another_uncommon_token(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """For every counted query another uncommon token before it, drawn at random among all but the rarest."""
    text = text_of(batch)
    assert isinstance(targets, RelationalTargets), "the rarest token is named query by query"
    rank, found = _ranks(text), rarest_tokens(text)
    is_uncommon = rank >= N_COMMON
    order = (~is_uncommon).long().argsort(dim=1, stable=True)  # uncommon places first, in order
    n_before = is_uncommon.cumsum(dim=1) - is_uncommon.long()
    key = found.second
    is_settled = torch.zeros_like(is_uncommon)
    # The second rarest stands in where sixteen draws hit none but the rarest.
    for _ in range(_MAX_DRAWS):
        drawn = order.gather(1, (torch.rand(rank.shape, generator=generator) * n_before).long())
        is_good = (n_before > 0) & (rank.gather(1, drawn) != _ranks_at(rank, found.rarest))
        key = torch.where(is_good & ~is_settled, drawn, key)
        is_settled |= is_good
    return RelationalTargets(torch.where(targets.is_counted, key, NO_KEY).unsqueeze(-1))


def _ranks(batch: TextBatch) -> Int[Tensor, "batch pos"]:
    """Rank of each token in English text; NO_KEY on BOS and padding."""
    ranks = token_ranks(batch.vocabulary)[batch.tokens]
    return torch.where(batch.is_real & ~batch.is_bos, ranks, NO_KEY)


def _ranks_at(rank: Int[Tensor, "batch pos"], place: Int[Tensor, "batch place"]) -> Int[Tensor, "batch place"]:
    return torch.where(place == NO_KEY, NO_KEY, rank.gather(1, place.clamp(min=0)))
