"""The engine that serves a language model: streaming where every layer is captured, the reference elsewhere."""

from collections.abc import Mapping

from ingest.engine import reference, streaming
from ingest.engine.capture import count_captures
from ingest.engine.result import EngineResult
from ingest.errors import UnsupportedAttentionError
from ingest.loaded_model import LoadedModel
from ingest.measure import Targets
from ingest.prompts.batch import PromptBatch


def measure(
    loaded: LoadedModel, batch: PromptBatch, targets: Mapping[str, Targets], *, batch_size: int = 8
) -> EngineResult:
    """Mass on each target for every head and prompt; `attention_path` says which engine computed it.

    Arguments are those of `streaming.measure`.

    Raises:
        UnsupportedAttentionError: Neither engine can measure this family exactly.
        PromptError: Prompts that this language model cannot read.
        DetectorDefinitionError: Targets that do not fit the prompts.
    """
    n_captures = count_captures(loaded)
    if n_captures == loaded.n_layers:
        return streaming.measure(loaded, batch, targets, batch_size=batch_size)
    if n_captures == 0:
        return reference.measure(loaded, batch, targets, batch_size=batch_size)
    raise UnsupportedAttentionError(
        f"Only {n_captures} of the {loaded.n_layers} layers of this {loaded.architecture} model have attention; "
        "headcat measures models that attend in every layer, choose one of those."
    )
