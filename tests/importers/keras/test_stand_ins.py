"""Layers that Keras does not document or has no longer, and what stands for them."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.layer import Layer
from mergecli.catalog.layers.core import EinsumDense
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.config_reader import parse
from mergecli.importers.keras.saved_model import Origin, Saved
from mergecli.importers.keras.stand_ins import stand_in


def chain(layer: Any, old: bool = True) -> Saved:
    """Read a chain of an input of 4 numbers and a layer."""
    start = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4]}}
    config = {"name": "m", "layers": [start, layer]}
    version = "2.4.0" if old else "3.0.0"
    return parse({"class_name": "Sequential", "config": config, "keras_version": version})


def layer(cls: str, **config: Any) -> Any:
    return {"class_name": cls, "config": {"name": "l", **config}}


def test_a_thresholded_relu_is_a_choice_between_x_and_zero() -> None:
    saved = chain(layer("ThresholdedReLU", theta={"class_name": "__numpy__", "value": 0.5}))
    greater, where = saved.calls
    assert (greater.name, greater.cls) == ("l_greater", "ops.greater")
    assert greater.sources == (Origin("x"), Origin(constant=0.5))
    assert (where.name, where.cls) == ("l", "ops.where")
    assert where.sources == (Origin("l_greater", 0), Origin("x"), Origin(constant=0.0))
    assert saved.outputs == [Origin("l", 0)]


def test_the_threshold_is_one_by_default_and_must_be_a_number() -> None:
    assert chain(layer("ThresholdedReLU")).calls[0].sources[1] == Origin(constant=1.0)
    with pytest.raises(Unreadable, match="does not give the `theta` of `l`"):
        chain(layer("ThresholdedReLU", theta="much"))


def test_hard_sigmoid_of_keras_2_is_scaled_before_that_of_today() -> None:
    # Keras 2: 0.2 x + 0.5; Keras 3: x / 6 + 0.5, so x is multiplied by 6 * 0.2.
    scaled, after = chain(layer("Activation", activation="hard_sigmoid", trainable=False)).calls
    assert (scaled.name, scaled.cls) == ("l_scaled", "ops.multiply")
    assert scaled.sources == (Origin("x"), Origin(constant=pytest.approx(1.2)))
    assert (after.name, after.cls) == ("l", "Activation")
    assert after.sources == (Origin("l_scaled", 0),)
    assert isinstance(after.layer, Layer)
    assert after.layer.explicit == {"activation": "hard_sigmoid", "trainable": False}


def test_today_s_hard_sigmoid_and_layers_with_weights_stay_as_they_are() -> None:
    (today,) = chain(layer("Activation", activation="hard_sigmoid"), old=False).calls
    assert (today.name, today.cls) == ("l", "Activation")
    assert stand_in(layer("Dense", units=1, activation="hard_sigmoid"), True) is None
    assert stand_in(layer("ThresholdedReLU"), False) is None


@pytest.mark.parametrize(
    ("data", "known"),
    [
        ({"class_name": "LayerScale", "module": "keras.src.applications.convnext"}, True),
        ({"class_name": "LayerScale"}, True),
        ({"class_name": "Custom>LayerScale"}, True),
        ({"class_name": "Mine>LayerScale"}, False),
        ({"class_name": "LayerScale", "module": "mine"}, False),
        ({"class_name": "Dense"}, False),
    ],
)
def test_only_the_layers_of_keras_s_applications_are_replaced(data: Any, known: bool) -> None:
    assert (stand_in(data, False) is not None) is known


def functional(layer: Any, *tensors: Any) -> Saved:
    start = {"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, 8, 8, 3]}}
    call = {"args": list(tensors), "kwargs": {}}
    config = {
        "name": "m",
        "layers": [start, {**layer, "name": "l", "inbound_nodes": [call]}],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["l", 0, 0]],
    }
    return parse({"class_name": "Functional", "config": config, "keras_version": "3.0.0"})


def tensor(**more: Any) -> Any:
    config = {"keras_history": ["x", 0, 0], **more}
    return {"class_name": "__keras_tensor__", "config": config}


def test_a_layer_scale_multiplies_each_channel_by_a_weight() -> None:
    data = layer("LayerScale", init_values=0.1, projection_dim=3)
    (call,) = functional(data, tensor(shape=[None, 8, 8, 3])).calls
    assert isinstance(call.layer, EinsumDense)
    assert call.layer.equation == "abcd,d->abcd"
    assert list(call.layer.output_shape) == [8, 8, 3]
    assert call.layer.kernel_initializer.value == 0.1  # type: ignore[attr-defined]
    with pytest.raises(Unreadable, match="does not give the shape of `l`"):
        functional(data, tensor())


def test_a_custom_scale_adds_a_part_of_the_second_tensor() -> None:
    scaled, added = functional(layer("CustomScaleLayer", scale=0.17), [tensor(), tensor()]).calls
    x = Origin("x", 0, 0)
    assert scaled.sources == (x, Origin(constant=0.17))
    assert (added.name, added.sources) == ("l", (x, Origin("l_scaled", 0)))
    with pytest.raises(Unreadable, match="does not give the `scale` of `l`"):
        functional(layer("CustomScaleLayer"), [tensor(), tensor()])
