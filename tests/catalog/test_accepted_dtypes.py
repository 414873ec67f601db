"""The table of accepted dtypes is what the installed backend does."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from mergecli.catalog import registry
from mergecli.catalog.accepted_dtypes import OPERANDS, PASSES, REFUSED
from tools import accepted_dtypes


def listed(backend: str) -> dict[str, list[str]]:
    """The refused dtypes of each key of the table."""
    return {
        name: dtypes.split() for dtypes, names in REFUSED[backend].items() for name in names.split()
    }


def check(share: int, dtypes: tuple[str, ...]) -> None:
    """Compare one in `share` keys of the table with what is run."""
    import keras

    backend = keras.backend.backend()
    keys = [name for name, *_ in accepted_dtypes.pairs()][::share]
    refused, passes = accepted_dtypes.measured(lambda name: name in keys, dtypes)
    table = listed(backend)
    assert len(refused) > len(keys) // 2
    for name, found in refused.items():
        assert set(found) == set(table.get(name, ())) & set(dtypes), name
    assert set(passes) == set(PASSES[backend].split()) & set(keys)


@pytest.mark.keras
def test_a_share_of_the_table() -> None:
    """The whole is what `python -m tools.accepted_dtypes` measures, in a process of its own: TensorFlow keeps what it has compiled."""
    check(12, ("float32", "int32", "uint8", "bool"))


@pytest.mark.keras
def test_a_share_of_the_results() -> None:
    """The tables say what is made of all dtypes but floats."""
    import keras

    keys = [name for name, *_ in accepted_dtypes.pairs()]
    chosen = {"Dense", "ReLU:negative_slope", "ops.absolute", "ops.multi_hot", *keys[::25]}
    backend = keras.backend.backend()
    assert accepted_dtypes.measured_results(backend, lambda name: name in chosen) == {}


def test_the_module_is_written_from_groups(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"B": ["bool"], "A": ["bool"], "C": [], "A:mode=int": []}
    groups = accepted_dtypes.grouped(found)
    assert groups == {"": ["A:mode=int"], "bool": ["A", "B"]}
    monkeypatch.setattr(accepted_dtypes, "TABLE", tmp_path / "table.py")
    accepted_dtypes.write(
        accepted_dtypes.Tables(
            refused={"tensorflow": groups},
            gives={"tensorflow": {"complex64 float32": ["ops.g"]}},
            operands={"tensorflow": {"int32 int64": ["ops.e:1"]}},
            passes={"tensorflow": ["D"]},
            alike={"tensorflow": ["ops.f:1=0"]},
            alike_float8={"jax": ["ops.h:1=0"]},
        )
    )
    text = (tmp_path / "table.py").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(text, names)
    assert names["REFUSED"]["tensorflow"]["bool"].split() == ["A", "B"]
    assert names["GIVES"]["tensorflow"]["complex64 float32"].split() == ["ops.g"]
    assert names["OPERANDS"]["tensorflow"]["int32 int64"].split() == ["ops.e:1"]
    assert names["ALIKE"]["tensorflow"].split() == ["ops.f:1=0"]
    assert names["ALIKE_FLOAT8"]["jax"].split() == ["ops.h:1=0"]


def test_a_class_says_so_where_a_backend_does_not_take_floats() -> None:
    """Calls on float32 alone are not looked up otherwise."""
    refusing = {
        name
        for groups in REFUSED.values()
        for dtypes, names in groups.items()
        for name in names.split()
        if "float32" in dtypes.split()
    }
    refusing |= {
        name.rsplit(":", 1)[0]
        for groups in OPERANDS.values()
        for dtypes, names in groups.items()
        for name in names.split()
        if "float32" not in dtypes.split()
    }
    layers = registry.layers()
    assert {name for name, cls in layers.items() if cls.refuses_floats} >= refusing


@pytest.mark.keras
def test_tensors_of_operations_are_judged_one_by_one() -> None:
    import keras

    backend = keras.backend.backend()
    names = ("ops.cdist", "ops.segment_sum")
    found = accepted_dtypes.measured_operands(
        backend, lambda name: name in names, ("float32", "int32", "uint8")
    )
    assert found == ({}, [], [])
