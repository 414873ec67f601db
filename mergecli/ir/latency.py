"""The time that a model takes on a device, estimated from what it computes and what it moves (a roofline)."""

from __future__ import annotations

import json
from math import inf
from typing import Any, NamedTuple

from mergecli.catalog.buffers import bytes_of
from mergecli.catalog.weights import bytes_of_weights
from mergecli.ir.graph import Call, Network
from mergecli.ir.memory import needs


class Device(NamedTuple):
    """What a machine does in a second, and what calls take beside that.

    Attributes:
        macs_per_second: Multiply-accumulates.
        bytes_per_second: Bytes that are read or written.
        call_seconds: The time of a call of a model without layers.
        layer_seconds: The time of a layer beside what it computes and moves.
    """

    macs_per_second: float
    bytes_per_second: float
    call_seconds: float = 0.0
    layer_seconds: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Device:
        """Return the device that a file of `mergecli measure -o` describes.

        Args:
            text: The text of the file.

        Raises:
            ValueError: It does not describe one.
        """
        try:
            data = json.loads(text)
        except json.JSONDecodeError:
            data = None
        if not isinstance(data, dict):
            raise ValueError("expected a JSON object")
        numbers = []
        for name in cls._fields:
            number: Any = data.get(name, cls._field_defaults.get(name))
            least = 0 if name.endswith("_seconds") else 1
            is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
            if not is_number or not least <= number < inf:
                raise ValueError(f"expected a number for `{name}`")
            numbers.append(float(number))
        return cls(*numbers)


def latency(network: Network, device: Device, batch: int = 1) -> float | None:
    """Return the estimated seconds of `predict` for a batch.

    A layer takes the time of its multiply-accumulates or of the bytes that it moves, whichever is
    longer, and what each layer takes; the layers are computed one after the other.

    Args:
        network: The model.
        device: The machine.
        batch: The samples in a batch.

    Returns:
        The seconds; None where a size is not known.
    """
    seconds = device.call_seconds
    for call in network.parts():
        if call.index in network.graph.inputs:
            continue
        macs, moved = network.macs[call.index], _moved(network, call, batch)
        if macs is None or moved is None:
            return None
        if moved:
            longer = max(macs * batch / device.macs_per_second, moved / device.bytes_per_second)
            seconds += device.layer_seconds + longer
    return seconds


def _moved(network: Network, call: Call, batch: int) -> int | None:
    """Return the bytes that a call reads and writes, 0 for a view; None where a size is not known."""
    tensors = [tensor for target in call.sources or () for tensor in network.tensors(target)]
    sizes = [
        bytes_of(tensor)
        for tensor in (*tensors, *network.results[call.index])
        if tensor.shape != ()
    ]
    if None in sizes:
        return None
    buffers = needs(network, call, training=False).buffers
    if buffers.view:
        return 0
    owner = call.index if call.owner is None else call.owner
    weights = bytes_of_weights(network.weights[owner])
    return weights + batch * (sum(size or 0 for size in sizes) + 2 * buffers.scratch)
