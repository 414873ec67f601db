"""`compile` -> the arguments of `keras.Model.compile`, checked and arranged as the outputs are.

Keras refuses most of what is wrong only when the model is fitted.
"""

from __future__ import annotations

from typing import Callable, NamedTuple
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
from mergecli.compiler.lowering.argument_reader import ArgumentReader
from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink, TooManyErrors
from mergecli.diagnostics.suggestions import did_you_mean, listed, nearest
from mergecli.ir.graph import Network, TrainingConfig
from mergecli.syntax import section_parser
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken, tree_at
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: Stands for a wrong value, which is reported already.
_WRONG: object = type("Wrong", (), {"__repr__": lambda self: "wrong"})()
#: Up to so many outputs are listed in a message.
MOST_LISTED = 8


def read(tree: Tree, network: Network) -> tuple[TrainingConfig | None, list[Diagnostic]]:
    """Read the `compile` of a spec.

    Args:
        tree: The tree of `compile`, its variables replaced.
        network: The network that is compiled.

    Returns:
        The arguments, None if one of them is wrong; and what is wrong with them.
    """
    sink = DiagnosticSink()
    sink.broken = broken(tree.data())
    try:
        training = _Reader(network, sink).training(tree)
    except TooManyErrors:
        training = None
    return (None if sink or sink.broken else training), sink


class _Nowhere:
    """The mark of a value that is not from a text."""

    name: str = ""
    line: int = 0
    column: int = 0
    index: int = 0


def from_values(values: MappingType[str, object], network: Network) -> TrainingConfig | None:
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
    """The outputs of the model as `compile` sees them.

    Attributes:
        names: A name for each tensor.
        named: Whether the model returns a dictionary.
        single: Whether it returns one tensor, not a list.
        sure: Whether the number of tensors is known; it is not if a layer has no rule.
        known: Whether the names are known; they are not if a reference is wrong.
        several: A name that stands for several tensors, if there is one.
    """

    names: list[str]
    named: bool
    single: bool
    sure: bool
    known: bool
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

    def listed(self) -> str:
        """Return the first names for a message."""
        return listed(dict.fromkeys(self.names[:MOST_LISTED]), "and")

    def example(self, argument: str) -> str:
        """Return an argument with a value for each output, for a hint."""
        names = dict.fromkeys(self.names[:MOST_LISTED])
        return f"`{argument}: {{{', '.join(f'{name}: …' for name in names)}}}`"


