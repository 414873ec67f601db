"""The estimated latency, computed by hand."""

from __future__ import annotations

import json

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network
from mergecli.ir.latency import Device, latency

DEVICE = Device(macs_per_second=1000, bytes_per_second=4000, call_seconds=0.5)


def network(text: str) -> Network:
    compiled = compile_spec(Source(text, "spec.yaml"))
    assert compiled.network is not None, compiled.diagnostics
    return compiled.network


def test_a_layer_takes_what_is_longer() -> None:
    dense = network("input: [4]\nlayers: [{Dense: 8}]")
    # 32 MACs are quick; 40 weights, 4 and 8 numbers of 4 bytes are moved.
    assert latency(dense, DEVICE) == pytest.approx(0.5 + 52 / 1000)
    # With a large batch the weights do not count, and the MACs do.
    assert latency(dense, DEVICE, 1000) == pytest.approx(0.5 + 32)


def test_views_take_no_time() -> None:
    text = "input: [4]\nlayers: [{Reshape: [2, 2]}, Flatten, {Dropout: 0.5}]"
    assert latency(network(text), DEVICE) == 0.5


def test_each_layer_takes_some_time() -> None:
    text = "input: [4]\nlayers: [{Dense: 8}, {Dense: 8}, Flatten]"
    slower = DEVICE._replace(layer_seconds=1)
    assert (latency(network(text), slower) or 0) - (latency(network(text), DEVICE) or 0) == 2


def test_shared_weights_are_read_for_each_call() -> None:
    once = "input: [4]\nlayers: [{Dense: {units: 4, name: d}}]"
    twice = "input: [4]\nlayers: [{Dense: {units: 4, name: d}}, {use: d}]"
    seconds = [latency(network(text), DEVICE) or 0 for text in (once, twice)]
    assert seconds[1] - 0.5 == pytest.approx(2 * (seconds[0] - 0.5))


def test_a_size_that_is_not_known() -> None:
    assert latency(network("input: [null, 4]\nlayers: [{Dense: 8}]"), DEVICE) is None


def test_a_device_is_read_as_it_is_written() -> None:
    assert Device.parse(json.dumps(DEVICE._asdict())) == DEVICE
    assert Device.parse('{"macs_per_second": 1, "bytes_per_second": 2}') == Device(1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"macs_per_second": 1}', '{"macs_per_second": 0, "bytes_per_second": 1}',
        '{"macs_per_second": "1", "bytes_per_second": 1}',
        '{"macs_per_second": NaN, "bytes_per_second": 1}',
        '{"macs_per_second": 1, "bytes_per_second": Infinity}',
        '{"macs_per_second": 1, "bytes_per_second": 1, "call_seconds": -1}',
        '{"macs_per_second": true, "bytes_per_second": 1}',
    ],
)  # fmt: skip
def test_what_is_not_a_device(text: str) -> None:
    with pytest.raises(ValueError):
        Device.parse(text)
