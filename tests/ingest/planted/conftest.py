"""Planted language models of both schemes and three seeds, and a way to their output weights."""

import pytest
from torch import Tensor

from catalog.notation import HeadRef
from ingest.planted.build import build_planted
from ingest.planted.head_kinds import CALIBRATION_PLAN
from ingest.planted.head_weights import D_HEAD
from ingest.planted.planted_model import PlantedModel


@pytest.fixture(scope="module", params=[(s, seed) for s in ("gpt2", "llama") for seed in (0, 1, 2)], ids=str)
def planted(request) -> PlantedModel:
    """All kinds of head; not to be changed."""
    scheme, seed = request.param
    return build_planted(scheme, seed=seed, plan=CALIBRATION_PLAN)


@pytest.fixture
def output_weights():
    """The output weights of one head, as a view that can be written."""

    def view(model, head: HeadRef) -> Tensor:
        dims = slice(head.head * D_HEAD, (head.head + 1) * D_HEAD)
        if model.config.model_type == "gpt2":
            return model.transformer.h[head.layer].attn.c_proj.weight[dims]
        return model.model.layers[head.layer].self_attn.o_proj.weight[:, dims]

    return view
