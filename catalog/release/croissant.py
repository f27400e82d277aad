"""A release as Croissant 1.0: its Parquet files, and the columns of each table with their types.

http://mlcommons.org/croissant/1.0
"""

import json
from typing import Any

from catalog.export.reading import TableSource
from catalog.export.tables import kind_of
from catalog.models import Base
from catalog.release.manifest import Manifest
from catalog.release.readme import LICENCE_URL, description

# Parquet under the name that mlcroissant 1.1.1 reads; IANA's application/vnd.apache.parquet it refuses.
_PARQUET = "application/x-parquet"

_TYPES = {
    "json": "sc:Text",
    "datetime": "sc:DateTime",
    "date": "sc:Date",
    "boolean": "sc:Boolean",
    "integer": "sc:Integer",
    "float": "sc:Float",
    "text": "sc:Text",
}

_TERMS = """
    citeAs column equivalentProperty extract field fileProperty fileObject fileSet format includes isLiveDataset
    jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate separator source
    subField transform
"""

# The terms of the format, as its specification gives them.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in _TERMS.split()},
}


def croissant(manifest: Manifest, sources: list[TableSource]) -> str:
    """The text of `croissant.json`."""
    parquet = [file for file in manifest.files if file.name.startswith("parquet/")]
    # Machines load the release where it lies: file names relative to this description.
    distribution = [
        {
            "@type": "cr:FileObject",
            "@id": file.name,
            "name": file.name,
            "contentUrl": file.name,
            "contentSize": f"{file.n_bytes} B",
            "encodingFormat": _PARQUET,
            "sha256": file.sha256,
        }
        for file in parquet
    ]
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": f"headcat-{manifest.name}",
        "description": description(manifest),
        "identifier": manifest.accession,
        "url": manifest.url,
        "license": LICENCE_URL,
        "datePublished": manifest.created_at[:10],
        # The format wants a version of three numbers; the releases of a catalog are counted.
        "version": f"{manifest.number}.0.0",
        "citeAs": (
            f"@misc{{headcat:{manifest.accession}, title = {{headcat, release {manifest.name} ({manifest.accession})}}"
            f", author = {{{{headcat contributors}}}}, year = {{{manifest.created_at[:4]}}}, url = {{{manifest.url}}}}}"
        ),
        "creator": {"@type": "sc:Organization", "name": "headcat contributors"},
        "publisher": {"@type": "sc:Organization", "name": "headcat"},
        "keywords": ["attention heads", "mechanistic interpretability", "language models"],
        "distribution": distribution,
        "recordSet": [_record_set(source) for source in sources],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _record_set(source: TableSource) -> dict[str, Any]:
    keys = [{"@id": f"{source.name}/{column.name}"} for column in source.table.primary_key]
    return {
        "@type": "cr:RecordSet",
        "@id": source.name,
        "name": source.name,
        "description": _meaning(source.name),
        "key": keys[0] if len(keys) == 1 else keys,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{source.name}/{column.name}",
                "name": column.name,
                "description": f"{column.name.replace('_', ' ')} of a row of {source.name}",
                "dataType": _TYPES[kind_of(column)],
                "source": {
                    "fileObject": {"@id": f"parquet/{source.name}.parquet"},
                    "extract": {"column": column.name},
                },
                **_reference(column),
            }
            for column in source.columns
        ],
    }


def _meaning(table: str) -> str:
    """What one row says: the first line of the table's docstring."""
    mapped = next(each for each in Base.registry.mappers if each.local_table is Base.metadata.tables[table])
    return (mapped.class_.__doc__ or table).strip().splitlines()[0]


def _reference(column: Any) -> dict[str, Any]:
    key = next((each for each in column.foreign_keys if each.column.table is not column.table), None)
    return {} if key is None else {"references": {"field": {"@id": f"{key.column.table.name}/{key.column.name}"}}}
