"""Values by prompt come back to the last bit, and three numbers tell how a p was adjusted."""

import numpy as np
import pytest

from ingest.adjustment import Adjustment, adjustment_of
from ingest.prompt_values import pack, unpack
from ingest.statistics.multiplicity import benjamini_hochberg


def test_values_come_back_to_the_last_bit_in_as_few_bytes_as_hold_them() -> None:
    single = np.random.default_rng(0).random(32).astype(np.float32).astype(np.float64)
    double = np.random.default_rng(1).random(32)
    for values, kind in ((single, "f4:"), (double, "f8:")):
        packed = pack(values)
        assert isinstance(packed, str)
        assert packed.startswith(kind)
        assert (unpack(packed, 32) == values).all()
    assert pack(np.zeros(5)) == 0
    assert (unpack(0.0, 5) == np.zeros(5)).all()
    # Four bytes for each of 32 numbers, four characters for each three bytes: 3 + ceil(128 / 3) * 4.
    assert len(str(pack(single))) == 3 + 43 * 4


@pytest.mark.parametrize("packed", ["", "f4", "f4:A", "f8:AAAA", "f4:AADAfwAAwH8=", None, True])
def test_what_is_no_list_of_numbers_is_refused(packed: object) -> None:
    with pytest.raises(ValueError, match="it "):
        unpack(packed, 2)


def test_an_adjusted_p_follows_from_the_record_of_its_adjustment() -> None:
    p = np.random.default_rng(2).choice([1e-9, 0.001, 0.01, 0.03, 0.2, 0.9], size=(3, 4, 5))
    p[0, 0, 0] = np.nan
    wanted = benjamini_hochberg(p)
    for place in np.ndindex(p.shape):
        how = adjustment_of(p[place], list(p), 2**-16)
        if place == (0, 0, 0):
            assert how is None
            continue
        assert isinstance(how, Adjustment)
        assert how.n_tests == 59
        assert how.p_adjusted == pytest.approx(wanted[place], rel=1e-12)
        assert how.p_attainable == 59 * 2**-16
