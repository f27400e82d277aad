import numpy as np
import pytest

from ingest.statistics.bootstrap import excess, interval, resampling_weights


def test_every_resample_weighs_each_prompt_a_whole_number_of_times() -> None:
    weights = resampling_weights(8, seed=0)
    assert weights.shape == (8, 2000)
    assert weights.sum(axis=0) == pytest.approx(np.ones(2000))
    assert (weights * 8) == pytest.approx(np.round(weights * 8))


def test_a_seed_gives_the_same_weights_again_and_another_seed_others() -> None:
    assert (resampling_weights(8, seed=1) == resampling_weights(8, seed=1)).all()
    assert (resampling_weights(8, seed=1) != resampling_weights(8, seed=2)).any()


def test_equal_masses_leave_no_room_for_doubt() -> None:
    found = interval(np.full((1, 16), 0.25) @ resampling_weights(16, seed=0))
    assert found.low[0] == pytest.approx(0.25)
    assert found.high[0] == pytest.approx(0.25)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    # 400 experiments of 32 draws with mean 0.5: 95 % nominal. The percentile interval is known to run a little short
    # at this size; three standard errors of 400 trials are 0.033.
    draws = np.random.default_rng(3).beta(2, 2, size=(400, 32))
    found = interval(draws @ resampling_weights(32, seed=0))
    covered = ((found.low <= 0.5) & (found.high >= 0.5)).mean()
    assert 0.95 - 0.05 < covered < 0.95 + 0.033


def test_a_missing_mass_gives_a_missing_interval() -> None:
    found = interval(np.array([[0.1, np.nan], [0.1, 0.3]]) @ resampling_weights(2, seed=0))
    assert np.isnan(found.low[0])
    assert found.low[1] == pytest.approx(0.1)


def test_excess_is_zero_at_chance_and_one_at_full_mass() -> None:
    assert excess(np.array([0.2, 1.0, 0.6]), 0.2) == pytest.approx([0.0, 1.0, 0.5])


def test_thousandths_above_a_baseline_that_leaves_nothing_are_no_excess() -> None:
    # On paper (0.999 − 0.998) / 0.05; of what is left it would be a half.
    assert excess(np.array([0.999]), 0.998) == pytest.approx([0.02])
