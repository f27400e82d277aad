"""Direct logit attribution: what each head adds to the logits by itself, with the scale of the final norm frozen.

A norm whose scale is frozen is linear, so the parts add up to the whole: heads, and all the rest together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ingest.architectures.parts import W_O, norms_after_attention
from ingest.architectures.readout import through_norm
from ingest.interventions.readout import final_norm, logit_scale, readout_weights
from ingest.interventions.recording import Recording
from ingest.interventions.writes import residual_multiplier


@dataclass(frozen=True)
class LogitAttribution:
    """A weighted sum of logits at some queries, split into what wrote it; before any soft-capping of logits."""

    heads: Float[Tensor, "layer head query"]
    """What each head adds; biases of W_O belong to no head. Counts layers that have heads."""
    rest: Float[Tensor, " query"]
    """Embeddings, MLPs and all biases."""


def attribute(
    run: Recording,
    z: Mapping[int, Float[Tensor, "query head d_head"]],
    weights: Float[Tensor, "query token"],
    token_ids: Int[Tensor, " token"] | None = None,
) -> LogitAttribution:
    """Split a weighted sum of logits at the queries of a run.

    Args:
        run: The run.
        z: z of each layer at its queries, or the part of it that is asked about.
        weights: Of the logits: 1 for the answer and −1 for the other gives their difference.
        token_ids: Tokens that the weights are for; None for the whole vocabulary.

    Raises:
        UnsupportedArchitectureError: W_O or the final norm of this family is nowhere written down.
    """
    loaded = run.run.loaded
    rows, bias = readout_weights(loaded, token_ids)
    scale = logit_scale(loaded)
    direction = weights.to(rows) @ rows * scale
    final = _FrozenNorm(final_norm(loaded), run.resid)
    found = []
    parts = zip(loaded.attention_layers, W_O(loaded), norms_after_attention(loaded), strict=True)
    with torch.no_grad():
        written = torch.zeros_like(run.resid)
        for layer, each, after in parts:
            writes = torch.einsum("qhd,hdm->hqm", z[layer], each.to(z[layer]))
            if after is not None:
                writes = _FrozenNorm(after, run.asked(run.attention_out[layer])).linear(writes)
            writes = writes.to(run.resid) * residual_multiplier(loaded)
            written += writes.sum(dim=0)
            found.append((final.linear(writes).to(direction) * direction).sum(dim=-1).cpu())
        remaining = final.linear(run.resid - written) + final.offset
        rest = (remaining.to(direction) * direction).sum(dim=-1)
        if bias is not None:
            rest = rest + weights.to(bias) @ bias * scale
    return LogitAttribution(torch.stack(found), rest.cpu())


class _FrozenNorm:
    """A norm whose scale is the one that it has for some vectors: linear, apart from its offset."""

    def __init__(self, norm: nn.Module, vectors: Float[Tensor, "query d_model"]) -> None:
        self._norm = norm
        self.offset = norm(torch.zeros_like(vectors[:1]))
        unscaled, normed = through_norm(norm, vectors), norm(vectors) - self.offset
        # Both point the same way, so that any projection gives the ratio of their lengths.
        self._scale = (normed * unscaled).sum(dim=-1) / unscaled.square().sum(dim=-1)

    def linear(self, vectors: Float[Tensor, "*head query d_model"]) -> Float[Tensor, "*head query d_model"]:
        return through_norm(self._norm, vectors) * self._scale[:, None]