class _ByOutput:
    """Reads what a mapping or a list has for each output.

    Args:
        network: The network that is compiled.
        outputs: Its outputs.
        sink: Receives what is wrong.
    """

    def __init__(self, network: Network, outputs: _Outputs, sink: DiagnosticSink) -> None:
        self.network, self.outputs, self.sink = network, outputs, sink

    def read(
        self, tree: Tree, read: Callable[[Tree, str], object], shown: str, whole: bool
    ) -> list[object] | dict[str, object]:
        """Return what a mapping or a list has for each output, in the form that Keras takes.

        Keras itself would assign the items of a list to named outputs in alphabetical order.

        Args:
            tree: The mapping or list.
            read: Reads the value of one output.
            shown: What messages call the argument.
            whole: Whether a mapping must have all outputs if these are not named; otherwise those
                that it lacks have nothing.

        Returns:
            A dictionary for named outputs, else a list in their order.
        """
        before = len(self.sink)
        if self.outputs.several is not None:
            self._report_indistinct(tree, self.outputs.several)
        names = self.outputs.names
        if type(tree) is Mapping:
            by_name = self._by_name(tree, read, shown)
            if self.outputs.named or not self.outputs.known:
                return by_name
            if whole and len(self.sink) == before:
                self._check_whole(tree, by_name, shown)
            return [by_name.get(name) for name in names]
        assert type(tree) is Sequence
        values = [read(item, shown) for item in tree.items]
        if self.outputs.sure and len(values) != len(names):
            self._report_count(tree, len(values), shown)
        return dict(zip(names, values)) if self.outputs.named else values

    def _check_whole(self, tree: Tree, by_name: dict[str, object], shown: str) -> None:
        """Report outputs that a mapping lacks."""
        lacking = [name for name in dict.fromkeys(self.outputs.names) if name not in by_name]
        if lacking:
            message = f"`{shown}` has no value for the output {listed(lacking[:MOST_LISTED])}"
            hint = f"add `{lacking[0]}: null` if it has none"
            self.sink.error(tree.span, "missing-key", message, hint)

    def _report_count(self, tree: Tree, count: int, shown: str) -> None:
        """Report a list that has not one item for each output."""
        outputs = self.outputs
        entries = "1 entry" if count == 1 else f"{count or 'no'} entries"
        many = len(outputs.names)
        has = f"{many} outputs" if many > 1 else "one output"
        hint = None
        if 1 < many <= MOST_LISTED:
            hint = f"name them: {outputs.example(shown.rsplit('.', 1)[1])}"
        message = f"`{shown}` has {entries}, the model has {has}"
        self.sink.error(tree.span, "wrong-value", message, hint)

    def _by_name(
        self, tree: Mapping, read: Callable[[Tree, str], object], shown: str
    ) -> dict[str, object]:
        """Return the value of each output that a mapping names."""
        values: dict[str, object] = {}
        known = set(self.outputs.names)
        for key, value in tree.entries:
            name = str(key.value)
            if self.outputs.known and name not in known:
                message = f"`{shown}` names `{name}`, which is not an output of the model"
                hint = self._similar_output(name)
                self.sink.error(key.span, "unknown-reference", message, hint)
            else:
                values[name] = read(value, f"{shown}.{name}")
        return values

    def _similar_output(self, name: str) -> str:
        """Return the hint for a name that no output has."""
        graph, names = self.network.graph, self.outputs.names
        layers = [graph.nodes[target.producer].name for target in graph.outputs.targets]
        if name in layers:
            return f"the output of that layer is named `{names[layers.index(name)]}`"
        verb = "is" if len(set(names)) == 1 else "are"
        near = did_you_mean(name, names, self.sink.searches)
        return near or f"there {verb} {self.outputs.listed()}"

    def _report_indistinct(self, tree: Tree, name: str) -> None:
        """Report an output that is several tensors, which cannot have values of their own."""
        graph = self.network.graph
        target = graph.outputs.targets[(graph.outputs.names or []).index(name)]
        layer = graph.nodes[target.producer].name
        hint = f"give each a name: `outputs: {{{name}_0: {layer}[0], {name}_1: {layer}[1], …}}`"
        message = f"the output `{name}` is several tensors, which `compile` cannot distinguish"
        self.sink.error(tree.span, "wrong-value", message, hint)


