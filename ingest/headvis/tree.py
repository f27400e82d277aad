"""The folder that HeadVis reads: which files, and how a run of it is told from any other folder.

One run is `<model>/headvis/<dataset>/` with `config.json` (shape, metrics, where they come from), `scatter_data.json`
(one row for each head), `heads/L5H1.json` (attention of some prompts), and two files that say that no server runs.
"""

import json
import re
from pathlib import Path
from typing import Any

from ingest.errors import HeadVisError

CONFIG, SCATTER = "config.json", "scatter_data.json"


def path_part(name: str) -> str:
    """A model id or dataset name as the name of a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name.replace("/", "-")).strip("-.") or "unnamed"


def find_runs(folder: Path) -> list[Path]:
    """Folders of runs: this one, or those below it.

    Raises:
        HeadVisError: There is none.
    """
    if not folder.is_dir():
        raise HeadVisError(f"{folder} is no folder: name one that HeadVis's pipeline wrote.")
    runs = sorted(each.parent for each in folder.rglob(CONFIG) if (each.parent / SCATTER).is_file())
    if not runs:
        raise HeadVisError(f"{folder} holds no run of HeadVis: {CONFIG} and {SCATTER} side by side are missing.")
    return runs


def read_json(file: Path) -> Any:
    """The content of a JSON file; `NaN` in it is no number.

    Raises:
        HeadVisError: It cannot be read, or is no JSON.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise HeadVisError(f"{file} cannot be read as JSON ({problem}): export the run again.") from problem
