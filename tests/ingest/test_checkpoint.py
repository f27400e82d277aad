"""A scan that is killed goes on where it stopped, and ends with the numbers of one that was never stopped."""

import json
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from catalog.command import headcat
from ingest.checkpoint import Checkpoint, open_checkpoint, pack_results, unpack_results
from ingest.engine.result import EngineResult
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.measuring_in_parts import MeasuringInParts, prompts_of
from ingest.progress import Lines, Progress
from ingest.prompt_pass import measure_with_room
from ingest.prompts.batch import PromptBatch
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_record import scan_record
from ingest.scan_result import ScanOptions, ScanResult
from ingest.verdict import GateOutcome
from tests.ingest.engine.padded import make_padded, make_targets
from tests.ingest.tiny_models import make_tiny

DETECTORS = ["previous_token", "duplicate_token", "successor"]
# 300 prompts, 8 at a time, are three parts of each family.
OPTIONS = ScanOptions(n_prompts=300, length=24, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    make_tiny("llama").model.save_pretrained(folder)
    return folder


@pytest.fixture
def loaded(folder: Path) -> LoadedModel:
    return load_language_model(str(folder), revision=None, device="cpu", dtype="float32")


def numbers(result: ScanResult | dict[str, Any]) -> dict[str, Any]:
    """Everything of a scan but when it ran."""
    record = result if isinstance(result, dict) else json.loads(json.dumps(scan_record(result)))
    provenance = {name: value for name, value in record["provenance"].items() if not name.endswith("_at")}
    return {**record, "provenance": provenance, "seconds": None}


class Stopped(BaseException):
    """Stands for the end of the process."""


class StopsAfter(Progress):
    """Ends the scan after so many prompts."""

    def __init__(self, n_prompts: int) -> None:
        self.n_left = n_prompts

    def advance(self, n_prompts: int) -> None:
        self.n_left -= n_prompts
        if self.n_left < 0:
            raise Stopped


def run(loaded: LoadedModel, data: Path, n_prompts: int | None = None) -> tuple[ScanResult, Checkpoint]:
    detectors = select(DETECTORS)
    checkpoint = open_checkpoint(data, loaded, detectors, OPTIONS, lambda line: None)
    progress = Progress() if n_prompts is None else StopsAfter(n_prompts)
    return scan(loaded, detectors, OPTIONS, progress=progress, checkpoint=checkpoint), checkpoint


def test_a_scan_killed_twice_ends_as_one_that_ran_through(folder: Path, tmp_path: Path) -> None:
    through = start(folder, tmp_path / "other", tmp_path / "through.json")
    through.join(timeout=300)
    assert through.exitcode == 0, told(tmp_path)
    data = tmp_path / "data"
    for n_files in (2, 5):
        victim = start(folder, data, tmp_path / "never.json")
        wait_for_files(victim, data, n_files)
        victim.kill()  # SIGKILL: no handler runs, nothing is tidied up
        victim.join(timeout=60)
        assert victim.exitcode == -signal.SIGKILL
    survivor = start(folder, data, tmp_path / "resumed.json")
    survivor.join(timeout=300)
    assert survivor.exitcode == 0, told(tmp_path)
    assert "going on where a scan with the same arguments was interrupted" in told(tmp_path)
    assert "parts of this scan were read instead of measured again" in told(tmp_path)
    resumed, uninterrupted = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("resumed", "through"))
    assert numbers(resumed) == numbers(uninterrupted)
    assert not (tmp_path / "never.json").exists()
    assert list((data / "scans").iterdir()) == []  # a finished scan leaves nothing behind


def start(folder: Path, data: Path, json_file: Path) -> BaseProcess:
    """`headcat scan` in a process of its own, which starts as a copy of this one and so needs no seconds to import."""
    arguments = ["scan", str(folder), "--detectors", ",".join(DETECTORS), "--json", str(json_file), "--seed", "3"]
    arguments += ["--prompts", "300", "--length", "24", "--device", "cpu"]
    process = multiprocessing.get_context("fork").Process(target=run_command, args=(arguments, data, json_file.parent))
    process.start()
    return process


def run_command(arguments: list[str], data: Path, folder: Path) -> None:
    torch.set_num_threads(1)  # a copied process has no threads of its parent's pool
    os.environ["HEADCAT_DATA"] = str(data)
    with (folder / "told.txt").open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 2)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.stderr = file
        headcat.main(args=arguments, standalone_mode=False)


def told(folder: Path) -> str:
    return (folder / "told.txt").read_text(encoding="utf-8")


def wait_for_files(process: BaseProcess, data: Path, n_files: int) -> None:
    end = time.monotonic() + 240
    while len(list(data.rglob("*.safetensors"))) < n_files:
        assert process.is_alive(), "the scan ended before it could be killed"
        assert time.monotonic() < end, "the scan stored nothing"
        time.sleep(0.01)


def test_stopping_anywhere_changes_no_number(loaded: LoadedModel, tmp_path: Path) -> None:
    through, _ = run(loaded, tmp_path / "through")
    # In the first part, between parts, in the second family.
    for n_prompts, n_found in ((50, 0), (200, 1), (450, 2)):
        data = tmp_path / str(n_prompts)
        with pytest.raises(Stopped):
            run(loaded, data, n_prompts)
        resumed, checkpoint = run(loaded, data)
        assert numbers(resumed) == numbers(through)
        assert checkpoint.n_found == n_found


