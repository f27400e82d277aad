"""Effects of heads whose part is known: what writes helps, what writes nothing does nothing, what suppresses hurts."""

from functools import cache

import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind
from ingest.interventions.ablation import MeanOver
from ingest.interventions.all_heads import Ablations, ablate_all_heads
from ingest.interventions.logit_measure import LogitMeasure
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import DEFAULT_PLAN, TEXT_PLAN, Plan
from ingest.planted.planted_model import PlantedModel
from ingest.prompts.batch import PromptBatch, Vocabulary
from ingest.prompts.repeated_random_tokens import repeated_random_tokens

_PLANS: dict[str, Plan] = {"default": DEFAULT_PLAN, "text": TEXT_PLAN}


def lead_of_the_copy(batch: PromptBatch) -> LogitMeasure:
    """Logit of the token that followed the first copy, above the mean of all logits; where the second is followed."""
    tokens = batch.tokens
    is_copy = (tokens[:, :, None] == tokens[:, None, :]).tril(-1) & batch.is_real[:, None]
    is_asked = is_copy.any(dim=2) & batch.is_real & ~batch.is_bos
    is_asked[:, -1] = False
    followed = (is_copy.long().argmax(dim=2) + 1).clamp(max=tokens.shape[1] - 1)
    prompt = torch.arange(len(tokens))[:, None].expand_as(tokens)[is_asked]
    target = tokens.gather(1, followed)[is_asked]

    def value(logits: Float[Tensor, "query token"]) -> Float[Tensor, " batch"]:
        lead = logits.gather(1, target[:, None])[:, 0] - logits.mean(dim=1)
        n_asked = is_asked.sum(dim=1)
        return torch.zeros(len(tokens)).index_add_(0, prompt, lead) / n_asked

    return LogitMeasure(is_asked, value)


@cache
def ablated(scheme: str, plan: str, kind: AblationKind) -> tuple[PlantedModel, Ablations]:
    planted = build_planted(scheme, plan=_PLANS[plan])
    loaded = wrap_language_model(planted.model, None, hub_id="planted", revision="sha256:0", weights_sha256="0" * 64)
    vocabulary = Vocabulary(loaded.d_vocab, loaded.bos_id, loaded.special_ids)
    batch = repeated_random_tokens.make(vocabulary, 6, 40, 0)
    return planted, ablate_all_heads(loaded, batch, lead_of_the_copy(batch), kind, mean_over=MeanOver.ALL)


def effect_of(found: tuple[PlantedModel, Ablations], kind: str) -> list[tuple[HeadRef, float]]:
    planted, ablations = found
    share = ablations.effect.mean(dim=-1) / ablations.intact.mean()
    return [(head, float(share[head.layer, head.head])) for head, each in planted.kinds.items() if each.name == kind]


every_model = pytest.mark.parametrize(
    ("scheme", "kind"), [(scheme, kind) for scheme in ("gpt2", "llama") for kind in AblationKind]
)


@every_model
def test_the_induction_head_that_writes_carries_the_copy(scheme: str, kind: AblationKind) -> None:
    assert all(effect > 0.5 for _, effect in effect_of(ablated(scheme, "default", kind), "induction"))


@every_model
def test_the_silent_induction_head_does_nothing(scheme: str, kind: AblationKind) -> None:
    assert all(abs(effect) < 0.02 for _, effect in effect_of(ablated(scheme, "default", kind), "silent_induction"))


@every_model
def test_the_head_that_lets_induction_find_its_key_carries_it_too(scheme: str, kind: AblationKind) -> None:
    # Without the previous token's code in the keys, induction finds nothing.
    assert all(effect > 0.5 for _, effect in effect_of(ablated(scheme, "default", kind), "previous_token"))


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_the_anti_induction_head_works_against_the_copy(scheme: str) -> None:
    planted, ablations = ablated(scheme, "text", AblationKind.MEAN)
    (head,) = planted.of_type("anti_induction")
    # Nothing else predicts the copy there, so that the intact lead is what this head makes it: below zero.
    assert float(ablations.intact.mean()) < 0
    assert float(ablations.effect.mean(dim=-1)[head.layer, head.head]) < 0
