"""Kinds of head that can be planted: what each looks for, what it writes, and which head types it shows.

A head is described apart from any position scheme, in nats of attention logit. The margins come from three facts:
codes of different tokens overlap by at most COHERENCE, the position sum falls by `gap` off its peak, and never below
−`depth`. `sharpness` is by how many nats a target outweighs BOS, on which a head rests when it has no target; BOS
outweighs any other key by half as much again, since up to 512 of them compete.
"""

import math
from collections.abc import Callable

from ingest.planted.head_kind import HeadKind, Query
from ingest.planted.position_code import PositionCode
from ingest.planted.text_kinds import TEXT_KINDS
from ingest.planted.token_codes import COHERENCE

OFFSET = 3
"""Distance to which the planted positional head attends."""
WEAK_MASS = 0.3
"""Attention that the weak previous-token head gives to its target."""


def _nothing(code: PositionCode, sharpness: float) -> Query:
    return Query()


def _at_offset(offset: int) -> Callable[[PositionCode, float], Query]:
    def query(code: PositionCode, sharpness: float) -> Query:
        pull = 2.5 * sharpness / code.gap
        return Query(offset=offset, pull=pull, rest=pull - sharpness)

    return query


def _weak_previous_token(code: PositionCode, sharpness: float) -> Query:
    strong = _at_offset(1)(code, sharpness)
    # Softmax over two keys: the target gets 1 / (1 + exp(rest − pull)) = WEAK_MASS.
    return Query(offset=1, pull=strong.pull, rest=strong.pull + math.log(1 / WEAK_MASS - 1))


def _current_token(code: PositionCode, sharpness: float) -> Query:
    return Query(pull=2.5 * sharpness / code.gap)


def _duplicate_token(code: PositionCode, sharpness: float) -> Query:
    # The query's own code matches best of all, so distance 0 is pushed below BOS; the push reaches other distances
    # with at most (1 − gap) of its strength, and lifts unrelated keys by at most depth.
    push = 1.75 * sharpness / code.gap
    match = (push * (1 + code.depth) + 0.75 * sharpness) / (1 - COHERENCE)
    return Query(match=match, pull=-push, rest=match - push + 0.75 * sharpness)


def _induction(code: PositionCode, sharpness: float) -> Query:
    match = 2.5 * sharpness / (1 - COHERENCE)
    return Query(match=match, rest=match - sharpness)


def _misdirected_induction(code: PositionCode, sharpness: float) -> Query:
    honest = _induction(code, sharpness)
    return Query(match=honest.match, is_misdirected=True, rest=honest.rest)


def _attention_sink(code: PositionCode, sharpness: float) -> Query:
    return Query(rest=2.5 * sharpness)


def _local(code: PositionCode, sharpness: float) -> Query:
    return Query(local_pull=1.0)


def _noise(code: PositionCode, sharpness: float) -> Query:
    return Query(random=1.5)


_SINK = frozenset({"attention_sink"})

_KINDS = (
    HeadKind(
        "previous_token",
        "attends to the token before and passes its code on to the keys of later layers",
        "previous_token",
        _at_offset(1),
        writes="previous",
        offset=1,
    ),
    HeadKind(
        "duplicate_token",
        "attends to earlier copies of the token; rests on BOS where there is none",
        "duplicate_token",
        _duplicate_token,
        shows=_SINK,
    ),
    HeadKind(
        "induction",
        "attends to what followed earlier copies of the token and predicts it; rests on BOS where there is none",
        "induction",
        _induction,
        writes="output",
        shows=_SINK,
    ),
    HeadKind("attention_sink", "attends to BOS always", "attention_sink", _attention_sink),
    HeadKind("positional", f"attends to the token {OFFSET} before", "positional", _at_offset(OFFSET), offset=OFFSET),
    HeadKind(
        "silent_induction",
        "has the induction pattern and writes nothing: its W_O is zero",
        None,
        _induction,
        writes=None,
        shows=frozenset({"induction", "attention_sink"}),
    ),
    HeadKind(
        "misdirected_induction",
        "attends to what followed earlier copies of a fixed wrong token; rests on BOS where there is none",
        None,
        _misdirected_induction,
        shows=_SINK,
    ),
    HeadKind("uniform", "attends to everything alike: its W_Q is zero", None, _nothing),
    HeadKind("current_token", "attends to the query's own position", None, _current_token),
    HeadKind("local", "attends to about the last eight tokens, near ones more", None, _local),
    HeadKind("noise", "has random queries and attends to nothing in particular", None, _noise),
    HeadKind(
        "weak_previous_token",
        f"attends to the token before with mass {WEAK_MASS} and to BOS with the rest",
        None,
        _weak_previous_token,
        shows=_SINK,
    ),
)

HEAD_KINDS = {kind.name: kind for kind in (*_KINDS, *TEXT_KINDS)}

Plan = tuple[tuple[str, ...], ...]

DEFAULT_PLAN: Plan = (
    ("previous_token", "duplicate_token", "attention_sink", "uniform"),
    ("induction", "silent_induction", "positional", "current_token"),
    ("misdirected_induction", "local", "noise", "uniform"),
)
"""Kinds of head in each layer; a seed decides their order."""

CALIBRATION_PLAN: Plan = (
    ("previous_token", "duplicate_token", "attention_sink", "weak_previous_token"),
    ("induction", "silent_induction", "positional", "current_token"),
    ("misdirected_induction", "local", "noise", "uniform"),
    ("previous_token", "noise", "noise", "uniform"),
)
"""More heads, one of them near the usual threshold of 0.4, for measuring error rates of detectors."""

TEXT_PLAN: Plan = (
    ("previous_token", "attention_sink", "current_token", "uniform"),
    ("line_finder", "subword_merge", "uniform", "positional"),
    ("topic_finder", "delimiter", "spacing", "negative"),
    ("active_dormant", "uniform", "local", "noise"),
    ("block", "query_focused_retrieval", "uniform", "attention_sink"),
    ("anti_induction", "successor", "uniform", "noise"),
)
"""Heads that read text: lines, blanks, punctuation, words and the subject of a question."""
