"""The revision of the catalog changes with every change, and with nothing else that one session does."""

import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from catalog.db import make_reader, make_writer
from catalog.models import Paper
from catalog.queries.revision import get_revision
from tests.factories.paper import make_paper


def revision(engine: Engine) -> str | None:
    with make_reader(engine)() as session:
        return get_revision(session)


def test_revision_changes_with_a_commit_and_not_with_reading(engine: Engine) -> None:
    before = revision(engine)
    assert before is not None
    assert revision(engine) == before
    with make_writer(engine).begin() as session:
        paper = make_paper(session)
        paper_id = paper.id
    after = revision(engine)
    assert after not in (before, None)
    with make_writer(engine).begin() as session:
        session.execute(delete(Paper).where(Paper.id == paper_id))
    assert revision(engine) not in (before, after, None)


def test_session_that_has_written_never_takes_its_own_changes_for_nothing(session: Session) -> None:
    before = get_revision(session)
    make_paper(session)
    after = get_revision(session)
    if session.get_bind().dialect.name == "postgresql":
        assert after is None
    else:
        assert after != before


@pytest.mark.postgresql
def test_reader_sees_no_new_revision_before_it_sees_the_rows(engine: Engine) -> None:
    """A revision that is told early would mark old rows as the present ones for ever."""
    with make_writer(engine)() as writer:
        paper = make_paper(writer)
        early = revision(engine)
        writer.commit()
    late = revision(engine)
    assert early != late
    with make_writer(engine).begin() as session:
        session.execute(delete(Paper).where(Paper.id == paper.id))
