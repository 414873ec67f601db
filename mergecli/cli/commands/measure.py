"""`mergecli measure`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from mergecli.cli import keras_run, options, terminal
from mergecli.diagnostics import files
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.silence import silence

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mergecli.ir.graph import Network
    from mergecli.ir.latency import Device
    from mergecli.runtime.measure import Measurement


@click.command()
@click.argument("spec")
@options.batch_option
@click.option(
    "--repeat",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="How often each model is run; the fastest run counts.",
)
@options.device_option
@click.option(
    "-o",
    "output",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write what was measured of the machine to a JSON file, for `--device`.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@options.backend_option
@options.verbose_option
@options.spec_options
def measure(
    spec: str,
    batch: int,
    repeat: int,
    device: Device | None,
    output: str | None,
    form: str,
    **reading: Unpack[options.SpecOptions],
) -> None:
    """Run a model with Keras, and compare its latency with the estimate.

    A few layers are run first, to find what this machine computes and moves in a second. From these numbers the latency of every
    model can be estimated without Keras: write them with `-o FILE`, and give the file to `summary --device`.
    """
    [checked] = keras_run.check_specs([spec], reading)
    network = checked.network
    keras_run.load_keras(keras_run.check_installed())
    classes = keras_run.import_modules(reading["custom_layers"])
    from mergecli.runtime import measure as runtime_measure  # start-up

    color = reading["color"]
    with keras_run.build_errors(checked.path, checked.source, color, verbose=False), silence():
        try:
            result = runtime_measure.measure(network, classes, batch, repeat, device)
        except runtime_measure.Unmeasurable as problem:
            raise click.UsageError(str(problem)) from None
    if output is not None:
        files.write(output, json.dumps(result.device._asdict(), indent=1) + "\n")
    terminal.emit(_json(result) if form == "json" else _text(network, result))


def _json(result: Measurement) -> str:
    data = {
        "device": result.device._asdict(),
        "batch": result.batch,
        "estimated_seconds": result.estimated,
        "measured_seconds": result.measured,
    }
    return json.dumps(data, indent=1) + "\n"


def _text(network: Network, result: Measurement) -> str:
    """Return estimate and measurement side by side."""
    from mergecli.exporters.summary import duration  # start-up

    device, estimated = result.device, result.estimated
    lines = [
        line(network.graph.name),
        "",
        f"computes         {device.macs_per_second / 1e9:,.1f} billion MACs in a second",
        f"moves            {device.bytes_per_second / 1e9:,.1f} GB in a second",
        f"call             {duration(device.call_seconds)} for a model without layers, and {duration(device.layer_seconds)} for each layer",
        f"estimated        {'unknown' if estimated is None else duration(estimated)} for a batch of {result.batch:,}",
        f"measured         {duration(result.measured)}",
    ]
    if estimated is not None:
        lines.append(f"error            {estimated / result.measured - 1:+.0%}")
    return "\n".join(lines) + "\n"
