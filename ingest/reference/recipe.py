"""The recipe of the reference language model: shape, length, rates, seed. `headcat reference train` follows it."""

from dataclasses import dataclass

from ingest.reference.training import TrainingOptions

HUB_ID = "headcat/reference"


@dataclass(frozen=True)
class Recipe:
    """All that decides the weights, besides the texts."""

    seed: int
    n_layers: int
    n_heads: int
    d_model: int
    d_mlp: int
    n_opening_steps: int
    """Steps in which most of what is trained on is repetition."""
    training: TrainingOptions


RECIPE = Recipe(
    seed=0,
    n_layers=5,
    n_heads=4,
    d_model=192,
    d_mlp=320,
    n_opening_steps=600,
    training=TrainingOptions(
        n_steps=8000, tokens_per_step=2048, learning_rate=2e-3, weight_decay=0.05, warmup_steps=200
    ),
)
