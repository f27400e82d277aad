import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ingest.statistics.layer_peers import median_of_others


@given(arrays.arrays(float, st.tuples(st.integers(2, 7), st.integers(1, 3)), elements=st.floats(-1, 1)))
def test_it_is_the_median_without_the_head_itself(values: np.ndarray) -> None:
    expected = np.stack([np.median(np.delete(values, head, axis=0), axis=0) for head in range(len(values))])
    assert median_of_others(values) == pytest.approx(expected)


def test_a_single_head_has_no_others() -> None:
    assert np.isnan(median_of_others(np.array([[0.3, 0.4]]))).all()
