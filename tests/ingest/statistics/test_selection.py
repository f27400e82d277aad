import numpy as np
import pytest

from ingest.statistics.selection import select_and_hold_out


def test_a_reading_is_chosen_on_even_prompts_and_scored_on_odd_ones() -> None:
    # Reading 1 wins on prompts 0 and 2 (0.9 against 0.1) and is then scored on prompts 1 and 3, where it has 0.2.
    mass = np.array([[0.1, 0.8, 0.1, 0.8], [0.9, 0.2, 0.9, 0.2]]).reshape(2, 1, 1, 4)
    found = select_and_hold_out(mass, chance=np.full((2, 4), 0.05), null=mass / 2)
    assert found.reading.tolist() == [[1]]
    assert found.mass[0, 0] == pytest.approx([0.2, 0.2])
    assert found.null is not None
    assert found.null[0, 0] == pytest.approx([0.1, 0.1])
    assert found.chance[0, 0] == pytest.approx([0.05, 0.05])


def test_the_choice_lifts_no_score_of_pure_noise() -> None:
    # Among 7 readings of noise the best on one half is nothing special on the other: the mean stays at 0.5.
    # 2,000 heads of 16 odd prompts have a standard error of 0.29 / √32,000 = 0.0016.
    mass = np.random.default_rng(0).uniform(size=(7, 1, 2000, 32))
    found = select_and_hold_out(mass, chance=np.zeros((7, 32)), null=None)
    assert found.mass.mean() == pytest.approx(0.5, abs=0.006)


def test_each_head_chooses_for_itself() -> None:
    mass = np.zeros((3, 1, 2, 2))
    mass[2, 0, 0] = 0.7
    mass[1, 0, 1] = 0.4
    found = select_and_hold_out(mass, chance=np.zeros((3, 2)), null=None)
    assert found.reading.tolist() == [[2, 1]]
    assert found.mass[0, :, 0].tolist() == [0.7, 0.4]
