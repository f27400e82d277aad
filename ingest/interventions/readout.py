"""From the residual stream after the last layer to logits; scaled and soft-capped as the family does it."""

from typing import Any, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from ingest.architectures import readout
from ingest.architectures.placement import device_of
from ingest.architectures.readout import unembedding
from ingest.engine.forward import accepts
from ingest.engine.slices import slices
from ingest.errors import UnsupportedArchitectureError
from ingest.interventions.layer_stack import layer_stack
from ingest.interventions.stubs import stubbed
from ingest.loaded_model import LoadedModel

# Rows of logits at a time: over a vocabulary of 256,000 tokens each takes 1 MB.
_CHUNK = 512
# Far below any soft cap, so that its curve is a line there.
_SMALL = 1e-3


def final_norm(loaded: LoadedModel) -> nn.Module:
    """The norm before W_U; its input is the residual stream after the last layer.

    Raises:
        UnsupportedArchitectureError: There is none, nobody wrote down where this family keeps it, or an encoder.
    """
    unembedding(loaded)  # refuses encoders and other readouts
    found = readout.final_norm(loaded)
    if found is None:
        raise UnsupportedArchitectureError(
            f"This {loaded.architecture} model has no norm before W_U, through which what heads write could be read."
        )
    return found


def readout_weights(
    loaded: LoadedModel, token_ids: Int[Tensor, " token"] | None = None
) -> tuple[Float[Tensor, "token d_model"], Float[Tensor, " token"] | None]:
    """Rows of W_U for these tokens, all of them for None, and the bias of their logits where there is one.

    Raises:
        UnsupportedArchitectureError: An encoder, or a readout of another kind.
    """
    weight, bias = unembedding(loaded), getattr(_head(loaded), "bias", None)
    if token_ids is not None:
        weight = weight[token_ids.to(weight.device)]
        bias = None if bias is None else bias[token_ids.to(bias.device)]
    return weight, bias


def logits_of(
    loaded: LoadedModel, normed: Float[Tensor, "row d_model"], token_ids: Int[Tensor, " token"] | None = None
) -> Float[Tensor, "row token"]:
    """Logits of what the final norm gave.

    Args:
        loaded: A decoder.
        normed: Rows of the last hidden state.
        token_ids: Tokens whose logits are wanted, None for all: W_U is most of the cost of a short pass.

    Raises:
        UnsupportedArchitectureError: An encoder, or a readout of another kind.
    """
    weight, bias = readout_weights(loaded, token_ids)
    return torch.cat(
        [
            _finished(loaded, linear(normed[rows].to(weight), weight, bias)).float()
            for rows in slices(len(normed), _CHUNK)
        ]
    )


def logit_scale(loaded: LoadedModel) -> float:
    """What the family multiplies its logits by; 1 in most."""
    small = torch.full((1, 1), _SMALL, device=device_of(_head(loaded)))
    with torch.no_grad():
        return float(_finished(loaded, small)) / _SMALL


def _finished(loaded: LoadedModel, products: Float[Tensor, "row token"]) -> Float[Tensor, "row token"]:
    """What the family makes of the products with W_U: its own pass over one token, with layers and W_U left out."""
    model: Any = loaded.model
    ids = torch.zeros(1, 1, dtype=torch.long, device=loaded.device)
    skipped = layer_stack(loaded).leaving_out(0, loaded.n_layers)
    with stubbed(skipped | {_head(loaded): lambda *_, **__: products[:, None]}):
        logits: Tensor = model(input_ids=ids, **_without_cache(model)).logits
    return logits[:, 0]


def _without_cache(model: Any) -> dict[str, bool]:
    return {"use_cache": False} if accepts(model, "use_cache") else {}


def _head(loaded: LoadedModel) -> nn.Module:
    model: Any = loaded.model
    return cast(nn.Module, model.get_output_embeddings())
