"""Configs of functional models, read call by call."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.config_reader import parse
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall
from mergecli.ir.constants import ConstantArray


def tensor(name: str, call: int = 0, result: int = 0) -> dict[str, Any]:
    config = {"keras_history": [name, call, result], "shape": [None, 4]}
    return {"class_name": "__keras_tensor__", "config": config}


def node(*args: Any, **kwargs: Any) -> dict[str, Any]:
    return {"args": list(args), "kwargs": kwargs}


def layer(cls: str, name: str, *nodes: Any, module: str = "keras.layers", **config: Any) -> Any:
    return {
        "module": module,
        "class_name": cls,
        "name": name,
        "config": {"name": name, **config},
        "inbound_nodes": list(nodes),
    }


def read(*layers: Any, end: str, ends: Any = None) -> Saved:
    """Read a model whose input `x` has 4 numbers."""
    x = layer("InputLayer", "x", batch_shape=[None, 4], dtype="float32")
    config = {
        "name": "model",
        "layers": [x, *layers],
        "input_layers": [["x", 0, 0]],
        "output_layers": ends or [[end, 0, 0]],
    }
    return parse({"class_name": "Functional", "module": "keras", "config": config})


def call(saved: Saved, name: str, number: int = 0) -> SavedCall:
    (found,) = [item for item in saved.calls if (item.name, item.number) == (name, number)]
    return found


def test_each_call_of_a_layer_has_its_own_sources_and_the_same_layer() -> None:
    dense = layer("Dense", "d", node(tensor("x")), node(tensor("d", 0)), units=4)
    saved = read(dense, end="d", ends=[["d", 1, 0]])
    first, second = call(saved, "d", 0), call(saved, "d", 1)
    assert first.sources == (Origin("x", 0, 0),)
    assert second.sources == (Origin("d", 0, 0),)
    assert first.layer is second.layer is not None
    assert saved.outputs == [Origin("d", 1, 0)]


def test_a_list_of_tensors_stays_a_list() -> None:
    saved = read(layer("Add", "a", node([tensor("x"), tensor("x")])), end="a")
    assert call(saved, "a").listed and call(saved, "a").sources == (Origin("x", 0, 0),) * 2


def test_keywords_name_each_tensor() -> None:
    heads = layer(
        "MultiHeadAttention",
        "m",
        node(tensor("d"), value=tensor("e"), use_causal_mask=True),
        num_heads=1,
        key_dim=2,
    )
    dense = [layer("Dense", name, node(tensor("x")), units=2) for name in ("d", "e")]
    found = call(read(*dense, heads, end="m"), "m")
    assert found.keywords == ("query", "value")
    assert found.sources == (Origin("d", 0, 0), Origin("e", 0, 0))
    assert found.options == {"use_causal_mask": True}


@pytest.mark.parametrize(("training", "options"), [(None, {}), (False, {}), (True, None)])
def test_training_is_kept_only_where_it_is_asked_for(training: object, options: object) -> None:
    dropout = layer("Dropout", "o", node(tensor("x"), training=training), rate=0.5)
    expected = {"training": True} if options is None else options
    assert call(read(dropout, end="o"), "o").options == expected


def test_a_call_that_no_rule_knows_keeps_its_tensors_and_says_why() -> None:
    saved = read(layer("Dense", "d", node(tensor("x"), strange=3), units=2), end="d")
    assert call(saved, "d").layer is None and call(saved, "d").sources == (Origin("x", 0, 0),)
    assert saved.unknown == ["`d`: it is called with `strange`, for which mergecli has no rule"]


def test_the_second_operand_of_a_function_may_be_a_number() -> None:
    for args in ((tensor("x"), 3), (3, tensor("x"))):
        saved = read(layer("Multiply", "m", node(*args), module="keras.src.ops.numpy"), end="m")
        x, three = Origin("x", 0, 0), Origin(constant=3)
        assert call(saved, "m").sources == ((x, three) if args[1] == 3 else (three, x))
        assert call(saved, "m").cls == "ops.multiply"


@pytest.mark.parametrize("value", [[1, 2, 3, 4], [[1, 2], [3]]])
def test_a_function_takes_an_array_of_numbers(value: list[Any]) -> None:
    array = {"class_name": "__numpy__", "config": {"value": value, "dtype": "float32"}}
    saved = read(
        layer("Multiply", "m", node(tensor("x"), array), module="keras.src.ops.numpy"), end="m"
    )
    is_array = not isinstance(value[0], list)
    assert (call(saved, "m").layer is not None) == is_array
    assert len(saved.unknown) == (not is_array)
    if is_array:
        assert call(saved, "m").sources[1].constant == ConstantArray.of(value, "float32")


def test_inputs_that_are_not_listed_come_last() -> None:
    extra = layer("InputLayer", "early", batch_shape=[None, 2], dtype="float32")
    config = {
        "name": "model",
        "layers": [extra, layer("InputLayer", "x", batch_shape=[None, 4])],
        "input_layers": [["x", 0, 0]],
        "output_layers": ["x", 0, 0],
    }
    saved = parse({"class_name": "Functional", "module": "keras", "config": config})
    assert [item.name for item in saved.inputs] == ["x", "early"]
    assert saved.single


def test_a_call_without_a_history_is_refused() -> None:
    broken = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0]}}
    with pytest.raises(Unreadable, match="a tensor of no form of Keras"):
        read(layer("Dense", "d", node(broken), units=2), end="d")
