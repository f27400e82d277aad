"""The examples of the document and of the README are what the server answers on the shipped records.

`pytest tests/api/test_examples.py --update-golden` writes both anew. Long texts are cut and lists show their first
item, which leaves every example valid by its schema. Answers about our own runs were recorded after
`headcat verify --all`; they depend on the machine, so that only their shape is compared.
"""

import json
import re
from pathlib import Path
from textwrap import wrap
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.openapi import EXAMPLES
from api.settings import ApiSettings
from tests.api.json_schema import violations

README = Path(__file__).parents[2] / "api" / "README.md"
API = "/api/v1"
GPT2 = "openai-community--gpt2"
# One request for each operation of the document.
REQUESTS = {
    "list_head_types": f"{API}/head-types?stage=latent_reasoning&sort=name",
    "read_head_type": f"{API}/head-types/induction",
    "list_findings": f"{API}/findings?language_model=openai-community/gpt2&head_type=induction&verdict=untested",
    "read_finding": f"{API}/findings/AHF-000123",
    "list_circuits": f"{API}/circuits?language_model=openai-community/gpt2",
    "read_circuit": f"{API}/circuits/greater_than_gpt2_small",
    "list_head_lists": f"{API}/head-lists?head_type=retrieval&sort=-n_heads",
    "list_head_lists_of_language_model": f"{API}/language-models/yaofu--llama-2-7b-80k/head-lists",
    "read_head_list": f"{API}/language-models/yaofu--llama-2-7b-80k/head-lists/retrieval",
    "list_language_models": f"{API}/language-models?family=llama&has_findings=true",
    "read_language_model": f"{API}/language-models/{GPT2}",
    "list_language_model_scores": f"{API}/language-models/{GPT2}/scores?sort=-score",
    "read_head": f"{API}/language-models/{GPT2}/heads/L5H1",
    "list_head_score_tables": f"{API}/head-score-tables?unit=kv_group",
    "read_head_score_table": f"{API}/head-score-tables/yaofu--llama-2-7b-80k__retrieval_score_wu2024",
    "list_scores": f"{API}/head-score-tables/yaofu--llama-2-7b-80k__retrieval_score_wu2024/scores?sort=-score",
    "list_papers": f"{API}/papers?head_type=induction",
    "list_heads": f"{API}/heads?head_type=induction&language_model=openai-community/gpt2",
    "list_assessments": f"{API}/assessments?language_model=openai-community/gpt2&head_type=induction&outcome=untested",
    "list_similar_heads": f"{API}/language-models/{GPT2}/heads/L5H1/similar?limit=3",
    "search_texts": f"{API}/search?q=needle retrieval&kind=head_type",
    "list_search_fields": f"{API}/search-fields",
    "resolve": f"{API}/resolve?q=s-inhibition",
    "compare_side_by_side": f"{API}/compare?kind=head_types&items=induction,retrieval",
    "list_coverage": f"{API}/coverage?head_type=induction&family=gpt",
    "list_transfers": f"{API}/transfer?head_type=induction&family=gpt",
    "download_transfers": f"{API}/transfer.csv?head_type=induction&language_model=openai-community/gpt2",
    "list_depths": f"{API}/transfer/depths",
    "list_inheritance": f"{API}/transfer/inheritance?language_model=huggyllama/llama-7b",
    "read_paper": f"{API}/papers/in-context-learning-and-induction-heads",
    "cite_a_paper": f"{API}/papers/in-context-learning-and-induction-heads/bibtex",
    "list_stages": f"{API}/stages",
    "list_stage_transitions": f"{API}/stage-transitions",
    "read_stage": f"{API}/stages/latent_reasoning",
    "list_methods": f"{API}/methods?level=class",
    "read_method_tree": f"{API}/method-tree",
    "read_method": f"{API}/methods/scoring",
    "list_glossary_terms": f"{API}/glossary?q=circuit",
    "read_glossary_term": f"{API}/glossary/circuit",
    "list_metrics": f"{API}/metrics?slug=retrieval_score_wu2024",
    "read_metric": f"{API}/metrics/retrieval_score_wu2024",
    "list_benchmarks": f"{API}/benchmarks?head_type=induction",
    "read_benchmark": f"{API}/benchmarks/lre",
    "list_human_analogues": f"{API}/human-analogues",
    "read_human_analogue": f"{API}/human-analogues/predictive_coding",
    "list_mechanisms": f"{API}/mechanisms?head_type=name_mover",
    "read_mechanism": f"{API}/mechanisms/ioi",
    "list_crosswalks": f"{API}/crosswalks",
    "read_crosswalk": f"{API}/crosswalks/attention_head_naming_convention?match=exact",
    "list_entries": f"{API}/entries?kind=AHC",
    "read_entry_feed": f"{API}/feeds/entries.json?kind=AHT&limit=1",
    "read_finding_feed": f"{API}/feeds/findings.json?head_type=induction&limit=1",
    "read_llms_text": "/llms.txt",
    "read_entry": f"{API}/entries/AHF-000123.v1",
    "read_linkset": f"{API}/entries/AHF-000123.v1/linkset",
    "cite_an_entry": f"{API}/entries/AHF-000123.v1/bibtex",
    "read_stats": f"{API}/stats",
    "read_health": f"{API}/health",
    "list_problem_types": "/problems",
    "read_problem_type": "/problems/withdrawn",
}
SEARCH = {
    "where": {
        "and": [
            {"field": "head_type", "op": "eq", "value": "retrieval"},
            {"field": "depth", "op": "gte", "value": 0.5},
            {"not": {"field": "family", "op": "eq", "value": "llama"}},
        ]
    },
    "sort": "-value",
}
# Operations that take a body: their requests are written with it.
POSTED = {"search": (f"{API}/search", SEARCH)}
REQUESTS |= {operation: f"{path} {json.dumps(body)}" for operation, (path, body) in POSTED.items()}
RECORDED = {
    "list_verifications",
    "read_verification",
    "read_head_list_version",  # the name of a version follows from the records
    "list_detectors",
    "list_reliability",
    "read_detector",
    "list_scan_runs",
    "read_scan_run",
    "list_releases",
    "read_release",
    "read_manifest",
    "read_file",
    "cite_a_release",
    "list_jobs",
    "read_job",
    "queue_job",
    "cancel_job",
    "retry_job",
    "follow_job",
}
DOCUMENT: dict[str, Any] = create_app(ApiSettings(database_url="sqlite://")).openapi()
METHODS = {
    operation["operationId"]: (method, path)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}
