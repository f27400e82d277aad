"""Loading from a directory and from the hub's cache, and every refusal: one sentence that says what to do."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast

from ingest.errors import (
    LanguageModelError,
    LanguageModelNotFoundError,
    UnsafeWeightsError,
    UnsupportedArchitectureError,
)
from ingest.loading import load_language_model
from tests.ingest.tiny_models import CONTEXT_LENGTH, D_VOCAB, make_tiny

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny Llama as a directory, without a tokenizer."""
    path = tmp_path / "tiny"
    make_tiny("llama").model.save_pretrained(path)
    return path


def save_tokenizer(folder: Path, n_tokens: int = 90) -> None:
    words = {"<s>": 0, "</s>": 1} | {f"w{index}": index for index in range(2, n_tokens)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="w2")), bos_token="<s>", eos_token="</s>"
    )
    tokenizer.save_pretrained(folder)


def change_config(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def refusal(kind: type[LanguageModelError], folder: Path | str, **arguments: str) -> str:
    with pytest.raises(LanguageModelError) as caught:
        load_language_model(str(folder), **arguments)
    assert type(caught.value) is kind
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_directory_loads_with_its_shape_and_the_hash_of_its_weights(folder: Path) -> None:
    loaded = load_language_model(str(folder))
    digest = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    assert (loaded.revision, loaded.weights_sha256) == (f"sha256:{digest}", digest)
    assert (loaded.n_layers, loaded.n_heads, loaded.n_kv_heads) == (2, 4, 2)
    assert (loaded.d_model, loaded.d_head, loaded.d_vocab) == (32, 8, D_VOCAB)
    assert (loaded.architecture, loaded.context_length) == ("llama", CONTEXT_LENGTH)
    assert loaded.tokenizer is None
    assert (loaded.bos_id, loaded.special_ids) == (0, frozenset({0}))
    assert not loaded.model.training
    original = make_tiny("llama").model.state_dict()
    assert all(tensor.equal(original[name]) for name, tensor in loaded.model.state_dict().items())


def test_tokenizer_names_special_tokens_and_rows_that_it_never_uses(folder: Path) -> None:
    save_tokenizer(folder, n_tokens=90)
    loaded = load_language_model(str(folder))
    assert loaded.bos_id == 0
    assert loaded.special_ids == frozenset({0, 1}) | frozenset(range(90, D_VOCAB))


def test_shards_are_hashed_together(folder: Path, tmp_path: Path) -> None:
    sharded = tmp_path / "sharded"
    make_tiny("llama").model.save_pretrained(sharded, max_shard_size="20KB")
    assert len(list(sharded.glob("*.safetensors"))) > 1
    loaded, whole = load_language_model(str(sharded)), load_language_model(str(folder))
    assert loaded.weights_sha256 != whole.weights_sha256
    expected = whole.model.state_dict()
    assert all(tensor.equal(expected[name]) for name, tensor in loaded.model.state_dict().items())
    sorted(sharded.glob("*.safetensors"))[0].unlink()
    assert "lacks model-00001" in refusal(LanguageModelError, sharded)


def test_dtype_is_as_asked(folder: Path) -> None:
    assert load_language_model(str(folder), dtype="bfloat16").model.dtype == torch.bfloat16
    assert "float32, bfloat16, float16" in refusal(LanguageModelError, folder, dtype="int8")


def test_unknown_device_is_refused(folder: Path) -> None:
    assert "cuda:N" in refusal(LanguageModelError, folder, device="abacus")


def test_loading_is_quiet(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    verbosity = transformers.utils.logging.get_verbosity()
    change_config(folder, bos_token_id=12345)  # transformers warns of this
    load_language_model(str(folder))
    assert capfd.readouterr() == ("", "")
    assert transformers.utils.logging.get_verbosity() == verbosity


def test_missing_directory_is_refused(tmp_path: Path) -> None:
    assert "no directory" in refusal(LanguageModelNotFoundError, tmp_path / "absent")


def test_file_instead_of_directory_is_refused(folder: Path) -> None:
    assert "is a file" in refusal(LanguageModelError, folder / "config.json")


def test_revision_of_a_directory_is_refused(folder: Path) -> None:
    assert "leave the revision out" in refusal(LanguageModelError, folder, revision="main")


def test_directory_without_config_is_refused(folder: Path) -> None:
    (folder / "config.json").unlink()
    assert "no config.json" in refusal(LanguageModelNotFoundError, folder)


@pytest.mark.parametrize("content", ["{", "[]", "\x00\xff"])
def test_broken_config_is_refused(folder: Path, content: str) -> None:
    (folder / "config.json").write_bytes(content.encode("latin-1"))
    assert "JSON" in refusal(LanguageModelError, folder)


def test_config_with_impossible_values_is_refused(folder: Path) -> None:
    change_config(folder, hidden_size="wide")
    assert "'wide'" in refusal(LanguageModelError, folder)


@pytest.mark.parametrize("kept", [0, 5, 2000, -4])
def test_truncated_weights_are_refused(folder: Path, kept: int) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    assert "truncated" in refusal(LanguageModelError, folder)


def test_weights_that_are_no_safetensors_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"not tensors at all " * 100)
    assert "no safetensors file" in refusal(LanguageModelError, folder)


def test_pickled_weights_are_refused_and_not_opened(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"not even a pickle")
    assert "only pickled weights" in refusal(UnsafeWeightsError, folder)


def test_missing_weights_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert "no model.safetensors" in refusal(LanguageModelError, folder)


def test_missing_tensor_is_refused_instead_of_made_up(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.layers.1.self_attn.q_proj.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})
    assert "model.layers.1.self_attn.q_proj.weight" in refusal(LanguageModelError, folder)