def test_what_other_weights_or_code_measured_is_never_read(loaded: LoadedModel, tmp_path: Path) -> None:
    detectors = select(DETECTORS)
    own = open_checkpoint(tmp_path, loaded, detectors, OPTIONS, print).folder
    others = [
        open_checkpoint(tmp_path, replace(loaded, weights_sha256="0" * 64), detectors, OPTIONS, print),
        open_checkpoint(tmp_path, replace(loaded, revision="other"), detectors, OPTIONS, print),
        open_checkpoint(tmp_path, replace(loaded, dtype=torch.bfloat16), detectors, OPTIONS, print),
        open_checkpoint(tmp_path, loaded, detectors[1:], OPTIONS, print),
        open_checkpoint(tmp_path, loaded, detectors, replace(OPTIONS, seed=4), print),
    ]
    assert own not in [other.folder for other in others]
    assert own == open_checkpoint(tmp_path, loaded, detectors, OPTIONS, print).folder


def test_other_code_has_another_folder(loaded: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detectors = select(DETECTORS)
    own = open_checkpoint(tmp_path, loaded, detectors, OPTIONS, print).folder
    monkeypatch.setattr("ingest.checkpoint.code_sha256", lambda: "other code")
    assert open_checkpoint(tmp_path, loaded, detectors, OPTIONS, print).folder != own


def test_a_part_of_other_prompts_is_measured_again(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path)
    checkpoint.save("pass", {"mass": np.ones(3)}, {"prompts": "these"})
    assert checkpoint.load("pass", {"prompts": "others"}) is None
    found = checkpoint.load("pass", {"prompts": "these"})
    assert found is not None
    assert found[0]["mass"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("content", [b"", b"not safetensors", b"\x10\0\0\0\0\0\0\0{}"])
def test_a_damaged_part_is_measured_again(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pass.safetensors").write_bytes(content)
    assert Checkpoint(tmp_path).load("pass", {}) is None


def test_a_folder_that_cannot_be_written_costs_the_checkpoint_and_not_the_scan(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    (tmp_path / "scans").write_text("a file where a folder should be")
    told: list[str] = []
    detectors = select(["previous_token"])
    checkpoint = open_checkpoint(tmp_path, loaded, detectors, OPTIONS, told.append)
    result = scan(loaded, detectors, OPTIONS, checkpoint=checkpoint)
    assert result.detectors[0].scores is not None
    assert len(told) == 1
    assert told[0].startswith("this scan cannot be resumed if it stops")


def test_results_survive_storing_to_the_last_bit(loaded: LoadedModel, tmp_path: Path) -> None:
    results = scan(loaded, select(DETECTORS), replace(OPTIONS, n_prompts=40)).detectors
    results = [replace(each, p_adjusted=None, p_attainable=None, definitions={}) for each in results]
    results[0] = replace(results[0], gate=GateOutcome(True, "accuracy", 1 / 3, 0.1))
    arrays, plain = pack_results(results)
    checkpoint = Checkpoint(tmp_path)
    checkpoint.save("pass", arrays, {"results": plain})
    found = checkpoint.load("pass", {})
    assert found is not None
    again, again_plain = pack_results(unpack_results(found[0], found[1]["results"], select(DETECTORS)))
    assert again_plain == plain
    assert arrays.keys() == again.keys()
    assert all(np.array_equal(arrays[name], again[name], equal_nan=True) for name in arrays)


def test_parts_give_what_one_pass_gives(tmp_path: Path) -> None:
    loaded, batch = make_tiny("llama"), make_padded(12, "right", n_prompts=40)
    targets = make_targets(batch)
    whole, _ = measure_with_room(loaded, batch, targets, 2)
    parts, _ = MeasuringInParts("pass", "a pass", 2, Progress(), Checkpoint(tmp_path))(loaded, batch, targets, 2)
    for name, expected in whole.measurements.items():
        assert torch.equal(parts.measurements[name].mass.nan_to_num(), expected.mass.nan_to_num())
        assert torch.equal(parts.measurements[name].n_counted, expected.n_counted)
    assert len(list(tmp_path.iterdir())) == 2  # 32 prompts and 8


def test_targets_of_some_prompts_are_cut_like_the_prompts() -> None:
    batch = make_padded(12, "left", n_prompts=5)
    for target in make_targets(batch).values():
        cut = prompts_of(target, slice(1, 3))
        tensors = [value for value in vars(cut).values() if isinstance(value, Tensor)]
        assert {len(value) for value in tensors} == {2}
        assert torch.equal(cut.is_counted, target.is_counted[1:3])


MEASURED = EngineResult({}, "streaming_fused", 2)


class OutOfMemoryOnce:
    """Stands in for a device that is full when four prompts are read at once."""

    def __call__(self, loaded: LoadedModel, batch: PromptBatch, targets: Any, **arguments: Any) -> Any:
        arguments["after_batch"](arguments["batch_size"])
        if arguments["batch_size"] > 2:
            raise torch.OutOfMemoryError("full")
        return MEASURED


def test_progress_takes_back_the_prompts_of_a_failed_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    monkeypatch.setattr("ingest.prompt_pass.measure", OutOfMemoryOnce())
    batch = make_padded(4, "none")
    assert measure_with_room(make_tiny("llama"), batch, {}, 4, told.append) == (MEASURED, 2)
    assert told == [4, -4, 2]


def test_lines_tell_where_a_long_pass_is_every_ten_seconds() -> None:
    written: list[str] = []
    seconds = iter([0.0, 4.0, 11.0, 11.0, 12.0, 30.0])
    lines = Lines(written.append, lambda: next(seconds))
    lines.start("measuring induction on repeated_random_tokens", 32)
    for _ in range(4):
        lines.advance(8)
    assert written == [
        "measuring induction on repeated_random_tokens …",
        "measuring induction on repeated_random_tokens: 16 of 32 prompts …",
    ]
