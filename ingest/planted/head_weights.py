"""Weights of attention layers from the kinds of their heads; the same for both position schemes but for `HeadDims`.

All heads of a layer look at the same keys: a key says which code it holds, where it stands and whether it is BOS, each
on its own dimensions of the head. A head's query picks among the three and so decides what the head is. Shared keys
and values are what lets several query heads use one key-value group.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ingest.planted.head_kind import HeadKind, Query
from ingest.planted.marks import BEFORE, MARK_NORM, N_MARK_DIRECTIONS, mark_number
from ingest.planted.position_code import N_FREQUENCIES, PositionCode
from ingest.planted.residual import CODE_NORM, D_MODEL, POSITION_AMPLITUDE, Residual
from ingest.planted.token_codes import D_CODE, swapping_signs

D_HEAD = 64
KEY_GAIN = np.sqrt(D_HEAD)
"""Length of a key's code, each cosine-sine pair and mark of BOS: attention divides by it, so queries are in nats."""
SCRATCH_NORM = 1.0
_MARK_VALUES = slice(D_CODE + 1, D_CODE + 1 + N_MARK_DIRECTIONS)
"""Dimensions of a value behind the code and the mark of BOS."""

ReadMatrix = Float[np.ndarray, "d_model d_head"]


@dataclass(frozen=True)
class HeadDims:
    """Which dimensions of a head hold what."""

    code: list[int]
    cosine: list[int]
    sine: list[int]
    bos: int


# Position embeddings leave the dimensions alone.
PLAIN_DIMS = HeadDims(
    code=list(range(D_CODE)),
    cosine=list(range(D_CODE, D_CODE + N_FREQUENCIES)),
    sine=list(range(D_CODE + N_FREQUENCIES, D_CODE + 2 * N_FREQUENCIES)),
    bos=D_CODE + 2 * N_FREQUENCIES,
)

# Rotary embeddings turn dimension f against f + 32 by 10^(−f/4) a position. Pairs 0 to 14 tell positions; pairs 15 to
# 30, which turn by 0.09 at most in the whole context, hold the code; pair 31, which does not move, marks BOS.
ROTARY_DIMS = HeadDims(
    code=[*range(15, 31), *range(47, 63)],
    cosine=list(range(N_FREQUENCIES)),
    sine=list(range(32, 32 + N_FREQUENCIES)),
    bos=31,
)


@dataclass(frozen=True)
class LayerWeights:
    """Weights of one attention layer for row vectors: q = x W_Q, output = z W_O."""

    W_Q: Float[np.ndarray, "head d_model d_head"]
    W_K: Float[np.ndarray, "kv_head d_model d_head"]
    W_V: Float[np.ndarray, "kv_head d_model d_head"]
    W_O: Float[np.ndarray, "head d_head d_model"]


