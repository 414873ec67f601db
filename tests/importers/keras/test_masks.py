"""Masks that Keras computes by itself are left out of a model's calls; those that were asked for stay."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog import registry
from mergecli.catalog.layers.core import Dense, Embedding
from mergecli.catalog.layers.merging import Add
from mergecli.catalog.layers.regularization import Dropout
from mergecli.catalog.layers.rnn import LSTM
from mergecli.importers.keras.masks import is_operation, joined_by_or, unwritten
from mergecli.importers.keras.saved_model import Origin, SavedCall

X = Origin("x")


def call(name: str, layer: Any, *sources: Origin, mask: Origin | None = None) -> SavedCall:
    found = SavedCall(name, type(layer).__name__, layer, 0, sources)
    if mask is None:
        return found
    return found._replace(sources=(*sources, mask), keywords=("sequence", "mask"))


def operation(name: str, function: str, *sources: Origin, **arguments: Any) -> SavedCall:
    kind = registry.layer(f"ops.{function}")
    assert kind is not None
    return SavedCall(name, f"ops.{function}", kind(**arguments), 0, sources)


def embedding(name: str, source: Origin = X, mask_zero: bool = True) -> SavedCall:
    return call(name, Embedding(input_dim=9, output_dim=2, mask_zero=mask_zero), source)


def unequal(name: str, source: Origin = X, number: float = 0) -> SavedCall:
    return operation(name, "not_equal", source, Origin(constant=number))


def left(calls: list[SavedCall], end: str = "l") -> dict[str, tuple[str, ...]]:
    """Return the names of the calls that are left, with those of their sources."""
    found = unwritten(calls, [Origin(end)])
    return {item.name: tuple(source.name for source in item.sources) for item in found}


def lstm(source: str, mask: str) -> SavedCall:
    return call("l", LSTM(units=2), Origin(source), mask=Origin(mask))


def test_the_mask_of_an_embedding_is_left_out_with_what_computes_it() -> None:
    calls = [embedding("e"), unequal("m"), lstm("e", "m")]
    assert left(calls) == {"e": ("x",), "l": ("e",)}
    (_, last) = unwritten(calls, [Origin("l")])
    assert last.keywords == ()


@pytest.mark.parametrize(
    "mask", [unequal("m", number=1), unequal("m", Origin("other")), unequal("m", Origin("e"))]
)
def test_a_mask_of_something_else_stays(mask: SavedCall) -> None:
    assert left([embedding("e"), mask, lstm("e", "m")])["l"] == ("e", "m")


def test_an_embedding_without_a_mask_gives_none() -> None:
    calls = [embedding("e", mask_zero=False), unequal("m"), lstm("e", "m")]
    assert left(calls)["l"] == ("e", "m")


def test_a_mask_goes_through_layers_that_pass_it_on() -> None:
    dropout = call("d", Dropout(rate=0.5), Origin("e"))
    assert left([embedding("e"), dropout, unequal("m"), lstm("d", "m")]) == {
        "e": ("x",),
        "d": ("e",),
        "l": ("d",),
    }


def test_a_sum_joins_the_masks_of_all_its_tensors_in_their_order() -> None:
    y = Origin("y")
    start = [
        embedding("a"),
        embedding("b", y),
        call("s", Add(), Origin("a"), Origin("b")),
        unequal("p"),
        unequal("q", y),
    ]
    joined = operation("m", "logical_or", Origin("p"), Origin("q"))
    assert left([*start, joined, lstm("s", "m")]) == {
        "a": ("x",),
        "b": ("y",),
        "s": ("a", "b"),
        "l": ("s",),
    }
    turned = operation("m", "logical_or", Origin("q"), Origin("p"))
    assert left([*start, turned, lstm("s", "m")])["l"] == ("s", "m")


def test_an_operation_that_something_else_needs_stays() -> None:
    calls = [
        embedding("e"),
        unequal("m"),
        lstm("e", "m"),
        operation("n", "logical_not", Origin("m")),
    ]
    found = [item.name for item in unwritten(calls, [Origin("l"), Origin("n")])]
    assert found == ["e", "m", "l", "n"]


def test_layers_stay_though_nothing_needs_them() -> None:
    idle = call("idle", Dense(units=1), X)
    assert [*left([embedding("l"), idle, unequal("m")])] == ["l", "idle"]


def test_only_functions_are_operations() -> None:
    assert is_operation(unequal("m")) and not is_operation(embedding("e"))
    unknown = SavedCall("u", "Strange", None, data={"module": "keras.src.ops.numpy"})
    assert is_operation(unknown)
    assert not is_operation(unknown._replace(data={"module": "keras.layers"}))


def test_a_merge_of_different_masks_is_named_only_where_its_mask_is_used() -> None:
    merge = call("s", Add(), Origin("a"), Origin("b"))
    user = call("l", LSTM(units=2), Origin("s"))
    a, b = embedding("a"), embedding("b")
    assert joined_by_or([a, b, merge, user]) == ["s"]
    assert joined_by_or([a, b, merge, call("d", Dense(units=1), Origin("s"))]) == []
    assert joined_by_or([a, embedding("b", mask_zero=False), merge, user]) == []
    same = call("b", Dropout(rate=0.5), Origin("a"))
    assert joined_by_or([a, same, merge, user]) == []
