import numpy as np
import pytest

from ingest.planted.embeddings import draw_codes, embeddings
from ingest.planted.position_code import learned_position_code, rotary_position_code
from ingest.planted.residual import D_MODEL, draw_residual
from ingest.planted.vocabulary import BOS_ID, FIRST_CODED_ID

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
@pytest.mark.parametrize("has_marks", [True, False])
def test_embeddings_have_the_norm_that_normalisation_keeps(has_positions, has_marks):
    rng = np.random.default_rng(0)
    residual = draw_residual(rng, has_positions=has_positions, has_marks=has_marks)
    ends = embeddings(residual, CODES[has_positions], draw_codes(rng))
    coded = ends.W_E[FIRST_CODED_ID:]
    if ends.W_pos is not None:
        coded = coded[:, None] + ends.W_pos[None, 1:]
    # sqrt(256) = 16: dividing by the root mean square then divides by one.
    assert np.allclose(np.linalg.norm(coded, axis=-1), 16.0)
    assert np.linalg.norm(ends.W_E[BOS_ID]) == pytest.approx(16.0)
