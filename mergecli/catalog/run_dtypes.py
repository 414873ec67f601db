"""Dtypes when a model runs: which layers no backend runs on them, and what they give.

Keras declares floats where a layer keeps the integers that it gets, as `UpSampling2D` does, and
wires layers to dtypes that no backend can compute with.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import AbstractSet, Container, Dict, List, Mapping, Optional, Sequence, Tuple

from mergecli.catalog.accepted_dtypes import (
    ALIKE,
    ALIKE_FLOAT8,
    GIVES,
    OPERANDS,
    PASSES,
    REFUSED,
)
from mergecli.catalog.dtypes import WEAK, as_stored, promote
from mergecli.catalog.fields import FLOAT8, FLOATS
from mergecli.catalog.layer import AUTOCAST, Layer, spec_name
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, as_run, has_dtype, of_two_dtypes

#: Arguments that have a layer compute more where they are not zero or false.
SLOPES = ("negative_slope", "threshold", "max_value")
SWITCHES = (*SLOPES, "normalize")
#: Arguments with some values of which a layer computes something else.
MODES = (
    "output_mode",
    "interpolation",
    "synchronized",
    "output_size",
    "unroll",
    "score_mode",
    "use_scale",
    "approximate",
    "keepdims",
    "sparse",
)
#: Fewer dtypes than this are named in a message.
_FEW = 6
#: Wrappers that run their layer on the dtype that they get.
_THROUGH = frozenset(("TimeDistributed", "SpectralNormalization"))
#: Families whose inputs may be images of integers.
_IMAGES = frozenset(("convolutional", "pooling", "image_preprocessing"))
#: Pairs of places by operation.
_Places = Dict[str, List[Tuple[int, int]]]


def run_dtype(
    layer: Layer,
    inputs: Inputs,
    dtypes: Sequence[Optional[str]],
    declared: Optional[str],
    backend: str = "tensorflow",
) -> Optional[str]:
    """Return the dtype of a layer's results when the model runs; None if it is not known.

    Args:
        layer: The layer.
        inputs: What it is applied to.
        dtypes: The dtypes of the inputs when the model runs.
        declared: The dtype of the first result, as Keras declares it.
        backend: The backend that runs the model.

    Raises:
        ShapeError: The backend cannot run it on these dtypes.
    """
    if backend == "torch":
        _check_exist(inputs, dtypes)
    _check_compute_dtype(layer, inputs, dtypes)
    layer.check_run(inputs, dtypes)
    if layer.joins_in_turn and len(dtypes) > 2:
        pair = inputs._replace(tensors=inputs.tensors[:2])
        run_dtype(layer, pair, dtypes[:2], declared, backend)
    if layer.projects:
        _check_projected(layer, inputs, dtypes, backend)
    if layer.keeps_single and len(dtypes) == 1:
        return layer.cast(dtypes[0])
    declared = layer.runs_as or _declared_for(layer, inputs, dtypes, declared)
    # Where all tensors have the same dtype, the other table has it.
    if _check_operands(layer, dtypes, backend) and len(set(dtypes)) > 1:
        return declared
    place, dtype = _computed_with(layer, inputs, dtypes)
    if place is None or dtype is None or not _is_measured(layer, backend):
        return declared
    result = _run(layer, dtype, has_dtype(inputs, place, dtype), place, backend)
    if layer.module == "ops":
        return result or declared
    if result not in (None, layer.compute_dtype):
        return result
    # Without `autocast` it may compute in the dtype that it gets.
    is_cast = layer.autocast or dtype not in AUTOCAST
    is_computed = layer.compute_dtype in FLOATS or _is_complex(layer)
    is_known = dtype == layer.compute_dtype or (is_cast and is_computed)
    return declared if is_known else None


def _declared_for(
    layer: Layer, inputs: Inputs, dtypes: Sequence[Optional[str]], declared: Optional[str]
) -> Optional[str]:
    """Return the dtype that is declared for the dtypes of a run, where it follows from them."""
    is_known = declared is not None and None not in dtypes
    keeps = layer.module == "ops" or layer.keeps_dtype
    if not keeps or not is_known or [x.dtype for x in inputs.tensors] == list(dtypes):
        return declared
    try:
        return layer.results(layer.unnamed(as_run(inputs, dtypes)))[0].dtype
    except ShapeError:
        return None


def _check_exist(inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
    """Check that PyTorch has tensors of some dtypes.

    Raises:
        ShapeError: One is `uint64`, which Keras does not have with PyTorch.
    """
    if "uint64" in dtypes:
        place = dtypes.index("uint64")
        raise ShapeError(
            f"does not take uint64, {has_dtype(inputs, place, 'uint64')}",
            code="wrong-type",
            inputs=(place,),
            hint="use an integer of another dtype, such as int64",
        )


def _check_compute_dtype(layer: Layer, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
    """Check that what a layer gets can be converted to the dtype in which it computes.

    Raises:
        ShapeError: It is a number, and the layer computes with strings.
    """
    if layer.compute_dtype != "string" or layer.module == "ops":
        return
    is_encoding = getattr(layer, "output_mode", "int") != "int"
    # Weights of strings are joined with the input, but those that it looks up.
    is_joined = _has_initializers(layer) and not layer.looks_up
    for place, dtype in enumerate(dtypes):
        is_converted = getattr(layer, "converts", False) or is_encoding or is_joined
        is_number = dtype not in (None, "string")
        if is_number and (is_converted or layer.cast(dtype) != dtype):
            raise ShapeError(
                f"computes with strings, {{{place}}} has dtype {dtype}",
                code="wrong-type",
                inputs=(place,),
                argument="dtype",
                hint="leave out `dtype`",
            )


def _check_projected(
    layer: Layer, inputs: Inputs, dtypes: Sequence[Optional[str]], backend: str
) -> None:
    """Check the dtypes of inputs that a layer multiplies with kernels one by one, as `EinsumDense` does.

    Raises:
        ShapeError: The backend cannot multiply one of them.
    """
    if not _is_measured(layer, backend) or layer.quantization == "float8":
        return
    refused = _table(backend)[0].get("EinsumDense", frozenset())
    for place in layer.computed_with(inputs):
        dtype = layer.cast(dtypes[place])
        if dtype in refused:
            raise ShapeError(
                f"takes floats, {has_dtype(inputs, place, dtype)}",
                code="wrong-type",
                inputs=(place,),
                hint=_hint(layer, refused),
            )


def _check_operands(layer: Layer, dtypes: Sequence[Optional[str]], backend: str) -> bool:
    """Check the dtypes of the tensors of an operation one by one.

    Returns:
        Whether the table has them, so that the dtype that they have in common says nothing.

    Raises:
        ShapeError: A tensor has another dtype than the operation takes, or than another tensor has.
    """
    takes, alike, alike_float8 = _operands(backend)
    name = spec_name(type(layer))
    accepted = takes.get(name, {})
    typed = [WEAK.get(dtype, dtype) if dtype else None for dtype in dtypes]
    for place, dtype in enumerate(typed):
        known = accepted.get(place)
        if dtype not in (None, "string") and known is not None and dtype not in known:
            wanted = known if len(known) < _FEW else ()
            raise ShapeError(
                f"takes {' or '.join(wanted)}, {{{place}}} has dtype {dtype}"
                if wanted
                else f"does not take {dtype}, {{{place}}} has dtype {dtype}",
                code="wrong-type",
                inputs=(place,),
                hint=_cast(known),
            )
    for place, other in alike.get(name, ()):
        if (
            place < len(typed)
            and None not in (typed[place], typed[other])
            and as_stored(typed[place], backend) != as_stored(typed[other], backend)
        ):
            raise of_two_dtypes("takes", (other, place), typed, typed[other])
    for place, other in alike_float8.get(name, ()):
        if place < len(typed) and of_unlike_float8(typed[place], typed[other], backend):
            raise of_two_dtypes("takes", (other, place), typed, "float32")
    return bool(accepted)


def of_unlike_float8(first: Optional[str], second: Optional[str], backend: str) -> bool:
    """Whether one of two dtypes is a float of 8 bits that a backend does not join with the other one.

    JAX joins floats of 8 bits with integers, other backends only with their own dtype.
    """
    if first is None or second is None or first == second or not {first, second} & {*FLOAT8}:
        return False
    holds_integers = any(each == "bool" or "int" in each for each in (first, second))
    return backend != "jax" or not holds_integers


def _is_measured(layer: Layer, backend: str) -> bool:
    """Whether the table, which is about weights of floats, is right for a layer."""
    if layer.compute_dtype in FLOATS:
        return True
    # TensorFlow computes with weights as it does with inputs, but for some recurrent layers.
    if _is_complex(layer) and backend == "tensorflow" and layer.family != "rnn":
        return True
    return not _has_initializers(layer)


def _is_complex(layer: Layer) -> bool:
    """Whether a layer computes in complex numbers."""
    return (layer.compute_dtype or "").startswith("complex")


def _has_initializers(layer: Layer) -> bool:
    """Whether a layer may have weights that begin as an argument says."""
    return any(name.endswith("_initializer") for name in layer.arguments)


def _computed_with(
    layer: Layer, inputs: Inputs, dtypes: Sequence[Optional[str]]
) -> tuple[Optional[int], Optional[str]]:
    """Return the input that has the dtype in which a layer computes, and that dtype."""
    places = layer.computed_with(inputs)
    seen = [layer.cast(dtypes[place]) for place in places]
    try:
        # Keras narrows a promoted dtype; nothing is promoted where all have the same.
        dtype = seen[0] if len(set(seen)) == 1 else promote(*seen)
    except ValueError:
        # Floats of 8 bits are joined with nothing: what takes none cannot be computed with one.
        dtype = next((each for each in seen if each in FLOAT8), None)
    place = next((place for place, each in zip(places, seen) if each == dtype), None)
    return (places[0] if place is None and places else place), dtype


def _run(layer: Layer, dtype: str, seen: str, place: int, backend: str) -> Optional[str]:
    """Return the dtype of the result of a layer that computes in a dtype; None if it is the declared one.

    Raises:
        ShapeError: The backend cannot run it; the message ends with what is `seen` at a place.
    """
    name = type(layer).__name__
    inner = getattr(layer, "layer", None)
    if isinstance(inner, Layer) and name in _THROUGH:
        result = _run_part(inner, dtype, seen, place, backend)
        return dtype if name == "SpectralNormalization" else result
    if name == "Pipeline":
        for step in getattr(layer, "layers", ()):
            dtype = _run_part(step, dtype, seen, place, backend)
        return dtype
    is_integer = dtype not in FLOATS and not dtype.startswith("complex")
    if is_integer and layer.quantization == "float8":
        return None  # integers become floats of 8 bits as others do
    refused, passes = _table(backend)
    names = _names(layer)
    known = next((each for each in names if each in refused or each in passes), None)
    # Arguments such as a slope may need more than the class without them, or less.
    switched = [each for each in _switched(layer, names) if each in refused]
    most = max((each.count(":") for each in switched), default=0)
    together = [each for each in switched if each.count(":") == most]
    for each in together or ([known] if known is not None else []):
        if dtype in refused.get(each, ()):
            is_for_floats = {"int32", "float32"} & refused[each] == {"int32"}
            takes = "takes floats" if is_for_floats else f"does not take {dtype}"
            hint = _hint(layer, refused[each])
            raise ShapeError(f"{takes}, {seen}", code="wrong-type", inputs=(place,), hint=hint)
    if layer.module == "ops" and getattr(layer, "dtype", None) is not None:
        return None  # it gives the dtype that its argument says, as Keras declares
    gives = _results(backend)
    names = [*reversed(switched), *names]
    given = next((gives[each, dtype] for each in names if (each, dtype) in gives), None)
    if dtype.startswith("complex"):
        _check_activations(layer, dtype, refused, seen, place)
        # Keras declares floats for the function alone, too.
        given = given or (as_stored(dtype, backend) if name == "Activation" else None)
    if given is not None or not is_integer or known not in passes:
        return given
    return layer.bool_runs_as if dtype == "bool" and layer.bool_runs_as else dtype


def _check_activations(
    layer: Layer, dtype: str, refused: Mapping[str, AbstractSet[str]], seen: str, place: int
) -> None:
    """Check that the activation functions of a layer take the numbers that the layer computes.

    Raises:
        ShapeError: The backend does not compute one.
    """
    for argument in ("activation", "recurrent_activation"):
        function = getattr(layer, argument, None)
        name = "Activation" if function == "relu" else f"ops.{function}"
        if dtype in refused.get(name, ()):
            raise ShapeError(
                f"applies `{function}`, which does not take {dtype}: {seen}",
                code="wrong-type",
                inputs=(place,),
                argument=argument,
                hint=_cast(("float32",)),
            )


def _switched(layer: Layer, names: Sequence[str]) -> list[str]:
    """Return the names under which the table may have a layer with arguments that are not zero."""
    switched = [argument for argument in SWITCHES if names and getattr(layer, argument, None)]
    pairs = [":".join(pair) for pair in combinations(switched, 2)]
    return [f"{names[-1]}:{arguments}" for arguments in (*switched, *pairs)]


def _run_part(part: Layer, dtype: str, seen: str, place: int, backend: str) -> str:
    """Return the dtype of the result of a layer in another one.

    Raises:
        ShapeError: The backend cannot run it.
    """
    try:
        return _run(part, part.cast(dtype) or dtype, seen, place, backend) or part.compute_dtype
    except ShapeError as error:
        if error.message.startswith("fails in"):
            raise
        message = f"fails in `{type(part).__name__}`, which {error.message}"
        raise ShapeError(message, code=error.code, inputs=error.inputs, hint=error.hint) from None


def _names(layer: Layer) -> list[str]:
    """Return the names under which the table may have a layer, the most special one first."""
    name = spec_name(type(layer))
    if name == "Activation":
        function = getattr(layer, "activation", None)
        if isinstance(function, Layer):
            return _names(function)
        if layer.function is None:
            return []
        if layer.function == "relu":
            return [name]
        # As an activation function, `gelu` is exact.
        return [f"ops.{layer.function}:approximate=False", f"ops.{layer.function}"]
    special = [
        f"{name}:{argument}={_single(getattr(layer, argument))}"
        for argument in MODES
        if hasattr(layer, argument)
    ]
    return [*special, name]


def _single(value: object) -> object:
    """Return the size that all axes have, in place of a list of it."""
    sizes = set(value) if isinstance(value, (list, tuple)) else set()
    return sizes.pop() if len(sizes) == 1 else value


def _hint(layer: Layer, refused: AbstractSet[str]) -> Optional[str]:
    """Return how to give a layer a dtype that it takes; None if most are refused."""
    if layer.family in _IMAGES:
        return "convert it first, with `Rescaling: {scale: $(1 / 255)}` or `ops.cast: {dtype: float32}`"
    return _cast([dtype for dtype in ("float32", "int32") if dtype not in refused])


def _cast(dtypes: Container[str]) -> Optional[str]:
    """Return how to give a tensor one of some dtypes; None if neither of the usual is among them."""
    for dtype in ("float32", "int32"):
        if dtype in dtypes:
            return f"convert it first, with `ops.cast: {{dtype: {dtype}}}`"
    return None


@cache
def _operands(
    backend: str,
) -> tuple[dict[str, dict[int, Sequence[str]]], _Places, _Places]:
    """Return the dtypes that tensors take by operation and place, the places of those alike, and of those alike where one is a float of 8 bits."""
    takes: dict[str, dict[int, Sequence[str]]] = {}
    for dtypes, names in OPERANDS.get(backend, {}).items():
        for name in names.split():
            operation, place = name.rsplit(":", 1)
            takes.setdefault(operation, {})[int(place)] = dtypes.split()
    return takes, _places(ALIKE.get(backend, "")), _places(ALIKE_FLOAT8.get(backend, ""))


def _places(names: str) -> _Places:
    """Return the pairs of places by operation, of names such as `ops.cdist:1=0`."""
    found: _Places = {}
    for name in names.split():
        operation, places = name.rsplit(":", 1)
        first, second = places.split("=")
        found.setdefault(operation, []).append((int(first), int(second)))
    return found


@cache
def _results(backend: str) -> dict[tuple[str, str], str]:
    """Return the dtypes that classes give, by their names and what they get, where the other tables say another one."""
    return {
        (name, dtype): given
        for dtypes, names in GIVES.get(backend, {}).items()
        for *seen, given in [dtypes.split()]
        for dtype in seen
        for name in names.split()
    }


@cache
def _table(backend: str) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Return the dtypes that each class refuses, and the classes that pass integers on."""
    refused = {
        name: frozenset(dtypes.split())
        for dtypes, names in REFUSED.get(backend, {}).items()
        for name in names.split()
    }
    return refused, frozenset(PASSES.get(backend, "").split())
