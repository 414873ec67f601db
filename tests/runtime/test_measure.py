"""`mergecli measure`, on the machine at hand."""

from __future__ import annotations

import json
import pathlib

import pytest
from click.testing import CliRunner

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.latency import Device, latency
from mergecli.runtime.measure import Unmeasurable, measure

pytestmark = pytest.mark.keras
SPEC = "name: small\ninput: [8, 8, 3]\nlayers: [{Conv2D: {filters: 4, kernel_size: 3}}, Flatten]\n"


def test_estimate_and_measurement(tmp_path: pathlib.Path) -> None:
    spec, device = tmp_path / "a.yaml", tmp_path / "device.json"
    spec.write_text(SPEC)
    command = ["measure", str(spec), "--repeat", "2", "-o", str(device)]
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 0, result.output
    labels = [line.split("  ")[0] for line in result.stdout.splitlines()]
    assert labels == ["small", "", "computes", "moves", "call", "estimated", "measured", "error"]

    again = CliRunner().invoke(
        cli, ["measure", str(spec), "--repeat", "2", "--device", str(device), "--format", "json"]
    )
    data = json.loads(again.stdout)
    machine = Device.parse(device.read_text())
    network = compile_spec(Source(SPEC, "a.yaml")).network
    assert network is not None
    assert data["device"] == machine._asdict()
    assert data["estimated_seconds"] == latency(network, machine)
    assert 0 < data["measured_seconds"] < 60
    summary = CliRunner().invoke(cli, ["summary", str(spec), "--device", str(device)])
    assert summary.stdout.splitlines()[-1].startswith("latency          about ")


def test_an_input_without_a_size() -> None:
    network = compile_spec(Source("input: [null, 4]\nlayers: [{LSTM: 2}]", "a.yaml")).network
    assert network is not None
    with pytest.raises(Unmeasurable, match="has no known size"):
        measure(network, {}, 1, 1, Device(1, 1))
