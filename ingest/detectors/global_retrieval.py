"""Global retrieval heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import NO_KEY, RelationalTargets
from ingest.metrics.needle_writing import needle_writing
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import all_earlier_copies
from ingest.prompts.four_times import four_times
from ingest.prompts.windows import spread_evenly


def echo(batch: PromptBatch) -> RelationalTargets:
    """All earlier occurrences of the same token."""
    copies = all_earlier_copies(batch)
    is_counted = spread_evenly((copies != NO_KEY).any(dim=-1))
    if not is_counted.any():
        raise NoTargetError("No token of the prompts repeats, so there is nothing to retrieve.")
    return RelationalTargets(torch.where(is_counted[..., None], copies, NO_KEY))


def following(batch: PromptBatch) -> RelationalTargets:
    """The tokens that followed all earlier occurrences of the same token."""
    copies = echo(batch).keys
    return RelationalTargets(torch.where(copies == NO_KEY, NO_KEY, copies + 1))


@detector(
    version=1,
    tier=Tier.V1,
    metric="global_retrieval_mass",
    paper="2407.15891",
    prompts=four_times,
    behaviour=needle_writing,
    definitions={"global_echo_mass": echo, "global_induction_mass": following},
)
def global_retrieval(batch: PromptBatch) -> dict[str, RelationalTargets]:
    """Attention to all earlier copies of a token (echo), or to all that followed them (induction), near and far.

    Random tokens are said four times, so that up to three copies compete. The scan selects echo or induction for each
    head on one half of the prompts and scores it on the other half; both are kept as definitions of their own. At most
    64 repeated tokens of a prompt count.

    Causal arm: what the writing of needles loses when the head is ablated.

    Returns:
        For each counted query the keys of both readings. Uniform attention scores the mean of the number of earlier
        copies over pos + 1: 0.01 at 257 tokens.

    Raises:
        NoTargetError: No token repeats.

    Source:
        Tang et al. 2024, arXiv:2407.15891 (RazorAttention), echo and induction heads on random tokens said several
        times; they keep the cache of a share of the heads, the best by each score. A share ranks the heads of one model
        and draws no line on a head; its numbers were not re-read in the paper, so no rule is quoted. Their prompts are
        about 2,500 tokens long. The function: a needle in a haystack is still found when these heads keep all
        tokens in the cache and the others do not.
    """
    return {"echo": echo(batch), "induction": following(batch)}
