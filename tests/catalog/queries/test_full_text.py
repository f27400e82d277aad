"""Full-text search: the same answers on both databases, from indexes that no write can bypass."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, select, text, update
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError
from catalog.models import Base, Finding, HeadType
from catalog.queries.full_text import SEARCHED, holds, ranked, read_terms
from tests.factories.finding import make_finding
from tests.factories.head_type import make_head_type


def found(session: Session, question: str, model: type = Finding) -> list[int]:
    return list(session.scalars(select(model.id).where(holds(session, model, question)).order_by(model.id)))


@pytest.mark.parametrize(
    ("question", "is_found"),
    [
        ("retrieval", True),
        ("RETRIEVAL", True),
        ("retr", True),
        ("etrieval", False),
        ("needle retrieval", True),
        ("needle absent", False),
        ('"long context"', True),
        ('"context long"', False),
        ('"long cont"', False),
        ("long cont", True),
        ("s-inhibition", True),
        ("name_mover", True),
        ("Größe", True),
        ("grösse", False),
        ("-needle retrieval", False),
        ("-haystack retrieval", True),
        ('retrieval -"context long"', True),
        ('retrieval -"long context"', False),
        ("l5h1", True),
        ("' OR 1=1 -- needle", False),
        ("NEAR(", False),
        ("needle:*&", True),
    ],
)
def test_question_finds_what_holds_its_words(session: Session, question: str, is_found: bool) -> None:
    make_finding(session, task="something else")
    wanted = make_finding(
        session,
        published_name="Retrieval Head, S-Inhibition and name_mover",
        task="needle in long context",
        note="Größe of L5H1",
    )
    assert found(session, question) == ([wanted.id] if is_found else [])


@pytest.mark.parametrize("question", ["", "  ", '"', "-", "-needle", "%_!", '-"a b"'])
def test_question_without_a_word_is_refused(question: str) -> None:
    with pytest.raises(InvalidQueryError, match="no word to look for"):
        read_terms(question)


def test_question_of_too_many_words_is_refused() -> None:
    with pytest.raises(InvalidQueryError, match="more than 32 words"):
        read_terms(" ".join("abcdefghijklmnopqrstuvwxyz0123456"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=st.text(st.characters(exclude_characters="\x00", exclude_categories=("Cs",)), max_size=60))
def test_no_text_is_an_error_of_the_database(session: Session, question: str) -> None:
    try:
        condition = holds(session, Finding, question)
    except InvalidQueryError:
        return
    session.execute(select(Finding.id).where(condition)).all()


def test_index_follows_every_kind_of_write(session: Session) -> None:
    made = make_finding(session, task="first words")
    assert found(session, "first") == [made.id]
    session.execute(update(Finding).where(Finding.id == made.id).values(task="second words"))
    assert (found(session, "first"), found(session, "second")) == ([], [made.id])
    session.execute(delete(Finding).where(Finding.id == made.id))
    assert found(session, "second") == []


def test_better_answer_comes_first(session: Session) -> None:
    weak = make_head_type(session, slug="a", name="b", definition="copying once among many other words of no concern")
    strong = make_head_type(session, slug="copying", name="copying", definition="copying")
    answers = ranked(session, HeadType, "copying")
    statement = select(answers.c.id).order_by(answers.c.rank.desc())
    assert list(session.scalars(statement)) == [strong.id, weak.id]


@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model.__tablename__)
def test_searched_columns_are_those_of_the_index(engine: Engine, model: type) -> None:
    """On PostgreSQL another expression than the index's would read the whole table."""
    with engine.connect() as connection, Session(connection) as session:
        statement = select(model.id).where(holds(session, model, "word"))
        if engine.dialect.name == "sqlite":
            name = f"search_{model.__tablename__}_insert"
            trigger = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
            assert trigger.count("new.") == len(SEARCHED[model]) + 1
            assert all(f"coalesce(new.{column}, '')" in trigger for column in SEARCHED[model])
            return
        session.execute(text("SET LOCAL enable_seqscan = off"))
        compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(session.scalars(text("EXPLAIN " + str(compiled).replace(":*", r"\:*").replace("::", r"\:\:"))))
        assert f"on search_{model.__tablename__}" in plan


def test_every_table_is_watched_on_sqlite(engine: Engine) -> None:
    """A table that is not would leave stale answers with whoever kept one: see migrations/watch.py."""
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL tells changes by its snapshots")
    with engine.connect() as connection:
        triggers = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")))
    # How far a job is changes every second, and no answer that is kept depends on it.
    watched = set(Base.metadata.tables) - {"job_runs"}
    wanted = {f"watch_{table}_{moment}" for table in watched for moment in ("insert", "update", "delete")}
    assert wanted - triggers == set()
    assert not any(name.startswith("watch_job_runs") for name in triggers)
