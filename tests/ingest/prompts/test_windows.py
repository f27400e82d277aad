import torch
from hypothesis import given
from hypothesis import strategies as st

from ingest.prompts.batch import PromptBatch
from ingest.prompts.windows import on_grid, place, queries_from, spread_evenly, window_before
from tests.ingest.masks import as_batch

LEFT_PADDED = PromptBatch(torch.tensor([[9, 9, 5, 6, 7]]), torch.tensor([[False, False, True, True, True]]), False)


def test_places_count_from_the_first_real_token() -> None:
    assert place(LEFT_PADDED)[0, 2:].tolist() == [0, 1, 2]
    assert queries_from(LEFT_PADDED, first_place=1).tolist() == [[False, False, False, True, True]]


@given(st.integers(1, 200), st.integers(1, 80))
def test_as_many_queries_remain_as_asked_for_and_they_lie_at_even_distances(n_queries: int, at_most: int) -> None:
    is_query = torch.cat([torch.zeros(3, dtype=torch.bool), torch.ones(n_queries, dtype=torch.bool)])[None]
    kept = spread_evenly(is_query, at_most)
    assert not (kept & ~is_query).any()
    assert kept.sum() == min(n_queries, at_most)
    gaps = kept[0].nonzero().flatten().diff()
    assert len(gaps) == 0 or gaps.max() - gaps.min() <= 1


def test_a_window_ends_with_the_query_itself() -> None:
    is_counted = torch.tensor([[False, False, True, False, True]])
    assert window_before(is_counted, 3)[0].tolist() == [[-1] * 3, [-1] * 3, [0, 1, 2], [-1] * 3, [2, 3, 4]]


def test_short_prompts_have_no_late_queries() -> None:
    assert not queries_from(as_batch(torch.arange(4)[None]), first_place=4).any()


def test_places_on_a_grid_are_the_same_in_every_prompt_and_few() -> None:
    long = as_batch(torch.arange(400).reshape(2, 200))
    grid = on_grid(long, at_most=64)
    assert grid[0].equal(grid[1])
    assert grid[0].nonzero().flatten().tolist() == list(range(0, 200, 4))
    assert on_grid(as_batch(torch.arange(128).reshape(2, 64)), at_most=64).all()
    assert on_grid(LEFT_PADDED)[0].tolist() == [False, False, True, True, True]
