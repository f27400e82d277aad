"""Papers for tests."""

from typing import Any

from sqlalchemy.orm import Session

from catalog.models import Paper
from tests.factories.counter import fresh


def make_paper(session: Session, **changes: Any) -> Paper:
    """A paper of one author."""
    n = fresh()
    values = {
        "slug": f"paper-{n}",
        "title": f"Heads of paper {n}",
        "authors": ["Ada Lovelace"],
        "year": 2024,
        "links": [],
        "code_urls": [],
        "conflicts": [],
    }
    paper = Paper(**values | changes)
    session.add(paper)
    session.flush()
    return paper
