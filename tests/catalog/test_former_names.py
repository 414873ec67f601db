"""Names of other frameworks and older versions: what a user is told to write today."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.catalog.former_names import (
    ARGUMENTS,
    ENTRIES,
    GONE,
    LAYERS,
    LIKELY,
    LIKELY_MERGES,
    OPERATIONS,
    Today,
    today,
)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("batchnorm", "BatchNormalization"),
        ("nn.Linear", "Dense"),
        ("torch.nn.functional.max_pool2d", "MaxPooling2D"),
        ("tf.reduce_sum", "ops.sum"),
        ("tf.nn.relu", "ops.relu"),
        ("tf.keras.layers.GRUCell", "GRUCell"),
        ("Abs", "ops.abs"),
    ],
)
def test_the_class_to_write_instead(name: str, written: str) -> None:
    found = today(name)
    assert found is not None and found.name == written


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nn.Linear", "write `Dense`"),
        ("Linear", "did you mean `Dense`?"),
        ("Relu", "write `Activation: relu`"),
        ("relu_6", "write `ReLU: {max_value: 6}`"),
        ("cudnn_lstm", "gone since Keras 3: use `LSTM`"),
        (
            "keras.layers.MaxoutDense",
            "gone since Keras 2: use several `Dense` layers and `Maximum`",
        ),
    ],
)
def test_the_hint_for_a_name(name: str, hint: str) -> None:
    found = today(name)
    assert found is not None and found.hint == hint


def test_nothing_is_guessed_for_names_of_the_user_s_own() -> None:
    for name in ("MyMax", "foo.Dense", "Dense", "tf.keras.layers.Lambda", ""):
        assert today(name) is None


def test_only_a_name_that_fits_as_it_is_can_be_put_in_its_place() -> None:
    assert today("InstanceNorm2d") == Today("write `GroupNormalization: {groups: -1}`", None)
    gone = "write a layer of your own and name its module: --import MODULE"
    assert today("SReLU") == Today(f"gone since Keras 2: {gone}", None)


def test_the_sum_of_a_backend_is_the_operation() -> None:
    found = today("K.sum")
    assert found is not None and found.name == "ops.sum"


def test_every_name_to_write_is_one_that_can_be_used() -> None:
    names = {*LAYERS.values(), *OPERATIONS.values(), *LIKELY, *LIKELY_MERGES}
    names |= {entry.partition(":")[0] for entry in ENTRIES.values()}
    assert sorted(name for name in names if registry.layer(name) is None) == []


def test_no_name_that_keras_still_has_counts_as_former() -> None:
    former = {*LAYERS, *ENTRIES, *GONE}
    assert sorted(name for name in former if registry.layer(name) is not None) == []


def test_the_parts_of_a_joined_argument_lead_to_it() -> None:
    assert ARGUMENTS["nb_col"] == ARGUMENTS["kernel_dim3"] == ("kernel_size",)
    assert ARGUMENTS["W_regularizer"][0] == "kernel_regularizer"
