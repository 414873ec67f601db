"""Cells: one step in time with its states, alone and in a stack."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.rnn_cells import (
    GRUCell,
    LSTMCell,
    SimpleRNNCell,
    StackedRNNCells,
    several,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def stepped(layer: Any, x: Shape, *states: Shape, dtype: str = "float32") -> Inputs:
    first, second = layer.takes
    tensors = (Tensor(x), *(Tensor(state, dtype) for state in states))
    return Inputs(tensors, keywords=(first, *(second,) * len(states)))


@pytest.mark.parametrize(
    ("cell", "kernel", "recurrent", "bias"),
    [
        (SimpleRNNCell(5), (3, 5), (5, 5), (5,)),
        # Four gates, and three with a bias for each of both products.
        (LSTMCell(5), (3, 20), (5, 20), (20,)),
        (GRUCell(5), (3, 15), (5, 15), (2, 15)),
        (GRUCell(5, reset_after=False), (3, 15), (5, 15), (15,)),
    ],
)
def test_a_cell_has_the_weights_of_its_gates(
    cell: Any, kernel: Shape, recurrent: Shape, bias: Shape
) -> None:
    states = [(None, 5)] * (2 if isinstance(cell, LSTMCell) else 1)
    inputs = stepped(cell, (None, 3), *states)
    assert [(one.name, one.shape) for one in cell.weights(inputs)] == [
        ("kernel", kernel),
        ("recurrent_kernel", recurrent),
        ("bias", bias),
    ]
    assert cell.macs(inputs, cell.results(inputs)) == 3 * kernel[1] + 5 * kernel[1]  # type: ignore[operator]


def test_a_cell_gives_its_output_and_then_its_states() -> None:
    cell = LSTMCell(5)
    results = cell.results(stepped(cell, (None, 3), (None, 5), (None, 5)))
    assert results == (Tensor((None, 5), "float32"),) * 3


def test_states_that_do_not_fit_are_refused() -> None:
    cell = LSTMCell(5)
    with pytest.raises(ShapeError, match="keeps 2 states, not 1") as few:
        cell.results(stepped(cell, (None, 3), (None, 5)))
    assert (few.value.code, few.value.inputs) == ("input-count", (1,))
    with pytest.raises(ShapeError) as wide:
        cell.results(stepped(cell, (None, 3), (None, 5), (None, 6)))
    assert wide.value.message == "cannot use {2} as a state: (None, 6) for (None, 5)"
    with pytest.raises(ShapeError, match=r"takes 2 dimensions, \{0\} has 3"):
        cell.results(stepped(cell, (None, 4, 3), (None, 5), (None, 5)))


def test_one_state_spreads_over_the_samples() -> None:
    cell = SimpleRNNCell(5)
    assert cell.results(stepped(cell, (7, 3), (1, 5)))[0].shape == (7, 5)
    with pytest.raises(ShapeError, match=r"cannot use \{1\} as a state: \(2, 5\) for \(7, 5\)"):
        cell.results(stepped(cell, (7, 3), (2, 5)))


def test_a_state_of_another_dtype_cannot_be_joined() -> None:
    cell = GRUCell(5, autocast=False)
    with pytest.raises(ShapeError) as caught:
        cell.results(stepped(cell, (None, 3), (None, 5), dtype="float64"))
    assert caught.value.message == "cannot join {0} of float32 and {1} of float64"
    assert caught.value.code == "wrong-type"


def test_each_cell_of_a_stack_sees_the_output_of_the_one_before() -> None:
    stack = StackedRNNCells([SimpleRNNCell(5), GRUCell(4)])
    inputs = stepped(stack, (None, 3), (None, 5), (None, 4))
    assert [one.shape for one in stack.results(inputs)] == [(None, 4), (None, 5), (None, 4)]
    kernels = {one.name: one.shape for one in stack.weights(inputs) if "bias" not in one.name}
    assert kernels == {
        "cells/0/kernel": (3, 5),
        "cells/0/recurrent_kernel": (5, 5),
        "cells/1/kernel": (5, 12),
        "cells/1/recurrent_kernel": (4, 12),
    }
    assert stack.macs(inputs, ()) == (3 + 5) * 5 + (5 + 4) * 12
    with pytest.raises(ShapeError, match="keeps 2 states, not 1"):
        stack.results(stepped(stack, (None, 3), (None, 5)))


@pytest.mark.parametrize("cells", [[SimpleRNNCell(5)], [SimpleRNNCell(5), LSTMCell(4)]])
def test_a_stack_whose_states_no_spec_can_wire_belongs_into_rnn(cells: list[Any]) -> None:
    stack = StackedRNNCells(cells)
    with pytest.raises(ShapeError, match="only with several cells of one state each") as caught:
        stack.results(stepped(stack, (None, 3), (None, 5)))
    assert caught.value.hint == "put it into `RNN`"


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (SimpleRNNCell, {"units": 5, "activation": "glu"}, "activation: halves the features"),
        (GRUCell, {"units": 5, "recurrent_activation": "glu"}, "recurrent_activation: halves"),
        (
            LSTMCell,
            {"units": 5, "bias_initializer": None},
            "bias_initializer: can be null only without `unit_forget_bias`",
        ),
        (StackedRNNCells, {"cells": [GRUCell(5), Dense(5)]}, "cells: must be a cell"),
        (StackedRNNCells, {"cells": [StackedRNNCells([GRUCell(5)])]}, "cells: must be a cell"),
    ],
)
def test_what_is_no_step(kind: Any, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        kind(**arguments)


def test_a_bias_that_begins_with_nothing_is_fine_without_forget_gate_or_bias() -> None:
    for arguments in ({"unit_forget_bias": False}, {"use_bias": False}):
        assert LSTMCell(5, bias_initializer=None, **arguments).bias_initializer is None


def test_states_are_counted_in_words() -> None:
    assert [several([0] * many) for many in (0, 1, 2)] == ["0 states", "1 state", "2 states"]
