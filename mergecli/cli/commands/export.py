"""`mergecli export`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mergecli.cli import inputs, options, terminal
from mergecli.cli.reports import same_file
from mergecli.diagnostics import files
from mergecli.exporters.formats import EXPORTS
from mergecli.exporters.yaml.values import Inexpressible

if TYPE_CHECKING:
    from typing_extensions import Unpack


@click.command()
@click.argument("spec", metavar="SPEC|MODEL")
@click.option(
    "--to", "form", type=click.Choice(list(EXPORTS)), required=True, help="What to write."
)
@click.option("-o", "--output", metavar="FILE", help="Where to; by default to standard output.")
@options.verbose_option
@options.spec_options
def export(
    spec: str,
    form: str,
    output: str | None,
    **reading: Unpack[options.SpecOptions],
) -> None:
    """Write a spec or a saved model as Python code, Keras's JSON, a chart, or a spec with everything written out.

    Keras is not needed. Weights that saved models bring along are not written.

    \f

    Raises:
        click.UsageError: The output is the spec itself.
    """
    from mergecli.exporters.python.script_writer import lost_weights  # start-up

    if output is not None:
        if same_file(output, spec):
            raise click.UsageError(f"{output} would be overwritten, though it is what is exported")
        files.prepare(output)
    network, _ = inputs.load_input(spec, **reading)
    shown = inputs.display_name(spec, reading["stdin_filename"])
    try:
        text = EXPORTS[form].load()(network, reading["custom_layers"])
    except Inexpressible as problem:
        terminal.note(f"{shown}: cannot be written as {form}: {problem}")
        sys.exit(terminal.EXIT_ERRORS)
    if output is None:
        terminal.emit(text)
    else:
        files.write(output, text)
        terminal.note(f"wrote {output}")
    for path in lost_weights(network):
        terminal.note(f"note: the weights that {path} holds are not written")
