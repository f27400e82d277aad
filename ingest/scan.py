"""Many detectors on one language model: scores and provenance, one forward pass for each family of prompts.

Detectors that share a family of prompts share its pass (`prompt_pass.py`), whether they ask for attention or for
logits; those of weights and of decoding come after (`item_pass.py`), then those of cause, task by task
(`task_pass.py`), and the ablations that stand beside scores of other kinds (`arm_pass.py`). p is adjusted for them all
at the end (`multiple_tests.py`). What the scores mean for a claim is not decided here: `verdict.py` holds the rules.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ingest import liveness
from ingest.arm_pass import run_arms
from ingest.breadth_pass import measure_breadth
from ingest.checkpoint import Checkpoint, pack_results, unpack_results
from ingest.detector import Detector
from ingest.errors import NoTargetError, PromptError, UnsupportedArchitectureError
from ingest.evidence import Evidence
from ingest.group_effect import GroupResult
from ingest.group_pass import Groups, run_groups
from ingest.item_pass import run_decoding, run_weights
from ingest.liveness import Liveness
from ingest.loaded_model import LoadedModel
from ingest.measuring_in_parts import MeasuringInParts
from ingest.multiple_tests import with_adjusted_p
from ingest.plain_numbers import number
from ingest.progress import Progress, Told
from ingest.prompt_pass import run_pass
from ingest.prompts.batch import PromptBatch, PromptFamily, Vocabulary
from ingest.prompts.natural_text import natural_text
from ingest.prompts.random_tokens import random_tokens
from ingest.prompts.reading import reader
from ingest.provenance import code_sha256, machine, versions
from ingest.scan_result import Array, DetectorResult, ScanOptions, ScanResult
from ingest.task_pass import run_task
from ingest.tasks.task import TaskBatch

Report = Callable[[str], None]

# Half of the prompts select a positional head's offset; the other half must still hold two to resample from.
_FEWEST_PROMPTS = 4
# Liveness and output share ask whether a head acts at all, not how much: few prompts answer it.
_N_LIVENESS_PROMPTS = 2
# From best to worst: a scan is named after the slowest path that any of its passes took.
_PATHS = ("none", "streaming_fused", "streaming_blocked", "reference")


@dataclass
class _Run:
    """What accumulates while the families are measured."""

    loaded: LoadedModel
    options: ScanOptions
    batch_size: int
    prompts: dict[str, Any] = field(default_factory=dict)
    path: str = "none"
    n_captures: int = 0
    notes: list[str] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)
    checkpoint: Checkpoint | None = None


def scan(
    loaded: LoadedModel,
    detectors: Sequence[Detector],
    options: ScanOptions | None = None,
    *,
    groups: Groups | None = None,
    arguments: dict[str, Any] | None = None,
    report: Report = lambda line: None,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> ScanResult:
    """Score every head of a language model with every detector.

    Args:
        loaded: The language model.
        detectors: Which to run; the order is kept.
        options: How to run them.
        groups: Heads that are ablated together, by detector; only where ablation is among the options.
        arguments: The arguments as the user passed them, for the record.
        report: Told what is being measured.
        progress: Told how far it is, in place of `report`.
        checkpoint: Where finished passes are kept and found again; without one a scan that stops begins anew.

    Raises:
        PromptError: Prompts of this number or length cannot be made for this language model.
        UnsupportedAttentionError: The engine cannot measure this language model.
    """
    options = options or ScanOptions()
    _check(loaded, options)
    started_at, clock = datetime.now(UTC), time.perf_counter()
    run = _Run(loaded, options, options.batch_size, progress=progress or Told(report), checkpoint=checkpoint)
    run.notes += _notes_on(loaded)
    found = _measured(run, [*detectors, *_definitions(detectors, options)])
    arms = run_arms(
        loaded,
        detectors,
        lambda family: _make_prompts(run, family),
        options,
        found,
        progress=run.progress,
        checkpoint=checkpoint,
    )
    found |= {key: replace(found[key], arm=arm) for key, arm in arms.items()}
    if options.with_statistics and options.with_breadth:
        breadth = measure_breadth(
            detectors, lambda variants: _on_ordinary_text(run, list(variants)), can_read=loaded.tokenizer is not None
        )
        found |= {name: replace(found[name], breadth=each) for name, each in breadth.items()}
    together = _together(run, detectors, groups or {})
    run.progress.tell("checking that the heads reach the logits")
    few = _few_prompts(run, detectors)
    live = liveness.check(loaded, few)
    output_share = _output_share(run, few)
    results = with_adjusted_p(found, detectors, run.notes.append)
    seconds, finished_at = time.perf_counter() - clock, datetime.now(UTC)
    provenance = _provenance(run, live) | {
        "arguments": arguments or {},
        "started_at": started_at.isoformat(),
        "finished_at": finished_at.isoformat(),
    }
    return ScanResult(
        loaded, options, results, live.is_live, output_share, provenance, started_at, finished_at, seconds, together
    )


def _notes_on(loaded: LoadedModel) -> list[str]:
    """What a reader of the scores must know of this kind of language model."""
    notes = []
    without = [f"L{layer}" for layer in range(loaded.n_layers) if layer not in loaded.attention_layers]
    if without:
        notes.append(f"Layers without attention have no heads and no scores: {', '.join(without)}.")
    if not loaded.is_causal:
        closing = "" if loaded.closing_id is None else f", and prompts end with token {loaded.closing_id}"
        notes.append(f"This is an encoder: every token sees the whole prompt{closing}.")
    if loaded.corpus is not None:
        notes.append(f"Prompts of text are cut from {loaded.corpus.name} (sha256 {loaded.corpus.sha256[:12]}…).")
    return notes


def _definitions(detectors: Sequence[Detector], options: ScanOptions) -> list[Detector]:
    """Competing definitions, measured beside the primary ones; a bare scan has none."""
    if not (options.with_definitions and options.with_statistics):
        return []
    return [definition for each in detectors for definition in each.as_definitions()]


def _measured(run: _Run, detectors: Sequence[Detector]) -> dict[str, DetectorResult]:
    """Results by key: one pass for each family of prompts, then the weights, then one decoding for each family."""
    found: dict[str, DetectorResult] = {}
    of_prompts = (Evidence.PATTERN, Evidence.DIRECT_LOGIT, Evidence.MOMENTS)
    for kinds, measure in ((of_prompts, _measure), ((Evidence.DECODING,), _decode), ((Evidence.CAUSAL,), _intervene)):
        chosen = [each for each in detectors if each.evidence in kinds]
        for family in {each.prompts.name: each.prompts for each in chosen if each.prompts is not None}.values():
            of_family = [each for each in chosen if each.prompts is not None and each.prompts.name == family.name]
            found |= {each.detector.key: each for each in _on_family(run, family, of_family, measure)}
    of_weights = [each for each in detectors if each.evidence is Evidence.WEIGHTS]
    if of_weights:
        run.progress.tell(f"reading {_names(of_weights)} from the weights")
        read = _kept(run, "weights", "", of_weights, lambda: run_weights(run.loaded, of_weights, run.options))
        found |= {each.detector.key: each for each in read}
    return found


def _on_ordinary_text(run: _Run, variants: list[Detector]) -> dict[str, DetectorResult]:
    def measure(run: _Run, name: str, batch: PromptBatch, detectors: list[Detector]) -> list[DetectorResult]:
        # A name of its own: the family may have been measured, and kept, for other detectors.
        return _measure(run, f"{name}.breadth", batch, detectors)

    return {each.detector.key: each for each in _on_family(run, natural_text, variants, measure)}


def _names(detectors: Sequence[Detector]) -> str:
    return ", ".join(dict.fromkeys(each.name for each in detectors))


def _on_family(
    run: _Run,
    family: PromptFamily,
    detectors: list[Detector],
    measure: Callable[[_Run, str, PromptBatch, list[Detector]], list[DetectorResult]],
) -> list[DetectorResult]:
    try:
        batch = _make_prompts(run, family)
    except NoTargetError as problem:
        # A family that needs words, or a tokenizer, says so; the other families are measured all the same.
        return [DetectorResult(each, None, absent_reason=str(problem)) for each in detectors]
    except PromptError as problem:
        # Where the length is what was asked for, the user can ask for another one.
        if not family.has_own_length:
            raise
        return [DetectorResult(each, None, absent_reason=str(problem)) for each in detectors]
    return measure(run, family.name, batch, detectors)


def _kept(
    run: _Run, name: str, prompts: str, detectors: list[Detector], measure: Callable[[], list[DetectorResult]]
) -> list[DetectorResult]:
    """Results of one pass, as an earlier scan left them or measured and kept."""
    if run.checkpoint is None:
        return measure()
    found = run.checkpoint.load(name, {"prompts": prompts})
    if found is not None:
        arrays, facts = found
        run.notes += facts["notes"]
        run.path, run.n_captures, run.batch_size = facts["path"], facts["n_captures"], facts["batch_size"]
        return unpack_results(arrays, facts["results"], detectors)
    n_notes = len(run.notes)
    results = measure()
    arrays, plain = pack_results(results)
    facts = {"path": run.path, "n_captures": run.n_captures, "batch_size": run.batch_size}
    run.checkpoint.save(name, arrays, {"prompts": prompts, "notes": run.notes[n_notes:], "results": plain, **facts})
    return results


def _decode(run: _Run, name: str, batch: PromptBatch, detectors: list[Detector]) -> list[DetectorResult]:
    run.progress.tell(f"decoding for {_names(detectors)} on {name}")
    return _kept(
        run,
        f"{name}.decoding",
        batch.sha256,
        detectors,
        lambda: run_decoding(run.loaded, batch, detectors, run.options, run.notes.append),
    )


def _intervene(run: _Run, name: str, batch: PromptBatch, detectors: list[Detector]) -> list[DetectorResult]:
    assert isinstance(batch, TaskBatch), "detectors of cause read a task"
    run.progress.tell(f"intervening for {_names(detectors)} on {name}")
    return _kept(
        run,
        f"{name}.task",
        batch.sha256,
        detectors,
        lambda: run_task(run.loaded, batch, detectors, run.options, run.notes.append),
    )


def vocabulary_of(loaded: LoadedModel) -> Vocabulary:
    """What prompts need to know of the language model's tokenizer."""
    tokenizer = loaded.tokenizer
    if tokenizer is None:
        return Vocabulary(loaded.d_vocab, loaded.bos_id, loaded.special_ids, corpus=loaded.corpus)
    return Vocabulary(
        loaded.d_vocab,
        loaded.bos_id,
        loaded.special_ids,
        encode=lambda text: list(tokenizer.encode(text, add_special_tokens=False, verbose=False)),
        read=reader(tokenizer),
        corpus=loaded.corpus,
    )


