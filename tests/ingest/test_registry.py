from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import ingest.detectors
from catalog.vocabulary import Tier
from ingest import registry
from ingest.detector import Detector, detector
from ingest.detectors.induction import induction
from ingest.errors import DetectorDefinitionError, UnknownDetectorError
from ingest.prompts.batch import PromptBatch
from ingest.prompts.random_tokens import random_tokens
from ingest.registry import get_detector, load_detectors, select


def test_every_file_of_the_package_is_a_detector_of_its_name() -> None:
    files = {file.stem for file in Path(ingest.detectors.__file__).parent.glob("*.py")} - {"__init__"}
    assert set(load_detectors()) == files >= {"attention_sink", "duplicate_token", "induction", "positional"}


def test_an_unknown_name_lists_the_near_ones() -> None:
    with pytest.raises(UnknownDetectorError, match="Did you mean induction") as refused:
        get_detector("inducton")
    assert refused.value.near[0] == "induction"


def test_a_name_like_no_other_points_to_the_list() -> None:
    with pytest.raises(UnknownDetectorError, match="`headcat detectors` lists them"):
        get_detector("xyzzy")


def test_a_tier_and_all_stand_for_their_detectors() -> None:
    assert select(["all"]) == list(load_detectors().values())
    assert select(["v1"]) == [each for each in select(["all"]) if each.tier is Tier.V1]
    assert [each.name for each in select(["induction", "previous_token", "induction"])] == [
        "induction",
        "previous_token",
    ]


def offer(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    point = EntryPoint(name, value, registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == registry.GROUP else [])


def test_a_second_detector_of_one_name_is_refused_with_both_files(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "induction", "ingest.detectors.induction:induction")
    with pytest.raises(DetectorDefinitionError, match=r"Two detectors are named 'induction'.*induction\.py"):
        load_detectors()


def test_a_name_unlike_the_detector_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "my_induction", "ingest.detectors.induction:induction")
    with pytest.raises(DetectorDefinitionError, match="'induction' is offered as 'my_induction'"):
        load_detectors()


def test_what_is_no_detector_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, "batch", "ingest.prompts.batch:PromptBatch")
    with pytest.raises(DetectorDefinitionError, match="'batch' is no detector"):
        load_detectors()


def _decorate(name: str, docstring: str | None) -> Detector:
    def function(batch: PromptBatch) -> dict:
        return {}

    function.__name__, function.__doc__ = name, docstring
    return detector(version=1, tier=Tier.V1, metric="m", prompts=random_tokens)(function)


def test_a_function_named_unlike_its_file_is_refused() -> None:
    with pytest.raises(DetectorDefinitionError, match="name both alike"):
        _decorate("something_else", "Text.")


def test_a_detector_without_a_methods_section_is_refused() -> None:
    with pytest.raises(DetectorDefinitionError, match="needs a docstring"):
        _decorate("test_registry", None)


def test_the_summary_is_the_first_line() -> None:
    assert induction.summary == "Attention from a repeated token to what followed its latest earlier occurrence."