@dataclass(frozen=True)
class HeadWriter:
    """Turns kinds of head into weights for one residual stream and one position scheme."""

    residual: Residual
    position: PositionCode
    dims: HeadDims
    rng: np.random.Generator
    successors: Float[np.ndarray, "d_code d_code"] | None = None
    """Takes the code of a letter or digit to that of the next one; None where no head of the model writes it."""

    def layer(self, kinds: list[HeadKind], *, sharpness: float, n_kv_heads: int, code_of_keys: str) -> LayerWeights:
        """Weights of a layer; `code_of_keys` is the block whose code keys hold: token, or previous in later layers."""
        queries = [kind.query(self.position, sharpness) for kind in kinds]
        return LayerWeights(
            W_Q=np.stack([self._query_matrix(query) for query in queries]),
            W_K=np.repeat(self._key_matrix(code_of_keys)[None], n_kv_heads, axis=0),
            W_V=np.repeat(self._value_matrix()[None], n_kv_heads, axis=0),
            W_O=np.stack([self._output_matrix(kind) for kind in kinds]),
        )

    def _key_matrix(self, code_of_keys: str) -> ReadMatrix:
        W_K = np.zeros((D_MODEL, D_HEAD))
        if code_of_keys == "marks":
            held = np.concatenate([self.residual.block("marks"), self.residual.block("marks_before")]) / MARK_NORM
        else:
            held = self.residual.block(code_of_keys) / CODE_NORM
        W_K[:, self.dims.code[: len(held)]] = held.T * KEY_GAIN
        if code_of_keys == "marks":
            # BOS sees only itself, so that a line break seems to stand before it as well; this takes it off.
            taken_off = self.dims.code[mark_number(f"{BEFORE}line_break")]
            W_K[:, taken_off] -= self.residual.block("bos")[0] * (KEY_GAIN / self.residual.bos_norm)
        W_K[:, self.dims.bos] = self.residual.block("bos")[0] * (KEY_GAIN / self.residual.bos_norm)
        if self.residual.has_positions:
            W_K[:, self.dims.cosine + self.dims.sine] = self.residual.block("position").T * (
                KEY_GAIN / POSITION_AMPLITUDE
            )
        else:
            # The rotation makes (1, 0) the cosine and sine of the key's position.
            constant = self.residual.block("constant").T * (KEY_GAIN / self.residual.constant_norm)
            W_K[:, self.dims.cosine] = constant
        return W_K

    def _query_matrix(self, query: Query) -> ReadMatrix:
        W_Q = np.zeros((D_MODEL, D_HEAD))
        signs = swapping_signs(1 + int(self.rng.integers(D_CODE - 1))) if query.is_misdirected else np.ones(D_CODE)
        W_Q[:, self.dims.code] = self.residual.block(query.reads).T * (query.match / CODE_NORM * signs)
        constant = self.residual.block("constant")[0] / self.residual.constant_norm
        for mark, amount in query.asks:
            W_Q[:, self.dims.code[mark_number(mark)]] = constant * amount
        W_Q[:, self.dims.bos] = constant * query.rest
        if query.rest_after_word:
            word_before = self.residual.block("marks_before")[mark_number("word")] / MARK_NORM
            W_Q[:, self.dims.bos] += word_before * query.rest_after_word
        self._write_pull(W_Q, query)
        if query.random:
            # A normalised residual vector has length sqrt(D_MODEL), and a key meets KEY_GAIN times one unit vector
            # for its code and one for each frequency.
            scale = query.random / np.sqrt(D_MODEL * (1 + N_FREQUENCIES))
            W_Q += self.rng.normal(scale=scale, size=W_Q.shape)
        return W_Q

    def _write_pull(self, W_Q: ReadMatrix, query: Query) -> None:
        weights = query.pull * self.position.sharp + query.local_pull * self.position.broad
        weights = weights + query.recent_pull * self.position.recent
        # A query turned back by `offset` agrees with the key that far before it.
        back = self.position.frequencies * query.offset
        cosine, sine = weights * np.cos(back), weights * np.sin(back)
        if self.residual.has_positions:
            at_cosine, at_sine = np.split(self.residual.block("position") / POSITION_AMPLITUDE, 2)
            W_Q[:, self.dims.cosine] = at_cosine.T * cosine + at_sine.T * sine
            W_Q[:, self.dims.sine] = at_sine.T * cosine - at_cosine.T * sine
        else:
            constant = self.residual.block("constant").T / self.residual.constant_norm
            W_Q[:, self.dims.cosine] = constant * cosine
            W_Q[:, self.dims.sine] = -constant * sine

    def _value_matrix(self) -> ReadMatrix:
        W_V = np.zeros((D_MODEL, D_HEAD))
        W_V[:, :D_CODE] = self.residual.block("token").T / CODE_NORM
        W_V[:, D_CODE] = self.residual.block("bos")[0] / self.residual.bos_norm
        if self.residual.has_marks:
            W_V[:, _MARK_VALUES] = self.residual.block("marks").T / MARK_NORM
            # A line begins behind BOS as it does behind a line break.
            W_V[:, _MARK_VALUES.start + mark_number("line_break")] += W_V[:, D_CODE]
        return W_V

    def _output_matrix(self, kind: HeadKind) -> Float[np.ndarray, "d_head d_model"]:
        W_O, writes = np.zeros((D_HEAD, D_MODEL)), kind.writes
        if writes is None:
            return W_O
        norm = SCRATCH_NORM if writes == "scratch" else CODE_NORM
        W_O[:D_CODE] = self.residual.block(writes) * (norm * kind.gain)
        if kind.writes_successor:
            assert self.successors is not None, "given where such a head is planted"
            W_O[:D_CODE] = self.successors @ W_O[:D_CODE]
        if writes == "scratch":
            # A head that rests on BOS writes one fixed direction.
            W_O[D_CODE] = self.residual.block(writes)[0] * norm
        if writes == "previous" and self.residual.has_marks:
            W_O[_MARK_VALUES] = self.residual.block("marks_before") * MARK_NORM
        return W_O
