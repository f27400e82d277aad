import numpy as np
import pytest
import torch

from ingest.measure import Measurement
from ingest.scoring import score_heads


def measurement(mass: torch.Tensor, chance: float = 0.0) -> Measurement:
    n = mass.shape[-1]
    return Measurement(mass.float(), torch.ones(n, dtype=torch.long), torch.full((n,), chance))


def test_a_reading_is_chosen_on_even_units_and_scored_on_odd_ones() -> None:
    # Reading b wins on units 0 and 2 (0.9 against 0.1) and is then scored on units 1 and 3, where it has 0.2.
    a = torch.tensor([0.1, 0.8, 0.1, 0.8]).view(1, 1, 4)
    b = torch.tensor([0.9, 0.2, 0.9, 0.2]).view(1, 1, 4)
    found = score_heads({"a": measurement(a, 0.05), "b": measurement(b, 0.05)}, None, seed=0)
    assert found.reading == [["b"]]
    assert found.score.item() == pytest.approx(0.2)
    assert found.chance == pytest.approx(0.05)


def test_the_choice_lifts_no_score_of_pure_noise() -> None:
    # Among 7 readings of noise the best on one half is nothing special on the other: the mean stays at 0.5.
    # 2,000 heads of 16 odd units have a standard error of 0.29 / √32,000 = 0.0016.
    noise = torch.rand(7, 1, 2000, 32, generator=torch.Generator().manual_seed(0))
    found = score_heads({str(i): measurement(each) for i, each in enumerate(noise)}, None, seed=0)
    assert found.score.mean() == pytest.approx(0.5, abs=0.006)


def test_readings_may_differ_in_their_number_of_units() -> None:
    # Head 0 does reading a on all of its 10 units, head 1 reading b on all of its 40.
    a, b = torch.zeros(1, 2, 10), torch.zeros(1, 2, 40)
    a[0, 0], b[0, 1] = 1.0, 1.0
    nothing = {"a": measurement(torch.zeros_like(a)), "b": measurement(torch.zeros_like(b))}
    found = score_heads({"a": measurement(a, 0.1), "b": measurement(b, 0.2)}, nothing, seed=0)
    assert found.reading == [["a", "b"]]
    assert found.score.tolist() == [[1.0, 1.0]]
    assert found.chance == pytest.approx(0.15)  # each head's own reading: (0.1 + 0.2) / 2
    assert found.statistics is not None
    # Five and twenty units are left to score: 2⁻⁵ and 2⁻²⁰ are the least that a signed-rank test can give.
    assert found.statistics.p[0] == pytest.approx([2.0**-5, 2.0**-20])
    assert found.statistics.smallest_p == pytest.approx(2.0**-5)
    assert found.statistics.excess_low[0] == pytest.approx([1.0, 1.0])


def test_units_without_a_counted_query_say_nothing() -> None:
    mass = torch.tensor([0.5, float("nan"), 0.7]).view(1, 1, 3)
    found = score_heads(
        {"a": Measurement(mass, torch.tensor([2, 0, 2]), torch.tensor([0.1, float("nan"), 0.1]))}, None, 0
    )
    assert found.score.item() == pytest.approx(0.6)
    assert found.n_prompts == 2
    assert not np.isnan(found.chance)
