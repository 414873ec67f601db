"""Normalizations: one number for each place along their axes, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.core import Dense, Embedding
from mergecli.catalog.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
    RMSNormalization,
    SpectralNormalization,
    UnitNormalization,
)
from mergecli.catalog.layers.reshaping import Flatten
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

X = (None, 8, 9, 3)


def weights(layer: Any, shape: Shape) -> list[tuple[str, Shape, bool]]:
    return [(one.name, one.shape, one.trainable) for one in layer.weights(Inputs.of(shape))]


def test_moving_averages_are_not_trained() -> None:
    assert weights(BatchNormalization(axis=1), X) == [
        ("gamma", (8,), True),
        ("beta", (8,), True),
        ("moving_mean", (8,), False),
        ("moving_variance", (8,), False),
    ]
    assert [name for name, *_ in weights(BatchNormalization(center=False, renorm=True), X)] == [
        "gamma",
        "moving_mean",
        "moving_variance",
        "moving_stddev",
        "renorm_mean",
        "renorm_stddev",
    ]


@pytest.mark.parametrize(
    ("layer", "found"),
    [
        (LayerNormalization(), [("gamma", (3,), True), ("beta", (3,), True)]),
        # Keras sorts the axes as they are written.
        (LayerNormalization(axis=[2, 1], center=False), [("gamma", (8, 9), True)]),
        (LayerNormalization(axis=[1, -1], scale=False), [("beta", (3, 8), True)]),
        (RMSNormalization(axis=[1, 3]), [("scale", (8, 3), True)]),
        (UnitNormalization(), []),
        (GroupNormalization(groups=3, axis=2), [("gamma", (9,), True), ("beta", (9,), True)]),
        (GroupNormalization(groups=1, axis=1, scale=False), [("beta", (8,), True)]),
        (GroupNormalization(groups=3, scale=False), [("beta", (3,), True)]),
        (GroupNormalization(groups=-1, center=False), [("gamma", (3,), True)]),
    ],
)
def test_there_is_a_number_for_each_place_along_the_axes(
    layer: Any, found: list[tuple[str, Shape, bool]]
) -> None:
    assert weights(layer, X) == found


def test_an_axis_must_be_there_and_its_size_known() -> None:
    with pytest.raises(ShapeError, match=r"cannot use axis 4: \{0\} has 4 dimensions"):
        UnitNormalization(axis=[1, 4]).shape(X)
    with pytest.raises(ShapeError, match="needs a known size to create the weight `gamma`"):
        BatchNormalization().weights(Inputs.of((None, None)))
    with pytest.raises(ShapeError, match="needs a known size on axis -1"):
        GroupNormalization(groups=1).weights(Inputs.of((None, None)))


@pytest.mark.parametrize("groups", [2, 6])
def test_groups_divide_the_channels(groups: int) -> None:
    with pytest.raises(ShapeError) as caught:
        GroupNormalization(groups=groups).weights(Inputs.of(X))
    assert caught.value.message == (
        f"has {groups} groups, which do not divide the 3 channels of {{0}}"
    )
    assert caught.value.argument == "groups"


def test_a_mask_of_a_batch_lacks_the_features() -> None:
    layer = BatchNormalization()
    names = ("inputs", "mask")

    def masked(mask: Shape) -> Inputs:
        return layer.unnamed(Inputs((Tensor((None, 10, 3)), Tensor(mask, "bool")), keywords=names))

    assert masked((None, 10)).shapes == ((None, 10, 3),)
    for mask in ((None, 9), (None, 10, 3)):
        with pytest.raises(ShapeError, match=r"cannot use \{1\} as a mask"):
            masked(mask)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"renorm_clipping": {"rmin": 2.0, "rmax": 1.0}}, "has `rmax` below `rmin`"),
        ({"renorm_clipping": {"dmax": -1.0}}, "has a negative `dmax`"),
        ({"moving_variance_initializer": None}, "must not be null with `renorm`"),
    ],
)
def test_what_renormalizing_does_not_take(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        BatchNormalization(renorm=True, **arguments)
    BatchNormalization(**arguments)
    BatchNormalization(renorm=True, renorm_clipping={"rmin": 1.0, "rmax": 1.0, "dmax": 0.0})


def test_a_spectral_norm_needs_a_kernel_of_floats() -> None:
    layer = SpectralNormalization(Dense(5, use_bias=False))
    assert layer.results(Inputs.of((None, 4)))[0].shape == (None, 5)
    assert weights(layer, (None, 4)) == [("kernel", (4, 5), True), ("vector_u", (1, 5), False)]
    assert layer.macs(Inputs.of((None, 4)), ()) == 20
    assert weights(SpectralNormalization(Embedding(9, 6)), (None, 4))[1][1] == (1, 6)
    with pytest.raises(ShapeError, match="such as `Dense`; `Flatten` has none"):
        SpectralNormalization(Flatten()).results(Inputs.of((None, 4)))
    with pytest.raises(ShapeError, match="cannot scale a kernel of int8"):
        SpectralNormalization(Dense(5, dtype="int8_from_float32")).results(Inputs.of((None, 4)))


def test_a_sum_of_factors_cannot_be_scaled_while_training() -> None:
    layer = SpectralNormalization(Dense(5, lora_rank=2))
    inputs = Inputs.of((None, 4))
    assert layer.results(inputs)[0].shape == (None, 5)
    with pytest.raises(ShapeError, match="has a `lora_rank`") as caught:
        layer.results(inputs._replace(options={"training": True}))
    assert caught.value.argument == "layer"


def test_groups_of_channels_need_an_axis_beside_the_batch() -> None:
    GroupNormalization(groups=1, axis=0).check_in_model(Inputs.of((4,)))
    with pytest.raises(ShapeError, match="takes at least 2 dimensions"):
        GroupNormalization(groups=1).check_in_model(Inputs.of((4,)))


@pytest.mark.parametrize(
    ("target", "backend", "is_error"),
    [("3.10", "tensorflow", True), ("3.11", "tensorflow", False), ("3.10", "jax", False)],
)
def test_old_versions_do_not_normalize_integers(
    target: str, backend: str, is_error: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_BACKEND", backend)
    text = "input: {shape: [3], dtype: int32}\nlayers: [RMSNormalization]\n"
    version = tuple(map(int, target.split(".")))
    errors = compile_spec(Source(text, "a.yaml"), target=version).errors
    assert [error.code for error in errors] == ["newer-keras"] * is_error
