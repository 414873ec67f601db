"""The numbers with which models are tried, and when two results are the same."""

from __future__ import annotations

import math

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network
from mergecli.runtime.random_inputs import (
    SIZES,
    TOLERANCE,
    Unverifiable,
    allowed,
    difference,
    first_fitting,
)

numpy = pytest.importorskip("numpy")

SPEC = """
inputs:
  words: {shape: [null], dtype: int32}
  picture: {shape: [4, 3], batch_size: 5}
  text: {shape: [1], dtype: string}
  mask: {shape: [2], dtype: bool}
layers:
  - Embedding: {input_dim: 9, output_dim: 3}
    from: words
"""


def network() -> Network:
    result = compile_spec(Source(SPEC, "a.yaml")).partial
    assert result is not None
    return result


def test_inputs_have_the_shapes_and_dtypes_of_the_network() -> None:
    inputs, result = first_fitting(network(), 1, 2, lambda inputs: "computed")
    assert result == "computed"
    assert [(value.shape, str(value.dtype)) for value in inputs] == [
        ((2, SIZES[0]), "int32"), ((5, 4, 3), "float32"), ((2, 1), "object"), ((2, 2), "bool"),
    ]  # fmt: skip
    # What is looked up is in the vocabulary.
    assert inputs[0].min() >= 0 and inputs[0].max() < 9


def test_an_unknown_size_is_tried_with_several() -> None:
    def compute(inputs: object) -> int:
        size: int = inputs[0].shape[1]  # type: ignore[index]
        if size < 100:
            raise ValueError("too small\nfor a window")
        return size

    assert first_fitting(network(), 0, 2, compute)[1] == SIZES[1]
    with pytest.raises(Unverifiable, match="no sizes"):
        first_fitting(network(), 0, 2, lambda inputs: (_ for _ in ()).throw(ValueError("no sizes")))


def test_the_largest_difference_counts() -> None:
    one = numpy.array([1.0, math.nan, math.inf])
    assert difference(one, one) == 0
    assert difference(one, numpy.array([1.5, math.nan, math.inf])) == 0.5
    assert difference(one, numpy.array([1.0, 0.0, math.inf])) == math.inf
    assert difference(one, one[:2]) == math.inf
    assert difference(numpy.array([True, False]), numpy.array([True, True])) == 1
    assert difference(numpy.array(["a"], dtype=object), numpy.array(["b"], dtype=object)) == 1


def test_coarser_numbers_may_differ_more() -> None:
    found = [TOLERANCE[name] for name in ("float64", "float32", "float16", "bfloat16")]
    assert found == sorted(found) and len(set(found)) == 4
    assert list(SIZES) == sorted(SIZES)
    assert allowed(numpy.array([1, 2])) == 0
    assert allowed(numpy.array([-200.0], "float32")) == pytest.approx(2e-3)
    assert allowed(numpy.array([0.1], "float32"), factor=10) == pytest.approx(1e-4)
