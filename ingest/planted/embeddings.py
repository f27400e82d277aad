"""Vocabulary of planted language models, their embeddings and unembedding."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingest.planted.marks import marks_of
from ingest.planted.position_code import CONTEXT_LENGTH, PositionCode
from ingest.planted.residual import CODE_NORM, D_MODEL, POSITION_AMPLITUDE, Residual
from ingest.planted.token_codes import N_CODES, Codes, token_codes
from ingest.planted.vocabulary import BOS_ID, D_VOCAB, FIRST_CODED_ID, tokens_of

# The final norm leaves an induction head's code at about 0.9 CODE_NORM: the predicted token then gets 14 nats, and
# others a quarter of that at most.
LOGIT_GAIN = 4.0


@dataclass(frozen=True)
class Embeddings:
    """Matrices at both ends of the residual stream."""

    W_E: Float[np.ndarray, "d_vocab d_model"]
    W_pos: Float[np.ndarray, "pos d_model"] | None
    """None where positions live in the rotation of queries and keys."""
    W_U: Float[np.ndarray, "d_vocab d_model"]
    """Transposed, as it is stored."""


def draw_codes(rng: np.random.Generator) -> Codes:
    """Draw which token has which code; BOS and the unknown token have none."""
    codes = np.zeros((D_VOCAB, token_codes().shape[1]))
    codes[FIRST_CODED_ID:] = token_codes()[rng.permutation(N_CODES)]
    return codes


def embeddings(residual: Residual, position: PositionCode, codes: Codes) -> Embeddings:
    """Write the matrices."""
    constant = np.full((D_VOCAB, 1), residual.constant_norm)
    constant[BOS_ID] = 0.0
    W_E = CODE_NORM * codes @ residual.block("token") + constant @ residual.block("constant")
    if residual.has_marks:
        W_E += marks_of(tokens_of(with_answers=True)) @ residual.block("marks")
    W_E[BOS_ID] = residual.bos_norm * residual.block("bos")[0]
    W_U = LOGIT_GAIN * codes @ residual.block("output")
    return Embeddings(W_E, _position_embeddings(residual, position) if residual.has_positions else None, W_U)


def _position_embeddings(residual: Residual, position: PositionCode) -> Float[np.ndarray, "pos d_model"]:
    angles = np.outer(np.arange(CONTEXT_LENGTH), position.frequencies)
    W_pos = POSITION_AMPLITUDE * np.concatenate([np.cos(angles), np.sin(angles)], axis=1) @ residual.block("position")
    # BOS stands at position 0 and is told by its mark alone: no head that looks for a distance meets it by chance.
    W_pos[0] = 0.0
    assert W_pos.shape == (CONTEXT_LENGTH, D_MODEL)
    return W_pos
