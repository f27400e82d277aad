"""Small random errors on planted weights, so that no detector is tested on unnaturally clean numbers alone."""

from dataclasses import fields, replace
from typing import TypeVar

import numpy as np

from ingest.planted.embeddings import Embeddings
from ingest.planted.head_weights import LayerWeights

Weights = TypeVar("Weights", Embeddings, LayerWeights)


def perturbed(weights: Weights, noise: float, rng: np.random.Generator) -> Weights:
    """Add Gaussian errors to each matrix, `noise` times its root mean square; a matrix of zeros stays zero."""
    changed = {}
    for field in fields(weights):
        matrices = getattr(weights, field.name)
        if matrices is not None:
            size = np.sqrt(np.mean(matrices**2, axis=(-2, -1), keepdims=True))
            changed[field.name] = matrices + noise * size * rng.standard_normal(matrices.shape)
    return replace(weights, **changed)
