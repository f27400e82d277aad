"""A language model in several places: on the CPU and on disk it measures what it measures in one place."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from ingest import liveness
from ingest.architectures.parts import W_O
from ingest.architectures.readout import Readout
from ingest.decoding import decode
from ingest.device_map import read_device_map
from ingest.engine import choose
from ingest.errors import LanguageModelError
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.measure import LogitTargets
from ingest.weights import WeightView
from tests.ingest.engine.padded import make_padded, make_targets
from tests.ingest.engine.test_moments import make_moments
from tests.ingest.tiny_models import make_tiny

FAMILIES = ("llama", "gpt2", "gemma2")
MAPS = {
    "llama": {"model.embed_tokens": "cpu", "model.layers.0": "cpu", "model.layers.1": "disk"}
    | {"model.norm": "disk", "model.rotary_emb": "cpu", "lm_head": "disk"},
    "gpt2": {"transformer.wte": "cpu", "transformer.wpe": "cpu", "transformer.h.0": "disk"}
    | {"transformer.h.1": "cpu", "transformer.ln_f": "disk", "lm_head": "cpu"},
    "gemma2": {"model.embed_tokens": "cpu", "model.layers.0": "disk", "model.layers.1": "disk"}
    | {"model.norm": "cpu", "model.rotary_emb": "cpu", "lm_head": "cpu"},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    found = {}
    for family in FAMILIES:
        found[family] = tmp_path_factory.mktemp("spread") / family
        make_tiny(family).model.save_pretrained(found[family])
    return found


def both(folder: Path, family: str) -> tuple[LoadedModel, LoadedModel]:
    """The same weights in one place and in two."""
    return load_language_model(str(folder)), load_language_model(str(folder), device_map=MAPS[family])


def is_on_disk(loaded: LoadedModel) -> bool:
    return any(parameter.is_meta for parameter in loaded.model.parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_equal_those_of_one_place(folders: dict[str, Path], family: str) -> None:
    whole, spread = both(folders[family], family)
    assert is_on_disk(spread)
    assert not is_on_disk(whole)
    batch = make_padded(20, "left")
    targets = make_targets(batch) | make_moments(batch) | {"goal": LogitTargets(batch.tokens, batch.is_real)}
    expected, found = (choose.measure(each, batch, targets, batch_size=2) for each in (whole, spread))
    assert found.attention_path == expected.attention_path
    for name, each in expected.measurements.items():
        assert torch.allclose(found.measurements[name].mass, each.mass, atol=1e-6, equal_nan=True), name


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_are_read_where_they_are(folders: dict[str, Path], family: str) -> None:
    whole, spread = both(folders[family], family)
    for expected, found in zip(W_O(whole), W_O(spread), strict=True):
        assert found.equal(expected)
    for layer in range(2):
        assert Readout(spread).W_O(layer).equal(Readout(whole).W_O(layer))
    words = torch.arange(5, 12)
    expected, found = ([view.embeddings(words), *view.values(view.embeddings(words))] for view in views(whole, spread))
    for one, other in zip(expected, found, strict=True):
        assert torch.allclose(one, other, atol=1e-6)
    assert is_on_disk(spread)


def views(*models: LoadedModel) -> list[WeightView]:
    return [WeightView(each) for each in models]


def test_heads_are_live_and_texts_go_on_in_two_places(folders: dict[str, Path]) -> None:
    whole, spread = both(folders["llama"], "llama")
    batch = make_padded(12, "none")
    assert liveness.check(spread, batch) == liveness.check(whole, batch)
    shares = [liveness.head_output_share(each, batch).numpy() for each in (whole, spread)]
    assert np.allclose(*shares, atol=1e-6)
    assert decode(spread, batch, 3).token.equal(decode(whole, batch, 3).token)


def test_a_strategy_finds_the_places_by_itself(folders: dict[str, Path]) -> None:
    loaded = load_language_model(str(folders["llama"]), device_map=read_device_map("auto"))
    batch = make_padded(12, "none")
    expected = choose.measure(make_tiny("llama"), batch, make_targets(batch)).measurements["itself"].mass.cpu()
    assert torch.allclose(choose.measure(loaded, batch, make_targets(batch)).measurements["itself"].mass, expected)


def test_a_map_is_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_text(json.dumps(MAPS["llama"]))
    assert read_device_map(str(file)) == MAPS["llama"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "as JSON"),
        ("[]", "no JSON object"),
        ("{}", "no JSON object"),
        ('{"lm_head": "abacus"}', "puts 'lm_head' on 'abacus'"),
        ('{"lm_head": 4096}', "puts 'lm_head' on 4096"),
        ('{"lm_head": true}', "puts 'lm_head' on True"),
    ],
)
def test_a_map_that_cannot_be_is_refused(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "map.json"
    file.write_text(content)
    with pytest.raises(LanguageModelError, match=words):
        read_device_map(str(file))


def test_a_map_that_is_not_there_is_refused() -> None:
    with pytest.raises(LanguageModelError, match="no device map 'evenly': use auto, balanced"):
        read_device_map("evenly")


def test_a_map_that_leaves_a_part_out_is_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(LanguageModelError, match="cannot be spread by this device map"):
        load_language_model(str(folders["llama"]), device_map={"model.embed_tokens": "cpu", "lm_head": "disk"})
