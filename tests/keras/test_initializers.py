"""Keras is the oracle for initializers: which weights can begin so, with the backend that is installed."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog import initializers
from mergecli.catalog.initializers import Initializer
from mergecli.catalog.versions import Backend

pytestmark = pytest.mark.keras

DTYPES = """
    float16 bfloat16 float32 float64 float8_e4m3fn complex64 int8 int16 int32 int64 uint8 uint16 uint32
    uint64 bool string
""".split()
SHAPES = ((4,), (3, 4), (3, 1, 4))
ARGUMENTS: dict[str, list[dict[str, Any]]] = {
    "Constant": [{"value": 0.5}, {"value": -1.0}],
    "Identity": [{"gain": -0.5}],
    "Orthogonal": [{"gain": -2.0}],
    "RandomNormal": [{"stddev": -1.0}, {"stddev": 0.0}],
    "RandomUniform": [{"minval": 1.0, "maxval": 0.0}, {"minval": -3.0, "maxval": 4.0}],
    "TruncatedNormal": [{"stddev": -1.0}],
    "VarianceScaling": [
        {"distribution": "uniform"},
        {"distribution": "untruncated_normal"},
        {"distribution": "uniform", "scale": 40.0},
    ],
}
NAMES = [
    name
    for name, kind in vars(initializers).items()
    if isinstance(kind, type) and issubclass(kind, Initializer) and name[0].isupper()
    if name not in ("Initializer", "Same", "Fan", "STFT")
]


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_that_can_begin_so(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.setattr(Backend, "choose", keras.backend.backend)
    kind = getattr(initializers, name)
    wrong = []
    for arguments in [{}, *ARGUMENTS.get(name, [])]:
        for dtype in DTYPES:
            for shape in SHAPES:
                # PyTorch trains no integers, which is a rule about weights.
                trainable = not ("int" in dtype or dtype == "bool")
                beginning = getattr(keras.initializers, name)(**arguments)
                try:
                    keras.Variable(beginning, shape=shape, dtype=dtype, trainable=trainable)
                except Exception as problem:  # Keras refuses with many exceptions
                    theirs = f"{type(problem).__name__}: {problem}"
                else:
                    theirs = ""
                ours = kind(**arguments).mismatch(shape, dtype)
                if bool(ours) != bool(theirs):
                    wrong.append((arguments, dtype, shape, ours, theirs[:80]))
    assert not wrong


#: Equations of einsums, the shapes of inputs and the sizes of outputs.
EINSUMS = (
    ("abc,cde->abde", (None, 4, 2), (None, 1, 3)),
    ("abde,dec->abc", (None, 4, 1, 3), (None, 2)),
    ("ab,bc->ac", (None, 4), (3,)),
    ("ab,cb->ac", (None, 2), (5,)),
    ("abc,bcd->ad", (None, 2, 3), (1,)),
    ("abc,bd->abcd", (None, 2, 3), (2, 3, 1)),
)


@pytest.mark.parametrize("name", ["glorot_uniform", "he_uniform", "lecun_uniform", "he_normal"])
def test_kernels_of_einsums_begin_by_the_axes_that_are_summed_over(name: str) -> None:
    """Of integers some initializers draw none where too many numbers go in."""
    import keras

    from mergecli.catalog.layers.core import EinsumDense
    from mergecli.catalog.shapes import ShapeError
    from mergecli.catalog.tensors import Inputs, Tensor

    axes = {"input_axes": [0], "output_axes": [-1]}
    wrong = []
    for equation, shape, sizes in EINSUMS:
        for config in ({}, axes):
            for dtype in ("int32", "float32"):
                own = keras.initializers.get({"class_name": name, "config": config})
                given = {"output_shape": sizes, "dtype": dtype}
                try:
                    layer = keras.layers.EinsumDense(equation, kernel_initializer=own, **given)
                    layer.build(shape)
                except Exception as problem:  # Keras refuses with many exceptions
                    theirs = f"{type(problem).__name__}: {problem}"
                else:
                    theirs = ""
                ours = ""
                initializer = type(initializers.initializer(name))(**config)
                try:
                    EinsumDense(equation, kernel_initializer=initializer, **given).weights(
                        Inputs((Tensor(shape, dtype),))
                    )
                except ShapeError as problem:
                    ours = str(problem)
                if bool(ours) != bool(theirs):
                    wrong.append((equation, config, dtype, ours, theirs[:80]))
    assert not wrong
