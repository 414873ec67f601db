"""Lines of JSONL -> a Parquet file, in pieces that fit the memory. It needs `pyarrow`."""

from __future__ import annotations

import json
import os
from itertools import islice
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from mergecli.diagnostics import files
from mergecli.diagnostics.installing import MissingDependencyError, install_command, missing
from mergecli.screening.rows import NUMBER, NUMBERS

if TYPE_CHECKING:
    import pyarrow

#: How many rows a group of a Parquet file has.
GROUP = 50_000
#: The type of a column whose values have several types, or are lists or mappings.
_JSON = "json"


def check_installed() -> None:
    """Check that Parquet files can be written; nothing is imported.

    Raises:
        MissingDependencyError: `pyarrow` is not installed.
    """
    if missing(("pyarrow",)):
        command = install_command(("pyarrow",))
        raise MissingDependencyError("`pyarrow`, which writes .parquet, is not installed", command)


def convert(rows: str, path: str, columns: Sequence[str]) -> None:
    """Write the rows of a JSONL file as a Parquet file.

    Args:
        rows: The path of the JSONL file.
        path: The path of the Parquet file.
        columns: Its columns, in order.

    Raises:
        Unwritable: It cannot be written.
    """
    import pyarrow  # optional
    import pyarrow.parquet  # optional

    kinds = _types(rows, columns)
    schema = pyarrow.schema([(name, _arrow(pyarrow, kinds[name])) for name in columns])
    temporary = files.temporary_path(path)
    try:
        with pyarrow.parquet.ParquetWriter(temporary, schema) as writer:
            records = _records(rows)
            while group := list(islice(records, GROUP)):
                cells = {
                    name: [_cell(row.get(name), kinds[name]) for row in group] for name in columns
                }
                writer.write_table(pyarrow.table(cells, schema))
        files.move([(temporary, os.path.realpath(path))])
    except OSError as problem:
        raise files.Unwritable(path, problem) from None
    finally:
        files.remove([temporary])


def _records(path: str) -> Iterator[dict[str, object]]:
    with files.open_regular(path) as file:
        for line in file:
            yield json.loads(line)


def _types(path: str, columns: Sequence[str]) -> dict[str, str]:
    """Return the type of the values of each column."""
    seen: dict[str, set[str]] = {name: set() for name in columns}
    for row in _records(path):
        for name in columns:
            value = row.get(name)
            if value is not None:
                seen[name].add(_JSON if isinstance(value, (list, dict)) else type(value).__name__)
    types = {name: _joined(kinds) for name, kinds in seen.items()}
    # The facts have their types also where all of them are unknown.
    types.update(dict.fromkeys((NUMBER, *NUMBERS), "int"))
    return {**types, "codes": "codes"}


def _joined(kinds: set[str]) -> str:
    if kinds == {"int", "float"}:
        return "float"
    if len(kinds) == 1:
        return next(iter(kinds))
    return _JSON if kinds else "str"


def _arrow(pyarrow: Any, kind: str) -> pyarrow.DataType:
    types = {
        "int": pyarrow.int64(),
        "float": pyarrow.float64(),
        "bool": pyarrow.bool_(),
        "codes": pyarrow.list_(pyarrow.string()),
    }
    return types.get(kind, pyarrow.string())


def _cell(value: object, kind: str) -> object:
    if kind == _JSON and value is not None:
        return json.dumps(value, ensure_ascii=False)
    return float(value) if kind == "float" and isinstance(value, int) else value
