"""Random numbers for the inputs of a network, and how far two results of them may differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Sequence, TypeVar

from mergecli.ir.graph import Network
from mergecli.ir.subgraph_layers import held_model

if TYPE_CHECKING:
    import keras
    import numpy as np

#: By how much two results of a dtype may differ, relative to the largest number in them.
TOLERANCE = {"float64": 1e-12, "float32": 1e-5, "float16": 1e-2, "bfloat16": 5e-2}
#: What an unknown size is tried with: large enough for windows, small enough to be quick.
SIZES = (32, 128, 512)

_Result = TypeVar("_Result")


class Unverifiable(Exception):
    """No random numbers fit the inputs."""


def first_fitting(
    network: Network, seed: int, samples: int, compute: Callable[[list[np.ndarray]], _Result]
) -> tuple[list[np.ndarray], _Result]:
    """Return random inputs that a network takes, and what is computed with them.

    Unknown sizes are tried in turn.

    Args:
        network: The network.
        seed: The seed of the numbers.
        samples: The size of the batch, where the network leaves it open.
        compute: Takes the inputs in the order of the network, and raises where they do not fit.

    Raises:
        Unverifiable: No sizes fit.
    """
    problems: list[str] = []
    for size in SIZES:
        inputs = [
            _random(network, index, seed + place, samples, size)
            for place, index in enumerate(network.graph.inputs)
        ]
        try:
            return inputs, compute(inputs)
        except Exception as problem:
            problems.append(str(problem).strip().split("\n")[0])
            if all(
                None not in (network.results[index][0].shape or ())[1:]
                for index in network.graph.inputs
            ):
                break
    raise Unverifiable(problems[-1])


def _random(network: Network, index: int, seed: int, samples: int, size: int) -> np.ndarray:
    """Numbers for an input: normal ones for floats, for integers such as what they go into can look up."""
    import numpy  # optional

    tensor = network.results[index][0]
    random = numpy.random.default_rng(seed)
    batch, *rest = tensor.shape or (None,)
    shape = (batch or samples, *(size if one is None else one for one in rest))
    dtype = tensor.dtype or "float32"
    if dtype == "string":
        return numpy.array(random.choice(["a", "b c", "the"], shape), dtype=object)
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(bool)
    if dtype.startswith(("int", "uint")):
        return random.integers(0, _highest(network, index), shape).astype(dtype)
    return random.standard_normal(shape).astype(dtype if dtype != "bfloat16" else "float32")


def _highest(network: Network, index: int) -> int:
    """Return the size of the smallest vocabulary that looks up an input."""
    sizes = [256]
    for call in network.parts():
        model = held_model(call.layer) if index in call.parents else None
        if model is not None:
            inputs = zip(model.network.graph.inputs, call.parents)
            sizes += [_highest(model.network, own) for own, source in inputs if source == index]
        elif index in call.parents:
            sizes += [
                value
                for name in ("input_dim", "num_tokens")
                if isinstance(value := getattr(call.layer, name, None), int)
            ]
    return min(sizes)


def run(model: keras.Model, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return what a model gives for inputs, which are a list only if it has several."""
    return flat(model(inputs[0] if len(inputs) == 1 else list(inputs), training=False))


def flat(value: object) -> list[np.ndarray]:
    """Return tensors of Keras as arrays."""
    import keras  # optional

    return [keras.ops.convert_to_numpy(tensor) for tensor in keras.tree.flatten(value)]


def reset_states(model: keras.Model) -> None:
    """Set the states that stateful layers keep from one run to the next to zero."""
    for layer in model._flatten_layers(include_self=False):
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state"):
            layer.reset_state()


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the largest difference of two results; infinity where their shapes differ."""
    import numpy  # optional

    if one.shape != other.shape:
        return float("inf")
    if one.dtype == object or one.dtype == bool:
        return float((one != other).any())
    exact = "complex128" if one.dtype.kind == "c" else "float64"
    one, other = one.astype(exact), other.astype(exact)
    both = numpy.isnan(one) & numpy.isnan(other)
    with numpy.errstate(invalid="ignore"):
        gap = numpy.abs(one - other)
    gap = numpy.where(both | (one == other), 0.0, gap)
    return float(numpy.nan_to_num(gap, nan=float("inf")).max(initial=0.0))


def allowed(value: np.ndarray, factor: float = 1.0) -> float:
    """Return how far another result may be from this one, as its dtype rounds.

    Args:
        value: The result.
        factor: How much more than that; for programs other than Keras.
    """
    import numpy  # optional

    if value.dtype == object:
        return 0.0
    sizes = numpy.abs(value if value.dtype.kind == "c" else value.astype("float64"))
    largest = float(numpy.nan_to_num(sizes, posinf=0.0).max(initial=0.0))
    return factor * TOLERANCE.get(str(value.dtype), 0.0) * max(1.0, largest)
