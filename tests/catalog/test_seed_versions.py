"""The ledger of versions: the same name means the same bytes wherever the records are loaded."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from catalog.canonical import sha256_of
from catalog.errors import SeedError
from catalog.models import EntryVersion, Finding
from catalog.seed import load
from catalog.seed_entries import entry_contents
from catalog.seed_files import read_seeds
from catalog.seed_versions import LEDGER, FrozenForm, freeze
from catalog.settings import CatalogSettings

FIRST, SECOND = date(2026, 3, 1), date(2026, 4, 1)
CLAIM = "AHF-000001"


def nowhere(_form: FrozenForm) -> None:
    return None


def enter(folder: Path, day: date, find: Callable[[FrozenForm], str | None] = nowhere) -> list[str]:
    seeds = read_seeds(folder)
    return [each.name for each in freeze(folder, seeds.ledger, entry_contents(seeds).items(), find=find, today=day)]


def edit(folder: Path, old: str, new: str) -> str:
    """Change the value of the claim, and return the canonical form that it had."""
    former = entry_contents(read_seeds(folder))[CLAIM]
    path = folder / "findings/source.toml"
    path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
    return former


@pytest.fixture
def two_versions(small_seeds: Path) -> Path:
    """Records whose claim was frozen with the value 0.5 and then with 0.75."""
    enter(small_seeds, FIRST)
    former = edit(small_seeds, "0.5", "0.75")
    assert enter(small_seeds, SECOND, lambda form: former) == [f"{CLAIM}.v2"]
    return small_seeds


def forms(session: Session) -> list[tuple[int, float, datetime]]:
    rows = session.scalars(
        select(EntryVersion).where(EntryVersion.accession == CLAIM).order_by(EntryVersion.version)
    ).all()
    assert all(sha256_of(row.content) == row.content_sha256 for row in rows)
    return [(row.version, json.loads(row.content)["value"], row.created_at) for row in rows]


def test_shipped_records_are_what_the_ledger_lists() -> None:
    seeds = read_seeds(CatalogSettings().seeds)
    contents = entry_contents(seeds)
    assert len(seeds.ledger.forms) > 3300
    differing = [
        accession
        for accession, forms in seeds.ledger.forms.items()
        if forms[-1].sha256 != sha256_of(contents[accession])
    ]
    assert differing == [], "run `headcat freeze` and commit catalog/seeds/versions"
    for each in seeds.ledger.forms.values():
        for form in each[:-1]:
            assert sha256_of(seeds.ledger.superseded[form.name]) == form.sha256


def test_empty_catalog_gets_every_version_that_the_ledger_lists(own_engine: Engine, two_versions: Path) -> None:
    load(own_engine, two_versions)
    with Session(own_engine) as session:
        assert forms(session) == [
            (1, 0.5, datetime(2026, 3, 1, tzinfo=UTC)),
            (2, 0.75, datetime(2026, 4, 1, tzinfo=UTC)),
        ]
        assert session.scalar(select(Finding.version).where(Finding.accession == CLAIM)) == 2
    assert load(own_engine, two_versions).changed_nothing


def test_edit_that_is_not_in_the_ledger_yet_counts_on(own_engine: Engine, two_versions: Path) -> None:
    load(own_engine, two_versions)
    edit(two_versions, "0.75", "0.875")
    load(own_engine, two_versions)
    with Session(own_engine) as session:
        assert [(version, value) for version, value, _ in forms(session)] == [(1, 0.5), (2, 0.75), (3, 0.875)]


def test_edit_that_is_not_in_the_ledger_is_refused_where_its_last_form_is_unknown(
    own_sqlite: Engine, two_versions: Path
) -> None:
    edit(two_versions, "0.75", "0.875")
    with pytest.raises(SeedError, match=f"{CLAIM}.v2: the record differs from this frozen form; run `headcat freeze`"):
        load(own_sqlite, two_versions)


def test_edit_without_the_bytes_it_takes_over_from_is_refused(small_seeds: Path) -> None:
    enter(small_seeds, FIRST)
    before = (small_seeds / LEDGER).read_text("utf-8")
    edit(small_seeds, "0.5", "0.75")
    with pytest.raises(SeedError, match="its bytes are in no file and not in the catalog"):
        enter(small_seeds, SECOND)
    assert (small_seeds / LEDGER).read_text("utf-8") == before


def test_second_meaning_of_one_name_is_refused(own_engine: Engine, two_versions: Path) -> None:
    ledger = (two_versions / LEDGER).read_text("utf-8")
    (two_versions / LEDGER).unlink()
    load(own_engine, two_versions)  # counts the value 0.75 as version 1
    (two_versions / LEDGER).write_text(ledger, "utf-8")
    with pytest.raises(SeedError, match=f"{CLAIM}.v1: this catalog holds another form under that name"):
        load(own_engine, two_versions)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda text: text.replace("accession", "accesion", 1), "line 1: the columns are"),
        (lambda text: text.replace(",1,", ",one,", 1), "line 2: .* is no frozen form"),
        (lambda text: text.replace("2026-03-01", "2026-13-01", 1), "line 2: .* is no frozen form"),
        (lambda text: text.replace(",1,", ",2,", 1), "line 2: AHC-0001.v2 does not follow version 0"),
        (lambda text: text.replace("AHC-0001,", "AHC-0009,"), "AHC-0009: no record has this accession"),
        (lambda text: f"{text}AHF-000009,1,2026-03-01,{'0' * 64}\n", "AHF-000009: no record has this accession"),
    ],
)
def test_spoilt_ledger_is_refused_with_its_place(
    two_versions: Path, own_sqlite: Engine, spoil: Callable[[str], str], problem: str
) -> None:
    path = two_versions / LEDGER
    path.write_text(spoil(path.read_text("utf-8")), "utf-8")
    with pytest.raises(SeedError, match=problem):
        load(own_sqlite, two_versions)


def test_kept_bytes_that_were_edited_are_refused(two_versions: Path, own_sqlite: Engine) -> None:
    kept = two_versions / f"versions/{CLAIM}.v1.json"
    kept.write_text(kept.read_text("utf-8").replace("0.5", "0.6"), "utf-8")
    with pytest.raises(SeedError, match="missing or is not what was frozen"):
        load(own_sqlite, two_versions)


@pytest.fixture
def own_sqlite(tmp_path: Path) -> Engine:
    """A migrated catalog in a file, for what does not depend on the database."""
    from catalog.db import make_engine
    from catalog.schema import upgrade

    made = make_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    upgrade(made)
    return made
