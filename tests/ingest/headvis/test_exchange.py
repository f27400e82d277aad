"""A run goes out as HeadVis reads it and comes back as score tables; what is no run is refused in one sentence."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from catalog import models
from catalog.errors import NotFoundError
from ingest.errors import HeadVisError
from ingest.headvis.import_ import import_run, read_run
from ingest.headvis.measuring import measure_headvis
from ingest.headvis.metrics import METRICS
from ingest.headvis.tree import find_runs, path_part
from ingest.progress import Progress
from ingest.scan_result import ScanOptions
from tests.ingest.tiny_models import make_tiny

GPT2 = "openai-community/gpt2"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a tiny model of 2 layers of 4 heads."""
    root = tmp_path_factory.mktemp("headvis")
    options = ScanOptions(n_prompts=5, length=40, seed=1)
    return measure_headvis(make_tiny("llama"), options, root, {"model": "tiny"}, progress=Progress())


def write_run(folder: Path, rows: list[dict[str, Any]], **config: Any) -> Path:
    """A run as Neuronpedia's pipeline writes it, with as little in it as its loader needs."""
    folder.mkdir(parents=True)
    pipeline = {"model_name": "gpt2", "revision": None, "dtype": "bfloat16", "seq_len": 512}
    (folder / "config.json").write_text(
        json.dumps({"n_layers": 12, "n_heads": 12, "pipeline_config": pipeline} | config), "utf-8"
    )
    (folder / "scatter_data.json").write_text(json.dumps(rows), "utf-8")
    return folder


def all_heads(n_layers: int = 12, n_heads: int = 12) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "head": head} | {each.name: round(layer + head / 100, 4) for each in METRICS}
        for layer in range(n_layers)
        for head in range(n_heads)
    ]


def test_a_run_holds_every_file_that_headvis_reads(exported: Path) -> None:
    config = json.loads((exported / "config.json").read_text())
    assert {path.name for path in exported.iterdir()} == {
        "attributions", "config.json", "heads", "scatter_data.json", "server_config.json"
    }  # fmt: skip
    assert exported.parts[-3:] == ("llama", "headvis", "headcat-random_tokens")
    assert config["metrics"] == [each.name for each in METRICS]
    assert config["heads"] == [[layer, head] for layer in range(2) for head in range(4)]
    for layer, head in config["heads"]:
        name = config["head_data_pattern"].format(layer=layer, head=head)
        sampled = json.loads((exported / "heads" / name).read_text())
        for sequence in sampled["sequences"]:
            n_tokens = len(sequence["tokens"])
            queries = np.array(sequence["attention_indices"]) // n_tokens
            keys = np.array(sequence["attention_indices"]) % n_tokens
            assert (keys <= queries).all()
            assert len(sequence["attention_values"]) == len(queries)
        assert {"statistics", "histogram", "qk_distance_histogram", "top_query_tokens", "top_key_tokens"} <= set(
            sampled
        )


def test_a_run_names_the_weights_that_were_measured(exported: Path) -> None:
    config = json.loads((exported / "config.json").read_text())
    loaded = make_tiny("llama")
    assert config["pipeline_config"]["revision"] == loaded.revision
    assert config["headcat"]["weights_sha256"] == loaded.weights_sha256
    assert len(config["headcat"]["prompts_sha256"]) == 64
    assert config["headcat"]["versions"]["torch"]


def test_exporting_again_replaces_the_run(exported: Path) -> None:
    before = (exported / "scatter_data.json").read_text()
    root = exported.parents[2]
    again = measure_headvis(
        make_tiny("llama"), ScanOptions(n_prompts=5, length=40, seed=1), root, {}, progress=Progress()
    )
    assert again == exported
    assert (exported / "scatter_data.json").read_text() == before
    assert [path.name for path in exported.parent.iterdir()] == ["headcat-random_tokens"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "llama").write_text("a file")
    with pytest.raises(HeadVisError, match="cannot be written"):
        measure_headvis(make_tiny("llama"), ScanOptions(n_prompts=1, length=8), tmp_path, {}, progress=Progress())


def test_what_goes_out_comes_back(exported: Path) -> None:
    run = read_run(exported)
    rows = json.loads((exported / "scatter_data.json").read_text())
    assert run.is_ours
    assert run.revision == make_tiny("llama").revision
    for each in METRICS:
        expected = [row[each.name] for row in rows if row[each.name] is not None]
        assert [value for _, value in sorted(run.values[each.name].items())] == expected
    # Random tokens without a repeat leave nothing for an induction score to count.
    assert run.values["induction_score"] == {}
    assert len(run.values["pattern_entropy"]) == 8


