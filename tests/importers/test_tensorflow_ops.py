"""Operations of TensorFlow's graph, as TensorFlow 2.0 to 2.3 wrote them, become operations of `keras.ops`."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.tensors import Tensor
from mergecli.exporters.yaml import roundtrip
from mergecli.importers.keras import parse


def model(*operations: tuple[str, list[str], dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """A model of operations: each with its TensorFlow name, what it is applied to, its attributes and constants."""
    layers: list[Any] = [
        {
            "class_name": "InputLayer",
            "name": "x",
            "config": {"batch_input_shape": [None, 6, 4], "dtype": "float32", "name": "x"},
            "inbound_nodes": [],
        }
    ]
    for number, (op, sources, attributes, constants) in enumerate(operations):
        name = f"op{number}"
        node = {"name": op, "op": op, "input": sources, "attr": attributes}
        config = {
            "name": name,
            "trainable": True,
            "dtype": "float32",
            "node_def": node,
            "constants": constants,
        }
        layers.append(
            {
                "class_name": "TensorFlowOpLayer",
                "name": f"tf_op_layer_{name}",
                "config": config,
                "inbound_nodes": [[[source, 0, 0, {}] for source in sources]],
            }
        )
    config = {
        "name": "m",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [[layers[-1]["name"], 0, 0]],
    }
    return {"class_name": "Model", "config": config, "keras_version": "2.3.0-tf"}


def lines(*operations: Any) -> list[str]:
    """The entries of the spec of a model, without names."""
    text = list(roundtrip.dump(parse(model(*operations))).specs.values())[-1]
    entries = text.partition("layers:\n")[2].partition("outputs:")[0].splitlines()
    return [entry.strip() for entry in entries]


@pytest.mark.parametrize(
    "operation, wanted",
    [
        (("AddV2", ["x"], {}, {"1": 3.0}), "from: [x, 3.0]"),
        (("Sub", ["x"], {}, {"0": 1.0}), "from: [1.0, x]"),
        (("Mul", ["x", "x"], {}, {}), "- ops.multiply: {name: tf_op_layer_op0}"),
        (("Square", ["x"], {}, {}), "- ops.square: {name: tf_op_layer_op0}"),
        (("Mean", ["x"], {"keep_dims": {"b": True}}, {"1": [1]}), "- ops.mean: {axis: [1], keepdims: true, name: tf_op_layer_op0}"),
        (("Max", ["x"], {"keep_dims": {"b": False}}, {"1": 2}), "- ops.max: {axis: 2, name: tf_op_layer_op0}"),
        (("Reshape", ["x"], {}, {"1": [-1, 24]}), "- ops.reshape: {newshape: [-1, 24], name: tf_op_layer_op0}"),
        (("Transpose", ["x"], {}, {"1": [0, 2, 1]}), "- ops.transpose: {axes: [0, 2, 1], name: tf_op_layer_op0}"),
        (("ExpandDims", ["x"], {}, {"1": -1}), "- ops.expand_dims: {axis: -1, name: tf_op_layer_op0}"),
        (("ConcatV2", ["x", "x"], {}, {"2": -1}), "- ops.concatenate: {axis: -1, name: tf_op_layer_op0}"),
        (("Pack", ["x", "x"], {"axis": {"i": "1"}}, {}), "- ops.stack: {axis: 1, name: tf_op_layer_op0}"),
        (("Cast", ["x"], {"DstT": {"type": "DT_HALF"}}, {}), "- ops.cast: {dtype: float16, name: tf_op_layer_op0}"),
        (("BatchMatMulV2", ["x", "x"], {"adj_y": {"b": True}}, {}), "- ops.matmul: {name: tf_op_layer_op0}"),
        (("Relu6", ["x"], {}, {}), "- ops.relu6: {name: tf_op_layer_op0}"),
        (("StridedSlice", ["x"], {"begin_mask": {"i": "1"}, "end_mask": {"i": "1"}, "shrink_axis_mask": {"i": "2"}},
          {"1": [0, 2], "2": [0, 3], "3": [1, 1]}), "- ops.get_item: {key: [null, 2], name: tf_op_layer_op0}"),
    ],
)  # fmt: skip
def test_an_operation_of_a_graph(operation: Any, wanted: str) -> None:
    assert wanted in lines(operation)


def test_an_unknown_operation_is_named() -> None:
    saved = parse(model(("Fill", ["x"], {}, {})))
    assert saved.unknown == ["`tf_op_layer_op0`: it calls the function `fill` of TensorFlow"]


def test_unknown_results_are_unknown() -> None:
    from mergecli.importers.keras import graph
    from mergecli.ir.inference import infer

    network, _ = infer(graph(parse(model(("Fill", ["x"], {}, {})))))
    assert network.tensors(network.graph.outputs.targets[0]) == (Tensor(None, None),)
