"""Successor heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import PublishedRule, weight_detector
from ingest.errors import NoTargetError
from ingest.evidence import ItemScores
from ingest.prompts.word_pairs import MIN_PAIRS, series
from ingest.tasks.ordinal_succession import ordinal_succession
from ingest.weights import WeightView

GOULD = PublishedRule(
    threshold=0.5,
    text="the successor out-ranks the other tokens of its class for more than half of the tokens",
    source="Gould et al. 2023, arXiv:2312.09230",
)
# Below three members "the next one" and "the other one" are the same.
_FEWEST_MEMBERS = 3


@weight_detector(
    version=1,
    tier=Tier.V1,
    metric="successor_in_class",
    paper="2312.09230",
    rule=GOULD,
    behaviour=ordinal_succession,
)
def successor(weights: WeightView) -> ItemScores:
    """Share of the tokens of ordered series whose successor the head raises above all other tokens of the series.

    Eight series: numbers to 100, number words, ordinal words, weekdays and months with their abbreviations, letters.
    The head is given the effective embedding of a member (after the first layer's MLP) and its output is read through
    the final norm and W_U, at the tokens of the series alone. Members are those that the tokenizer has one token for;
    the last of a series, and one whose successor is no single token, do not count.

    The null model asks whether another member, drawn at random, is above all others.

    Causal arm: what the task of counting a series on loses when the head is ablated.

    Returns:
        1 or 0 for each token. Chance is 1 / (members of its series).

    Raises:
        NoTargetError: Fewer than 30 tokens have a successor, or there is no tokenizer.

    Source:
        Gould et al. 2023, arXiv:2312.09230: W_U W_OV MLP0(W_E), eight classes. Their list of 1,041 tokens holds
        spellings with and without blank and capital; ours has one of each, so the share is near theirs and not the
        same. They report Pythia-1.4B L12H0 at eight times the runner-up, and no such head in GPT-2 Large. On ordinary
        text they find the head important for the loss where a series is counted on.
    """
    classes = [_members(weights, words) for words in series().values()]
    items = [(members, place) for members in classes for place in _with_successor(members)]
    if len(items) < MIN_PAIRS:
        raise NoTargetError(
            f"The tokenizer has one token each for {len(items)} members of ordered series and their successors, and "
            f"{MIN_PAIRS} are needed."
        )
    n_choices = max(len(members) for members, _ in items)
    choices = torch.tensor([_padded(_ids(members), n_choices) for members, _ in items])
    is_member = torch.arange(n_choices) < torch.tensor([len(members) for members, _ in items])[:, None]
    sources = torch.tensor([members[place][1] for members, place in items])
    logits = weights.logits(weights.values(weights.embeddings(sources)), choices)
    logits = logits.masked_fill(~is_member, -torch.inf)
    goal = torch.tensor([place + 1 for _, place in items])
    is_other = is_member & (torch.arange(n_choices) != goal[:, None])
    is_other &= torch.arange(n_choices) != goal[:, None] - 1
    draw = torch.rand(is_other.shape, generator=weights.generator("null", "successor")).masked_fill(~is_other, -1)
    chance = 1 / is_member.sum(dim=1).float()
    return ItemScores(_is_above(logits, goal), chance, _is_above(logits, draw.argmax(dim=1)))


def _members(weights: WeightView, words: list[str]) -> list[tuple[int, int]]:
    """Place in the series and token of each member that is one token; none where they are too few to rank."""
    tokens = [(place, weights.token_id(word)) for place, word in enumerate(words)]
    members = [(place, token) for place, token in tokens if token is not None]
    return members if len(members) >= _FEWEST_MEMBERS else []


def _with_successor(members: list[tuple[int, int]]) -> list[int]:
    return [i for i in range(len(members) - 1) if members[i + 1][0] == members[i][0] + 1]


def _ids(members: list[tuple[int, int]]) -> list[int]:
    return [token for _, token in members]


def _padded(ids: list[int], length: int) -> list[int]:
    return ids + ids[:1] * (length - len(ids))


def _is_above(logits: torch.Tensor, goal: torch.Tensor) -> torch.Tensor:
    """Whether the goal is above all other choices; a head that raises all alike has none above."""
    index = goal.expand(logits.shape[:-1])[..., None]
    of_goal = logits.gather(-1, index)
    return ((logits >= of_goal).sum(dim=-1) == 1).float()
