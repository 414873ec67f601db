"""`mergecli layers`."""

from __future__ import annotations

import json
import sys

import click

from mergecli.commands import terminal


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from mergecli.emit.catalogue import names

    return [name for name in names() if name.startswith(incomplete)]


@click.command()
@click.argument("name", required=False, shell_complete=_complete)
@terminal.verbose_option
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def layers(name: str | None, as_json: bool) -> None:
    """List every layer, or show one with its arguments, defaults, shape rule and an example.

    Initializers, regularizers and constraints are found by name, too.
    """
    from mergecli.emit import catalogue

    if name is None:
        if as_json:
            found = [catalogue.facts(kind) for _, kinds in catalogue.groups() for kind in kinds]
            terminal.emit(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        else:
            terminal.emit(catalogue.overview())
        return
    kind = catalogue.find(name)
    if kind is None:
        from mergecli.layers.catalogue import FOREIGN, REFUSED
        from mergecli.names import did_you_mean

        if name in REFUSED:
            terminal.note(f"mergecli: `{name}` cannot stand in a spec: {REFUSED[name]}")
        else:
            hint = f"did you mean `{FOREIGN[name]}`?" if name in FOREIGN else did_you_mean(name, catalogue.names())
            terminal.note(f"mergecli: unknown layer `{name}`" + (f"; {hint}" if hint else ""))
        sys.exit(terminal.EXIT_USAGE)
    terminal.emit(json.dumps(catalogue.facts(kind), ensure_ascii=False, indent=1) + "\n" if as_json else catalogue.page(kind))
