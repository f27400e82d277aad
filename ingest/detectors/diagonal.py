"""Diagonal (current-token) heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.baselines import neighbouring_keys
from ingest.detector import PublishedRule, detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.prompts.windows import place

ARENA = PublishedRule(
    threshold=0.4,
    text="mean attention to the current token of at least 0.4",
    source=(
        "ARENA 2.0, exercises on induction heads: teaching code, which calls its line somewhat "
        "arbitrary; no paper draws one"
    ),
)


@detector(
    version=1,
    tier=Tier.V1,
    metric="current_token_mass",
    paper="2410.06205",
    prompts=natural_text,
    rule=ARENA,
    null=neighbouring_keys,
    no_behaviour="No causal arm: its source shows where such heads look and names no function of the output.",
)
def diagonal(batch: PromptBatch) -> RelationalTargets:
    """Attention from each token to itself.

    The first two tokens do not count: the first sees nothing but itself, and the one before the second is the first
    token, which many heads attend to for other reasons.

    A head that merely attends nearby gives the query itself much mass, too. The null model is therefore the token
    before: a diagonal head gives the query itself more than that.

    Returns:
        For each counted query the query itself. Uniform attention scores the mean of 1 / (pos + 1) over the counted
        queries.

    Raises:
        NoTargetError: No prompt has a third token.

    Source:
        Barbero et al. 2024, arXiv:2410.06205, diagonal heads, which they show and do not measure; the score is the
        mean of the diagonal, as ARENA 2.0 computes it for its "current token heads". ARENA's mean includes the first
        token, whose attention to itself is always 1.
    """
    is_counted = batch.is_real & (place(batch) >= 2)
    if not is_counted.any():
        raise NoTargetError("Attention to the token itself is counted from the third token on: use longer prompts.")
    queries = torch.arange(batch.tokens.shape[1]).expand_as(batch.tokens)
    return RelationalTargets(torch.where(is_counted, queries, NO_KEY).unsqueeze(-1))
