"""The database fixture itself: what one test writes, the next must not see."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.models import Contributor
from catalog.vocabulary import Role


def write_and_count(session: Session) -> int:
    session.add(Contributor(name="Ada", role=Role.CURATOR))
    session.commit()
    return session.scalar(select(func.count()).select_from(Contributor)) or 0


def test_a_committed_row_is_gone_in_the_next_test_first(session: Session) -> None:
    assert write_and_count(session) == 1


def test_a_committed_row_is_gone_in_the_next_test_second(session: Session) -> None:
    assert write_and_count(session) == 1
