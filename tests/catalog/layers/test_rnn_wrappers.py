"""Layers around layers over time: `Bidirectional` and `TimeDistributed`."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.convolutional import Conv2D
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.rnn import GRU, LSTM
from mergecli.catalog.layers.rnn_wrappers import Bidirectional, TimeDistributed
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

X = (None, 10, 3)


def shapes(layer: Any, inputs: Inputs) -> list[Shape | None]:
    return [one.shape for one in layer.results(inputs)]


def started(*states: Shape) -> Inputs:
    names = ("sequences", *("initial_state",) * len(states))
    return Inputs((Tensor(X), *map(Tensor, states)), keywords=names)


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        ("concat", [(None, 10, 10)]),
        ("sum", [(None, 10, 5)]),
        ("ave", [(None, 10, 5)]),
        (None, [(None, 10, 5), (None, 10, 5)]),
    ],
)
def test_both_directions_are_merged(mode: str | None, after: list[Shape]) -> None:
    layer = Bidirectional(LSTM(5, return_sequences=True), merge_mode=mode)
    assert shapes(layer, Inputs.of(X)) == after


def test_the_states_of_both_directions_follow() -> None:
    layer = Bidirectional(LSTM(5, return_state=True))
    assert shapes(layer, Inputs.of(X)) == [(None, 10), *[(None, 5)] * 4]


def test_each_direction_has_weights_of_its_own() -> None:
    layer = Bidirectional(GRU(5), backward_layer=GRU(4, go_backwards=True, use_bias=False))
    assert [(one.name, one.shape) for one in layer.weights(Inputs.of(X))] == [
        ("forward/cell/kernel", (3, 15)),
        ("forward/cell/recurrent_kernel", (5, 15)),
        ("forward/cell/bias", (2, 15)),
        ("backward/cell/kernel", (3, 12)),
        ("backward/cell/recurrent_kernel", (4, 12)),
    ]
    assert layer.macs(Inputs.of(X), ()) == 10 * ((3 + 5) * 15 + (3 + 4) * 12)


def test_each_direction_has_its_half_of_the_states() -> None:
    layer = Bidirectional(LSTM(5))
    assert shapes(layer, started(*[(None, 5)] * 4)) == [(None, 10)]
    with pytest.raises(ShapeError, match="takes states for both directions, not 3"):
        layer.results(started(*[(None, 5)] * 3))
    # The last state is told by its own place, not by its place among the half.
    with pytest.raises(ShapeError) as caught:
        layer.results(started(*[(None, 5)] * 3, (None, 6)))
    assert caught.value.message == "cannot use {4} as a state: (None, 6) for (None, 5)"
    assert caught.value.inputs == (4,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": Dense(5)}, "^layer: must be a recurrent layer"),
        ({"layer": GRU(5), "backward_layer": Dense(5)}, "^backward_layer: must be a recurrent"),
        ({"layer": GRU(5, go_backwards=True)}, "layer: already goes backwards"),
        ({"layer": GRU(5), "backward_layer": GRU(5)}, "must have another `go_backwards`"),
        (
            {
                "layer": GRU(5, return_sequences=True),
                "backward_layer": GRU(5, go_backwards=True),
            },
            "backward_layer: must have the same `return_sequences` as `layer`",
        ),
        ({"layer": GRU(5, stateful=True, return_state=True)}, "layer: keeps its states"),
    ],
)
def test_directions_that_do_not_go_together(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        Bidirectional(**arguments)


def test_the_backward_layer_that_keras_has_made_is_left_out() -> None:
    quirk = Bidirectional.config_quirk
    assert quirk is not None

    def gru(**config: object) -> dict[str, Any]:
        return {"class_name": "GRU", "config": {"units": 5, "go_backwards": False, **config}}

    made = gru(go_backwards=True, name="backward_gru", zero_output_for_mask=True)
    config = {"layer": gru(name="forward_gru"), "backward_layer": made}
    assert quirk.apply(config) == {"layer": gru(), "backward_layer": None}
    own = gru(go_backwards=True, units=4)
    assert quirk.apply({"layer": gru(), "backward_layer": own})["backward_layer"] == own


def test_a_layer_sees_each_step_by_itself() -> None:
    layer = TimeDistributed(Conv2D(5, 3))
    inputs = Inputs.of((None, 10, 8, 8, 2))
    assert shapes(layer, inputs) == [(None, 10, 6, 6, 5)]
    assert [(one.name, one.shape) for one in layer.weights(inputs)] == [
        ("layer/kernel", (3, 3, 2, 5)),
        ("layer/bias", (5,)),
    ]
    assert layer.macs(inputs, ()) == 10 * 36 * 5 * 9 * 2
    assert shapes(layer, Inputs.of((4, None, 8, 8, 2))) == [(4, None, 6, 6, 5)]


def test_a_layer_of_several_results_cannot_be_applied_to_steps() -> None:
    with pytest.raises(ShapeError, match="takes a layer with one result"):
        TimeDistributed(LSTM(5, return_state=True)).results(Inputs.of((None, 10, 4, 3)))
    with pytest.raises(ShapeError, match=r"takes at least 3 dimensions, \{0\} has 2"):
        TimeDistributed(Dense(5)).results(Inputs.of((None, 10)))


def test_a_mask_of_steps_is_for_samples_and_time() -> None:
    layer = TimeDistributed(Dense(5))

    def masked(mask: Shape) -> Inputs:
        tensors = (Tensor((None, 10, 3)), Tensor(mask, "bool"))
        return layer.unnamed(Inputs(tensors, keywords=("inputs", "mask")))

    assert masked((None, 10)).shapes == ((None, 10, 3),)
    for mask in ((None, 9), (None,)):
        with pytest.raises(ShapeError, match=r"cannot use \{1\} as a mask"):
            masked(mask)
