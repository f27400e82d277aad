"""How a head finds the token k places back: a sum of cosines that peaks at one distance.

With a query turned back by k, both schemes give the attention logit sum_f w_f cos(theta_f (distance − k)): GPT-2
because its position embeddings hold the cosines and sines of the position, Llama because rotary embeddings turn the
query against the key. The logit is sum_f w_f at distance k and must be clearly less everywhere else.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

CONTEXT_LENGTH = 512
ROPE_BASE = 1e8
"""Large, so that the 17 slowest of 32 rotary pairs turn by less than 0.1 in the whole context and may hold codes."""
N_FREQUENCIES = 15

Weights = Float[np.ndarray, " frequency"]


@dataclass(frozen=True)
class PositionCode:
    """Frequencies of one scheme, and the weights that a head gives them."""

    frequencies: Weights
    """Radians per position."""
    sharp: Weights
    """Weights of a head that attends to one distance; they sum to 1."""
    broad: Weights
    """Weights of a head that attends to the neighbourhood of one distance; the broadest falls off over the context."""
    recent: Weights
    """Weights whose sum falls steadily with the distance, over 250 positions and more."""

    @property
    def gap(self) -> float:
        """By how much the sharp sum at its peak exceeds the sum at any other distance of the context."""
        return 1.0 - float(self._off_peak().max())

    @property
    def depth(self) -> float:
        """How far below zero the sharp sum falls."""
        return -float(self._off_peak().min())

    def recent_at(self, distance: int) -> float:
        """What the recent weights give a key at a distance."""
        return float(np.cos(distance * self.frequencies) @ self.recent)

    def _off_peak(self) -> Float[np.ndarray, " distance"]:
        distances = np.arange(1, CONTEXT_LENGTH)  # cosines are even, so negative distances say nothing more
        return np.cos(np.outer(distances, self.frequencies)) @ self.sharp


# The largest turn of each broad frequency covers the next one's period, so no second neighbourhood appears.
_BROAD_FREQUENCIES = 10.0 ** np.array([-0.5, -1.0, -1.5, -2.0])
_BROAD_WEIGHTS = np.array([1.0, 3.0, 3.0, 9.0])
# The slowest falls until 314 and is flat near 0; a quarter of the next one makes up for that and lifts nothing beyond.
_RECENT_WEIGHTS = np.array([0.0, 0.0, 0.25, 1.0])


def learned_position_code() -> PositionCode:
    """Frequencies for position embeddings, which are free to choose.

    The first eleven are multiples of 2π/1024, the best of 60,000 random draws for (1 + depth) / gap.
    """
    sharp = np.array([85, 142, 222, 229, 235, 284, 310, 326, 396, 448, 492])
    return PositionCode(
        frequencies=np.concatenate([sharp * 2 * np.pi / 1024, _BROAD_FREQUENCIES]),
        sharp=np.concatenate([np.full(11, 1 / 11), np.zeros(4)]),
        broad=np.concatenate([np.zeros(11), _BROAD_WEIGHTS]),
        recent=np.concatenate([np.zeros(11), _RECENT_WEIGHTS]),
    )


def rotary_position_code() -> PositionCode:
    """The fifteen fastest frequencies of rotary embeddings with ROPE_BASE and 32 pairs: 10^(−f/4)."""
    frequencies = ROPE_BASE ** (-np.arange(N_FREQUENCIES) / 32)
    # Minimise (1 + depth) / gap: a linear program, solved once and rounded.
    sharp = np.array([206, 25, 18, 29, 15, 13, 11, 4, 19, 9, 0, 0, 0, 0, 0], dtype=float)
    broad, recent = np.zeros(N_FREQUENCIES), np.zeros(N_FREQUENCIES)
    broad[[2, 4, 6, 8]] = _BROAD_WEIGHTS
    recent[[2, 4, 6, 8]] = _RECENT_WEIGHTS
    return PositionCode(frequencies=frequencies, sharp=sharp / sharp.sum(), broad=broad, recent=recent)
