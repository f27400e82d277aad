"""Writes the records and filters of the client from the API's document: `python -m api.generate_client`.

A test compares the files with what the document gives, so that client and server cannot drift apart.
"""

import keyword
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "client"
_WIDTH = 120
# Without its suffix it would have the name of a closed list.
_KEPT = ("ConversionRecord",)
_ROOTS = (
    ("HeadTypes", "/head-types"),
    (None, "/head-types/{slug}"),
    ("Findings", "/findings"),
    (None, "/findings/{accession}"),
    ("Verifications", "/verifications"),
    ("LanguageModels", "/language-models"),
    ("Heads", "/heads"),
    (None, "/language-models/{slug}/heads/{head}"),
    ("HeadLists", "/head-lists"),
    ("HeadList", "/language-models/{slug}/head-lists/{head_type}"),
    ("TextSearch", "/search"),
    (None, "/resolve"),
    ("Releases", "/releases"),
    (None, "/releases/{name}"),
)
"""Name of the filters, where an operation has some, and its address."""

# The client pages by itself, and its records are whole.
_OWN_PARAMETERS = ("limit", "cursor", "total", "fields", "include", "format")
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_TIMES = {"date-time": "datetime", "date": "date"}


def sources() -> dict[str, str]:
    """The generated files, by their path in `client/`."""
    document = _document()
    schemas = document["components"]["schemas"]
    found: dict[str, None] = {}
    for _, path in _ROOTS:
        _reach(document["paths"][f"/api/v1{path}"]["get"]["responses"]["200"], schemas, found)
    _reach(document["paths"]["/api/v1/search"]["post"]["responses"]["200"], schemas, found)
    files = {"filters.py": _filters(document, found)}
    homes = _homes()
    names = [
        name for name in found if not name.startswith("PageOf") and name not in ("SearchAnswer", "IncludedRecords")
    ]
    modules = {name: "vocabulary" if "enum" in schemas[name] else homes[name] for name in names}
    for module in sorted(set(modules.values())):
        own = [name for name in names if modules[name] == module]
        files[f"records/{module}.py"] = _module(module, own, schemas, modules)
    return files


def _document() -> dict[str, Any]:
    from api.app import create_app  # noqa: PLC0415 - a script, which the command line never loads
    from api.settings import ApiSettings  # noqa: PLC0415

    return create_app(ApiSettings(database_url="sqlite://")).openapi()


