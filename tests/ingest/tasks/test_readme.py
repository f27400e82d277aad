"""What the README of the tasks lists is what there is."""

import re
from pathlib import Path

import ingest.tasks
from ingest.tasks.all_tasks import load_tasks

FOLDER = Path(ingest.tasks.__file__).parent
README = (FOLDER / "README.md").read_text()


def _listed() -> set[str]:
    cells = re.findall(r"^\| ([^|]+) \|", README, flags=re.M)
    return {name for cell in cells for name in re.findall(r"`(\w+)(?:\.py)?`", cell)}


def test_every_task_stands_in_the_table() -> None:
    assert set(load_tasks()) <= _listed()


def test_every_file_stands_in_a_table_and_no_other() -> None:
    files = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert files | set(load_tasks()) == _listed()
