"""Rare-words heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import Definition, detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.prompts.rarity import N_COMMON, RarestTokens, another_uncommon_token, places_of, rarest_tokens
from ingest.prompts.words import text_of


def two_rarest(batch: PromptBatch) -> RelationalTargets:
    """Attention to the rarest or the second rarest token that the query can see; the null model is any other key."""
    found = _found(batch)
    keys = torch.cat([places_of(found.rarest, batch), places_of(found.second, batch)], dim=-1)
    return RelationalTargets(torch.where(found.is_counted.unsqueeze(-1), keys, NO_KEY))


@detector(
    version=1,
    tier=Tier.V1,
    metric="rarest_token_mass",
    paper="1905.09418",
    prompts=natural_text,
    null=another_uncommon_token,
    no_behaviour=(
        "No causal arm: its source prunes such heads in a translation model and names no function of a next token "
        "in decoders."
    ),
    definitions={"two_rarest_tokens_mass": Definition(two_rarest)},
)
def rare_words(batch: PromptBatch) -> RelationalTargets:
    """Attention to the rarest token that the query can see, wherever it stands.

    How rare a token is says its rank in the documentation text of Python, counted with the language model's own
    tokenizer. A query counts when the rarest token before it is outside the 500 most frequent, another such token lies
    before it, and it holds neither of the two itself. The null model is another of those uncommon tokens, so that a
    head that prefers content words to function words does not pass for one that picks the rarest.

    Returns:
        For each counted query all places of the rarest token. Uniform attention scores the mean of their number over
        the counted queries, divided by pos + 1.

    Raises:
        NoTargetError: No tokenizer, or no prompt holds two tokens outside the 500 most frequent.

    Source:
        Voita et al. 2019, ACL P19-1580 (arXiv:1905.09418), rare words: in how many sentences the largest attention
        falls on the least frequent token, or on one of the two least frequent, in the first layer of an encoder and
        over sentences whose rarest token is outside the top 500. Here it is mean mass, in decoders, and the rarest
        token so far, since later ones are not visible. Their line was not re-read and none is quoted.
    """
    found = _found(batch)
    return RelationalTargets(torch.where(found.is_counted.unsqueeze(-1), places_of(found.rarest, batch), NO_KEY))


def _found(batch: PromptBatch) -> RarestTokens:
    text = text_of(batch)
    found = rarest_tokens(text)
    if not found.is_counted.any():
        raise NoTargetError(
            f"No query sees two different tokens outside the {N_COMMON} most frequent: the vocabulary of "
            f"{text.vocabulary.size} tokens or the prompts of {batch.tokens.shape[1]} are too small."
        )
    return found
