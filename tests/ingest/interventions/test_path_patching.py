"""Paths from head to logits and to later heads, against runs in which everything else is frozen by hand."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from catalog.notation import HeadRef
from ingest.architectures.parts import layers, output_projections
from ingest.engine.forward import forward
from ingest.errors import UnsupportedAttentionError
from ingest.interventions.direct_effect import direct_values, direct_values_through_mlps
from ingest.interventions.path_patching import Into, Mlps, Receivers, path_values, path_values_of
from ingest.interventions.recording import Recording, Run, record
from ingest.interventions.task_measure import task_measure
from ingest.loaded_model import LoadedModel
from tests.ingest.interventions.random_task import make_task, make_task_batch
from tests.ingest.tiny_models import make_tiny

BATCH = make_task_batch()
MEASURE = task_measure(make_task(), BATCH)
HAND_WRITTEN = ("gpt2", "llama", "gemma2", "gpt_neox")


def recorded(family: str) -> tuple[Recording, Recording]:
    """A language model of three layers, on the prompts and on their counterparts."""
    depth: dict[str, Any] = {"n_layer": 3} if family == "gpt2" else {"num_hidden_layers": 3}
    if family == "gemma2":
        depth["layer_types"] = ["sliding_attention", "full_attention", "sliding_attention"]
    loaded = make_tiny(family, **depth)
    clean = Run(loaded, BATCH.tokens, BATCH.is_real)
    return record(clean, MEASURE.is_asked), record(Run(loaded, BATCH.corrupted, BATCH.is_real), MEASURE.is_asked)


def hook_before(modules: list[nn.Module], change: Callable[[int, Tensor], Tensor]) -> ExitStack:
    """What goes into each module, W_O for one, is changed."""
    stack = ExitStack()
    for index, module in enumerate(modules):

        def hook(_: nn.Module, given: tuple[Tensor, ...], index: int = index) -> tuple[Tensor, ...]:
            return (change(index, given[0]), *given[1:])

        stack.callback(module.register_forward_pre_hook(hook).remove)
    return stack


@contextmanager
def frozen_mlps(loaded: LoadedModel, tokens: Tensor) -> Iterator[None]:
    """Every MLP gives what it gave on the prompts."""
    mlps = [layer.mlp for layer in layers(loaded)]
    given: list[Tensor] = []
    with ExitStack() as stack:
        for mlp in mlps:
            stack.callback(mlp.register_forward_hook(lambda _, __, output: given.append(output)).remove)
        run(loaded, tokens)
    with ExitStack() as stack:
        for mlp, output in zip(mlps, given, strict=True):
            stack.callback(mlp.register_forward_hook(lambda _, __, ___, output=output: output).remove)
        yield


def run(loaded: LoadedModel, tokens: Tensor) -> Tensor:
    with torch.no_grad():
        return forward(loaded, tokens, BATCH.is_real, with_logits=True).logits


def measured(logits: Tensor) -> Tensor:
    return MEASURE.value(logits[MEASURE.is_asked][:, MEASURE.token_ids])


def with_one_changed(clean: Recording, other: Recording, head: HeadRef) -> Callable[[int, Tensor], Tensor]:
    """z of every head as in the run, apart from one that is as in the other."""

    def change(layer: int, z: Tensor) -> Tensor:
        frozen = clean.z[layer].clone()
        if layer == head.layer:
            frozen[:, :, head.head] = other.z[layer][:, :, head.head]
        return frozen.reshape(z.shape)

    return change


@pytest.mark.parametrize("mlps", ["frozen", "recomputed"])
@pytest.mark.parametrize("family", HAND_WRITTEN)
def test_direct_effects_are_those_of_a_run_with_all_else_frozen(family: str, mlps: str) -> None:
    clean, other = recorded(family)
    loaded = clean.run.loaded
    values = (direct_values if mlps == "frozen" else direct_values_through_mlps)(clean, other.z, MEASURE)
    for head in (HeadRef(0, 1), HeadRef(1, 2), HeadRef(2, 0)):
        with ExitStack() as stack:
            if mlps == "frozen":
                stack.enter_context(frozen_mlps(loaded, BATCH.tokens))
            stack.enter_context(hook_before(output_projections(loaded), with_one_changed(clean, other, head)))
            expected = measured(run(loaded, BATCH.tokens))
        assert torch.allclose(values[head.layer, head.head], expected, atol=1e-4)


def told_by_hand(clean: Recording, other: Recording, sender: HeadRef, projection: nn.Module, mlps: str) -> Tensor:
    """What a projection makes of a run in which nothing but the sender moves."""
    loaded = clean.run.loaded
    seen: list[Tensor] = []
    with ExitStack() as stack:
        if mlps == "frozen":
            stack.enter_context(frozen_mlps(loaded, BATCH.tokens))
        stack.enter_context(hook_before(output_projections(loaded), with_one_changed(clean, other, sender)))
        stack.callback(projection.register_forward_hook(lambda _, __, output: seen.append(output)).remove)
        run(loaded, BATCH.tokens)
    return seen[0]


@pytest.mark.parametrize("mlps", ["frozen", "recomputed"])
@pytest.mark.parametrize("into", ["query", "key", "value"])
@pytest.mark.parametrize("family", ["llama", "gemma2", "olmo2"])
def test_receivers_take_what_they_are_told_and_all_behind_them_follows(family: str, into: Into, mlps: Mlps) -> None:
    clean, other = recorded(family)
    loaded = clean.run.loaded
    sender, receiver = HeadRef(0, 2), HeadRef(1, 3)
    projection = layers(loaded)[1].self_attn.get_submodule(f"{into[0]}_proj")
    told = told_by_hand(clean, other, sender, projection, mlps)
    # Of four query heads the last one reads the second of two key-value heads.
    own = slice(3 * 8, 4 * 8) if into == "query" else slice(8, 16)

    def replace(_: nn.Module, __: Any, output: Tensor) -> Tensor:
        output = output.clone()
        output[..., own] = told[..., own]
        return output

    handle = projection.register_forward_hook(replace)
    expected = measured(run(loaded, BATCH.tokens))
    handle.remove()
    values = path_values(clean, other.z, Receivers([receiver], into, mlps), MEASURE)
    intact = measured(run(loaded, BATCH.tokens))
    # OLMo 2 normalises queries and keys of all heads together, so that one head's cannot be told apart behind it.
    if family != "olmo2" or into == "value":
        assert torch.allclose(values[0, 2], expected, atol=1e-4)
    assert not torch.allclose(values[0, 2], intact, atol=1e-4)
    # What comes with the receivers or behind them has nothing to tell them.
    assert torch.allclose(values[1:], intact.expand(2, 4, *intact.shape), atol=1e-4)


def test_senders_may_be_changed_together() -> None:
    clean, other = recorded("gemma2")
    receivers = Receivers([HeadRef(2, 0), HeadRef(2, 3)], "value")
    alone = path_values(clean, other.z, receivers, MEASURE)
    groups = [[HeadRef(0, 2)], [HeadRef(0, 2), HeadRef(0, 3), HeadRef(1, 1)]]
    found = path_values_of(clean, other.z, groups, receivers, MEASURE)
    assert torch.allclose(found[0], alone[0, 2], atol=1e-5)
    assert not torch.allclose(found[1], found[0], atol=1e-4)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gemma2"])
def test_receivers_that_are_told_nothing_new_leave_the_run_as_it_was(family: str) -> None:
    clean, _ = recorded(family)
    receivers = Receivers([HeadRef(2, 0)], "query")
    values = path_values(clean, clean.z, receivers, MEASURE)
    assert torch.allclose(values, measured(run(clean.run.loaded, BATCH.tokens)).expand_as(values), atol=1e-4)


def test_families_that_hide_their_attention_are_refused_by_name() -> None:
    loaded = make_tiny("gptj")
    clean = record(Run(loaded, BATCH.tokens, BATCH.is_real), MEASURE.is_asked)
    with pytest.raises(UnsupportedAttentionError, match="gptj"):
        path_values(clean, clean.z, Receivers([HeadRef(1, 0)], "query"), MEASURE)