def _check(loaded: LoadedModel, options: ScanOptions) -> None:
    if options.with_statistics and options.n_prompts < _FEWEST_PROMPTS:
        raise PromptError(
            f"{options.n_prompts} prompts are too few for intervals: ask for at least {_FEWEST_PROMPTS}, "
            "or leave statistics out with --no-statistics."
        )
    if options.length is not None and options.length > loaded.context_length:
        raise PromptError(
            f"Prompts of {options.length} tokens do not fit: the context of {loaded.hub_id} is "
            f"{loaded.context_length} tokens."
        )


def _make_prompts(run: _Run, family: PromptFamily) -> PromptBatch:
    own = min(family.default_length, run.loaded.context_length)
    length = own if family.has_own_length else run.options.length or own
    batch = family.make(vocabulary_of(run.loaded), run.options.n_prompts, length, run.options.seed)
    n_prompts, n_pos = batch.tokens.shape
    is_known = family.name in run.prompts
    run.prompts[family.name] = {
        "sha256": batch.sha256,
        "n_prompts": n_prompts,
        "length": n_pos,
        "has_bos": batch.has_bos,
        "description": family.description,
    }
    if is_known:
        return batch
    if not batch.has_bos:
        run.notes.append(f"{family.name}: there is no BOS, prompts open with an ordinary token.")
    if n_pos < length - 1 and not family.has_own_length:
        run.notes.append(f"{family.name}: {n_pos} tokens instead of {length}, as many as vocabulary and text allow.")
    return batch


