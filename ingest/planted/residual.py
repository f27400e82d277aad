"""Layout of the residual stream: which directions hold what, and the basis that hides it.

A residual vector is a set of blocks, each on its own directions:

    token      code of this token                      written by the embedding
    position   cosines and sines of the position       written by the position embedding; GPT-2 only
    constant   the same for every token except BOS     written by the embedding
    bos        BOS and nothing else                    written by the embedding
    previous   code of the token before                written by the previous-token head, read as a key
    output     code of the predicted token             written by the induction head, read by the unembedding
    scratch    what the other heads write              read by nobody

and where heads read text:

    marks         what the character is: a letter, a blank …   written by the embedding
    marks_before  the same of the character before             written by the previous-token head
    line          code of the first character of the line      written by the line finder
    topic         code of the latest capital                   written by the topic finder

The directions are columns of a Hadamard matrix other than the first, all-ones one: orthonormal, and each with mean
zero, so LayerNorm has no mean to subtract. All embeddings have the same norm, so neither LayerNorm nor RMSNorm changes
them.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingest.planted.marks import N_MARK_DIRECTIONS, marks_norm
from ingest.planted.position_code import N_FREQUENCIES
from ingest.planted.token_codes import D_CODE, hadamard

D_MODEL = 256

_WIDTHS = {
    "token": D_CODE,
    "position": 2 * N_FREQUENCIES,
    "constant": 1,
    "bos": 1,
    "previous": D_CODE,
    "output": D_CODE,
    "scratch": D_CODE,
    "marks": N_MARK_DIRECTIONS,
    "marks_before": N_MARK_DIRECTIONS,
    "line": D_CODE,
    "topic": D_CODE,
}

CODE_NORM = 4.0
"""Length of a token code in the token, previous and output blocks."""
POSITION_AMPLITUDE = 2.0
"""Length of each frequency's cosine and sine."""

Directions = Float[np.ndarray, "width d_model"]


@dataclass(frozen=True)
class Residual:
    """Directions of the blocks for one seed and scheme."""

    basis: Float[np.ndarray, "direction d_model"]
    has_positions: bool
    """Whether positions are embedded (GPT-2) or live in the rotation of queries and keys (Llama)."""
    has_marks: bool = False
    """Whether tokens carry marks, which only heads that read text need."""

    def block(self, name: str) -> Directions:
        """Orthonormal directions of a block, one a row."""
        start = 0
        for block, width in _WIDTHS.items():
            if block == name:
                return self.basis[start : start + width]
            start += width
        raise KeyError(name)

    @property
    def constant_norm(self) -> float:
        """Length of the constant: what token and position leave of sqrt(d_model), which normalisation keeps as is."""
        spent = CODE_NORM**2 + (N_FREQUENCIES * POSITION_AMPLITUDE**2 if self.has_positions else 0.0)
        spent += marks_norm() ** 2 if self.has_marks else 0.0
        return float(np.sqrt(D_MODEL - spent))

    @property
    def bos_norm(self) -> float:
        """Length of the mark of BOS, which has neither code, constant nor position."""
        return float(np.sqrt(D_MODEL))


def draw_residual(rng: np.random.Generator, *, has_positions: bool, has_marks: bool = False) -> Residual:
    """Choose which Hadamard columns serve as directions, in which order, with which signs and coordinates."""
    columns = hadamard(D_MODEL).T[1:] / np.sqrt(D_MODEL)
    columns = columns[rng.permutation(D_MODEL - 1)] * rng.choice([-1.0, 1.0], size=(D_MODEL - 1, 1))
    return Residual(basis=columns[:, rng.permutation(D_MODEL)], has_positions=has_positions, has_marks=has_marks)
