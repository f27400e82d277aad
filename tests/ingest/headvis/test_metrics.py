"""HeadVis's six numbers: against values counted by hand, and against whole-matrix arithmetic on full patterns."""

from typing import Any

import numpy as np
import pytest
import torch

from ingest.engine import choose, reference
from ingest.errors import PromptError
from ingest.headvis.metrics import INDUCTION_FLOOR, METRICS, check_batch, headvis_scores, headvis_targets
from ingest.loaded_model import LoadedModel
from ingest.prompts.batch import PromptBatch
from tests.ingest.tiny_models import make_tiny


def make_batch(tokens: list[list[int]], lengths: list[int] | None = None) -> PromptBatch:
    ids = torch.tensor(tokens)
    is_real = torch.arange(ids.shape[1]) < torch.tensor(lengths or [ids.shape[1]] * len(ids))[:, None]
    return PromptBatch(ids, is_real, has_bos=False)


def measured(loaded: LoadedModel, batch: PromptBatch) -> dict[str, Any]:
    return headvis_scores(dict(choose.measure(loaded, batch, headvis_targets(batch)).measurements))


def by_hand(loaded: LoadedModel, batch: PromptBatch) -> dict[str, Any]:
    """Head by head and token by token, as the definitions say."""
    shape = (loaded.n_layers, loaded.n_heads)
    sums = {name: np.zeros(shape) for name in ("self", "previous", "entropy", "distance", "squared", "induction")}
    n_tokens = n_before = n_repeated = 0
    patterns = reference.patterns(loaded, batch)
    for prompt, is_real in enumerate(batch.is_real):
        n_pos = int(is_real.sum())
        tokens = batch.tokens[prompt].tolist()
        n_tokens += n_pos
        n_before += n_pos - 1
        n_repeated += sum(tokens[query] in tokens[:query] for query in range(n_pos))
        for layer, head in np.ndindex(*shape):
            for query in range(n_pos):
                row = patterns[layer][prompt, head, query].double().numpy()
                seen = row[: query + 1]
                distance = query - np.arange(query + 1)
                sums["self"][layer, head] += row[query]
                sums["previous"][layer, head] += row[query - 1] if query else 0.0
                sums["entropy"][layer, head] += -sum(p * np.log(p) for p in seen if p > 0)
                sums["distance"][layer, head] += seen @ distance
                sums["squared"][layer, head] += seen @ distance**2
                followed = [row[key + 1] for key in range(query) if tokens[key] == tokens[query]]
                sums["induction"][layer, head] += sum(p for p in followed if p >= INDUCTION_FLOOR)
    distance = sums["distance"] / n_tokens
    return {
        "self_attention_score": sums["self"] / n_tokens,
        "prev_token_score": sums["previous"] / n_before,
        "pattern_entropy": sums["entropy"] / n_tokens,
        "qk_distance": distance,
        "qk_distance_variance": sums["squared"] / n_tokens - distance**2,
        "induction_score": sums["induction"] / n_repeated,
    }


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "gpt_oss", "gptj"])
def test_the_six_numbers_equal_those_counted_by_hand(family: str) -> None:
    loaded = make_tiny(family)
    tokens = torch.randint(2, 12, (3, 24), generator=torch.Generator().manual_seed(0)).tolist()
    batch = make_batch(tokens, lengths=[24, 9, 2])
    found, expected = measured(loaded, batch), by_hand(loaded, batch)
    assert found.keys() == expected.keys() == {each.name for each in METRICS}
    for name, values in expected.items():
        assert np.abs(found[name] - values).max() < 1e-3, name


def test_uniform_attention_scores_what_can_be_worked_out() -> None:
    loaded = make_tiny("llama")
    with torch.no_grad():
        for layer in loaded.model.base_model.layers:
            layer.self_attn.q_proj.weight.zero_()
    # The tokens a b a: p(0) = [1], p(1) = [1/2, 1/2], p(2) = [1/3, 1/3, 1/3].
    found = measured(loaded, make_batch([[5, 6, 5]]))
    expected = {
        "self_attention_score": (1 + 1 / 2 + 1 / 3) / 3,
        "prev_token_score": (1 / 2 + 1 / 3) / 2,
        "pattern_entropy": (np.log(2) + np.log(3)) / 3,
        "qk_distance": (0 + 1 / 2 + 1) / 3,
        "qk_distance_variance": (0 + 1 / 2 + 5 / 3) / 3 - 0.5**2,
        "induction_score": 1 / 3,  # one repeated token, which puts a third on what followed its copy
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(np.full_like(found[name], value), abs=1e-6), name


def test_prompts_without_a_repeat_have_no_induction_score() -> None:
    found = measured(make_tiny("gpt2"), make_batch([[5, 6, 7, 8]]))
    assert np.isnan(found["induction_score"]).all()
    assert np.isfinite(found["pattern_entropy"]).all()


def test_a_prompt_of_one_token_is_refused() -> None:
    with pytest.raises(PromptError, match="at least 2 tokens"):
        check_batch(make_batch([[5, 6]], lengths=[1]))
