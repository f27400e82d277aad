import pytest
import torch

from ingest.detectors.active_dormant import active_dormant, between_domains
from ingest.measure import Measurement
from ingest.prompts.prose_and_code import DomainBatch
from tests import planted
from tests.ingest.masks import scores

TOKENS = planted.random_tokens(20, batch=8)
IS_CODE = torch.tensor([False, True] * 4)
BATCH = DomainBatch(TOKENS, torch.ones_like(TOKENS, dtype=torch.bool), True, IS_CODE)


def sink_on_prose(tokens: torch.Tensor) -> torch.Tensor:
    return torch.where(IS_CODE[:, None, None], planted.previous_token(tokens), planted.attention_sink(tokens))


def half_asleep_on_code(tokens: torch.Tensor) -> torch.Tensor:
    sink, awake = planted.attention_sink(tokens), planted.current_token(tokens)
    return torch.where(IS_CODE[:, None, None], (sink + awake) / 2, awake)


def measured(pattern: torch.Tensor) -> dict[str, Measurement]:
    found = {}
    for name, targets in active_dormant.targets(BATCH).items():
        mass = [
            scores(
                pattern[row : row + 1], type(targets)(targets.is_target[row:][:1], targets.is_counted[row:][:1]), BATCH
            )
            for row in range(len(TOKENS))
        ]
        found[name] = Measurement(
            torch.stack(mass, dim=1)[None], targets.is_counted.sum(dim=-1), torch.full((len(TOKENS),), 0.1)
        )
    return found


def test_heads_that_sleep_in_one_domain_are_told_by_direction_and_sinks_are_none() -> None:
    kinds = (sink_on_prose, half_asleep_on_code, planted.attention_sink, planted.uniform, planted.previous_token)
    found = between_domains(measured(planted.as_heads(TOKENS, *kinds)))
    # The second token attends to BOS as its previous token: 1 of 20 queries, so the first head differs by 1 − 1/20.
    expected = [1 - 1 / 20, -0.5, 0, 0, 0]
    assert found["dormant_on_prose"].mass[0].mean(dim=-1).tolist() == pytest.approx(expected, abs=1e-6)
    assert found["dormant_on_code"].mass[0].mean(dim=-1).tolist() == pytest.approx([-x for x in expected], abs=1e-6)


def test_a_unit_is_a_pair_and_chance_is_zero() -> None:
    found = between_domains(measured(planted.as_heads(TOKENS, planted.uniform)))["dormant_on_prose"]
    assert found.mass.shape == (1, 1, 4)
    assert found.n_counted.tolist() == [20] * 4
    assert found.chance.tolist() == [0] * 4
