"""What the numbers of weights in saved models are like: their mean, deviation, range and histogram, read without Keras."""

from __future__ import annotations

import contextlib
from math import prod
from typing import TYPE_CHECKING, Iterator, NamedTuple, Sequence

from mergecli.catalog.weights import Weight
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.config_reader import parse
from mergecli.importers.keras.containers import Container
from mergecli.importers.keras.hdf5 import PART, Array
from mergecli.importers.keras.weight_lists import Listed
from mergecli.importers.keras.weights import LayerWeights, WeightFile, expected
from mergecli.ir.graph import EmbeddedModel, Network
from mergecli.ir.subgraph_layers import held_model

if TYPE_CHECKING:
    import numpy as np

#: The bars of a histogram.
BINS = 24


class WeightStatistics(NamedTuple):
    """What the numbers of a weight are like; the last five describe those that are finite.

    Attributes:
        name: The name of the weight in Keras, or its place in the file where that is not known.
        shape: Its shape.
        dtype: Its dtype in the file.
        nan: How many numbers are NaN.
        infinite: How many are infinite.
        mean: The mean; None where no number is finite.
        deviation: The standard deviation.
        least: The least number.
        most: The greatest number.
        histogram: How many numbers are in each of some equal parts of the range, one where all are equal.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    nan: int = 0
    infinite: int = 0
    mean: float | None = None
    deviation: float | None = None
    least: float | None = None
    most: float | None = None
    histogram: Sequence[int] = ()


def weight_statistics(network: Network) -> dict[int, list[WeightStatistics]]:
    """Return the statistics of the weights that the layers of a network have in the files of saved models.

    Args:
        network: The network of a saved model, or of a spec.

    Returns:
        The statistics of each layer that has weights in a file, by the index of its call.

    Raises:
        Unreadable: A file is damaged or unsafe, or what reads it is not installed.
    """
    result = {}
    with contextlib.ExitStack() as stack:
        files = _Files(stack)
        for call in network.parts():
            found = list(_of_call(network, call.index, files))
            if found:
                result[call.index] = found
    return result


class _Files:
    """The files with the weights of saved models, each opened once."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._files: dict[int, WeightFile | None] = {}

    def of(self, part: EmbeddedModel) -> WeightFile | None:
        """Return the weights of a model; None if it is not a saved one with weights."""
        if part.role != "model":
            return None
        if id(part) not in self._files:
            container = Container(part.name)
            file = None
            if part.weights_path is not None or container.has_weights:
                needed = expected(parse(container.config()))
                file = self._stack.enter_context(WeightFile(container, needed, part.weights_path))
            self._files[id(part)] = file
        return self._files[id(part)]


def _of_call(network: Network, index: int, files: _Files) -> Iterator[WeightStatistics]:
    """Yield the statistics of a layer, and of the layers of a model as one layer."""
    call = network.graph.nodes[index]
    if call.owner is not None or call.saved is None or call.layer is None:
        return
    model = held_model(call.layer)
    if model is not None:
        for inner in model.network.parts():
            for found in _of_call(model.network, inner.index, files):
                yield found._replace(name=f"{inner.name}/{found.name}")
        return
    try:
        file = files.of(call.saved.part)
        stored = file.layer(call.saved.path) if file is not None else None
        if stored is not None:
            for name, array in named_arrays(stored, network.weights[index]):
                yield statistics(name, array)
    except Unreadable as problem:
        message = f"`{call.saved.part.name}`: {problem.message}"
        raise Unreadable(problem.code, message, problem.hint) from None


# Names. ---------------------------------------------------------------------------------------------------------------


def named_arrays(stored: LayerWeights, weights: Sequence[Weight]) -> list[tuple[str, Array]]:
    """Return the arrays of a layer in a file with the names of the weights, in the order of Keras.

    Args:
        stored: The arrays.
        weights: The weights that the layer has in Keras.
    """
    if isinstance(stored, Listed):
        shapes = [array.shape for array in stored.arrays]
        if shapes == [tuple(weight.shape) for weight in weights]:
            return [(weight.name, array) for weight, array in zip(weights, stored.arrays)]
        return [(array.name.partition(":")[0].split("/")[-1], array) for array in stored.arrays]
    groups = _grouped(stored.arrays())
    needed: dict[tuple[str, ...], list[Weight]] = {}
    for weight in weights:
        needed.setdefault(tuple(weight.name.split("/")[:-1]), []).append(weight)
    names = {}
    for place, target in _pairs(groups, needed):
        for array, weight in zip(groups[place], needed[target]):
            names[array.name] = weight.name
    order = {weight.name: number for number, weight in enumerate(weights)}
    found = [
        (names.get(array.name, array.name), array)
        for place, arrays in groups.items()
        # The state of generators of random numbers is not a weight.
        if "seed_generator" not in place
        for array in arrays
    ]
    return sorted(found, key=lambda pair: order.get(pair[0], len(order)))


