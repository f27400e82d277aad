"""Change one head at a time, for all heads of a language model, and measure what became of the logits.

Exact and not naive: the pass starts at the changed layer, several heads go through it at once, and of the last layer
only the asked queries are computed. The work that remains is about half a forward pass for each head.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ingest.architectures.parts import output_projections, rows_by_head
from ingest.engine.memory import with_room
from ingest.engine.slices import slices
from ingest.interventions import last_position
from ingest.interventions.direct_effect import measured_each
from ingest.interventions.edits import is_plain
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.one_at_a_time import one_at_a_time
from ingest.interventions.reading import calls_of
from ingest.interventions.recording import Recording
from ingest.interventions.replaying import Replay, is_close, replay_of

# Tokens that go through a layer at once. On a CPU fewer leave cores idle, and more leave the caches, where half of the
# time of a layer's activation function is decided; a GPU wants to be filled.
_TOKENS_AT_A_TIME = {"cpu": 384, "cuda": 32768}

# Tokens that come out of the last layer when each stands for one head at one query of one prompt.
_ROWS_AT_A_TIME = {"cpu": 1024, "cuda": 65536}

Changed = Mapping[int, Float[Tensor, "batch pos head d_head"]]
"""z of the heads of each layer with heads after the change, by the layer's number among all layers."""


@dataclass(frozen=True)
class EachHead:
    """The measure with one head changed, for every head."""

    values: Float[Tensor, "layer head *measured"]
    """Counts layers that have heads."""
    is_replayed: bool
    """Whether passes started at the changed layer; where a family cannot be entered there, every one was a full one."""


def each_head(recording: Recording, measure: LogitMeasure, changed: Changed) -> EachHead:
    """Change each head of a recorded run by itself.

    Args:
        recording: The run.
        measure: What is read off the logits; its queries are those of the recording.
        changed: One head at a time takes its z from here, at all positions.

    Raises:
        IngestError: Not even one prompt fits into memory.
        UnsupportedAttentionError: A layer with heads was not reached.
    """
    replay = replay_of(recording)
    if replay is None or not replay.repeats_the_run():
        return EachHead(one_at_a_time(recording.run, measure, changed), is_replayed=False)
    loaded = recording.run.loaded
    n_pos = recording.is_asked.shape[1]
    n_rows = max(1, _TOKENS_AT_A_TIME.get(loaded.device.type, 32768) // n_pos)
    found = []
    for layer in loaded.attention_layers:
        normed, n_rows = with_room(
            _of_layer(replay, layer, changed[layer]), n_rows, loaded.device, what=f"A single prompt of {n_pos} tokens"
        )
        found.append(measured_each(loaded, normed, measure))
    return EachHead(torch.stack(found), is_replayed=True)


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


def _of_layer(replay: Replay, layer: int, changed: Tensor) -> Callable[[int], Float[Tensor, "head query d_model"]]:
    """Told how many rows to take at a time: what the final norm gives with each head of a layer changed."""
    recording = replay.recording
    loaded = recording.run.loaded
    projection = output_projections(loaded)[loaded.attention_layers.index(layer)]
    whole, moved = recording.attention_out[layer], changed - recording.z[layer]
    W_O = rows_by_head(projection, loaded.n_heads).to(moved)

    def compute(n_rows: int) -> Float[Tensor, "head query d_model"]:
        n_prompts = min(n_rows, len(whole))
        parts = []
        for rows in slices(len(whole), n_prompts):
            of_heads = []
            for heads in slices(loaded.n_heads, max(1, n_rows // n_prompts)):
                added = torch.einsum("bphd,hdm->hbpm", moved[rows, :, heads], W_O[heads])
                of_heads.append(replay.normed(layer, whole[rows] + added, rows))
            parts.append(torch.cat(of_heads))
        return torch.cat(parts, dim=1)

    return compute