def _homes() -> dict[str, str]:
    """Which file of `api/schemas` has a class: the client has it in the file of the same name."""
    from api.schemas.base import Record  # noqa: PLC0415 - a script, which the command line never loads

    def below(kind: type[Record]) -> Iterator[type[Record]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    return {kind.__name__: kind.__module__.rpartition(".")[2] for kind in below(Record)}


def _reach(part: Any, schemas: dict[str, Any], found: dict[str, None]) -> None:
    """Add the names of all schemas that a part of the document needs, each after those that it needs itself."""
    if isinstance(part, dict):
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            if name not in found:
                _reach(schemas[name], schemas, found)
                found[name] = None
        for each in part.values():
            _reach(each, schemas, found)
    elif isinstance(part, list):
        for each in part:
            _reach(each, schemas, found)


def _module(module: str, own: list[str], schemas: dict[str, Any], modules: dict[str, str]) -> str:
    bodies: list[str] = []
    used: dict[str, None] = {}
    for name in own:
        schema = schemas[name]
        _reach(schema.get("properties", {}), {each: {} for each in schemas}, used)
        bodies.append(_alias(name, schema) if "enum" in schema else _class(name, schema))
    gap = "\n\n" if module == "vocabulary" else "\n\n\n"
    others: dict[str, list[str]] = {}
    for each in used:
        if modules[each] != module:
            others.setdefault(modules[each], []).append(_short(each))
    ours = [_import(f"api.client.records.{home}", sorted(others[home])) for home in sorted(others)]
    head = f'"""Records of the API ({module}), written by `python -m api.generate_client` from its document."""'
    parts = (head, "\n".join(_library(gap.join(bodies))), "\n".join(ours))
    return "\n\n".join(filter(None, parts)) + gap + gap.join(bodies) + "\n"


def _library(text: str) -> list[str]:
    """Imports from the standard library that a text needs."""
    code = "\n".join(re.findall(r"^(?:@|class | +\w+: |\w+ = ).*", text, re.MULTILINE))
    wanted = {
        "dataclasses": ["dataclass"],
        "datetime": ["date", "datetime"],
        "typing": ["Any", "Literal", "TypedDict"],
    }
    used = {module: [each for each in names if re.search(rf"\b{each}\b", code)] for module, names in wanted.items()}
    return [f"from {module} import {', '.join(names)}" for module, names in used.items() if names]


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _WIDTH:
        return line
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _alias(name: str, schema: dict[str, Any]) -> str:
    line = _wrapped(f"{name} = ", _literal(schema["enum"]))
    return f"{line}\n{_docstring(schema.get('description') or f'Values of {name}.', 0)}"


def _class(name: str, schema: dict[str, Any]) -> str:
    lines = ["@dataclass(frozen=True, slots=True)", f"class {_short(name)}:"]
    lines.append(_docstring(schema["description"], 4) + "\n")
    for field, held in schema["properties"].items():
        if keyword.iskeyword(field):
            raise ValueError(f"{name}.{field} is a word of Python's; name the field otherwise.")
        lines.append(f"    {field}: {_type(held)}")
        lines.append(_docstring(held["description"], 4) if "description" in held else "")
    return "\n".join(line for line in lines if line)


def _filters(document: dict[str, Any], found: dict[str, None]) -> str:
    bodies: list[str] = []
    used: dict[str, None] = {}
    for name, path in _ROOTS:
        if name is None:
            continue
        operation = document["paths"][f"/api/v1{path}"]["get"]
        lines = [f"class {name}Filters(TypedDict, total=False):"]
        lines.append(f'    """What GET {path} can be asked for."""\n')
        for each in operation.get("parameters", []):
            if each["in"] != "query" or each["name"] in _OWN_PARAMETERS:
                continue
            if path == "/search" and each["name"] == "q":
                continue
            _reach(each["schema"], document["components"]["schemas"], used)
            # A filter that is not meant is left out.
            lines.append(_wrapped(f"    {each['name']}: ", _type(each["schema"]).removesuffix(" | None")))
            lines += [_docstring(each["description"], 4)] if "description" in each else []
        bodies.append("\n".join(lines))
    text = "\n\n\n".join(bodies)
    head = '"""Filters of the API\'s lists, written by `python -m api.generate_client` from its document."""'
    ours = _import("api.client.records.vocabulary", sorted(map(_short, used)))
    return "\n\n".join((head, "\n".join(_library(text)), ours)) + "\n\n\n" + text + "\n"


def _type(schema: dict[str, Any]) -> str:
    """The Python type of a schema."""
    if "$ref" in schema:
        return _short(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if "enum" in schema or "const" in schema:
        return _literal(schema.get("enum") or [schema["const"]])
    kind = schema.get("type")
    if kind == "array":
        return f"list[{_type(schema['items'])}]"
    if kind == "object":
        held = schema.get("additionalProperties")
        return f"dict[str, {_type(held) if isinstance(held, dict) else 'Any'}]"
    return _TIMES.get(schema.get("format", ""), _PLAIN.get(kind or "", "Any"))


def _literal(values: list[Any]) -> str:
    return "Literal[" + ", ".join(f'"{each}"' if isinstance(each, str) else repr(each) for each in values) + "]"


def _wrapped(start: str, kind: str) -> str:
    """A declaration, with one value a line where they are too many for one."""
    if len(start + kind) <= _WIDTH or not kind.startswith("Literal["):
        return start + kind
    indent = " " * (len(start) - len(start.lstrip()))
    values = kind.removeprefix("Literal[").removesuffix("]").split(", ")
    return f"{start}Literal[\n" + "".join(f"{indent}    {each},\n" for each in values) + f"{indent}]"


def _short(name: str) -> str:
    return name if name in _KEPT else name.removesuffix("Record")


def _docstring(text: str, indent: int) -> str:
    """A docstring of one paragraph; quotation marks within are kept apart from those around it."""
    space = " " * indent
    text = " ".join(text.split())
    raw = "r" if "\\" in text else ""
    text = text + " " if text.endswith('"') else text
    if len(text) + indent + 6 + len(raw) <= _WIDTH:
        return f'{space}{raw}"""{text}"""'
    lines = textwrap.wrap(text, _WIDTH - indent - 4, break_long_words=False, break_on_hyphens=False)
    return f'{space}{raw}"""' + f"\n{space}".join(lines) + f'\n{space}"""'


def main() -> None:
    """Write the files."""
    for name, text in sources().items():
        file = FOLDER / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
