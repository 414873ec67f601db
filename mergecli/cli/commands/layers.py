"""`mergecli layers`."""

from __future__ import annotations

import json
import sys
from typing import NamedTuple, Sequence

import click

from mergecli.catalog.former_names import today
from mergecli.catalog.registry import REFUSED_OBJECTS, refusal
from mergecli.catalog.shapes import text
from mergecli.catalog.versions import NEWEST, Version, is_newer, version_text
from mergecli.cli import options, terminal
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.suggestions import did_you_mean
from mergecli.importers import applications
from mergecli.importers.modules import CustomLayers, LayerText, described


def _complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from mergecli.catalog.reference import names  # start-up

    known = [*names(), *applications.names()]
    return [name for name in known if name.startswith(incomplete)]


@click.command()
@click.argument("name", required=False, shell_complete=_complete)
@options.import_option
@options.verbose_option
@options.keras_option
@options.json_option("`json` is for programs. `--json` is the same.")
def layers(
    name: str | None, custom_layers: CustomLayers, target: Version | None, form: str
) -> None:
    """List every layer, or show one with its arguments, defaults, shape rule and an example.

    Initializers, regularizers, constraints, optimizers, schedules, losses and metrics are found by name, too; of those that share
    one, `metrics.Hinge` is the metric. Models of `keras.applications` are shown with what they make of an image, and layers of your
    own, from the modules of --import, with what the text of the module says of them.
    With `--keras`, what this version does not have is left out.
    """
    from mergecli.catalog import reference  # start-up

    as_json = form == "json"
    version = target or NEWEST
    own = described(custom_layers)
    if name is None:
        if as_json:
            groups = reference.groups(version)
            facts = [reference.facts(cls, version) for _, classes in groups for cls in classes]
            terminal.emit(_json([*facts, *map(_own_facts, own)]))
        else:
            terminal.emit(_own_overview(own) + reference.overview(version))
        return
    for layer in own:
        # As in a spec, a layer of one's own is used instead of Keras's of that name.
        if layer.name == name:
            terminal.emit(_json(_own_facts(layer)) if as_json else _own_page(layer))
            return
    if applications.find(name) is not None:
        shown = _application(name)
        terminal.emit(shown.as_json() if as_json else shown.page())
        return
    classes = reference.find(name)
    if not classes:
        terminal.note(_unknown(name, own))
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


def _own_facts(layer: LayerText) -> dict[str, object]:
    """Return what a module says of a layer, for a program."""
    arguments = [
        {"name": name} if default is None else {"name": name, "python_default": default}
        for name, default in layer.arguments
    ]
    call = list(layer.call) if layer.call is not None else None
    facts = {"name": layer.name, "role": "layer", "module": layer.module, "doc": layer.doc}
    return {**facts, "arguments": arguments, "call": call}


def _own_overview(own: Sequence[LayerText]) -> str:
    """Return a line for each layer of the user."""
    if not own:
        return ""
    lines = [f"  {layer.name:<30} {line(layer.doc)}".rstrip() for layer in own]
    return "\n".join(["your own", *lines, "", ""])


def _own_page(layer: LayerText) -> str:
    """Return what a module says of a layer: its arguments, what it is called on, and an example."""
    lines = [
        line(f"{layer.name}: {layer.doc or 'a layer of your own'} (module {layer.module})"),
        "",
    ]
    width = max([len(name) for name, _ in layer.arguments] + [len("called on")])
    for name, default in layer.arguments:
        words = "required" if default is None else f"by default {default}"
        lines.append(line(f"  {name:<{width}}  {words}"))
    tensors = ", ".join(layer.call) if layer.call is not None else "not known"
    lines += ["", line(f"  {'called on':<{width}}  {tensors}")]
    required = ", ".join(f"{name}: …" for name, default in layer.arguments if default is None)
    lines.append(line(f"  {'example':<{width}}  - {layer.name}: {{{required}}}"))
    return "\n".join(lines) + "\n"


def _unknown(name: str, own: Sequence[LayerText]) -> str:
    """Return why there is nothing of a name."""
    from mergecli.catalog import reference  # start-up

    refused = refusal(name)
    for reasons in reversed(REFUSED_OBJECTS.values()):
        refused = refused or reasons.get(name)
    if refused is not None:
        return f"mergecli: `{name}` cannot be used in a spec: {refused}"
    former = today(name)
    known = [*reference.names(), *applications.names(), *(layer.name for layer in own)]
    hint = former.hint if former is not None else did_you_mean(name, known)
    return f"mergecli: unknown layer `{name}`; {hint or 'for a list, run: mergecli layers'}"
