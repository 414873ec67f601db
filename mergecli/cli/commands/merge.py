"""`mergecli merge`."""

from __future__ import annotations

import os
import sys

import click

from mergecli.catalog import registry
from mergecli.cli import inputs, options, terminal
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diagnostics.suggestions import did_you_mean
from mergecli.exporters.yaml import merged_spec
from mergecli.importers.modules import CustomLayers


@click.command(short_help="Print the spec that merges models.")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--method",
    type=click.Choice(merged_spec.METHODS),
    default="concatenate",
    show_default=True,
    help="What joins them.",
)
@click.option("--axis", type=int, help="The axis to join on, for `concatenate` and `dot`.")
@click.option("--name", help="The name of the joining layer.")
@click.option(
    "--model-name", default="merged", show_default=True, help="The name of the merged model."
)
@click.option(
    "--head",
    "head",
    multiple=True,
    metavar="CLASS[:ARGUMENT...]",
    help="A layer after the merge, such as Dense:16:sigmoid; repeatable.",
)
@click.option(
    "--prefix",
    "prefixes",
    multiple=True,
    metavar="TEXT",
    help="What to put before layer names, once for each MODEL; by default only where names clash.",
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    metavar="BRANCH=LAYER",
    help="End a branch at a layer; repeatable.",
)
@options.verbose_option
@options.import_option
@options.color_option
def merge(
    models: tuple[str, ...],
    method: str,
    axis: int | None,
    name: str | None,
    model_name: str,
    head: tuple[str, ...],
    prefixes: tuple[str, ...],
    outputs: tuple[str, ...],
    custom_layers: CustomLayers,
    color: bool | None,
) -> None:
    """Print the spec that merges specs or saved models: pipe it into `mergecli build -`.

    Each MODEL becomes a branch that is called as its file. Keras is not needed.

    \f

    Raises:
        click.UsageError: Options that do not fit together, or fewer than two models.
    """
    if len(models) < 2:
        raise click.UsageError("a merge takes at least two models")
    if prefixes and len(prefixes) != len(models):
        raise click.UsageError(
            f"--prefix stands {len(prefixes)} times for {len(models)} models; give an empty one where none is needed"
        )
    if axis is not None and method not in ("concatenate", "dot"):
        raise click.UsageError(
            f"--axis belongs to concatenate and dot; {method} joins element by element"
        )
    branches = merged_spec.branches_of(models)
    _set_outputs(branches, outputs)
    if _missing(models):
        sys.exit(terminal.EXIT_UNREADABLE)
    merged_spec.add_prefixes(branches, prefixes, custom_layers)
    layer = merged_spec.joining_layer(method, axis, name)
    text = merged_spec.render(model_name, branches, layer, [read_layer(text) for text in head])
    compiled = compile_spec(Source(text, merged_spec.NAME), None, custom_layers)
    inputs.report(inputs.Checked(merged_spec.NAME, compiled, None), color)
    if compiled.network is None:
        sys.exit(terminal.EXIT_ERRORS)
    terminal.emit(text)


def _set_outputs(branches: merged_spec.Branches, outputs: tuple[str, ...]) -> None:
    """End the branches that `BRANCH=LAYER` names at its layer."""
    for text in outputs:
        branch, separator, layer = text.partition("=")
        if not separator or branch not in branches:
            raise click.BadParameter(
                f"{text!r} is not BRANCH=LAYER with one of {', '.join(branches)}.",
                param_hint="'--output'",
            )
        branches[branch]["output"] = layer


def _missing(paths: tuple[str, ...]) -> bool:
    """Report the paths that are not files, and return whether there are any."""
    missing = [path for path in paths if not os.path.isfile(path)]
    for path in missing:
        is_folder = os.path.isdir(path)
        reason = "is a folder, not a model" if is_folder else "no such file"
        code = "is-folder" if is_folder else "not-found"
        terminal.note(f"{path}: error[{code}]: {reason}")
    return bool(missing)


def read_layer(text: str) -> dict[str, object]:
    """Return the layer that `Class:value:name=value` describes.

    Values without a name are the class's arguments in their order.

    >>> read_layer("Dense:16:sigmoid"), read_layer("Dropout:0.5")
    ({'Dense': {'units': 16, 'activation': 'sigmoid'}}, {'Dropout': {'rate': 0.5}})
    >>> read_layer("Dense:1:name=out")
    {'Dense': {'units': 1, 'name': 'out'}}

    Raises:
        click.BadParameter: Keras has no such layer, or it takes no such value.
    """
    name, *values = text.split(":")
    cls = registry.layer(name)
    if cls is None:
        hint = did_you_mean(name, registry.layers()) or "see them: mergecli layers"
        raise click.BadParameter(f"Keras has no layer {name!r}: {hint}", param_hint="'--head'")
    arguments: dict[str, object] = {}
    free = [argument for argument in cls.arguments if argument not in cls.common]
    for item in values:
        argument, separator, value = item.partition("=")
        if not separator:
            if not free:
                raise click.BadParameter(f"{name} takes no value {item!r}.", param_hint="'--head'")
            argument, value = free.pop(0), item
        elif argument in free:
            free.remove(argument)
        arguments[argument] = options.read_value(value, "--head", empty=None)
    return {name: arguments}
