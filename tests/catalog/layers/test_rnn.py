"""Recurrent layers: time, states, masks, and the cells that `RNN` repeats."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.rnn import GRU, LSTM, RNN, SimpleRNN
from mergecli.catalog.layers.rnn_cells import GRUCell, LSTMCell, SimpleRNNCell, StackedRNNCells
from mergecli.catalog.layers.rnn_wrappers import Bidirectional, TimeDistributed
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend

X = (None, 10, 3)


def shapes(layer: Any, inputs: Inputs) -> list[Shape | None]:
    return [one.shape for one in layer.results(inputs)]


def started(*states: Shape, mask: Shape | None = None) -> Inputs:
    tensors = [Tensor(X), *map(Tensor, states)]
    names = ["sequences", *["initial_state"] * len(states)]
    if mask is not None:
        tensors.append(Tensor(mask, "bool"))
        names.append("mask")
    return Inputs(tuple(tensors), keywords=tuple(names))


@pytest.mark.parametrize(
    ("kind", "states"),
    [(SimpleRNN, 1), (GRU, 1), (LSTM, 2), (lambda n, **a: RNN(GRUCell(n), **a), 1)],
)
def test_sequences_and_states_come_where_they_are_wanted(kind: Any, states: int) -> None:
    inputs = Inputs.of(X)
    assert shapes(kind(5), inputs) == [(None, 5)]
    assert shapes(kind(5, return_sequences=True), inputs) == [(None, 10, 5)]
    assert shapes(kind(5, return_state=True), inputs) == [(None, 5)] * (1 + states)


def test_steps_share_their_weights() -> None:
    layer = GRU(5, use_bias=False)
    assert [(one.name, one.shape) for one in layer.weights(Inputs.of(X))] == [
        ("cell/kernel", (3, 15)),
        ("cell/recurrent_kernel", (5, 15)),
    ]
    assert layer.macs(Inputs.of(X), ()) == 10 * (3 + 5) * 15
    assert layer.macs(Inputs.of((None, None, 3)), ()) is None


def test_initial_states_are_those_of_a_step() -> None:
    layer = LSTM(5)
    assert shapes(layer, started((None, 5), (4, 5))) == [(None, 5)]
    with pytest.raises(ShapeError, match="keeps 2 states, not 1") as few:
        layer.results(started((None, 5)))
    assert (few.value.code, few.value.inputs) == ("input-count", (1,))
    with pytest.raises(ShapeError) as wide:
        layer.results(started((None, 5), (None, 6)))
    assert wide.value.message == "cannot use {2} as a state: (None, 6) for (None, 5)"


def test_a_mask_has_a_place_for_each_step() -> None:
    for mask in ((None, 10), (None, 10, 1), (None, 10, 5)):
        assert shapes(GRU(5), started(mask=mask)) == [(None, 5)]
    for mask in ((None, 9), (None, 10, 3)):
        with pytest.raises(ShapeError, match=r"cannot use \{1\} as a mask") as caught:
            GRU(5).results(started(mask=mask))
        assert caught.value.inputs == (1, 0)


@pytest.mark.parametrize(
    ("layer", "is_dropped"),
    [
        (GRU(5, dropout=0.5), True),
        (GRU(5, dropout=1.0), False),
        (GRU(5, recurrent_dropout=0.5), False),
        (RNN([GRUCell(5, dropout=0.5), GRUCell(5)]), True),
        (RNN([GRUCell(5), GRUCell(5, dropout=0.5)]), False),
        (Bidirectional(GRU(5, dropout=0.5)), True),
        (TimeDistributed(GRU(5, dropout=0.5)), True),
    ],
)
def test_only_floats_are_dropped_of_a_step(layer: Any, is_dropped: bool) -> None:
    shape = (None, 2, *X[1:]) if isinstance(layer, TimeDistributed) else X
    inputs = Inputs.of(shape, dtype="int32")
    layer.check_run(inputs, ["float16"])
    layer.check_run(inputs, [None])
    if not is_dropped:
        layer.check_run(inputs, ["int32"])
        return
    with pytest.raises(
        ShapeError, match=r"takes floats with `dropout`, .* has dtype int32"
    ) as caught:
        layer.check_run(inputs, ["int32"])
    assert caught.value.code == "wrong-type" and caught.value.hint


def test_jax_repeats_no_list_of_one_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backend, "choose", lambda: "jax")
    inputs = Inputs.of(X)
    assert shapes(RNN([GRUCell(5)], unroll=True), inputs) == [(None, 5)]
    assert shapes(RNN([GRUCell(5), GRUCell(4)]), inputs) == [(None, 4)]
    for cells in ([GRUCell(5)], StackedRNNCells([GRUCell(5)])):
        with pytest.raises(ShapeError, match="list of one cell with the backend `jax`"):
            RNN(cells).results(inputs)


def test_a_stateful_layer_needs_to_know_the_samples() -> None:
    layer = SimpleRNN(5, stateful=True)
    assert len(layer.weights(Inputs.of((4, 10, 3)))) == 3
    with pytest.raises(ShapeError, match="stateful and needs a known batch size") as caught:
        layer.weights(Inputs.of(X))
    assert (caught.value.code, caught.value.argument) == ("unknown-dimension", "stateful")


def test_a_list_of_cells_is_a_stack() -> None:
    layer = RNN([LSTMCell(5), SimpleRNNCell(4)], return_state=True)
    assert shapes(layer, Inputs.of(X)) == [(None, 4), (None, 5), (None, 5), (None, 4)]
    assert [one.name for one in layer.weights(Inputs.of(X))][3:5] == [
        "cell/cells/1/kernel",
        "cell/cells/1/recurrent_kernel",
    ]
    assert layer.macs(Inputs.of(X), ()) == 10 * ((3 + 5) * 20 + (5 + 4) * 4)
    with pytest.raises(ShapeError, match="takes no initial state for stacked cells"):
        layer.results(started((None, 5), (None, 5), (None, 4)))
    simple = RNN([GRUCell(5), SimpleRNNCell(4)])
    assert shapes(simple, started((None, 5), (None, 4))) == [(None, 4)]


def test_rnn_repeats_only_cells() -> None:
    for cell in (Dense(5), LSTM(5), [GRUCell(5), Dense(5)]):
        with pytest.raises(ArgumentErrors, match="cell: must be a cell, such as `LSTMCell`"):
            RNN(cell)


def test_a_stack_that_keras_has_made_is_a_list_again() -> None:
    quirk = RNN.config_quirk
    assert quirk is not None
    cells = [{"class_name": "GRUCell", "config": {"units": 5}}]
    stack = {"class_name": "StackedRNNCells", "config": {"cells": cells}}
    assert quirk.apply({"cell": stack, "unroll": True}) == {"cell": cells, "unroll": True}
    assert quirk.apply({"cell": cells[0]}) == {"cell": cells[0]}
