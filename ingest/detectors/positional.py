"""Positional heads at an offset of two or more; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.baselines import neighbouring_keys
from ingest.detector import PublishedRule, detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets, previous_positions
from ingest.prompts.batch import PromptBatch
from ingest.prompts.random_tokens import random_tokens

OFFSETS = range(2, 9)

VOITA = PublishedRule(
    threshold=0.9,
    text="the largest attention falls on one relative position for at least 90 % of the tokens",
    source="Voita et al. 2019, ACL P19-1580, positional heads of encoders",
    is_applicable=False,
    why_not=(
        "it counts the tokens whose largest weight lies at the offset, and this score is mean attention mass there; "
        "neither implies the other"
    ),
)


@detector(
    version=1,
    tier=Tier.V1,
    metric="fixed_offset_mass",
    paper="1905.09418",
    prompts=random_tokens,
    rule=VOITA,
    null=neighbouring_keys,
    no_behaviour=(
        "No causal arm: its source prunes such heads in a translation model and names no function of a next token "
        "in decoders."
    ),
)
def positional(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Attention to the key a fixed number of positions before the query.

    Offsets 2 to 8 are tried; offset 1 is the type `previous_token`. The scan selects the best offset of each head on
    one half of the prompts and scores it on the other half, so that the choice does not lift the score. Queries that
    could not reach every offset and its neighbours short of BOS do not count: all offsets share their queries and
    their chance level.

    A head that merely attends nearby gives some offset much mass too. The null model is therefore the two
    neighbouring offsets: a positional head gives its own offset more than those.

    Returns:
        For each offset the key that far before every counted query. Uniform attention scores the mean of
        1 / (pos + 1) over the counted queries.

    Raises:
        NoTargetError: The prompts are too short for the longest offset.

    Source:
        Voita et al. 2019, ACL P19-1580 (arXiv:1905.09418), positional heads. Theirs is the share of tokens whose
        largest weight lies at the offset, in encoders and at offsets −1 and +1; this is mean mass, in decoders.
        Their line is therefore quoted but not applied.
    """
    n_prompts, n_pos = batch.tokens.shape
    place = batch.is_real.cumsum(dim=-1) - 1  # from zero at the first real token
    is_counted = batch.is_real & (place > OFFSETS[-1] + int(batch.has_bos))
    if not is_counted.any():
        raise NoTargetError(
            f"Prompts of {n_pos} tokens are too short for offset {OFFSETS[-1]}: use {OFFSETS[-1] + 3} or more."
        )
    return {
        f"offset_{k}": RelationalTargets(
            torch.where(is_counted, previous_positions(n_pos, offset=k).expand(n_prompts, n_pos), NO_KEY).unsqueeze(-1)
        )
        for k in OFFSETS
    }
