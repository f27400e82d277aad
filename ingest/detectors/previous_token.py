"""Previous-token heads; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import PublishedRule, detector
from ingest.measure import NO_KEY, RelationalTargets, previous_positions
from ingest.metrics.copy_continuation import copy_continuation
from ingest.prompts.batch import PromptBatch
from ingest.prompts.random_tokens import random_tokens

ARENA = PublishedRule(
    threshold=0.4,
    text="mean attention to the previous token of at least 0.4",
    source=(
        "ARENA 2.0, exercises on induction heads: teaching code, which calls its line somewhat "
        "arbitrary; no paper draws one"
    ),
)


def share_of_all_attention(batch: PromptBatch) -> RelationalTargets:
    """The subdiagonal's share of all attention, BOS and the first query among it; source: TransformerLens."""
    keys = previous_positions(batch.tokens.shape[1], offset=1).expand_as(batch.tokens)
    has_previous = batch.is_real & ~batch.is_first & (keys != NO_KEY)
    return RelationalTargets(torch.where(has_previous, keys, NO_KEY).unsqueeze(-1), counted=batch.is_real)


@detector(
    version=1,
    tier=Tier.V1,
    metric="previous_token_mass",
    paper="2209.11895",
    prompts=random_tokens,
    rule=ARENA,
    behaviour=copy_continuation,
    definitions={"previous_token_share_of_all_attention": share_of_all_attention},
)
def previous_token(batch: PromptBatch) -> RelationalTargets:
    """Attention from each token to the one right before it.

    On random tokens without repetition, so that neither common word pairs nor earlier copies can stand in for the
    position. The first token has nothing before it and does not count. Where a prompt opens with BOS, the token after
    BOS does not count either: attention to BOS is what `attention_sink` measures.

    Causal arm: what the continuation of copies loses when the head is ablated. Induction heads find the earlier copy by
    what previous-token heads have written into their keys.

    Returns:
        For each counted query the key one position before it. Uniform attention scores the mean of 1 / (pos + 1)
        over the counted queries.

    Source:
        Olsson et al. 2022, arXiv:2209.11895, "previous token heads": average attention to the preceding token. The
        paper draws no line; the rule quoted is that of teaching code and is shown as such. That these heads serve
        induction, by composition with its keys: the same paper, and Elhage et al. 2021, A Mathematical Framework for
        Transformer Circuits, on induction heads; in the circuit of Wang et al. 2022, arXiv:2211.00593, they do so too.
    """
    n_prompts, n_pos = batch.tokens.shape
    keys = previous_positions(n_pos, offset=1).expand(n_prompts, n_pos)
    is_counted = batch.is_real & (keys != NO_KEY) & ~batch.is_first & ~batch.is_bos.gather(1, keys.clamp(min=0))
    return RelationalTargets(torch.where(is_counted, keys, NO_KEY).unsqueeze(-1))
