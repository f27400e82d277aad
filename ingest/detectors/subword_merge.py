"""Subword-merge heads; the rule of the type is in the docstring of the detector."""

from collections.abc import Mapping

import torch
from jaxtyping import Bool
from torch import Tensor

from catalog.vocabulary import Tier
from ingest.detector import Definition, detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, Measurement, RelationalTargets, previous_positions
from ingest.prompts.batch import PromptBatch
from ingest.prompts.contrast import contrast
from ingest.prompts.natural_text import natural_text
from ingest.prompts.words import text_of


def beyond_first_pieces(measured: Mapping[str, Measurement]) -> Mapping[str, Measurement]:
    """Mass from further pieces less mass from first ones."""
    return {"subword_merge": contrast(measured["further_pieces"], measured["first_pieces"])}


def further_pieces(batch: PromptBatch) -> RelationalTargets:
    """Attention to the token before from further pieces alone: what previous-token heads have as well."""
    return subword_merge.targets(batch)["further_pieces"]


@detector(
    version=1,
    tier=Tier.V1,
    metric="subword_merge_difference",
    paper="2403.00824",
    prompts=natural_text,
    combine=beyond_first_pieces,
    no_behaviour=(
        "No causal arm: merging the pieces of a word is what its sources see in attention; what the output loses "
        "without it, they do not say."
    ),
    definitions={"subword_merge_mass": Definition(further_pieces)},
)
def subword_merge(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Attention to the token before, from the further pieces of a word more than from the first pieces of words.

    A word is an unbroken run of letters and digits that the tokenizer may split; the token before a further piece
    belongs to the same word, the token before a first piece does not. The score is the difference of the two mean
    masses: previous-token heads, and heads that look at what is near or at blanks, have both and score about 0. The
    token after BOS does not count, nor does a prompt without both kinds of query.

    Returns:
        For each further piece, and for each first piece, the key one position before it. Uniform attention scores
        about 0.

    Raises:
        NoTargetError: No tokenizer that tells pieces of a word apart, or no word of the prompts is split.

    Source:
        Ferrando & Voita 2024, arXiv:2403.00824, and Correia et al. 2019, ACL D19-1223: heads that merge subwords. The
        former count edges that contribute more than 1 % by position in the word; here attention mass is compared. They
        draw no line on it. That the difference, and not the mass, is the evidence follows the chance correction of
        the attention-head atlas (zenodo 21205389), in whose 410M model many heads seem to merge subwords and do not.
    """
    text = text_of(batch)
    readings = {
        "further_pieces": _previous(text.continues_word, batch),
        "first_pieces": _previous(text.begins_word, batch),
    }
    has_both = torch.stack([each.is_counted.any(dim=1) for each in readings.values()]).all(dim=0)
    if not has_both.any():
        raise NoTargetError(
            f"None of the {len(batch.tokens)} prompts of {batch.tokens.shape[1]} tokens holds both a word in several "
            "pieces and the first piece of another: the tokenizer does not split words, or the prompts are too short."
        )
    return {
        name: RelationalTargets(torch.where(has_both[:, None, None], each.keys, NO_KEY))
        for name, each in readings.items()
    }


def _previous(is_query: Bool[Tensor, "batch pos"], batch: PromptBatch) -> RelationalTargets:
    """The token of the text before each query that has one."""
    keys = previous_positions(batch.tokens.shape[1], offset=1).expand_as(batch.tokens)
    is_text = batch.is_real & ~batch.is_bos
    is_reached = is_query & torch.nn.functional.pad(is_text, (1, 0))[:, :-1]
    return RelationalTargets(torch.where(is_reached, keys, NO_KEY).unsqueeze(-1))
