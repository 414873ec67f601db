"""`mergecli summary`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mergecli.cli import inputs, options, terminal
from mergecli.exporters.formats import SUMMARIES

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mergecli.ir.latency import Device


@click.command()
@click.argument("spec", metavar="SPEC|MODEL")
@click.option(
    "--format", "form", type=click.Choice(list(SUMMARIES)), default="text", show_default=True
)
@options.batch_option
@click.option("--training", is_flag=True, help="Show the memory of training too.")
@click.option("--full", is_flag=True, help="Show each repetition of a repeated structure.")
@options.device_option
@options.watch_option
@options.verbose_option
@options.spec_options
def summary(
    spec: str,
    form: str,
    batch: int,
    training: bool,
    full: bool,
    device: Device | None,
    watch: bool,
    **reading: Unpack[options.SpecOptions],
) -> None:
    """Print the layers of a spec or a saved model, with shapes, parameters, MACs and memory, without Keras."""

    def run(dependencies: inputs.Dependencies | None = None) -> None:
        network, _ = inputs.load_input(spec, **reading, dependencies=dependencies, drawn=True)
        from mergecli.exporters.summary import SummaryOptions  # start-up

        color = form == "text" and terminal.colored(reading["color"], sys.stdout)
        chosen = SummaryOptions(batch, training, full, terminal.width(sys.stdout), color, device)
        terminal.emit(SUMMARIES[form].load()(network, chosen))

    if not watch:
        return run()
    from mergecli.cli import watching  # start-up

    watching.check([spec])
    watching.watch(run)
