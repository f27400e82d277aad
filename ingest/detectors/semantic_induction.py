"""Semantic induction heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import Definition, direct_logit_detector
from ingest.errors import NoTargetError
from ingest.evidence import Evidence
from ingest.measure import NO_KEY, LogitTargets, RelationalTargets
from ingest.metrics.related_word import related_word
from ingest.prompts.batch import PromptBatch
from ingest.prompts.related_words import RelatedWords, related_words


def another_related_word(targets: LogitTargets, batch: PromptBatch, generator: torch.Generator) -> LogitTargets:
    """The word that is related in the same way to another word: the capital of another country."""
    assert isinstance(batch, RelatedWords), "related words come from their own family of prompts"
    return LogitTargets(batch.other_tail, targets.is_counted, targets.sign)


def attention_to_head_word(batch: RelatedWords) -> RelationalTargets:
    """Attention from the place where the related word comes next to the word that it is related to."""
    return RelationalTargets(torch.where(batch.is_asked, batch.head_word, NO_KEY).unsqueeze(-1))


@direct_logit_detector(
    version=1,
    tier=Tier.V1,
    metric="related_token_raised",
    paper="2402.13055",
    prompts=related_words,
    null=another_related_word,
    behaviour=related_word,
    definitions={"related_word_mass": Definition(attention_to_head_word, Evidence.PATTERN)},
)
def semantic_induction(batch: RelatedWords) -> LogitTargets:
    """How far a head raises the word related to an earlier word of the sentence, where that word would come next.

    Short sentences end in a word related to one that they name: a capital to its country, an opposite, a plural. At
    the token before it the head's direct contribution to the logits is read, z W_O through the final norm and W_U:
    every attended word takes part with the attention that the head gives it. No prompt asks for a word that it has
    already named, so that copying does not help.

    The null model is a word related in the same way to another word: a head that raises capitals wherever a country
    is named raises the other capital as well.

    Causal arm: what the related word loses against words related to others when the head is ablated.

    Returns:
        For each sentence the related word. Chance is 0.5: half of the vocabulary is raised less.

    Raises:
        NoTargetError: The prompts are too short for a whole sentence.

    Source:
        Ren et al. 2024, arXiv:2402.13055. Their relation index looks at the attended head token alone: what its OV
        output does to the tail, weighted by attention, on dependency parses and on triples of AGENDA. Here the whole
        output of the head counts, in which the head token has the weight of its attention; relations and sentences are
        our own; and the score is a rank, not a difference of logits. The paper's line was not re-read, so none is
        applied. Attention to the head token is the further metric related_word_mass. The function is the one that the
        paper defines the type by, raising the tail where the head token is attended to; they ablate nothing.
    """
    if not batch.is_asked.any():
        raise NoTargetError(f"Prompts of {batch.tokens.shape[1]} tokens hold no whole sentence: use 24 or more.")
    return LogitTargets(batch.tail, batch.is_asked)
