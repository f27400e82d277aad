"""A short training: it learns, and does so in the same way twice."""

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from ingest.errors import IngestError
from ingest.model_folder import hash_weights
from ingest.reference import repeated
from ingest.reference.attention_only import OPTIONS, SEED, Positions, attention_only_model
from ingest.reference.build import save_reference, train_reference
from ingest.reference.command import run_emerge, run_train
from ingest.reference.emergence import emerge
from ingest.reference.emergence_card import save_emerged
from ingest.reference.model import fresh_model, waves
from ingest.reference.recipe import RECIPE, Recipe
from ingest.reference.training import Step, TrainingOptions, train

OPTIONS_OF_TEST = TrainingOptions(
    n_steps=30, tokens_per_step=2048, learning_rate=3e-3, weight_decay=0.05, warmup_steps=5
)
SMALL = Recipe(
    seed=0, n_layers=1, n_heads=2, d_model=16, d_mlp=16, n_opening_steps=1, training=replace(OPTIONS_OF_TEST, n_steps=2)
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def trained_on_one_sequence(seed: int) -> tuple[dict[str, torch.Tensor], list[float]]:
    """Weights and losses of a model that sees the same few sequences again and again."""
    model = fresh_model(40, n_layers=1, n_heads=2, d_model=16, d_mlp=16, seed=seed)
    generator = random.Random(0)
    documents = 50 * [repeated.segments(generator, range(2, 40), 0, 12) for _ in range(4)]
    losses: list[float] = []

    def after(step: Step) -> None:
        losses.append(step.loss)

    train(model, lambda number: documents, OPTIONS_OF_TEST, after=after)
    return model.state_dict(), losses


def test_the_loss_falls() -> None:
    _, losses = trained_on_one_sequence(0)
    assert sum(losses[-5:]) / 5 < 0.9 * sum(losses[:5]) / 5


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    (first, _), (again, _), (other, _) = (trained_on_one_sequence(seed) for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["transformer.wte.weight"], other["transformer.wte.weight"])


def test_biases_of_linear_maps_stay_zero() -> None:
    weights, _ = trained_on_one_sequence(0)
    biases = [value for name, value in weights.items() if name.endswith(".bias") and ".ln_" not in name]
    assert biases
    assert all(not bias.any() for bias in biases)


def test_queries_and_keys_begin_alike() -> None:
    model = fresh_model(40, n_layers=2, n_heads=2, d_model=16, d_mlp=16, seed=0)
    for block in model.transformer.h:
        W_Q, W_K, _ = block.attn.c_attn.weight.split(16, dim=1)
        assert torch.equal(W_Q, W_K)


def test_positions_begin_as_waves_of_one_length() -> None:
    lengths = waves(128, 16).norm(dim=1)
    assert torch.allclose(lengths, lengths[0].expand(128))


@pytest.mark.parametrize("positions", ["embedded", "rotary"])
def test_attention_alone_leaves_the_mlps_at_zero(positions: Positions) -> None:
    model = attention_only_model(0, positions)
    mlp = [each for name, each in model.named_parameters() if ".mlp." in name]
    assert mlp
    assert not any(each.any() or each.requires_grad for each in mlp)


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Folders of two trainings by one recipe."""
    folder = tmp_path_factory.mktemp("reference")
    return [
        save_reference(folder / name, SMALL, train_reference(SMALL, n_prompts=8), n_prompts=8)
        for name in ("first", "second")
    ]


def test_the_command_writes_the_same_bytes_twice(twice: list[Path]) -> None:
    first, second = twice
    for name in ("model.safetensors", "tokenizer.json", "config.json", "natural_text.txt", "training_log.csv"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_card_says_which_weights_and_what_they_cannot_do(twice: list[Path]) -> None:
    card = (twice[0] / "README.md").read_text(encoding="utf-8")
    assert hash_weights(twice[0]) in card
    assert "head types that need them are not applicable" in card


def test_an_earlier_training_is_replaced(twice: list[Path], tmp_path: Path) -> None:
    trained = train_reference(replace(SMALL, seed=1), n_prompts=8)
    folder = shutil.copytree(twice[0], tmp_path / "reference")
    save_reference(folder, SMALL, trained, n_prompts=8)
    assert hash_weights(folder) != hash_weights(twice[0])


def test_the_recipe_fits_into_the_package() -> None:
    model = fresh_model(
        1500,
        n_layers=RECIPE.n_layers,
        n_heads=RECIPE.n_heads,
        d_model=RECIPE.d_model,
        d_mlp=RECIPE.d_mlp,
        seed=0,
    )
    assert 4 * sum(each.numel() for each in model.parameters()) < 8e6


@pytest.mark.parametrize("run", [run_train, run_emerge])
def test_a_folder_that_holds_something_else_is_refused_before_training(
    run: Callable[..., None], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(IngestError, match="holds something else"):
        run(tmp_path, n_steps=None, device="cpu")
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_emergence_keeps_a_curve_of_every_head(tmp_path: Path) -> None:
    options = replace(OPTIONS, n_steps=20)
    emerged = emerge(SEED, options)
    assert [each.step for each in emerged.curve] == list(range(21))
    folder = save_emerged(tmp_path / "model", SEED, options, emerged)
    lines = (folder / "emergence.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 22
    assert {line.count(",") for line in lines} == {3 + 3 * 2 * 4}
    assert "No induction head ever scored above" in (folder / "README.md").read_text(encoding="utf-8")
