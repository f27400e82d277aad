"""How long 100,000 stored verdicts take to judge again: parsed, hashed, recomputed from their prompts, judged.

Records of `headcat verify --json FILE` are written again under fresh accessions, as JSON Lines with blanks, until there
are as many as asked for; each is hashed and computed by itself. Processor time is that of one core, also where others
use the machine.
"""

import argparse
import json
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.replay.replay import Replayed, replay
from ingest.replay.stored import read_file


def lines(records: list[dict], n: int) -> Iterator[str]:
    """As many records as asked for, one a line."""
    for number in range(n):
        record = records[number % len(records)]
        yield json.dumps(record | {"accession": f"AHV-{number + 1:07d}"}) + "\n"


def main() -> None:
    """Measure and print; write the results where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="output of headcat verify --json")
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    records = json.loads(arguments.file.read_text())["verifications"]
    with TemporaryDirectory() as folder:
        file = Path(folder) / "records.jsonl"
        with file.open("w") as out:
            out.writelines(lines(records, arguments.n))
        clock, processor = time.perf_counter(), time.process_time()
        equal = sum(isinstance(each, Replayed) and each.is_equal for each in replay(read_file(str(file))))
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        size_bytes = file.stat().st_size
    if equal != arguments.n:
        raise SystemExit(f"{arguments.n - equal} of {arguments.n} records did not come out equal.")
    found = {
        "n": arguments.n,
        "n_different_records": len(records),
        "n_with_ablations": sum(record["by_prompt"]["mean_ablation"] is not None for record in records),
        "n_prompts": records[0]["provenance"]["options"]["n_prompts"],
        "bytes_per_record": round(size_bytes / arguments.n),
        "processor_s": round(processor, 1),
        "clock_s": round(clock, 1),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
    }
    print(json.dumps(found, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
