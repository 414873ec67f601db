"""Rows -> lines of JSONL or CSV."""

from __future__ import annotations

import io
import json
from typing import Iterable, Sequence

from mergecli.diagnostics.escaping import csv_cell, escaped_json
from mergecli.screening.rows import Row

#: The formats of rows, each with the ending of its files.
FORMATS = ("jsonl", "csv", "parquet")


def json_line(row: Row) -> str:
    """Return a row as a line of JSONL."""
    text = json.dumps(row.columns, ensure_ascii=False, default=str, separators=(", ", ": "))
    return escaped_json(text) + "\n"


def csv_lines(rows: Iterable[Row], columns: Sequence[str]) -> str:
    """Return rows as lines of CSV; what is not known is empty, codes are separated by spaces."""
    import csv  # start-up

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        cells = row.columns
        writer.writerow(_csv_cell(cells.get(column)) for column in columns)
    return out.getvalue()


def csv_header(columns: Sequence[str]) -> str:
    """Return the line of CSV that names the columns."""
    import csv  # start-up

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(columns)
    return out.getvalue()


def _csv_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, (list, dict)):
        return csv_cell(json.dumps(value, ensure_ascii=False, default=str))
    return csv_cell(value) if isinstance(value, str) else value


def lines(rows: Iterable[Row], form: str, columns: Sequence[str]) -> str:
    """Return rows in a format.

    Args:
        rows: The rows.
        form: "jsonl" or "csv"; the rows of "parquet" are collected as JSONL.
        columns: The columns of CSV.
    """
    if form == "csv":
        return csv_lines(rows, columns)
    return "".join(map(json_line, rows))
