"""Keras is the oracle for operations, too: the same arguments and defaults, the same acceptance, shapes and dtypes."""

from __future__ import annotations

import functools
import inspect
import itertools
from typing import Any

import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from known_operations import (
    KINDS,
    calls,
    described,
    differs,
    function,
    of_keras,
    symbolic,
)

from mergecli.catalog import registry
from mergecli.catalog.dtypes import promote
from mergecli.catalog.operations import left_out
from mergecli.catalog.tensors import Inputs

#: The parameters of Keras's functions that are tensors.
TENSORS = set(
    """
    a abs_ angle array b beta bias bins choicelist condition condlist coordinates data depthwise_kernel end_points fill_value
    gamma image1 image2 images indices inputs input kernel key mask mean offset operands output output_length pointwise_kernel
    predictions q query scale segment_ids sequence_lengths sorted_sequence start start_indices start_points stop target
    target_length targets transform translation updates value values variable variance volumes weights x x1 x2 xs y
    """.split()
)
#: Names that are those of tensors in these functions only.
ONLY = {
    "b": {"ops.solve", "ops.solve_triangular", "ops.lstsq"},
    "bins": {"ops.digitize"},
    "fill_value": {"ops.full"},
    "key": {"ops.dot_product_attention"},
    "offset": {"ops.batch_normalization"},
    "scale": {"ops.batch_normalization", "ops.rms_normalization", "ops.image.scale_and_translate"},
    "weights": {"ops.average"},
}
#: The functions that take their tensors as a list.
LISTS = {
    f"ops.{name}"
    for name in "concatenate dstack einsum fft fft2 hstack ifft2 irfft istft meshgrid select stack vstack".split()
}


def is_tensor(name: str, parameter: str) -> bool:
    if name == "ops.trapezoid" and parameter == "x":
        return False  # an array
    return parameter in TENSORS and name in ONLY.get(parameter, {name})


#: Parameters that operations do not take, each with its reason.
LEFT_OUT = {
    "kwargs": "hints for the order of the products in `einsum`, and names that Keras no longer uses"
}


@pytest.mark.parametrize("name", KINDS)
def test_arguments_and_defaults_are_keras_s(name: str) -> None:
    kind = KINDS[name]
    parameters = inspect.signature(function(name)).parameters
    tensors = [n for n in parameters if is_tensor(name, n)]
    theirs = {n: p.default for n, p in parameters.items() if n not in {*tensors, *LEFT_OUT}}
    ours = {n: kind.defaults.get(n, inspect.Parameter.empty) for n in kind.arguments if n != "name"}
    assert list(ours.items()) == list(theirs.items())
    if name in LISTS:
        assert kind.arity is None
    else:
        assert kind.arity == len(tensors) - len(kind.optional)
        assert list(kind.optional) == tensors[kind.arity :]


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_named_like_keras_s_class(name: str) -> None:
    """Saved models name the class, so that an importer finds the kind by it."""
    short = {
        "batch_normalization": "batchnorm",
        "layer_normalization": "layernorm",
        "rms_normalization": "rmsnorm",
    }
    last = name.rsplit(".", 1)[-1]
    wanted = short.get(last, last.replace("_", ""))
    assert [KINDS[name].__name__] == [cls for cls in keras_classes() if cls.lower() == wanted]


@functools.cache
def keras_classes() -> set[str]:
    from keras.src import ops

    modules = [ops.core, ops.image, ops.linalg, ops.math, ops.nn, ops.numpy]
    return {
        name
        for module in modules
        for name, cls in vars(module).items()
        if inspect.isclass(cls) and cls.__module__ == module.__name__
    }


@pytest.mark.parametrize("name", KINDS)
def test_aliases_are_keras_s(name: str) -> None:
    for alias in KINDS[name].aliases:
        assert registry.layer(alias) is KINDS[name]
        assert function(alias) is function(name) or alias in {
            "ops.abs",
            "ops.conj",
        }  # functions that call the other one


