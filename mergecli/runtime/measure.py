"""Run models with Keras to find what a machine does in a second."""

from __future__ import annotations

import time
from functools import partial
from math import inf, prod
from statistics import geometric_mean
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Sequence

from mergecli.ir.graph import Network
from mergecli.ir.latency import Device, latency
from mergecli.runtime.build import build

if TYPE_CHECKING:
    import keras

#: The clock; tests and tools take another one.
clock = time.perf_counter
#: How often a layer is applied in a row, so that its time is large beside that of the call.
_ROW = 8
#: Layers that compute: rows, columns and channels of their input, and the size of their window.
_COMPUTING = ((56, 56, 64, 3), (28, 28, 128, 3), (14, 14, 256, 3), (28, 28, 256, 1))
#: Tensors whose values are moved: rows, columns and channels.
_MOVED = ((112, 112, 32), (56, 56, 128), (28, 28, 256))


class Unmeasurable(Exception):
    """A model for which there are no inputs: a size is not known, or it takes strings."""


class Measurement(NamedTuple):
    """A model as it was estimated and measured.

    Attributes:
        device: The machine.
        batch: The samples in a batch.
        estimated: The estimated seconds; None where a size is not known.
        measured: The measured seconds.
    """

    device: Device
    batch: int
    estimated: float | None
    measured: float


def measure(
    network: Network,
    classes: Mapping[str, object],
    batch: int,
    repeats: int,
    device: Device | None = None,
) -> Measurement:
    """Measure a model, and the machine unless it is known.

    Args:
        network: The model; its inputs have known sizes.
        classes: The user's layers, by name.
        batch: The samples in a batch.
        repeats: How often each model is run; the fastest run counts.
        device: The machine, if it was measured before.

    Raises:
        Unmeasurable: An input has a size that is not known, or is of strings.
    """
    model = build(network, customs=dict(classes))
    inputs = _ones(model, batch)
    device = device or machine(repeats)
    (measured,) = _fastest([(model, inputs)], repeats)
    return Measurement(device, batch, latency(network, device, batch), measured)


def machine(repeats: int) -> Device:
    """Measure this machine, by running a few layers.

    Args:
        repeats: How often each layer is run; the fastest run counts.
    """
    import keras  # start-up

    layers = keras.layers
    models = [_row((8,), layers.Identity), _row((8,), partial(layers.Dense, 8))]
    for rows, columns, channels, window in _COMPUTING:
        layer = partial(layers.Conv2D, channels, window, padding="same")
        models.append(_row((rows, columns, channels), layer))
    models += [_row(shape, layers.BatchNormalization) for shape in _MOVED]
    empty, small, *seconds = _fastest([(model, _ones(model, 1)) for model in models], repeats)
    each = max(small - empty, 0) / _ROW
    net = [max(time - small, 1e-9) / _ROW for time in seconds]
    macs = [prod((*sizes, sizes[2], sizes[3])) for sizes in _COMPUTING]
    computed = [count / time for count, time in zip(macs, net)]
    moved = [2 * 4 * prod(shape) / time for shape, time in zip(_MOVED, net[len(macs) :])]
    return Device(geometric_mean(computed), geometric_mean(moved), empty, each)


def _row(shape: tuple[int, ...], layer: Callable[[], Any]) -> keras.Model:
    """Return a model of several layers in a row."""
    import keras  # start-up

    x = start = keras.Input(shape)
    for _ in range(_ROW):
        x = layer()(x)
    return keras.Model(start, x)


def _ones(model: keras.Model, batch: int) -> Any:
    """Return inputs for a model.

    Raises:
        Unmeasurable: An input has a size that is not known, or is of strings.
    """
    import numpy as np  # start-up

    values: list[Any] = []
    for tensor in model.inputs:
        shape = (batch, *tensor.shape[1:])
        if None in shape or str(tensor.dtype) == "string":
            raise Unmeasurable(f"the input `{tensor.name}` has no known size, or is of strings")
        values.append(np.ones(shape, tensor.dtype))
    return values if len(values) > 1 else values[0]


def _fastest(runs: Sequence[tuple[keras.Model, Any]], repeats: int) -> list[float]:
    """Return the seconds of the fastest run of each model.

    The models take turns, so that a busy moment of the machine does not hit all runs of one.
    """
    # The first runs compile the models and allocate memory.
    for model, inputs in [*runs, *runs]:
        model.predict_on_batch(inputs)
    best = [inf] * len(runs)
    for _ in range(repeats):
        for place, (model, inputs) in enumerate(runs):
            start = clock()
            model.predict_on_batch(inputs)
            best[place] = min(best[place], clock() - start)
    return best
