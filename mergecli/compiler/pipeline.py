"""The road in order: read, parse, order, infer, judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Sequence

from mergecli.catalog.layer import ArgumentErrors
from mergecli.compiler import lint
from mergecli.compiler.lint.budgets import exceeded
from mergecli.compiler.lowering.includes import ENDINGS
from mergecli.compiler.lowering.spec import parse
from mergecli.diagnostics import suggestions
from mergecli.diagnostics.diagnostic import Diagnostic, error, ordered
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import EmbeddedModel, Network, TrainingConfig
from mergecli.ir.inference import infer
from mergecli.ir.order import order
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Tree

if TYPE_CHECKING:
    from mergecli.importers.keras import Saved


class Compiled(NamedTuple):
    """What a spec comes to: its network, unless it has errors, and what was found, sorted by place.

    `ignored` is what comments in the spec say is not to be reported. An error that is ignored is an error all the same:
    there is no network.

    `tree` is its text as it was read, if it could be; `partial` is as much of the network as is right. They are for who looks on while
    the spec is written; nothing is built from them.
    """

    source: Source
    network: Network | None
    diagnostics: list[Diagnostic]
    ignored: Sequence[Diagnostic] = ()
    tree: Tree | None = None
    partial: Network | None = None
    #: The saved model that it is, if it is none of a spec.
    saved: Saved | None = None

    @property
    def errors(self) -> list[Diagnostic]:
        """Why there is no network."""
        return [
            diagnostic for diagnostic in (*self.diagnostics, *self.ignored) if diagnostic.is_error
        ]


def compile_spec(
    source: Source, settings: dict[str, Any] | None = None, customs: CustomLayers | None = None
) -> Compiled:
    """Check a spec and infer its network; `settings` override its variables, `customs` are the user's own layers.

    Nothing is raised for a faulty spec: everything wrong is in the diagnostics.
    """
    suggestions.forget()
    tree, diagnostics = read(source)
    if tree is None:
        return Compiled(source, None, ordered(diagnostics))
    graph, found = parse(source, tree, settings, customs)
    diagnostics += found
    diagnostics += order(graph)
    # An error in what is written makes things look unused that are not.
    sound = not any(diagnostic.is_error for diagnostic in diagnostics)
    network, found = infer(graph)
    diagnostics += found
    if sound:
        diagnostics += lint.lint_graph(graph)
    network.bypass()
    if sound and not found:
        diagnostics += lint.lint_network(network)
    diagnostics += exceeded(network)
    if graph.training is not None:
        from mergecli.compiler.lowering import training

        network.training, found = training.read(graph.training, network)
        diagnostics += found
    unmade = [node.name for node in graph.nodes if node.layer is None or node.sources is None]
    unmade += [] if graph.outputs.targets else ["the output"]
    if unmade and not any(diagnostic.is_error for diagnostic in diagnostics):
        raise AssertionError(f"{unmade[0]} is left out without a reason")
    wrong = {diagnostic.span for diagnostic in diagnostics if diagnostic.is_error}
    if wrong:
        # Where a value is refused, how it would be read elsewhere says nothing more.
        diagnostics = [
            found
            for found in diagnostics
            if found.is_error or found.code != "leading-zero" or found.span not in wrong
        ]
    failed = any(diagnostic.is_error for diagnostic in diagnostics)
    ignored: list[Diagnostic] = []
    if any("mergecli:" in text.text for text in (source, *source.included.values())):
        from mergecli.compiler.suppressions import suppress

        diagnostics, ignored = suppress(source, diagnostics)
    return Compiled(
        source, None if failed else network, ordered(diagnostics), ordered(ignored), tree, network
    )


def is_model(path: str) -> bool:
    """Whether a path is that of a saved model, by its ending."""
    return path.lower().endswith(ENDINGS["model"])


def compile_model(path: str, name: str | None = None) -> Compiled:
    """The network of a saved model, those in it unfolded, and what speaks against it; `name` is what to call the file.

    Nothing in it is run, and Keras is not needed. Layers that no rule knows have unknown results.

    Raises:
        Unreadable: it cannot be read, or is no model.
    """
    from mergecli.importers import keras as saved

    source = Source("", name or path)
    model = saved.parse(saved.read(path))
    found = [
        error(None, "unsafe-model", reason, "save the model without it")
        for reason in model.refusals
    ]
    if found:
        return Compiled(source, None, found)
    network, found = infer(saved.graph(model, EmbeddedModel("model", source.path, {})))
    network.bypass()
    network.need()
    if model.training is not None:
        network.training = _training(model.training, network)
    return Compiled(source, None if found else network, found, saved=model)


def _training(config: dict[str, Any], network: Network) -> TrainingConfig | None:
    """How a saved model was compiled; None where mergecli cannot say that."""
    from mergecli.compiler.lowering import training  # start-up
    from mergecli.importers.keras.config_values import Unknown  # start-up
    from mergecli.importers.keras.training import compile_arguments  # start-up

    try:
        values = compile_arguments(config)
    except (Unknown, ArgumentErrors):
        return None
    return training.from_values(values, network)