def test_dtypes_promote_as_in_keras() -> None:
    import keras
    from keras.src.backend.common import dtypes as theirs

    names = [dtype for dtype in theirs.ALLOWED_DTYPES if not dtype.startswith("float8")]
    kinds = {**{name: name for name in names}, "int": int, "float": float}
    for count in (1, 2, 3):
        for found in itertools.product(kinds, repeat=count):
            expected: str | None
            try:
                expected = keras.backend.result_type(*(kinds[name] for name in found))
            except ValueError:
                expected = None
            try:
                assert promote(*found) == expected, found
            except ValueError:
                assert expected is None, found


# What to draw.


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_a_call_is_judged_as_keras_judges_it(name: str, data: Any) -> None:
    arguments, inputs = data.draw(calls(name))
    ours = oracle.of_mergecli(KINDS[name], arguments, inputs)
    theirs = of_keras(name, arguments, inputs)
    if ours.facts != theirs.facts and differs(name, ours, theirs) is None:
        pytest.fail(f"{name}({arguments}) on {inputs}\nmergecli: {ours}\nKeras:    {theirs}")
    if ours.accepted:
        # The builder calls it so, with arguments in their normal form.
        assert (
            described(KINDS[name](**arguments).apply(function(name), symbolic(inputs)))
            == ours.results
        )


@pytest.mark.parametrize(
    ("name", "arguments", "shapes", "macs"),
    [
        ("ops.matmul", {}, [(None, 4, 8), (None, 8, 3)], 4 * 8 * 3),
        ("ops.matmul", {}, [(None, 4, 8), (8,)], 4 * 8),
        ("ops.matmul", {}, [(None, None, 8), (8, 3)], None),
        ("ops.dot", {}, [(None, 4, 8), (8, 3)], 4 * 8 * 3),
        ("ops.tensordot", {}, [(None, 4, 8), (4, 8, 3)], 4 * 8 * 3),
        (
            "ops.einsum",
            {"subscripts": "bqhd,bkhd->bhqk"},
            [(None, 4, 2, 8), (None, 5, 2, 8)],
            2 * 4 * 5 * 8,
        ),
        ("ops.einsum", {"subscripts": "...j,jk->...k"}, [(None, 4, 8), (8, 3)], 4 * 8 * 3),
        (
            "ops.einsum",
            {"subscripts": "bi,bj,bk->bijk"},
            [(None, 2), (None, 3), (None, 4)],
            2 * 2 * 3 * 4,
        ),
        ("ops.einsum", {"subscripts": "bij->bji"}, [(None, 4, 8)], 0),
        ("ops.add", {}, [(None, 8), (None, 8)], 0),
    ],
)
def test_products_are_counted_for_one_sample(
    name: str, arguments: dict[str, Any], shapes: list[Any], macs: int | None
) -> None:
    operation, inputs = KINDS[name](**arguments), Inputs.of(*shapes)
    assert operation.macs(inputs, operation.results(inputs)) == macs


@pytest.mark.parametrize("size", [8, 2**63 - 1, 2**63, 2**70])
@pytest.mark.parametrize(
    "part",
    [
        {},
        {"start": 1},
        {"start": 1, "stop": 2**66},
        {"start": -(2**66), "step": 2**65},
        {"stop": -(2**80)},
    ],
)
def test_huge_bounds_of_a_slice_are_judged_as_keras_judges_them(
    size: int, part: dict[str, int]
) -> None:
    arguments, inputs = {"key": [None, part]}, Inputs.of((None, size))
    assert (
        oracle.of_mergecli(KINDS["ops.get_item"], arguments, inputs).facts
        == of_keras("ops.get_item", arguments, inputs).facts
    )


def public_functions(module: Any, prefix: str = "") -> set[str]:
    """The functions of `keras.ops` and of its parts that are not copies of it."""
    found = set()
    for name, value in vars(module).items():
        if inspect.ismodule(value) and name in ("image", "linalg") and not prefix:
            found |= public_functions(value, f"{name}.")
        elif callable(value) and not name.startswith("_") and not inspect.isclass(value):
            found.add(prefix + name)
    return found


def test_every_function_of_keras_is_an_operation_or_left_out_with_a_reason() -> None:
    import keras

    theirs = public_functions(keras.ops)
    ours = {name.removeprefix("ops.") for name in registry.layers() if name.startswith("ops.")}
    listed = [name for names in left_out.LEFT_OUT.values() for name in names.split()]
    assert len(listed) == len(set(listed)) and not ours & set(listed)
    assert theirs - ours == set(listed)
