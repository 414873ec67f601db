"""Parquet files, where `pyarrow` is installed."""

from __future__ import annotations

import json
import pathlib

import pytest

from mergecli.screening.parquet import convert

parquet = pytest.importorskip("pyarrow.parquet")


def test_columns_have_the_types_of_their_values(tmp_path: pathlib.Path) -> None:
    rows = [
        {
            "candidate": 0,
            "rate": 0,
            "act": "relu",
            "size": [3, 3],
            "on": True,
            "codes": [],
            "macs": None,
        },
        {
            "candidate": 1,
            "rate": 0.5,
            "act": "gelu",
            "size": 3,
            "on": False,
            "codes": ["x"],
            "macs": None,
        },
    ]
    (tmp_path / "rows").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = list(rows[0])
    for name in ("a.parquet", "b.parquet"):
        convert(str(tmp_path / "rows"), str(tmp_path / name), columns)
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names == columns
    assert [str(field.type) for field in table.schema] == [
        "int64", "double", "string", "string", "bool", "list<element: string>", "int64"
    ]  # fmt: skip
    assert table.to_pylist()[1] == {
        "candidate": 1, "rate": 0.5, "act": "gelu", "size": "3", "on": False, "codes": ["x"],
        "macs": None,
    }  # fmt: skip
