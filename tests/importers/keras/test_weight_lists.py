"""One list of weights is given to several layers, by their names or by their order."""

from __future__ import annotations

from typing import Any, cast

import pytest

from mergecli.catalog.weights import Weight
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.hdf5 import Array, ArraySource
from mergecli.importers.keras.layer_entries import LayerEntry, Path
from mergecli.importers.keras.weight_lists import Expected, Listed, ListSplitter

NOWHERE = cast("ArraySource", None)


def array(name: str, *shape: int) -> Array:
    return Array(name, shape, "float32", NOWHERE)


def weight(*shape: int, trainable: bool = True) -> Weight:
    return Weight("w", shape, trainable=trainable)


def splitter(
    layers: dict[Path, bool], expected: dict[Path, Expected], **config: Any
) -> ListSplitter:
    """Return a splitter; `layers` tells which are models, whose config is `config`."""
    entries = {
        path: LayerEntry("", "", {"config": config if is_model else {}}, is_model)
        for path, is_model in layers.items()
    }
    return ListSplitter(entries, expected, writer=Listed([]).writer)


def names(splitter: ListSplitter) -> dict[Path, list[str]]:
    return {path: [item.name for item in found.arrays] for path, found in splitter.lists.items()}


INNER: dict[Path, bool] = {("m",): True, ("m", "a"): False, ("m", "a_b"): False}
TWO = {
    ("m", "a"): Expected([weight(2, 3), weight(3, trainable=False)]),
    ("m", "a_b"): Expected([weight(3, 4)]),
}


def test_a_single_layer_keeps_its_whole_list() -> None:
    found = splitter({("a",): False}, {})
    found.split(("a",), [array("anything", 1), array("else", 2)])
    assert names(found) == {("a",): ["anything", "else"]}


def test_the_longest_name_that_fits_decides() -> None:
    found = splitter(INNER, TWO)
    found.split(("m",), [array("a_b/kernel:0", 9), array("x/a/kernel", 9), array("a_W", 9)])
    assert names(found) == {("m", "a"): ["x/a/kernel", "a_W"], ("m", "a_b"): ["a_b/kernel:0"]}


def test_without_names_what_is_trained_comes_first() -> None:
    found = splitter(INNER, TWO)
    found.split(("m",), [array("1", 2, 3), array("2", 3, 4), array("3", 3)])
    assert names(found) == {("m", "a"): ["1", "3"], ("m", "a_b"): ["2"]}


def test_in_a_frozen_model_weights_stand_layer_by_layer() -> None:
    found = splitter(INNER, TWO, trainable=False)
    found.split(("m",), [array("1", 2, 3), array("2", 3), array("3", 3, 4)])
    assert names(found) == {("m", "a"): ["1", "2"], ("m", "a_b"): ["3"]}


@pytest.mark.parametrize(
    "shapes", [[(2, 3), (3, 4)], [(2, 3), (3, 4), (3,), (1,)], [(3, 2), (3, 4), (3,)]]
)
def test_a_list_of_other_shapes_or_length_is_refused(shapes: list[tuple[int, ...]]) -> None:
    arrays = [array(str(number), *shape) for number, shape in enumerate(shapes)]
    with pytest.raises(Unreadable, match="list of the weights of `m` does not fit"):
        splitter(INNER, TWO).split(("m",), arrays)


def test_a_whole_model_is_split_layer_by_layer_and_says_how_many_it_needs() -> None:
    layers: dict[Path, bool] = {("z",): False, **INNER}
    expected = {("z",): Expected([weight(1)]), **TWO}
    found = splitter(layers, expected)
    arrays = [array("1", 1), array("2", 2, 3), array("3", 3, 4), array("4", 3)]
    found.split((), arrays)
    assert names(found) == {("z",): ["1"], ("m", "a"): ["2", "4"], ("m", "a_b"): ["3"]}
    with pytest.raises(Unreadable, match="it has 5 weights, its layers need 4"):
        splitter(layers, expected).split((), [*arrays, array("5", 1)])


def test_a_name_that_two_models_have_says_nothing() -> None:
    layers: dict[Path, bool] = {("m",): True, ("m", "p", "a"): False, ("m", "q", "a"): False}
    expected = {path: Expected([weight(2)]) for path, is_model in layers.items() if not is_model}
    found = splitter(layers, expected)
    found.split(("m",), [array("a/kernel", 2), array("a/kernel", 2)])
    assert names(found) == {("m", "p", "a"): ["a/kernel"], ("m", "q", "a"): ["a/kernel"]}
