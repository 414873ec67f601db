"""`mergecli merge`."""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import click

from mergecli.cli import terminal
from mergecli.cli.commands.summary import tell
from mergecli.compiler.pipeline import compile_spec, is_model
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.naming import unique_name, unique_prefix

#: Merging layers by their names in lower case.
METHODS = "concatenate add average maximum minimum multiply subtract dot".split()


@click.command(short_help="Print the spec that merges models.")
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option(
    "--method",
    type=click.Choice(METHODS),
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
    help="A layer behind the merge, such as Dense:16:sigmoid; repeatable.",
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
@terminal.verbose_option
@terminal.import_option
@terminal.color_option
def merge(
    models: tuple[str, ...],
    method: str,
    axis: int | None,
    name: str | None,
    model_name: str,
    head: tuple[str, ...],
    prefixes: tuple[str, ...],
    outputs: tuple[str, ...],
    modules: CustomLayers,
    color: bool | None,
) -> None:
    """Print the spec that merges specs or saved models: pipe it into `mergecli build -`.

    Each MODEL becomes a branch that is called as its file. Keras is not needed.
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
    branches = _branches(models, outputs)
    unreadable = _prefixed(branches, prefixes, modules)
    if unreadable:
        sys.exit(terminal.EXIT_UNREADABLE)
    joining: dict[str, Any] = (
        {} if axis is None else {"axis" if method == "concatenate" else "axes": axis}
    )
    joining.update({"name": name} if name is not None else {})
    from mergecli.exporters.yaml.roundtrip import canonical
    from mergecli.exporters.yaml.writer import merging

    text = canonical(
        merging(
            model_name, branches, {method.capitalize(): joining}, [_layer(words) for words in head]
        )
    )
    checked = terminal.Checked(
        "<merge>", compile_spec(Source(text, "<merge>"), None, modules), None
    )
    tell(checked, color)
    if checked.compiled is None or checked.compiled.network is None:
        sys.exit(terminal.EXIT_ERRORS)
    terminal.emit(text)


def _branches(models: tuple[str, ...], outputs: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    branches: dict[str, dict[str, Any]] = {}
    for path in models:
        stem = (
            re.sub(r"\W+", "_", os.path.splitext(os.path.basename(path))[0], flags=re.ASCII).strip(
                "_"
            )
            or "model"
        )
        branch = unique_name(stem, branches.__contains__)
        branches[branch] = {"model" if is_model(path) else "spec": path}
    for text in outputs:
        branch, separator, layer = text.partition("=")
        if not separator or branch not in branches:
            raise click.BadParameter(
                f"{text!r} is not BRANCH=LAYER with one of {', '.join(branches)}.",
                param_hint="'--output'",
            )
        branches[branch]["output"] = layer
    return branches


def _prefixed(
    branches: dict[str, dict[str, Any]], prefixes: tuple[str, ...], customs: CustomLayers
) -> bool:
    """Give a prefix to each branch whose names are taken; tells whether a file cannot be read."""
    from mergecli.syntax.quoting import flow

    taken: set[str] = set()
    unreadable = False
    for place, (branch, keys) in enumerate(branches.items()):
        path = next(iter(keys.values()))
        if not os.path.isfile(path):
            terminal.note(
                f"{path}: {'is a folder, not a model' if os.path.isdir(path) else 'no such file'}"
            )
            unreadable = True
            continue
        compiled = compile_spec(
            Source(f"branches: {{{flow(branch)}: {flow(keys)}}}", "<merge>"), None, customs
        )
        names = (
            {node.name for node in compiled.network.graph.nodes}
            if compiled.network is not None
            else set()
        )
        if prefixes:
            keys.update({"prefix": prefixes[place]} if prefixes[place] else {})
        elif names & taken:
            prefix = unique_prefix(f"{branch}_", names, taken)
            keys["prefix"] = prefix
            names = {prefix + name for name in names}
        taken |= names
    return unreadable


def _layer(words: str) -> dict[str, Any]:
    """A layer as `Class:value:name=value`, values in the order of the class's arguments.

    >>> _layer("Dense:16:sigmoid"), _layer("Dropout:0.5"), _layer("Dense:1:name=out")
    ({'Dense': {'units': 16, 'activation': 'sigmoid'}}, {'Dropout': {'rate': 0.5}}, {'Dense': {'units': 1, 'name': 'out'}})
    """
    from mergecli.catalog import registry
    from mergecli.diagnostics.suggestions import did_you_mean
    from mergecli.syntax.yaml_reader import read

    cls, *values = words.split(":")
    kind = registry.layer(cls)
    if kind is None:
        hint = did_you_mean(cls, registry.layers()) or "see them: mergecli layers"
        raise click.BadParameter(f"Keras has no layer {cls!r}: {hint}", param_hint="'--head'")
    arguments: dict[str, Any] = {}
    free = [name for name in kind.arguments if name not in kind.common]
    for text in values:
        name, separator, value = text.partition("=")
        if not separator:
            if not free:
                raise click.BadParameter(f"{cls} takes no value {text!r}.", param_hint="'--head'")
            name, value = free.pop(0), text
        elif name in free:
            free.remove(name)
        tree, problems = read(Source(value, "--head")) if value.strip() else (None, [])
        if problems:
            raise click.BadParameter(
                f"{value!r} is not YAML: {problems[0].message}.", param_hint="'--head'"
            )
        arguments[name] = tree.data() if tree is not None else None
    return {cls: arguments}
