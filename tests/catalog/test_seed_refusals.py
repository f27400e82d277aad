"""Record files that cannot be loaded: one clear sentence, and nothing is stored."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select

from catalog.db import make_engine
from catalog.errors import DatabaseUnavailableError, SeedError
from catalog.models import Base
from catalog.schema import upgrade
from catalog.seed import load

# file, what is replaced, by what, and what the message says
SPOILT = {
    "bad TOML": ("papers/source.toml", 'title = "A source"', "title = A source", ["line 1", "not valid TOML"]),
    "unknown key": (
        "head_types/induction.toml",
        "definition_confidence =",
        "definition_confidense =",
        ["definition_confidense", "unknown", "did you mean definition_confidence"],
    ),
    "missing key": ("papers/source.toml", 'title = "A source"\n', "", ["title", "missing"]),
    "wrong type": ("papers/source.toml", "year = 2024", 'year = "2024"', ["year", "valid integer"]),
    "closed list": ("metrics/mass.toml", '"higher"', '"up"', ["direction", "'higher', 'lower' or 'neither'"]),
    "unknown slug": (
        "findings/source.toml",
        'head_type = "induction"',
        'head_type = "inducton"',
        ["groups[0]", "no head type named 'inducton'", "did you mean induction"],
    ),
    "unknown paper of a findings file": ("papers/source.toml", None, "papers/other.toml", ["source"]),
    "unknown metric": ("findings/source.toml", 'metric = "mass"', 'metric = "mas"', ["no metric named 'mas'"]),
    "unknown stage": (
        "head_types/induction.toml",
        'stage = "latent_reasoning"',
        'stage = "latent"',
        ["stage_assignments[0]", "no stage named 'latent'"],
    ),
    "head out of range": (
        "findings/source.toml",
        "L1H3",
        "L1H4",
        ["groups[0].heads[0]", "L1H4 does not exist in lab--small", "2 layers with 4 heads"],
    ),
    "not a head": ("findings/source.toml", "L1H3", "head 3", ["groups[0].heads[0].head", "L5H1"]),
    "circuit head out of range": ("circuits/loop.toml", '"L1H3"', '"L2H3"', ["roles[0].heads[0]", "L2H3"]),
    "key-value group out of range": (
        "head_scores/small_mass.csv",
        "0,1,0.25",
        "0,2,0.25",
        ["line 3", "L0H2", "2 key-value groups"],
    ),
    "repeated accession": ("findings/source.toml", "AHF-000002", "AHF-000001", ["AHF-000001", "taken", "heads[0]"]),
    "accession of another kind": ("head_types/induction.toml", "AHT-0001", "AHF-000009", ["accession", "AHT-"]),
    "repeated alias": (
        "head_types/induction.toml",
        "aliases = [",
        'aliases = [{name = "Induction Head", source = "b"}, ',
        ["aliases[1]", "duplicate", "aliases[0]"],
    ),
    "value without metric": (
        "findings/source.toml",
        'metric = "mass"\n',
        "",
        ["groups[0]", "a value needs its metric"],
    ),
    "type and role": (
        "findings/source.toml",
        'head_type = "induction"',
        'head_type = "induction"\ncircuit_role = "loop"',
        ["not both and not neither"],
    ),
    "too long a name": (
        "head_types/induction.toml",
        'name = "Induction Head"',
        f'name = "{"x" * 129}"',
        ["aliases[0]", "129 characters", "at most 128"],
    ),
    "fewer rows than said": ("head_scores/tables.toml", "n_rows = 4", "n_rows = 5", ["4 rows", "says 5"]),
    "repeated row": ("head_scores/small_mass.csv", "0,1,0.25", "0,0,0.25", ["line 3", "layer 0, head 0"]),
    "not a number": ("head_scores/small_mass.csv", "0.25", "much", ["line 3", "no row of numbers"]),
    "not finite": ("head_scores/small_mass.csv", "0.25", "inf", ["line 3", "no finite score"]),
    "missing column": ("head_scores/small_mass.csv", "gate", "gates", ["line 1", "'gate' is missing", "gates"]),
    "query heads in a table of groups": ("head_scores/small_mass.csv", "kv_head", "head", ["'kv_head' is missing"]),
    "numbers without a table": (
        "head_scores/small_mass.csv",
        None,
        "head_scores/small_mas.csv",
        ["small_mas.csv", "did you mean small_mass"],
    ),
    "file in the wrong place": ("papers/source.toml", None, "paper/source.toml", ["paper", "did you mean papers"]),
    "file not called as its model": (
        "language_models/lab--small.toml",
        None,
        "language_models/small.toml",
        ["lab--small.toml"],
    ),
    "impossible shape": ("language_models/lab--small.toml", "n_kv_heads = 2", "n_kv_heads = 3", ["does not divide"]),
    "standing of an unknown finding": (
        "findings/source.toml",
        "[[groups]]",
        '[[standings]]\naccession = "AHF-000009"\nstatus = "disputed"\n[[groups]]',
        ["standings[0]", "AHF-000009"],
    ),
    "withdrawn without a reason": (
        "circuits/loop.toml",
        'name = "Loop"',
        'name = "Loop"\nstatus = "withdrawn"',
        ["withdrawn_reason"],
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_spoilt_record_is_refused_and_nothing_is_stored(name: str, engine: Engine, small_seeds: Path) -> None:
    file, old, new, words = SPOILT[name]
    path = small_seeds / file
    if old is None:
        (small_seeds / new).parent.mkdir(exist_ok=True)
        path.rename(small_seeds / new)
    else:
        content = path.read_text("utf-8")
        assert old in content
        path.write_text(content.replace(old, new, 1), "utf-8")
    with pytest.raises(SeedError) as refusal:
        load(engine, small_seeds)
    message = str(refusal.value)
    assert "\n" not in message
    for word in words:
        assert word in message
    assert stored_rows(engine) == {}


def test_absent_folder_is_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="no folder of record files"):
        load(engine, tmp_path / "nowhere")


def stored_rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        counts = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }
    return {name: count for name, count in counts.items() if count}


def test_full_disk_is_one_sentence_and_nothing_is_stored(tmp_path: Path, small_seeds: Path) -> None:
    model = small_seeds / "language_models/lab--small.toml"
    model.write_text(model.read_text("utf-8").replace("n_layers = 2", "n_layers = 4000"), "utf-8")
    tables = small_seeds / "head_scores/tables.toml"
    tables.write_text(tables.read_text("utf-8").replace("n_rows = 4", "n_rows = 4000"), "utf-8")
    rows = "".join(f"{layer},0,0.5,wide\n" for layer in range(4000))
    (small_seeds / "head_scores/small_mass.csv").write_text(f"layer,kv_head,gate,pattern\n{rows}", "utf-8")
    engine = make_engine(f"sqlite:///{tmp_path / 'full.sqlite'}")
    upgrade(engine)

    @event.listens_for(engine, "connect")
    def _no_room(connection: Any, _record: Any) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    engine.dispose()
    with pytest.raises(DatabaseUnavailableError, match="disk is full"):
        load(engine, small_seeds)
    assert stored_rows(engine) == {}
