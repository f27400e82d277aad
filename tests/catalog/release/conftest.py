"""A small catalog and one release of it, made once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from catalog.db import make_engine
from catalog.release.create import create_release
from catalog.release.manifest import Manifest
from catalog.schema import upgrade
from catalog.seed import load
from tests.catalog.conftest import SMALL_SEEDS

NOW = datetime(2026, 11, 25, 12, 0, 0, 123456, tzinfo=UTC)
PUBLIC_URL = "https://heads.example"


@dataclass
class Released:
    """A catalog with its first release."""

    engine: Engine
    folder: Path
    manifest: Manifest


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Engine]:
    """A small catalog of a test's own."""
    yield from small_catalog(tmp_path)


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    """A catalog and its release `2026-11`; tests leave both as they are."""
    place = tmp_path_factory.mktemp("released")
    for engine in small_catalog(place):
        made = create_release(engine, "2026-11", place / "release", PUBLIC_URL, NOW)
        yield Released(engine, place / "release", made.manifest)


def small_catalog(place: Path) -> Iterator[Engine]:
    """A migrated SQLite catalog with the records that the loader's tests use."""
    for name, content in SMALL_SEEDS.items():
        (place / "seeds" / name).parent.mkdir(parents=True, exist_ok=True)
        (place / "seeds" / name).write_text(content, "utf-8")
    engine = make_engine(f"sqlite:///{place / 'catalog.sqlite'}")
    upgrade(engine)
    load(engine, place / "seeds")
    yield engine
    engine.dispose()
