"""Copying heads by their weights; the rule of the type is in the docstring of the detector."""

import torch

from catalog.vocabulary import Tier
from ingest.detector import Definition, weight_detector
from ingest.errors import NoTargetError
from ingest.evidence import Evidence, ItemScores
from ingest.metrics.copy_continuation import copy_continuation
from ingest.weights import WeightView

K = 3
"""A token counts when it is among this many: itself beside its spellings with another case or blank."""
N_TOKENS = 256
N_PARTS, TOKENS_OF_PART = 4, 256
# Fewer eigenvalues than this are no average.
FEWEST_OF_PART = 8


def eigenvalues(weights: WeightView) -> ItemScores:
    """How far the eigenvalues of the OV circuit are positive: (1 + Σ λ / Σ |λ|) / 2, on parts of the vocabulary.

    The circuit from tokens to tokens, W_E W_V W_O W_U, is cut down to 4 random parts of 256 tokens, each its own item.
    Positive eigenvalues mean that tokens raise themselves. The null model shuffles which token is which on the output
    side.
    """
    sample = weights.sample_tokens(N_PARTS * TOKENS_OF_PART, "eigenvalues")
    if len(sample) < N_PARTS * FEWEST_OF_PART:
        raise NoTargetError(f"The vocabulary holds {len(sample)} tokens; {N_PARTS * FEWEST_OF_PART} are needed.")
    values, nulls = [], []
    for part in range(N_PARTS):
        ids = sample[part::N_PARTS]
        order = torch.randperm(len(ids), generator=weights.generator("null", "eigenvalues", str(part)))
        found = weights.values(weights.embeddings(ids))
        values.append(weights.positive_eigenvalues(found, ids))
        nulls.append(weights.positive_eigenvalues(found, ids[order]))
    value, null = torch.stack(values, dim=-1), torch.stack(nulls, dim=-1)
    return ItemScores(value, torch.full((N_PARTS,), 0.5), null)


@weight_detector(
    version=1,
    tier=Tier.V1,
    metric="ov_copying_top3",
    paper="2412.11965",
    behaviour=copy_continuation,
    definitions={"ov_copying_eigenvalues": Definition(eigenvalues, Evidence.WEIGHTS)},
)
def copying(weights: WeightView) -> ItemScores:
    """Share of tokens that are among the three tokens which the head raises most when it attends to them.

    256 ordinary tokens of the vocabulary, drawn with the scan's seed. The head is given the effective embedding of the
    token (after the first layer's MLP) and its output is read through the final norm and W_U. Says what the head would
    write if it attended there, and not where it attends.

    The null model asks the same of another token of the sample.

    Causal arm: what the continuation of copies loses when the head is ablated, since a token is copied there.

    Returns:
        1 or 0 for each token. Chance is 3 of the vocabulary.

    Source:
        Elhelo & Geva 2024, arXiv:2412.11965, copying as one of their relations, for which they use k = 1 and k = 3;
        Olsson et al. 2022, arXiv:2209.11895, for the eigenvalues of the OV circuit, here the further metric
        ov_copying_eigenvalues. Neither line was re-read, so none is applied. Wang et al. 2022, arXiv:2211.00593, count
        names among the top five and report above 95 % for name movers. That copying OV circuits serve learning in
        context: Elhage et al. 2021, A Mathematical Framework for Transformer Circuits, copying and primitive in-context
        learning, and induction heads, whose second half is a copying OV circuit.
    """
    ids = weights.sample_tokens(N_TOKENS, "copying")
    other = ids.roll(1)
    found = weights.values(weights.embeddings(ids))
    is_top = weights.is_among_top(found, torch.stack([ids, other], dim=1), K).float()
    return ItemScores(is_top[..., 0], torch.full((len(ids),), K / weights.d_vocab), is_top[..., 1])