def _grouped(arrays: Sequence[Array]) -> dict[tuple[str, ...], list[Array]]:
    """Return the arrays of each layer in a layer by the attributes that lead to it."""
    groups: dict[tuple[str, ...], list[Array]] = {}
    for array in sorted(arrays, key=lambda array: _numbered(array.name)):
        place = tuple(name for name in array.name.split("/")[:-1] if name != "vars")
        groups.setdefault(place, []).append(array)
    return groups


def _numbered(path: str) -> tuple[str, int, str]:
    folder, _, name = path.rpartition("/")
    return folder, int(name) if name.isdecimal() and len(name) < 10 else -1, name


_Place = tuple[str, ...]


def _pairs(
    groups: dict[_Place, list[Array]], needed: dict[_Place, list[Weight]]
) -> Iterator[tuple[_Place, _Place]]:
    """Yield the groups of a file with those of a layer: by their names and shapes, else by shapes that only one pair has."""
    shapes = {place: [array.shape for array in arrays] for place, arrays in groups.items()}
    wanted = {place: [tuple(one.shape) for one in weights] for place, weights in needed.items()}
    for is_pair in (_have_similar_names, _are_any):
        for place in list(shapes):
            fits = [
                other
                for other in wanted
                if wanted[other] == shapes[place] and is_pair(place, other)
            ]
            rivals = [
                other
                for other in shapes
                if fits and shapes[other] == shapes[place] and is_pair(other, fits[0])
            ]
            if len(fits) == len(rivals) == 1:
                yield place, fits[0]
                del shapes[place], wanted[fits[0]]


def _have_similar_names(place: _Place, other: _Place) -> bool:
    """Return whether attributes are named as in a layer, as `query_dense` or `_query_dense` and `query`."""
    # Some versions keep the underscore of a private attribute.
    names = (name.lstrip("_") for name in place)
    return len(place) == len(other) and all(map(str.startswith, names, other))


def _are_any(place: _Place, other: _Place) -> bool:
    return True


# Numbers. -------------------------------------------------------------------------------------------------------------


def statistics(name: str, array: Array) -> WeightStatistics:
    """Return the statistics of an array in a file, of which a part at a time is in memory.

    Args:
        name: The name of the weight.
        array: The array.

    Raises:
        Unreadable: The file is damaged.
    """
    result = WeightStatistics(name, array.shape, array.dtype)
    # A small array is read once.
    kept = list(_pieces(array)) if prod(array.shape) <= PART else None
    result = _ranged(result, _pieces(array) if kept is None else kept)
    if result.least is None or result.most is None:
        return result
    return _described(result, _pieces(array) if kept is None else kept)


def _pieces(array: Array) -> Iterator[np.ndarray]:
    """Yield the numbers of an array in pieces that stay small as float64."""
    for part in array.parts():
        flat = part.reshape(-1)
        for start in range(0, flat.size, PART):
            yield flat[start : start + PART].astype("float64")


def _ranged(
    result: WeightStatistics, pieces: Iterator[np.ndarray] | list[np.ndarray]
) -> WeightStatistics:
    """Return statistics with the range of the numbers, and how many are not finite."""
    import numpy  # optional

    nan = infinite = 0
    least = most = None
    for piece in pieces:
        finite = piece[numpy.isfinite(piece)]
        missing = int(numpy.isnan(piece).sum())
        nan += missing
        infinite += piece.size - finite.size - missing
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
            least = low if least is None else min(least, low)
            most = high if most is None else max(most, high)
    return result._replace(nan=nan, infinite=infinite, least=least, most=most)


def _described(
    result: WeightStatistics, pieces: Iterator[np.ndarray] | list[np.ndarray]
) -> WeightStatistics:
    """Return statistics whose range is known with the mean, the deviation and the histogram."""
    import numpy  # optional

    least, most = result.least or 0.0, result.most or 0.0
    # Squares of numbers from -1 to 1 do not overflow.
    scale = max(abs(least), abs(most)) or 1.0
    low, high = least / scale, most / scale
    bins = BINS if high > low else 1
    if result.dtype.startswith(("int", "uint", "bool")):
        bins = int(min(bins, most - least + 1))
    histogram = numpy.zeros(bins, "int64")
    count, mean, squares = 0, 0.0, 0.0
    for piece in pieces:
        values = piece[numpy.isfinite(piece)] / scale
        if not values.size:
            continue
        inside = numpy.clip(values, low, high)
        histogram += numpy.histogram(inside, bins, (low, high) if high > low else None)[0]
        # The means and squares of two samples give those of both (Chan, Golub and LeVeque).
        own = float(values.mean())
        total = count + values.size
        squares += float(((values - own) ** 2).sum())
        squares += (own - mean) ** 2 * count * values.size / total
        mean += (own - mean) * values.size / total
        count = total
    return result._replace(
        mean=mean * scale,
        deviation=(squares / count) ** 0.5 * scale if count else None,
        histogram=[int(number) for number in histogram],
    )
