import numpy as np
import pytest

from ingest.effects import effect_statistics

N = 16
RNG = np.random.default_rng(0)


def one_layer(*means: float, noise: float = 0.01) -> np.ndarray:
    """[1, head, prompt]: effects around these means."""
    return np.array(means)[None, :, None] + noise * RNG.standard_normal((1, len(means), N))


def test_a_head_with_an_effect_stands_above_its_control_and_its_layer() -> None:
    effect, control = one_layer(0.5, 0.0, 0.01), one_layer(0.0, 0.0, 0.0, noise=0.005)
    found = effect_statistics(effect, control, None, seed=0)
    assert found.effect[0] == pytest.approx(effect.mean(axis=-1)[0])
    assert found.low[0, 0] < found.effect[0, 0] < found.high[0, 0]
    # The middle of the other two heads is about 0.005.
    assert found.above_layer_low[0, 0] == pytest.approx(0.49, abs=0.02)
    assert found.above_layer_high[0, 1] < 0.05
    assert found.p[0, 0] == found.smallest_p == 0.5**N
    assert found.above_control_low[0, 0] > 0.4


def test_a_head_that_moves_any_tokens_alike_is_not_significant() -> None:
    # Its effect on the task is large and consistent; on the control it is larger, in either direction.
    effect = one_layer(0.3, 0.0)
    control = np.where(np.arange(N) % 2, 0.6, -0.6) * np.array([1.0, 0.0])[None, :, None]
    found = effect_statistics(effect, control, None, seed=0)
    assert found.control[0, 0] == pytest.approx(0.6)
    assert found.p[0, 0] > 0.99
    assert found.above_control_high[0, 0] < 0


def test_templates_are_told_apart() -> None:
    template = np.arange(N) % 2
    effect = np.where(template == 0, 0.5, np.array([[[0.1], [-0.1]]]))
    found = effect_statistics(effect, np.zeros_like(effect), template, seed=0)
    assert found.n_templates == 2
    assert found.least_template[0] == pytest.approx([0.1, -0.1])
    assert found.has_one_sign[0].tolist() == [True, False]
    assert effect_statistics(effect, np.zeros_like(effect), None, seed=0).n_templates == 1


def test_layers_without_heads_and_layers_of_one_head_have_no_numbers_to_compare() -> None:
    effect = np.concatenate([np.full((1, 1, N), np.nan), one_layer(0.5)])
    found = effect_statistics(effect, np.zeros_like(effect), None, seed=0)
    assert np.isnan(found.effect[0]).all()
    assert np.isnan(found.p[0]).all()
    assert np.isnan(found.above_layer_low).all()
    assert not found.has_one_sign[0].any()
