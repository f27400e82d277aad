"""What a release says to people: README.md and CHANGES.md."""

from catalog.export.folder import CHECKSUMS
from catalog.release.manifest import Manifest, counted

KINDS = {"AHT": "head types", "AHF": "findings", "AHC": "circuits", "AHV": "verifications"}
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"

# Entries named one by one in CHANGES.md; manifest.json has all of them.
_NAMED = 200


def description(manifest: Manifest) -> str:
    """A release in two sentences."""
    holds = ", ".join(f"{n:,} {KINDS[kind]}" for kind, n in manifest.entries.items())
    return (
        "headcat is the catalog of attention heads in language models: which heads were claimed to be of which type, "
        f"by whom, by which method, and whether it holds when it is run again. This release holds {holds or 'no entry'}"
        f" and {manifest.tables['head_scores']:,} scores of heads."
    )


def readme(manifest: Manifest) -> str:
    """How to read, check, load and cite a release."""
    rows = "\n".join(f"| `{name}` | {n:,} |" for name, n in manifest.tables.items())
    return f"""# headcat {manifest.name} ({manifest.accession})

{description(manifest)}

Made on {manifest.created_at} by headcat {manifest.headcat_version}, schema version {manifest.schema_version}.

## Files

- `jsonl/`: one file for each table, one JSON object for each row. `headcat release load` reads these.
- `parquet/`: the same tables typed, for pandas, polars, DuckDB and Spark; columns of JSON hold it as text.
- `catalog.sqlite`: the same as a catalog with its indices. Work on a copy, opening it changes its bytes:
  `cp catalog.sqlite mine.sqlite && HEADCAT_DATABASE_URL=sqlite:///mine.sqlite headcat serve`
- `manifest.json`: files with checksums, rows, and every entry that was added or changed.
- `CHANGES.md`: what changed since {manifest.previous or "the beginning; this is the first release"}.
- `croissant.json`, `ro-crate-metadata.json`: the same description for machines, as Croissant 1.0 and RO-Crate 1.1.

Check the files with `sha256sum --check {CHECKSUMS}`. Load them into an empty catalog with

    headcat db upgrade
    headcat release load DIR

## Rows

| table | rows |
|---|---:|
{rows}

## Licence and citation

CC BY 4.0, {LICENCE_URL}. Per-head score tables keep the licence of their repository, stated in
`head_score_tables`. Cite the release as

> headcat contributors. headcat, release {manifest.name} ({manifest.accession}). {manifest.url}

and single entries by their accession and version, as AHF-000123.v1, with the papers that they name.
"""


def changes_text(manifest: Manifest) -> str:
    """The difference to the release before."""
    since = f"since {manifest.previous}" if manifest.previous else "in the first release: everything is added"
    lines = [f"# Changes {since}", ""]
    for name, n in counted(manifest.changes).items():
        lines.append(f"- {name}: {n:,}")
    for name, entries in manifest.changes.items():
        if not entries:
            continue
        shown = entries[:_NAMED]
        more = len(entries) - len(shown)
        rest = f", and {more:,} more in manifest.json" if more else ""
        lines += ["", f"## {name.capitalize()}", "", ", ".join(shown) + rest + "."]
    return "\n".join(lines) + "\n"
