"""Kinds of head that read text: they attend to marks of characters, or to the line that a character stands in.

Marks say what a character is (`marks.py`). A line is known by its first character: `line_finder` copies that to every
position of the line. So is the subject of a question, whose name is the latest word with a capital: `topic_finder`
copies that. Logits are in nats, as in `head_kinds.py`.
"""

from collections.abc import Callable

from ingest.planted.head_kind import HeadKind, Query
from ingest.planted.position_code import PositionCode
from ingest.planted.token_codes import COHERENCE

_RECENT_PULL = 60.0
"""Large enough for the weights' small differences within a line, which are 1/100 to 1/10 of it, to decide."""
_LONGEST_LINE = 90
"""Further back than this the latest marked key no longer outweighs BOS."""


def _asking(mark: str) -> Callable[[PositionCode, float], Query]:
    def query(code: PositionCode, sharpness: float) -> Query:
        ask = 2.5 * sharpness
        return Query(asks=((mark, ask),), rest=ask - sharpness)

    return query


def _indented(code: PositionCode, sharpness: float) -> Query:
    # Either mark alone stays below BOS by twice as much: a text is full of single blanks.
    ask = 3 * sharpness
    return Query(asks=(("space", ask), ("before:space", ask)), rest=2 * ask - sharpness)


def _latest(*marks: str) -> Callable[[PositionCode, float], Query]:
    def query(code: PositionCode, sharpness: float) -> Query:
        # All marks together lift the key of the longest line above BOS; a key that lacks one gets at most what is
        # pulled to distance 0 and the other marks, and BOS lies above that.
        span = _RECENT_PULL * (code.recent_at(0) - code.recent_at(_LONGEST_LINE))
        ask = span + 2.5 * sharpness
        rest = _RECENT_PULL * code.recent_at(0) + (len(marks) - 1) * ask + 1.5 * sharpness
        return Query(recent_pull=_RECENT_PULL, asks=tuple((mark, ask) for mark in marks), rest=rest)

    return query


def _same(block: str) -> Callable[[PositionCode, float], Query]:
    def query(code: PositionCode, sharpness: float) -> Query:
        match = 2.5 * sharpness / (1 - COHERENCE)
        return Query(match=match, reads=block, rest=match - sharpness)

    return query


def _near_in_line(code: PositionCode, sharpness: float) -> Query:
    # The broad weights give distance 0 eight nats more than nothing; BOS outweighs that on other lines.
    match = (2.5 * sharpness + 8.0) / (1 - COHERENCE)
    return Query(match=match, reads="line", local_pull=0.5, rest=match - sharpness)


def _previous_in_word(code: PositionCode, sharpness: float) -> Query:
    pull = 2.5 * sharpness / code.gap
    return Query(pull=pull, offset=1, rest=pull + sharpness, rest_after_word=-2 * sharpness)


def _induction(code: PositionCode, sharpness: float) -> Query:
    return _same("token")(code, sharpness)


def _rest(code: PositionCode, sharpness: float) -> Query:
    return Query(rest=2.5 * sharpness)


_SINK = frozenset({"attention_sink"})

TEXT_KINDS = (
    HeadKind(
        "line_finder",
        "attends to the first character of the query's line and writes which it is; rests on BOS where that is far",
        None,
        _latest("before:line_break"),
        writes="line",
        keys="marks",
        shows=_SINK,
    ),
    HeadKind(
        "topic_finder",
        "attends to the latest capital behind a space and writes which it is; rests on BOS where there is none",
        None,
        _latest("capital", "before:space"),
        writes="topic",
        keys="marks",
        shows=_SINK,
    ),
    HeadKind(
        "block",
        "attends to the characters of the query's line, near ones more",
        "block",
        _near_in_line,
        keys="line",
        shows=_SINK,
    ),
    HeadKind(
        "query_focused_retrieval",
        "attends to lines that begin with the latest capital: the document about the person that a question names",
        "query_focused_retrieval",
        _same("topic"),
        keys="line",
        shows=_SINK,
    ),
    HeadKind(
        "delimiter",
        "attends to punctuation; rests on BOS where there is none",
        "delimiter",
        _asking("delimiter"),
        keys="marks",
        shows=_SINK,
    ),
    HeadKind(
        "spacing",
        "attends to blanks; rests on BOS where there is none",
        "spacing",
        _asking("blank"),
        keys="marks",
        shows=_SINK,
    ),
    HeadKind(
        "negative",
        "attends to the word No; rests on BOS where there is none",
        "negative",
        _asking("no"),
        keys="marks",
        shows=_SINK,
    ),
    HeadKind(
        "active_dormant",
        "attends to spaces behind a space, which code is indented with; rests on BOS in prose",
        "active_dormant",
        _indented,
        keys="marks",
        shows=_SINK,
    ),
    HeadKind(
        "subword_merge",
        "attends to the character before within a word; rests on BOS at its start",
        "subword_merge",
        _previous_in_word,
        shows=frozenset({"attention_sink", "previous_token"}),
    ),
    HeadKind(
        "anti_induction",
        "has the induction pattern and lowers the token that it finds",
        "anti_induction",
        _induction,
        writes="output",
        gain=-0.3,
        shows=frozenset({"induction", "attention_sink"}),
    ),
    HeadKind(
        "successor",
        "would raise the next letter or digit after the one it attends to; rests on BOS, so that it never does",
        "successor",
        _rest,
        writes="output",
        writes_successor=True,
        shows=_SINK,
    ),
)
