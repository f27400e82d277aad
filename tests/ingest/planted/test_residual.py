import numpy as np
import pytest

from ingest.planted.embeddings import BOS_ID, FIRST_CODED_ID, embeddings
from ingest.planted.position_code import learned_position_code, rotary_position_code
from ingest.planted.residual import D_MODEL, draw_residual

CODES = {True: learned_position_code(), False: rotary_position_code()}


@pytest.mark.parametrize("seed", [0, 1])
def test_directions_are_orthonormal_and_have_mean_zero(seed):
    basis = draw_residual(np.random.default_rng(seed), has_positions=True).basis
    assert np.array_equal(basis @ basis.T, np.eye(D_MODEL - 1))
    assert np.array_equal(basis.sum(axis=1), np.zeros(D_MODEL - 1))


def test_an_unknown_block_is_an_error():
    with pytest.raises(KeyError):
        draw_residual(np.random.default_rng(0), has_positions=True).block("nothing")


@pytest.mark.parametrize("has_positions", [True, False])
def test_embeddings_have_the_norm_that_normalisation_keeps(has_positions):
    rng = np.random.default_rng(0)
    ends = embeddings(draw_residual(rng, has_positions=has_positions), CODES[has_positions], rng)
    coded = ends.W_E[FIRST_CODED_ID:]
    if ends.W_pos is not None:
        coded = coded[:, None] + ends.W_pos[None, 1:]
    # sqrt(256) = 16: dividing by the root mean square then divides by one.
    assert np.allclose(np.linalg.norm(coded, axis=-1), 16.0)
    assert np.linalg.norm(ends.W_E[BOS_ID]) == pytest.approx(16.0)
