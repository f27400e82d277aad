import numpy as np
import pytest

from ingest.planted.position_code import CONTEXT_LENGTH, ROPE_BASE, learned_position_code, rotary_position_code


@pytest.mark.parametrize(
    ("code", "gap", "depth"), [(learned_position_code(), 0.53, 0.47), (rotary_position_code(), 0.28, 0.77)]
)
def test_sharp_sum_peaks_at_one_distance(code, gap, depth):
    distances = np.arange(1 - CONTEXT_LENGTH, CONTEXT_LENGTH)
    sums = np.cos(np.outer(distances, code.frequencies)) @ code.sharp
    assert sums[distances == 0] == pytest.approx(1.0)
    assert np.sort(sums)[-2] == pytest.approx(1.0 - code.gap)
    assert sums.min() == pytest.approx(-code.depth)
    assert (code.gap, code.depth) == pytest.approx((gap, depth), abs=0.01)


@pytest.mark.parametrize("code", [learned_position_code(), rotary_position_code()])
def test_broad_sum_has_one_neighbourhood(code):
    sums = np.cos(np.outer(np.arange(CONTEXT_LENGTH), code.frequencies)) @ code.broad
    # exp of the logit at distance 0 is exp(16); beyond 12 tokens no key has a tenth of that.
    assert sums[0] == pytest.approx(16.0)
    assert sums[13:].max() < 16.0 - np.log(10)


def test_rotary_pairs_that_hold_codes_hardly_turn():
    turns = ROPE_BASE ** (-np.arange(15, 31) / 32) * CONTEXT_LENGTH
    assert turns.max() == pytest.approx(512 * 10**-3.75)  # 0.091
    # Squared turns fall by 10^-1/2 from pair to pair: they sum to 0.091² / (1 − 0.316) = 0.0121. A code that matches
    # keeps 1 − mean(turn² / 2) = 1 − 0.0121 / 2 / 16 of its weight.
    assert np.cos(turns).mean() == pytest.approx(1 - 0.00038, abs=1e-5)
