"""What is measured on a CUDA device is what is measured on the CPU; runs with --gpu."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ingest import liveness
from ingest.decoding import decode
from ingest.engine import choose
from ingest.engine.result import EngineResult
from ingest.loaded_model import LoadedModel
from ingest.measure import LogitTargets
from ingest.prompts.batch import PromptBatch
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from tests.ingest.engine.padded import Side, make_padded, make_targets
from tests.ingest.engine.test_agreement import TOLERANCE, difference
from tests.ingest.engine.test_moments import make_moments
from tests.ingest.tiny_models import CONFIGURATIONS, ENCODERS, HYBRIDS, make_tiny

pytestmark = pytest.mark.gpu

SIDES: tuple[Side, ...] = ("none", "left", "right")
ALL = (*CONFIGURATIONS, *ENCODERS, *HYBRIDS)


def measured(loaded: LoadedModel, batch: PromptBatch) -> EngineResult:
    goal = {"goal": LogitTargets(batch.tokens, batch.is_real)} if loaded.is_causal and has_readout(loaded) else {}
    return choose.measure(loaded, batch, make_targets(batch) | make_moments(batch) | goal, batch_size=2)


def has_readout(loaded: LoadedModel) -> bool:
    return loaded.architecture != "zamba2"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("family", ALL)
def test_device_measures_what_the_cpu_measures(family: str, side: Side) -> None:
    batch = make_padded(40, side)
    here, there = make_tiny(family), make_tiny(family, device="cuda")
    found, expected = measured(there, batch), measured(here, batch)
    found, expected = (drop_ties(each) for each in (found, expected))
    assert difference(found, expected) < TOLERANCE


def drop_ties(result: EngineResult) -> EngineResult:
    """Without rank shares: a near tie may fall either way on another device."""
    return replace(result, measurements={name: each for name, each in result.measurements.items() if name != "goal"})


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2", "bert"])
def test_half_precision_weights_keep_float32_masses(family: str) -> None:
    batch = make_padded(40, "none")
    loaded = make_tiny(family, device="cuda", dtype=torch.bfloat16)
    found = choose.measure(loaded, batch, make_targets(batch)).measurements["all_tokens"]
    assert found.mass.dtype == torch.float32
    # The logits come from the same rounded queries and keys as the kernel's log-sum-exp.
    assert torch.allclose(found.mass, torch.tensor(1.0), atol=2e-2)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gptj", "jamba", "bert"])
def test_heads_are_live_on_the_device(family: str) -> None:
    loaded, batch = make_tiny(family, device="cuda"), make_padded(12, "right")
    assert liveness.check(loaded, batch).is_live
    expected = liveness.head_output_share(make_tiny(family), batch)
    assert torch.allclose(liveness.head_output_share(loaded, batch), expected, rtol=1e-3, equal_nan=True)


def test_decoding_goes_on_as_on_the_cpu() -> None:
    batch = make_padded(9, "none")
    assert decode(make_tiny("llama", device="cuda"), batch, 4).token.equal(decode(make_tiny("llama"), batch, 4).token)


def test_a_whole_scan_on_the_device() -> None:
    chosen, options = select(["v1"]), ScanOptions(n_prompts=6, length=40)
    found, expected = (scan(make_tiny("llama", device=name), chosen, options) for name in ("cuda", "cpu"))
    assert found.provenance["machine"]["device"].startswith("cuda")
    for one, other in zip(found.detectors, expected.detectors, strict=True):
        assert (one.scores is None) == (other.scores is None)
        if one.scores is not None and other.scores is not None:
            assert np.allclose(one.scores.score, other.scores.score, atol=1e-2, equal_nan=True)
