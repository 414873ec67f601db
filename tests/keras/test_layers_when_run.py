"""Keras is the oracle for what only the run refuses: a layer is accepted if and only if the backend runs it.

The cases are those in which several facts decide: the shape and two dtypes, or an argument and a dtype.
"""

from __future__ import annotations

import itertools
from typing import Any, Sequence

import oracle
import pytest
import yaml

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

Case = tuple[str, dict[str, Any], Sequence[tuple[tuple[int, ...], str]]]

POLICIES = ("float32", "float64", "float16", "bfloat16", "mixed_float16", "int64")
SHAPES = ((3,), (3, 4), (3, 2, 2))
ENCODINGS: dict[str, tuple[dict[str, Any], str]] = {
    "CategoryEncoding": ({"num_tokens": 4}, "int32"),
    "Discretization": ({"bin_boundaries": [0.0, 1.0]}, "float32"),
    "Hashing": ({"num_bins": 4}, "int32"),
}
DTYPES = ("bool", "uint8", "int32", "int64", "bfloat16", "float32", "float64")
QUERY = ((2, 3, 4), "float32")
#: Recurrent layers as Keras's configs have them, with a share that a step drops of its input or its state.
RECURRENT: list[tuple[str, Any]] = [
    ("GRU", {"units": 2, "dropout": 0.5}),
    ("LSTM", {"units": 2, "dropout": 0.5}),
    ("SimpleRNN", {"units": 2, "dropout": 0.5}),
    ("GRU", {"units": 2, "recurrent_dropout": 0.5}),
]


def cell(units: int, **arguments: Any) -> dict[str, Any]:
    return {"GRUCell": {"units": units, **arguments}}


def recurrent() -> list[Case]:
    """Return recurrent layers that drop elements, alone and in wrappers, by the dtype of the sequence, and lists of cells."""
    layers = [
        *RECURRENT,
        *(("Bidirectional", {"layer": {name: arguments}}) for name, arguments in RECURRENT),
        ("RNN", {"cell": cell(2, dropout=0.5)}),
        ("RNN", {"cell": [cell(2, dropout=0.5), cell(3)]}),
        ("RNN", {"cell": [cell(2), cell(3, dropout=0.5)]}),
    ]
    dtypes = ("bool", "uint8", "int32", "float16", "float32", "complex64")
    shape = (2, 3, 4)
    return [
        *((*layer, [(shape, dtype)]) for layer in layers for dtype in dtypes),
        *(
            ("TimeDistributed", {"layer": dict([layer])}, [((2, *shape), "int32")])
            for layer in layers
        ),
        *(
            ("RNN", {"cell": [cell(2)], "unroll": unroll}, [(shape, "float32")])
            for unroll in (False, True)
        ),
    ]


def encodings() -> list[Case]:
    """Return encodings by their policy and rank, and `CategoryEncoding` by the dtype of its integers."""
    by_policy: list[Case] = [
        (name, {**arguments, "output_mode": mode, "dtype": policy}, [(shape, dtype)])
        for name, (arguments, dtype) in ENCODINGS.items()
        for mode, policy, shape in itertools.product(("multi_hot", "count"), POLICIES, SHAPES)
    ]
    by_dtype: list[Case] = [
        ("CategoryEncoding", {"num_tokens": 4, "sparse": sparse}, [(shape, dtype)])
        for dtype, shape, sparse in itertools.product(DTYPES, SHAPES, (False, True))
    ]
    return by_policy + by_dtype


def attentions() -> list[Case]:
    """Return attention to values of one dtype, by keys of another."""
    modes: list[tuple[str, dict[str, Any]]] = [
        ("Attention", {}),
        ("Attention", {"use_scale": True}),
        ("Attention", {"score_mode": "concat"}),
        ("Attention", {"score_mode": "concat", "use_scale": True}),
        ("AdditiveAttention", {}),
        ("AdditiveAttention", {"use_scale": False}),
    ]
    dtypes = [
        *itertools.product(
            ("int32", "float32"), ("int64", "float32"), ("int32", "int64", "float64")
        ),
        *((dtype,) * 3 for dtype in ("bool", "uint8", "int16", "int64", "complex64")),
        *itertools.product(("bool", "complex64"), ("float32",), ("float32", "int32")),
    ]
    return [
        (name, arguments, [((2, 3, 4), query), ((2, 5, 4), value), ((2, 5, 4), key)])
        for name, arguments in modes
        for query, value, key in dtypes
    ]


