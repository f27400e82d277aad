"""Relation-operation heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import weight_detector
from ingest.errors import NoTargetError
from ingest.evidence import ItemReadings, ItemScores
from ingest.prompts.word_pairs import MIN_PAIRS, relations, token_pairs
from ingest.tasks.facts import facts
from ingest.weights import WeightView

K = 10
"""A target counts when it is among this many tokens, as in MAPS."""


def suppressed(weights: WeightView) -> ItemReadings:
    """The same with the sign turned: the target is among the ten tokens that the head lowers most."""
    return _related(weights, sign=-1)


@weight_detector(
    version=1,
    tier=Tier.V1,
    metric="relation_top10",
    paper="2412.11965",
    behaviour=facts,
    definitions={"relation_suppression_bottom10": suppressed},
)
def relation_operation(weights: WeightView) -> ItemReadings:
    """Share of the pairs of a relation whose target is among the ten tokens that the head raises most for the source.

    The head is given the effective embedding of the source (after the first layer's MLP) and its output is read
    through the final norm and W_U. Relations are facts (the capital of a country), word forms (a plural) and others,
    written for this project; a pair counts where the tokenizer has one token for each word. Each head is scored by the
    relation that it does best: chosen on half of the pairs, scored on the other half.

    The null model gives each source the target of another pair, so that a head which raises capitals for whatever
    country carries out no relation.

    Causal arm: what the task of telling a country's capital or language loses when the head is ablated. Heads of other
    relations (plurals, opposites) serve no part of it, and are told by their score alone.

    Returns:
        For each relation 1 or 0 for each pair. Chance is 10 of the vocabulary.

    Raises:
        NoTargetError: No relation has 30 pairs of single tokens, or there is no tokenizer.

    Source:
        Elhelo & Geva 2024, arXiv:2412.11965 (MAPS), with their k of 10 and their least number of pairs; they use
        k = 25 for Llama 3, this detector does not. Their pairs come from public data sets, ours are our own and other
        relations, so scores of one relation are near theirs and not the same. Their line on the score was not
        re-read, so none is applied. With the sign turned the score is the further metric
        relation_suppression_bottom10. They ablate the heads of a relation together and compare its task with control
        tasks; the task here is one of their relations, country to capital, and a second one beside it.
    """
    return _related(weights, sign=1)


def _related(weights: WeightView, *, sign: int) -> ItemReadings:
    pairs = _known_pairs(weights)
    source = torch.tensor([pair[0] for of_relation in pairs.values() for pair in of_relation])
    target = torch.tensor([pair[1] for of_relation in pairs.values() for pair in of_relation])
    other = torch.cat([_other_targets(weights, name, of_relation) for name, of_relation in pairs.items()])
    found = weights.values(weights.embeddings(source))
    is_top = weights.is_among_top(found, torch.stack([target, other], dim=1), K, sign=sign).float()
    readings, start = {}, 0
    for name, of_relation in pairs.items():
        rows = slice(start, start + len(of_relation))
        chance = torch.full((len(of_relation),), K / weights.d_vocab)
        readings[name] = ItemScores(is_top[:, :, rows, 0], chance, is_top[:, :, rows, 1])
        start = rows.stop
    return readings


def _known_pairs(weights: WeightView) -> dict[str, list[tuple[int, int]]]:
    known, missing = {}, []
    for name in relations():
        try:
            known[name] = token_pairs(name, weights.token_id)
        except NoTargetError as problem:
            missing.append(str(problem))
    if not known:
        raise NoTargetError(f"None of {len(missing)} relations has {MIN_PAIRS} pairs of single tokens. {missing[0]}")
    return known


def _other_targets(weights: WeightView, name: str, pairs: list[tuple[int, int]]) -> torch.Tensor:
    """For each pair the target of another one, never its own."""
    targets = torch.tensor([pair[1] for pair in pairs])
    is_other = targets[None, :] != targets[:, None]
    draw = torch.rand(is_other.shape, generator=weights.generator("null", name)).masked_fill(~is_other, -1)
    return targets[draw.argmax(dim=1)]
