"""Methods for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import Method
from catalog.vocabulary import MethodLevel
from tests.factories.counter import fresh


def make_method(session: Session, **changes: Any) -> Method:
    """A method at the root of the tree."""
    n = fresh()
    values = {
        "slug": f"method_{n}",
        "name": f"Method {n}",
        "level": MethodLevel.METHOD,
        "definition": "A way to look.",
        "aliases": [],
        "position": n,
    }
    method = Method(**values | changes)
    session.add(method)
    session.flush()
    return method