OPERATIONS = {operation: path for operation, (_, path) in METHODS.items()}


@pytest.fixture(scope="module")
def shipped(seeded_engine: Engine) -> TestClient:
    """The server over the shipped records alone, under its usual address."""
    if seeded_engine.dialect.name != "sqlite":
        pytest.skip("examples are recorded on SQLite; PostgreSQL orders names by its own collation")
    return TestClient(create_app(ApiSettings(), seeded_engine))


def example_of(client: TestClient, request: str) -> Any:
    """What the server answers, cut short."""
    path, _, body = request.partition(" {")
    if body:
        response = client.post(path, content="{" + body, headers={"content-type": "application/json"})
    else:
        address = urlsplit(request)
        query = dict(parse_qsl(address.query))
        response = client.get(f"{address.path}?{urlencode(query)}" if query else address.path)
    assert response.status_code == 200, f"{request}: {response.text}"
    return cut(response.json()) if "json" in response.headers["content-type"] else undated(response.text)


def cut(value: Any, key: str = "") -> Any:
    """The first item of every list, the beginning of every long text, and no moment that changes with each run."""
    if isinstance(value, dict):
        return {name: cut(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [cut(each) for each in value[:1]]
    if isinstance(value, str):
        if key in ("created_at", "date_modified"):
            return "2026-01-01T00:00:00Z"
        return value if len(value) <= 120 or key in ("next", "next_cursor") else f"{value[:119]}…"
    return value


def stable(value: Any) -> Any:
    """Without what each further record moves: counts, and the keys in cursors."""
    if isinstance(value, dict):
        moving = {name for name in value if name in ("n", "total", "next", "next_cursor") or name.startswith("n_")}
        return {name: stable(each) for name, each in value.items() if name not in moving}
    return [stable(each) for each in value] if isinstance(value, list) else value


def undated(text: str) -> str:
    return re.sub(r"(year|month) = {\d+}", r"\1 = {…}", text)


def readme() -> str:
    """The README that belongs to the recorded examples."""
    head, _, _ = README.read_text(encoding="utf-8").partition(MARK)
    return head + MARK + "".join(section(operation) for operation in EXAMPLES)


MARK = "<!-- Written by tests/api/test_examples.py; the text above is written by hand. -->\n"


def section(operation: str) -> str:
    method, path = METHODS[operation]
    described = DOCUMENT["paths"][path][method]["description"].splitlines()[0]
    example = EXAMPLES[operation]
    answer = example["answer"]
    shown = brief(answer) if not isinstance(answer, str) else answer.rstrip()
    asked = indented(f"{method.upper()} {example['request']}")
    return f"\n### `{method.upper()} {path}`\n\n{described}\n\n{asked}\n\n{indented(shown)}\n"


# Fields that every record of a kind has alike; a reader of the README has seen them after the first.
ALIKE = {"version", "status", "url", "version_url", "cite_url", "hub_id", "revision"}


def brief(answer: Any) -> str:
    """An answer in a few lines: what is empty, alike everywhere or deeper is left out."""
    if isinstance(answer, list):
        return f"[{brief(answer[0])}, …]"
    if answer.get("items") and "next" in answer:
        return f'{{"items": [{brief(answer["items"][0])}, …], "next": {flat(answer["next"])}, …}}'
    telling = {name: value for name, value in answer.items() if name not in ALIKE and value not in (None, [], {})}
    shown = [f"{json.dumps(name)}: {flat(value)}" for name, value in list(telling.items())[:10]]
    return f"{{{', '.join([*shown, '…'] if len(shown) < len(answer) else shown)}}}"


def flat(value: Any) -> str:
    if isinstance(value, dict):
        named = next((value[name] for name in ("slug", "accession", "name") if name in value), None)
        return f'{{"slug": {json.dumps(named)}, …}}' if named and "slug" in value else "{…}"
    if isinstance(value, list):
        return "[]" if not value else f"[{flat(value[0])}, …]"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 100 else text[:97] + '…"'


def indented(text: str) -> str:
    lines = [
        part for line in text.splitlines() for part in wrap(line, 112, subsequent_indent="  ", break_long_words=False)
    ]
    return "\n".join(f"    {line}" for line in lines)


def test_every_operation_has_an_example() -> None:
    assert set(REQUESTS) | RECORDED == set(OPERATIONS)
    assert set(EXAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_example_fits_its_schema(operation: str) -> None:
    answer = EXAMPLES[operation]["answer"]
    method, path = METHODS[operation]
    documented = DOCUMENT["paths"][path][method]["responses"]["200"].get("content", {})
    if not isinstance(answer, str):
        content = next(each for media_type, each in documented.items() if media_type.endswith("json"))
        assert violations(answer, content["schema"], DOCUMENT) == []
        assert content["example"] == answer


def test_examples_are_what_the_server_answers(shipped: TestClient, request: pytest.FixtureRequest) -> None:
    current = {
        operation: {"request": REQUESTS[operation], "answer": example_of(shipped, REQUESTS[operation])}
        for operation in OPERATIONS
        if operation in REQUESTS
    }
    if request.config.getoption("--update-golden"):
        kept = {operation: EXAMPLES[operation] for operation in RECORDED if operation in EXAMPLES}
        merged = {operation: (current | kept)[operation] for operation in OPERATIONS if operation in current | kept}
        EXAMPLES.clear()
        EXAMPLES.update(merged)
        file = README.parent / "examples.json"
        file.write_text(json.dumps(merged, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        README.write_text(readme(), encoding="utf-8")
    for operation, example in current.items():
        assert stable(EXAMPLES[operation]) == stable(example), operation


def test_readme_shows_the_examples() -> None:
    assert README.read_text(encoding="utf-8") == readme()
