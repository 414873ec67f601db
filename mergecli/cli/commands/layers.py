"""`mergecli layers`."""

from __future__ import annotations

import json
import sys
from typing import NamedTuple

import click

from mergecli.catalog.former_names import today
from mergecli.catalog.registry import REFUSED_OBJECTS, refusal
from mergecli.catalog.shapes import text
from mergecli.catalog.versions import NEWEST, Version, is_newer, version_text
from mergecli.cli import options, terminal
from mergecli.diagnostics.suggestions import did_you_mean
from mergecli.importers import applications


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from mergecli.catalog.reference import names  # start-up

    known = [*names(), *applications.names()]
    return [name for name in known if name.startswith(incomplete)]


@click.command()
@click.argument("name", required=False, shell_complete=_complete)
@options.verbose_option
@options.keras_option
@options.json_option("`json` is for programs. `--json` is the same.")
def layers(name: str | None, target: Version | None, form: str) -> None:
    """List every layer, or show one with its arguments, defaults, shape rule and an example.

    Initializers, regularizers, constraints, optimizers, schedules, losses and metrics are found by name, too; of those that share
    one, `metrics.Hinge` is the metric. Models of `keras.applications` are shown with what they make of an image.
    With `--keras`, what this version does not have is left out.
    """
    from mergecli.catalog import reference  # start-up

    as_json = form == "json"
    version = target or NEWEST
    if name is None:
        if as_json:
            groups = reference.groups(version)
            facts = [reference.facts(cls, version) for _, classes in groups for cls in classes]
            terminal.emit(_json(facts))
        else:
            terminal.emit(reference.overview(version))
        return
    if applications.find(name) is not None:
        shown = _application(name)
        terminal.emit(shown.as_json() if as_json else shown.page())
        return
    classes = reference.find(name)
    if not classes:
        terminal.note(_unknown(name))
        sys.exit(terminal.EXIT_USAGE)
    known = [cls for cls in classes if not is_newer(cls.since, version)]
    if not known:
        needs = f"`{name}` needs Keras {classes[0].since}; the target is Keras"
        terminal.note(f"mergecli: {needs} {version_text(version)}")
        sys.exit(terminal.EXIT_USAGE)
    if as_json:
        terminal.emit(_json(reference.facts(known[0], version)))
    else:
        pages = (reference.page(cls, len(known) > 1, version) for cls in known)
        terminal.emit("\n".join(pages))


class _Result(NamedTuple):
    """What an application makes of an image, with or without its top."""

    include_top: bool
    input: str
    output: str
    parameters: int


class _Application(NamedTuple):
    """An application: what each argument accepts, and what it makes of an image."""

    name: str
    arguments: dict[str, str]
    results: list[_Result]

    def as_json(self) -> str:
        arguments = [{"name": name, "accepts": words} for name, words in self.arguments.items()]
        results = [result._asdict() for result in self.results]
        facts = {"name": self.name, "role": "application"}
        return _json({**facts, "arguments": arguments, "results": results})

    def page(self) -> str:
        lines = [f"{self.name}: a model of `keras.applications`, used as a branch.", ""]
        width = max(map(len, self.arguments))
        lines += [f"  {name:<{width}}  {words}" for name, words in self.arguments.items()]
        lines.append("")
        for result in self.results:
            label = "with its top" if result.include_top else "without"
            shapes = f"{result.input} -> {result.output}"
            lines.append(f"  {label:<{width}}  {shapes}, {result.parameters:,} parameters")
        given = f"{{application: {self.name}, with: {{include_top: false, pooling: avg}}}}"
        lines.append(f"  {'example':<{width}}  image: {given}")
        return "\n".join(lines) + "\n"


def _application(name: str) -> _Application:
    """Return what there is to say about an application."""
    from mergecli.catalog import reference  # start-up
    from mergecli.compiler.pipeline import compile_spec  # start-up
    from mergecli.diagnostics.source import Source  # start-up

    cls = applications.find(name)
    assert cls is not None
    results = []
    for has_top in (True, False):
        given = f"{{application: {name}, with: {{include_top: {str(has_top).lower()}}}}}"
        network = compile_spec(Source(f"branches:\n  model: {given}\n", name)).network
        assert network is not None
        graph = network.graph
        start = network.results[graph.inputs[0]][0].shape
        end = network.tensors(graph.outputs.targets[0])[0].shape
        assert start is not None and end is not None
        results.append(_Result(has_top, text(start), text(end), network.count()))
    words = {key: reference.accepts(cls, key, value) for key, value in cls.arguments.items()}
    return _Application(name, words, results)


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
    known = [*reference.names(), *applications.names()]
    hint = former.hint if former is not None else did_you_mean(name, known)
    return f"mergecli: unknown layer `{name}`" + (f"; {hint}" if hint else "")