def test_tensor_of_another_shape_is_refused(folder: Path) -> None:
    change_config(folder, intermediate_size=64)
    refusal(LanguageModelError, folder)


def test_unknown_architecture_is_refused(folder: Path) -> None:
    change_config(folder, model_type="abacus")
    assert "'abacus'" in refusal(UnsupportedArchitectureError, folder)


def test_code_that_comes_with_the_weights_is_refused_and_not_run(folder: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (folder / "modeling_abacus.py").write_text(f"open({str(ran)!r}, 'w')\n")
    change_config(folder, model_type="abacus", auto_map={"AutoModelForCausalLM": "modeling_abacus.Abacus"})
    assert "auto_map" in refusal(UnsafeWeightsError, folder)
    assert not ran.exists()


@pytest.mark.parametrize(("model_type", "words"), [("t5", "encoder-decoder"), ("vit", "neither a causal")])
def test_other_kinds_of_model_are_refused(folder: Path, model_type: str, words: str) -> None:
    change_config(folder, model_type=model_type, is_encoder_decoder=model_type == "t5")
    assert words in refusal(UnsupportedArchitectureError, folder)


def test_broken_tokenizer_is_refused(folder: Path) -> None:
    save_tokenizer(folder)
    (folder / "tokenizer.json").write_text("{")
    assert "tokenizer" in refusal(LanguageModelError, folder)


@pytest.fixture
def offline_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The hub's cache of this machine, empty, and no way to the hub itself."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.parametrize("hub_id", ["nobody/nothing", "nothing"])
def test_hub_out_of_reach_is_refused(offline_hub: Path, hub_id: str) -> None:
    assert "cannot be reached" in refusal(LanguageModelNotFoundError, hub_id)


@pytest.mark.parametrize("revision", [None, "main", COMMIT])
def test_cached_hub_model_loads_at_its_commit(offline_hub: Path, folder: Path, revision: str | None) -> None:
    repository = offline_hub / "models--somebody--tiny"
    shutil.copytree(folder, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    loaded = load_language_model("somebody/tiny", revision=revision)
    assert (loaded.hub_id, loaded.revision) == ("somebody/tiny", COMMIT)
    assert len(loaded.weights_sha256) == 64
    assert "cannot be reached" in refusal(LanguageModelNotFoundError, "somebody/tiny", revision="f" * 40)


@pytest.mark.parametrize("hub_id", ["some body/tiny", "a/b/c", ""])
def test_text_that_is_no_hub_id_is_refused(offline_hub: Path, hub_id: str) -> None:
    refusal(LanguageModelNotFoundError, hub_id)
