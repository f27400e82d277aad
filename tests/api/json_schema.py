"""Checks JSON against the schemas of an OpenAPI document; a keyword that it does not know is an error.

Small on purpose: it covers what our models produce, and needs no further library.
"""

from collections.abc import Callable
from typing import Any

# Keywords that describe and refuse nothing.
_SILENT = {"title", "description", "default", "examples", "format", "$defs"}
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def violations(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "") -> list[str]:
    """What in a value breaks its schema, each with its place."""
    unknown = set(schema) - _SILENT - set(_RULES) - set(_NESTED)
    assert not unknown, f"{at}: the keywords {unknown} are not checked; teach this file"
    found = [
        f"{at}: {value!r} breaks {keyword} {rule!r}"
        for keyword, rule in schema.items()
        if keyword in _RULES and not _RULES[keyword](value, rule)
    ]
    for keyword in _NESTED & set(schema):
        found += _nested(keyword, value, schema, document, at)
    return found


_RULES: dict[str, Callable[[Any, Any], bool]] = {
    "type": lambda value, rule: isinstance(value, _TYPES[rule]) and (rule == "boolean" or not isinstance(value, bool)),
    "enum": lambda value, rule: value in rule,
    "const": lambda value, rule: value == rule,
    "minimum": lambda value, rule: not isinstance(value, int | float) or value >= rule,
    "maximum": lambda value, rule: not isinstance(value, int | float) or value <= rule,
    "minItems": lambda value, rule: not isinstance(value, list) or len(value) >= rule,
    "maxItems": lambda value, rule: not isinstance(value, list) or len(value) <= rule,
    "required": lambda value, rule: not isinstance(value, dict) or not set(rule) - set(value),
}
_NESTED = {"$ref", "anyOf", "properties", "items", "prefixItems", "additionalProperties"}


def _nested(keyword: str, value: Any, schema: dict[str, Any], document: dict[str, Any], at: str) -> list[str]:
    rule = schema[keyword]
    if keyword == "$ref":
        return violations(value, document["components"]["schemas"][rule.rpartition("/")[2]], document, at)
    if keyword == "anyOf":
        tried = [violations(value, each, document, at) for each in rule]
        return [] if [] in tried else [f"{at}: {value!r} fits nothing of anyOf: {tried}"]
    if keyword == "items" and isinstance(value, list):
        return [each for n, item in enumerate(value) for each in violations(item, rule, document, f"{at}[{n}]")]
    if keyword == "prefixItems" and isinstance(value, list):
        placed = enumerate(zip(value, rule, strict=False))
        return [each for n, (item, own) in placed for each in violations(item, own, document, f"{at}[{n}]")]
    if keyword == "properties" and isinstance(value, dict):
        extra = [] if "additionalProperties" in schema else sorted(set(value) - set(rule))
        parts = [violations(value[name], rule[name], document, f"{at}.{name}") for name in rule if name in value]
        return [f"{at}: {name} is not described" for name in extra] + [each for part in parts for each in part]
    # additionalProperties: our models use it for free-form details only, whose values may be anything.
    return []
