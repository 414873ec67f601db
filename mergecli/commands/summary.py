"""`mergecli summary`."""

from __future__ import annotations

import sys
from typing import Any

import click

from mergecli.commands import terminal
from mergecli.customs import Customs
from mergecli.graph import Network
from mergecli.source import Source


@click.command()
@click.argument("spec")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text", show_default=True)
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def summary(spec: str, form: str, settings: dict[str, Any], modules: Customs, stdin_filename: str | None, color: bool | None) -> None:
    """Print a spec's layers, shapes, parameters, MACs and memory, without Keras."""
    terminal.emit(render(network_of(spec, stdin_filename, color, settings, modules), form))


def network_of(
    spec: str, name: str | None, color: bool | None, settings: dict[str, Any] | None = None, customs: Customs | None = None
) -> Network:
    """The network of a spec; its diagnostics go to standard error, and errors end the program."""
    return checked(spec, name, color, settings, customs)[0]


def checked(
    spec: str, name: str | None, color: bool | None, settings: dict[str, Any] | None = None, customs: Customs | None = None
) -> tuple[Network, Source]:
    """The network of a spec, and the text in which it stands."""
    found = terminal.check(spec, name, settings, customs)
    tell(found, color)
    if found.compiled is None or found.compiled.network is None:
        sys.exit(terminal.EXIT_UNREADABLE if found.unreadable else terminal.EXIT_ERRORS)
    return found.compiled.network, found.compiled.source


def tell(checked: terminal.Checked, color: bool | None) -> None:
    """Print diagnostics on standard error; errors also where a comment or a setting says to ignore them, as they end the program."""
    from mergecli.commands import config
    from mergecli.diagnostic import ERROR, ordered

    ignored = checked.compiled.ignored if checked.compiled is not None else ()
    shown = ordered([*checked.diagnostics, *(diagnostic for diagnostic in ignored if diagnostic.severity == ERROR)])
    shown = config.Configs().of_file(checked.path).reported(shown, errors=True)
    if shown:
        from mergecli.report.text import full

        terminal.note(full(checked.source, checked.path, shown, terminal.colored(color, sys.stderr)))


def render(network: Network, form: str) -> str:
    from mergecli.emit import summary as emit

    if form == "json":
        import json

        return json.dumps(emit.facts(network), ensure_ascii=False, indent=1) + "\n"
    return {"text": emit.table, "csv": emit.csv, "markdown": emit.markdown}[form](network)
