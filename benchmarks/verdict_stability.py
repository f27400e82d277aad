"""Whether the verdicts on the reference language model stay the same when the prompts are drawn anew.

    .venv/bin/python benchmarks/verdict_stability.py --seeds 10 --json benchmarks/results/verdict_stability.json

Every claim on the shipped reference language model is verified once for each seed: prompts, null models and resampling
are drawn anew, the weights stay. A finding is stable where all seeds give one verdict, on the narrow and, by itself, on
the broad reading. Bound: at least 99 % of the findings. Those that are not stable are written with what each seed said,
and the interval that its rule read.
"""

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from scan_cost import machine

from catalog.db import make_engine, make_reader
from catalog.queries.reverification import claims
from catalog.schema import upgrade
from catalog.seed import load
from catalog.settings import CatalogSettings
from catalog.wilson import wilson_interval
from ingest.loading import load_language_model
from ingest.local_models import SHIPPED
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions
from ingest.verification_record import make_rerun
from ingest.verify import groups_of, plan

HUB_ID = "headcat/reference"
BOUND = 0.99


def main() -> None:
    """Verify, compare, print and write."""
    parser = argparse.ArgumentParser(description="Verdicts on the reference language model, seed by seed.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--prompts", type=int, default=32)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    narrow: dict[str, list[dict[str, Any]]] = defaultdict(list)
    broad: dict[str, list[str | None]] = defaultdict(list)
    said: dict[str, str] = {}
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/catalog.sqlite")
        upgrade(engine)
        load(engine, CatalogSettings().seeds)
        with make_reader(engine)() as session:
            wanted = claims(session, language_model=HUB_ID)
            loaded = load_language_model(str(SHIPPED / "reference"), device="cpu")
            todo = plan(wanted, {each.name: each for each in select(["all"])}, _Shelf())
            ((row, _, group),) = todo.by_language_model
            detectors = select(sorted({claim.head_type.slug for claim in group if claim.head_type is not None}))
            for seed in range(arguments.seeds):
                began = time.perf_counter()
                options = ScanOptions(n_prompts=arguments.prompts, seed=seed, with_breadth=True)
                result = scan(loaded, detectors, options, groups=groups_of(group))
                found = {each.detector.name: each for each in result.detectors}
                for claim in group:
                    assert claim.head_type is not None, "claims of roles are set aside"
                    rerun = make_rerun(result, found[claim.head_type.slug], claim, row, "AHV-0000000")
                    said[claim.accession] = f"{claim.head_name} {claim.polarity} {claim.head_type.slug}"
                    narrow[claim.accession].append(_of(rerun))
                    part = rerun.found.as_record().get("breadth")
                    broad[claim.accession].append(None if part is None else part["judgement"]["verdict"])
                seconds.append(time.perf_counter() - began)
                print(f"seed {seed}: {seconds[-1]:.1f} s", flush=True)
        engine.dispose()
    content = _content(narrow, broad, said) | {
        "machine": machine(),
        "language_model": HUB_ID,
        "weights_sha256": loaded.weights_sha256,
        "n_seeds": arguments.seeds,
        "n_prompts": arguments.prompts,
        "seconds_of_a_seed": sorted(seconds)[len(seconds) // 2],
        "set_aside": dict(todo.set_aside),
    }
    for reading in ("narrow", "broad"):
        row_ = content[reading]
        print(f"{reading}: {row_['n_stable']} of {row_['n_findings']} findings have one verdict: {row_['share']:.3f}")
        for each in row_["not_stable"]:
            print(f"  {each['finding']} {each['claim']}: {each['verdicts']}")
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


class _Shelf:
    """The one folder that is asked for."""

    def find(self, _row: Any) -> Path:
        """Where the reference language model lies."""
        return SHIPPED / "reference"


def _of(rerun: Any) -> dict[str, Any]:
    measured = rerun.measured
    cause = measured.cause
    return {
        "verdict": rerun.judgement.verdict.value,
        "grade": rerun.judgement.grade,
        "score": measured.score,
        "low": measured.excess_low if cause is None or not cause.is_score else cause.low,
        "high": measured.excess_high if cause is None or not cause.is_score else cause.high,
    }


def _content(
    narrow: dict[str, list[dict[str, Any]]], broad: dict[str, list[str | None]], said: dict[str, str]
) -> dict[str, Any]:
    verdicts = {finding: [each["verdict"] for each in found] for finding, found in narrow.items()}
    grades = {finding: [each["grade"] for each in found] for finding, found in narrow.items()}
    measured = {finding: [each for each in found if each is not None] for finding, found in broad.items()}
    counted = {
        "narrow": _stability(verdicts, said),
        "broad": _stability({finding: found for finding, found in measured.items() if found}, said),
        "grade": _stability({finding: [str(each) for each in found] for finding, found in grades.items()}, said),
    }
    for each in counted["narrow"]["not_stable"]:
        each["by_seed"] = narrow[each["finding"]]
    return counted


def _stability(verdicts: dict[str, list[str]], said: dict[str, str]) -> dict[str, Any]:
    n_stable = sum(len(set(each)) == 1 for each in verdicts.values())
    pairs = [verdict == Counter(each).most_common(1)[0][0] for each in verdicts.values() for verdict in each]
    share = n_stable / len(verdicts)
    return {
        "n_findings": len(verdicts),
        "n_stable": n_stable,
        "share": share,
        "interval": wilson_interval(share, len(verdicts)),
        "is_met": share >= BOUND,
        "share_of_runs_with_the_usual_verdict": sum(pairs) / len(pairs),
        "verdicts": dict(Counter(verdict for each in verdicts.values() for verdict in each)),
        "not_stable": [
            {"finding": finding, "claim": said[finding], "verdicts": dict(Counter(each))}
            for finding, each in verdicts.items()
            if len(set(each)) > 1
        ],
    }


if __name__ == "__main__":
    main()