def test_a_run_becomes_a_table_for_each_metric_with_its_source(seeded_session: Session, tmp_path: Path) -> None:
    rows = all_heads()
    rows[5]["induction_score"] = None  # not a number at the source: no row, and not 0
    folder = write_run(tmp_path / "gpt2-small" / "headvis" / "monology-pile-uncopyrighted", rows)
    tables = import_run(seeded_session, read_run(folder), GPT2)
    assert [table.n_rows for table in tables] == [144, 144, 144, 144, 144, 143]
    assert [table.is_complete for table in tables] == [True] * 5 + [False]
    table = tables[1]
    assert seeded_session.get(models.Paper, table.paper_id).slug == "neuronpedia-headvis"  # type: ignore[union-attr]
    assert table.path == "gpt2-small/headvis/monology-pile-uncopyrighted/scatter_data.json"
    assert table.unit == "query_head"
    assert table.value_note == "The run does not say which revision of the weights was measured."
    score = seeded_session.get(models.HeadScore, (table.id, 5, 7))
    assert score is not None
    assert score.score == 5.07


def test_importing_a_run_twice_adds_nothing(seeded_session: Session, tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", all_heads()))
    assert len(import_run(seeded_session, run, GPT2)) == 6
    assert import_run(seeded_session, run, GPT2) == []


def test_hybrid_models_keep_their_true_layers(seeded_session: Session, tmp_path: Path) -> None:
    rows = [row for row in all_heads() if row["layer"] % 4 == 3]
    run = read_run(write_run(tmp_path / "run", rows))
    assert run.layers == [3, 7, 11]
    assert not import_run(seeded_session, run, GPT2)[0].is_complete


def test_a_run_of_another_shape_is_refused(seeded_session: Session, tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "run", all_heads(2, 4), n_layers=2, n_heads=4))
    with pytest.raises(HeadVisError, match=r"2 layers × 4 heads, but .* has 12 × 12"):
        import_run(seeded_session, run, GPT2)


def test_an_unknown_language_model_is_refused(seeded_session: Session, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        import_run(seeded_session, read_run(write_run(tmp_path / "run", all_heads())), "nobody/nothing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer": 12}, "layer 12, head 0 is no head of 12 layers × 12 heads"),
        ({"layer": -1}, "layer -1, head 0 is no head"),
        ({"head": "0"}, "head '0' is no head"),
        ({"layer": 0, "head": 1}, "two rows for L0H1"),
        ({"qk_distance": float("nan")}, "qk_distance of L0H0 is nan and must be a number or null"),
        ({"qk_distance": "far"}, "must be a number or null"),
    ],
)
def test_rows_that_are_wrong_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    rows = all_heads()
    rows[0] |= change
    with pytest.raises(HeadVisError, match=message):
        read_run(write_run(tmp_path / "run", rows))


def test_files_that_are_damaged_are_refused(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", all_heads())
    (folder / "config.json").write_text("{", "utf-8")
    with pytest.raises(HeadVisError, match="cannot be read as JSON"):
        read_run(folder)
    (folder / "config.json").write_text("[]", "utf-8")
    with pytest.raises(HeadVisError, match="must hold an object"):
        read_run(folder)
    (folder / "config.json").write_text('{"n_layers": 0, "n_heads": 12}', "utf-8")
    with pytest.raises(HeadVisError, match="n_layers is 0"):
        read_run(folder)


def test_runs_are_found_below_a_folder(tmp_path: Path) -> None:
    one = write_run(tmp_path / "a" / "headvis" / "pile", all_heads())
    other = write_run(tmp_path / "b" / "headvis" / "pile", all_heads())
    assert find_runs(tmp_path) == [one, other]
    assert find_runs(one) == [one]
    shutil.rmtree(one)
    shutil.rmtree(other)
    with pytest.raises(HeadVisError, match="holds no run"):
        find_runs(tmp_path)
    with pytest.raises(HeadVisError, match="is no folder"):
        find_runs(tmp_path / "absent")


def test_names_become_folders() -> None:
    assert path_part("meta-llama/Llama-3.1-8B") == "meta-llama-Llama-3.1-8B"
    assert path_part("../..") == "unnamed"


def test_the_command_stores_what_it_says(
    seeded_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingest.cli import headvis

    rows = [row | {"induction_score": 0.25} for row in all_heads()]
    folder = write_run(tmp_path / "run", rows)
    monkeypatch.setenv("HEADCAT_DATABASE_URL", seeded_engine.url.render_as_string(hide_password=False))
    try:
        ran = CliRunner().invoke(headvis, ["import", str(folder), "--language-model", GPT2], catch_exceptions=False)
        assert "6 tables, 864 scores stored" in ran.output
        again = CliRunner().invoke(headvis, ["import", str(folder), "--language-model", GPT2], catch_exceptions=False)
        assert "stored already, nothing added" in again.output
    finally:
        forget(seeded_engine, read_run(folder).sha256[:8])


def forget(engine: Engine, sha256: str) -> None:
    """Other tests share the seeded catalog."""
    with Session(engine) as session:
        for table in session.scalars(select(models.HeadScoreTable).where(models.HeadScoreTable.slug.endswith(sha256))):
            session.query(models.HeadScore).filter_by(table_id=table.id).delete()
            session.delete(table)
        session.commit()
