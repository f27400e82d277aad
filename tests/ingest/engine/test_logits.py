import pytest
import torch
from torch import Tensor

from ingest.architectures.parts import W_O, norms_after_attention
from ingest.engine import logits as engine
from ingest.engine.choose import measure
from ingest.engine.forward import forward
from ingest.errors import DetectorDefinitionError, UnsupportedArchitectureError
from ingest.loaded_model import LoadedModel
from ingest.measure import LogitTargets, RelationalTargets, previous_positions
from ingest.prompts.batch import PromptBatch
from tests.ingest.masks import as_batch
from tests.ingest.tiny_models import CONFIGURATIONS, make_tiny

TOKENS = torch.randint(2, 97, (3, 9), generator=torch.Generator().manual_seed(0))
GOALS = torch.randint(2, 97, (3, 9), generator=torch.Generator().manual_seed(1))


def counted(batch: PromptBatch) -> Tensor:
    is_counted = batch.is_real.clone()
    is_counted[:, 0] = False
    return is_counted


def contributions(loaded: LoadedModel, tokens: Tensor, layer: int, head: int) -> Tensor:
    """Logits of a head by brute force: z of this head alone through W_O, the frozen norms and W_U; [batch, pos, v]."""
    seen: dict[str, Tensor] = {}
    model = loaded.model.base_model
    final = model.get_submodule({"gpt2": "ln_f", "gpt_neox": "final_layer_norm"}.get(loaded.architecture, "norm"))
    after = norms_after_attention(loaded)[layer]
    hooks = [
        engine.output_projections(loaded)[layer].register_forward_pre_hook(lambda _, a: seen.update(z=a[0])),
        final.register_forward_pre_hook(lambda _, a: seen.update(resid=a[0])),
    ]
    if after is not None:
        hooks.append(after.register_forward_pre_hook(lambda _, a: seen.update(written=a[0])))
    with torch.no_grad():
        forward(loaded, tokens, torch.ones_like(tokens, dtype=torch.bool))
        z = seen["z"].reshape(*tokens.shape, loaded.n_heads, -1)[:, :, head]
        written = z @ W_O(loaded)[layer][head]
        # A frozen norm is linear: what it does to a vector is the difference that a small step makes, at a fixed scale.
        if after is not None:
            written = frozen(after, seen["written"], written)
        return frozen(final, seen["resid"], written) @ loaded.model.get_output_embeddings().weight.T


def frozen(norm: torch.nn.Module, at: Tensor, vector: Tensor) -> Tensor:
    is_centred = isinstance(norm, torch.nn.LayerNorm)
    centred = at - at.mean(dim=-1, keepdim=True) if is_centred else at
    scale = centred.pow(2).mean(dim=-1, keepdim=True).sqrt()
    gain = norm.weight + 1 if type(norm).__name__.startswith("Gemma") else norm.weight
    vector = vector - vector.mean(dim=-1, keepdim=True) if is_centred else vector
    return vector / scale * gain


@pytest.mark.parametrize("family", ["gpt2", "gpt_neox", "llama", "gemma2", "olmo2", "mixtral"])
def test_rank_shares_are_those_of_the_heads_own_logits(family: str) -> None:
    loaded = make_tiny(family)
    batch = as_batch(TOKENS)
    target = LogitTargets(GOALS, counted(batch))
    found = measure(loaded, batch, {"goal": target}, batch_size=2).measurements["goal"]
    for layer, head in ((0, 0), (1, 3)):
        logits = contributions(loaded, TOKENS, layer, head)
        goal = logits.gather(2, GOALS[..., None])
        share = (logits < goal).float().sum(dim=-1) / 96
        # The vocabulary of 97 is ranked whole; a near tie may fall either way, which is 1 / 96 of one of 8 queries.
        assert found.mass[layer, head].tolist() == pytest.approx(share[:, 1:].mean(dim=1).tolist(), abs=2 / (96 * 8))
    assert found.n_counted.tolist() == [8, 8, 8]
    assert found.chance.tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("family", CONFIGURATIONS)
