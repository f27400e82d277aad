"""Our numbers as a folder that HeadVis shows, with the provenance that a run of ours has.

The keys are those that HeadVis's front end and Neuronpedia's loaders read. What theirs lacks stands under `headcat`:
the revision and hash of the weights that were measured, hashes of prompts and code, versions, device.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.notation import HeadRef
from ingest.errors import HeadVisError
from ingest.headvis.metrics import INDUCTION_FLOOR, METRICS
from ingest.headvis.samples import KEYS_OF_QUERY, LEAST_ATTENTION, Sequence, head_file
from ingest.headvis.tree import CONFIG, SCATTER, path_part
from ingest.loaded_model import LoadedModel
from ingest.plain_numbers import number
from ingest.prompts.batch import PromptBatch
from ingest.scan_result import Array

DECIMALS = 6
"""Of the numbers; Neuronpedia keeps four."""


def export_tree(
    folder: Path,
    loaded: LoadedModel,
    *,
    scores: Mapping[str, Array],
    samples: Mapping[tuple[int, int], list[Sequence]],
    batch: PromptBatch,
    provenance: Mapping[str, Any],
) -> Path:
    """Write one run, all of it or nothing; an earlier run of the same model on the same prompts is replaced.

    Args:
        folder: Root of the tree.
        loaded: The language model.
        scores: The six numbers of every head.
        samples: Attention of some prompts through every head.
        batch: The prompts.
        provenance: Of the scan; `dataset_name` names the prompts.

    Returns:
        Folder of the run.

    Raises:
        HeadVisError: The folder cannot be written.
    """
    name = path_part(loaded.hub_id.rstrip("/").rpartition("/")[2])
    run = folder.expanduser() / name / "headvis" / path_part(provenance["dataset_name"])
    part = run.with_name(f".{run.name}.{os.getpid()}.part")
    try:
        (part / "heads").mkdir(parents=True)
        (part / "attributions").mkdir()
        _write(part / CONFIG, _config(loaded, name, batch, provenance))
        _write(part / SCATTER, _rows(loaded, scores))
        _write(part / "server_config.json", {})
        _write(part / "attributions" / "manifest.json", {})
        for (layer, head), sequences in samples.items():
            _write(part / "heads" / f"{HeadRef(layer, head)}.json", head_file(sequences))
        shutil.rmtree(run, ignore_errors=True)
        part.replace(run)
    except OSError as problem:
        shutil.rmtree(part, ignore_errors=True)
        raise HeadVisError(
            f"{run} cannot be written ({problem.strerror}): free some room or name another folder for --headvis."
        ) from problem
    return run


def _write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def _rows(loaded: LoadedModel, scores: Mapping[str, Array]) -> list[dict[str, Any]]:
    """One row for each head; null where no token counts."""
    rows = []
    for layer in loaded.attention_layers:
        for head in range(loaded.n_heads):
            row: dict[str, Any] = {"layer": layer, "head": head}
            for each in METRICS:
                value = number(scores[each.name][layer, head])
                row[each.name] = None if value is None else round(value, DECIMALS)
            rows.append(row)
    return rows


def _config(loaded: LoadedModel, name: str, batch: PromptBatch, provenance: Mapping[str, Any]) -> dict[str, Any]:
    n_prompts, n_pos = batch.tokens.shape
    return {
        "model_name": loaded.hub_id,
        "np_model_id": name,
        "dataset_name": provenance["dataset_name"],
        "heads": [[layer, head] for layer in loaded.attention_layers for head in range(loaded.n_heads)],
        "n_layers": loaded.n_layers,
        "n_heads": loaded.n_heads,
        "n_intervals": 1,
        "metrics": [each.name for each in METRICS],
        "metric_descriptions": {each.name: each.description for each in METRICS},
        "head_data_pattern": "L{layer}H{head}.json",
        "has_umap": False,
        "umap_heads": [],
        "custom_plots": [
            {"key": "qk_distance_histogram", "label": "Distance of query and key"},
            {"key": "histogram", "label": "Largest attention of a prompt"},
        ],
        "custom_tables": [
            {"key": "top_query_tokens", "label": "Tokens that attend most"},
            {"key": "top_key_tokens", "label": "Tokens attended to most"},
        ],
        "statistics_display": {
            "n_samples": {"label": "Prompts kept", "format": "default"},
            "mean_max_activation": {"label": "Mean largest attention", "format": "default"},
        },
        "pipeline_config": {
            "model_name": loaded.hub_id,
            "dataset_name": provenance["dataset_name"],
            "revision": loaded.revision,
            "n_sequences": n_prompts,
            "actual_sequences_processed": n_prompts,
            "seq_len": n_pos,
            "dtype": str(loaded.dtype).removeprefix("torch."),
            "device": str(loaded.device),
            "attn_implementation": provenance["attention_path"],
            "induction_attention_threshold": INDUCTION_FLOOR,
            "num_hidden_layers": loaded.n_layers,
            "num_attention_heads": loaded.n_heads,
            "attention_layer_indices": list(loaded.attention_layers),
            "sparse_topk_per_row": KEYS_OF_QUERY,
            "sparse_threshold": LEAST_ATTENTION,
            "n_intervals": 1,
            "created_at": provenance["finished_at"],
        },
        "headcat": dict(provenance)
        | {
            "revision": loaded.revision,
            "weights_sha256": loaded.weights_sha256,
            "samples": "the first prompts, cut to 128 tokens; not drawn by activation",
        },
    }
