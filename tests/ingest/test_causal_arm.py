"""What ablating planted heads does to the continuation of copies, against what their weights say on paper."""

from functools import cache

import numpy as np
import pytest
import torch

from ingest.behaviour import NO_TOKEN, contrast_measure
from ingest.causal_arm import CausalArm, ablate_for, make_arm
from ingest.errors import NoTargetError
from ingest.loaded_model import LoadedModel
from ingest.loading import wrap_language_model
from ingest.metrics.copy_continuation import after_latest_copy, copy_continuation
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import Plan
from ingest.planted.planted_model import PlantedModel
from ingest.planted.tokenizer import planted_tokenizer
from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.prompts.repeated_random_tokens import repeated_random_tokens
from ingest.scan import vocabulary_of
from tests.ingest.tiny_models import make_tiny

# Both write what they find where the unembedding reads, the second −0.3 times as much: 0.7 together.
PLAN: Plan = (
    ("previous_token", "duplicate_token", "attention_sink", "uniform"),
    ("induction", "silent_induction", "anti_induction", "positional"),
)


def load(planted: PlantedModel) -> LoadedModel:
    return wrap_language_model(
        planted.model, planted_tokenizer(), hub_id="planted", revision="sha256:0", weights_sha256="0" * 64
    )


def arm_of(loaded: LoadedModel, n_prompts: int = 8, sign: int = 1) -> CausalArm:
    behaviour = copy_continuation if sign == 1 else copy_continuation.opposed()
    batch = behaviour.prompts.make(vocabulary_of(loaded), n_prompts, 41, 0)
    return make_arm(ablate_for(loaded, behaviour, batch, seed=0, batch_size=8), behaviour, seed=0)


@cache
def planted_arm(scheme: str, sign: int = 1) -> tuple[PlantedModel, CausalArm]:
    planted = build_planted(scheme, seed=0, plan=PLAN)  # type: ignore[arg-type]
    return planted, arm_of(load(planted), sign=sign)


every_scheme = pytest.mark.parametrize("scheme", ["gpt2", "llama"])


@every_scheme
@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # Without the head nothing, or −0.3, or what they had together is left of 0.7: 1 / 0.7, −0.3 / 0.7, 0.
        ("induction", 1.43),
        ("anti_induction", -0.43),
        ("silent_induction", 0.0),
        # It writes into the keys of both.
        ("previous_token", 1.0),
        ("attention_sink", 0.0),
    ],
)
def test_planted_heads_have_the_effect_of_their_weights(scheme: str, kind: str, expected: float) -> None:
    planted, arm = planted_arm(scheme)
    (head,) = (head for head, each in planted.kinds.items() if each.name == kind)
    assert arm.effect is not None
    assert arm.resample is not None
    assert arm.effect[head.layer, head.head] == pytest.approx(expected, abs=0.02)
    assert arm.resample.effect[head.layer, head.head] == pytest.approx(expected, abs=0.05)


def test_a_type_that_works_against_the_behaviour_has_its_statistics_turned_round() -> None:
    planted, served = planted_arm("llama")
    _, opposed = planted_arm("llama", -1)
    (head,) = planted.of_type("anti_induction")
    assert opposed.mean is not None
    assert served.mean is not None
    assert opposed.mean.low[head.layer, head.head] > 0.4
    assert opposed.mean.p[head.layer, head.head] == opposed.mean.smallest_p < served.mean.p[head.layer, head.head]
    # What is shown as effect keeps its sign.
    assert opposed.effect is not None
    assert opposed.effect == pytest.approx(served.effect)


def test_a_language_model_that_learned_nothing_has_no_effects_and_says_why() -> None:
    with pytest.raises(NoTargetError, match=r"does not show the behaviour \(copy continuation\).* 0.1 is needed"):
        arm_of(make_tiny("llama", initializer_range=1e-4))


def test_the_measure_is_the_logit_of_what_followed_above_the_mean_of_other_repeated_tokens() -> None:
    tokens = torch.tensor([[9, 1, 2, 3, 1, 2, 3], [9, 4, 5, 6, 4, 5, 6]])
    batch = PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos=True)
    contrast = after_latest_copy(batch)
    # Queries at the second 1, 2 and 3; after the first 3 came 1.
    assert contrast.is_asked[0].tolist() == [False] * 4 + [True] * 3
    assert contrast.right[0, 4:].tolist() == [2, 3, 1]
    assert sorted(contrast.others[0].tolist()) == [1, 2, 3]
    assert set(contrast.control[0].tolist()) <= {4, 5, 6}
    measure = contrast_measure(contrast)
    logits = torch.zeros(6, 10)
    logits[0, 2], logits[1, 3], logits[1, 1] = 3.0, 6.0, 2.0
    logits[:3, contrast.control[0, 0]] = 1.0
    assert measure.token_ids is not None
    # (3 − 0) + (6 − 1) + 0 over three queries; the control's difference is 1 at each.
    behaviour, control = measure.value(logits[:, measure.token_ids])
    assert behaviour.tolist() == pytest.approx([8 / 3, 0])
    assert control[0].item() == pytest.approx(1.0)


def test_no_token_fills_up_prompts_that_repeat_less() -> None:
    batch = repeated_random_tokens.make(Vocabulary(60, None, frozenset()), 4, 30, 0)
    contrast = after_latest_copy(batch)
    lengths = (contrast.others != NO_TOKEN).sum(dim=1)
    assert len(lengths.unique()) > 1
    value = contrast_measure(contrast).value
    n_tokens = len(contrast_measure(contrast).token_ids)  # type: ignore[arg-type]
    assert value(torch.zeros(int(contrast.is_asked.sum()), n_tokens)).tolist() == np.zeros((2, 4)).tolist()


def test_prompts_that_share_all_tokens_have_no_control() -> None:
    tokens = torch.tensor([[1, 2, 3, 1, 2, 3]] * 2)
    with pytest.raises(NoTargetError, match="off-task control"):
        after_latest_copy(PromptBatch(tokens, torch.ones_like(tokens, dtype=torch.bool), has_bos=False))
