"""The tables, by name. One file per concept; what they share is in `base`."""

from catalog.models.base import Base
from catalog.models.benchmark import Benchmark, BenchmarkHeadType
from catalog.models.circuit import Circuit, CircuitEdge, CircuitNode, CircuitRole, CircuitVariant
from catalog.models.contributor import ApiKey, Contributor
from catalog.models.crosswalk import CrosswalkMatch, ExternalTaxonomy, ExternalTaxonomyEntry
from catalog.models.detector import Detector, DetectorErrorRate, DetectorEvent, DetectorHeadType
from catalog.models.entry_version import EntryVersion, Release
from catalog.models.finding import Finding
from catalog.models.head_list import HeadListVersion
from catalog.models.head_score import HeadScore, HeadScoreTable
from catalog.models.head_type import (
    HeadType,
    HeadTypeAlias,
    HeadTypeFamily,
    HeadTypeLayerRange,
    HeadTypePaper,
    HeadTypeRelation,
)
from catalog.models.human_analogue import HumanAnalogue, HumanAnaloguePaper
from catalog.models.job_run import JobRun
from catalog.models.language_model import LanguageModel
from catalog.models.mechanism import (
    Mechanism,
    MechanismPaper,
    MechanismStep,
    MechanismStepHeadType,
    MechanismStepStage,
)
from catalog.models.method import GlossaryTerm, Method, MethodPaper
from catalog.models.metric import Metric
from catalog.models.paper import Paper
from catalog.models.scan_run import ScanRun
from catalog.models.stage import Stage, StageFunction, StageTransition
from catalog.models.stage_assignment import StageAssignment
from catalog.models.submission import ReviewEvent, Submission
from catalog.models.verification import Verification

__all__ = [
    "ApiKey",
    "Base",
    "Benchmark",
    "BenchmarkHeadType",
    "Circuit",
    "CircuitEdge",
    "CircuitNode",
    "CircuitRole",
    "CircuitVariant",
    "Contributor",
    "CrosswalkMatch",
    "Detector",
    "DetectorErrorRate",
    "DetectorEvent",
    "DetectorHeadType",
    "EntryVersion",
    "ExternalTaxonomy",
    "ExternalTaxonomyEntry",
    "Finding",
    "GlossaryTerm",
    "HeadListVersion",
    "HeadScore",
    "HeadScoreTable",
    "HeadType",
    "HeadTypeAlias",
    "HeadTypeFamily",
    "HeadTypeLayerRange",
    "HeadTypePaper",
    "HeadTypeRelation",
    "HumanAnalogue",
    "HumanAnaloguePaper",
    "JobRun",
    "LanguageModel",
    "Mechanism",
    "MechanismPaper",
    "MechanismStep",
    "MechanismStepHeadType",
    "MechanismStepStage",
    "Method",
    "MethodPaper",
    "Metric",
    "Paper",
    "Release",
    "ReviewEvent",
    "ScanRun",
    "Stage",
    "StageAssignment",
    "StageFunction",
    "StageTransition",
    "Submission",
    "Verification",
]
