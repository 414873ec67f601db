"""Weights of one layer, set from a list and copied from another layer; layers are stood in for, without Keras."""

from __future__ import annotations

from typing import Any, cast

import pytest

from mergecli.catalog.layers.convolutional import Conv2D
from mergecli.catalog.layers.core import Dense
from mergecli.importers.keras.hdf5 import Array
from mergecli.importers.keras.old_weights import Writer
from mergecli.importers.keras.weight_lists import Listed
from mergecli.runtime.layer_weights import NoWeights, copy_layer, numbered, set_weights

numpy = pytest.importorskip("numpy")


class Variable:
    """A variable that keeps what it is given."""

    def __init__(self, *shape: int) -> None:
        self.shape = shape
        self.value: Any = None

    def assign(self, value: Any) -> None:
        self.value = value


class Target:
    """A layer with variables of some shapes."""

    def __init__(self, *shapes: tuple[int, ...], built: bool = True) -> None:
        self.weights = [Variable(*shape) for shape in shapes]
        self.built, self.finalized = built, 0

    def finalize_state(self) -> None:
        self.finalized += 1

    def get_weights(self) -> list[Any]:
        return [numpy.ones(variable.shape) for variable in self.weights]

    def set_weights(self, values: list[Any]) -> None:
        for variable, value in zip(self.weights, values):
            variable.assign(value)


class Numbers:
    """Numbers of an array, and how often they were read."""

    def __init__(self, values: Any) -> None:
        self.values, self.reads = values, 0

    def numbers(self, array: Array) -> Any:
        self.reads += 1
        return self.values


def array(values: Any) -> Array:
    return Array("w", values.shape, "float32", Numbers(values))


def layer(target: Target) -> Any:
    return cast("Any", target)


def test_a_list_that_fits_is_assigned_in_its_order_and_then_finalized() -> None:
    target = Target((2, 1), (1,))
    kernel, bias = numpy.array([[1.0], [2.0]]), numpy.array([3.0])
    set_weights(layer(target), Dense(units=1), Listed([array(kernel), array(bias)]), "`d`")
    assert [variable.value.tolist() for variable in target.weights] == [[[1], [2]], [3]]
    assert target.finalized == 1


def test_kernels_of_theano_are_turned_though_their_shapes_fit() -> None:
    target = Target((2, 1, 1, 1))
    kernel = numpy.array([1.0, 2.0]).reshape(2, 1, 1, 1)
    listed = Listed([array(kernel)], Writer("2.2.4", "theano"))
    conv = Conv2D(filters=1, kernel_size=[2, 1], use_bias=False)
    set_weights(layer(target), conv, listed, "`c`")
    assert target.weights[0].value.ravel().tolist() == [2, 1]


def test_other_shapes_are_refused_with_both_and_nothing_is_assigned() -> None:
    target = Target((2, 1), (1,))
    with pytest.raises(NoWeights) as caught:
        set_weights(
            layer(target), Dense(units=1), Listed([array(numpy.ones((3, 1)))]), "`d` of a.h5"
        )
    message = "`d` of a.h5 has weights of the shapes (3, 1), needed are (2, 1), (1,)"
    assert str(caught.value) == message
    assert [variable.value for variable in target.weights] == [None, None]


def test_no_weights_at_all_are_called_none() -> None:
    with pytest.raises(NoWeights, match="has weights of the shapes none, needed are"):
        set_weights(layer(Target((1,))), Dense(units=1), Listed([]), "`d`")


def test_an_array_that_is_far_too_large_is_refused_before_it_is_read() -> None:
    source = Numbers(None)
    huge = Array("w", (1 << 20,), "float32", source)
    with pytest.raises(NoWeights):
        set_weights(layer(Target((2, 1))), Dense(units=1), Listed([huge]), "`d`")
    assert source.reads == 0


def test_a_copy_needs_the_same_shapes_and_a_layer_that_was_built() -> None:
    target = Target((2, 1))
    copy_layer(layer(Target((9, 9), built=False)), layer(target), "`d`")
    assert (target.weights[0].value, target.finalized) == (None, 0)
    copy_layer(layer(Target((2, 1))), layer(target), "`d`")
    assert target.weights[0].value.tolist() == [[1], [1]] and target.finalized == 1
    with pytest.raises(NoWeights, match=r"`d` has weights of the shapes \(1, 2\), needed are"):
        copy_layer(layer(Target((1, 2))), layer(target), "`d`")


def test_layers_are_numbered_by_class_from_the_second_on() -> None:
    class HeadLayer(Target): ...

    layers = [layer(item) for item in (Target(), HeadLayer(), Target(), Target())]
    assert [name for name, _ in numbered(layers)] == [
        "target",
        "head_layer",
        "target_1",
        "target_2",
    ]
