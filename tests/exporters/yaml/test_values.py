"""Arguments as a spec has them."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.diagnostics.source import Span
from mergecli.exporters.yaml.values import Inexpressible, arguments, in_order, known, plain
from mergecli.ir.graph import Call, Location

LAYERS = registry.layers()


def test_arguments_are_in_the_order_of_keras_and_without_the_name() -> None:
    layer = LAYERS["Dense"](name="d", activation="relu", units=3)
    assert list(arguments(layer).items()) == [("units", 3), ("activation", "relu")]
    assert in_order(layer) == ["units", "activation", "name"]


def test_a_size_that_is_the_same_on_all_axes_is_written_once() -> None:
    found = arguments(LAYERS["Conv2D"](filters=4, kernel_size=[3, 3], strides=[2, 1]))
    assert found == {"filters": 4, "kernel_size": 3, "strides": [2, 1]}


def test_a_list_that_is_not_a_size_stays_a_list() -> None:
    assert arguments(LAYERS["Reshape"](target_shape=[4, 4])) == {"target_shape": [4, 4]}


def test_an_object_is_its_class_with_its_arguments() -> None:
    dense = LAYERS["Dense"](units=3)
    assert plain(dense) == {"Dense": {"units": 3}}
    assert plain(LAYERS["Flatten"]()) == "Flatten"
    assert arguments(LAYERS["TimeDistributed"](layer=dense)) == {"layer": {"Dense": {"units": 3}}}


def test_tuples_are_lists_at_every_level() -> None:
    assert plain({"a": ((1, 2), [3])}) == {"a": [[1, 2], [3]]}


def test_a_layer_that_cannot_be_read_says_so() -> None:
    call = Call(0, "Lambda", None, Location(Span(1, 1, 1, 1)), None)
    with pytest.raises(Inexpressible, match="a `Lambda` that cannot be read"):
        known(call)