MERGES = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")

CASES: list[Case] = [
    *(
        (name, {"dtype": policy}, [((2, 3), dtype)])
        for name, policy, dtype in itertools.product(
            MERGES, ("float16", "bool", "complex64"), ("bool", "uint8", "float32")
        )
    ),
    *(
        (name, {}, [((2, 3), dtype) for dtype in dtypes])
        for name in MERGES
        for dtypes in itertools.product(("bool", "uint8", "float32"), repeat=3)
    ),
    *(
        ("RandomElasticTransform", {"factor": factor}, [((*batch, height, width, 3), "float32")])
        for factor in (0, 1.0)
        for batch in ((), (1,), (2,), (3,))
        for height, width in itertools.product((1, 2, 3), repeat=2)
    ),
    *(
        (
            "Resizing",
            {"height": height, "width": 8, "pad_to_aspect_ratio": True, "fill_value": value},
            [(shape, dtype)],
        )
        for height in (5, 7, 8, 9, 16)
        for value, dtype in ((0, "int32"), (0.5, "int32"), (0.5, "uint8"), (0.5, "float16"))
        for shape in ((2, 8, 8, 3), (8, 8, 3), (2, 4, 8, 3))
    ),
    *encodings(),
    *attentions(),
    *recurrent(),
    *(
        ("BatchNormalization", {"renorm": True, "dtype": policy}, [((2, 3), "float32")])
        for policy in ("float16", "int32", "bool", "complex64", "complex128")
        if oracle.TARGET >= (3, 14)
    ),
    *(
        ("Dot", {"axes": -1, "normalize": True}, [((2, 3), first), ((2, 3), second)])
        for first, second in itertools.product(
            ("bool", "int32", "uint8", *POLICIES[:4], "complex64"), repeat=2
        )
    ),
    *(
        ("ReLU", arguments, [((2, 3), dtype)])
        for arguments in ({}, {"threshold": 2.0}, {"negative_slope": 0.1, "threshold": 1.0})
        for dtype in ("bool", "uint8", "float32", "complex64")
    ),
    *(
        ("Softmax", {"axis": axis}, [((2, 3, 4), "float32")])
        for axis in (1, [1], [1, 2], [-1, 2], [1, 1], [0, -2, 1])
    ),
    *(
        (name, {"rate": rate, "noise_shape": sizes}, [((2, 3, 4), "float32")])
        for name, rate in (
            *itertools.product(("Dropout", "AlphaDropout"), (0.0, 0.5)),
            ("Dropout", 1.0),
        )
        for sizes in (
            *([None, None, None], [None, None, 1], [None, 1, 4], [3, 4], [4], [1], [2, 1, 1]),
            *([None, None, 3], [None, 3], [4, 3, 4], [None, None, 1, 1], [None] * 4),
        )
    ),
    *(
        ("GroupNormalization", {"groups": groups, "axis": axis}, [(shape, "float32")])
        for groups, axis in itertools.product((1, -1), (0, -1))
        for shape in ((4,), (4, 2))
    ),
    *(
        ("RandomBrightness", {"factor": 0.1, "value_range": bounds}, [((2, 8, 8, 3), dtype)])
        for bounds in ([0, 255], [0.0, 255.0])
        for dtype in ("uint8", "int32", "float16", "float32")
    ),
    *(
        ("CutMix", {"dtype": policy, "factor": factor}, [(shape, "float32")])
        for policy in POLICIES[:5]
        for factor in (0, 1.0)
        for shape in ((2, 8, 8, 3), (8, 8, 3))
    ),
]


def made(value: Any) -> Any:
    """Return Keras's objects of a spec's layers, also those among the arguments of others."""
    import keras

    if isinstance(value, list):
        return [made(item) for item in value]
    name, arguments = next(iter(value.items())) if isinstance(value, dict) else ("", None)
    if not hasattr(keras.layers, name):
        return value
    return getattr(keras.layers, name)(**{key: made(item) for key, item in arguments.items()})


