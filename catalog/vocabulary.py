"""Closed lists: what a column with a fixed set of answers may hold.

Each list is a StrEnum; `one_of` turns it into the CHECK constraint that enforces it. Lists that grow with the
literature (head types, methods, metrics) are tables, not enums.
"""

from enum import StrEnum


class Stage(StrEnum):
    """The four stages of reasoning (arXiv:2409.03752); names of `stages` rows."""

    KNOWLEDGE_RECALLING = "knowledge_recalling"
    IN_CONTEXT_IDENTIFICATION = "in_context_identification"
    LATENT_REASONING = "latent_reasoning"
    EXPRESSION_PREPARATION = "expression_preparation"


class Standing(StrEnum):
    """Whether a source states, disputes or denies something (used for stage transitions)."""

    STATED = "stated"
    DISPUTED = "disputed"
    ABSENT = "absent"


class Origin(StrEnum):
    """Where the catalog first met a head type."""

    SURVEY_TAXONOMY = "survey_taxonomy"
    SURVEY_TEXT = "survey_text"
    SURVEY_REPOSITORY = "survey_repository"
    BEYOND_SURVEY = "beyond_survey"


class LayerBand(StrEnum):
    """Thirds of the depth, as the survey draws them."""

    SHALLOW = "shallow"
    MIDDLE = "middle"
    DEEP = "deep"


class Relation(StrEnum):
    """How one head type relates to another; read as `source relation target`."""

    IS_A = "is_a"
    VARIANT_OF = "variant_of"
    PART_OF_MECHANISM_WITH = "part_of_mechanism_with"
    OPPOSES = "opposes"
    BACKS_UP = "backs_up"
    ALTERNATIVE_TO = "alternative_to"
    SAME_ROLE_AS = "same_role_as"
    CONTRASTS_WITH = "contrasts_with"
    PRECEDES = "precedes"
    RELATED_TO = "related_to"


class Confidence(StrEnum):
    """How sure a reading is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Match(StrEnum):
    """How well a name of another taxonomy fits a head type."""

    EXACT = "exact"
    CLOSE = "close"
    BROADER = "broader"


class MethodLevel(StrEnum):
    """Height of a node in the survey's tree of methods."""

    CLASS = "class"
    TYPE = "type"
    METHOD = "method"


class Unit(StrEnum):
    """What the head index of a row counts.

    With grouped-query attention several query heads share one key-value group, and papers report either. A claim about
    several query heads together says nothing of any one of them.
    """

    QUERY_HEAD = "query_head"
    KV_GROUP = "kv_group"
    HEAD_GROUP = "head_group"


class Polarity(StrEnum):
    """Whether a source says that the head is, or is not, of the type."""

    IS = "is"
    IS_NOT = "is_not"


class SourceKind(StrEnum):
    """What was read to record a finding, strongest first."""

    AUTHOR_DATA = "author_data"
    AUTHOR_CODE = "author_code"
    PAPER_TEXT = "paper_text"
    OFFICIAL_DEMO = "official_demo"
    THIRD_PARTY_CODE = "third_party_code"
    SECONDARY_NOTE = "secondary_note"
    CONSTRUCTION = "construction"  # the weights were written by hand, so the claim is true by design
    OWN_MEASUREMENT = "own_measurement"

    @property
    def confidence(self) -> Confidence:
        """How sure the reading is: the authors' own material is high, a transcription is low."""
        if self is SourceKind.SECONDARY_NOTE:
            return Confidence.LOW
        if self in (SourceKind.THIRD_PARTY_CODE, SourceKind.OWN_MEASUREMENT):
            return Confidence.MEDIUM
        return Confidence.HIGH


class Status(StrEnum):
    """Standing of a citable entry."""

    PUBLISHED = "published"
    DISPUTED = "disputed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Tier(StrEnum):
    """What a detector needs: see `ingest/README.md`."""

    V1 = "V1"
    V2 = "V2"
    V3 = "V3"
    V4 = "V4"


class Maturity(StrEnum):
    """An experimental detector is shown but cannot lift an entry."""

    EXPERIMENTAL = "experimental"
    CALIBRATED = "calibrated"
    FAULTY = "faulty"


class DetectorChange(StrEnum):
    """What somebody decided about one version of a detector."""

    RETRACTED = "retracted"
    REINSTATED = "reinstated"


class Direction(StrEnum):
    """Which end of a metric speaks for the head type."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


class Verdict(StrEnum):
    """Outcome of one re-run; a claim that nobody re-ran has no row."""

    REPRODUCED = "reproduced"
    PARTIALLY_REPRODUCED = "partially_reproduced"
    NOT_REPRODUCED = "not_reproduced"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


class Outcome(StrEnum):
    """What all claims and re-runs together say of a head and a head type."""

    IS = "is"
    IS_IN_PART = "is_in_part"
    IS_NOT = "is_not"
    CONFLICTING = "conflicting"
    UNDECIDED = "undecided"
    UNTESTED = "untested"


class RunStanding(StrEnum):
    """Whether the settings of a run were written down before it began."""

    EXPLORATORY = "exploratory"
    CONFIRMATORY = "confirmatory"


class HeadListBasis(StrEnum):
    """Which heads a list for inference engines counts, from the widest rule to the strictest."""

    CLAIMED = "claimed"
    UNDISPUTED = "undisputed"
    REPRODUCED = "reproduced"


class AblationKind(StrEnum):
    """What takes the place of a head's output."""

    ZERO = "zero"
    MEAN = "mean"
    RESAMPLE = "resample"


class EntryKind(StrEnum):
    """Citable kinds of entry; the three letters open its accession."""

    HEAD_TYPE = "AHT"
    FINDING = "AHF"
    CIRCUIT = "AHC"
    VERIFICATION = "AHV"


class Role(StrEnum):
    """What a contributor may do; each role includes those before it."""

    READER = "reader"
    CONTRIBUTOR = "contributor"
    CURATOR = "curator"
    ADMIN = "admin"


class JobRunEnd(StrEnum):
    """How one start of a job ended."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    """The worker was asked to stop; another start goes on."""
    DIED = "died"
    """The worker died, as the start after it found."""
    FORGIVEN = "forgiven"
    """A death that somebody repeated the job after: it counts no more."""


class SubmissionState(StrEnum):
    """Where a submission stands between draft and publication."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    MACHINE_CHECKED = "machine_checked"
    CHANGES_REQUESTED = "changes_requested"
    REVIEWED = "reviewed"
    PUBLISHED = "published"
    DISPUTED = "disputed"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    VOID = "void"


class SubmissionKind(StrEnum):
    """What a submission holds."""

    HEAD_TYPE = "head_type"
    PAPER = "paper"
    METHOD = "method"
    FINDING = "finding"
    CIRCUIT = "circuit"
    HEAD_SCORE_TABLE = "head_score_table"
    VERIFICATION = "verification"
    DISPUTE = "dispute"
    CORRECTION = "correction"


class CalibrationSet(StrEnum):
    """Ground truth on which a detector's error rates were measured."""

    PLANTED = "planted"
    RANDOM_INITIALISED = "random_initialised"
    REFERENCE_MODEL = "reference_model"
    KNOWN_HEADS = "known_heads"