def _together(run: _Run, detectors: Sequence[Detector], groups: Groups) -> list[GroupResult]:
    if not run.options.has_arms:
        return []
    return run_groups(
        run.loaded,
        detectors,
        groups,
        lambda family: _make_prompts(run, family),
        run.options,
        progress=run.progress,
    )


def _few_prompts(run: _Run, detectors: Sequence[Detector]) -> PromptBatch:
    """Prompts for the question whether heads act at all: of the first family that was made, else random tokens."""
    made = [each.prompts for each in detectors if each.prompts is not None and each.prompts.name in run.prompts]
    family = made[0] if made else random_tokens
    length = run.prompts[family.name]["length"] if made else min(family.default_length, run.loaded.context_length)
    n_prompts = min(_N_LIVENESS_PROMPTS, run.options.n_prompts)
    return family.make(vocabulary_of(run.loaded), n_prompts, length, run.options.seed)


def _output_share(run: _Run, few: PromptBatch) -> Array:
    """What each head writes, as a multiple of the mean of its layer's heads; NaN where W_O is not known."""
    try:
        share = liveness.head_output_share(run.loaded, few).double().cpu().numpy()
    except UnsupportedArchitectureError as problem:
        run.notes.append(f"What heads write was not measured, so that no silent head is told apart: {problem}")
        return np.full((run.loaded.n_layers, run.loaded.n_heads), np.nan)
    mean = share.mean(axis=1, keepdims=True)
    # Where all heads are silent each is; where there are no heads nothing is known.
    return np.divide(share, mean, out=np.where(np.isnan(share), np.nan, 0.0), where=mean > 0)


