"""What heads write on real inputs, as ranks of tokens: the direct contribution of z @ W_O to the logits.

Scales do not change an order, so the final norm's scale at each query drops out and is not even captured
(`architectures/readout.py`). Two samples, both fixed by a seed, keep the cost near that of a forward pass: at most
MAX_QUERIES counted queries of each prompt, and N_RANKED tokens of the vocabulary, among which the target is ranked. A
rank share is therefore exact to about sqrt(1 / (4 * N_RANKED)) = 0.011 where the vocabulary is larger than that.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from ingest.architectures.parts import output_projections
from ingest.architectures.readout import Readout
from ingest.engine.slices import slices
from ingest.errors import DetectorDefinitionError
from ingest.loaded_model import LoadedModel
from ingest.measure import LogitTargets, Measurement
from ingest.prompts.batch import PromptBatch

MAX_QUERIES = 16
"""Counted queries of a prompt that are looked at."""
N_RANKED = 2048
"""Tokens of the vocabulary among which a target is ranked."""
CHANCE = 0.5
# Queries whose logits are held at once.
_CHUNK = 64


class HeadOutputs:
    """z of every head at chosen queries, collected during whatever forward passes read the batch in order."""

    def __init__(self, loaded: LoadedModel, is_asked: Bool[Tensor, "batch pos"]) -> None:
        self._loaded = loaded
        self._n_layers = len(loaded.attention_layers)
        self._is_asked = is_asked
        self._found: list[list[Tensor]] = []
        self._n_read: list[int] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Collect while this is open; what was collected before is forgotten."""
        self._found = [[] for _ in range(self._n_layers)]
        self._n_read = [0] * self._n_layers
        with ExitStack() as stack:
            for layer, projection in enumerate(output_projections(self._loaded)):
                stack.callback(projection.register_forward_pre_hook(self._see_z(layer)).remove)
            yield

    def of_layer(self, layer: int) -> Float[Tensor, "query head d_head"]:
        """The queries in the order of the mask; counts layers that have heads."""
        return torch.cat(self._found[layer])

    def _see_z(self, layer: int) -> Any:
        def hook(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            n_pos = self._is_asked.shape[1]
            z = arguments[0].reshape(-1, n_pos, self._loaded.n_heads, self._loaded.d_head)
            start = self._n_read[layer]
            self._n_read[layer] = start + len(z)
            asked = self._is_asked[start : start + len(z)].to(z.device)
            self._found[layer].append(z[asked].float().cpu())

        return hook


def asked_queries(targets: Mapping[str, LogitTargets]) -> dict[str, Bool[Tensor, "batch pos"]]:
    """Counted queries that are looked at: at most MAX_QUERIES of each prompt, drawn with a fixed seed.

    Every target set draws in the same order, so that targets and null model with the same queries keep the same ones.
    """
    found = {}
    for name, target in targets.items():
        n_prompts, n_pos = target.is_counted.shape
        draw = torch.rand(1, n_pos, generator=torch.Generator().manual_seed(0)).expand(n_prompts, -1)
        order = draw.masked_fill(~target.is_counted, 2.0).argsort(dim=1)
        place = torch.empty_like(order).scatter_(1, order, torch.arange(n_pos).expand(n_prompts, -1))
        found[name] = target.is_counted & (place < MAX_QUERIES)
    return found


def rank_shares(
    loaded: LoadedModel,
    outputs: HeadOutputs,
    targets: Mapping[str, LogitTargets],
    asked: Mapping[str, Bool[Tensor, "batch pos"]],
) -> dict[str, Measurement]:
    """Mean rank share of each target over the queries of each prompt that were looked at."""
    readout = Readout(loaded)
    unembedding = readout.unembedding
    generator = torch.Generator().manual_seed(0)
    part = torch.randperm(len(unembedding), generator=generator)[:N_RANKED].to(unembedding.device)
    ranked = unembedding[part].float()
    is_any = torch.stack(list(asked.values())).any(dim=0)
    goals = {name: _Goals.of(target, asked[name], part, unembedding) for name, target in targets.items()}
    shares: dict[str, list[Tensor]] = {name: [] for name in targets}
    with torch.no_grad():
        for layer in range(len(loaded.attention_layers)):
            z = outputs.of_layer(layer).to(unembedding.device).transpose(0, 1)  # [head, query, d_head]
            W_O = readout.W_O(layer)
            to_ranked = W_O @ ranked.T  # [head, d_head, token]
            for names in _with_the_same_queries(asked):
                of_names = z[:, asked[names[0]][is_any].to(z.device)]
                found = _shares(of_names, W_O, to_ranked, [goals[name] for name in names])
                for name, share in zip(names, found, strict=True):
                    shares[name].append(share.cpu() if targets[name].sign == 1 else 1 - share.cpu())
    return {name: _by_prompt(loaded.spread(torch.stack(shares[name])), asked[name]) for name in targets}


@dataclass(frozen=True)
class _Goals:
    """Tokens to be ranked, one for each query."""

    rows: Float[Tensor, "query d_model"]
    """Their rows of W_U."""
    is_other: Bool[Tensor, "query token"]
    """Ranked tokens other than the goal: against itself it would be ranked by rounding alone."""

    @staticmethod
    def of(target: LogitTargets, is_asked: Tensor, part: Tensor, unembedding: Tensor) -> "_Goals":
        tokens = target.token[is_asked].to(unembedding.device)
        return _Goals(unembedding[tokens].float(), part != tokens[:, None])


def _with_the_same_queries(asked: Mapping[str, Bool[Tensor, "batch pos"]]) -> list[list[str]]:
    """Targets in groups that share their queries, as a target and its null model do: their logits are made once."""
    groups: list[list[str]] = []
    for name, is_asked in asked.items():
        same = next((names for names in groups if torch.equal(asked[names[0]], is_asked)), None)
        if same is None:
            groups.append([name])
        else:
            same.append(name)
    return groups


def _shares(
    z: Float[Tensor, "head query d_head"],
    W_O: Float[Tensor, "head d_head d_model"],
    to_ranked: Float[Tensor, "head d_head token"],
    goals: list[_Goals],
) -> list[Float[Tensor, "head query"]]:
    """Share of the other ranked tokens that each head raises less than each goal; those raised alike count half."""
    found: list[list[Tensor]] = [[] for _ in goals]
    for rows in slices(z.shape[1], _CHUNK):
        written = z[:, rows] @ W_O  # [head, query, d_model]
        logits = z[:, rows] @ to_ranked  # [head, query, token]
        for shares, each in zip(found, goals, strict=True):
            goal = torch.einsum("hqd,qd->hq", written, each.rows[rows])[..., None]
            below = (logits < goal).float().add_((logits == goal).float(), alpha=0.5).mul_(each.is_other[rows])
            shares.append(below.sum(dim=-1) / each.is_other[rows].sum(dim=-1))
    return [torch.cat(shares, dim=1) for shares in found]


def _by_prompt(shares: Float[Tensor, "layer head query"], is_asked: Bool[Tensor, "batch pos"]) -> Measurement:
    n_prompts = len(is_asked)
    prompt = torch.arange(n_prompts)[:, None].expand_as(is_asked)[is_asked]
    sums = torch.zeros(*shares.shape[:2], n_prompts).index_add_(2, prompt, shares)
    counts: Int[Tensor, " batch"] = is_asked.sum(dim=1)
    # 0 / 0 is NaN where no query counts: not measured, which is not chance.
    return Measurement(sums / counts, counts, torch.full((n_prompts,), CHANCE))


def check_logit_targets(targets: Mapping[str, LogitTargets], batch: PromptBatch, d_vocab: int) -> None:
    """Refuse targets that do not fit the prompts.

    Raises:
        DetectorDefinitionError: Another shape, a counted query on padding, or a token outside the vocabulary.
    """
    for name, target in targets.items():
        if target.token.shape != batch.tokens.shape or target.is_counted.shape != batch.tokens.shape:
            raise DetectorDefinitionError(
                f"{name}: tokens of shape {tuple(target.token.shape)} do not fit the prompts."
            )
        if bool((target.is_counted & ~batch.is_real).any()):
            raise DetectorDefinitionError(f"{name}: a query on padding counts.")
        used = target.token[target.is_counted]
        if used.numel() and (int(used.min()) < 0 or int(used.max()) >= d_vocab):
            raise DetectorDefinitionError(f"{name}: a target token lies outside the vocabulary of {d_vocab} tokens.")
