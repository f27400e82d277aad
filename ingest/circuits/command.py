"""`headcat circuit`: verify a published circuit on a language model, or find edges between heads on a task."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from catalog.db import make_engine, make_reader
from catalog.models import Circuit as CircuitRecord
from catalog.models import LanguageModel
from catalog.notation import HeadRef
from catalog.places import name_of_folder
from catalog.queries.circuit import get_circuit
from catalog.schema import require_current
from catalog.settings import CatalogSettings
from catalog.vocabulary import AblationKind
from ingest.circuits.circuit import Circuit, published_circuit
from ingest.circuits.edges import MeasuredEdge, discover_edges, measure_edges, strongest_heads
from ingest.circuits.faithfulness import Knockouts, completeness, faithfulness, minimality
from ingest.command_output import check_writable, report_loading, write_json
from ingest.errors import IngestError, LanguageModelNotFoundError
from ingest.interventions.path_patching import Mlps
from ingest.interventions.task_run import TaskRun
from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.local_models import check_agrees
from ingest.scan import vocabulary_of
from ingest.settings import IngestSettings
from ingest.tasks.all_tasks import load_tasks
from ingest.tasks.gate import task_gate
from ingest.tasks.task import Task, TaskBatch
from ingest.verify_command import make_shelf

_TASKS = {"ioi": "indirect_object"}
"""Tasks of records, as sources abbreviate them."""


def run_verify(
    accession: str,
    *,
    model: str | None,
    task_name: str | None,
    ablation: str,
    n_prompts: int,
    seed: int,
    device: str | None,
    dtype: str | None,
    json_file: str | None,
) -> None:
    """Measure every variant of a circuit whose heads are known."""
    check_writable(json_file)
    settings = IngestSettings()
    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    with make_reader(engine)() as session:
        record = get_circuit(session, accession)
        circuits = [published_circuit(variant) for variant in record.variants if variant.nodes]
    if not circuits:
        raise IngestError(f"No variant of {record.accession} lists its heads, so that nothing of it can be measured.")
    task = _task(task_name or _TASKS.get(record.task.casefold(), record.task))
    loaded = _load(model or _folder(settings, record.language_model), settings, device, dtype)
    check_agrees(loaded, record.language_model)
    run = _run_of(loaded, task, n_prompts, seed, settings.batch_size)
    content = _heading(run, record) | {"ablation": ablation, "variants": []}
    _require_gate(run, content)
    knockouts = Knockouts(run, AblationKind(ablation))
    for circuit in circuits:
        content["variants"].append(_verified(knockouts, circuit, seed))
    _tell_verified(content, json_file)


def run_discover(
    *,
    model: str,
    task_name: str,
    heads: str | None,
    n_heads: int,
    mlps: Mlps,
    n_prompts: int,
    seed: int,
    device: str | None,
    dtype: str | None,
    json_file: str | None,
) -> None:
    """Measure every edge between some heads, and from each to the logits."""
    check_writable(json_file)
    settings = IngestSettings()
    task = _task(task_name)
    named = None if heads is None else sorted({HeadRef.parse(each) for each in heads.split(",")})
    loaded = _load(model, settings, device, dtype)
    run = _run_of(loaded, task, n_prompts, seed, settings.batch_size)
    content = _heading(run)
    _require_gate(run, content)
    chosen = strongest_heads(run, n_heads) if named is None else _checked(named, loaded)
    edges = discover_edges(run, chosen, mlps=mlps, seed=seed)
    content["mlps"] = mlps
    content["heads"] = [str(head) for head in chosen]
    content["edges"] = [_edge(each) for each in edges]
    if json_file is not None:
        write_json(content, json_file)
    if json_file != "-":
        for each in sorted((edge for edge in edges if edge.is_present), key=lambda edge: -abs(edge.share)):
            click.echo(_said(each))


def _task(name: str) -> Task:
    tasks = load_tasks()
    if name not in tasks:
        raise IngestError(f"There is no task {name!r}: name one of {', '.join(tasks)}.")
    return tasks[name]


def _folder(settings: IngestSettings, row: LanguageModel) -> str:
    found = make_shelf(settings).find(row)
    if found is None:
        raise LanguageModelNotFoundError(
            f"{row.hub_id} is not on this machine: name its folder or hub id with --model, or set "
            "HEADCAT_MODEL_FOLDERS."
        )
    return str(found)


def _load(model: str, settings: IngestSettings, device: str | None, dtype: str | None) -> LoadedModel:
    report_loading(model)
    return load_language_model(model, device=device or settings.device, dtype=dtype or settings.dtype)


def _run_of(loaded: LoadedModel, task: Task, n_prompts: int, seed: int, batch_size: int) -> TaskRun:
    batch = task.make(vocabulary_of(loaded), n_prompts, task.default_length, seed)
    assert isinstance(batch, TaskBatch), "a task makes prompts with answers"
    return TaskRun(loaded, batch, task, batch_size, seed)


def _heading(run: TaskRun, record: CircuitRecord | None = None) -> dict[str, Any]:
    circuit = {} if record is None else {"circuit": record.accession, "name": record.name}
    return circuit | {
        # Where it lies on this machine is in no record.
        "language_model": {"id": _named(run.loaded.hub_id), "revision": run.loaded.revision},
        "task": run.task.name,
        "n_prompts": len(run.batch.tokens),
        "seed": run.seed,
        "prompts_sha256": run.batch.sha256,
        "gate": asdict(task_gate(run.task, run.clean, run.accuracy)),
        "clean": float(run.clean.mean()),
        "corrupted": float(run.corrupted.mean()),
    }


def _named(source: str) -> str:
    return name_of_folder(source) if Path(source).expanduser().is_dir() else source


def _require_gate(run: TaskRun, content: dict[str, Any]) -> None:
    gate = content["gate"]
    if not gate["passed"]:
        raise IngestError(
            f"{content['language_model']['id']} does not do the task {run.task.name}: {gate['metric']} is "
            f"{gate['value']:.3f}, and {gate['required']:.3f} is required. Nothing is said of its heads."
        )


def _checked(heads: Sequence[HeadRef], loaded: LoadedModel) -> list[HeadRef]:
    wrong = [each for each in heads if each.layer not in loaded.attention_layers or each.head >= loaded.n_heads]
    if wrong:
        raise IngestError(
            f"{loaded.hub_id} has no head {wrong[0]}: {loaded.n_heads} heads in layers 0 to {loaded.n_layers - 1}."
        )
    return list(heads)


def _verified(knockouts: Knockouts, circuit: Circuit, seed: int) -> dict[str, Any]:
    needs = minimality(knockouts, circuit)
    return {
        "variant": circuit.name,
        "roles": {role: [str(head) for head in heads] for role, heads in circuit.roles.items()},
        "faithfulness": asdict(faithfulness(knockouts, circuit, seed=seed)),
        "completeness": [asdict(each) for each in completeness(knockouts, circuit, seed=seed)],
        "minimality": [asdict(each) | {"head": str(each.head)} for each in needs],
        "edges": [_edge(each) for each in measure_edges(knockouts.run, circuit, seed=seed)],
        "unmeasured_edges": list(circuit.unmeasured),
    }


def _edge(edge: MeasuredEdge) -> dict[str, Any]:
    return asdict(edge) | {"is_present": edge.is_present}


def _said(edge: MeasuredEdge) -> str:
    through = "" if edge.into is None else f" ({edge.into})"
    seen = "" if edge.is_present else "  not seen"
    return f"{edge.source} → {edge.target}{through}  {edge.share:+.3f} [{edge.low:+.3f}, {edge.high:+.3f}]{seen}"


def _tell_verified(content: dict[str, Any], json_file: str | None) -> None:
    if json_file is not None:
        write_json(content, json_file)
    if json_file == "-":
        return
    click.echo(f"{content['circuit']}  {content['name']}  {content['ablation']} ablation, all positions")
    for each in content["variants"]:
        faith = each["faithfulness"]
        click.echo(
            f"{each['variant']}: does {faith['share']:.3f} [{faith['low']:.3f}, {faith['high']:.3f}] of the task alone "
            f"({faith['circuit']:.3f} of {faith['whole']:.3f}; {faith['nothing']:.3f} without any head)"
        )
        widest = max(each["completeness"], key=lambda gap: gap["gap"])
        click.echo(f"  largest gap {widest['gap']:.3f} without {widest['part']}")
        least = min(each["minimality"], key=lambda need: need["need"])
        click.echo(f"  least needed {least['head']} ({least['role']}): {least['need']:.3f}")
        for edge in each["edges"]:
            shown = {name: value for name, value in edge.items() if name != "is_present"}
            click.echo(f"  {_said(MeasuredEdge(**shown))}")
