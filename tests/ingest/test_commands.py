"""The commands as a user meets them: what they print, what they write, and what they say to bad input."""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import Session

from catalog.command import main
from catalog.db import make_engine
from catalog.models import HeadScore, ScanRun, Verification
from catalog.schema import upgrade
from catalog.seed import load
from catalog.settings import CatalogSettings
from ingest.planted.build import save_planted

FIVE = "attention_sink,duplicate_token,induction,positional,previous_token"


@dataclass(frozen=True)
class Run:
    """What a command left behind."""

    code: int
    out: str
    err: str

    def refusal(self) -> str:
        """The one sentence of an error, which is the last line and the only one of its kind."""
        assert "Traceback" not in self.err
        lines = [line for line in self.err.splitlines() if line.startswith("headcat: ")]
        assert len(lines) == 1, self.err
        assert self.err.splitlines()[-1] == lines[0]
        return lines[0]


@pytest.fixture
def headcat(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Runs the command in this process, with a database and a data folder of its own."""
    monkeypatch.setenv("HEADCAT_DATABASE_URL", f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    monkeypatch.setenv("HEADCAT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HEADCAT_DEVICE", "cpu")
    monkeypatch.delenv("HEADCAT_MODEL_FOLDERS", raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def run(*arguments: str | Path) -> Run:
        monkeypatch.setattr(sys, "argv", ["headcat", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capsys.readouterr()
        code = stopped.value.code
        return Run(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_planted(tmp_path_factory.mktemp("models") / "planted-llama", "llama")


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("seeded") / "catalog.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    upgrade(engine)
    load(engine, CatalogSettings().seeds)
    engine.dispose()
    with create_engine(f"sqlite:///{file}").connect() as connection:
        # All of it in one file, so that a copy of the file is a copy of the catalog.
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return file


@pytest.fixture
def catalog_file(tmp_path: Path, seeded_file: Path) -> Path:
    """The database of `headcat`, with all shipped records in it."""
    return Path(shutil.copy(seeded_file, tmp_path / "catalog.sqlite"))


def stored(file: Path, model: type) -> int:
    with Session(make_engine(f"sqlite:///{file}")) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_scan_shows_the_strongest_heads_and_which_are_found(headcat, planted: Path) -> None:
    run = headcat("scan", planted, "--detectors", FIVE, "--prompts", "8")
    assert run.code == 0, run.err
    lines = [line.split() for line in run.out.splitlines()]
    assert next(line for line in lines if line[0] == "previous_token")[1] == "L0H0"
    assert next(line for line in lines if line[0] == "previous_token")[-1] == "yes"
    assert "3 layers × 4 heads" in run.out


def test_scan_writes_one_json_object_to_standard_output_and_nothing_else(headcat, planted: Path) -> None:
    run = headcat("scan", planted, "--detectors", "previous_token", "--prompts", "8", "--json", "-")
    record = json.loads(run.out)
    assert record["language_model"]["n_kv_heads"] == 2
    assert record["detectors"][0]["positive"] == ["L0H0"]
    assert record["provenance"]["arguments"]["prompts"] == 8


def test_scan_without_statistics_marks_nothing_as_found(headcat, planted: Path, tmp_path: Path) -> None:
    file = tmp_path / "scan.json"
    run = headcat("scan", planted, "--detectors", "previous_token", "--prompts", "2", "--no-statistics", "--json", file)
    assert run.code == 0, run.err
    assert json.loads(file.read_text())["detectors"][0]["positive"] is None
    assert " yes" not in run.out


def test_scan_stores_run_and_scores_where_asked(headcat, planted: Path, catalog_file: Path) -> None:
    run = headcat("scan", planted, "--detectors", "previous_token,induction", "--prompts", "8", "--save")
    assert run.code == 0, run.err
    assert stored(catalog_file, ScanRun) == 1
    with Session(make_engine(f"sqlite:///{catalog_file}")) as session:
        found = session.scalars(select(ScanRun)).one()
        scores = session.scalars(select(HeadScore).where(HeadScore.details.is_not(None))).all()
        ours = [score for score in scores if score.details and "is_positive" in score.details]
        assert found.seed == 0
        assert len(ours) == 2 * 12


def test_verify_gives_each_claim_a_line_and_a_summary(headcat, catalog_file: Path) -> None:
    run = headcat("verify", "AHF-900001", "AHF-900006", "AHF-900007", "--prompts", "16")
    assert run.code == 0, run.err
    by_accession = {line.split()[0]: line for line in run.out.splitlines() if line.startswith("AHF-")}
    assert " is     previous_token " in by_accession["AHF-900001"]
    assert by_accession["AHF-900001"].endswith(" reproduced")
    assert "not_reproduced (The head is silent" in by_accession["AHF-900006"]
    assert " is not induction " in by_accession["AHF-900007"]
    assert "3 findings verified: 2 reproduced, 1 not_reproduced." in run.out
    assert stored(catalog_file, Verification) == 3


def test_verify_says_how_many_claims_it_could_not_verify_and_why(headcat, catalog_file: Path) -> None:
    run = headcat("verify", "AHF-000001", "AHF-001084", "AHF-900001", "--prompts", "16", "--json", "-")
    assert run.code == 0, run.err
    found = json.loads(run.out)
    assert len(found["verifications"]) == 1
    assert sum(found["not_verified"].values()) == 2
    assert found["verifications"][0]["judgement"]["verdict"] == "reproduced"


def test_verify_refuses_a_folder_that_is_another_language_model(headcat, catalog_file: Path, planted: Path) -> None:
    run = headcat("verify", "--language-model", "openai-community/gpt2", "--head-type", "induction",
                  "--model-path", planted)  # fmt: skip
    assert run.code == 2
    assert "is not the openai-community/gpt2 of the catalog: n_layers is 3, not 12" in run.refusal()
    assert stored(catalog_file, ScanRun) == 0


def test_verify_asks_for_something_to_verify(headcat) -> None:
    run = headcat("verify")
    assert (run.code, "--all" in run.refusal()) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("scan", "/no/such/folder"), "no directory /no/such/folder"),
        (("scan", "lab/no-such-model"), "lab/no-such-model"),
        (("scan", "x", "--detectors", "inducton"), "Did you mean induction"),
        (("scan", "x", "--json", "/no/such/folder/scan.json"), "no folder that can be written"),
        (("scan", "x", "--text", "/no/such.txt"), "The text such.txt cannot be read"),
        (("scan", "x", "--dtype", "int8"), "dtype"),
        (("detectors", "inducton"), "Did you mean induction"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(headcat, arguments: tuple[str, ...], says: str) -> None:
    run = headcat(*arguments)
    assert run.code == 2
    assert says in run.refusal()
    assert run.out == ""


def test_a_language_model_that_cannot_be_read_is_one_sentence(headcat, planted: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(planted, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "truncated" in headcat("scan", broken).refusal()
    weights.unlink()
    torch.save({}, broken / "pytorch_model.bin")
    assert "pickled" in headcat("scan", broken).refusal()
    (broken / "config.json").write_text('{"model_type": "no_such_family"}')
    run = headcat("scan", broken)
    assert (run.code, "no_such_family" in run.refusal()) == (2, True)


def test_prompts_that_do_not_fit_are_refused_with_the_limit(headcat, planted: Path) -> None:
    run = headcat("scan", planted, "--length", "100000")
    assert run.code == 2
    assert "512 tokens" in run.refusal()


@pytest.mark.parametrize("arguments", [("verify", "--all"), ("scan", "x", "--save")])
def test_a_database_without_a_catalog_is_refused_before_anything_is_loaded(headcat, arguments: tuple[str, ...]) -> None:
    run = headcat(*arguments)
    assert run.code == 1
    assert "headcat db upgrade" in run.refusal()


def test_an_unknown_finding_is_refused_with_its_neighbours(headcat, catalog_file: Path) -> None:
    run = headcat("verify", "AHF-900099")
    assert run.code == 2
    assert "AHF-9000" in run.refusal()


def test_detectors_are_listed_and_described(headcat) -> None:
    listed = headcat("detectors")
    assert listed.code == 0
    assert "previous_token   V1  v1" in listed.out
    described = headcat("detectors", "attention_sink")
    assert "Gu et al. 2024" in described.out
    as_json = json.loads(headcat("detectors", "induction", "--json", "-").out)
    assert as_json["published_rule"]["threshold"] == 0.4
    assert as_json["metric"] == "induction_mass_latest_copy"
