"""A model that grows call by call has Keras's names, shapes and order."""

from __future__ import annotations

import pytest

from mergecli.catalog.layers.convolutional import Conv2D
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.merging import Add
from mergecli.catalog.shapes import ShapeError
from mergecli.importers.applications.net import Net, canonical
from mergecli.importers.keras.saved_model import Origin


def test_names_are_counted_by_class_and_given_ones_do_not_count() -> None:
    net = Net((8, 8, 3))
    for name in (None, "own", None):
        net.conv(2, name=name)
    net.norm()
    names = [call.name for call in net.calls]
    assert names == ["input_layer", "conv2d", "own", "conv2d_1", "batch_normalization"]


def test_a_layer_is_applied_to_the_last_result_or_to_that_of_a_number() -> None:
    net = Net((8, 8, 3))
    first = net.conv(4, 3)
    net.conv(5, 3, strides=2)
    assert net.shape == (None, 2, 2, 5) and net.channels == 5
    net.conv(6, of=first)
    assert net.shape == (None, 6, 6, 6)
    assert net.calls[-1].sources == (Origin("conv2d", 0, 0),)


def test_what_is_farthest_from_the_end_comes_first_and_else_what_is_met_first_from_there() -> None:
    net = Net((4,))
    short = net.add(Dense, "short", units=2)
    net.add(Dense, "idle", 0, units=2)
    net.add(Dense, "long", 0, units=2)
    long = net.add(Dense, "longer", units=2)
    net.join(Add, "sum", (long, short))
    saved = net.saved("model")
    assert [call.name for call in saved.calls] == ["long", "longer", "short", "sum"]
    assert (saved.name, saved.single) == ("model", True)
    assert saved.outputs == [Origin("sum", 0, 0)]
    assert saved.calls[-1].listed and len(saved.calls[-1].sources) == 2


def test_arguments_that_are_defaults_are_not_kept() -> None:
    net = Net((8, 8, 3))
    net.conv(4, padding="same", strides=1, use_bias=True)
    layer = net.calls[-1].layer
    assert layer is not None and set(layer.explicit) == {"filters", "kernel_size", "padding"}


def test_a_plain_number_is_an_operand_and_no_result() -> None:
    net = Net((4,))
    net.operate("multiply", 0, 0.5)
    call = net.calls[-1]
    assert (call.name, call.cls) == ("multiply", "ops.multiply")
    assert call.sources == (Origin("input_layer", 0, 0), Origin(constant=0.5))


def test_a_model_in_the_model_shares_the_counts_of_names() -> None:
    net = Net((8, 8, 3))
    net.nest("inner", (Conv2D, "c", {"filters": 4, "kernel_size": [4, 4], "strides": [4, 4]}))
    assert net.shape == (None, 2, 2, 4)
    nested = net.calls[-1].nested
    assert nested is not None and nested.inputs[0].name == "input_layer_1"
    assert [call.name for call in nested.calls] == ["c"]


@pytest.mark.parametrize(
    ("size", "image", "wanted"),
    # What is padded on each side: before, window // 2 - 1 + size % 2; behind, window // 2.
    [(3, (8, 9), (9, 11)), (5, (8, 9), (11, 13)), (3, (None, None), (None, None))],
)
def test_padding_before_halving_depends_on_whether_the_size_is_odd(
    size: int, image: tuple[int | None, ...], wanted: tuple[int | None, ...]
) -> None:
    net = Net((*image, 3))
    net.pad_to_halve(size, "pad")
    assert net.shape == (None, *wanted, 3)


def test_a_known_height_needs_a_known_width() -> None:
    net = Net((8, None, 3))
    with pytest.raises(ShapeError, match="must have a known width") as caught:
        net.pad_to_halve(3, "pad")
    assert caught.value.hint == "give both sizes, or none"


def test_a_window_that_does_not_fit_names_its_layer() -> None:
    with pytest.raises(ShapeError, match="does not go through the layers: `small` "):
        Net((2, 2, 3)).conv(1, 3, name="small")
    with pytest.raises(ShapeError, match="needs a known number of channels"):
        Net((2, None)).channels  # noqa: B018


def test_an_activation_has_one_name() -> None:
    assert canonical("swish") == canonical("silu") == "silu"
    assert canonical(None) is canonical("linear") is None
