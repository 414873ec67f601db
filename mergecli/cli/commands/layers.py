"""`mergecli layers`."""

from __future__ import annotations

import json
import sys

import click

from mergecli.catalog.former_names import today
from mergecli.catalog.registry import REFUSED_OBJECTS, refusal
from mergecli.cli import options, terminal
from mergecli.diagnostics.suggestions import did_you_mean


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from mergecli.catalog.reference import names  # start-up

    return [name for name in names() if name.startswith(incomplete)]


@click.command(short_help="List layers, or show one.")
@click.argument("name", required=False, shell_complete=_complete)
@options.verbose_option
@options.json_option("`json` is for programs. `--json` is the same.")
def layers(name: str | None, form: str) -> None:
    """List every layer, or show one with its arguments, defaults, shape rule and an example.

    Initializers, regularizers, constraints, optimizers, schedules, losses and metrics are found by name, too; of those that share
    one, `metrics.Hinge` is the metric.
    """
    from mergecli.catalog import reference  # start-up

    as_json = form == "json"
    if name is None:
        if as_json:
            facts = [reference.facts(cls) for _, classes in reference.groups() for cls in classes]
            terminal.emit(_json(facts))
        else:
            terminal.emit(reference.overview())
        return
    classes = reference.find(name)
    if not classes:
        terminal.note(_unknown(name))
        sys.exit(terminal.EXIT_USAGE)
    if as_json:
        terminal.emit(_json(reference.facts(classes[0])))
    else:
        terminal.emit("\n".join(reference.page(cls, whole=len(classes) > 1) for cls in classes))


def _json(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def _unknown(name: str) -> str:
    """Return why there is nothing of a name."""
    from mergecli.catalog import reference  # start-up

    refused = refusal(name)
    for reasons in reversed(REFUSED_OBJECTS.values()):
        refused = refused or reasons.get(name)
    if refused is not None:
        return f"mergecli: `{name}` cannot be used in a spec: {refused}"
    former = today(name)
    hint = former.hint if former is not None else did_you_mean(name, reference.names())
    return f"mergecli: unknown layer `{name}`" + (f"; {hint}" if hint else "")
