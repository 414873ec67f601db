"""The stages of a check, in order: read, lower, order, infer, lint, suppress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Mapping, Sequence

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.versions import NEWEST, Version
from mergecli.compiler.lowering.spec import lower
from mergecli.diagnostics.diagnostic import (
    MOST_DIAGNOSTICS,
    Diagnostic,
    Severity,
    error,
    has_errors,
    ordered,
    warning,
)
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import EmbeddedModel, Graph, Network, TrainingConfig
from mergecli.ir.inference import infer
from mergecli.ir.order import order
from mergecli.ir.subgraphs import without_placeholders
from mergecli.syntax.grammar import ENDINGS
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Tree

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json
    from mergecli.importers.keras import Saved
    from mergecli.ir.remembered import Memory


class Compiled(Record):
    """The result of checking a spec or a saved model.

    Attributes:
        source: The text that was checked; empty for a saved model.
        network: Its network; None if there are errors, suppressed ones included.
        diagnostics: The diagnostics to report, sorted by place.
        suppressed: The diagnostics that comments in the spec suppress, sorted by place.
        tree: The parsed text of a spec, if it could be parsed. It and `partial` are for editors;
            nothing is built from them.
        partial: As much of the network as is correct.
        saved: The records of a saved model; None for a spec.
        target: The version of Keras for which it was checked.
    """

    source: Source
    network: Network | None
    diagnostics: list[Diagnostic]
    suppressed: Sequence[Diagnostic] = ()
    tree: Tree | None = None
    partial: Network | None = None
    saved: Saved | None = None
    target: Version = NEWEST

    @property
    def errors(self) -> list[Diagnostic]:
        """All errors, suppressed ones included: the reasons why there is no network."""
        diagnostics = (*self.diagnostics, *self.suppressed)
        return [diagnostic for diagnostic in diagnostics if diagnostic.is_error]


def compile_spec(
    source: Source,
    settings: Mapping[str, object] | None = None,
    customs: CustomLayers | None = None,
    target: Version = NEWEST,
    memory: Memory | None = None,
    reader: Callable[[Source], tuple[Tree | None, list[Diagnostic]]] = read,
) -> Compiled:
    """Check a spec and infer its network. An invalid spec raises nothing: it has diagnostics.

    Args:
        source: The text of the spec.
        settings: Values for its variables.
        customs: The user's own layers.
        target: The version of Keras for which it must be valid.
        memory: What is remembered of earlier states of the same text, with the same layers and the
            same target.
        reader: Reads the text.
    """
    from mergecli.compiler.lint import lint_graph, lint_network  # start-up
    from mergecli.compiler.lint.budgets import exceeded  # start-up

    if memory is not None:
        memory.begin()
    tree, diagnostics = reader(source)
    if tree is None:
        return Compiled(source, None, ordered(diagnostics), target=target)
    lowered = lower(source, tree, settings, customs, memory)
    diagnostics += lowered.diagnostics
    graph, cycles = order(lowered.graph)
    diagnostics += cycles
    # After an error in the text, calls may look unused that are not.
    is_sound = not has_errors(diagnostics)
    diagnostics += _aim(graph, target)
    network, shape_errors = infer(graph, memory=memory)
    diagnostics += shape_errors
    if is_sound:
        diagnostics += lint_graph(graph)
    network = without_placeholders(network)
    diagnostics += _read_training(lowered.training, network, target)
    if is_sound and not shape_errors:
        diagnostics += lint_network(network)
    diagnostics += exceeded(network)
    _assert_explained(graph, diagnostics)
    failed = has_errors(diagnostics)
    diagnostics, suppressed = _suppress(source, _without_consequences(diagnostics))
    complete = None if failed else network
    reported = _first(ordered(diagnostics))
    return Compiled(source, complete, reported, ordered(suppressed), tree, network, target=target)


def read_graph(
    source: Source, customs: CustomLayers | None = None, tree: Tree | None = None
) -> Graph | None:
    """Read the graph of a spec in order, without inferring its shapes.

    Args:
        source: The text of the spec.
        customs: The user's own layers.
        tree: The tree of the text, if it is read already.

    Returns:
        None if the spec has errors that are known without shapes.
    """
    diagnostics: list[Diagnostic] = []
    if tree is None:
        tree, diagnostics = read(source)
    if tree is None:
        return None
    lowered = lower(source, tree, None, customs)
    graph, cycles = order(lowered.graph)
    if has_errors([*diagnostics, *lowered.diagnostics, *cycles]):
        return None
    return without_placeholders(Network(graph)).graph


def _first(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Return the first diagnostics, and a last one in place of the rest if there are too many."""
    rest = diagnostics[MOST_DIAGNOSTICS:]
    if not rest:
        return diagnostics
    message = "there are more errors and warnings, which are not shown"
    # Errors among the rest must still fail.
    severity = Severity.ERROR if has_errors(rest) else Severity.WARNING
    last = error(rest[0].span, "too-large", message)._replace(severity=severity)
    return [*diagnostics[:MOST_DIAGNOSTICS], last]


