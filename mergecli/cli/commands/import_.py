"""`mergecli import`."""

from __future__ import annotations

import sys

import click

from mergecli.cli import terminal
from mergecli.diagnostics import files
from mergecli.importers.modules import CustomLayers


@click.command("import", short_help="Print a saved model as a spec.")
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
@terminal.verbose_option
@terminal.import_option
@terminal.color_option
def import_(
    model: str, output: str | None, fold: bool, modules: CustomLayers, color: bool | None
) -> None:
    """Print a saved model as a spec: a `.keras`, `.h5` or `.json` file, read without Keras.

    The spec says what the layers are and how they are wired; weights stay in the file, which a branch can name with `model:`.
    """
    from mergecli.diagnostics.reports.terminal import full
    from mergecli.diagnostics.source import Unreadable
    from mergecli.exporters.yaml import roundtrip
    from mergecli.importers import keras

    if output is not None and not output.lower().endswith((".yaml", ".yml")):
        raise click.BadParameter(
            f"{output} is no spec; its name ends with .yaml or .yml.", param_hint="'-o'"
        )
    try:
        texts, losses = roundtrip.dump(keras.parse(keras.read(model)), output, modules, fold)
    except Unreadable as problem:
        terminal.note(
            full(
                None,
                model,
                terminal.Checked(model, None, problem).diagnostics,
                terminal.colored(color, sys.stderr),
            )
        )
        sys.exit(terminal.EXIT_UNREADABLE)
    except roundtrip.NotRepresentable as problem:
        terminal.note(full(None, model, problem.diagnostics, terminal.colored(color, sys.stderr)))
        sys.exit(terminal.EXIT_ERRORS)
    for words in losses:
        terminal.note(f"{model}: note: {words}")
    if output is None:
        terminal.emit(texts[""])
    paths = list(texts) if output is not None else []
    for path in paths:
        files.prepare(path)
    for path in paths:
        files.write(path, texts[path])
        terminal.note(f"wrote {path}")
