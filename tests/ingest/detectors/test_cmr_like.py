import pytest
import torch

from ingest.detectors.cmr_like import around_another_token, cmr_like, fit
from ingest.errors import NoTargetError
from ingest.measure import Measurement, Targets
from ingest.metrics.recall_curves import recall_curves
from tests import planted
from tests.ingest.masks import as_batch, as_mask, scores

TOKENS = planted.repeated_tokens(40)
BATCH = as_batch(TOKENS)
TARGETS = cmr_like.targets(BATCH)


def fitted(pattern: torch.Tensor, targets: dict[str, Targets]) -> list[float]:
    """Scores of the heads of a pattern, [batch, head, query, key]."""

    def measured(each: Targets) -> Measurement:
        mass = torch.stack([scores(pattern[row : row + 1], only(each, row), BATCH) for row in range(len(pattern))])
        return Measurement(mass.T[None], each.is_counted.sum(dim=-1), torch.zeros(len(pattern)))

    combined = fit({name: measured(each) for name, each in targets.items()})
    return combined["cmr_like"].mass[0].mean(dim=-1).tolist()


def only(targets: Targets, row: int) -> Targets:
    return type(targets)(targets.keys[row : row + 1])


def recalling(parameters: int):
    """A head that spreads half its attention around the copy as the recall curve of some parameters does."""

    def pattern(tokens: torch.Tensor) -> torch.Tensor:
        curve = torch.from_numpy(recall_curves()[parameters]).float()
        made = torch.zeros(len(tokens), tokens.shape[1], tokens.shape[1])
        for query in range(46, 81):
            made[:, query, query - 40 - 5 : query - 40 + 6] = 0.5 * curve
        made[:, :, 0] += 1 - made.sum(dim=-1)
        return made

    return pattern


def test_heads_that_follow_a_recall_curve_score_one_and_no_decoy_comes_near() -> None:
    kinds = (
        recalling(100),
        recalling(600),
        planted.induction,
        planted.uniform,
        planted.attention_sink,
        planted.previous_token,
        lambda tokens: planted.at_offset(tokens, 44),
    )
    # The last decoy looks four before the copy, where no recall curve has its peak.
    found = fitted(planted.as_heads(TOKENS, *kinds), TARGETS)
    assert found == pytest.approx([1, 1, 1, 0, 0, 0, 0], abs=1e-3)


def test_the_null_model_sees_no_curve_around_another_token() -> None:
    null = {name: around_another_token(each, BATCH, torch.Generator()) for name, each in TARGETS.items()}
    for name, each in null.items():
        assert torch.equal(each.is_counted, TARGETS[name].is_counted)
        assert not (as_mask(each, BATCH) & as_mask(TARGETS[name], BATCH)).any()
    assert fitted(planted.as_heads(TOKENS, planted.induction, planted.uniform), null) == pytest.approx([0, 0])


def test_curves_stay_clear_of_bos_and_of_the_query() -> None:
    for lag, name in zip(range(-5, 6), TARGETS, strict=True):
        query, key = as_mask(TARGETS[name], BATCH)[0].nonzero().T
        assert torch.equal(key, query - 40 + lag)
        assert key.min() >= 1
        assert (key < query).all()


def test_short_segments_are_refused_with_the_length() -> None:
    with pytest.raises(NoTargetError, match="segment of 12 tokens"):
        cmr_like.targets(as_batch(planted.repeated_tokens(11)))
    assert cmr_like.targets(as_batch(planted.repeated_tokens(12)))
