"""The app on the connection of a test, and the one check of every error's shape."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from api.app import create_app
from api.problems import KINDS
from api.settings import ApiSettings

PUBLIC_URL = "https://heads.example"


@contextmanager
def serve(session: Session, **options: Any) -> Iterator[TestClient]:
    """A client of the app, which opens a session of its own for each request within the test's transaction."""
    connection = session.get_bind()
    assert isinstance(connection, Connection)
    engine: Engine = connection.engine
    app = create_app(ApiSettings(public_url=PUBLIC_URL), engine)
    app.state.reader = sessionmaker(connection, join_transaction_mode="create_savepoint")
    with TestClient(app, follow_redirects=False, **options) as client:
        yield client


def assert_problem(response: Any, slug: str) -> dict[str, Any]:
    """Check that a response is a problem of this type, in the one shape, and return it."""
    problem = response.json()
    kind = KINDS[slug]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    assert set(problem) == {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "errors",
        "near",
        "reason",
        "successor",
        "request_id",
        "last_version_url",
    }
    assert problem["request_id"] == response.headers["x-request-id"]
    assert problem["type"] == f"{PUBLIC_URL}/problems/{slug}"
    assert (problem["title"], problem["status"]) == (kind.title, kind.status)
    assert response.status_code == kind.status
    assert problem["detail"].endswith((".", "?"))
    assert problem["instance"] == response.request.url.path
    for part in problem["errors"]:
        assert set(part) == {"pointer", "detail", "near"}
        assert part["pointer"].startswith(("/query", "/path", "/body", "/header"))
    return problem
