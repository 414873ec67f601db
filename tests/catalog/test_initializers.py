"""Initializers: which weights can begin so, and the fans by which they are scaled."""

from __future__ import annotations

import pytest

from mergecli.catalog.initializers import (
    STFT,
    Constant,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Identity,
    Initializer,
    Ones,
    Orthogonal,
    RandomUniform,
    VarianceScaling,
    Zeros,
    initializer,
)
from mergecli.catalog.keras_object import ArgumentErrors

NO_INTEGER = "begins weights of floats: no integer lies between its bounds"


@pytest.mark.parametrize(
    ("beginning", "shape", "dtype", "reason"),
    [
        (Zeros(), (3,), "string", None),
        (Ones(), (3,), "string", "begins weights of numbers"),
        (Constant(2), (3,), "int32", None),
        (Identity(), (3, 4), "complex64", None),
        (Identity(), (3, 4), "int32", "begins weights of other dtypes"),
        (Orthogonal(), (3,), "float32", "begins weights of at least 2 dimensions"),
        (Orthogonal(), (3, 4), "bfloat16", "begins weights of other dtypes"),
        (STFT(), (3, 4), "float32", "begins weights of 3 dimensions"),
        (RandomUniform(), (3,), "int32", NO_INTEGER),
        (RandomUniform(0, 2), (3,), "int64", None),
        (HeNormal(), (3, 4), "int32", "begins weights of other dtypes"),
    ],
)
def test_why_a_weight_cannot_begin_so(
    beginning: Initializer, shape: tuple[int, ...], dtype: str, reason: str | None
) -> None:
    assert beginning.mismatch(shape, dtype) == reason


def test_integers_are_drawn_only_where_the_limit_reaches_one() -> None:
    # sqrt(3 * 2 / 6) = 1, sqrt(3 * 2 / 7) < 1; what goes out does not count.
    assert HeUniform().mismatch((6, 100), "int32") is None
    assert HeUniform().mismatch((7, 1), "int32") == NO_INTEGER
    # sqrt(3 / ((1 + 5) / 2)) = 1, sqrt(3 / ((1 + 6) / 2)) < 1
    assert GlorotUniform().mismatch((1, 5), "int64") is None
    assert GlorotUniform().mismatch((1, 6), "int64") == NO_INTEGER


@pytest.mark.parametrize(
    ("mode", "fan"), [("fan_in", 2 * 3 * 4), ("fan_out", 2 * 3 * 8), ("fan_avg", 36)]
)
def test_the_fans_of_a_kernel_have_its_window(mode: str, fan: float) -> None:
    assert VarianceScaling(mode=mode).fan((2, 3, 4, 8)) == fan


def test_the_fans_of_vectors_and_numbers() -> None:
    assert VarianceScaling().fan((5,)) == 5
    assert VarianceScaling(mode="fan_out").fan(()) == 1


def test_axes_say_what_goes_in_and_out() -> None:
    axes = {"input_axes": [0, -1], "output_axes": [1]}
    assert VarianceScaling(**axes).fan((2, 3, 5)) == 10
    assert VarianceScaling(mode="fan_avg", **axes).fan((2, 3, 5)) == 6.5
    reason = "names an axis beyond the 1 that there are"
    assert VarianceScaling(**axes).mismatch((2,), "float32") == reason
    single = VarianceScaling(input_axes=0, output_axes=1)
    assert single.mismatch((2, 3), "float32") == "takes lists of axes"


def test_the_scale_is_above_zero_and_the_distribution_in_any_case() -> None:
    assert VarianceScaling(distribution="Uniform").evenly
    assert not VarianceScaling(distribution="untruncated_normal").evenly
    with pytest.raises(ArgumentErrors, match="scale: must be a number above 0"):
        VarianceScaling(scale=0)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("zero", "Zeros"),
        ("uniform", "RandomUniform"),
        ("IdentityInitializer", "Identity"),
        ("variance_scaling", "VarianceScaling"),
        ("STFT", "STFT"),
    ],
)
def test_an_initializer_has_several_names(name: str, cls: str) -> None:
    assert type(initializer(name)).__name__ == cls
