"""The OpenAPI document: what the framework derives, with our one shape of errors in place of its own."""

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from api.errors import MEDIA_TYPE
from api.route_table import RouteTable
from api.schemas.problem import Problem

EXAMPLES: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "examples.json").read_text(encoding="utf-8"))
"""A request and its answer for each operation; `tests/api/test_examples.py` compares them with the server."""

_REFUSED = {
    "description": "A problem of the request: unknown name, parameter or value, or a withdrawn entry.",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_FAILED = {**_REFUSED, "description": "A fault of the server, or a catalog that cannot be read."}


def describe(app: FastAPI, table: RouteTable) -> None:
    """Complete the document whenever it is first asked for; its order does not depend on what was loaded first."""
    derive = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            table.load_document()
            document = derive()
            document["paths"] = dict(sorted(document["paths"].items(), key=lambda item: table.position(item[0])))
            _complete(document)
        return derive()

    app.openapi = openapi  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs")
    schemas["Problem"] = problem
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            _add_example(operation)
            operation["responses"] |= {"4XX": _REFUSED, "5XX": _FAILED}


def _add_example(operation: dict[str, Any]) -> None:
    example = EXAMPLES.get(operation["operationId"])
    documented = operation["responses"]["200"].get("content", {})
    content = documented.get("application/json") or next(
        (each for media_type, each in documented.items() if media_type.endswith("+json")), None
    )
    if example is not None and content is not None and not isinstance(example["answer"], str):
        content["example"] = example["answer"]
