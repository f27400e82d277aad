"""How a language model is spread over devices: by a strategy, or by a file that names each part's place."""

import json
from pathlib import Path
from typing import Any

import torch

from ingest.errors import LanguageModelError
from ingest.settings import IngestSettings

STRATEGIES = ("auto", "balanced", "balanced_low_0", "sequential")
"""As accelerate names them: even shares, less on the first GPU, one GPU after the other."""

DeviceMap = str | dict[str, int | str]


def read_device_map(given: str) -> DeviceMap:
    """A strategy by name, or the content of a JSON file: `{"model.layers.0": 0, "lm_head": "cpu", …}`.

    Parts are named as in the weights; a place is the number of a GPU, `cuda:N`, `cpu` or `disk`.

    Raises:
        LanguageModelError: No strategy of this name, no such file, or no such place.
    """
    if given in STRATEGIES:
        return given
    file = Path(given).expanduser()
    if not file.is_file():
        raise LanguageModelError(
            f"There is no device map {given!r}: use {', '.join(STRATEGIES)}, or name a JSON file that says where each "
            "part goes."
        )
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise LanguageModelError(f"The device map {file} cannot be read as JSON ({problem}); correct it.") from problem
    if not isinstance(content, dict) or not content:
        raise LanguageModelError(f"The device map {file} is no JSON object of parts and places; correct it.")
    for part, place in content.items():
        _check_place(part, place)
    return content


def placement(device: str | None, device_map: str | None, settings: IngestSettings) -> dict[str, Any]:
    """Device and device map of a command, as it goes into the record: the content of a file and not its name.

    Raises:
        LanguageModelError: Both were asked for, or the map cannot be used.
    """
    if device is not None and device_map is not None:
        raise LanguageModelError("--device and --device-map exclude each other: name one place or several.")
    if device_map is not None:
        return {"device": None, "device_map": read_device_map(device_map)}
    return {"device": device or settings.device, "device_map": None}


def _check_place(part: str, place: object) -> None:
    if place == "disk":
        return
    try:
        if isinstance(place, bool) or not isinstance(place, int | str):
            raise TypeError(place)
        torch.empty(0, device=torch.device("cuda", place) if isinstance(place, int) else torch.device(place))
    except (RuntimeError, AssertionError, TypeError) as problem:
        raise LanguageModelError(
            f"The device map puts {part!r} on {place!r}, which is not here; use the number of a GPU, cuda:N, cpu or "
            "disk."
        ) from problem
