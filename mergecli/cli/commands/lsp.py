"""`mergecli lsp`."""

from __future__ import annotations

import sys

import click

from mergecli.catalog.versions import Version
from mergecli.cli import options, terminal
from mergecli.diagnostics.installing import install_command
from mergecli.importers.modules import CustomLayers


@click.command()
@options.verbose_option
@options.import_option
@options.keras_option
def lsp(custom_layers: CustomLayers, target: Version | None) -> None:
    """Run a language server for editors on standard input and output.

    It marks what `validate` finds while a spec is typed, shows the shape after every layer, completes, explains, and leads to where
    a name is given. It needs the package pygls.
    """
    try:
        import pygls  # noqa: F401  # optional
    except ImportError:
        terminal.note(
            "mergecli: the language server needs pygls; install it: " + install_command(["pygls"])
        )
        sys.exit(terminal.EXIT_MISSING)
    from mergecli.lsp.server import serve  # optional

    serve(custom_layers, target)
