"""`headcat scan --headvis`: the six numbers on ordinary text, one pass, and the folder that shows them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.checkpoint import Checkpoint
from ingest.headvis.export import export_tree
from ingest.headvis.metrics import check_batch, headvis_scores, headvis_targets
from ingest.headvis.samples import sample_heads
from ingest.loaded_model import LoadedModel
from ingest.measuring_in_parts import MeasuringInParts
from ingest.progress import Progress
from ingest.prompts.natural_text import natural_text
from ingest.prompts.random_tokens import random_tokens
from ingest.provenance import code_sha256, machine, versions
from ingest.scan import vocabulary_of
from ingest.scan_result import ScanOptions

# As in Neuronpedia's runs.
DEFAULT_LENGTH = 512


def measure_headvis(
    loaded: LoadedModel,
    options: ScanOptions,
    folder: Path,
    arguments: dict[str, Any],
    *,
    progress: Progress,
    checkpoint: Checkpoint | None = None,
) -> Path:
    """Measure and export.

    Args:
        loaded: The language model.
        options: Number and length of prompts, seed.
        folder: Root of the tree.
        arguments: Of the command, for the record.
        progress: Told how far it is.
        checkpoint: Where measured parts are kept.

    Returns:
        Folder of the run.

    Raises:
        HeadVisError: The folder cannot be written.
        PromptError: Prompts of this length cannot be made.
    """
    started_at = datetime.now(UTC)
    length = options.length or min(DEFAULT_LENGTH, loaded.context_length)
    batch = natural_text.make(vocabulary_of(loaded), options.n_prompts, length, options.seed)
    check_batch(batch)
    measuring = MeasuringInParts(
        "headvis", f"measuring HeadVis's metrics on {natural_text.name}", options.batch_size, progress, checkpoint
    )
    measured, batch_size = measuring(loaded, batch, headvis_targets(batch), options.batch_size)
    progress.tell("reading the attention of a few prompts, to be drawn")
    # Without a tokenizer there is no text, and the family makes random tokens.
    prompts = natural_text.name if loaded.tokenizer is not None else random_tokens.name
    provenance = {
        "dataset_name": f"headcat/{prompts}",
        "dataset": natural_text.description,
        "prompts_sha256": batch.sha256,
        "has_bos": batch.has_bos,
        "seed": options.seed,
        "batch_size_used": batch_size,
        "attention_path": measured.attention_path,
        "code_sha256": code_sha256(),
        "versions": versions(),
        "machine": machine(loaded),
        "arguments": arguments,
        "started_at": started_at.isoformat(),
        "finished_at": datetime.now(UTC).isoformat(),
    }
    return export_tree(
        folder,
        loaded,
        scores=headvis_scores(dict(measured.measurements)),
        samples=sample_heads(loaded, batch),
        batch=batch,
        provenance=provenance,
    )
