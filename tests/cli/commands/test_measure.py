"""What `mergecli measure` prints; `tests/runtime/test_measure.py` runs it."""

from __future__ import annotations

import json
import pathlib

from click.testing import CliRunner

from mergecli.cli.commands.measure import _json, _text
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.latency import Device
from mergecli.runtime.measure import Measurement

DEVICE = Device(50e9, 11.5e9, 0.0005, 0.00001)
RESULT = Measurement(DEVICE, 8, 0.012, 0.01)


def text(result: Measurement) -> str:
    network = compile_spec(Source("name: a\ninput: [4]\nlayers: [Flatten]\n", "a.yaml")).network
    assert network is not None
    return _text(network, result)


def test_estimate_and_measurement_side_by_side() -> None:
    assert text(RESULT).splitlines() == [
        "a",
        "",
        "computes         50.0 billion MACs in a second",
        "moves            11.5 GB in a second",
        "call             0.500 ms for a model without layers, and 0.0100 ms for each layer",
        "estimated        12.0 ms for a batch of 8",
        "measured         10.0 ms",
        "error            +20%",
    ]


def test_an_estimate_that_is_not_known() -> None:
    lines = text(RESULT._replace(estimated=None)).splitlines()
    assert lines[-2:] == [
        "estimated        unknown for a batch of 8",
        "measured         10.0 ms",
    ]


def test_json() -> None:
    assert json.loads(_json(RESULT)) == {
        "device": DEVICE._asdict(),
        "batch": 8,
        "estimated_seconds": 0.012,
        "measured_seconds": 0.01,
    }


def test_a_file_that_is_not_a_device(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    result = CliRunner().invoke(cli, ["measure", "a.yaml", "--device", str(tmp_path / "a.json")])
    assert result.exit_code == 2
    assert "not a measured machine: expected a number for `macs_per_second`" in result.stderr
    (tmp_path / "a.json").write_text("name: a\n")
    result = CliRunner().invoke(cli, ["measure", "a.yaml", "--device", str(tmp_path / "a.json")])
    assert "not a measured machine: expected a JSON object" in result.stderr
