"""The table of accepted dtypes is what the installed backend does."""

from __future__ import annotations

import pytest

from mergecli.catalog.accepted_dtypes import PASSES, REFUSED
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


def test_the_module_is_written_from_groups() -> None:
    found = {"B": ["bool"], "A": ["bool"], "C": [], "A:mode=int": []}
    groups = accepted_dtypes.grouped(found)
    assert groups == {"": ["A:mode=int"], "bool": ["A", "B"]}
    text = accepted_dtypes.written({"tensorflow": groups}, {"tensorflow": ["D"]})
    names: dict[str, dict[str, dict[str, str]]] = {}
    exec(text, names)
    assert names["REFUSED"]["tensorflow"]["bool"].split() == ["A", "B"]
