"""A database of one's own, and a small set of record files that loads and can be spoilt."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from catalog.db import make_engine
from catalog.schema import upgrade

SMALL_SEEDS = {
    "papers/source.toml": 'title = "A source"\nyear = 2024\n',
    "language_models/lab--small.toml": (
        'hub_id = "lab/small"\nname = "Small"\nfamily = "toy"\nn_layers = 2\nn_heads = 4\nn_kv_heads = 2\n'
        'source = "written for the tests"\n'
    ),
    "metrics/mass.toml": (
        'name = "Mass"\ndefinition = "Attention mass."\nunit = "attention mass"\n'
        'range_low = 0.0\nrange_high = 1.0\ndirection = "higher"\npaper = "source"\n'
    ),
    "methods.toml": (
        '[[methods]]\nslug = "scoring"\nname = "Scoring"\nlevel = "method"\ndefinition = "A number per head."\n'
    ),
    "stages.toml": (
        '[[stages]]\nslug = "latent_reasoning"\ncode = "LR"\nname = "Latent Reasoning"\nposition = 3\n'
        'definition = "d"\nhead_role = "r"\nhuman_analogue = "h"\nhuman_analogue_label = "l"\n'
        'layer_span_first = "middle"\nlayer_span_last = "deep"\nlayer_span_basis = "b"\n'
        '[[stages.functions]]\nslug = "task_learning"\nname = "Task Learning"\ndefinition = "d"\n'
    ),
    "head_types/induction.toml": (
        'accession = "AHT-0001"\nname = "Induction head"\ndefinition = "d"\ndefinition_confidence = "high"\n'
        'origin = "survey_taxonomy"\n'
        'aliases = [{name = "Induction Head", source = "a source"}]\n'
        'papers = [{paper = "source", via = ["text"]}]\n'
        'stage_assignments = [{stage = "latent_reasoning", stage_function = "task_learning", '
        'asserted_by = "paper", paper = "source", basis = "figure"}]\n'
    ),
    "findings/source.toml": (
        '[[groups]]\nlanguage_model = "lab--small"\nhead_type = "induction"\npublished_name = "induction head"\n'
        'task = "t"\nmethod = "scoring"\nmetric = "mass"\nlocator = "table 1"\nsource_kind = "paper_text"\n'
        'note = "shared"\n'
        'heads = [\n    ["AHF-000001", "L1H3", 0.5, "own"],\n    ["AHF-000002", "L0H0"],\n]\n'
    ),
    "circuits/loop.toml": (
        'accession = "AHC-0001"\nname = "Loop"\ntask = "t"\nlanguage_model = "lab--small"\npaper = "source"\n'
        'locator = "figure 1"\n[[variants]]\nname = "main reading"\nlocator = "figure 1"\nheads = ["L0H1"]\n'
        '[[variants.roles]]\nslug = "induction"\nhead_type = "induction"\nheads = ["L1H3"]\n'
        '[[variants.edges]]\nsource = "L0H1"\ntarget = "induction"\nvia = "k"\n'
    ),
    "head_scores/tables.toml": (
        '[[tables]]\nslug = "small_mass"\nlanguage_model = "lab--small"\nmetric = "mass"\nunit = "kv_group"\n'
        'paper = "source"\nlicence = "MIT"\nn_rows = 4\nis_complete = true\nvalue_column = "gate"\n'
    ),
    "head_scores/small_mass.csv": "layer,kv_head,gate,pattern\n0,0,0.5,wide\n0,1,0.25,3\n1,0,0.0,wide\n1,1,,wide\n",
}


@pytest.fixture
def small_seeds(tmp_path: Path) -> Path:
    """A folder with one record of each kind that the loader joins."""
    folder = tmp_path / "seeds"
    for name, content in SMALL_SEEDS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return folder


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def own_engine(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[Engine]:
    """A migrated, empty catalog for one test alone, which may commit to it."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'own.sqlite'}")
        upgrade(made)
        yield made
        made.dispose()
        return
    url = make_url(request.getfixturevalue("postgresql_server")).set(drivername="postgresql+psycopg")
    name = f"headcat_own_{worker_id}_{os.getpid()}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    made = make_engine(url.set(database=name).render_as_string(hide_password=False))
    try:
        upgrade(made)
        yield made
    finally:
        made.dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()
