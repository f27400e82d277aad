"""A release as RO-Crate 1.1: one JSON-LD graph of the folder, its files and their makers.

https://w3id.org/ro/crate/1.1
"""

import json
from typing import Any

from catalog.release.manifest import Manifest
from catalog.release.readme import LICENCE_URL, description

_MEDIA_TYPES = {
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "sqlite": "application/vnd.sqlite3",
    "json": "application/json",
    "md": "text/markdown",
}
# RO-Crate 1.1 has no term for a checksum; this is the one that its Workflow Run profiles use.
_CONTEXT = ["https://w3id.org/ro/crate/1.1/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
_SOFTWARE = "#headcat"
_CONTRIBUTORS = "#contributors"


def ro_crate(manifest: Manifest) -> str:
    """The text of `ro-crate-metadata.json`."""
    files = [_file(each.name, each.n_bytes, each.sha256) for each in manifest.files]
    texts = {
        "README.md": "How to read, check, load and cite the release",
        "CHANGES.md": "What changed since the release before",
        "manifest.json": "Files with checksums, rows of each table, entries that changed",
        "croissant.json": "The release as Croissant",
    }
    files += [
        {"@id": name, "@type": "File", "name": name, "description": text, "encodingFormat": _media_type(name)}
        for name, text in texts.items()
    ]
    graph = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        },
        _root(manifest, [each["@id"] for each in files]),
        *_makers(manifest),
        *files,
    ]
    return json.dumps({"@context": _CONTEXT, "@graph": graph}, indent=1) + "\n"


def _root(manifest: Manifest, parts: list[str]) -> dict[str, Any]:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"headcat, release {manifest.name}",
        "description": description(manifest),
        "datePublished": manifest.created_at,
        "license": {"@id": LICENCE_URL},
        "identifier": manifest.accession,
        "version": manifest.name,
        "url": manifest.url,
        "author": {"@id": _CONTRIBUTORS},
        "publisher": {"@id": _CONTRIBUTORS},
        "keywords": "attention heads, mechanistic interpretability, language models, transformers",
        "hasPart": [{"@id": name} for name in parts],
        "mentions": {"@id": "#making"},
    }


def _makers(manifest: Manifest) -> list[dict[str, Any]]:
    return [
        {
            "@id": LICENCE_URL,
            "@type": "CreativeWork",
            "name": "Creative Commons Attribution 4.0 International",
            "identifier": "CC-BY-4.0",
            "description": "Share and adapt the records, and name the entry you used by its accession.",
        },
        {
            "@id": _CONTRIBUTORS,
            "@type": "Organization",
            "name": "headcat contributors",
            "url": manifest.url.rsplit("/releases/", 1)[0],
        },
        {
            "@id": _SOFTWARE,
            "@type": "SoftwareApplication",
            "name": "headcat",
            "url": manifest.url.rsplit("/releases/", 1)[0],
            "version": manifest.headcat_version,
        },
        {
            "@id": "#making",
            "@type": "CreateAction",
            "name": f"Making of the release {manifest.name}",
            "endTime": manifest.created_at,
            "instrument": {"@id": _SOFTWARE},
            "agent": {"@id": _CONTRIBUTORS},
            "result": {"@id": "./"},
        },
    ]


def _file(name: str, n_bytes: int, sha256: str) -> dict[str, Any]:
    table = name.rsplit("/", 1)[-1].split(".", maxsplit=1)[0]
    return {
        "@id": name,
        "@type": "File",
        "name": name,
        "description": "All published tables" if table == "catalog" else f"The table {table}",
        "contentSize": str(n_bytes),
        "encodingFormat": _media_type(name),
        "sha256": sha256,
    }


def _media_type(name: str) -> str:
    return _MEDIA_TYPES[name.rsplit(".", 1)[1]]
