"""Change one head at a time, for all heads of a language model, and measure what became of the logits.

Exact and not naive: the pass starts at the changed layer, several heads go through it at once, and of the last layer
only the asked queries are computed. The work that remains is about half a forward pass for each head.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from catalog.notation import HeadRef
from ingest.architectures.parts import output_projections, rows_by_head
from ingest.engine.memory import with_room
from ingest.engine.slices import slices
from ingest.interventions import last_position
from ingest.interventions.direct_effect import measured_each
from ingest.interventions.edits import is_plain
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.one_at_a_time import by_place, one_at_a_time
from ingest.interventions.reading import calls_of
from ingest.interventions.recording import Recording
from ingest.interventions.replaying import Replay, is_close, replay_of

# Tokens that go through a layer at once. On a CPU fewer leave cores idle, and more leave the caches, where half of the
# time of a layer's activation function is decided; a GPU wants to be filled.
_TOKENS_AT_A_TIME = {"cpu": 384, "cuda": 32768}

# Tokens that come out of the last layer when each stands for one head at one query of one prompt.
_ROWS_AT_A_TIME = {"cpu": 1024, "cuda": 65536}

_ALL = slice(None)

Changed = Mapping[int, Float[Tensor, "batch pos head d_head"]]
"""z of the heads of each layer with heads after the change, by the layer's number among all layers."""


@dataclass(frozen=True)
class EachHead:
    """The measure with one head changed, for every head."""

    values: Float[Tensor, "layer head *measured"]
    """Counts layers that have heads."""
    is_replayed: bool
    """Whether passes started at the changed layer; where a family cannot be entered there, every one was a full one."""


def each_head(
    recording: Recording,
    measure: LogitMeasure,
    changed: Changed,
    *,
    heads: Collection[HeadRef] | None = None,
    prompts: slice = _ALL,
) -> EachHead:
    """Change each head of a recorded run by itself.

    Args:
        recording: The run.
        measure: What is read off the logits; its queries are those of the recording.
        changed: One head at a time takes its z from here, at all positions.
        heads: Heads to change, all where none are named; NaN stands for the others.
        prompts: Prompts in which they are changed; the others stay as they were.

    Raises:
        IngestError: Not even one prompt fits into memory.
        UnsupportedAttentionError: A layer with heads was not reached.
    """
    replay = replay_of(recording)
    if replay is None or not replay.repeats_the_run():
        whole = {layer: z.clone() for layer, z in recording.z.items()}
        for layer, z in changed.items():
            whole[layer][prompts] = z[prompts]
        return EachHead(one_at_a_time(recording.run, measure, whole, heads), is_replayed=False)
    loaded = recording.run.loaded
    n_pos = recording.is_asked.shape[1]
    n_rows = max(1, _TOKENS_AT_A_TIME.get(loaded.device.type, 32768) // n_pos)
    found: dict[HeadRef, Tensor] = {}
    for layer in loaded.attention_layers:
        own = [head for head in range(loaded.n_heads) if heads is None or HeadRef(layer, head) in heads]
        if not own:
            continue
        compute = _of_layer(replay, layer, changed[layer], own, prompts)
        normed, n_rows = with_room(compute, n_rows, loaded.device, what=f"A single prompt of {n_pos} tokens")
        found |= zip((HeadRef(layer, head) for head in own), measured_each(loaded, normed, measure), strict=True)
    return EachHead(by_place(loaded, found), is_replayed=True)


def each_head_at_asked(recording: Recording, measure: LogitMeasure, changed: Changed) -> EachHead:
    """Change each head of a recorded run by itself, at the asked queries alone.

    Where every prompt asks one query, all heads go through the model in one pass of a token for each; otherwise the
    same numbers come from whole passes.

    Args:
        recording: The run.
        measure: What is read off the logits; its queries are those of the recording.
        changed: One head at a time takes its z at the asked queries from here.

    Raises:
        IngestError: Not even one prompt fits into memory.
        UnsupportedAttentionError: A layer with heads was not reached.
    """
    loaded = recording.run.loaded
    if is_plain(loaded) and last_position.is_possible(recording):
        n_variants = 1 + loaded.n_layers * loaded.n_heads
        n_prompts = max(1, _ROWS_AT_A_TIME.get(loaded.device.type, 32768) // n_variants)
        normed, _ = with_room(
            _at_asked(recording, changed), n_prompts, loaded.device, what="One token of a single prompt for each head"
        )
        if is_close(normed[0], recording.normed):
            values = measured_each(loaded, normed[1:], measure)
            return EachHead(torch.unflatten(values, 0, (loaded.n_layers, loaded.n_heads)), is_replayed=True)
    is_asked = recording.is_asked[:, :, None, None].to(loaded.device)
    only = {layer: z.where(is_asked, recording.z[layer]) for layer, z in changed.items()}
    return each_head(recording, measure, only)


def _at_asked(recording: Recording, changed: Changed) -> Callable[[int], Float[Tensor, "variant batch d_model"]]:
    """Told how many prompts to take at a time: what the final norm gives intact, and with each head changed."""

    def compute(n_prompts: int) -> Float[Tensor, "variant batch d_model"]:
        parts = []
        for rows in slices(len(recording.is_asked), n_prompts):
            part = recording.part(rows)
            own = {layer: z[rows] for layer, z in changed.items()}
            parts.append(last_position.normed_at_asked(part, calls_of(part.run), own))
        return torch.cat(parts, dim=1)

    return compute


def _of_layer(
    replay: Replay, layer: int, changed: Tensor, heads: list[int], prompts: slice
) -> Callable[[int], Float[Tensor, "head query d_model"]]:
    """Told how many rows to take at a time: what the final norm gives with each head of a layer changed."""
    recording = replay.recording
    loaded = recording.run.loaded
    projection = output_projections(loaded)[loaded.attention_layers.index(layer)]
    whole = recording.attention_out[layer]
    moved = (changed - recording.z[layer])[:, :, heads]
    W_O = rows_by_head(projection, loaded.n_heads)[heads].to(moved)
    chosen = range(len(whole))[prompts]
    asked_before = recording.is_asked.sum(dim=1).cumsum(dim=0) - recording.is_asked.sum(dim=1)

    def compute(n_rows: int) -> Float[Tensor, "head query d_model"]:
        n_prompts = min(n_rows, len(chosen))
        found = recording.normed.repeat(len(heads), 1, 1)
        for part in slices(len(chosen), n_prompts):
            rows = slice(chosen[part].start, chosen[part].stop)
            start = int(asked_before[rows.start])
            for some in slices(len(heads), max(1, n_rows // n_prompts)):
                added = torch.einsum("bphd,hdm->hbpm", moved[rows, :, some], W_O[some])
                normed = replay.normed(layer, whole[rows] + added, rows)
                found[some, start : start + normed.shape[1]] = normed
        return found

    return compute
