"""Directions added to the residual stream, and taken out of it, against what the next read of it says."""

import pytest
import torch

from ingest.errors import InterventionLostError, PromptError
from ingest.interventions.direction import (
    Direction,
    difference_of_means,
    with_direction_added,
    with_direction_removed,
)
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Run, record
from tests.ingest.engine.padded import make_padded
from tests.ingest.interventions.test_each_head import at_the_end
from tests.ingest.tiny_models import make_tiny


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
def test_a_direction_moves_the_logits_by_its_unit_vector_and_only_where_it_is_changed(family: str) -> None:
    batch, loaded = make_padded(12, "left"), make_tiny(family)
    run, measure = Run(loaded, batch.tokens, batch.is_real, batch_size=2), at_the_end(batch)
    intact = record(run, measure.is_asked)
    value = measure.value(logits_of(loaded, intact.normed, measure.token_ids)).cpu()
    vector = torch.randn(intact.resid.shape[-1], generator=torch.Generator().manual_seed(0))
    direction = Direction(1, vector, batch.is_real)
    more, less = (with_direction_added(run, measure, direction, amount) for amount in (3.0, -3.0))
    assert (more - value).abs().max() > 1e-3
    assert (less - value).abs().max() > 1e-3
    # The length of the vector does not count.
    assert torch.allclose(with_direction_added(run, measure, Direction(1, 7 * vector, batch.is_real), 3.0), more)
    removed = with_direction_removed(run, measure, direction)
    assert (removed - value).abs().max() > 1e-4
    nowhere = Direction(1, vector, torch.zeros_like(batch.is_real))
    with pytest.raises(InterventionLostError, match="do not move"):
        with_direction_added(run, measure, nowhere, 3.0)


def test_a_direction_is_the_difference_of_two_means_and_has_a_length() -> None:
    written, otherwise = torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 1.0]])
    assert difference_of_means(written, otherwise).tolist() == [2.0, -1.0]
    with pytest.raises(PromptError, match="points nowhere"):
        _ = Direction(0, torch.zeros(2), torch.ones(1, 1, dtype=torch.bool)).unit
