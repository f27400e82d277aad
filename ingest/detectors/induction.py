"""Induction heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import PublishedRule, detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import latest_earlier_copy
from ingest.prompts.repeated_random_tokens import repeated_random_tokens

ARENA = PublishedRule(
    threshold=0.4,
    text="mean attention to the token after the earlier copy of at least 0.4",
    source=(
        "ARENA 2.0, exercises on induction heads: teaching code, which calls its line somewhat "
        "arbitrary; Olsson et al. 2022 find a continuum and draw none"
    ),
)


@detector(
    version=1,
    tier=Tier.V1,
    metric="induction_mass_latest_copy",
    paper="2209.11895",
    prompts=repeated_random_tokens,
    rule=ARENA,
)
def induction(batch: PromptBatch) -> RelationalTargets:
    """Attention from a repeated token to what followed its latest earlier occurrence.

    Queries whose token has not occurred before do not count. Random tokens leave no other reason to attend there.

    Returns:
        For each counted query the one key that an induction head attends to. Uniform attention scores the mean of
        1 / (pos + 1) over the counted queries.

    Raises:
        NoTargetError: No token repeats.

    Source:
        Olsson et al. 2022, arXiv:2209.11895, prefix matching. The paper sums over all earlier repeats of 25 tokens
        said four times; this metric counts the latest one, and its prompts say a segment twice. Whether the head also
        raises the attended token (copying) is not measured here.
    """
    latest = latest_earlier_copy(batch)
    # What follows an earlier copy lies at most at the query itself (a token said twice in a row), never after it.
    targets = RelationalTargets(torch.where(latest == NO_KEY, NO_KEY, latest + 1).unsqueeze(-1))
    if not targets.is_counted.any():
        raise NoTargetError("No token of the prompts repeats, so nothing followed an earlier copy.")
    return targets
