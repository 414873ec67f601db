"""Tensors and arguments of calls in configs of functional models of all versions of Keras."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.config_tensors import (
    TensorReader,
    histories,
    is_constant,
    is_history,
    plain_lists,
    required,
)
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall


def reader(is_old: bool, *more: Any, nodes: int = 2) -> TensorReader:
    """Return a reader of an input `x`, and of a layer `dense` that is called several times."""
    layers = [
        {"class_name": "InputLayer", "name": "x", "inbound_nodes": []},
        {"class_name": "Dense", "name": "dense", "inbound_nodes": [[]] * nodes},
        *more,
    ]
    return TensorReader({"layers": layers}, is_old, [])


def tensor(*history: object) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": list(history)}}


def test_a_result_is_named_by_layer_call_and_number() -> None:
    names = reader(False)
    assert names.origin(["dense", 1, 0]) == Origin("dense", 1, 0)
    assert names.origin(["x", 0, 0]) == Origin("x", 0, 0)
    for history in (["dense", 2, 0], ["dense", -1, 0], ["x", 1, 0], ["dense", 0, -1]):
        with pytest.raises(Unreadable, match="refers to call"):
            names.origin(history)
    with pytest.raises(Unreadable, match="refers to a layer `other` that it does not have"):
        names.origin(["other", 0, 0])


def test_calls_of_a_model_in_an_old_model_count_from_one_unless_call_zero_is_named() -> None:
    inner = {"class_name": "Sequential", "name": "inner", "config": [], "inbound_nodes": [[]]}
    assert reader(True, inner).origin(["inner", 1, 0], 1) == Origin("inner", 0, 0)
    user = {"class_name": "Dense", "name": "user", "inbound_nodes": [[["inner", 0, 0, {}]]]}
    assert reader(True, inner, user).origin(["inner", 0, 0], 1) == Origin("inner", 0, 0)


def test_calls_of_a_functional_model_count_from_one_only_where_outputs_are_named() -> None:
    config = {"layers": [], "input_layers": []}
    inner = {"class_name": "Functional", "name": "inner", "config": config, "inbound_nodes": [{}]}
    names = reader(False, inner)
    assert names.origin(["inner", 0, 0]) == Origin("inner", 0, 0)
    assert names.ends("output_layers", ["inner", 1, 0]).origins == [Origin("inner", 0, 0)]


def test_ends_are_one_tensor_a_list_or_a_dictionary() -> None:
    names = reader(False)
    assert names.ends("output_layers", ["x", 0, 0]) == ([Origin("x", 0, 0)], None, True)
    assert names.ends("output_layers", [["x", 0, 0]]) == ([Origin("x", 0, 0)], None, False)
    both = {"b": ["dense", 0, 0], "a": ["x", 0, 0]}
    expected = [Origin("dense", 0, 0), Origin("x", 0, 0)]
    assert names.ends("output_layers", both) == (expected, ["b", "a"], False)
    assert names.unknown == []
    assert names.ends("output_layers", [[["x", 0, 0]]]).origins == [Origin("x", 0, 0)]
    assert names.unknown == ["`output_layers` are lists within lists, which are one list here"]
    with pytest.raises(Unreadable, match="names no `output_layers`"):
        names.ends("output_layers", [])


def test_a_call_of_keras_2_becomes_one_of_keras_3() -> None:
    names = reader(True)
    one = names.modern([["x", 0, 0, {"mask": ["dense", 1, 0], "training": True}]])
    assert one == ([tensor("x", 0, 0)], {"mask": tensor("dense", 1, 0), "training": True})
    several = names.modern([["x", 0, 0, {}], ["dense", 0, 0, {}]])
    assert several == ([[tensor("x", 0, 0), tensor("dense", 0, 0)]], {})
    named = names.modern({"query": ["x", 0, 0]})
    assert named == ([{"query": tensor("x", 0, 0)}], {})
    with pytest.raises(Unreadable, match="a call in no form of Keras"):
        names.modern(["x"])


def test_a_list_with_anything_but_tensors_is_no_list_of_tensors() -> None:
    names = reader(False)
    x = tensor("x", 0, 0)
    assert names.tensors(x) == ([Origin("x", 0, 0)], False)
    assert names.tensors([x, x]) == ([Origin("x", 0, 0)] * 2, True)
    assert names.tensors([x, 3]) == names.tensors([[x]]) == names.tensors(None) == ([], False)


def test_a_model_is_fed_by_the_names_of_its_inputs_in_their_order() -> None:
    names = reader(False)
    inputs = [SavedCall(name, "InputLayer", None) for name in ("a", "b")]
    value = {"b": tensor("dense", 0, 0), "a": tensor("x", 0, 0)}
    expected = (Origin("x", 0, 0), Origin("dense", 0, 0))
    assert names.feeds("inner", Saved("inner", inputs), value) == expected
    with pytest.raises(Unreadable, match="`inner`, which has 2 inputs, with 1 tensors"):
        names.feeds("inner", Saved("inner", inputs), [tensor("x", 0, 0)])


def test_layers_need_names_of_their_own() -> None:
    with pytest.raises(Unreadable, match="two layers `x`"):
        reader(False, {"class_name": "InputLayer", "name": "x"})
    with pytest.raises(Unreadable, match="a layer without a name"):
        reader(False, {"class_name": "InputLayer"})


def test_values_are_told_apart_by_their_form() -> None:
    assert is_history(["x", 0, 0]) and is_history(["x", 0, 0, {}])
    assert not any(map(is_history, (["x", 0], ["x", True, 0], [1, 0, 0], ["x", 0, 0, {}, 1], "x")))
    assert is_constant(["_CONSTANT_VALUE", -1, 2.0]) and not is_constant(["x", -1, 2.0])
    assert list(histories({"a": [["x", 0, 0], 1], "b": ["y", 1, 0]})) == [["x", 0, 0], ["y", 1, 0]]
    tuples = {"class_name": "__tuple__", "items": [1, {"class_name": "__tuple__", "items": [2]}]}
    assert plain_lists({"a": tuples}) == {"a": [1, [2]]}
    with pytest.raises(Unreadable, match="the mapping `config` is missing"):
        required({"config": []}, "config", dict)
