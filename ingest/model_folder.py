"""What a folder with a language model must hold before its weights are loaded, and the hash of those weights."""

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from transformers import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from ingest.errors import (
    LanguageModelError,
    LanguageModelNotFoundError,
    UnsafeWeightsError,
    UnsupportedArchitectureError,
)

_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model", "vocab.json", "spiece.model")
_INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"


def check_folder(folder: Path) -> None:
    """Refuse a folder whose files cannot be used, before any weight is read.

    Raises:
        LanguageModelNotFoundError: No config.json.
        UnsafeWeightsError: Only pickled weights, or code that would have to run.
        UnsupportedArchitectureError: Neither a decoder nor an encoder that transformers knows.
        LanguageModelError: A file is broken or missing.
    """
    _check_architecture(folder, _read_config(folder))
    for file in weight_files(folder):
        _check_header(file)


def has_tokenizer(folder: Path) -> bool:
    """Whether the folder holds a tokenizer at all."""
    return any((folder / name).exists() for name in _TOKENIZER_FILES)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors that are loaded: one file, or the shards that the index names.

    Raises:
        UnsafeWeightsError: There are only pickled weights.
        LanguageModelError: There are no weights, or a shard is missing.
    """
    if (folder / _SINGLE).is_file():
        return [folder / _SINGLE]
    if (folder / _INDEX).is_file():
        return _shards(folder)
    if any(True for pattern in _PICKLES for _ in folder.glob(pattern)):
        raise UnsafeWeightsError(
            f"{folder} holds only pickled weights, which can run code while loading; convert them to safetensors."
        )
    raise LanguageModelError(f"{folder} holds no {_SINGLE}; put the weights there as safetensors.")


def hash_weights(folder: Path) -> str:
    """Hex sha256 of the weights: of the file itself, or for shards of their names and hashes in order."""
    files = weight_files(folder)
    digests = [(file.name, _hash_file(file)) for file in files]
    if len(digests) == 1:
        return digests[0][1]
    lines = "".join(f"{digest}  {name}\n" for name, digest in digests)
    return hashlib.sha256(lines.encode()).hexdigest()


def _read_config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise LanguageModelNotFoundError(f"{folder} holds no config.json, so it is no language model; check the path.")
    return _read_json(file)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise LanguageModelError(f"{file} cannot be read as JSON ({problem}); download it again.") from problem
    if not isinstance(content, dict):
        raise LanguageModelError(f"{file} holds no JSON object; download it again.")
    return content


def _check_architecture(folder: Path, config: dict[str, Any]) -> None:
    model_type = config.get("model_type")
    if config.get("is_encoder_decoder"):
        raise UnsupportedArchitectureError(
            f"{folder} is an encoder-decoder ({model_type}); headcat measures decoders and encoders, "
            "choose one of those."
        )
    if not isinstance(model_type, str) or model_type not in CONFIG_MAPPING:
        if "auto_map" in config:
            raise UnsafeWeightsError(
                f"{folder} needs code that comes with the weights (auto_map in config.json), which headcat does not "
                "run; choose a version that transformers itself supports."
            )
        raise UnsupportedArchitectureError(
            f"{folder} has the architecture {model_type!r}, which this version of transformers does not know; "
            "check model_type in config.json."
        )
    if model_type not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        raise UnsupportedArchitectureError(
            f"{folder} has the architecture {model_type!r}, which is neither a causal language model nor a masked one; "
            "choose a decoder or an encoder."
        )


def _shards(folder: Path) -> list[Path]:
    weight_map = _read_json(folder / _INDEX).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise LanguageModelError(f"{folder / _INDEX} names no weights; download it again.")
    files = [folder / name for name in sorted({Path(str(name)).name for name in weight_map.values()})]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise LanguageModelError(f"{folder} lacks {missing[0]}, which {_INDEX} names; download the weights again.")
    return files


def _check_header(file: Path) -> None:
    try:
        with safe_open(file, framework="pt") as tensors:
            if not list(tensors.keys()):
                raise LanguageModelError(f"{file} holds no tensors; download it again.")
    except (SafetensorError, OSError) as problem:
        raise LanguageModelError(
            f"{file} is truncated or no safetensors file ({problem}); download it again."
        ) from problem


def _hash_file(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
