"""Where a number came from: everything needed to repeat a run, and to see what differed when it comes out otherwise."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from ingest.file_hashes import hash_files, hash_package
from ingest.loaded_model import LoadedModel

# What can change a number. The command line, the records and the pages cannot.
MEASURING_CODE = (
    "architectures/*.py",
    "detectors/*.py",
    "engine/*.py",
    "headvis/*.py",
    "interventions/*.py",
    "metrics/*",
    "prompts/*.py",
    "prompts/data/*",
    "prompts/word_lists/*.toml",
    "statistics/*.py",
    "tasks/*",
    "arm_pass.py",
    "baselines.py",
    "behaviour.py",
    "causal_arm.py",
    "cause.py",
    "decoding.py",
    "detector.py",
    "effects.py",
    "evidence.py",
    "grade.py",
    "group_effect.py",
    "group_pass.py",
    "head_cause.py",
    "item_pass.py",
    "liveness.py",
    "loading.py",
    "measure.py",
    "measuring_in_parts.py",
    "multiple_tests.py",
    "prompt_pass.py",
    "rule.py",
    "scan.py",
    "scan_result.py",
    "scoring.py",
    "task_pass.py",
    "task_scores.py",
    "verdict.py",
    "weights.py",
)

_LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "numpy")


def code_sha256() -> str:
    """Hash of the code that measures; equal hashes ran equal code, whatever the commit was called."""
    return hash_package(MEASURING_CODE)


def detector_sha256(source_file: str) -> str:
    """Hash of one detector's file."""
    file = Path(source_file)
    return hash_files([file], file.parent)


def versions() -> dict[str, str]:
    """Versions of headcat, Python and the libraries that compute."""
    found = {"headcat": headcat_version(), "python": platform.python_version()}
    for name in _LIBRARIES:
        found[name] = version(name)
    return found


def headcat_version() -> str:
    """Version of this program as installed."""
    try:
        return version("headcat")
    except PackageNotFoundError:
        return "not installed"


def machine(loaded: LoadedModel) -> dict[str, Any]:
    """Device and settings that move the last digits of a number."""
    device = loaded.device
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.processor() or platform.machine()
    return {
        "device": str(device),
        "device_name": name,
        "device_map": _places(loaded),
        "dtype": str(loaded.dtype).removeprefix("torch."),
        "softmax_dtype": "float32",
        "threads": torch.get_num_threads(),
        "allow_tf32": bool(torch.backends.cuda.matmul.allow_tf32),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "cuda": torch.version.cuda,
        "platform": platform.platform(),
        "byteorder": sys.byteorder,
    }


def _places(loaded: LoadedModel) -> dict[str, str] | None:
    """Where each part of a language model lies that is spread over several places; None for one place."""
    found = getattr(loaded.model, "hf_device_map", None)
    return {part: str(place) for part, place in found.items()} if found and len(set(found.values())) > 1 else None
