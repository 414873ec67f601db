"""`mergecli import`."""

from __future__ import annotations

import sys

import click

from mergecli.catalog.versions import Version
from mergecli.cli import inputs, options, terminal
from mergecli.diagnostics import files
from mergecli.diagnostics.reports.text_report import full
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.modules import CustomLayers


@click.command("import")
@click.argument("model", metavar="MODEL")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write the spec here, and a spec for each model in the model beside it.",
)
@click.option(
    "--fold",
    is_flag=True,
    help="Write what repeats once, as a block or with `repeat`; names stay the same.",
)
@options.verbose_option
@options.import_option
@options.keras_option
@options.color_option
def import_(
    model: str,
    output: str | None,
    fold: bool,
    custom_layers: CustomLayers,
    target: Version | None,
    color: bool | None,
) -> None:
    """Print a saved model as a spec: a `.keras`, `.h5` or `.json` file, read without Keras.

    The spec says what the layers are and how they are wired; weights stay in the file, which a branch can name with `model:`.

    \f

    Raises:
        click.BadParameter: The output is not named as a spec is.
    """
    from mergecli.exporters.yaml import roundtrip  # start-up
    from mergecli.importers import keras  # start-up

    if output is not None and not output.lower().endswith((".yaml", ".yml")):
        raise click.BadParameter(
            f"{output} is not a spec; its name must end with .yaml or .yml.", param_hint="'-o'"
        )
    wanted = inputs.target_of(output or model, target)
    try:
        if model.lower().endswith((".yaml", ".yml")):
            hint = "`mergecli export` writes it in other forms"
            raise Unreadable("not-a-model", "is a spec already", hint)
        parsed = keras.parse(keras.read(model))
        specs, losses = roundtrip.dump(parsed, output, custom_layers, fold, wanted)
    except Unreadable as problem:
        diagnostics = inputs.Checked(model, None, problem).diagnostics
        terminal.show(full(None, model, diagnostics, terminal.colored(color, sys.stderr)))
        sys.exit(terminal.EXIT_UNREADABLE)
    except roundtrip.NotRepresentable as problem:
        terminal.show(full(None, model, problem.diagnostics, terminal.colored(color, sys.stderr)))
        sys.exit(terminal.EXIT_ERRORS)
    for loss in losses:
        terminal.note(f"{model}: note: {loss}")
    if output is None:
        terminal.emit(specs[""])
    paths = list(specs) if output is not None else []
    for path in paths:
        files.prepare(path)
    for path in paths:
        files.write(path, specs[path])
        terminal.note(f"wrote {path}")
