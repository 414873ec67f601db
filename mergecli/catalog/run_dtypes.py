"""Dtypes when a model runs: which layers no backend runs on them, and what they give.

Keras declares floats where a layer keeps the integers that it gets, as `UpSampling2D` does, and
wires layers to dtypes that no backend can compute with.
"""

from __future__ import annotations

from functools import cache
from typing import AbstractSet, Optional, Sequence

from mergecli.catalog.accepted_dtypes import PASSES, REFUSED
from mergecli.catalog.dtypes import promote
from mergecli.catalog.fields import FLOATS
from mergecli.catalog.layer import Layer
from mergecli.catalog.registry import spec_name
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs

#: Tensors of a call that are not computed with.
_ASIDE = frozenset(
    ("mask", "query_mask", "value_mask", "key_mask", "attention_mask", "initial_state", "states")
)
#: Wrappers that run their layer on the dtype that they get.
_THROUGH = frozenset(("TimeDistributed", "SpectralNormalization"))
#: Families whose inputs may be images of integers.
_IMAGES = frozenset(("convolutional", "pooling", "image_preprocessing"))


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
    place, dtype = _computed_with(layer, inputs, dtypes)
    if place is None or dtype is None or not _is_measured(layer):
        return declared
    later = "" if dtype == inputs.tensors[place].dtype else " when the model runs"
    result = _run(layer, dtype, f"{{{place}}} has dtype {dtype}{later}", place, backend)
    return declared if result == layer.compute_dtype else result


def _is_measured(layer: Layer) -> bool:
    """Whether the table, which is about weights of floats, is right for a layer."""
    if layer.compute_dtype in FLOATS:
        return True
    return not any(name.endswith("_initializer") for name in layer.arguments)


def _computed_with(
    layer: Layer, inputs: Inputs, dtypes: Sequence[Optional[str]]
) -> tuple[Optional[int], Optional[str]]:
    """Return the input that has the dtype in which a layer computes, and that dtype."""
    names = inputs.keywords or ("",) * len(dtypes)
    places = [place for place, name in enumerate(names) if name not in _ASIDE]
    seen = [layer.cast(dtypes[place]) for place in places]
    try:
        dtype = promote(*seen)
    except ValueError:
        return None, None
    place = next((place for place, each in zip(places, seen) if each == dtype), None)
    return (places[0] if place is None and places else place), dtype


def _run(layer: Layer, dtype: str, seen: str, place: int, backend: str) -> str:
    """Return the dtype of the result of a layer that computes in a dtype.

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
    refused, passes = _table(backend)
    for known in _names(layer):
        if dtype in refused.get(known, ()):
            is_for_floats = {"int32", "float32"} & refused[known] == {"int32"}
            takes = "takes floats" if is_for_floats else f"does not take {dtype}"
            hint = _hint(layer, refused[known])
            raise ShapeError(f"{takes}, {seen}", code="wrong-type", inputs=(place,), hint=hint)
        if known in refused or known in passes:
            return dtype if known in passes and dtype not in FLOATS else layer.compute_dtype
    return layer.compute_dtype


def _run_part(part: Layer, dtype: str, seen: str, place: int, backend: str) -> str:
    """Return the dtype of the result of a layer in another one.

    Raises:
        ShapeError: The backend cannot run it.
    """
    try:
        return _run(part, part.cast(dtype) or dtype, seen, place, backend)
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
        return [f"ops.{layer.function}"] if layer.function not in (None, "relu") else [name]
    special = [
        f"{name}:{argument}={getattr(layer, argument)}"
        for argument in ("output_mode", "interpolation")
        if hasattr(layer, argument)
    ]
    return [*special, name]


def _hint(layer: Layer, refused: AbstractSet[str]) -> Optional[str]:
    """Return how to give a layer a dtype that it takes; None if most are refused."""
    if layer.family in _IMAGES:
        return "convert it first, with `Rescaling: {scale: $(1 / 255)}` or `ops.cast: {dtype: float32}`"
    for dtype in ("float32", "int32"):
        if dtype not in refused:
            return f"convert it first, with `ops.cast: {{dtype: {dtype}}}`"
    return None


@cache
def _table(backend: str) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Return the dtypes that each class refuses, and the classes that pass integers on."""
    refused = {
        name: frozenset(dtypes.split())
        for dtypes, names in REFUSED.get(backend, {}).items()
        for name in names.split()
    }
    return refused, frozenset(PASSES.get(backend, "").split())
