"""Recalling a related word: the behaviour that semantic induction heads serve."""

import torch

from ingest.behaviour import NO_TOKEN, Behaviour, LogitContrast
from ingest.errors import NoTargetError
from ingest.metrics.control_tokens import padded_rows, tokens_of_other_prompts
from ingest.prompts.batch import PromptBatch
from ingest.prompts.related_words import RelatedWords, related_words


def next_related_word(batch: PromptBatch) -> LogitContrast:
    """Where a related word comes next: that word, against the words of other pairs that the prompt might ask for.

    These are the words related to another word in the same way, and the answers of the prompt's other sentences.

    Raises:
        NoTargetError: The prompts are no sentences of this kind, or one of them holds no whole sentence.
    """
    if not isinstance(batch, RelatedWords) or not bool(batch.is_asked.any(dim=1).all()):
        raise NoTargetError("Only prompts of whole sentences that end in a related word ask for one.")
    others = [
        torch.unique(torch.cat([batch.tail[row][asked], batch.other_tail[row][asked]]))
        for row, asked in enumerate(batch.is_asked)
    ]
    words = torch.cat([batch.tail[batch.is_asked], batch.other_tail[batch.is_asked]])
    return LogitContrast(
        batch.is_asked, batch.tail, padded_rows(others, NO_TOKEN), tokens_of_other_prompts(batch, torch.unique(words))
    )


related_word = Behaviour(
    name="related_word",
    description="the logit of the word related to an earlier one, above that of words related to others",
    prompts=related_words,
    contrast=next_related_word,
)
