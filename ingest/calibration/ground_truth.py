"""Which planted heads a detector must find, which it may not, and which nobody can hold against it.

A planted head attends by distance, by the identity of tokens, or to BOS; from that follows what it is in the eyes of
each head type, planted as that type or not. Where it does not follow, the head is excused: found or not, it counts as
nothing. What is written here rests on how heads are built (`ingest/planted/README.md`), never on what was measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.notation import HeadRef
from ingest.evidence import Evidence
from ingest.planted.head_kinds import HEAD_KINDS
from ingest.planted.planted_model import PlantedModel
from ingest.planted.text_kinds import TEXT_KINDS

_ALL = frozenset(HEAD_KINDS)
_WEAK = "weak_previous_token"
# Their attention does not depend on what the tokens are, so a type that is about what tokens are it cannot be.
_BLIND = frozenset(
    {"previous_token", "positional", "current_token", "local", "uniform", "attention_sink", "weak_previous_token"}
)


@dataclass(frozen=True)
class Truth:
    """Kinds of planted head by what they are to one head type; kinds in no set are excused."""

    positive: frozenset[str]
    negative: frozenset[str]
    weak: frozenset[str] = frozenset()
    """Of the type, with a mass near the least that our rule asks for."""


@dataclass(frozen=True)
class TrueHeads:
    """The same, as heads of one language model."""

    positive: frozenset[HeadRef]
    negative: frozenset[HeadRef]
    weak: frozenset[HeadRef]


def _planted_as(head_type: str, weak: frozenset[str] = frozenset()) -> Truth:
    positive = frozenset(name for name, kind in HEAD_KINDS.items() if kind.head_type == head_type)
    shows = frozenset(name for name, kind in HEAD_KINDS.items() if head_type in kind.shows)
    return Truth(positive, _ALL - positive - shows - weak, weak)


def _is(*positive: str, excused: frozenset[str] = frozenset(), weak: frozenset[str] = frozenset()) -> Truth:
    return Truth(frozenset(positive), _ALL - frozenset(positive) - excused - weak, weak)


_BY_COPIES = frozenset({"duplicate_token", "induction", "silent_induction", "misdirected_induction"})
_BY_TEXT = frozenset(kind.name for kind in TEXT_KINDS)

_TRUTHS: Mapping[str, Truth] = {
    "previous_token": _planted_as("previous_token", weak=frozenset({_WEAK})),
    "duplicate_token": _planted_as("duplicate_token"),
    "induction": _planted_as("induction"),
    "attention_sink": _planted_as("attention_sink"),
    "positional": _planted_as("positional"),
    # A block head prefers near characters, and the query itself to any other.
    "diagonal": _is("current_token", excused=frozenset({"block"})),
    # The band is two keys and the query; the local decoy spreads over about eight, some of it inside, and two heads
    # that read text stay near within a line or a word.
    "local": _is(
        "previous_token",
        "current_token",
        excused=frozenset({"local", "block", "subword_merge"}),
        weak=frozenset({_WEAK}),
    ),
    # First four and last eight keys hold BOS and every planted distance. Heads that match tokens rest on BOS where
    # nothing matches, which depends on the text.
    "streaming": _is(
        "previous_token",
        "positional",
        "current_token",
        "attention_sink",
        _WEAK,
        excused=_BY_COPIES | _BY_TEXT | {"local"},
    ),
    # Several earlier copies share the attention of a planted head evenly, near and far.
    "global_retrieval": _is("duplicate_token", "induction", excused=frozenset({"silent_induction", "anti_induction"})),
    # What is written is what the induction head finds; the silent one looks at the same and writes nothing.
    "retrieval": _is("induction", excused=frozenset({"silent_induction", "anti_induction"})),
    # A peak at lag 0 or 1 is such a curve. A flat one is not; what other heads leave around a copy has any form.
    "cmr_like": Truth(frozenset({"duplicate_token", "induction"}), frozenset({"uniform"})),
    # W_U reads the output block, and three kinds of head write there: the code of the token found, its negative, and
    # the code of its successor.
    "copying": _is("induction"),
    "copy_suppression": _is("anti_induction"),
    "anti_induction": _is("anti_induction"),
    "successor": _is("successor"),
    # What tokens are decides where these look. Heads that do not ask for it are not of the type, nor are those that
    # ask for the opposite.
    "delimiter": Truth(frozenset({"delimiter"}), _BLIND | {"spacing"}),
    "spacing": Truth(frozenset({"spacing"}), _BLIND | {"delimiter"}),
    "subword_merge": Truth(frozenset({"subword_merge"}), _BLIND),
    "negative": Truth(frozenset({"negative"}), _BLIND),
    "active_dormant": Truth(frozenset({"active_dormant"}), _BLIND),
    "block": Truth(frozenset({"block"}), _BLIND),
    "query_focused_retrieval": Truth(frozenset({"query_focused_retrieval"}), _BLIND),
}

_ABOUT_TOKENS = Truth(frozenset(), _BLIND)


def truth_of(detector: str, evidence: Evidence) -> Truth | None:
    """What planted heads are to one detector; None where nothing follows from how they are built.

    A detector of attention that is not listed is taken to be about what tokens are or mean. Planted heads that do not
    look at that are none of its type; those that do are excused.
    """
    if detector in _TRUTHS:
        return _TRUTHS[detector]
    return _ABOUT_TOKENS if evidence is Evidence.PATTERN else None


def heads_of(truth: Truth, planted: PlantedModel) -> TrueHeads:
    """The heads of a planted language model, sorted by a truth."""

    def named(kinds: frozenset[str]) -> frozenset[HeadRef]:
        return frozenset(head for head, kind in planted.kinds.items() if kind.name in kinds)

    return TrueHeads(named(truth.positive), named(truth.negative), named(truth.weak))
