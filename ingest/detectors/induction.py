"""Induction heads; the rule of the type is in the docstring of the detector.

The score has several definitions in use, which give one head different numbers. Those that a pass over prompts can
compute stand here beside the primary one, each with its own metric.
"""

import torch

from catalog.vocabulary import Tier
from ingest.detector import Definition, PublishedRule, detector
from ingest.errors import NoTargetError
from ingest.evidence import Evidence
from ingest.measure import NO_KEY, LogitTargets, RelationalTargets
from ingest.metrics.copy_continuation import copy_continuation
from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import all_earlier_copies, latest_earlier_copy, token_after_latest_copy
from ingest.prompts.natural_text import natural_text
from ingest.prompts.repeated_random_tokens import four_times_repeated_tokens, repeated_random_tokens

HEADVIS_FLOOR = 0.01

ARENA = PublishedRule(
    threshold=0.4,
    text="mean attention to the token after the earlier copy of at least 0.4",
    source=(
        "ARENA 2.0, exercises on induction heads: teaching code, which calls its line somewhat "
        "arbitrary; Olsson et al. 2022 find a continuum and draw none"
    ),
)


def all_copies(batch: PromptBatch) -> RelationalTargets:
    """Attention to what followed any earlier occurrence, summed; source: amazon-science/llm-interpret."""
    copies = all_earlier_copies(batch)
    return _counting(RelationalTargets(torch.where(copies == NO_KEY, NO_KEY, copies + 1)))


def latest_copy(batch: PromptBatch) -> RelationalTargets:
    """Attention to what followed the latest earlier occurrence alone."""
    latest = latest_earlier_copy(batch)
    # What follows an earlier copy lies at most at the query itself (a token said twice in a row), never after it.
    return _counting(RelationalTargets(torch.where(latest == NO_KEY, NO_KEY, latest + 1).unsqueeze(-1)))


def all_copies_above_floor(batch: PromptBatch) -> RelationalTargets:
    """As `all_copies`, attention to a single key below 0.01 adding nothing; source: HeadVis on Neuronpedia."""
    return RelationalTargets(all_copies(batch).keys, floor=HEADVIS_FLOOR)


def share_of_all_attention(batch: PromptBatch) -> RelationalTargets:
    """As `all_copies`, over all queries instead of the repeated ones; source: TransformerLens, head_detector."""
    return RelationalTargets(all_copies(batch).keys, counted=batch.is_real)


def one_offset(batch: PromptBatch) -> RelationalTargets:
    """Mean of the diagonal at segment length minus one; source: ARENA 2.0.

    The diagonal starts two queries before the repetition, where there is nothing to copy yet; the source counts them,
    and so does this.
    """
    latest = latest_copy(batch).keys.squeeze(-1)
    position = torch.arange(batch.tokens.shape[1])
    is_copy = latest != NO_KEY
    # From the query back to what followed its copy; one number for each prompt, since its segment is said twice.
    offset = torch.where(is_copy, position - latest, 0).amax(dim=1, keepdim=True)
    first = torch.where(is_copy, position, batch.tokens.shape[1]).amin(dim=1, keepdim=True)
    keys = position - offset
    is_counted = batch.is_real & is_copy.any(dim=1, keepdim=True) & (position >= first - 2) & (keys >= 0)
    is_counted &= batch.is_real.gather(1, keys.clamp(min=0))
    return RelationalTargets(torch.where(is_counted, keys, NO_KEY).unsqueeze(-1))


def raised(batch: PromptBatch) -> LogitTargets:
    """Copying: whether the head's own output raises the token that followed the latest copy."""
    return token_after_latest_copy(batch, sign=1)


@detector(
    version=1,
    tier=Tier.V1,
    metric="induction_mass_latest_copy",
    paper="2209.11895",
    prompts=repeated_random_tokens,
    rule=ARENA,
    behaviour=copy_continuation,
    definitions={
        "induction_mass_all_copies": Definition(all_copies, prompts=four_times_repeated_tokens),
        "induction_mass_one_offset": Definition(one_offset, rule=ARENA),
        "induction_share_of_all_attention": share_of_all_attention,
        "induction_mass_natural_text": Definition(all_copies_above_floor, prompts=natural_text),
        "induction_mass_natural_text_latest": Definition(latest_copy, prompts=natural_text),
        "induction_token_raised": Definition(raised, Evidence.DIRECT_LOGIT),
    },
)
def induction(batch: PromptBatch) -> RelationalTargets:
    """Attention from a repeated token to what followed its latest earlier occurrence.

    Queries whose token has not occurred before do not count. Random tokens leave no other reason to attend there.

    Causal arm: what the language model loses of the continuation of copies (the logit of what followed the latest copy
    above those of the other repeated tokens) when the head is ablated.

    Returns:
        For each counted query the one key that an induction head attends to. Uniform attention scores the mean of
        1 / (pos + 1) over the counted queries.

    Raises:
        NoTargetError: No token repeats.

    Source:
        Olsson et al. 2022, arXiv:2209.11895, prefix matching. The paper sums over all earlier repeats of 25 tokens
        said four times; this metric counts the latest one, and its prompts say a segment twice. Five further
        definitions of the attention are measured beside it: the sum over all repeats, one offset, the share of all
        attention, and two on ordinary text. Copying is a sixth, induction_token_raised: by rank, and of the head's
        whole output, where Olsson et al. and Crosbie & Shutova 2024, arXiv:2407.07011, take the share of positive
        logits that goes to the attended token.
    """
    return latest_copy(batch)


def _counting(targets: RelationalTargets) -> RelationalTargets:
    if not targets.is_counted.any():
        raise NoTargetError("No token of the prompts repeats, so nothing followed an earlier copy.")
    return targets
