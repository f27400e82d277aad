"""Tables as Parquet, for pandas, polars, DuckDB and Spark. Needs the extra `export`."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.canonical import canonical_json
from catalog.errors import ExportError
from catalog.export.reading import TableSource
from catalog.export.tables import kind_of

if TYPE_CHECKING:
    import pyarrow

# A row group is written when this much is waiting: large enough to compress well, small against the program itself.
_GROUP_BYTES = 16 * 2**20


def require_pyarrow() -> None:
    """Refuse before anything is written.

    Raises:
        ExportError: The library that writes Parquet is not installed.
    """
    if find_spec("pyarrow") is None:
        raise ExportError("Parquet needs the library pyarrow, which is not installed: pip install 'headcat[export]'.")


def write_parquet(source: TableSource, file: Path) -> int:
    """One Parquet file of a table; JSON columns hold canonical JSON as text. Returns the number of rows."""
    import pyarrow as pa  # noqa: PLC0415 - 170 MB that only this format needs
    from pyarrow import parquet  # noqa: PLC0415

    schema = _schema(source)
    as_text = [n for n, column in enumerate(source.columns) if kind_of(column) == "json"]
    waiting: list[pyarrow.RecordBatch] = []
    n_rows = n_bytes = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in source.batches():
            columns: list[Any] = list(batch)
            for n in as_text:
                columns[n] = [None if value is None else canonical_json(value) for value in columns[n]]
            arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
            n_rows += len(batch[0])
            n_bytes += waiting[-1].nbytes
            if n_bytes >= _GROUP_BYTES:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting.clear()
                n_bytes = 0
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    return n_rows


def _schema(source: TableSource) -> "pyarrow.Schema":
    import pyarrow as pa  # noqa: PLC0415

    types = {
        "json": pa.string(),
        "datetime": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "boolean": pa.bool_(),
        "integer": pa.int64(),
        "float": pa.float64(),
        "text": pa.string(),
    }
    fields = [pa.field(column.name, types[kind_of(column)], bool(column.nullable)) for column in source.columns]
    return pa.schema(fields)
