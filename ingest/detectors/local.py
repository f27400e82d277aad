"""Local heads; the rule of the type is in the docstring of the detector."""

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.errors import NoTargetError
from ingest.measure import RelationalTargets
from ingest.prompts.batch import PromptBatch
from ingest.prompts.natural_text import natural_text
from ingest.prompts.windows import queries_from, window_before

BAND = 2
"""Positions to either side in Pande et al. 2021; a decoder sees those behind."""
WINDOW, FIRST = 8, 4
"""Of the wider definition: recent tokens, and first tokens that its window must not reach. As in `streaming`."""


def recent_window(batch: PromptBatch) -> RelationalTargets:
    """The last eight tokens up to each query: locality as caches of constant size see it."""
    is_counted = queries_from(batch, first_place=WINDOW + FIRST)
    if not is_counted.any():
        raise NoTargetError(
            f"A window of {WINDOW} tokens clear of the first {FIRST} needs prompts of {WINDOW + FIRST + 1} tokens or "
            f"more, not of {batch.tokens.shape[1]}."
        )
    return RelationalTargets(window_before(is_counted, WINDOW))


@detector(
    version=1,
    tier=Tier.V1,
    metric="local_band_mass",
    paper="2101.09115",
    prompts=natural_text,
    no_behaviour="No causal arm: its source describes where such heads look and names no function of the output.",
    definitions={"recent_window_mass": recent_window},
)
def local(batch: PromptBatch) -> RelationalTargets:
    """Attention to the two tokens before the query and to the query itself.

    Queries whose band would reach the first token do not count, so that attention to BOS is no local attention. Of the
    others at most 64 count, spread evenly over the prompt. Previous-token and diagonal heads are local heads by this
    definition.

    Returns:
        For each counted query the last three tokens up to itself. Uniform attention scores the mean of 3 / (pos + 1)
        over the counted queries: 0.14 at 64 tokens.

    Raises:
        NoTargetError: The prompts are not longer than the band.

    Source:
        Pande et al. 2021, arXiv:2101.09115, local heads of BERT: a band of two positions to either side, of which a
        decoder has the half behind. They ask, head by head, whether the mean attention in the band exceeds its share
        of the positions (p < 0.05), which our own rule does against chance and null model; no line on the mass itself
        is drawn.
    """
    is_counted = queries_from(batch, first_place=BAND + 1)
    if not is_counted.any():
        raise NoTargetError(
            f"A band of {BAND} tokens before the query needs prompts of {BAND + 2} tokens or more, not of "
            f"{batch.tokens.shape[1]}."
        )
    return RelationalTargets(window_before(is_counted, BAND + 1))
