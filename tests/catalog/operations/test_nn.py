"""Operations for neural networks: shapes, dtypes, and which activation each of them is."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.catalog.layer import spec_name
from mergecli.catalog.operations.nn import Elu, Glu, LogSoftmax, Normalize, OneHot, Softmax
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def test_a_gated_unit_halves_an_even_axis() -> None:
    assert Glu(axis=1).shape((None, 6, 5)) == (None, 3, 5)
    assert Glu(axis=0).shape((None, 5)) == (None, 5)
    with pytest.raises(ShapeError, match=r"cannot halve 5 on axis 2 of \{0\}: \(None, 6, 5\)"):
        Glu().shape((None, 6, 5))


def test_classes_stand_at_the_axis_that_is_named() -> None:
    assert OneHot(10).shape((None, 4)) == (None, 4, 10)
    assert OneHot(10, axis=0).shape((None, 4)) == (10, None, 4)
    for axis in (2, -2):
        with pytest.raises(ShapeError, match=f"cannot put classes at axis {axis}") as caught:
            OneHot(10, axis=axis).shape((None, 4))
        assert caught.value.hint == "-1 or an axis from 0 to 1"


def test_classes_are_floats_unless_a_dtype_is_named() -> None:
    inputs = Inputs.of((None,), dtype="int64")
    assert OneHot(3).results(inputs) == (Tensor((None, 3), "float32"),)
    assert OneHot(3, dtype="int").results(inputs) == (Tensor((None, 3), "int64"),)
    arguments = {"num_classes": 3, "dtype": None}
    full = {"num_classes": 3, "dtype": "float32"}
    assert OneHot(3).as_class(("x",), arguments) == (("x",), full, {})


def test_activations_keep_the_dtype_and_a_norm_does_not() -> None:
    inputs = Inputs.of((None, 8), dtype="float16")
    assert Softmax().results(inputs) == (Tensor((None, 8), "float16"),)
    assert Normalize().results(inputs) == (Tensor((None, 8), "float32"),)


def test_a_softmax_needs_the_axis_it_sums_along() -> None:
    assert LogSoftmax(axis=[1, 2]).shape((None, 4, 8)) == (None, 4, 8)
    with pytest.raises(ShapeError, match=r"cannot use axis 3: \{0\} has 3 dimensions"):
        Softmax(axis=3).shape((None, 4, 8))


def test_another_slope_makes_another_function_than_the_activation() -> None:
    assert Elu().function == "elu"
    assert Elu(alpha=0.5).function is None
    assert Softmax(axis=1).function == "softmax"


def test_an_operation_is_found_by_its_second_name() -> None:
    swish = registry.layer("ops.swish")
    assert swish is not None and swish is registry.layer("ops.silu")
    assert spec_name(swish) == "ops.silu"
