"""Subword-merge heads; the rule of the type is in the docstring of the detector."""

import torch
from jaxtyping import Bool
from torch import Tensor

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets, Targets, previous_positions
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.prompts.words import text_of


def at_first_pieces(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> RelationalTargets:
    """The token before the first piece of each word, in the prompts that count."""
    is_counted = targets.is_counted.any(dim=1, keepdim=True)
    return _previous(text_of(batch).begins_word & is_counted, batch)


@detector(
    version=1,
    tier=Tier.V1,
    metric="subword_merge_mass",
    paper="2403.00824",
    prompts=natural_text,
    null=at_first_pieces,
)
def subword_merge(batch: PromptBatch) -> RelationalTargets:
    """Attention to the token before, from the further pieces of a word that the tokenizer has split.

    A word is an unbroken run of letters and digits, and the token before a further piece belongs to the same word. The
    null model is the attention of the same head to the token before where the query is the first piece of a word:
    previous-token heads, and heads that look at what is near or at blanks, give it as much. The token after BOS does
    not count. A prompt without both kinds of query is left out.

    Returns:
        For each further piece the key one position before it. Uniform attention scores the mean of 1 / (pos + 1) over
        the counted queries.

    Raises:
        NoTargetError: No tokenizer that tells pieces of a word apart, or no word of the prompts is split.

    Source:
        Ferrando & Voita 2024, arXiv:2403.00824, and Correia et al. 2019, ACL D19-1223: heads that merge subwords. The
        former count edges that contribute more than 1 % by position in the word; here attention mass is compared. They
        draw no line on it. That the difference, and not the mass, is the evidence follows the chance correction of
        the attention-head atlas (zenodo 21205389), in whose 410M model many heads seem to merge subwords and do not.
    """
    text = text_of(batch)
    has_both = text.continues_word.any(dim=1, keepdim=True) & _has_previous(text.begins_word, batch)
    targets = _previous(text.continues_word & has_both, batch)
    if not targets.is_counted.any():
        raise NoTargetError(
            f"None of the {len(batch.tokens)} prompts of {batch.tokens.shape[1]} tokens holds both a word in several "
            "pieces and the first piece of another: the tokenizer does not split words, or the prompts are too short."
        )
    return targets


def _previous(is_query: Bool[Tensor, "batch pos"], batch: PromptBatch) -> RelationalTargets:
    keys = previous_positions(batch.tokens.shape[1], offset=1).expand_as(batch.tokens)
    return RelationalTargets(torch.where(_is_reached(is_query, batch), keys, NO_KEY).unsqueeze(-1))


def _is_reached(is_query: Bool[Tensor, "batch pos"], batch: PromptBatch) -> Bool[Tensor, "batch pos"]:
    """Queries with a token of the text before them."""
    is_text = batch.is_real & ~batch.is_bos
    return is_query & torch.nn.functional.pad(is_text, (1, 0))[:, :-1]


def _has_previous(is_query: Bool[Tensor, "batch pos"], batch: PromptBatch) -> Bool[Tensor, "batch 1"]:
    return _is_reached(is_query, batch).any(dim=1, keepdim=True)