def is_run(name: str, arguments: dict[str, Any], tensors: Sequence[Any]) -> bool:
    """Whether Keras wires a layer and runs it, in a training where it drops values."""
    import keras
    import numpy as np

    layer = made({name: arguments})
    is_listed = len(tensors) > 1 or name in MERGES
    values = [keras.ops.cast(np.ones(shape, "float32"), dtype) for shape, dtype in tensors]
    starts = [keras.Input(batch_shape=shape, dtype=dtype) for shape, dtype in tensors]
    try:
        layer(starts if is_listed else starts[0])
        training = {"training": True} if "noise_shape" in arguments else {}
        layer(values if is_listed else values[0], **training)
    except Exception:  # Keras and backends refuse with many exceptions; all of them are a verdict
        return False
    return True


@pytest.mark.parametrize(("name", "arguments", "tensors"), CASES)
def test_a_layer_is_accepted_if_it_runs(
    name: str, arguments: dict[str, Any], tensors: Sequence[tuple[tuple[int, ...], str]]
) -> None:
    if name == "Hashing":
        pytest.importorskip("tensorflow")
    inputs = {
        f"x{place}": {"batch_shape": list(shape), "dtype": dtype}
        for place, (shape, dtype) in enumerate(tensors)
    }
    ends = list(inputs) if len(inputs) > 1 or name in MERGES else "x0"
    spec = yaml.safe_dump({"inputs": inputs, "layers": [{name: arguments, "from": ends}]})
    errors = compile_spec(Source(spec, "a.yaml")).errors
    assert (not errors) is is_run(name, arguments, tensors), [error.message for error in errors]


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "float16", "complex64"])
@pytest.mark.parametrize("arguments", [{}, {"use_scale": True}, {"score_mode": "concat"}])
@pytest.mark.parametrize("is_causal", [True, False])
def test_masked_attention_is_accepted_if_it_runs(
    dtype: str, arguments: dict[str, Any], is_causal: bool
) -> None:
    import keras

    start, mask = keras.Input((3, 4), dtype=dtype), keras.Input((3,), dtype="bool")
    numbers = [keras.ops.ones((2, 3, 4), dtype), keras.ops.ones((2, 3), "bool")]
    layer = keras.layers.Attention(**arguments)
    try:
        end = layer([start, start], mask=[mask, mask], use_causal_mask=is_causal)
        keras.Model([start, mask], end)(numbers)
    except Exception:  # as above
        is_accepted = False
    else:
        is_accepted = True
    inputs = {"x": {"shape": [3, 4], "dtype": dtype}, "m": {"shape": [3], "dtype": "bool"}}
    ends = {"inputs": ["x", "x"], "mask": ["m", "m"]}
    entry = {"Attention": arguments, "from": ends, "call": {"use_causal_mask": is_causal}}
    spec = yaml.safe_dump({"inputs": inputs, "layers": [entry]})
    errors = compile_spec(Source(spec, "a.yaml")).errors
    assert (not errors) is is_accepted, [error.message for error in errors]


STEPS: dict[str, dict[str, Any]] = {
    "RandomBrightness": {"factor": 0.1},
    "Flatten": {},
    "Dropout": {"rate": 0.0},
    "CenterCrop": {"height": 4, "width": 4},
    "Permute": {"dims": [2, 1, 3]},
    "Rescaling": {"scale": 2.0},
    "Cropping2D": {"cropping": 1},
}


@pytest.mark.parametrize("dtype", ["uint8", "int64", "uint64", "float16", "float64"])
@pytest.mark.parametrize("policy", ["float32", "float64"])
@pytest.mark.parametrize("name", STEPS)
def test_a_pipeline_gives_the_dtype_of_keras(name: str, policy: str, dtype: str) -> None:
    import keras

    arguments = {**STEPS[name], "dtype": policy}
    layer = getattr(keras.layers, name)(**arguments)
    try:
        result = keras.layers.Pipeline([layer])(keras.KerasTensor((None, 8, 8, 3), dtype))
    except Exception:  # PyTorch refuses dtypes with many exceptions
        result = None
    entry = {"Pipeline": [{name: arguments}]}
    inputs = {"x": {"shape": [8, 8, 3], "dtype": dtype}}
    spec = yaml.safe_dump({"inputs": inputs, "layers": [entry]})
    network = compile_spec(Source(spec, "a.yaml")).network
    found = None if network is None else network.results[network.graph.nodes[-1].index][0].dtype
    assert found == (None if result is None else str(result.dtype))
