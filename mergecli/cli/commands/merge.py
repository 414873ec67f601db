"""`mergecli merge`."""

from __future__ import annotations

import os
import sys

import click

from mergecli.catalog import registry
from mergecli.catalog.versions import Version
from mergecli.cli import inputs, options, terminal
from mergecli.cli.reports import same_file
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics import files
from mergecli.diagnostics.source import Source
from mergecli.diagnostics.suggestions import did_you_mean
from mergecli.exporters.yaml import merged_spec
from mergecli.importers.modules import CustomLayers


@click.command()
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
@click.option(
    "--set",
    "variables",
    multiple=True,
    metavar="BRANCH.NAME=VALUE",
    help="Set a variable of a branch's spec; the value is YAML; repeatable.",
)
@click.option(
    "--trainable",
    multiple=True,
    metavar="BRANCH=VALUE",
    help="`false` freezes a branch, a list freezes these of its layers; repeatable.",
)
@click.option("--freeze", is_flag=True, help="Freeze all branches; `--trainable` overrides it.")
@click.option(
    "--shared-input",
    is_flag=True,
    help="Give all models one input, as in an ensemble; theirs must be alike.",
)
@click.option(
    "-o",
    "file",
    metavar="FILE",
    help="Write the spec here, with paths relative to it; by default to standard output.",
)
@options.verbose_option
@options.import_option
@options.keras_option
@options.outside_option
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
    variables: tuple[str, ...],
    trainable: tuple[str, ...],
    freeze: bool,
    shared_input: bool,
    file: str | None,
    custom_layers: CustomLayers,
    target: Version | None,
    color: bool | None,
) -> None:
    """Print or write the spec that merges specs or saved models: pipe it into `mergecli build -`.

    Each MODEL becomes a branch that is named after its file. Keras is not needed.

    \f

    Raises:
        click.UsageError: Options that do not fit together, fewer than two models, or an output that
            is one of them.
    """
    if len(models) < 2:
        raise click.UsageError("a merge takes at least two models")
    if file is not None and not file.lower().endswith((".yaml", ".yml")):
        message = f"{file} is not a spec; its name must end with .yaml or .yml."
        raise click.BadParameter(message, param_hint="'-o'")
    if file is not None and any(same_file(file, model) for model in models):
        raise click.UsageError(f"{file} would be overwritten")
    how = merged_spec.Merge(
        method,
        axis,
        name,
        model_name,
        [read_layer(text) for text in head],
        prefixes,
        _by_branch(outputs, "--output", "BRANCH=LAYER"),
        _variables(variables),
        {
            branch: options.read_value(value, "--trainable", empty=None)
            for branch, value in _by_branch(trainable, "--trainable", "BRANCH=VALUE").items()
        },
        freeze,
        shared_input,
        None if file is None else os.path.dirname(file),
    )
    if _missing(models):
        sys.exit(terminal.EXIT_UNREADABLE)
    wanted = inputs.target_of(file or "-", target)
    try:
        text = merged_spec.merged(models, how, custom_layers, wanted)
    except merged_spec.MergeError as problem:
        raise click.BadParameter(str(problem), param_hint=f"'--{problem.option}'") from None
    path = file or merged_spec.NAME
    compiled = compile_spec(Source(text, path), None, custom_layers, wanted)
    inputs.report(inputs.Checked(path, compiled, None), color)
    if compiled.network is None:
        sys.exit(terminal.EXIT_ERRORS)
    if file is None:
        terminal.emit(text)
    else:
        files.write(file, text)
        terminal.note(f"wrote {file}")


def _by_branch(values: tuple[str, ...], option: str, form: str) -> dict[str, str]:
    """Return what options of the form `BRANCH=VALUE` say, by branch.

    Raises:
        click.BadParameter: One has another form.
    """
    result = {}
    for text in values:
        branch, separator, value = text.partition("=")
        if not separator or not branch:
            raise click.BadParameter(f"{text!r} is not {form}.", param_hint=f"'{option}'")
        result[branch] = value
    return result


def _variables(values: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Return the variables that options of the form `BRANCH.NAME=VALUE` set, by branch.

    Raises:
        click.BadParameter: One has another form, or its value is not YAML.
    """
    result: dict[str, dict[str, object]] = {}
    for key, value in _by_branch(values, "--set", "BRANCH.NAME=VALUE").items():
        branch, separator, name = key.partition(".")
        if not separator or not name:
            message = f"{key!r} is not BRANCH.NAME=VALUE."
            raise click.BadParameter(message, param_hint="'--set'")
        result.setdefault(branch, {})[name] = options.read_value(value, "--set", empty="")
    return result


def _missing(paths: tuple[str, ...]) -> bool:
    """Report the paths that are not files or cannot be read, and return whether there are any."""
    problems = []
    for path in paths:
        if os.path.isdir(path):
            problems.append(f"{path}: error[is-folder]: is a folder, not a model")
        elif not os.path.isfile(path):
            problems.append(f"{path}: error[not-found]: no such file")
        elif not os.access(path, os.R_OK):
            problems.append(f"{path}: error[unreadable]: Permission denied")
    for problem in problems:
        terminal.note(problem)
    return bool(problems)


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
        raise click.BadParameter(f"Keras has no layer {name!r}; {hint}", param_hint="'--head'")
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
