"""What Keras says of one call of a layer, and what mergecli says, in the same words.

Keras makes the weights for good, small as they are: an initializer may refuse them.
"""

from __future__ import annotations

import importlib.util
import os
import re
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from hypothesis import strategies as st

from mergecli.catalog import arguments as a
from mergecli.catalog import fields, registry
from mergecli.catalog import list_arguments as lists
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend, Version, is_newer
from mergecli.catalog.weights import check_trained
from mergecli.compiler.settings import installed_keras
from mergecli.compiler.target import lacks

#: The version of Keras that is the oracle.
TARGET = installed_keras()
#: The layers that need TensorFlow, whatever the backend is.
OF_TENSORFLOW = frozenset(
    "HashedCrossing Hashing IntegerLookup StringLookup TextVectorization".split()
)
#: The layers that Keras cannot make here.
MISSING = frozenset() if importlib.util.find_spec("tensorflow") else OF_TENSORFLOW
#: Policies of floats, and those that quantize.
FLOAT_POLICIES = "float32 float16 bfloat16 float64 mixed_float16 mixed_bfloat16".split()
QUANTIZED = "int8_from_float32 int8_from_mixed_bfloat16 float8_from_float32 int8_from_int32".split()


class Verdict(NamedTuple):
    """Accepted with results and weights, or refused with a reason."""

    accepted: bool
    results: tuple[Any, ...] = ()
    weights: tuple[Any, ...] = ()
    reason: str = ""

    @property
    def facts(self) -> tuple[Any, ...]:
        return self[:3]


def of_keras(kind: type[Layer], arguments: dict[str, Any], inputs: Inputs) -> Verdict:
    """Call Keras's layer on symbolic inputs."""
    import keras

    from mergecli.runtime.build import keras_object

    try:
        layer = getattr(keras.layers, kind.__name__)(
            **{name: keras_object(value) for name, value in arguments.items()}
        )
        tensors = [keras.KerasTensor(tensor.shape, dtype=tensor.dtype) for tensor in inputs.tensors]
        result = call(layer, tensors, inputs.listed, inputs.keywords, inputs.options)
        results = tuple((tuple(t.shape), t.dtype) for t in keras.tree.flatten(result))
        weights = tuple(sorted((tuple(w.shape), bool(w.trainable), w.dtype) for w in layer.weights))
    except (
        Exception
    ) as problem:  # Keras refuses with many kinds of exceptions; all of them are a verdict here
        return Verdict(False, reason=f"{type(problem).__name__}: {problem}")
    return Verdict(True, results, weights)


def call(
    layer: Any, tensors: list[Any], listed: bool, keywords: tuple[str, ...], options: dict[str, Any]
) -> Any:
    """Call a layer of Keras on tensors: alone, as a list, or by their names."""
    if not keywords:
        return layer(tensors if listed else tensors[0], **options)
    grouped: dict[str, list[Any]] = {}
    for keyword, tensor in zip(keywords, tensors):
        grouped.setdefault(keyword, []).append(tensor)
    return layer(
        **{name: found if len(found) > 1 else found[0] for name, found in grouped.items()},
        **options,
    )


def made(kind: type[Layer], arguments: dict[str, Any]) -> Layer:
    """Return a layer for the Keras that is the oracle.

    Raises:
        ArgumentErrors: An argument is wrong, or this version does not have it.
    """
    layer = kind(**arguments)
    lacking = [a.ArgumentError(f"needs Keras {since}") for _, _, since in lacks(layer, TARGET)]
    if lacking:
        raise ArgumentErrors(lacking)
    return layer


#: What a newer Keras refuses because no backend can run it or it means nothing, and is refused for older ones, too:
#: the first version that refuses it, by what mergecli says.
REFUSED_SINCE: dict[str, Version] = {
    "cannot halve": (3, 12),
    "must be less than `strides`|must have as many numbers as `mean`|dimensions, `axis` names": (
        3,
        14,
    ),
    "above -1 up to|takes frames of": (3, 14),
    "leaves |cannot use axis": (3, 15),
}


def is_newer_rule(ours: Verdict, theirs: Verdict) -> bool:
    """Whether an older Keras accepts what newer ones refuse."""
    return (
        theirs.accepted
        and not ours.accepted
        and any(
            since > TARGET and re.search(words, ours.reason)
            for words, since in REFUSED_SINCE.items()
        )
    )


def of_mergecli(kind: type[Layer], arguments: dict[str, Any], inputs: Inputs) -> Verdict:
    """The same without Keras."""
    try:
        layer = made(kind, arguments)
        layer.check_backend(Backend.choose())
        inputs = layer.unnamed(inputs)
        results = layer.results(inputs)
        weights = layer.weights(inputs)
        check_trained(weights)
    except (ArgumentErrors, ShapeError) as problem:
        return Verdict(False, reason=str(problem))
    return Verdict(
        True,
        tuple((tensor.shape, tensor.dtype) for tensor in results),
        tuple(sorted((weight.shape, weight.trainable, weight.dtype) for weight in weights)),
    )


