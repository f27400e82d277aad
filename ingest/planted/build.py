"""Build a planted language model in memory, and write one as a directory that `from_pretrained` loads.

Weights are written by hand, not trained, so which head is what is known by construction: README.md beside this file.
"""

from pathlib import Path
from typing import get_args

import numpy as np
from safetensors.torch import save_file

from catalog.notation import HeadRef
from ingest.errors import IngestError
from ingest.planted.embeddings import draw_codes, embeddings
from ingest.planted.gpt2 import gpt2_model
from ingest.planted.head_kind import HeadKind
from ingest.planted.head_kinds import DEFAULT_PLAN, HEAD_KINDS, Plan
from ingest.planted.head_weights import PLAIN_DIMS, ROTARY_DIMS, HeadWriter
from ingest.planted.llama import llama_model
from ingest.planted.model_card import model_card, planted_json
from ingest.planted.perturbation import perturbed
from ingest.planted.planted_model import PlantedModel, Scheme
from ingest.planted.position_code import learned_position_code, rotary_position_code
from ingest.planted.residual import draw_residual
from ingest.planted.successors import successor_map
from ingest.planted.text_kinds import TEXT_KINDS
from ingest.planted.tokenizer import planted_tokenizer
from ingest.written_folder import check_replaceable, written_whole

DEFAULT_SHARPNESS = 5.0
DEFAULT_NOISE = 0.01
_MARK = "planted.json"
"""By this file a folder is known to hold a planted language model."""
_WHAT = "planted language model"
_QUERY_HEADS_PER_GROUP = {"gpt2": 1, "llama": 2}


def build_planted(
    scheme: str,
    *,
    seed: int = 0,
    sharpness: float = DEFAULT_SHARPNESS,
    noise: float = DEFAULT_NOISE,
    plan: Plan = DEFAULT_PLAN,
) -> PlantedModel:
    """Write the weights of a language model whose heads are those of the plan.

    Args:
        scheme: Architecture and how it tells positions: GPT-2 with position embeddings, or Llama with rotary ones.
        seed: Decides the order of heads in each layer, the directions of the residual stream, which token has which
            code, and the noise.
        sharpness: By how many nats a target outweighs BOS; all attention logits grow with it.
        noise: Gaussian error of every matrix, relative to its root mean square.
        plan: Kinds of head in each layer.

    Raises:
        IngestError: No such scheme.
    """
    if scheme not in get_args(Scheme):
        raise IngestError(f"There is no planted language model of scheme {scheme!r}: name one of gpt2 and llama.")
    rng = np.random.default_rng(seed)
    is_gpt2 = scheme == "gpt2"
    reads_text = not {each.name for each in TEXT_KINDS}.isdisjoint(name for names in plan for name in names)
    residual = draw_residual(rng, has_positions=is_gpt2, has_marks=reads_text)
    position = learned_position_code() if is_gpt2 else rotary_position_code()
    # Other plans draw the codes last: what is drawn in which order decides the bytes of published weights.
    codes = draw_codes(rng) if reads_text else None
    successors = None if codes is None else successor_map(codes)
    writer = HeadWriter(residual, position, PLAIN_DIMS if is_gpt2 else ROTARY_DIMS, rng, successors)
    kinds: dict[HeadRef, HeadKind] = {}
    layers = []
    for layer, names in enumerate(plan):
        ordered = [HEAD_KINDS[names[i]] for i in rng.permutation(len(names))]
        kinds |= {HeadRef(layer, head): kind for head, kind in enumerate(ordered)}
        weights = writer.layer(
            ordered,
            sharpness=sharpness,
            n_kv_heads=len(names) // _QUERY_HEADS_PER_GROUP[scheme],
            code_of_keys=_block_of_keys(layer, ordered),
        )
        layers.append(perturbed(weights, noise, rng))
    ends = perturbed(embeddings(residual, position, draw_codes(rng) if codes is None else codes), noise, rng)
    model = gpt2_model(ends, layers) if is_gpt2 else llama_model(ends, layers)
    return PlantedModel(model, scheme, seed, sharpness, noise, kinds, reads_text)


def _block_of_keys(layer: int, kinds: list[HeadKind]) -> str:
    """What the keys of a layer hold: token codes, later the codes of the tokens before, or what its heads ask for."""
    named = {kind.keys for kind in kinds if kind.keys is not None}
    assert len(named) <= 1, f"heads of layer {layer} want different keys: {named}"
    return named.pop() if named else ("token" if layer == 0 else "previous")


def save_planted(
    folder: Path,
    scheme: str,
    *,
    seed: int = 0,
    sharpness: float = DEFAULT_SHARPNESS,
    noise: float = DEFAULT_NOISE,
    plan: Plan = DEFAULT_PLAN,
) -> Path:
    """Write a planted language model with tokenizer and model card; all of it or nothing.

    A planted language model that stands there is replaced. The same arguments give the same weights, byte for byte.

    Raises:
        IngestError: The folder holds something else, or cannot be written.
    """
    check_replaceable(folder, _MARK, _WHAT)
    planted = build_planted(scheme, seed=seed, sharpness=sharpness, noise=noise, plan=plan)
    with written_whole(folder, _WHAT) as complete:
        _write(planted, complete)
    return folder


def _write(planted: PlantedModel, folder: Path) -> None:
    folder.mkdir()
    planted.model.config.save_pretrained(folder)
    save_file(planted.model.state_dict(), folder / "model.safetensors", metadata={"format": "pt"})
    planted_tokenizer(with_answers=planted.reads_text).save_pretrained(folder)
    (folder / "README.md").write_text(model_card(planted), encoding="utf-8")
    (folder / _MARK).write_text(planted_json(planted), encoding="utf-8")
