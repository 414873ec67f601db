"""Weights of Keras 1 and 2 -> those of the same layer in Keras 3.

The sources are the order in which these versions keep the gates, and the layout in which cuDNN does; both are documented
in the loader of Keras 2, which is the oracle of the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple, Sequence

from mergecli.catalog.layer import Layer
from mergecli.importers.keras.stand_ins import HARD_SIGMOID

if TYPE_CHECKING:
    import numpy as np

#: The order of the gates of an LSTM in Keras 1 (input, cell, forget, output), as Keras 3 has them.
_KERAS_1_LSTM = (0, 2, 1, 3)


class Writer(NamedTuple):
    """What wrote a file.

    Attributes:
        version: The version of Keras, such as `2.2.4`; empty if the file does not say it.
        backend: Its backend, such as `theano`.
    """

    version: str = ""
    backend: str = ""

    @property
    def is_keras_1(self) -> bool:
        """Whether it was Keras 1."""
        return self.version.startswith("1.")


def may_differ(layer: Layer, writer: Writer) -> bool:
    """Whether weights of the right shapes may be in another order than Keras 3 has them.

    Args:
        layer: The layer.
        writer: What wrote the file.
    """
    inner = getattr(layer, "layer", None)
    if isinstance(inner, Layer):
        return may_differ(inner, writer)
    is_flipped = writer.backend == "theano" and layer.theano_kernels > 0
    return is_flipped or bool(writer.is_keras_1 and _keras_1_kernels(layer))


def _keras_1_kernels(layer: Layer) -> Sequence[tuple[int, ...]]:
    data_format = getattr(layer, "data_format", None) or "channels_last"
    return layer.keras_1_kernels.get(data_format, ())


def converted(
    layer: Layer,
    writer: Writer,
    shapes: Sequence[tuple[int, ...]],
    arrays: Sequence[np.ndarray],
) -> list[np.ndarray]:
    """Return the weights of a layer as Keras 3 keeps them.

    Args:
        layer: The layer.
        writer: What wrote the file.
        shapes: The shapes that its weights have in Keras 3.
        arrays: The weights in the file.
    """
    inner = getattr(layer, "layer", None)
    if isinstance(inner, Layer):
        halves = 2 if hasattr(layer, "backward_layer") else 1
        size, shape = len(arrays) // halves, len(shapes) // halves
        found: list[np.ndarray] = []
        for half in range(halves):
            mine = arrays[half * size : (half + 1) * size]
            found += converted(inner, writer, shapes[half * shape : (half + 1) * shape], mine)
        return found
    arrays = _joined_gates(layer, list(arrays))
    if len(arrays) == 3 and len(shapes) == 3 and tuple(arrays[2].shape) != tuple(shapes[2]):
        gates, _ = _gates(layer)
        if gates and arrays[2].size == 2 * gates * arrays[1].shape[0]:
            return _from_cudnn(arrays, gates)
    arrays = _kernels(layer, writer, arrays)
    turned = [_turned(array, tuple(shape)) for array, shape in zip(arrays, shapes)]
    return turned + arrays[len(shapes) :]


def _kernels(layer: Layer, writer: Writer, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Return the weights of a layer with its kernels as Keras 2 keeps them on TensorFlow."""
    found = list(arrays)
    if writer.is_keras_1:
        for index, order in enumerate(_keras_1_kernels(layer)):
            if found[index].ndim == len(order):
                found[index] = found[index].transpose(order)
    if writer.backend == "theano":
        for index in range(layer.theano_kernels):
            spatial = range(found[index].ndim - 2)
            found[index] = found[index][tuple(slice(None, None, -1) for _ in spatial)]
    return found


def _gates(layer: Layer) -> tuple[int, Sequence[int]]:
    """Return how many gates a recurrent layer has, and which of them `recurrent_activation` computes."""
    if not hasattr(layer, "recurrent_activation"):
        return 0, ()
    # A GRU has update, reset and candidate, an LSTM input, forget, candidate and output.
    return (3, (0, 1)) if hasattr(layer, "reset_after") else (4, (0, 1, 3))


def _joined_gates(layer: Layer, arrays: list[np.ndarray]) -> list[np.ndarray]:
    """Join the weights that Keras 1 keeps for each gate: three for each, the input's, the state's and the bias."""
    import numpy  # optional

    gates, _ = _gates(layer)
    if not gates or len(arrays) != 3 * gates:
        return arrays
    order = _KERAS_1_LSTM if gates == 4 else range(gates)
    return [
        numpy.concatenate([arrays[3 * gate + part] for gate in order], axis=-1) for part in range(3)
    ]


