"""Keras is the oracle for the dtypes that single cells give, on the backend at hand."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import yaml

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.source import Source

CELLS = {"SimpleRNNCell": 1, "GRUCell": 1, "LSTMCell": 2}


def given_by_keras(name: str, arguments: dict[str, Any], dtype: str, state: str) -> str | None:
    """Return the dtype that a cell gives for inputs and states; None if Keras refuses them."""
    import keras

    states = [keras.Input((4,), dtype=state) for _ in range(CELLS[name])]
    cell = getattr(keras.layers, name)(**arguments)
    try:
        output, _ = cell(keras.Input((3,), dtype=dtype), states)
    except Exception:  # Keras and backends refuse with many exceptions
        return None
    return str(output.dtype)


def compiled(
    name: str, arguments: dict[str, Any], dtype: str, state: str, training: bool | None = None
) -> Compiled:
    """Return what the checks make of a cell that is applied to an input and its states."""
    states = [f"s{number}" for number in range(CELLS[name])]
    inputs: dict[str, object] = {"x": {"shape": [3], "dtype": dtype}}
    inputs |= {one: {"shape": [4], "dtype": state} for one in states}
    sequence = "sequence" if name == "SimpleRNNCell" else "inputs"
    entry = {
        name: {**arguments, "name": "cell"},
        "from": {sequence: ["x"], "states": states},
        "call": {"training": training},
    }
    spec = yaml.safe_dump({"inputs": inputs, "layers": [entry], "outputs": ["cell"]})
    return compile_spec(Source(spec, "a.yaml"))


def result_dtype(compiled: Compiled) -> str | None:
    """Return the dtype of the first result of the last layer; None if the checks refuse the spec."""
    network = compiled.network
    return None if network is None else network.results[network.graph.nodes[-1].index][0].dtype


def given(name: str, arguments: dict[str, Any], dtype: str, state: str) -> str | None:
    """Return the dtype that a cell gives by the checks; None if they refuse it."""
    return result_dtype(compiled(name, arguments, dtype, state))


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("policy", ["float32", "float64", "float16"])
def test_a_single_cell_gives_the_dtypes_of_keras(name: str, policy: str) -> None:
    modes = (None,) if name == "SimpleRNNCell" else (1, 2)
    for bias, dropped, mode in itertools.product((True, False), (0.0, 0.5), modes):
        arguments: dict[str, Any] = {
            "units": 4,
            "use_bias": bias,
            "recurrent_dropout": dropped,
            "dtype": policy,
            **({} if mode is None else {"implementation": mode}),
        }
        for dtype, state in itertools.product(("uint8", "float32"), repeat=2):
            expected = given_by_keras(name, arguments, dtype, state)
            assert given(name, arguments, dtype, state) == expected, (arguments, dtype, state)


@pytest.mark.parametrize("policy", ["float32", "float16", "mixed_float16", "float64", "int32"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "uint8"])
def test_cells_in_a_list_get_what_their_list_casts(policy: str, dtype: str) -> None:
    import keras

    spec = f"""\
inputs: {{x: {{shape: [3], dtype: {dtype}}}, s: [4], t: [5]}}
layers:
  - StackedRNNCells: {{cells: [{{GRUCell: 4}}, {{SimpleRNNCell: {{units: 5, dtype: float16}}}}], dtype: {policy}, name: cells}}
    from: {{inputs: x, states: [s, t]}}
outputs: [cells]
"""
    cells = [keras.layers.GRUCell(4), keras.layers.SimpleRNNCell(5, dtype="float16")]
    states = [keras.Input((4,)), keras.Input((5,))]
    try:
        output, _ = keras.layers.StackedRNNCells(cells, dtype=policy)(
            keras.Input((3,), dtype=dtype), states
        )
    except Exception:  # Keras and backends refuse with many exceptions
        output = None
    found = result_dtype(compile_spec(Source(spec, "a.yaml")))
    assert found == (None if output is None else str(output.dtype))


def is_run(name: str, arguments: dict[str, Any], training: bool) -> bool:
    """Whether Keras wires a cell in a model and runs it."""
    import keras
    import numpy as np

    starts = [keras.Input((3,)), *(keras.Input((4,)) for _ in range(CELLS[name]))]
    values = [np.ones((2, 3), "float32"), *[np.ones((2, 4), "float32")] * CELLS[name]]
    cell = getattr(keras.layers, name)(**arguments)
    try:
        output, _ = cell(starts[0], starts[1:], training=training)
        keras.Model(starts, output)(values)
    except Exception:  # Keras and backends refuse with many exceptions
        return False
    return True


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("argument", ["dropout", "recurrent_dropout"])
@pytest.mark.parametrize("rate", [-0.5, 0.5, 1.0])
def test_a_single_cell_drops_nothing_in_training(name: str, argument: str, rate: float) -> None:
    arguments = {"units": 4, argument: rate}
    for training in (True, False):
        found = compiled(name, arguments, "float32", "float32", training)
        assert (not found.errors) is is_run(name, arguments, training), training
