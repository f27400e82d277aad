"""The streaming engine against full patterns, over families, lengths, padding and kinds of target."""

import pytest
import torch

from ingest.engine import choose, reference, streaming
from ingest.engine.result import EngineResult
from ingest.loaded_model import LoadedModel
from ingest.measure import Measurement
from ingest.prompts.batch import PromptBatch
from tests.ingest.engine.padded import Side, make_padded, make_targets
from tests.ingest.tiny_models import IGNORING, STREAMED, make_tiny

TOLERANCE = 1e-4
LENGTHS = (1, 2, 7, 64, 512)
SIDES: tuple[Side, ...] = ("none", "left", "right")
THOROUGH = ("gpt2", "gpt_neox", "llama", "gemma2")


@pytest.fixture(scope="module")
def models() -> dict[str, LoadedModel]:
    return {family: make_tiny(family) for family in (*STREAMED, *IGNORING)}


def difference(one: EngineResult, other: EngineResult) -> float:
    """Largest difference of a mass, or of its chance; relative above 1, where moments lie."""
    found = 0.0
    for name, measured in one.measurements.items():
        expected = other.measurements[name]
        assert measured.mass.isnan().equal(expected.mass.isnan())
        assert measured.n_counted.equal(expected.n_counted)
        off = (measured.mass - expected.mass).abs() / expected.mass.abs().clamp(min=1)
        found = max(found, float(off.nan_to_num().max()), chance_difference(measured, expected))
    return found


def chance_difference(one: Measurement, other: Measurement) -> float:
    """One engine asks the model for its mask, the other reads its configuration; both must see the same keys."""
    by_layer = [each.chance.expand(each.mass.shape[0], -1) for each in (one, other)]
    known = one.mass.isfinite().any(dim=1)
    off = (by_layer[0] - by_layer[1]).abs() / by_layer[1].abs().clamp(min=1)
    return float(off[known].max()) if bool(known.any()) else 0.0


def compare(loaded: LoadedModel, batch: PromptBatch) -> float:
    targets = make_targets(batch)
    fast = streaming.measure(loaded, batch, targets, batch_size=2)
    return difference(fast, reference.measure(loaded, batch, targets, batch_size=2))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("family", THOROUGH)
def test_streaming_equals_full_patterns(models: dict[str, LoadedModel], family: str, length: int, side: Side) -> None:
    assert compare(models[family], make_padded(length, side)) < TOLERANCE


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("family", [family for family in STREAMED if family not in THOROUGH])
def test_streaming_equals_full_patterns_in_every_family(
    models: dict[str, LoadedModel], family: str, side: Side
) -> None:
    assert compare(models[family], make_padded(40, side)) < TOLERANCE


@pytest.mark.parametrize("family", ["mistral", "gpt_oss"])
def test_hidden_keys_with_enormous_logits_add_nothing(family: str) -> None:
    # Far above what exp can hold in float32, were they not hidden by the window.
    assert compare(make_tiny(family, scale=3.0), make_padded(40, "left")) < TOLERANCE


def test_agreement_would_notice_a_wrong_model(models: dict[str, LoadedModel]) -> None:
    batch = make_padded(40, "none")
    targets = make_targets(batch)
    other = reference.measure(make_tiny("llama", seed=1), batch, targets)
    assert difference(streaming.measure(models["llama"], batch, targets), other) > 100 * TOLERANCE


@pytest.mark.parametrize(
    ("family", "path"),
    [("llama", "streaming_fused"), ("gemma2", "streaming_blocked"), ("gpt_oss", "streaming_blocked")]
    + [(family, "reference") for family in IGNORING],
)
def test_attention_path_names_the_engine(models: dict[str, LoadedModel], family: str, path: str) -> None:
    batch = make_padded(12, "right")
    result = choose.measure(models[family], batch, make_targets(batch))
    assert result.attention_path == path
    assert result.n_captures == 2


def test_window_longer_than_the_prompts_leaves_the_fused_path(models: dict[str, LoadedModel]) -> None:
    batch = make_padded(5, "none")
    assert streaming.measure(models["mistral"], batch, make_targets(batch)).attention_path == "streaming_fused"


def test_sinks_take_part_of_the_mass(models: dict[str, LoadedModel]) -> None:
    batch = make_padded(5, "none")
    result = streaming.measure(models["gpt_oss"], batch, make_targets(batch))
    assert result.attention_path == "streaming_fused"
    assert (result.measurements["all_tokens"].mass < 1).all()
    assert difference(result, reference.measure(models["gpt_oss"], batch, make_targets(batch))) < TOLERANCE


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_keeps_float32_masses(models: dict[str, LoadedModel], dtype: torch.dtype) -> None:
    batch = make_padded(40, "left")
    targets = make_targets(batch)
    half = make_tiny("llama")
    half.model.to(dtype)
    result = streaming.measure(half, batch, targets)
    # The weights are rounded, so the masses move by that much; the sums stay exact because they are float32.
    assert difference(result, streaming.measure(models["llama"], batch, targets)) < 0.1
    assert torch.allclose(result.measurements["all_tokens"].mass, torch.tensor(1.0), atol=1e-3)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("family", THOROUGH)
def test_cuda_equals_full_patterns(family: str, side: Side, dtype: torch.dtype) -> None:
    batch = make_padded(64, side)
    targets = make_targets(batch)
    on_device = make_tiny(family, device="cuda", dtype=dtype)
    expected = reference.measure(on_device, batch, targets)
    tolerance = TOLERANCE if dtype == torch.float32 else 0.05
    assert difference(streaming.measure(on_device, batch, targets), expected) < tolerance
