"""The model card of a planted language model, for people and for programs."""

import json
from typing import Any

from ingest.planted.planted_model import PlantedModel

_CARD = """---
license: apache-2.0
library_name: transformers
tags: [headcat, planted, attention-heads]
---
# Planted {architecture}

Nobody trained this language model: its weights were written by hand so that what each attention head does is known.
It serves to test programs that look for attention heads. It reads characters and predicts one thing: what followed the
earlier copies of a character.

| head | kind | planted as | what it does |
|---|---|---|---|
{rows}

Built by `headcat` (`ingest/planted`) with seed {seed}, sharpness {sharpness}, noise {noise}. `planted.json` holds the
same table for programs. Licence: Apache-2.0.
"""


def model_card(planted: PlantedModel) -> str:
    """README.md of the directory."""
    rows = [
        f"| {head} | {kind.name} | {kind.head_type or 'decoy'} | {kind.description} |"
        for head, kind in sorted(planted.kinds.items(), key=lambda item: item[0])
    ]
    return _CARD.format(
        architecture={"gpt2": "GPT-2", "llama": "Llama"}[planted.scheme],
        rows="\n".join(rows),
        seed=planted.seed,
        sharpness=planted.sharpness,
        noise=planted.noise,
    )


def planted_json(planted: PlantedModel) -> str:
    """planted.json of the directory: what every head is."""
    heads: dict[str, dict[str, Any]] = {}
    for head, kind in sorted(planted.kinds.items(), key=lambda item: item[0]):
        heads[str(head)] = {
            "kind": kind.name,
            "head_type": kind.head_type,
            "offset": kind.offset,
            "also_shows": sorted(kind.shows),
        }
    about = {name: getattr(planted, name) for name in ("scheme", "seed", "sharpness", "noise")}
    return json.dumps({**about, "heads": heads}, indent=2) + "\n"
