"""Saved models whose `TimeDistributed` applies a model, read without Keras."""

from __future__ import annotations

import copy
import json
import pathlib
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source


def layer(cls: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": cls, "name": name, "config": {"name": name, **config}}


def chain(name: str, *layers: dict[str, Any]) -> dict[str, Any]:
    """A sequential model as Keras 2 writes it."""
    return {"class_name": "Sequential", "config": {"name": name, "layers": [*layers]}}


def around(inner: dict[str, Any], shape: list[int | None]) -> dict[str, Any]:
    """A functional model of Keras 2 with one layer that applies a model."""
    x = {**layer("InputLayer", "x", batch_input_shape=[None, *shape]), "inbound_nodes": []}
    each = {**layer("TimeDistributed", "each", layer=inner), "inbound_nodes": [[["x", 0, 0, {}]]]}
    return {
        "class_name": "Functional",
        "config": {
            "name": "m",
            "layers": [x, each],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["each", 0, 0]],
        },
        "keras_version": "2.4.0",
    }


INPUT = layer("InputLayer", "i", batch_input_shape=[None, 4], dtype="float32")
DENSE = layer("Dense", "d", units=3)
SIMPLE = chain("inner", INPUT, DENSE)


def invoke(folder: pathlib.Path, config: dict[str, Any], *arguments: str) -> Result:
    path = folder / "m.json"
    path.write_text(json.dumps(config))
    return CliRunner().invoke(cli, ["import", str(path), *arguments])


def test_it_is_written_into_the_layer(tmp_path: pathlib.Path) -> None:
    result = invoke(tmp_path, around(SIMPLE, [5, 4]))
    assert result.exit_code == 0, result.output
    assert (
        result.stdout
        == """\
name: m
input: {shape: [5, 4], name: x}
layers:
  - TimeDistributed:
      layer: {name: inner, input: {shape: [4], name: i}, layers: [{Dense: {units: 3, name: d}}]}
      name: each
outputs: [each]
"""
    )
    network = compile_spec(Source(result.stdout, "m.yaml")).network
    assert network is not None
    assert network.count() == 15
    assert network.tensors(network.graph.outputs.targets[0])[0].shape == (None, 5, 3)


def test_it_is_a_spec_of_its_own_beside_a_file(tmp_path: pathlib.Path) -> None:
    two = chain("outer", INPUT, copy.deepcopy(SIMPLE), layer("ReLU", "r"))
    result = invoke(tmp_path, around(two, [5, 4]), "-o", str(tmp_path / "m.yaml"))
    assert result.exit_code == 0, result.output
    assert "{layer: {spec: m_outer.yaml}, name: each}" in (tmp_path / "m.yaml").read_text()
    assert "spec: m_outer_inner.yaml" in (tmp_path / "m_outer.yaml").read_text()
    # On standard output there is one text: models in the model are written out.
    shown = invoke(tmp_path, around(two, [5, 4])).stdout
    assert "name: inner.d" in shown
    for source in (Source.read(str(tmp_path / "m.yaml")), Source(shown, "shown.yaml")):
        network = compile_spec(source).network
        assert network is not None and network.count() == 15


def test_a_layer_in_a_layer(tmp_path: pathlib.Path) -> None:
    twice = {"class_name": "TimeDistributed", "config": {"name": "t", "layer": SIMPLE}}
    result = invoke(tmp_path, around(twice, [5, 6, 4]))
    assert result.exit_code == 0, result.output
    network = compile_spec(Source(result.stdout, "m.yaml")).network
    assert network is not None
    assert network.tensors(network.graph.outputs.targets[0])[0].shape == (None, 5, 6, 3)


def functional(outputs: list[list[Any]], inputs: int = 1) -> dict[str, Any]:
    """A functional model of Keras 2 that adds its inputs."""
    names = [f"i{number}" for number in range(inputs)]
    config = {
        "name": "several",
        "layers": [
            *(
                {**layer("InputLayer", n, batch_input_shape=[None, 4]), "inbound_nodes": []}
                for n in names
            ),
            {**layer("Add", "a"), "inbound_nodes": [[[n, 0, 0, {}] for n in [*names, names[0]]]]},
            {**DENSE, "inbound_nodes": [[["a", 0, 0, {}]]]},
        ],
        "input_layers": [[name, 0, 0] for name in names],
        "output_layers": outputs,
    }
    return {"class_name": "Functional", "config": config}


CODE = {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}


@pytest.mark.parametrize(
    ("inner", "message"),
    [
        (
            functional([["a", 0, 0], ["d", 0, 0]]),
            "`each`: it applies `several`, a model that does not take and give one tensor",
        ),
        (
            functional([["d", 0, 0]], 2),
            "`each`: it applies `several`, a model that does not take and give one tensor",
        ),
        (
            chain("inner", INPUT, layer("Lambda", "l", function=CODE)),
            "`each.inner.l` is a `Lambda`",
        ),
        (chain("inner", INPUT, layer("Mine", "own")), "`Mine`"),
        (chain("inner", INPUT, layer("Dense", "d", units=-3)), "`each.d`: `units` must be"),
        (chain("inner", layer("Dense", "d", units=3)), "shape"),
    ],
)
def test_what_cannot_be_in_a_layer_is_said(
    inner: dict[str, Any], message: str, tmp_path: pathlib.Path
) -> None:
    result = invoke(tmp_path, around(inner, [5, 4]))
    assert result.exit_code == 1
    assert message in result.stderr
    spec = f"branches: {{all: {{model: {tmp_path / 'm.json'}}}}}"
    checked = compile_spec(Source(spec, str(tmp_path / "m.yaml")))
    assert [diagnostic.is_error for diagnostic in checked.diagnostics] == [True]


def test_many_layers_around_a_model_are_no_trap(tmp_path: pathlib.Path) -> None:
    inner: dict[str, Any] = SIMPLE
    for number in range(90):
        inner = {"class_name": "TimeDistributed", "config": {"name": f"t{number}", "layer": inner}}
    result = invoke(tmp_path, around(inner, [5, 4]))
    assert result.exit_code in (1, 3)
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("version", "is_read"), [("3.8.0", True), ("3.11.0", False)])
def test_an_old_keras_3_writes_one_tensor_as_a_list_of_one(
    version: str, is_read: bool, tmp_path: pathlib.Path
) -> None:
    spec = (
        "input: [5, 8]\nlayers: [{TimeDistributed: {layer: {input: [8], layers: [{Dense: 2}]}}}]\n"
    )
    exported = CliRunner().invoke(cli, ["export", "-", "--to", "keras-json"], input=spec)
    config = json.loads(exported.stdout)
    config["keras_version"] = version
    wrapper = next(
        layer for layer in config["config"]["layers"] if layer["class_name"] == "TimeDistributed"
    )
    inner = wrapper["config"]["layer"]["config"]
    inner["output_layers"] = [inner["output_layers"]]
    (tmp_path / "m.json").write_text(json.dumps(config))
    result = CliRunner().invoke(cli, ["import", str(tmp_path / "m.json")])
    assert (result.exit_code == 0) == is_read, result.output
