"""The language models that come with headcat are what their cards and records say."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from catalog.models import LanguageModel
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.local_models import SHIPPED, ModelShelf, check_agrees
from ingest.model_folder import hash_weights
from ingest.reference.accuracy import accuracies
from ingest.reference.attention_only import HUB_IDS
from ingest.reference.build import vocabulary_of
from ingest.reference.card import FACTS_FILE, facts_as_json, model_card
from ingest.reference.mix import ASKED
from ingest.reference.recipe import HUB_ID, RECIPE
from ingest.reference.table import BEGIN, END

RECORDS = Path(__file__).parents[3] / "catalog" / "seeds" / "language_models"
REFERENCE = SHIPPED / "reference"


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    return json.loads((REFERENCE / FACTS_FILE).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_language_model(str(REFERENCE), device="cpu")


def record_of(hub_id: str) -> dict[str, Any]:
    found = [tomllib.loads(file.read_text(encoding="utf-8")) for file in RECORDS.glob("headcat--*.toml")]
    (record,) = [record for record in found if record["hub_id"] == hub_id]
    return record


@pytest.mark.parametrize(
    ("hub_id", "folder"),
    [
        (HUB_ID, "reference"),
        (HUB_IDS["embedded"], "attention-only"),
        (HUB_IDS["rotary"], "attention-only-rotary"),
    ],
)
def test_record_card_and_weights_agree(hub_id: str, folder: str) -> None:
    record = record_of(hub_id)
    digest = hash_weights(SHIPPED / folder)
    assert record["revision"] == f"sha256:{digest}"
    assert digest in (SHIPPED / folder / "README.md").read_text(encoding="utf-8")
    row = LanguageModel(**{name: record[name] for name in ("hub_id", "revision", "n_layers", "n_heads", "d_model")})
    assert ModelShelf([]).find(row) == SHIPPED / folder
    check_agrees(load_language_model(str(SHIPPED / folder), device="cpu"), row)


def test_the_card_says_what_the_facts_say(facts: dict[str, Any]) -> None:
    assert (REFERENCE / "README.md").read_text(encoding="utf-8") == model_card(facts)
    assert (REFERENCE / FACTS_FILE).read_text(encoding="utf-8") == facts_as_json(facts)


def test_the_facts_are_those_of_the_recipe(facts: dict[str, Any]) -> None:
    assert facts["seed"] == RECIPE.seed
    assert facts["training"]["n_steps"] == RECIPE.training.n_steps
    assert {name: facts["shape"][name] for name in ("n_layers", "n_heads", "d_model", "d_mlp")} == {
        name: getattr(RECIPE, name) for name in ("n_layers", "n_heads", "d_model", "d_mlp")
    }


def test_the_weights_are_small_and_their_kind_is_float32(loaded: LoadedModel) -> None:
    assert (REFERENCE / "model.safetensors").stat().st_size < 8e6
    assert str(loaded.dtype) == "torch.float32"


def test_the_shipped_weights_do_what_the_card_says(facts: dict[str, Any], loaded: LoadedModel) -> None:
    assert loaded.tokenizer is not None
    found = accuracies(loaded.model, vocabulary_of(loaded.tokenizer), ASKED)
    assert [each.task for each in found] == [each["task"] for each in facts["accuracies"]]
    for each, said in zip(found, facts["accuracies"], strict=True):
        # One prompt of 200 may lie so near to the line that another machine's sums turn it.
        assert each.accuracy == pytest.approx(said["accuracy"], abs=0.0051), each.task
        assert each.passes == said["passes"], each.task


def test_it_does_most_of_its_tasks(facts: dict[str, Any]) -> None:
    assert sum(each["passes"] is True for each in facts["accuracies"]) >= 8


def test_the_readme_has_every_claimed_head_type_in_its_table() -> None:
    readme = (SHIPPED.parent / "README.md").read_text(encoding="utf-8")
    table = readme.partition(BEGIN)[2].partition(END)[0]
    findings = tomllib.loads((RECORDS.parent / "findings" / "headcat.toml").read_text(encoding="utf-8"))
    claimed = {
        (group["head_type"], group.get("polarity", "is"))
        for group in findings["groups"]
        if group["language_model"].startswith("headcat--reference@")
    }
    assert claimed
    for head_type, polarity in claimed:
        assert f"| `{head_type}` | {polarity.replace('_', ' ')} |" in table
