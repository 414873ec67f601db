"""`mergecli export`."""

from __future__ import annotations

import sys
from typing import Any, Callable

import click

from mergecli.cli import inputs, options, terminal
from mergecli.cli.reports import same_file
from mergecli.diagnostics import files
from mergecli.importers.modules import CustomLayers, layers_of
from mergecli.ir.graph import Network


def _python(network: Network, custom_layers: CustomLayers) -> str:
    from mergecli.exporters.python.writer import python  # start-up

    homes = {
        name: module for module in custom_layers.modules for name in layers_of((module,)).names
    }
    return python(network, homes, custom_layers.modules)


def _keras_json(network: Network, custom_layers: CustomLayers) -> str:
    from mergecli.exporters.keras_json import keras_json  # start-up

    return keras_json(network)


def _spec(network: Network, custom_layers: CustomLayers) -> str:
    from mergecli.exporters.yaml.roundtrip import canonical  # start-up
    from mergecli.exporters.yaml.writer import expanded  # start-up

    return canonical(expanded(network))


def _dot(network: Network, custom_layers: CustomLayers) -> str:
    from mergecli.exporters.pictures.dot import dot  # start-up
    from mergecli.exporters.pictures.scene import scene  # start-up

    return dot(scene(network))


def _mermaid(network: Network, custom_layers: CustomLayers) -> str:
    from mergecli.exporters.pictures.mermaid import mermaid  # start-up
    from mergecli.exporters.pictures.scene import scenes  # start-up

    return mermaid(scenes(network))


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
@options.verbose_option
@options.spec_options
def export(
    spec: str,
    form: str,
    output: str | None,
    variables: dict[str, Any],
    custom_layers: CustomLayers,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Write a spec or a saved model as Python code, Keras's JSON, a chart, or a spec with everything written out.

    Keras is not needed. Weights that saved models bring along are not written.
    """
    from mergecli.exporters.python.writer import lost_weights  # start-up
    from mergecli.exporters.yaml.values import Inexpressible  # start-up

    if output is not None:
        if same_file(output, spec):
            raise click.UsageError(f"{output} would be overwritten, though it is what is exported")
        files.prepare(output)
    network, _ = inputs.load_input(spec, variables, custom_layers, stdin_filename, color)
    shown = inputs.display_name(spec, stdin_filename)
    try:
        text = WRITERS[form](network, custom_layers)
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
