"""Negative heads; the rule of the type is in the docstring of the detector."""

from collections.abc import Mapping

import torch
from jaxtyping import Bool
from torch import Tensor

from catalog.vocabulary import Tier
from ingest.detector import Definition, detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, Measurement, RelationalTargets, Targets
from ingest.metrics.negative_answer import negative_answer
from ingest.metrics.negative_attention_score import log_ratio_sum
from ingest.prompts.batch import PromptBatch
from ingest.prompts.yes_no import YesNoBatch, yes_no


def on_yes(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """The word Yes of the same instruction, for the same queries."""
    assert isinstance(batch, YesNoBatch), "made for questions"
    return _keys(batch.is_yes, targets.is_counted)


def query_by_query(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Attention to No and to Yes, for each query by itself: of sums over queries no logarithm could be taken.

    A query is named after its distance from the end of its prompt, since instructions differ in length.
    """
    is_counted = negative.targets(batch).is_counted
    assert isinstance(batch, YesNoBatch), "or there were no targets"
    to_end = batch.is_real.flip(1).cumsum(dim=1).flip(1) - 1
    readings: dict[str, RelationalTargets] = {}
    for distance in range(int(to_end[is_counted].max()) + 1):
        is_query = is_counted & (to_end == distance)
        readings |= {f"no_{distance}": _keys(batch.is_no, is_query), f"yes_{distance}": _keys(batch.is_yes, is_query)}
    return readings


def with_words_exchanged(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """Yes in place of No, and No in place of Yes: the score of a head that tells them apart changes its sign."""
    assert isinstance(batch, YesNoBatch), "made for questions"
    assert isinstance(targets, RelationalTargets), "each query has the tokens of one word"
    on_no = _keys(batch.is_no, targets.is_counted)
    return _keys(batch.is_yes, targets.is_counted) if torch.equal(on_no.keys, targets.keys) else on_no


def log_ratio(measured: Mapping[str, Measurement]) -> Mapping[str, Measurement]:
    """The negative attention score of each prompt."""
    no = [name for name in measured if name.startswith("no_")]
    yes = [name.replace("no_", "yes_") for name in no]
    return {"negative": log_ratio_sum([measured[name] for name in yes], [measured[name] for name in no])}


@detector(
    version=1,
    tier=Tier.V1,
    metric="no_token_mass",
    paper="2408.00137",
    prompts=yes_no,
    null=on_yes,
    behaviour=negative_answer,
    definitions={"negative_attention_score": Definition(query_by_query, null=with_words_exchanged, combine=log_ratio)},
)
def negative(batch: PromptBatch) -> RelationalTargets:
    """Attention to the word No of an instruction that offers Yes and No, from all tokens after both.

    Which of the two comes first is balanced over the prompts, as is which one is right. The null model is the attention
    of the same head to Yes: a head that looks at both offers alike, or at the later one, is no negative head.

    Causal arm: what the lead of No over Yes loses when the head is ablated, on questions to which both are right
    equally often. A language model without that bias has no effects.

    Returns:
        For each query after both words the tokens of No. Uniform attention scores the mean over the counted queries of
        the number of its tokens, divided by pos + 1.

    Raises:
        NoTargetError: The prompts are no questions of this kind.

    Source:
        Yu et al. 2024, arXiv:2408.00137, negative attention score: the sum over queries of attention to Yes and No
        together, times the logarithm of the ratio of No to Yes. That sum has no range, grows with the number of
        queries, and is undefined where a weight is 0; it is measured as a definition of its own, from the same queries
        (`negative_attention_score`). Here the same two masses are compared without a logarithm. Their cut was not
        re-read and none is quoted; the questions and instructions are ours. That these heads lead to answering No: the
        same paper, whose fine-tuning of such heads alone lessens the bias.
    """
    if not isinstance(batch, YesNoBatch):
        raise NoTargetError("Only questions that name Yes and No show which of the two a head attends to.")
    is_offer = batch.is_yes | batch.is_no
    n_offered = is_offer.cumsum(dim=1)
    is_after = batch.is_real & ~is_offer & (n_offered == n_offered[:, -1:]) & (n_offered > 0)
    targets = _keys(batch.is_no, is_after)
    if not targets.is_counted.any():
        raise NoTargetError("No token follows the words Yes and No in these prompts.")
    return targets


def _keys(is_key: Bool[Tensor, "batch pos"], is_counted: Bool[Tensor, "batch pos"]) -> RelationalTargets:
    widest = max(1, int(is_key.sum(dim=1).max()))
    order = (~is_key).long().argsort(dim=1, stable=True)[:, :widest]  # the keys first, in order
    keys = torch.where(is_key.gather(1, order), order, NO_KEY)
    return RelationalTargets(torch.where(is_counted.unsqueeze(-1), keys.unsqueeze(1), NO_KEY))
