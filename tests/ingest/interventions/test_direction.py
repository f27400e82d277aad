"""Directions added to the residual stream, and taken out of it, against what the next read of it says."""

from dataclasses import replace

import pytest
import torch

from catalog.notation import HeadRef
from ingest.errors import InterventionLostError, PromptError
from ingest.interventions.direction import (
    Direction,
    HeadDirection,
    difference_of_means,
    with_direction_added,
    with_direction_removed,
    with_head_direction_added,
    with_head_direction_removed,
)
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Run, record
from ingest.interventions.task_measure import task_measure
from ingest.loading import load_language_model
from ingest.local_models import SHIPPED
from ingest.scan import vocabulary_of
from ingest.tasks.sentiment import sentiment
from ingest.tasks.task import END
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


@pytest.mark.parametrize("family", ["gpt2", "llama", "qwen3"])
def test_a_direction_of_a_heads_output_is_changed_at_this_head_alone(family: str) -> None:
    batch, loaded = make_padded(12, "left"), make_tiny(family)
    run, measure = Run(loaded, batch.tokens, batch.is_real, batch_size=2), at_the_end(batch)
    head = HeadRef(1, 0)
    z = record(run, measure.is_asked).z[1][:, :, 0]
    vector = torch.randn(z.shape[-1], generator=torch.Generator().manual_seed(0))
    direction = HeadDirection(head, vector, batch.is_real)
    unit = direction.unit
    more = with_head_direction_added(run, measure, direction, 2.0)
    removed = with_head_direction_removed(run, measure, direction)
    for found, instead in ((more, z + 2.0 * unit), (removed, z - (z @ unit)[..., None] * unit)):
        by_hand = record(replace(run, replaced={1: {0: instead.where(batch.is_real[..., None], z)}}), measure.is_asked)
        assert torch.allclose(found, measure.value(logits_of(loaded, by_hand.normed, measure.token_ids)).cpu())
    nowhere = HeadDirection(head, vector, torch.zeros_like(batch.is_real))
    with pytest.raises(InterventionLostError, match="of L1H0"):
        with_head_direction_added(run, measure, nowhere, 2.0)


def test_the_sentiment_of_the_reference_model_lies_along_a_direction() -> None:
    """Tigges et al. 2023: two means apart on some prompts move what is said of others."""
    loaded = load_language_model(str(SHIPPED / "reference"), device="cpu")
    layer = loaded.n_layers - 1
    some, others = (sentiment.make(vocabulary_of(loaded), 32, sentiment.default_length, seed) for seed in (1, 0))
    good = some.answer_ids[0]
    at_end = record(Run(loaded, some.tokens, some.is_real), some.marks[END]).resid_pre[layer][some.marks[END]]
    is_good = (some.answer_ids == good).all(dim=1)
    vector = difference_of_means(at_end[is_good], at_end[~is_good])

    run, measure = Run(loaded, others.tokens, others.is_real), task_measure(sentiment, others)
    intact = measure.value(logits_of(loaded, record(run, measure.is_asked).normed, measure.token_ids)).cpu()[0]
    is_good = (others.answer_ids == good).all(dim=1)
    direction = Direction(layer, vector, others.marks[END])
    added = with_direction_added(run, measure, direction, float(vector.norm()))[0] - intact
    assert added[is_good].mean() > 1
    assert added[~is_good].mean() < -1
    assert (with_direction_removed(run, measure, direction)[0] - intact).mean() < -0.5
    elsewhere = torch.randn(vector.shape, generator=torch.Generator().manual_seed(0))
    removed = with_direction_removed(run, measure, Direction(layer, elsewhere, others.marks[END]))[0]
    assert (removed - intact).mean().abs() < 0.2