def test_every_family_is_read_beside_its_attention(family: str) -> None:
    loaded, batch = make_tiny(family), as_batch(TOKENS)
    attended = RelationalTargets(previous_positions(9, offset=1).expand(3, 9).unsqueeze(-1))
    both = {"goal": LogitTargets(GOALS, counted(batch)), "previous": attended}
    found = measure(loaded, batch, both, batch_size=2).measurements
    alone = measure(loaded, batch, {"previous": attended}, batch_size=2).measurements
    assert torch.equal(found["previous"].mass, alone["previous"].mass)
    assert ((found["goal"].mass >= 0) & (found["goal"].mass <= 1)).all()
    assert found["goal"].mass.std() > 0


def test_a_turned_sign_turns_the_share_and_a_silent_head_has_one_half() -> None:
    loaded, batch = make_tiny("llama"), as_batch(TOKENS)
    with torch.no_grad():
        engine.output_projections(loaded)[0].weight[:, :8] = 0  # head 0 writes nothing
    both = {str(sign): LogitTargets(GOALS, counted(batch), sign) for sign in (1, -1)}
    found = measure(loaded, batch, both).measurements
    assert torch.allclose(found["1"].mass + found["-1"].mass, torch.ones(2, 4, 3), atol=1e-6)
    assert found["1"].mass[0, 0].tolist() == [0.5, 0.5, 0.5]


def test_over_all_tokens_of_the_vocabulary_the_mean_is_chance() -> None:
    loaded, batch = make_tiny("gpt2"), as_batch(TOKENS[:1, :4])
    last = torch.tensor([[False, False, False, True]])
    every = {str(v): LogitTargets(torch.full((1, 4), v), last) for v in range(97)}
    found = measure(loaded, batch, every).measurements
    mean = torch.stack([each.mass for each in found.values()]).mean(dim=0)
    assert torch.allclose(mean, torch.full((2, 4, 1), 0.5), atol=1e-3)


def test_padding_changes_no_share() -> None:
    loaded, batch = make_tiny("gpt_neox"), as_batch(TOKENS)
    padded = PromptBatch(
        torch.nn.functional.pad(TOKENS, (4, 0), value=5),
        torch.nn.functional.pad(batch.is_real, (4, 0), value=False),
        has_bos=True,
    )
    plain = measure(loaded, batch, {"goal": LogitTargets(GOALS, counted(batch))}).measurements["goal"]
    shifted = LogitTargets(
        torch.nn.functional.pad(GOALS, (4, 0)), torch.nn.functional.pad(counted(batch), (4, 0), value=False)
    )
    moved = measure(loaded, padded, {"goal": shifted}).measurements["goal"]
    assert torch.allclose(moved.mass, plain.mass, atol=2 / (96 * 8))


def test_of_many_queries_the_same_few_are_asked_for_each_target() -> None:
    is_counted = torch.ones(2, 60, dtype=torch.bool)
    is_counted[0, :50] = False
    goals = torch.zeros(2, 60, dtype=torch.long)
    asked = engine.asked_queries({"a": LogitTargets(goals, is_counted), "b": LogitTargets(goals + 1, is_counted)})
    assert torch.equal(asked["a"], asked["b"])
    assert asked["a"].sum(dim=1).tolist() == [10, engine.MAX_QUERIES]
    assert not (asked["a"] & ~is_counted).any()


@pytest.mark.parametrize(
    ("token", "is_counted", "message"),
    [(97, True, "outside the vocabulary of 97"), (5, False, "a query on padding counts")],
)
def test_targets_that_do_not_fit_are_refused(token: int, is_counted: bool, message: str) -> None:
    loaded, batch = make_tiny("gpt2"), as_batch(TOKENS)
    is_real = batch.is_real.clone()
    is_real[0, -1] = is_counted
    unfit = LogitTargets(torch.full_like(TOKENS, token), torch.ones_like(is_real))
    with pytest.raises(DetectorDefinitionError, match=message):
        measure(loaded, PromptBatch(TOKENS, is_real, has_bos=True), {"goal": unfit})


def test_an_unembedding_of_another_width_is_refused() -> None:
    loaded = make_tiny("opt", word_embed_proj_dim=16)
    with pytest.raises(UnsupportedArchitectureError, match="does not read the residual stream of width 32"):
        measure(loaded, as_batch(TOKENS), {"goal": LogitTargets(GOALS, torch.ones_like(GOALS, dtype=torch.bool))})
