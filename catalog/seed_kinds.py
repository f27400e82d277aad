"""The tables that record files fill, with the natural key of each row."""

from catalog import models
from catalog.seed_store import Kind

PAPER = Kind(models.Paper, "paper", ("slug",))
LANGUAGE_MODEL = Kind(models.LanguageModel, "language model", ("slug",))
METRIC = Kind(models.Metric, "metric", ("slug", "version"))

STAGE = Kind(models.Stage, "stage", ("slug",))
STAGE_FUNCTION = Kind(models.StageFunction, "stage function", ("slug",))
STAGE_TRANSITION = Kind(models.StageTransition, "stage transition", ("source_id", "target_id", "standing"))

METHOD = Kind(models.Method, "method", ("slug",))
METHOD_PAPER = Kind(models.MethodPaper, "paper of a method", ("method_id", "paper_id"), "method_id")
GLOSSARY_TERM = Kind(models.GlossaryTerm, "glossary term", ("slug",))

HEAD_TYPE = Kind(models.HeadType, "head type", ("slug",))
HEAD_TYPE_ALIAS = Kind(models.HeadTypeAlias, "alias", ("head_type_id", "name"), "head_type_id")
HEAD_TYPE_LAYER_RANGE = Kind(
    models.HeadTypeLayerRange, "layer range", ("head_type_id", "band", "basis"), "head_type_id"
)
HEAD_TYPE_PAPER = Kind(models.HeadTypePaper, "paper of a head type", ("head_type_id", "paper_id"), "head_type_id")
HEAD_TYPE_FAMILY = Kind(models.HeadTypeFamily, "family of a head type", ("head_type_id", "family"), "head_type_id")
HEAD_TYPE_RELATION = Kind(
    models.HeadTypeRelation, "relation", ("source_id", "target_id", "relation", "basis"), "source_id"
)
STAGE_ASSIGNMENT = Kind(
    models.StageAssignment,
    "stage assignment",
    ("head_type_id", "stage_id", "asserted_by", "paper_id", "basis"),
    "head_type_id",
)

BENCHMARK = Kind(models.Benchmark, "benchmark", ("slug",))
BENCHMARK_HEAD_TYPE = Kind(
    models.BenchmarkHeadType, "head type of a benchmark", ("benchmark_id", "head_type_id"), "benchmark_id"
)
HUMAN_ANALOGUE = Kind(models.HumanAnalogue, "human analogue", ("slug",))
HUMAN_ANALOGUE_PAPER = Kind(
    models.HumanAnaloguePaper, "paper of a human analogue", ("human_analogue_id", "paper_id"), "human_analogue_id"
)

MECHANISM = Kind(models.Mechanism, "mechanism", ("slug",))
MECHANISM_PAPER = Kind(models.MechanismPaper, "paper of a mechanism", ("mechanism_id", "paper_id"), "mechanism_id")
MECHANISM_STEP = Kind(models.MechanismStep, "step of a mechanism", ("mechanism_id", "position"), "mechanism_id")
MECHANISM_STEP_STAGE = Kind(models.MechanismStepStage, "stage of a step", ("step_id", "stage_id"), "step_id")
MECHANISM_STEP_HEAD_TYPE = Kind(
    models.MechanismStepHeadType, "head type of a step", ("step_id", "head_type_id"), "step_id"
)

TAXONOMY = Kind(models.ExternalTaxonomy, "external taxonomy", ("slug",))
TAXONOMY_ENTRY = Kind(models.ExternalTaxonomyEntry, "entry of a taxonomy", ("slug",), "taxonomy_id")
CROSSWALK_MATCH = Kind(models.CrosswalkMatch, "crosswalk match", ("entry_id", "head_type_id"), "entry_id")

CIRCUIT = Kind(models.Circuit, "circuit", ("slug",))
CIRCUIT_VARIANT = Kind(models.CircuitVariant, "variant of a circuit", ("circuit_id", "position"), "circuit_id")
CIRCUIT_ROLE = Kind(models.CircuitRole, "role in a circuit", ("variant_id", "slug"), "variant_id")
CIRCUIT_NODE = Kind(models.CircuitNode, "head of a circuit", ("variant_id", "role_id", "layer", "head"), "variant_id")
CIRCUIT_EDGE = Kind(models.CircuitEdge, "edge of a circuit", ("variant_id", "position"), "variant_id")

HEAD_SCORE_TABLE = Kind(models.HeadScoreTable, "score table", ("slug",))
FINDING = Kind(models.Finding, "finding", ("accession",))
