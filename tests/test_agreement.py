"""Lists that must agree: detectors, records, vocabulary, commands, settings and what the READMEs say of them."""

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from api.settings import ApiSettings
from catalog.settings import CatalogSettings
from catalog.vocabulary import Stage, Verdict
from ingest.detector import Detector
from ingest.registry import load_detectors
from ingest.settings import IngestSettings

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "catalog" / "seeds"
README = (ROOT / "README.md").read_text()
DETECTORS = load_detectors()


def records(folder: str) -> dict[str, dict]:
    return {path.stem: tomllib.loads(path.read_text()) for path in (SEEDS / folder).glob("*.toml")}


HEAD_TYPES = records("head_types")
METRICS = records("metrics")
PAPERS = records("papers")


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_a_detector_is_named_as_its_head_type_its_file_and_its_test(detector: Detector) -> None:
    assert detector.name in HEAD_TYPES
    assert Path(detector.source_file).stem == detector.name
    assert (ROOT / "tests" / "ingest" / "detectors" / f"test_{detector.name}.py").exists()


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_a_detector_measures_a_recorded_metric_of_a_recorded_paper(detector: Detector) -> None:
    assert detector.metric in METRICS
    if detector.paper is not None:
        assert detector.paper in {paper.get("arxiv_id") for paper in PAPERS.values()}


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_a_detector_has_the_tier_of_its_head_type(detector: Detector) -> None:
    assert HEAD_TYPES[detector.name].get("tier") == detector.tier


@pytest.mark.parametrize("detector", DETECTORS.values(), ids=DETECTORS)
def test_a_docstring_is_a_methods_section(detector: Detector) -> None:
    assert "Source:" in detector.methods_text
    assert detector.summary.endswith(".")


def test_stages_are_those_of_the_vocabulary() -> None:
    stages = tomllib.loads((SEEDS / "stages.toml").read_text())["stages"]
    assert {stage["slug"] for stage in stages} == set(Stage)


def test_the_readme_explains_every_verdict() -> None:
    assert all(f"| `{verdict}` |" in README for verdict in Verdict)


def test_the_readme_lists_every_command() -> None:
    commands = {point.name for point in entry_points(group="headcat.commands")}
    assert commands <= set(re.findall(r"^ {4}headcat (\w+)", README, flags=re.M))


@pytest.mark.parametrize("settings", [CatalogSettings, IngestSettings])
def test_the_readme_lists_every_setting(settings: type[BaseSettings]) -> None:
    named = set(re.findall(r"HEADCAT_[A-Z_]+", README))
    wanted = {f"HEADCAT_{name.upper()}" for name in settings.model_fields}
    assert wanted - named <= {"HEADCAT_SEEDS"}  # for tests and other catalogs: said in catalog/seeds/README.md


@pytest.mark.parametrize("settings", [CatalogSettings, IngestSettings, ApiSettings])
def test_every_setting_has_a_meaning(settings: type[BaseSettings]) -> None:
    assert all(field.description for field in settings.model_fields.values())


def test_folders_that_the_readme_maps_exist() -> None:
    for path in re.findall(r"^ {4}\w+/ .*?(\S+README\.md)$", README, flags=re.M):
        assert (ROOT / path).exists(), path
