"""Folders of one machine are nobody else's business: records name a language model, not the place where it lies."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

_NAMED = ("model", "model_path")


def name_of_folder(place: str) -> str:
    """The last part of a folder's path, which names the language model in it."""
    return PureWindowsPath(place).name if "\\" in place else PurePosixPath(place).name or place


def without_folders(value: Any) -> Any:
    """A record with names in place of paths to language models, at any depth; hub ids stay as they are."""
    if isinstance(value, dict):
        return {
            key: name_of_folder(item)
            if key in _NAMED and isinstance(item, str) and _is_place(item)
            else without_folders(item)
            for key, item in value.items()
        }
    return [without_folders(item) for item in value] if isinstance(value, list) else value


def _is_place(text: str) -> bool:
    # A hub id has one slash and begins with a letter or a digit; what else looks like a path is one.
    return text.startswith(("/", "~", ".")) or "\\" in text or text.count("/") > 1
