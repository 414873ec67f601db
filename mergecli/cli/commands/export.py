"""`mergecli export`."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable

import click

from mergecli.cli import terminal
from mergecli.cli.commands.summary import network_of
from mergecli.diagnostics import files
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network


def _python(network: Network, customs: CustomLayers) -> str:
    from mergecli.exporters.python.writer import python
    from mergecli.importers.modules import named

    homes = {name: module for module in customs.modules for name in named((module,)).names}
    return python(network, homes, customs.modules)


def _keras_json(network: Network, customs: CustomLayers) -> str:
    from mergecli.exporters.keras_json import keras_json

    return keras_json(network)


def _spec(network: Network, customs: CustomLayers) -> str:
    from mergecli.exporters.yaml.roundtrip import canonical
    from mergecli.exporters.yaml.writer import expanded

    return canonical(expanded(network))


def _dot(network: Network, customs: CustomLayers) -> str:
    from mergecli.exporters.pictures.dot import dot

    return dot(network)


def _mermaid(network: Network, customs: CustomLayers) -> str:
    from mergecli.exporters.pictures.mermaid import mermaid

    return mermaid(network)


#: What writes each format: a function of a network and the user's layers.
WRITERS: dict[str, Callable[[Network, CustomLayers], str]] = {
    "python": _python,
    "keras-json": _keras_json,
    "dot": _dot,
    "mermaid": _mermaid,
    "spec": _spec,
}


@click.command(short_help="Write code, Keras's JSON, charts or a spec.")
@click.argument("spec", metavar="SPEC|MODEL")
@click.option(
    "--to", "form", type=click.Choice(list(WRITERS)), required=True, help="What to write."
)
@click.option("-o", "--output", metavar="FILE", help="Where to; by default to standard output.")
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def export(
    spec: str,
    form: str,
    output: str | None,
    settings: dict[str, Any],
    modules: CustomLayers,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Write a spec or a saved model as Python code, Keras's JSON, a chart, or a spec with everything written out.

    Keras is not needed. Weights that saved models bring along are not written.
    """
    from mergecli.exporters.python.writer import lost_weights
    from mergecli.exporters.yaml.values import Inexpressible

    if output is not None:
        if os.path.exists(output) and os.path.exists(spec) and os.path.samefile(output, spec):
            raise click.UsageError(f"{output} would be overwritten, though it is what is exported")
        files.prepare(output)
    network = network_of(spec, stdin_filename, color, settings, modules)
    shown = (stdin_filename or "<stdin>") if spec == "-" else spec
    try:
        text = WRITERS[form](network, modules)
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
