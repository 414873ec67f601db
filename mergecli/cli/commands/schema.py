"""`mergecli schema`."""

from __future__ import annotations

import click

from mergecli.cli import options, terminal
from mergecli.importers.modules import CustomLayers


@click.command()
@options.verbose_option
@options.import_option
def schema(custom_layers: CustomLayers) -> None:
    """Print the JSON Schema of the language, for editors and other validators.

    Layers of the modules that --import names are in it, too.
    """
    from mergecli.exporters.json_schema import text  # start-up

    terminal.emit(text(custom_layers))
