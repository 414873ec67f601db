"""Hints for inputs that do not fit: a change that makes them fit, or nothing."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

MERGED = "branches:\n  a: {{{}}}\n  b: {{{}}}\nmerge: {}\n"


def hint(text: str) -> str | None:
    """The hint of the one error in a spec."""
    (found,) = compile_spec(Source(text, "a.yaml")).errors
    return found.help


@pytest.mark.parametrize(
    ("shape", "layer", "wanted"),
    [
        # An axis is missing.
        (
            "[8, 8]",
            "Conv2D: {filters: 4, kernel_size: 3}",
            "add an axis for the features to the shape of the input: `[8, 8, 1]`",
        ),
        # The batch was given.
        (
            "[32, 8, 8, 3]",
            "MaxPooling2D",
            "leave the batch size out of the shape of the input: `[8, 8, 3]`;"
            " for a sequence, wrap the layer in `TimeDistributed`",
        ),
    ],
)
def test_the_shape_of_the_input_is_put_right(shape: str, layer: str, wanted: str) -> None:
    assert hint(f"input: {shape}\nlayers: [{layer}]\n") == wanted


def test_a_recurrent_layer_is_to_give_all_its_steps() -> None:
    text = "input: [9, 4]\nlayers: [{LSTM: {units: 3, name: first}}, {LSTM: 2}]\n"
    assert hint(text) == "add `return_sequences: true` to `first`, which gives only its last step"


def test_a_layer_inside_a_wrapper_is_named_as_such() -> None:
    text = "input: [9, 4]\nlayers: [{Bidirectional: {layer: {LSTM: 3}, name: both}}, {LSTM: 2}]\n"
    assert hint(text) == (
        "add `return_sequences: true` to the layer in `both`, which gives only its last step"
    )


def test_a_layer_is_to_come_before_what_removes_its_axes() -> None:
    text = "input: [9, 9, 3]\nlayers: [{Flatten: {name: flat}}, {MaxPooling2D: 2}]\n"
    assert hint(text) == "apply it before `flat`, which removes the axes that it needs"


def test_a_class_for_other_dimensions_is_suggested() -> None:
    text = "input: [9, 4]\nlayers: [{Dense: 3}, {Conv2D: {filters: 4, kernel_size: 3}}]\n"
    assert hint(text) == "use `Conv1D`, which takes 3 dimensions"


def test_tensors_are_joined_on_the_axis_on_which_they_differ() -> None:
    text = MERGED.format("input: [5, 3]", "input: [7, 3]", "Concatenate")
    assert hint(text) == "join them on the axis on which they differ: `axis: 1`"


def test_the_input_with_more_dimensions_is_reduced() -> None:
    text = MERGED.format("input: [8, 8, 3]", "input: [3]", "Concatenate")
    assert hint(text) == (
        "end `a` with `- GlobalAveragePooling2D` (3 features) or `- Flatten` (192 features)"
    )


def test_tensors_that_are_added_get_one_size() -> None:
    text = MERGED.format("input: [8]", "input: [5]", "Add")
    assert hint(text) == (
        "give them one size, for example with `- Dense: 8` after `b`, or join them with `Concatenate`"
    )


def test_no_change_is_suggested_that_would_not_make_them_fit() -> None:
    # Both differ in two axes, so that neither one size nor one axis is enough.
    text = MERGED.format("input: [8, 3]", "input: [5, 4]", "Add")
    assert hint(text) is None
