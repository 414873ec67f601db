"""Sequential models of Keras 1 that begin with a `Merge` become functional ones."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.sequential_merges import functional


def layer(cls: str, name: str, **config: Any) -> Any:
    return {"class_name": cls, "config": {"name": name, **config}}


def branch(*layers: Any) -> Any:
    return {"class_name": "Sequential", "config": list(layers)}


def merged(*branches: Any) -> Any:
    merge = {"class_name": "Merge", "config": {"layers": list(branches), "mode": "sum"}}
    return {**branch(merge, layer("Dense", "end", output_dim=2)), "keras_version": "1.2.2"}


def dense(name: str) -> Any:
    return layer("Dense", name, output_dim=3, batch_input_shape=[None, 4])


def test_any_other_model_stays_as_it_is() -> None:
    for config in (
        branch(dense("a")),
        branch(),
        {"class_name": "Model", "config": {"layers": []}},
        branch({"class_name": "Merge", "config": {"mode": "sum"}}),
    ):
        assert functional(config) is config


def test_each_branch_begins_with_its_own_input_and_all_are_merged() -> None:
    found = functional(merged(branch(dense("a")), branch(dense("b"), layer("Dropout", "c"))))
    assert (found["class_name"], found["keras_version"]) == ("Model", "1.2.2")
    inside: Any = found["config"]
    assert inside["input_layers"] == [["a_input", 0, 0], ["b_input", 0, 0]]
    assert inside["output_layers"] == [["end", 0, 0]]
    nodes = {item["name"]: item["inbound_nodes"] for item in inside["layers"]}
    merge = next(item["name"] for item in inside["layers"] if item["class_name"] == "Merge")
    assert list(nodes) == ["a_input", "b_input", "a", "b", "c", merge, "end"]
    assert nodes["a"] == [[["a_input", 0, 0]]] and nodes["c"] == [[["b", 0, 0]]]
    assert nodes[merge] == [[["a", 0, 0], ["c", 0, 0]]]
    assert nodes["end"] == [[[merge, 0, 0]]]


def test_a_layer_that_two_branches_have_is_called_twice() -> None:
    inside: Any = functional(merged(branch(dense("a")), branch(dense("a"))))["config"]
    assert [name for name, *_ in inside["input_layers"]] == ["a_input", "a_input_1"]
    (shared,) = [item for item in inside["layers"] if item["name"] == "a"]
    assert shared["inbound_nodes"] == [[["a_input", 0, 0]], [["a_input_1", 0, 0]]]
    (merge,) = [item for item in inside["layers"] if item["class_name"] == "Merge"]
    assert merge["inbound_nodes"] == [[["a", 0, 0], ["a", 1, 0]]]


def test_what_looks_words_up_takes_integers() -> None:
    words = layer("Embedding", "w", input_dtype="float32", batch_input_shape=[None, 5])
    numbers = layer("Dense", "d", input_dtype="float64", batch_input_shape=[None, 5])
    inside: Any = functional(merged(branch(words), branch(numbers)))["config"]
    dtypes = [item["config"]["dtype"] for item in inside["layers"][:2]]
    assert dtypes == ["int32", "float64"]


def test_a_functional_branch_keeps_its_layers_and_ends_where_it_says() -> None:
    inputs = {**layer("InputLayer", "x", batch_input_shape=[None, 4]), "name": "x"}
    first = {**layer("Dense", "f"), "name": "f", "inbound_nodes": [[["x", 0, 0]]]}
    config = {"name": "m", "layers": [inputs, first], "output_layers": [["f", 0, 0]]}
    model = {"class_name": "Model", "config": config}
    inside: Any = functional(merged(model, branch(dense("a"))))["config"]
    (merge,) = [item for item in inside["layers"] if item["class_name"] == "Merge"]
    assert merge["inbound_nodes"] == [[["f", 0, 0], ["a", 0, 0]]]
    assert inside["input_layers"] == [["x", 0, 0], ["a_input", 0, 0]]


def test_a_branch_without_layers_or_layers_without_config_are_refused() -> None:
    with pytest.raises(Unreadable, match="a model without layers"):
        functional(merged(branch()))
    with pytest.raises(Unreadable, match="a layer without a config"):
        functional(merged(branch({"class_name": "Dense"})))
