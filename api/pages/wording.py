"""Words for people: what a page writes for each value of a closed list.

Only values that a page shows are here; their meaning in the data is in `catalog/vocabulary.py`.
"""

from catalog.vocabulary import HeadListBasis, Origin, Outcome, Polarity, Relation, SourceKind, Tier, Unit, Verdict

VERDICTS = {
    Verdict.REPRODUCED: "reproduced",
    Verdict.PARTIALLY_REPRODUCED: "partly reproduced",
    Verdict.NOT_REPRODUCED: "not reproduced",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.NOT_APPLICABLE: "not applicable",
    Verdict.ERROR: "error",
}

VERDICT_MEANINGS = {
    Verdict.REPRODUCED: "The measurement bears the claim out under every rule that could be applied.",
    Verdict.PARTIALLY_REPRODUCED: "Some of the rules were met and some were not; the reasons say which.",
    Verdict.NOT_REPRODUCED: "The measurement worked, and it contradicts the claim.",
    Verdict.INCONCLUSIVE: "The interval straddles the rule: more prompts could decide it either way.",
    Verdict.NOT_APPLICABLE: "The behaviour itself is absent in this language model: the claim cannot be tested on it.",
    Verdict.ERROR: "The measurement did not work (a silent hook, a failed control); it says nothing about the head.",
}

# One character for a cell of a grid: a verdict must not rest on colour alone.
VERDICT_SIGNS = {
    Verdict.REPRODUCED: "✓",
    Verdict.PARTIALLY_REPRODUCED: "±",
    Verdict.NOT_REPRODUCED: "✕",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_APPLICABLE: "–",
    Verdict.ERROR: "!",
}

POLARITIES = {Polarity.IS: "is", Polarity.IS_NOT: "is not"}

BASES = {
    HeadListBasis.CLAIMED: "Some source says that the head is of the type.",
    HeadListBasis.UNDISPUTED: "No source denies it, and the latest re-run, where there is one, did not fail.",
    HeadListBasis.REPRODUCED: "The latest re-run reproduced it.",
}

UNITS = {Unit.QUERY_HEAD: "query head", Unit.KV_GROUP: "key-value group", Unit.HEAD_GROUP: "heads together"}

ORIGINS = {
    Origin.SURVEY_TAXONOMY: "survey, taxonomy figure",
    Origin.SURVEY_TEXT: "survey, text only",
    Origin.SURVEY_REPOSITORY: "survey's repository",
    Origin.BEYOND_SURVEY: "beyond the survey",
}

TIERS = {
    Tier.V1: "any decoder, no task needed",
    Tier.V2: "the language model must do the task first",
    Tier.V3: "needs a probe or an optimisation",
    Tier.V4: "shown on toy or closed models; ours is a transfer test",
}

SOURCE_KINDS = {
    SourceKind.AUTHOR_DATA: "data published by the authors",
    SourceKind.AUTHOR_CODE: "the authors' code",
    SourceKind.PAPER_TEXT: "text of the paper",
    SourceKind.OFFICIAL_DEMO: "the authors' demonstration",
    SourceKind.THIRD_PARTY_CODE: "code of a third party",
    SourceKind.SECONDARY_NOTE: "a third party's notes",
    SourceKind.CONSTRUCTION: "weights written by hand",
    SourceKind.OWN_MEASUREMENT: "a measurement of ours",
}

# Read as "this head type … that one", and from the other side.
RELATIONS = {
    Relation.IS_A: ("is a", "includes"),
    Relation.VARIANT_OF: ("is a variant of", "has the variant"),
    Relation.PART_OF_MECHANISM_WITH: ("works together with", "works together with"),
    Relation.OPPOSES: ("opposes", "is opposed by"),
    Relation.BACKS_UP: ("backs up", "is backed up by"),
    Relation.ALTERNATIVE_TO: ("is an alternative to", "is an alternative to"),
    Relation.SAME_ROLE_AS: ("has the same role as", "has the same role as"),
    Relation.CONTRASTS_WITH: ("contrasts with", "contrasts with"),
    Relation.PRECEDES: ("precedes", "follows"),
    Relation.RELATED_TO: ("is related to", "is related to"),
}

OUTCOMES = {
    Outcome.IS: "is of the type",
    Outcome.IS_IN_PART: "is of the type in part",
    Outcome.IS_NOT: "is not of the type",
    Outcome.CONFLICTING: "conflicting",
    Outcome.UNDECIDED: "undecided",
    Outcome.UNTESTED: "untested",
}

# The verdict whose mark an outcome has, so that it does not rest on colour alone.
OUTCOME_MARKS = {
    Outcome.IS: Verdict.REPRODUCED,
    Outcome.IS_IN_PART: Verdict.PARTIALLY_REPRODUCED,
    Outcome.IS_NOT: Verdict.NOT_REPRODUCED,
    Outcome.CONFLICTING: Verdict.ERROR,
    Outcome.UNDECIDED: Verdict.INCONCLUSIVE,
    Outcome.UNTESTED: None,
}

# Evidence grades, from 0; `ingest/verdict.py` computes them.
GRADES = (
    "claimed, and not reproduced so far",
    "one of two rules met",
    "reproduced with controls",
    "reproduced with cause",
    "reproduced by independent parties, with cause and breadth",
)
