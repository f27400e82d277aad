"""How fast the API answers, and how fast Datasette answers the same question from the same file.

    .venv/bin/python benchmarks/api_speed.py sqlite:////tmp/large.sqlite --datasette /tmp/datasette/bin/datasette

`generated_catalog.py` makes the catalog. Each case has 20 clients that ask again as soon as they are answered, over
kept connections, from a process of their own, against one server process. `distinct` cases never ask the same address
twice, so that no answer can be one that was kept; `repeated` ones ask the same again. Datasette (its own virtual
environment; never a dependency of ours) serves the same SQLite file, once as the rows of the table and once as a query
that joins the names which our answer also holds. All cases run in one call, Datasette's between ours.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import make_url, select

from catalog.db import make_engine, make_reader
from catalog.models import Finding, HeadType
from catalog.queries.finding import FindingQuery, find_finding_ids

N_CLIENTS = 20
JOINED = """
select f.accession, f.layer, f.head, f.unit, f.polarity, f.published_name, f.task, f.value, f.locator,
  p.slug, p.title, p.year, m.slug, m.hub_id, m.name, t.slug, t.name, t.accession, o.slug, o.name, e.slug, e.name
from findings f join papers p on p.id = f.paper_id join language_models m on m.id = f.language_model_id
  left join head_types t on t.id = f.head_type_id left join methods o on o.id = f.method_id
  left join metrics e on e.id = f.metric_id
where f.head_type_id = {type} and f.value <= {value} and f.status <> 'withdrawn'
order by f.value desc, f.id desc limit 50
"""


def main() -> None:
    """Run all cases and write what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database_url")
    parser.add_argument("--datasette", type=Path, help="Datasette's command; without it we are measured alone")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of each case")
    parser.add_argument("--workers", type=int, default=2, help="server processes of ours; Datasette has one")
    parser.add_argument("--page", type=int, default=1000, help="the deep page that is compared with the first")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.datasette is not None and not given.datasette.exists():
        sys.exit(f"There is no {given.datasette}; make it with: python3 -m venv DIR && DIR/bin/pip install datasette")
    cases = _cases(given.database_url, given.page)
    found: dict[str, dict[str, float]] = {}
    with _headcat(given.database_url, given.workers) as ours:
        for name, request in cases.items():
            found[name] = _measured(name, ours, request, given.seconds)
            if name == "distinct filtered page" and given.datasette is not None:
                found |= _datasette(given.datasette, given.database_url, given.seconds)
    result = {
        "machine": _machine(),
        "database": make_url(given.database_url).get_backend_name(),
        "n_clients": N_CLIENTS,
        "n_workers": given.workers,
        "cases": found,
        "ratios": _ratios(found),
    }
    print(json.dumps(result["ratios"], indent=1))
    if given.json is not None:
        given.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


Request = Callable[[random.Random], tuple[str, dict[str, str]]]


def _cases(database_url: str, page: int) -> dict[str, Request]:
    engine = make_engine(database_url)
    with make_reader(engine)() as session:
        accessions = list(session.scalars(select(Finding.accession).order_by(Finding.id)))
        after = _cursor_of(session, page)
    engine.dispose()
    base = "/api/v1/findings"

    def fixed(address: str) -> Request:
        return lambda _dice: (address, {})

    def below(dice: random.Random) -> str:
        # A bound that no other request has, so that each page begins elsewhere in the list and holds other findings.
        return f"value_lte={0.02 + 0.98 * dice.random():.9f}"

    return {
        "distinct filtered page": lambda dice: (f"{base}?head_type=induction&sort=-value&{below(dice)}", {}),
        "repeated filtered page": fixed(f"{base}?head_type=induction&sort=-value"),
        "distinct first page": lambda dice: (f"{base}?sort=-value&limit={dice.choice((49, 50))}&{_unused(dice)}", {}),
        "distinct deep page": lambda dice: (f"{base}?sort=-value&limit=50&cursor={after}&{_unused(dice)}", {}),
        "distinct verdict page": lambda dice: (f"{base}?verdict=reproduced&family=llama&sort=layer&{below(dice)}", {}),
        "distinct text page": lambda dice: (f"{base}?q=needle&sort=-value&{below(dice)}", {}),
        "entry by accession": lambda dice: (f"{base}/{dice.choice(accessions)}", {}),
        "frozen version": lambda dice: (f"/api/v1/entries/{dice.choice(accessions)}.v1", {}),
        "conditional": fixed(f"{base}?head_type=induction&sort=-value"),
    }


def _unused(dice: random.Random) -> str:
    # Another choice of the same fields is another address, and the same work.
    names = ["accession", "name", "value", "head_type", "language_model", "paper", "polarity", "url", "task", "locator"]
    dice.shuffle(names)
    return f"fields={','.join(names)}"


def _cursor_of(session: Any, page: int) -> str:
    """Cursor of a deep page, walked to in large steps."""
    query = FindingQuery(sort="-value", limit=500)
    rows, cursor = 0, ""
    while rows < 50 * (page - 1):
        found = find_finding_ids(session, query)
        rows += len(found.items)
        if found.next_cursor is None:
            sys.exit(f"The catalog has fewer than {page} pages; name a smaller --page.")
        cursor = found.next_cursor
        query = query.model_copy(update={"cursor": cursor})
    return quote(cursor)


