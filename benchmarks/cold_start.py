"""How long a user waits: from `headcat serve` to the first answer, and for `headcat --help`.

Each start is a process of its own on the catalog that HEADCAT_DATABASE_URL names; medians of several. A plain
`python -c pass` is measured beside them, so that a slow machine shows itself.
"""

import argparse
import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HEADCAT = Path(sys.executable).parent / "headcat"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_to_first_answer() -> float:
    """From starting the server to the first answer of the API."""
    port = free_port()
    started = time.perf_counter()
    server = subprocess.Popen([HEADCAT, "serve", "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        while time.perf_counter() - started < 60:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5).read()
                return time.perf_counter() - started
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        raise SystemExit("The server did not answer within 60 s.")
    finally:
        server.terminate()
        server.wait()


def seconds_of(*command: str | Path) -> float:
    """Wall time of a command."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print; write the results where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    measured: dict[str, list[float]] = {"serve_to_first_answer": [], "help": [], "python": []}
    for _ in range(arguments.repeats):
        measured["serve_to_first_answer"].append(seconds_to_first_answer())
        measured["help"].append(seconds_of(HEADCAT, "--help"))
        measured["python"].append(seconds_of(sys.executable, "-c", "pass"))
    result = {
        name: {
            "median_s": round(statistics.median(times), 3),
            "min_s": round(min(times), 3),
            "max_s": round(max(times), 3),
        }
        for name, times in measured.items()
    }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps({"repeats": arguments.repeats, **result}, indent=2) + "\n")


if __name__ == "__main__":
    main()
