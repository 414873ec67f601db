"""`mergecli summary`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mergecli.cli import terminal
from mergecli.compiler.pipeline import compile_model, is_model
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network

if TYPE_CHECKING:
    from mergecli.cli.watching import Seen


@click.command(short_help="Print layers, shapes, parameters and MACs.")
@click.argument("spec", metavar="SPEC|MODEL")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "markdown"]),
    default="text",
    show_default=True,
)
@terminal.watch_option
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def summary(
    spec: str,
    form: str,
    watch: bool,
    settings: dict[str, Any],
    modules: CustomLayers,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Print the layers of a spec or a saved model, with shapes, parameters, MACs and memory, without Keras."""

    def answer(seen: Seen | None = None) -> None:
        terminal.emit(
            render(checked(spec, stdin_filename, color, settings, modules, seen)[0], form)
        )

    if not watch:
        return answer()
    from mergecli.cli import watching

    watching.check([spec])
    watching.watch(answer)


def network_of(
    spec: str,
    name: str | None,
    color: bool | None,
    settings: dict[str, Any] | None = None,
    customs: CustomLayers | None = None,
) -> Network:
    """The network of a spec or a saved model; its diagnostics go to standard error, and errors end the program."""
    return checked(spec, name, color, settings, customs)[0]


def checked(
    spec: str,
    name: str | None,
    color: bool | None,
    settings: dict[str, Any] | None = None,
    customs: CustomLayers | None = None,
    seen: Seen | None = None,
) -> tuple[Network, Source | None]:
    """The network of a spec, and the text in which it stands, or that of a saved model, which has none; who watches learns what was `seen`."""
    customs = terminal.again(customs, seen)
    result = (
        _model(spec, settings)
        if spec != "-" and is_model(spec)
        else terminal.check(spec, name, settings, customs)
    )
    if seen is not None:
        seen.add(result, customs)
    tell(result, color)
    if result.compiled is None or result.compiled.network is None:
        sys.exit(terminal.EXIT_UNREADABLE if result.unreadable else terminal.EXIT_ERRORS)
    return (
        result.compiled.network,
        result.compiled.source if result.compiled.saved is None else None,
    )


def _model(path: str, settings: dict[str, Any] | None) -> terminal.Checked:
    if settings:
        raise click.UsageError("--set is for specs; a saved model has no variables")
    try:
        return terminal.Checked(path, compile_model(path), None)
    except Unreadable as problem:
        return terminal.Checked(path, None, problem)


def tell(checked: terminal.Checked, color: bool | None) -> None:
    """Print diagnostics on standard error; errors also where a comment or a setting says to ignore them, as they end the program."""
    shown = words(checked, terminal.colored(color, sys.stderr))
    if shown:
        terminal.note(shown)


def words(checked: terminal.Checked, color: bool = False) -> str:
    """What `tell` prints."""
    from mergecli.compiler import settings as config
    from mergecli.diagnostics.diagnostic import ordered

    suppressed = checked.compiled.suppressed if checked.compiled is not None else ()
    shown = ordered(
        [
            *checked.diagnostics,
            *(diagnostic for diagnostic in suppressed if diagnostic.is_error),
        ]
    )
    shown = config.Configs().of_file(checked.path).reported(shown, errors=True)
    if not shown:
        return ""
    from mergecli.diagnostics.reports.terminal import full

    return full(checked.source, checked.path, shown, color)


def render(network: Network, form: str) -> str:
    from mergecli.exporters import summary as emit

    if form == "json":
        import json

        return json.dumps(emit.facts(network), ensure_ascii=False, indent=1) + "\n"
    return {"text": emit.table, "csv": emit.csv, "markdown": emit.markdown}[form](network)
