"""`compile` -> the arguments of `keras.Model.compile`, checked and arranged as the outputs are.

Keras refuses most of what is wrong only when the model is fitted.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple
from typing import Mapping as MappingType

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.training import optimizers
from mergecli.catalog.training.compile import (
    KEYS,
    LOSS,
    METRIC,
    ONE_WEIGHT,
    OPTIMIZER,
    OPTIONS,
    WEIGHT,
)
from mergecli.compiler.lowering.arguments import ArgumentReader
from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed, nearest
from mergecli.ir.graph import Network, TrainingConfig
from mergecli.syntax import parser
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken, tree_at
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

_WRONG: Any = type("Wrong", (), {"__repr__": lambda self: "wrong"})()


def read(tree: Tree, network: Network) -> tuple[TrainingConfig | None, list[Diagnostic]]:
    """Return what `compile` says of a network, None if it is wrong; and what is wrong with it."""
    sink = DiagnosticSink()
    sink.broken = broken(tree.data())
    training = _Reader(network, sink).training(tree)
    return (None if sink or sink.broken else training), sink


class _Nowhere(NamedTuple):
    """The mark of a value that does not stand in a text."""

    name: str = ""
    line: int = 0
    column: int = 0


def from_values(values: MappingType[str, Any], network: Network) -> TrainingConfig | None:
    """Check the arguments of `compile` of a saved model against the outputs of its network.

    Args:
        values: The arguments, with objects of the catalog for those of Keras.
        network: The network that was compiled.

    Returns:
        The arguments, arranged as the outputs are; None where they do not fit.
    """
    values = {name: value for name, value in values.items() if value is not None}
    mark = _Nowhere()
    return read(tree_at(values, Scalar(None, "", True, mark, mark)), network)[0]


class _Outputs(NamedTuple):
    """The model's outputs as `compile` sees them: a name for each tensor.

    They are `named` when they are a dictionary; it is not `sure` how many tensors they are when no rule knows it, and not even
    `known` how they are called when their wiring is wrong.
    """

    names: list[str]
    named: bool
    single: bool
    sure: bool
    known: bool
    #: A name that stands for several tensors.
    several: str | None

    @classmethod
    def of(cls, network: Network) -> _Outputs:
        outputs = network.graph.outputs
        names: list[str] = []
        sure, several = True, None
        for place, target in enumerate(outputs.targets):
            tensors = network.tensors(target)
            sure = sure and all(tensor.shape is not None for tensor in tensors)
            if outputs.names is None:
                names += [network.graph.nodes[target.producer].name] * len(tensors)
            else:
                names.append(outputs.names[place])
                several = several or (names[-1] if len(tensors) > 1 else None)
        known = bool(names) and not outputs.lacking
        return cls(
            names,
            outputs.names is not None,
            outputs.single and len(names) == 1,
            sure and known,
            known,
            several,
        )


class _Reader:
    """Reads `compile`; what is wrong goes to the sink."""

    def __init__(self, network: Network, sink: DiagnosticSink) -> None:
        self.network, self.sink = network, sink
        self.arguments = ArgumentReader(sink)
        self.outputs = _Outputs.of(network)
        #: Whether each output has a loss of its own.
        self.has_separate_losses = False

    def training(self, tree: Tree) -> TrainingConfig | None:
        parts = parser.training(tree, KEYS, self.sink)
        if parts is None or type(tree) is not Mapping:
            return None
        optimizer = self.optimizer(parts.get("optimizer"))
        loss = self.losses(parts.get("loss"), tree)
        weights = self.weights(parts.get("loss_weights"), loss)
        metrics = self.metrics(parts.get("metrics"), "metrics")
        weighted = self.metrics(parts.get("weighted_metrics"), "weighted_metrics")
        options = {
            name: self.plain(parts[name], OPTIONS[name], f"compile.{name}")
            for name in OPTIONS
            if name in parts
        }
        return TrainingConfig(optimizer, loss, weights, metrics, weighted, options)

    # Values.

    def plain(self, tree: Tree, argument: Argument, shown: str) -> Any:
        """A value that is no object."""
        value = tree.data()
        if broken(value):
            return _WRONG
        try:
            return argument.check(value)
        except ArgumentError as fault:
            self.arguments.report_value(fault, shown, tree, argument)
            return _WRONG

    def one(self, tree: Tree, argument: Argument, shown: str) -> Any:
        """One optimizer, loss or metric: a kind, or a name that Keras knows."""
        role = argument.role or ""
        value = tree.data()
        if type(tree) is Mapping:
            value = self.arguments.nested(argument, tree, role)
            return value if isinstance(value, KerasObject) else _WRONG
        if isinstance(value, str) and value not in argument.names:
            folded = value.replace("_", "").lower()
            refusal = next(
                (
                    reason
                    for cls, reason in registry.REFUSED_OBJECTS[role].items()
                    if cls.lower() == folded
                ),
                None,
            )
            kind = next(
                (
                    kind
                    for kind in registry.things(role).values()
                    if kind.__name__.lower() == folded
                ),
                None,
            )
            if refusal is not None:
                self.sink.error(
                    tree.span, "wrong-value", f"`{value}` cannot stand in a spec: {refusal}"
                )
                return _WRONG
            if kind is not None and kind.__name__ not in argument.names:
                arguments = ", ".join(f"{name}: …" for name in kind.required)
                why = (
                    f"`{kind.__name__}` needs arguments"
                    if arguments
                    else f"Keras takes `{kind.__name__}` only as a class"
                )
                hint = f"write `{{{kind.__name__}: {{{arguments}}}}}`"
                self.sink.error(
                    tree.span,
                    "wrong-value",
                    f"`{shown}` cannot be the name `{value}`, as {why}",
                    hint,
                )
                return _WRONG
        return self.plain(tree, argument, shown)

    # What belongs to outputs.

    def by_output(
        self, tree: Tree, read: Callable[[Tree, str], Any], shown: str, whole: bool
    ) -> Any:
        """What a mapping or a list says of outputs, as Keras takes it: a dictionary for named outputs, else a list in their order.

        Keras itself would deal a list out to named outputs in the order of the alphabet. Where outputs are not named, a
        mapping must be `whole`, or else what it leaves out is empty.
        """
        before = len(self.sink)
        if self.outputs.several is not None:
            self.indistinct(tree, self.outputs.several)
        names = self.outputs.names
        if type(tree) is Mapping:
            by_name = self.by_name(tree, read, shown)
            if self.outputs.named or not self.outputs.known:
                return by_name
            lacking = [name for name in dict.fromkeys(names) if name not in by_name]
            if lacking and whole and len(self.sink) == before:
                words = f"`{shown}` says nothing of the output {listed(lacking[:8])}"
                self.sink.error(
                    tree.span,
                    "missing-key",
                    words,
                    f"add `{lacking[0]}: null` if it is to have none",
                )
            return [by_name.get(name) for name in names]
        assert type(tree) is Sequence
        by_place = [read(item, shown) for item in tree.items]
        if self.outputs.sure and len(by_place) != len(names):
            there = (
                "no entry"
                if not by_place
                else "1 entry"
                if len(by_place) == 1
                else f"{len(by_place)} entries"
            )
            many = f"{len(names)} outputs" if len(names) > 1 else "one output"
            hint = None
            if 1 < len(names) <= 8:
                hint = f"name them: `{shown.rsplit('.', 1)[1]}: {{{', '.join(f'{name}: …' for name in dict.fromkeys(names))}}}`"
            self.sink.error(
                tree.span, "wrong-value", f"`{shown}` has {there}, the model has {many}", hint
            )
        return dict(zip(names, by_place)) if self.outputs.named else by_place

    def by_name(
        self, tree: Mapping, read: Callable[[Tree, str], Any], shown: str
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        names = self.outputs.names
        for key, value in tree.entries:
            name = str(key.value)
            if self.outputs.known and name not in names:
                layers = [
                    self.network.graph.nodes[target.producer].name
                    for target in self.network.graph.outputs.targets
                ]
                hint = did_you_mean(name, names, self.sink.searches)
                if name in layers:
                    hint = f"the output of that layer is called `{names[layers.index(name)]}`"
                hint = (
                    hint
                    or f"there {'is' if len(set(names)) == 1 else 'are'} {listed(dict.fromkeys(names[:8]), 'and')}"
                )
                self.sink.error(
                    key.span,
                    "unknown-reference",
                    f"`{shown}` names `{name}`, which is no output of the model",
                    hint,
                )
            else:
                found[name] = read(value, f"{shown}.{name}")
        return found

    def indistinct(self, tree: Tree, name: str) -> None:
        """Report an output that is several tensors, for which nothing can be said one by one."""
        graph = self.network.graph
        layer = graph.nodes[
            graph.outputs.targets[(graph.outputs.names or []).index(name)].producer
        ].name
        hint = f"give each a name: `outputs: {{{name}_0: {layer}[0], {name}_1: {layer}[1], …}}`"
        self.sink.error(
            tree.span,
            "wrong-value",
            f"the output `{name}` is several tensors, which `compile` cannot tell apart",
            hint,
        )

    def is_object(self, tree: Mapping, role: str) -> bool:
        """Whether a mapping is a class with its arguments, rather than one from outputs."""
        if len(tree.entries) != 1:
            return False
        name, value = str(tree.entries[0][0].value), tree.entries[0][1]
        classes = {*registry.things(role), *registry.REFUSED_OBJECTS[role]}
        if self.outputs.known and name in self.outputs.names:
            return False
        if name in classes or (
            type(value) is Mapping and any(str(key.value) in classes for key, _ in value.entries)
        ):
            return name in classes
        searches = self.sink.searches
        if not nearest(name, classes, searches=searches):
            return False
        return not nearest(name, self.outputs.names, searches=searches)

    # The arguments.

    def optimizer(self, tree: Tree | None) -> KerasObject:
        if tree is None:
            return optimizers.RMSprop()
        found = self.one(tree, OPTIMIZER, "compile.optimizer")
        if isinstance(found, str):
            kinds = {name.lower(): kind for name, kind in registry.things("optimizer").items()}
            return kinds[found.lower()]()
        return found  # type: ignore[no-any-return]

    def losses(self, tree: Tree | None, whole: Mapping) -> Any:
        found: Any = None
        before = len(self.sink)
        if tree is not None and not _is_null(tree):
            self.has_separate_losses = type(tree) is Sequence or (
                type(tree) is Mapping and not self.is_object(tree, "loss")
            )
            if not self.has_separate_losses:
                return self.one(tree, LOSS, "compile.loss")
            found = self.by_output(tree, self.loss, "compile.loss", whole=True)
            if self.outputs.single and len(found) == 1:
                found = found[0] if isinstance(found, list) else next(iter(found.values()))
        values = (
            found.values()
            if isinstance(found, dict)
            else found
            if isinstance(found, list)
            else [found]
        )
        if (
            all(value is None for value in values)
            and len(self.sink) == before
            and not self.penalized()
        ):
            span = tree.span if tree is not None else Span(*whole.span[:2], *whole.span[:2])
            self.sink.error(
                span,
                "missing-key",
                "`compile` has no loss, so nothing can be fitted",
                "add one, such as `loss: mse`",
            )
        return found

    def loss(self, tree: Tree, shown: str) -> Any:
        """The loss of one output, or null."""
        return None if _is_null(tree) else self.one(tree, LOSS, shown)

    def penalized(self) -> bool:
        """Whether layers add to the loss, or may do so as no rule knows them."""
        parts = self.network.parts()
        if any(
            tensor.shape is None for node in parts for tensor in self.network.results[node.index]
        ):
            return True
        return any(node.layer is None or node.layer.penalizes() for node in parts)

    def weights(self, tree: Tree | None, loss: Any) -> Any:
        shown = "compile.loss_weights"
        names = self.outputs.names
        if tree is None or _is_null(tree):
            return None
        if type(tree) is Scalar:
            if (
                isinstance(loss, (list, dict))
                and len(loss) > 1
                and type(tree.value) in (int, float)
            ):
                words = f"`{shown}` must be a list or a mapping, as `compile.loss` is, found {describe(tree.value)}"
                self.sink.error(tree.span, "wrong-type", words)
                return _WRONG
            return self.plain(tree, ONE_WEIGHT, shown)
        if not self.has_separate_losses and len(names) > 1 and self.outputs.sure:
            words = f"`{shown}` must be one number, as `compile.loss` is one for all outputs"
            hint = f"give each output its loss: `loss: {{{', '.join(f'{name}: …' for name in dict.fromkeys(names[:8]))}}}`"
            self.sink.error(tree.span, "wrong-type", words, hint)
            return _WRONG
        before = len(self.sink)
        found = self.by_output(tree, self.weight, shown, whole=True)
        if isinstance(found, dict) and len(self.sink) == before:
            wanted = loss if isinstance(loss, dict) else names
            for name in wanted:
                if name not in found:
                    self.sink.error(
                        tree.span,
                        "missing-key",
                        f"`{shown}` says nothing of the output `{name}`, which has a loss",
                    )
            for name in found:
                if name not in wanted:
                    self.sink.error(
                        tree.span,
                        "wrong-value",
                        f"`{shown}` has a weight for the output `{name}`, which has no loss",
                    )
        return found

    def weight(self, tree: Tree, shown: str) -> Any:
        return self.plain(tree, WEIGHT, shown)

    def metrics(self, tree: Tree | None, name: str) -> Any:
        shown = f"compile.{name}"
        if tree is None or _is_null(tree) or (type(tree) is Sequence and not tree.items):
            return None
        if type(tree) is Scalar or (type(tree) is Mapping and self.is_object(tree, "metric")):
            written = (
                f"{{{tree.entries[0][0].raw}: …}}"
                if type(tree) is Mapping
                else getattr(tree, "raw", "")
            )
            if not broken(tree.data()):
                words = f"`{shown}` must be a list of metrics or a mapping from outputs to metrics, found `{written}`"
                self.sink.error(
                    tree.span, "wrong-type", words, f"a list, even of one: `{name}: [{written}]`"
                )
            return _WRONG
        lone = len(self.outputs.names) == 1 and self.outputs.several is None
        if type(tree) is Sequence and lone:
            inner = tree.items[0] if len(tree.items) == 1 else tree
            return self.measures(inner if type(inner) is Sequence else tree, shown)
        found = self.by_output(tree, self.measures, shown, whole=False)
        if isinstance(found, dict):
            return {name: some for name, some in found.items() if some is not None}
        return found[0] if lone and len(found) == 1 else found

    def measures(self, tree: Tree, shown: str) -> list[Any] | None:
        """The metrics of one output: none, one, or a list."""
        if type(tree) is Sequence:
            return [self.one(item, METRIC, shown) for item in tree.items]
        return None if _is_null(tree) else [self.one(tree, METRIC, shown)]


def _is_null(tree: Tree) -> bool:
    return type(tree) is Scalar and tree.value is None