def _from_cudnn(arrays: Sequence[np.ndarray], gates: int) -> list[np.ndarray]:
    """Return the weights of an LSTM or GRU as cuDNN keeps them: kernels transposed for each gate, two biases."""
    import numpy  # optional

    kernel, recurrent, bias = arrays
    kernels = [part.T.reshape(part.shape, order="F") for part in numpy.hsplit(kernel, gates)]
    recurrents = [part.T for part in numpy.hsplit(recurrent, gates)]
    biases = bias.reshape(2, -1)
    if gates == 4:
        biases = biases.sum(axis=0)
    return [numpy.hstack(kernels), numpy.hstack(recurrents), biases]


def _turned(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return a kernel in today's order of axes: Keras 1 had filters first, or an axis of size 1 more."""
    if tuple(array.shape) == shape or array.ndim < 3:
        return array
    if array.ndim == 4 and len(shape) == 3:
        # A convolution of a sequence was one of an image of width 1.
        for axes in ((0, 1, 2, 3), (2, 3, 1, 0)):
            turned = array.transpose(axes)
            if turned.shape[1] == 1 and (turned.shape[0], *turned.shape[2:]) == shape:
                return turned[:, 0]
        return array
    places = range(array.ndim)
    for order in (
        (*places[2:], places[1], places[0]),
        (*places[2:], places[0], places[1]),
        (*places[:-2], places[-1], places[-2]),
    ):
        if tuple(array.shape[place] for place in order) == shape:
            return array.transpose(order)
    return array


def scaled(layer: Layer, names: Sequence[str], arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return weights with which the `hard_sigmoid` of Keras 3 computes what that of Keras 2 did.

    Keras 2 has min(max(0.2 x + 0.5, 0), 1), Keras 3 has x / 6 in place of 0.2 x: what computes x is multiplied by 1.2.

    Args:
        layer: The layer.
        names: The names of its weights.
        arrays: The weights, in the same order.
    """
    found = list(arrays)
    for prefix, inner in _uses(layer):
        for index, name in enumerate(names):
            if name.startswith(prefix):
                found[index] = _scaled(inner, name.rpartition("/")[2], found[index])
    return found


def _scaled(layer: Layer, name: str, array: np.ndarray) -> np.ndarray:
    count, places = _gates(layer)
    if not count:
        separable = "pointwise_kernel" if hasattr(layer, "pointwise_initializer") else "kernel"
        return array * HARD_SIGMOID if name in (separable, "bias", "recurrent_kernel") else array
    array = array.copy()
    width = array.shape[-1] // count
    for gate in places:
        array[..., gate * width : (gate + 1) * width] *= HARD_SIGMOID
    return array


def _uses(layer: Layer, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield the layers in a layer whose weights lead to a `hard_sigmoid`, with what the names of these begin with."""
    inner = getattr(layer, "layer", None)
    cell = getattr(layer, "cell", None)
    if isinstance(inner, Layer):
        back = getattr(layer, "backward_layer", None) or inner
        sides: Mapping[str, Layer] = {"layer/": inner}
        if hasattr(layer, "backward_layer"):
            sides = {"forward/": inner, "backward/": back}
        for name, side in sides.items():
            yield from _uses(side, prefix + name)
    elif isinstance(cell, Layer):
        yield from _uses(cell, f"{prefix}cell/")
    elif isinstance(cell, list):
        for index, item in enumerate(cell):
            yield from _uses(item, f"{prefix}cell/cells/{index}/")
    elif _argument(layer) is not None:
        yield prefix, layer


def _argument(layer: Layer) -> str | None:
    """Return the argument that is a `hard_sigmoid` and that weights of the layer lead to."""
    if getattr(layer, "recurrent_activation", None) == "hard_sigmoid":
        return "recurrent_activation"
    simple = not hasattr(layer, "recurrent_activation") and not layer.activates
    if simple and getattr(layer, "activation", None) == "hard_sigmoid":
        return "activation"
    return None


def uses_hard_sigmoid(layer: Layer) -> bool:
    """Return whether weights of a layer lead to a `hard_sigmoid`."""
    return next(_uses(layer), None) is not None
