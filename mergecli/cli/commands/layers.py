"""`mergecli layers`."""

from __future__ import annotations

import json
import sys

import click

from mergecli.cli import terminal


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from mergecli.catalog.reference import names

    return [name for name in names() if name.startswith(incomplete)]


@click.command(short_help="List layers, or show one.")
@click.argument("name", required=False, shell_complete=_complete)
@terminal.verbose_option
@click.option("--json", "as_json", is_flag=True, help="For a program.")
def layers(name: str | None, as_json: bool) -> None:
    """List every layer, or show one with its arguments, defaults, shape rule and an example.

    Initializers, regularizers, constraints, optimizers, schedules, losses and metrics are found by name, too; of those that share
    one, `metrics.Hinge` is the metric.
    """
    from mergecli.catalog import reference

    if name is None:
        if as_json:
            found = [reference.facts(kind) for _, kinds in reference.groups() for kind in kinds]
            terminal.emit(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
        else:
            terminal.emit(reference.overview())
        return
    kinds = reference.find(name)
    if not kinds:
        from mergecli.catalog.registry import FOREIGN, REFUSED, REFUSED_OBJECTS
        from mergecli.diagnostics.suggestions import did_you_mean

        reasons = {
            cls: reason
            for refused in (*REFUSED_OBJECTS.values(), REFUSED)
            for cls, reason in refused.items()
        }
        if name in reasons:
            terminal.note(f"mergecli: `{name}` cannot stand in a spec: {reasons[name]}")
        else:
            hint = (
                f"did you mean `{FOREIGN[name]}`?"
                if name in FOREIGN
                else did_you_mean(name, reference.names())
            )
            terminal.note(f"mergecli: unknown layer `{name}`" + (f"; {hint}" if hint else ""))
        sys.exit(terminal.EXIT_USAGE)
    if as_json:
        terminal.emit(json.dumps(reference.facts(kinds[0]), ensure_ascii=False, indent=1) + "\n")
    else:
        terminal.emit("\n".join(reference.page(kind, whole=len(kinds) > 1) for kind in kinds))