def _aim(graph: Graph, target: Version) -> list[Diagnostic]:
    """Give the target to all layers of a graph, and return the errors about what it lacks."""
    if target >= NEWEST:
        return []
    from mergecli.compiler.target import aim  # start-up

    return aim(graph, target)


def _read_training(tree: Tree | None, network: Network, target: Version) -> Sequence[Diagnostic]:
    """Set the training configuration of a network, and return the errors in it."""
    if tree is None:
        return ()
    from mergecli.compiler.lowering import training  # start-up

    network.training, diagnostics = training.read(tree, network)
    if network.training is None or target >= NEWEST:
        return diagnostics
    from mergecli.compiler.target import aim_training  # start-up

    return [*diagnostics, *aim_training(network.training, tree, network, target)]


def _assert_explained(graph: Graph, diagnostics: Sequence[Diagnostic]) -> None:
    """Check that every part that is left out of a graph has an error."""
    missing = [call.name for call in graph.nodes if call.layer is None or call.sources is None]
    missing += [] if graph.outputs.targets else ["the output"]
    if missing and not has_errors(diagnostics):
        raise AssertionError(f"{missing[0]} is left out without a reason")


def _without_consequences(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Leave out warnings about how a value is read elsewhere if the value is an error anyway."""
    wrong = {diagnostic.span for diagnostic in diagnostics if diagnostic.is_error}
    if not wrong:
        return diagnostics
    return [
        diagnostic
        for diagnostic in diagnostics
        if diagnostic.is_error or diagnostic.code != "leading-zero" or diagnostic.span not in wrong
    ]


def _suppress(
    source: Source, diagnostics: list[Diagnostic]
) -> tuple[list[Diagnostic], list[Diagnostic]]:
    """Separate the diagnostics that comments in the spec or in files it includes suppress."""
    if not any("mergecli:" in text.text for text in (source, *source.included.values())):
        return diagnostics, []
    from mergecli.compiler.suppressions import suppress  # start-up

    return suppress(source, diagnostics)


def is_model(path: str) -> bool:
    """Whether a path is that of a saved model, by its ending."""
    return path.lower().endswith(ENDINGS["model"])


def compile_model(
    path: str, name: str | None = None, drawn: bool = False, target: Version = NEWEST
) -> Compiled:
    """Check a saved model and infer its network, with the models in it inlined.

    No code in it is run, and Keras is not needed. Unknown layers have unknown results.

    Args:
        path: The file.
        name: Its name in messages, by default its path.
        drawn: Whether it is only drawn or listed; then what must not be loaded is a warning.
        target: The version of Keras for which it must be valid.

    Raises:
        Unreadable: It cannot be read, or is not a model.
    """
    from mergecli.importers import keras as saved  # start-up

    source = Source("", name or path)
    model = saved.parse(saved.read(path))
    report = warning if drawn and model.calls else error
    hint = "save the model without it"
    refusals = [report(None, "unsafe-model", reason, hint) for reason in model.refusals]
    if refusals and report is error:
        return Compiled(source, None, refusals, target=target)
    graph, known = saved.unfolded(model, EmbeddedModel("model", source.path, {}))
    errors = _aim(graph, target)
    network, shape_errors = (known, []) if known and target >= NEWEST else infer(graph)
    errors += shape_errors
    network = without_placeholders(network)
    if model.training is not None:
        network.training = _saved_training(model.training, network)
    complete = None if errors else network
    return Compiled(source, complete, refusals + errors, saved=model, target=target)


def _saved_training(config: Mapping[str, Json], network: Network) -> TrainingConfig | None:
    """Return how a saved model was compiled; None if it cannot be represented."""
    from mergecli.compiler.lowering import training  # start-up
    from mergecli.importers.keras.config_values import Unknown  # start-up
    from mergecli.importers.keras.training import compile_arguments  # start-up

    try:
        values = compile_arguments(config)
    except (Unknown, ArgumentErrors):
        return None
    return training.from_values(values, network)
