"""Imports point one way, lazy and indirect ones included; the contracts are in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_import_contracts_are_kept() -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    run = subprocess.run([lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_no_file_holds_two_concepts() -> None:
    long = {
        str(path.relative_to(ROOT)): n
        for folder in ("catalog", "ingest", "api", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if (n := len(path.read_text().splitlines())) > 400
    }
    assert long == {}


def test_only_edges_commit() -> None:
    allowed = {"catalog/db.py", "catalog/cli.py", "ingest/cli.py"}
    found = {
        str(path.relative_to(ROOT))
        for folder in ("catalog", "ingest", "api")
        for path in (ROOT / folder).rglob("*.py")
        if ".commit(" in path.read_text()
    }
    assert found <= allowed
