"""Records of the API (vocabulary), written by `python -m api.generate_client` from its document."""

from typing import Literal

Status = Literal["published", "disputed", "superseded", "withdrawn"]
"""Standing of a citable entry."""

Confidence = Literal["high", "medium", "low"]
"""How sure a reading is."""

Origin = Literal["survey_taxonomy", "survey_text", "survey_repository", "beyond_survey"]
"""Where the catalog first met a head type."""

Tier = Literal["V1", "V2", "V3", "V4"]
"""What a detector needs: see `ingest/README.md`."""

Stage = Literal["knowledge_recalling", "in_context_identification", "latent_reasoning", "expression_preparation"]
"""The four stages of reasoning (arXiv:2409.03752); names of `stages` rows."""

LayerBand = Literal["shallow", "middle", "deep"]
"""Thirds of the depth, as the survey draws them."""

Relation = Literal[
    "is_a",
    "variant_of",
    "part_of_mechanism_with",
    "opposes",
    "backs_up",
    "alternative_to",
    "same_role_as",
    "contrasts_with",
    "precedes",
    "related_to",
]
"""How one head type relates to another; read as `source relation target`."""

Match = Literal["exact", "close", "broader"]
"""How well a name of another taxonomy fits a head type."""

Maturity = Literal["experimental", "calibrated", "faulty"]
"""An experimental detector is shown but cannot lift an entry."""

Unit = Literal["query_head", "kv_group", "head_group"]
"""What the head index of a row counts. With grouped-query attention several query heads share one key-value group, and
papers report either. A claim about several query heads together says nothing of any one of them.
"""

Polarity = Literal["is", "is_not"]
"""Whether a source says that the head is, or is not, of the type."""

SourceKind = Literal[
    "author_data",
    "author_code",
    "paper_text",
    "official_demo",
    "third_party_code",
    "secondary_note",
    "construction",
    "own_measurement",
]
"""What was read to record a finding, strongest first."""

Verdict = Literal["reproduced", "partially_reproduced", "not_reproduced", "inconclusive", "not_applicable", "error"]
"""Outcome of one re-run; a claim that nobody re-ran has no row."""

Direction = Literal["higher", "lower", "neither"]
"""Which end of a metric speaks for the head type."""

RunStanding = Literal["exploratory", "confirmatory"]
"""Whether the settings of a run were written down before it began."""

Outcome = Literal["is", "is_in_part", "is_not", "conflicting", "undecided", "untested"]
"""What all claims and re-runs together say of a head and a head type."""

HeadListBasis = Literal["claimed", "undisputed", "reproduced"]
"""Which heads a list for inference engines counts, from the widest rule to the strictest."""

Conversion = Literal["group_of_any_head", "group_of_all_heads", "heads_of_group"]
"""Rules from a list of one unit to one of the other."""

TextKind = Literal["head_type", "finding", "paper", "circuit", "metric", "method"]
"""Kinds of record whose text is searched."""

NamedKind = Literal[
    "head_type",
    "language_model",
    "head",
    "paper",
    "method",
    "metric",
    "detector",
    "circuit",
    "finding",
    "verification",
]
"""What a name can name."""

Target = Literal["findings", "heads", "head_types", "scores"]
"""What a search looks among."""
