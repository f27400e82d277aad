"""Where the numbers of a report come from, in full, and the command that computes them again."""

import shlex
from collections.abc import Mapping
from typing import Any

from ingest.report.markup import Content, Markup, element, joined
from ingest.scan_result import ScanResult

# What `headcat scan` is told besides these stands in the environment (batch size, folder of models).
_OPTIONS = {
    "revision": "--revision",
    "detectors": "--detectors",
    "prompts": "--prompts",
    "length": "--length",
    "seed": "--seed",
    "dtype": "--dtype",
    "device": "--device",
    "device_map": "--device-map",
}


def provenance(result: ScanResult) -> Markup:
    """Everything that can change a number, and what was noticed on the way."""
    record = dict(result.provenance)
    notes, arguments = record.pop("notes"), record["arguments"]
    return element(
        "section",
        element("h2", "Provenance"),
        element("p", "Everything that can change a number of this page. Repeat it with:"),
        element("pre", element("code", command(arguments, result))),
        element("p", f"{result.options.batch_size} prompts at a time (HEADCAT_BATCH_SIZE)."),
        [element("h3", "Notes"), element("ul", [element("li", note) for note in notes])] if notes else None,
        nested(record),
        id="provenance",
    )


def command(arguments: Mapping[str, Any], result: ScanResult) -> str:
    """The command line that repeats the scan.

    A branch may have moved, so the revision that was measured is named where it is one of the hub.
    """
    parts = ["headcat", "scan", str(arguments.get("model", result.loaded.hub_id))]
    given = dict(arguments)
    if given.get("revision") is not None and not result.loaded.revision.startswith("sha256:"):
        given["revision"] = result.loaded.revision
    for name, option in _OPTIONS.items():
        if given.get(name) is not None:
            # A device map from a file is recorded by its content, which stands among the arguments.
            parts += [option, "FILE" if isinstance(given[name], Mapping) else str(given[name])]
    if given.get("no_statistics"):
        parts.append("--no-statistics")
    if given.get("no_ablation"):
        parts.append("--no-ablation")
    return shlex.join(parts)


def nested(values: Mapping[str, Any]) -> Markup:
    """A mapping as a list of names and values, mappings in it likewise."""
    return element(
        "dl",
        [joined(element("dt", name.replace("_", " ")), element("dd", _value(value))) for name, value in values.items()],
        class_="facts",
    )


def _value(value: Any) -> Content:
    if isinstance(value, Mapping):
        return nested(value) if value else "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return {None: "not set", True: "yes", False: "no"}.get(value, str(value)) if not isinstance(value, str) else value
