"""A release holds the catalog, says what changed, has the same bytes when it is made again, and is whole or absent."""

import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from catalog.canonical import sha256_of
from catalog.errors import ExportError, ReleaseError
from catalog.models import Finding, HeadType, Release
from catalog.release import create
from catalog.release.changes import changes_between, state_after
from catalog.release.create import create_release
from catalog.vocabulary import Status
from tests.catalog.release.conftest import NOW, PUBLIC_URL, Released
from tests.factories.finding import make_finding


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_release_is_described_and_listed(released: Released) -> None:
    manifest = released.manifest
    assert (manifest.accession, manifest.name, manifest.previous) == ("AHR-0001", "2026-11", None)
    assert (manifest.created_at, manifest.url) == ("2026-11-25T12:00:00Z", "https://heads.example/releases/2026-11")
    assert manifest.entries == {"AHC": 1, "AHF": 2, "AHT": 1}
    assert manifest.tables["head_scores"] == 4
    assert manifest.changes["added"] == ["AHC-0001.v1", "AHF-000001.v1", "AHF-000002.v1", "AHT-0001.v1"]
    with Session(released.engine) as session:
        row = session.scalars(select(Release)).one()
        assert (row.id, row.manifest) == (1, manifest.model_dump(mode="json"))
        assert row.manifest_sha256 == sha256_of((released.folder / "manifest.json").read_text("utf-8"))


def test_checksums_cover_every_file(released: Released) -> None:
    listed = dict(line.split("  ")[::-1] for line in (released.folder / "SHA256SUMS").read_text().splitlines())
    found = {name: hashlib.sha256(each).hexdigest() for name, each in bytes_of(released.folder).items()}
    del found["SHA256SUMS"]
    assert listed == found
    assert {file.name: file.sha256 for file in released.manifest.files}.items() <= found.items()


def test_made_again_it_has_the_same_bytes(released: Released, tmp_path: Path) -> None:
    later = NOW + timedelta(days=3)
    again = create_release(released.engine, "2026-11", tmp_path / "again", "https://elsewhere.example", later)
    assert again.is_known
    assert bytes_of(tmp_path / "again") == bytes_of(released.folder)


def test_made_again_in_its_own_folder_it_is_left_alone(released: Released) -> None:
    before = {file: file.stat().st_mtime_ns for file in released.folder.rglob("*")}
    assert create_release(released.engine, "2026-11", released.folder, PUBLIC_URL, NOW).is_known
    assert {file: file.stat().st_mtime_ns for file in released.folder.rglob("*")} == before


def test_the_next_release_tells_the_difference(catalog: Engine, tmp_path: Path) -> None:
    create_release(catalog, "first", tmp_path / "first", PUBLIC_URL, NOW)
    with Session(catalog) as session, session.begin():
        session.execute(update(HeadType).values(version=2))
        gone = {"status": Status.WITHDRAWN, "withdrawn_reason": "misread"}
        session.execute(update(Finding).where(Finding.accession == "AHF-000002").values(**gone))
        make_finding(session, accession="AHF-000777", head_type=session.scalars(select(HeadType)).one())
    second = create_release(catalog, "second", tmp_path / "second", PUBLIC_URL, NOW).manifest
    assert (second.accession, second.previous) == ("AHR-0002", "first")
    assert second.changes == {
        "added": ["AHF-000777.v1"],
        "changed": ["AHT-0001.v2"],
        "withdrawn": ["AHF-000002.v1"],
        "removed": [],
    }
    assert second.entries["AHF"] == 2
    text = (tmp_path / "second" / "CHANGES.md").read_text()
    assert "AHT-0001.v2" in text
    third = create_release(catalog, "third", tmp_path / "third", PUBLIC_URL, NOW).manifest
    assert not any(third.changes.values())
    assert third.tables["releases"] == 2


def test_changes_add_up_to_the_state() -> None:
    states = [
        {"AHT-0001": (1, False), "AHF-000001": (1, False)},
        {"AHT-0001": (2, False), "AHF-000001": (1, True), "AHC-0001": (1, True)},
        {"AHT-0001": (2, False), "AHF-000001": (2, False)},
    ]
    told: list[dict[str, list[str]]] = []
    for state in states:
        told.append(changes_between(state_after(told), state).as_json())
        assert state_after(told) == state
    assert told[2] == {"added": [], "changed": ["AHF-000001.v2"], "withdrawn": [], "removed": ["AHC-0001.v1"]}


def test_a_release_never_changes(catalog: Engine, tmp_path: Path) -> None:
    create_release(catalog, "first", tmp_path / "first", PUBLIC_URL, NOW)
    with Session(catalog) as session, session.begin():
        session.execute(update(HeadType).values(note="another"))
    with pytest.raises(ReleaseError, match="choose another name"):
        create_release(catalog, "first", tmp_path / "again", PUBLIC_URL, NOW)
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("name", ["", "a/b", "../x", ".hidden", "AHR-0001", "x" * 65, "ü"])
def test_a_name_that_fits_no_address_is_refused(catalog: Engine, tmp_path: Path, name: str) -> None:
    with pytest.raises(ReleaseError, match="cannot name a release"):
        create_release(catalog, name, tmp_path / "out", PUBLIC_URL, NOW)


def test_a_folder_in_use_is_left_alone(catalog: Engine, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("x")
    with pytest.raises(ExportError, match="not empty"):
        create_release(catalog, "first", tmp_path / "out", PUBLIC_URL, NOW)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["mine"]
    assert n_releases(catalog) == 0


def test_a_full_disk_leaves_no_release(catalog: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(create, "write_checksums", full)
    with pytest.raises(ExportError, match="No space left"):
        create_release(catalog, "first", tmp_path / "out" / "first", PUBLIC_URL, NOW)
    assert list((tmp_path / "out").iterdir()) == []
    assert n_releases(catalog) == 0


def test_a_release_that_cannot_be_recorded_is_taken_back(
    catalog: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(create, "_record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        create_release(catalog, "first", tmp_path / "out" / "first", PUBLIC_URL, NOW)
    assert list((tmp_path / "out").iterdir()) == []


def n_releases(engine: Engine) -> int:
    with Session(engine) as session:
        return len(session.scalars(select(Release)).all())


def test_croissant_describes_every_column_of_every_table(released: Released) -> None:
    document = json.loads((released.folder / "croissant.json").read_text("utf-8"))
    files = {each["@id"]: each for each in document["distribution"]}
    for name, each in files.items():
        assert each["sha256"] == hashlib.sha256((released.folder / name).read_bytes()).hexdigest()
    assert {each["@id"] for each in document["recordSet"]} == set(released.manifest.tables)
    fields = {field["@id"]: field for records in document["recordSet"] for field in records["field"]}
    assert all(field["source"]["fileObject"]["@id"] in files for field in fields.values())
    referred = [field["references"]["field"]["@id"] for field in fields.values() if "references" in field]
    assert len(referred) > 40
    assert set(referred) <= set(fields)


def test_ro_crate_names_every_file_once(released: Released) -> None:
    graph = json.loads((released.folder / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    entities = {each["@id"]: each for each in graph}
    assert len(entities) == len(graph)
    parts = {each["@id"] for each in entities["./"]["hasPart"]}
    assert parts == set(bytes_of(released.folder)) - {"ro-crate-metadata.json", "SHA256SUMS"}
    linked = [value["@id"] for each in graph for value in each.values() if isinstance(value, dict)]
    assert {each for each in linked if not each.startswith("https://w3id.org/")} <= set(entities)
