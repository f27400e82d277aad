"""Kills workers at random moments and counts what became of their jobs.

    .venv/bin/python benchmarks/kill_workers.py --database sqlite:////tmp/kill/catalog.sqlite --kills 50 --workers 1
    .venv/bin/python benchmarks/postgresql_server.py /tmp/kill_pg \\
        .venv/bin/python benchmarks/kill_workers.py --database URL --kills 50 --workers 3

Jobs are real ones on the shipped reference language model: verifications of one head type each, and scans that are
stored. As long as kills are left the queue is kept filled; a killed worker is started again, as a supervisor would.
Afterwards every job must be done once: as many verifications as it has findings, one run, one table of scores for each
detector, and nothing in the catalog that no job made. Nothing is mended by hand.
"""

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from catalog.db import make_engine, make_reader
from catalog.jobs.job import JobRequest, JobState, scan_request, verify_request
from catalog.jobs.queue import JobQueue
from catalog.models import Finding, HeadScoreTable, HeadType, JobRun, LanguageModel, ScanRun, Verification
from catalog.vocabulary import JobRunEnd
from ingest.local_models import SHIPPED

_LONGEST_LIFE_S = 16.0
"""Most seconds between two kills; a worker needs some five to start."""
_WAITING = 4
_DETECTORS = "local,diagonal,induction,duplicate_token"


@dataclass
class Workers:
    """Worker processes under a supervisor."""

    database_url: str
    data: Path
    n: int
    running: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start_missing(self) -> None:
        """Start every worker that is not there."""
        for number in range(self.n):
            name = f"bench:cpu{number}"
            if name not in self.running or self.running[name].poll() is not None:
                environment = os.environ | {
                    "HEADCAT_DATABASE_URL": self.database_url,
                    "HEADCAT_DATA": str(self.data),
                    "OMP_NUM_THREADS": "1",
                }
                # A job may be hit more often than workers of healthy jobs die.
                command = [sys.executable, "-m", "catalog.command", "worker", "--name", name, "--most-deaths", "1000"]
                self.running[name] = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)

    def kill_one(self, generator: random.Random) -> str:
        """Kill a worker that lives, as a crash would."""
        name = generator.choice([name for name, each in self.running.items() if each.poll() is None])
        self.running[name].send_signal(signal.SIGKILL)
        self.running[name].wait()
        return name

    def stop(self) -> None:
        """End them all."""
        for each in self.running.values():
            each.terminate()
        for each in self.running.values():
            each.wait()


def requests(engine: Engine, generator: random.Random) -> list[JobRequest]:
    """A verification of each head type that is claimed of the reference language model, and as many scans."""
    with make_reader(engine)() as session:
        slugs = session.scalars(
            select(HeadType.slug)
            .join(Finding, Finding.head_type_id == HeadType.id)
            .join(LanguageModel, Finding.language_model_id == LanguageModel.id)
            .where(LanguageModel.hub_id == "headcat/reference")
            .distinct()
            .order_by(HeadType.slug)
        ).all()
    made = [verify_request(language_model="headcat/reference", head_type=slug, n_prompts=8) for slug in slugs]
    made += [
        scan_request(str(SHIPPED / "reference"), detectors=_DETECTORS, n_prompts=16, seed=seed)
        for seed in range(len(slugs))
    ]
    generator.shuffle(made)
    return made


def check(engine: Engine, queue: JobQueue, job_ids: list[str]) -> dict[str, Any]:
    """What became of the jobs; `wrong` lists every one that is not done exactly once."""
    wrong = []
    jobs = [queue.job(job_id) for job_id in job_ids]
    n_verifications = 0
    with make_reader(engine)() as session:
        for job in jobs:
            runs = session.scalars(select(ScanRun).where(ScanRun.job_part.startswith(job.id))).all()
            rows = select(Verification.finding_id).where(Verification.scan_run_id.in_([run.id for run in runs]))
            findings = session.scalars(rows).all()
            tables = [session.scalar(select(func.count()).where(HeadScoreTable.scan_run_id == run.id)) for run in runs]
            n_verifications += len(findings)
            said = (job.result or {}).get("verifications", [])
            expected_tables = len(_DETECTORS.split(",")) if job.kind == "scan" else None
            if (
                job.state is not JobState.DONE
                or len(runs) != 1
                or len(set(findings)) != len(findings)
                or len(said) != len(findings)
                or (job.kind == "verify" and not findings)
                or (expected_tables is not None and tables[0] is not None and tables[0] < expected_tables)
            ):
                wrong.append({"job": job.id, "state": job.state, "runs": len(runs), "findings": len(findings)})
        in_catalog = session.scalar(select(func.count()).select_from(Verification))
        all_runs = session.scalar(select(func.count()).select_from(ScanRun).where(ScanRun.job_part.is_not(None)))
        ends = Counter(session.scalars(select(JobRun.ended_as)).all())
    if in_catalog != n_verifications or all_runs != len(job_ids):
        wrong.append({"verifications": in_catalog, "of jobs": n_verifications, "runs": all_runs})
    return {
        "jobs": len(job_ids),
        "done": sum(job.state is JobState.DONE for job in jobs),
        "verifications": n_verifications,
        "starts of jobs": sum(ends.values()),
        "starts that were killed": ends[JobRunEnd.DIED],
        "wrong": wrong,
    }


def main() -> None:
    """Fill the queue, kill, wait, check; print, and write the result where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    generator = random.Random(given.seed)
    for command in ("db upgrade", "seed"):
        subprocess.run(
            [sys.executable, "-m", "catalog.command", *command.split()],
            env=os.environ | {"HEADCAT_DATABASE_URL": given.database},
            check=True,
        )
    engine, queue = make_engine(given.database), JobQueue(given.database)
    pool = requests(engine, generator)
    job_ids: list[str] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as data:
        workers = Workers(given.database, Path(data), given.workers)
        for number in range(given.kills):
            while len(queue.jobs(states=(JobState.QUEUED,))) < _WAITING:
                job_ids.append(queue.add(pool[len(job_ids) % len(pool)], job_id=f"kill-{len(job_ids):04d}").id)
            workers.start_missing()
            time.sleep(generator.uniform(0.0, _LONGEST_LIFE_S))
            name = workers.kill_one(generator)
            print(f"kill {number + 1}: {name}, {len(job_ids)} jobs so far", flush=True)
        while queue.jobs(states=(JobState.QUEUED, JobState.RUNNING), limit=1):
            workers.start_missing()
            time.sleep(1)
        workers.stop()
    found = {
        "database": engine.dialect.name,
        "workers": given.workers,
        "kills": given.kills,
        "seconds": round(time.monotonic() - began, 1),
        "machine": {"processor": platform.processor() or platform.machine(), "cpus": os.cpu_count()},
        **check(engine, queue, job_ids),
    }
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(text + "\n")
    sys.exit(bool(found["wrong"]))


if __name__ == "__main__":
    main()