def _measure(run: _Run, name: str, batch: PromptBatch, detectors: list[Detector]) -> list[DetectorResult]:
    return _kept(run, name, batch.sha256, detectors, lambda: _measure_prompts(run, name, batch, detectors))


def _measure_prompts(run: _Run, name: str, batch: PromptBatch, detectors: list[Detector]) -> list[DetectorResult]:
    label = f"measuring {_names(detectors)} on {name}"
    measuring = MeasuringInParts(name, label, run.options.batch_size, run.progress, run.checkpoint)
    done = run_pass(run.loaded, batch, detectors, run.options, run.batch_size, measuring=measuring)
    if done.batch_size < run.batch_size:
        run.notes.append(f"Out of memory with {run.batch_size} prompts at a time; {done.batch_size} were used.")
        run.batch_size = done.batch_size
    if done.attention_path is not None:
        run.path = max(run.path, done.attention_path, key=_PATHS.index)
        run.n_captures = done.n_captures
    return done.results


def _provenance(run: _Run, live: Liveness) -> dict[str, Any]:
    options = run.options
    hashes = "".join(f"{name} {made['sha256']}\n" for name, made in sorted(run.prompts.items()))
    return {
        "options": {
            "n_prompts": options.n_prompts,
            "length": options.length,
            "batch_size": options.batch_size,
            "statistics": options.with_statistics,
            "ablation": options.with_ablation,
            "breadth": options.with_breadth,
        },
        "seed": options.seed,
        "batch_size_used": run.batch_size,
        "attention_path": run.path,
        "n_captures": run.n_captures,
        "liveness": {
            "is_live": live.is_live,
            "n_captures": live.n_captures,
            "head": str(live.head),
            "logit_change": number(live.logit_change),
        },
        "prompts": run.prompts,
        "prompts_sha256": hashlib.sha256(hashes.encode()).hexdigest(),
        "weights_sha256": run.loaded.weights_sha256,
        "architecture": run.loaded.architecture,
        "code_sha256": code_sha256(),
        "versions": versions(),
        "machine": machine(run.loaded),
        "notes": run.notes,
    }