@contextmanager
def _headcat(database_url: str, workers: int) -> Iterator[str]:
    command = [str(Path(sys.executable).parent / "headcat"), "serve", "--workers", str(workers)]
    with _server(command, {"HEADCAT_DATABASE_URL": database_url, **_UNLIMITED}, "/api/v1/health") as address:
        yield address


# The limit of requests is measured elsewhere.
_UNLIMITED = {"HEADCAT_RATE_LIMIT": "0"}


def _datasette(command: Path, database_url: str, seconds: float) -> dict[str, dict[str, float]]:
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return {}
    engine = make_engine(database_url)
    with make_reader(engine)() as session:
        type_id = session.scalar(select(HeadType.id).where(HeadType.slug == "induction"))
    engine.dispose()
    name = Path(str(url.database)).stem
    arguments = [str(command), "serve", "--immutable", str(url.database), "--setting", "sql_time_limit_ms", "10000"]

    def rows(dice: random.Random) -> tuple[str, dict[str, str]]:
        asked = f"head_type_id__exact={type_id}&value__lte={0.02 + 0.98 * dice.random():.9f}&status__not=withdrawn"
        return f"/{name}/findings.json?{asked}&_sort_desc=value&_size=50&_shape=objects&_nocount=1&_nofacet=1", {}

    def joined(dice: random.Random) -> tuple[str, dict[str, str]]:
        asked = JOINED.format(type=type_id, value=f"{0.02 + 0.98 * dice.random():.9f}")
        return f"/{name}.json?sql={quote(' '.join(asked.split()))}&_shape=arrays", {}

    with _server(arguments, {}, "/-/versions.json") as address:
        return {
            "Datasette, rows": _measured("Datasette, rows", address, rows, seconds),
            "Datasette, joined": _measured("Datasette, joined", address, joined, seconds),
        }


@contextmanager
def _server(command: list[str], environment: dict[str, str], probe: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                if asyncio.run(_once(port, probe))[0] == 200:
                    break
            except OSError:
                time.sleep(0.1)
        else:
            sys.exit(f"{command[0]} did not start.")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def _once(port: int, path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    status, headers, _ = await _ask(reader, writer, path, {})
    writer.close()
    return status, headers.get("etag", "")


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, headers: dict[str, str]
) -> tuple[int, dict[str, str], int]:
    lines = [f"GET {path} HTTP/1.1", "Host: x", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status = int(head.split(" ", 2)[1])
    found = {}
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        found[name.lower()] = value
    size = 0
    if found.get("transfer-encoding") == "chunked":
        while length := int((await reader.readline()).strip(), 16):
            await reader.readexactly(length + 2)
            size += length
        await reader.readline()
    elif status != 304:
        size = len(await reader.readexactly(int(found.get("content-length", 0))))
    return status, found, size


def _measured(name: str, address: str, request: Request, seconds: float) -> dict[str, float]:
    """One case, from a process of its own would be better; asyncio's share is the same for both servers."""
    is_conditional = name == "conditional"
    port = int(address.partition(":")[2])
    tag = asyncio.run(_once(port, request(random.Random(0))[0]))[1] if is_conditional else ""
    times, sizes, wrong = asyncio.run(_load(port, request, seconds, {"If-None-Match": tag} if tag else {}))
    if wrong:
        sys.exit(f"{name}: {len(wrong)} answers were not as expected, the first {wrong[0]}")
    ordered = sorted(times)
    shown = {
        "requests_per_second": round(len(times) / seconds, 1),
        "p50_ms": round(statistics.median(ordered) * 1e3, 1),
        "p95_ms": round(ordered[int(0.95 * len(ordered))] * 1e3, 1),
        "mean_bytes": round(statistics.mean(sizes)),
    }
    print(f"{name:26}", *(f"{value:>10} {unit}" for unit, value in shown.items()), flush=True)
    return shown


async def _load(port: int, request: Request, seconds: float, headers: dict[str, str]) -> tuple[Any, Any, list[Any]]:
    times: list[float] = []
    sizes: list[int] = []
    wrong: list[Any] = []
    expected = 304 if headers else 200
    until = time.perf_counter() + seconds

    async def client(number: int) -> None:
        dice = random.Random(number)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        while time.perf_counter() < until and not wrong:
            path, more = request(dice)
            began = time.perf_counter()
            status, _, size = await _ask(reader, writer, path, headers | more)
            times.append(time.perf_counter() - began)
            sizes.append(size)
            if status != expected:
                wrong.append((status, path))
        writer.close()

    await asyncio.gather(*(client(number) for number in range(N_CLIENTS)))
    return times, sizes, wrong


def _ratios(found: dict[str, dict[str, float]]) -> dict[str, float]:
    def ratio(one: str, other: str, key: str) -> float | None:
        return round(found[one][key] / found[other][key], 2) if one in found and other in found else None

    rate = "requests_per_second"
    ratios = {
        "deep page over first page, p50": ratio("distinct deep page", "distinct first page", "p50_ms"),
        "ours distinct over Datasette's rows, requests/s": ratio("distinct filtered page", "Datasette, rows", rate),
        "ours distinct over Datasette's joined, requests/s": ratio("distinct filtered page", "Datasette, joined", rate),
        "ours repeated over Datasette's rows, requests/s": ratio("repeated filtered page", "Datasette, rows", rate),
    }
    return {name: value for name, value in ratios.items() if value is not None}


def _machine() -> dict[str, Any]:
    return {"processor": platform.processor() or platform.machine(), "n_cpus": os.cpu_count(), "load": os.getloadavg()}


if __name__ == "__main__":
    main()