class _Reader:
    """Reads `compile`.

    Args:
        network: The network that is compiled.
        sink: Receives what is wrong.
    """

    def __init__(self, network: Network, sink: DiagnosticSink) -> None:
        self.network, self.sink = network, sink
        self.arguments = ArgumentReader(sink)
        self.outputs = _Outputs.of(network)
        self.by_output = _ByOutput(network, self.outputs, sink)
        #: Whether each output has a loss of its own.
        self.has_separate_losses = False

    def training(self, tree: Tree) -> TrainingConfig | None:
        """Return all arguments; wrong ones are reported. None if it is not a mapping."""
        parts = section_parser.training(tree, KEYS, self.sink)
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

    def plain(self, tree: Tree, argument: Argument, shown: str) -> object:
        """Return a value that is not an object."""
        value = tree.data()
        if broken(value):
            return _WRONG
        try:
            return argument.check(value)
        except ArgumentError as error:
            self.arguments.report_value(error, shown, tree, argument)
            return _WRONG

    def one(self, tree: Tree, argument: Argument, shown: str) -> object:
        """Return one optimizer, loss or metric: an object, or a name that Keras knows."""
        role = argument.role or ""
        value = tree.data()
        if type(tree) is Mapping:
            value = self.arguments.nested(argument, tree, role)
            return value if isinstance(value, KerasObject) else _WRONG
        if isinstance(value, str) and value not in argument.names:
            problem = _why_no_name(value, argument, role, shown)
            if problem is not None:
                self.sink.error(tree.span, "wrong-value", *problem)
                return _WRONG
        return self.plain(tree, argument, shown)

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
        """Return the optimizer; that of Keras's default for none, or a wrong one."""
        if tree is None:
            return optimizers.RMSprop()
        value = self.one(tree, OPTIMIZER, "compile.optimizer")
        if isinstance(value, str):
            classes = {name.lower(): cls for name, cls in registry.things("optimizer").items()}
            return classes[value.lower()]()
        return value if isinstance(value, KerasObject) else optimizers.RMSprop()

    def losses(self, tree: Tree | None, whole: Mapping) -> object:
        """Return the loss, or that of each output; `whole` is the tree of `compile`."""
        losses: object = None
        before = len(self.sink)
        if tree is not None and not _is_null(tree):
            self.has_separate_losses = type(tree) is Sequence or (
                type(tree) is Mapping and not self.is_object(tree, "loss")
            )
            if not self.has_separate_losses:
                return self.one(tree, LOSS, "compile.loss")
            losses = self.by_output.read(tree, self.loss, "compile.loss", whole=True)
            if self.outputs.single and len(losses) == 1:
                (losses,) = _values(losses)
        is_empty = all(loss is None for loss in _values(losses))
        if is_empty and len(self.sink) == before and not self.penalized():
            span = tree.span if tree is not None else whole.span.begin
            message = "`compile` has no loss, so the model cannot be fitted"
            self.sink.error(span, "missing-key", message, "add one, such as `loss: mse`")
        return losses

    def loss(self, tree: Tree, shown: str) -> object:
        """Return the loss of one output, or None."""
        return None if _is_null(tree) else self.one(tree, LOSS, shown)

    def penalized(self) -> bool:
        """Whether layers add to the loss, or may do so since they have no rule."""
        calls = self.network.parts()
        results = (self.network.results[call.index] for call in calls)
        if any(tensor.shape is None for tensors in results for tensor in tensors):
            return True
        return any(call.layer is None or call.layer.penalizes() for call in calls)

    def weights(self, tree: Tree | None, loss: object) -> object:
        """Return the weight of the loss, or that of each output's loss."""
        shown = "compile.loss_weights"
        if tree is None or _is_null(tree):
            return None
        if type(tree) is Scalar:
            return self.one_weight(tree, loss, shown)
        if not self.has_separate_losses and len(self.outputs.names) > 1 and self.outputs.sure:
            message = f"`{shown}` must be one number, since `compile.loss` is one for all outputs"
            hint = f"give each output its loss: {self.outputs.example('loss')}"
            self.sink.error(tree.span, "wrong-type", message, hint)
            return _WRONG
        before = len(self.sink)
        weights = self.by_output.read(tree, self.weight, shown, whole=True)
        if isinstance(weights, dict) and len(self.sink) == before:
            self.check_weighted(tree, weights, loss, shown)
        return weights

    def one_weight(self, tree: Scalar, loss: object, shown: str) -> object:
        """Return a weight that is one number."""
        has_several = isinstance(loss, (list, dict)) and len(loss) > 1
        if not has_several or type(tree.value) not in (int, float):
            return self.plain(tree, ONE_WEIGHT, shown)
        message = (
            f"`{shown}` must be a list or a mapping, as `compile.loss` is,"
            f" found {describe(tree.value)}"
        )
        self.sink.error(tree.span, "wrong-type", message)
        return _WRONG

    def check_weighted(
        self, tree: Tree, weights: dict[str, object], loss: object, shown: str
    ) -> None:
        """Report outputs with a loss but no weight, and those with a weight but no loss."""
        weighted = loss if isinstance(loss, dict) else self.outputs.names
        for name in weighted:
            if name not in weights:
                message = f"`{shown}` has no weight for the output `{name}`, which has a loss"
                self.sink.error(tree.span, "missing-key", message)
        for name in weights:
            if name not in weighted:
                message = f"`{shown}` has a weight for the output `{name}`, which has no loss"
                self.sink.error(tree.span, "wrong-value", message)

    def weight(self, tree: Tree, shown: str) -> object:
        return self.plain(tree, WEIGHT, shown)

    def metrics(self, tree: Tree | None, name: str) -> object:
        """Return the metrics of all outputs; `name` is the argument they belong to."""
        shown = f"compile.{name}"
        if tree is None or _is_null(tree) or (type(tree) is Sequence and not tree.items):
            return None
        if type(tree) is Scalar or (type(tree) is Mapping and self.is_object(tree, "metric")):
            self.report_one_metric(tree, name)
            return _WRONG
        has_one_output = len(self.outputs.names) == 1 and self.outputs.several is None
        if type(tree) is Sequence and has_one_output:
            inner = tree.items[0] if len(tree.items) == 1 else tree
            return self.measures(inner if type(inner) is Sequence else tree, shown)
        return self.metrics_by_output(tree, shown, has_one_output)

    def metrics_by_output(self, tree: Tree, shown: str, has_one_output: bool) -> object:
        metrics = self.by_output.read(tree, self.measures, shown, whole=False)
        if isinstance(metrics, dict):
            return {name: some for name, some in metrics.items() if some is not None}
        return metrics[0] if has_one_output and len(metrics) == 1 else metrics

    def report_one_metric(self, tree: Scalar | Mapping, name: str) -> None:
        """Report a metric that is not in a list."""
        if broken(tree.data()):
            return
        written = tree.raw if isinstance(tree, Scalar) else f"{{{tree.entries[0][0].raw}: …}}"
        message = (
            f"`compile.{name}` must be a list of metrics or a mapping from outputs to metrics,"
            f" found `{written}`"
        )
        hint = f"write a list, even for one metric: `{name}: [{written}]`"
        self.sink.error(tree.span, "wrong-type", message, hint)

    def measures(self, tree: Tree, shown: str) -> list[object] | None:
        """Return the metrics of one output: none, one, or a list."""
        if type(tree) is Sequence:
            return [self.one(item, METRIC, shown) for item in tree.items]
        return None if _is_null(tree) else [self.one(tree, METRIC, shown)]


def _why_no_name(
    name: str, argument: Argument, role: str, shown: str
) -> tuple[str, str | None] | None:
    """Return why the name of a class cannot be used as one that Keras knows, and a hint.

    Returns:
        The message and the hint; None where nothing is known of the name.
    """
    folded = name.replace("_", "").lower()
    for refused, reason in registry.REFUSED_OBJECTS[role].items():
        if refused.lower() == folded:
            return f"`{name}` cannot be used in a spec: {reason}", None
    classes = registry.things(role).values()
    cls = next((cls for cls in classes if cls.__name__.lower() == folded), None)
    if cls is None or cls.__name__ in argument.names:
        return None
    arguments = ", ".join(f"{required}: …" for required in cls.required)
    why = f"`{cls.__name__}` needs arguments"
    if not arguments:
        why = f"Keras takes `{cls.__name__}` only as a class"
    message = f"`{shown}` cannot be the name `{name}`, since {why}"
    return message, f"write `{{{cls.__name__}: {{{arguments}}}}}`"


def _values(value: object) -> list[object]:
    """Return the values of a dictionary or a list, or any other value alone."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _is_null(tree: Tree) -> bool:
    return type(tree) is Scalar and tree.value is None
