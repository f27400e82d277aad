"""Scores: ranks and percentiles on tables written by hand."""

import pytest
from sqlalchemy.orm import Session

from catalog.errors import InvalidQueryError, NotFoundError
from catalog.notation import HeadRef
from catalog.queries.head_score import (
    HeadScoreQuery,
    LanguageModelScoreQuery,
    RankedScore,
    find_head_scores,
    find_language_model_scores,
    find_scores_of_head,
    get_head_score_table,
)
from catalog.vocabulary import Direction, Unit
from tests.factories.head_score import Scores, make_head_score_table
from tests.factories.language_model import make_language_model
from tests.factories.metric import make_metric

# Five heads with a number, two of them equal, and one whose row holds none.
SCORES: Scores = {(0, 0): 0.9, (0, 1): 0.5, (0, 2): 0.5, (1, 0): 0.2, (1, 1): 0.1, (1, 2): None}


def ranked(session: Session, head: str, direction: Direction) -> RankedScore:
    language_model = make_language_model(session)
    metric = make_metric(session, direction=direction)
    make_head_score_table(session, SCORES, language_model=language_model, metric=metric)
    session.expunge_all()
    (score,) = find_scores_of_head(session, language_model, HeadRef.parse(head))
    return score


@pytest.mark.parametrize(
    ("head", "rank", "percentile"),
    # Four other heads have a number; the percentile is the share of these that score no better.
    [("L0H0", 1, 1.0), ("L0H1", 2, 3 / 4), ("L0H2", 2, 3 / 4), ("L1H0", 4, 1 / 4), ("L1H1", 5, 0.0)],
)
def test_rank_counts_the_heads_that_score_better(session: Session, head: str, rank: int, percentile: float) -> None:
    score = ranked(session, head, Direction.HIGHER)
    assert (score.rank, score.percentile, score.n_scored) == (rank, percentile, 5)


def test_lower_is_better_turns_the_rank_round(session: Session) -> None:
    assert ranked(session, "L1H1", Direction.LOWER).rank == 1
    assert ranked(session, "L0H0", Direction.LOWER).rank == 5


def test_metric_without_a_better_end_gives_no_rank(session: Session) -> None:
    score = ranked(session, "L0H0", Direction.NEITHER)
    assert (score.rank, score.percentile, score.score.score) == (None, None, 0.9)


def test_row_without_a_number_has_no_rank(session: Session) -> None:
    score = ranked(session, "L1H2", Direction.HIGHER)
    assert (score.rank, score.percentile, score.n_scored) == (None, None, 5)


def test_only_head_of_a_table_has_rank_one_and_no_percentile(session: Session) -> None:
    language_model = make_language_model(session)
    make_head_score_table(session, {(2, 3): 0.4}, language_model=language_model)
    (score,) = find_scores_of_head(session, language_model, HeadRef(2, 3))
    assert (score.rank, score.percentile) == (1, None)


def test_query_head_gets_the_number_of_its_group_and_no_other(session: Session) -> None:
    # Six query heads in two groups: L1H4 is served by group 1, since 4 // 3 = 1.
    language_model = make_language_model(session, n_heads=6, n_kv_heads=2)
    groups: Scores = {(1, 0): 0.1, (1, 1): 0.7}
    make_head_score_table(session, groups, language_model=language_model, unit=Unit.KV_GROUP)
    scores = find_scores_of_head(session, language_model, HeadRef(1, 4))
    assert [(each.score.head, each.score.score, each.table.unit) for each in scores] == [(1, 0.7, Unit.KV_GROUP)]
    assert find_scores_of_head(session, make_language_model(session), HeadRef(1, 4)) == []


def test_extent_of_a_table_leaves_out_missing_numbers(session: Session) -> None:
    table = make_head_score_table(session, SCORES)
    detail = get_head_score_table(session, table.slug)
    assert (detail.n_scored, detail.lowest, detail.highest) == (5, 0.1, 0.9)
    assert detail.mean == pytest.approx((0.9 + 0.5 + 0.5 + 0.2 + 0.1) / 5)


def test_rows_of_a_table_can_be_filtered_and_sorted(session: Session) -> None:
    table = make_head_score_table(session, SCORES)
    query = HeadScoreQuery(sort="-score", score_gte=0.2, limit=2)
    first = find_head_scores(session, table.slug, query)
    second = find_head_scores(session, table.slug, query.model_copy(update={"cursor": first.next_cursor}))
    heads = [(each.layer, each.head) for each in first.items + second.items]
    # A minus turns the whole order round, that of equal scores too.
    assert heads == [(0, 0), (0, 2), (0, 1), (1, 0)]
    with pytest.raises(NotFoundError):
        find_head_scores(session, "no_such_table")


def test_scores_of_a_language_model_by_metric(session: Session) -> None:
    language_model = make_language_model(session)
    metric = make_metric(session, slug="induction_mass")
    table = make_head_score_table(session, SCORES, language_model=language_model, metric=metric)
    make_head_score_table(session, SCORES, language_model=language_model)
    session.expunge_all()
    query = LanguageModelScoreQuery(metric="induction_mass", layer=0)
    rows = find_language_model_scores(session, language_model.hub_id, query).items
    assert [(row.table.slug, row.score.head) for row in rows] == [(table.slug, 0), (table.slug, 1), (table.slug, 2)]
    with pytest.raises(InvalidQueryError) as refused:
        find_language_model_scores(session, language_model.hub_id, LanguageModelScoreQuery(metric="inducton_mass"))
    assert refused.value.near == ["induction_mass"]
