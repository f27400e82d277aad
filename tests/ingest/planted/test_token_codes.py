import numpy as np

from ingest.planted.token_codes import COHERENCE, D_CODE, N_CODES, swapping_signs, token_codes


def test_different_codes_overlap_by_a_quarter_at_most():
    overlaps = token_codes() @ token_codes().T
    assert np.allclose(np.diag(overlaps), 1.0)
    others = overlaps[~np.eye(N_CODES, dtype=bool)]
    # Within a half 0 or −1; across the halves a Walsh coefficient 0 or ±8, of 32 entries.
    assert set(np.unique(others.round(12))) == {-1.0, -COHERENCE, 0.0, COHERENCE}


def test_signs_swap_codes_in_pairs_without_a_fixed_one():
    codes = token_codes()
    for row in range(1, D_CODE):
        partner = (codes * swapping_signs(row) @ codes.T).argmax(axis=1)
        assert np.allclose(codes * swapping_signs(row), codes[partner])
        assert (partner[partner] == np.arange(N_CODES)).all()
        assert (partner != np.arange(N_CODES)).all()