def inputs(
    *shapes: tuple[int | None, ...], dtype: str = "float32", listed: bool | None = None
) -> Inputs:
    """Inputs of these shapes; several are a list."""
    return Inputs(
        tuple(Tensor(shape, dtype) for shape in shapes),
        listed=len(shapes) > 1 if listed is None else listed,
    )


# What to draw for an argument.

COMMON = {"name", "trainable", "dtype", "autocast", "activity_regularizer"}


def objects(role: str) -> st.SearchStrategy[KerasObject]:
    """An initializer, regularizer or constraint with some of its arguments."""
    kinds = sorted({kind.__name__: kind for kind in registry.things(role).values()}.items())
    known = [kind for _, kind in kinds if not is_newer(kind.since, TARGET)]
    return st.sampled_from(known).flatmap(some)


def some(kind: type[KerasObject]) -> st.SearchStrategy[KerasObject]:
    return given_arguments(kind).map(lambda arguments: kind(**arguments))


def given_arguments(
    kind: type[KerasObject], skip: set[str] = frozenset()
) -> st.SearchStrategy[dict[str, Any]]:  # type: ignore[assignment]
    """The required arguments and some of the others, each accepted alone."""
    required = {
        name: value(argument, name)
        for name, argument in kind.arguments.items()
        if name in kind.required
    }
    optional = {
        name: value(argument, name)
        for name, argument in kind.arguments.items()
        if name not in kind.required and name not in skip and name not in {"name", "lora_alpha"}
        if not is_newer(kind.newer.get(name, "3.8"), TARGET)
    }
    return st.fixed_dictionaries(required, optional=optional)


def value(argument: a.Argument, name: str = "") -> st.SearchStrategy[Any]:
    """A value that the argument accepts."""
    strategies = next(
        (found for kind in (_numbers, _lists, _names) if (found := kind(argument)) is not None),
        [st.nothing()],
    )
    # A choice has null among its values.
    if getattr(argument, "none", False) and not isinstance(argument, a.Choice):
        strategies.append(st.none())
    return st.one_of(strategies)


def _numbers(argument: a.Argument) -> list[st.SearchStrategy[Any]] | None:
    """Numbers and truth values that the argument accepts; None if it is about others."""
    if isinstance(argument, a.SeedInteger):
        low, high = argument.ranges.get(Backend.choose(), (-3, argument.high))
        return [st.integers(low, high)]
    if isinstance(argument, a.Integer):
        low = argument.low if argument.low is not None else -3
        high = argument.high if argument.high is not None else low + 7
        return [st.integers(low, high), *map(st.just, argument.also)]
    if isinstance(argument, a.Number):
        low = argument.low if argument.low is not None else -2.0
        high = argument.high if argument.high is not None else low + 3.0
        return [st.floats(low, high, exclude_min=argument.above), st.just(high)]
    return [st.booleans()] if isinstance(argument, a.Truth) else None


def _lists(argument: a.Argument) -> list[st.SearchStrategy[Any]] | None:
    """Lists of numbers and mappings that the argument accepts; None if it is about others."""
    if isinstance(argument, lists.Size):
        one = st.integers(argument.low, 4)
        return [one, st.lists(one, min_size=argument.rank, max_size=argument.rank)]
    if isinstance(argument, lists.Pairs):
        one = st.integers(0, 3)
        pair = st.one_of(one, st.lists(one, min_size=2, max_size=2))
        return [one, st.lists(pair, min_size=argument.rank, max_size=argument.rank)]
    if isinstance(argument, lists.Integers):
        one = st.integers(argument.low if argument.low is not None else -3, 4)
        item = st.one_of(one, st.none()) if argument.gaps else one
        length = argument.length
        many = st.lists(item, min_size=length or 0, max_size=length or 3)
        return [many, one] if argument.single else [many]
    if isinstance(argument, lists.Keys):
        optional = {name: value(each) for name, each in argument.arguments.items()}
        return [st.fixed_dictionaries({}, optional=optional)]
    return None


def _names(argument: a.Argument) -> list[st.SearchStrategy[Any]] | None:
    """Names and objects that the argument accepts; None if it is about others."""
    if isinstance(argument, a.Words):
        return [st.sampled_from(["hann", "hamming"])]
    if isinstance(argument, a.Choice):
        return [st.sampled_from(argument.values)]
    if isinstance(argument, fields.Policy):
        floats = st.sampled_from(FLOAT_POLICIES)
        policies = [floats, floats, floats, st.sampled_from(argument.names)]
        return [*policies, st.sampled_from(QUANTIZED)] if argument.quantized else policies
    if isinstance(argument, fields.Function):
        return [st.sampled_from(argument.names)]
    if isinstance(argument, fields.Object) and argument.role != "layer":
        return [st.sampled_from(argument.names), objects(argument.role or "")]
    return None


def shapes(
    rank: st.SearchStrategy[int], known: bool = False
) -> st.SearchStrategy[tuple[int | None, ...]]:
    """A shape with a batch axis; sizes are small, some not known."""
    size = st.integers(1, 9)
    sizes = size if known else st.one_of(size, size, size, st.none())
    batch = st.one_of(st.none(), st.none(), st.integers(1, 4))
    return rank.flatmap(lambda n: st.tuples(batch, *[sizes] * (n - 1)))
