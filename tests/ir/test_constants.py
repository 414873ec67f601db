"""Arrays of numbers in a spec: their dtypes, and how they are written."""

from __future__ import annotations

import pytest

import mergecli
from mergecli.catalog.arguments import ArgumentError
from mergecli.ir.constants import MOST_NUMBERS, ConstantArray

SPEC = """
input: {shape: [6, 4], name: x}
layers:
  - ops.add: {name: shifted}
    from: [x, [[0.1, 2.0, 3.0, 4.0]]]
  - ops.take: {axis: 1, name: taken}
    from: [shifted, {constant: [0, 2, 4], dtype: int64}]
"""


def test_an_array_has_the_dtype_that_keras_gives_it() -> None:
    assert [ConstantArray.of(values).dtype for values in ([1, 2], [1, 2.0])] == ["int32", "float32"]
    assert ConstantArray.of([[1, 2]]).plain() == [[1, 2]]
    assert ConstantArray.of([1], "int8").plain() == {"constant": [1], "dtype": "int8"}


def test_a_number_of_float32_is_written_short() -> None:
    assert ConstantArray.of([0.10000000149011612]) == ConstantArray.of([0.1])


def test_rows_have_one_length() -> None:
    with pytest.raises(ArgumentError) as caught:
        ConstantArray.of([[1, 2], [3]])
    assert caught.value.path == (1,)


def test_shapes_follow_from_an_array() -> None:
    rows = {layer.name: layer.output_shapes for layer in mergecli.summary(source=SPEC).layers}
    assert [*rows["shifted"], *rows["taken"]] == [(None, 6, 4), (None, 3, 4)]


def test_an_array_is_bounded() -> None:
    numbers = ", ".join(["1.0"] * (MOST_NUMBERS + 1))
    spec = (
        f"input: {{shape: [4], name: x}}\nlayers:\n  - ops.add: {{}}\n    from: [x, [{numbers}]]\n"
    )
    assert [found.code for found in mergecli.check(source=spec)] == ["too-large"]


@pytest.mark.keras
def test_keras_gives_the_numbers_of_an_array() -> None:
    import numpy as np

    model = mergecli.load(source=SPEC)
    x = np.arange(24, dtype="float32").reshape(1, 6, 4)
    expected = (x + np.array([[0.1, 2.0, 3.0, 4.0]], "float32"))[:, [0, 2, 4]]
    assert np.allclose(model.predict(x, verbose=0), expected)
    imported = mergecli.dump(model)
    assert "from: [x, [[0.1, 2.0, 3.0, 4.0]]]" in imported
    assert "from: [shifted, {constant: [0, 2, 4], dtype: int64}]" in imported


@pytest.mark.keras
def test_lists_in_a_call_of_keras_are_arrays() -> None:
    import keras
    import numpy as np

    x = keras.Input((6, 4), name="x")
    y = keras.ops.quantile(x, [0.25, 0.75], axis=1)
    z = keras.ops.add(y, np.ones((1, 4), "float32"))
    text = mergecli.dump(keras.Model(x, z))
    assert "from: [x, [0.25, 0.75]]" in text
    assert "[[1.0, 1.0, 1.0, 1.0]]" in text
    assert mergecli.load(source=text).output_shape == (2, None, 4)
