"""Trees of arguments -> layers, regularizers and other objects, or what is wrong with them."""

from __future__ import annotations

import collections.abc
from typing import TYPE_CHECKING, Callable, Iterator

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.custom import custom
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.layer import Layer
from mergecli.compiler.lowering.declared import Declared
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Span, Unreadable
from mergecli.importers.modules import CustomLayers
from mergecli.syntax.grammar import IN_LAYER
from mergecli.syntax.parser import is_wrapped
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined

if TYPE_CHECKING:
    from mergecli.compiler.lowering.argument_errors import ArgumentReporter, Written
    from mergecli.ir.remembered import Memory

_WRONG: object = type("Wrong", (), {"role": None, "__repr__": lambda self: "wrong"})()


class ArgumentSpans(collections.abc.Mapping[str, Span]):
    """The place of the value of each argument; spans are created only when needed."""

    __slots__ = ("_trees",)

    def __init__(self, trees: dict[str, Tree]) -> None:
        self._trees = trees

    def __getitem__(self, name: str) -> Span:
        return self._trees[name].span

    def __iter__(self) -> Iterator[str]:
        return iter(self._trees)

    def __len__(self) -> int:
        return len(self._trees)


class ArgumentReader:
    """Makes objects from the trees of their arguments.

    Args:
        sink: Receives what is wrong.
        customs: The user's own layers.
        find: Returns the path of a file that an argument names, and raises `Unreadable` for one
            that a spec may not name.
        memory: Remembers the objects of earlier states of the text.
    """

    def __init__(
        self,
        sink: DiagnosticSink,
        customs: CustomLayers | None = None,
        find: Callable[[str], str] = str,
        memory: Memory | None = None,
    ) -> None:
        self.sink, self.customs, self.find, self.memory = sink, customs, find, memory
        #: The names that the spec has given, for suggestions.
        self.declared = Declared()
        #: Makes the model in a layer; None where a layer cannot have one.
        self.model: Callable[[Mapping], Layer | None] | None = None
        #: The objects that were read from mappings, by the identity of all in these but names, with
        #: the mappings, which keeps the identities theirs.
        self._read: dict[tuple[object, ...], tuple[KerasObject, Mapping]] = {}

    def read(
        self, cls: type[KerasObject], tree: Tree | None, shown: str, span: Span
    ) -> tuple[KerasObject | None, ArgumentSpans]:
        """Make an object.

        Args:
            cls: Its class.
            tree: The tree of its arguments: a mapping, the value of the first one, or nothing.
            shown: The name of the class in messages.
            span: The place of the class.

        Returns:
            The object, None if it is wrong, which is reported; and the places of its arguments.
        """
        before = len(self.sink)
        written = self._bind(cls, tree, shown)
        if written is None:
            return None, ArgumentSpans({})
        key = None
        # A memory knows objects by what is written.
        if self.memory is None and self.model is None and type(tree) is Mapping:
            key = _key(cls, written)
        if key in self._read:
            renamed = _renamed(self._read[key][0], written)
            if renamed is not None:
                return renamed, _places(written)
        if "vocabulary" in written:
            self._find_vocabulary(written)
        values = {name: self._value(cls, name, value) for name, (_, value) in written.items()}
        # Wrong values inside arguments are already reported; the other arguments are still checked.
        spoiled: set[str] = set()
        if self._has_errors(before) or self.sink.broken:
            spoiled = _remove_wrong(values)
        places = _places(written)
        try:
            made = self._make(cls, values)
        except ArgumentErrors as errors:
            reporter = self._reporter()
            if spoiled or not reporter.positional(cls, tree, shown):
                reporter.report(errors.errors, cls, written, shown, span, spoiled)
            return None, places
        if spoiled or self._has_errors(before):
            return None, places
        if key is not None and len(self.sink) == before:
            assert type(tree) is Mapping
            self._read[key] = made, tree
        return made, places

    def _make(self, cls: type[KerasObject], values: dict[str, object]) -> KerasObject:
        """Return an object, or the same one of an earlier state of the text.

        Raises:
            ArgumentErrors: The arguments are wrong.
        """
        # A vocabulary is a file, and a model in a layer is not written in the arguments alone.
        if self.memory is None or self.model is not None or "vocabulary" in values:
            return cls(**values)
        return self.memory.make(cls, values)

    def _has_errors(self, before: int) -> bool:
        """Whether an error was reported since there were so many diagnostics."""
        sink = self.sink
        return len(sink) > before and any(diagnostic.is_error for diagnostic in sink[before:])

    def _find_vocabulary(self, written: dict[str, Written]) -> None:
        """Replace the path of a vocabulary by the one from which Keras reads it."""
        key, tree = written["vocabulary"]
        if type(tree) is not Scalar or not isinstance(tree.value, str):
            return
        try:
            path = self.find(tree.value)
        except Unreadable as problem:
            message = f"`{tree.value}` {problem.message}"
            self.sink.error(tree.span, problem.code, message, problem.hint)
            return
        result = Scalar(path, tree.raw, tree.plain, tree.start, tree.end)
        written["vocabulary"] = (key, result)

    def layer_class(self, name: Scalar, is_entry: bool = True) -> type[Layer] | None:
        """Return the class of a layer or an operation; None if unknown, which is reported.

        Args:
            name: Its name.
            is_entry: Whether it is an entry of a list, not the argument of a wrapper.
        """
        shown = name.value if isinstance(name.value, str) else describe(name.value)
        refused = registry.refusal(shown)
        if refused is not None:
            message = f"`{shown}` cannot be used in a spec: {refused}"
            self.sink.error(name.span, "unsupported-layer", message)
            return None
        cls = registry.layer(shown)
        if cls is None and self.customs is not None and shown in self.customs:
            return custom(shown, self.customs.call_names(shown))
        if cls is None:
            hint, fix = self._reporter().similar_layer(name, shown, is_entry)
            message = f"unknown layer `{shown}`"
            self.sink.error(name.span, "unknown-layer", message, hint, fix=fix)
        return cls

    # Binding: which value is which argument.

    def _bind(
        self, cls: type[KerasObject], tree: Tree | None, shown: str
    ) -> dict[str, Written] | None:
        """Return the values of the arguments by their names; None if the class takes none."""
        if type(tree) is Mapping:
            return {str(key.value): (key, value) for key, value in rejoined(tree).entries}
        if tree is None or (type(tree) is Scalar and tree.plain and tree.raw == ""):
            return {}
        first = next((name for name in cls.arguments if name not in cls.common), None)
        if first is not None:
            return {first: (None, tree)}
        message = f"`{shown}` takes no argument, found {describe(tree.data())}"
        hint = self._reporter().without_argument(cls, tree, shown)
        self.sink.error(tree.span, "unknown-argument", message, hint)
        return None

    def _value(self, cls: type[KerasObject], name: str, tree: Tree) -> object:
        """Return the value of an argument, with objects created."""
        argument = cls.arguments.get(name)
        if argument is None:
            return tree.data() if cls.open else None
        role = argument.role
        if role is None:
            return tree.data()
        if argument.keyed and type(tree) is Mapping:
            inside = {key.value: self.nested(argument, item, role) for key, item in tree.entries}
            return _WRONG if _WRONG in inside.values() else inside
        is_name = type(tree) is Scalar and isinstance(tree.value, str)
        if type(tree) is not Scalar or (role == "layer" and not argument.names and is_name):
            return self.nested(argument, tree, role)
        return tree.data()

    def nested(self, argument: Argument, tree: Tree, role: str) -> object:
        """Return the value of an argument that takes objects; `_WRONG` if it is reported."""
        if argument.models and self._is_misplaced_model(tree):
            return _WRONG
        if type(tree) is Sequence:
            items = [self.nested(argument, item, role) for item in tree.items]
            return _WRONG if _WRONG in items else items
        if role == "layer" and is_wrapped(tree):
            assert type(tree) is Mapping
            return self._model(argument, tree)
        inner: Tree | None = None
        if type(tree) is Scalar:
            if not isinstance(tree.value, str):
                return tree.value
            key = tree
        elif type(tree) is Mapping and len(tree.entries) == 1:
            key, inner = tree.entries[0]
        else:
            assert type(tree) is Mapping
            if self._reporter().foreign(tree, role):
                return _WRONG
            names = " and ".join(f"`{key.raw}`" for key, _ in tree.entries[:2]) or "nothing"
            message = f"expected one class with its arguments as {argument.words}, found {names}"
            hint = "write `{Class: {argument: value}}`"
            hint = self._reporter().optimizer_by_name(tree, role) or hint
            self.sink.error(tree.span, "wrong-type", message, hint)
            return _WRONG
        cls = self.layer_class(key, False) if role == "layer" else self._object_class(key, role)
        if cls is None:
            return _WRONG
        made, _ = self.read(cls, inner, str(key.value), key.span)
        return _WRONG if made is None else made

    def _is_misplaced_model(self, tree: Tree) -> bool:
        """Report a list of layers, a path or an application in place of a layer or a model."""
        known = type(tree) is Scalar and registry.layer(str(tree.value)) is not None
        return type(tree) is not Mapping and not known and self._reporter().model_in_layer(tree)

    def _model(self, argument: Argument, tree: Mapping) -> object:
        """Return the model in a layer; `_WRONG` if it is reported."""
        if argument.models and self.model is not None:
            made = self.model(tree)
            return _WRONG if made is None else made
        key = next(key for key, _ in tree.entries if key.value in IN_LAYER)
        message = f"expected {argument.words}, found a model with `{key.raw}`"
        hint = "only `TimeDistributed` applies a model"
        self.sink.error(key.span, "wrong-type", message, hint)
        return _WRONG

    def _object_class(self, key: Scalar, role: str) -> type[KerasObject] | None:
        """Return the class of a regularizer or the like; None if unknown, which is reported."""
        name = str(key.value)
        refusal = registry.REFUSED_OBJECTS.get(role, {}).get(name)
        if refusal is not None:
            message = f"`{name}` cannot be used in a spec: {refusal}"
            self.sink.error(key.span, "wrong-value", message)
            return None
        cls = registry.things(role).get(name)
        if cls is None:
            self._reporter().unknown_object(key, role)
        return cls

    def _reporter(self) -> ArgumentReporter:
        from mergecli.compiler.lowering.argument_errors import ArgumentReporter  # start-up

        return ArgumentReporter(self.sink, self.declared)

    def report_value(
        self,
        error: ArgumentError,
        shown: str,
        tree: Tree | None,
        argument: Argument,
        span: Span | None = None,
        alone: bool = False,
    ) -> None:
        """Report a wrong value at its place.

        Args:
            error: What is wrong with it.
            shown: The name of the argument in messages, such as `Dense.units`.
            tree: The value.
            argument: What the argument accepts.
            span: The place to report if the value is not written.
            alone: Whether the value is written without the name of its argument.
        """
        self._reporter().value(error, shown, tree, argument, span, alone)


def _places(written: dict[str, Written]) -> ArgumentSpans:
    return ArgumentSpans({name: value for name, (_, value) in written.items()})


def _key(cls: type[KerasObject], written: dict[str, Written]) -> tuple[object, ...] | None:
    """Return what tells objects with the same trees of arguments, except for a name, from all others.

    Returns:
        None if it takes more than trees to make the object.
    """
    if "vocabulary" in written or "name" not in written or len(written) < 2:
        return None
    return cls, *[id(part[1]) if name != "name" else None for name, part in written.items()]


def _renamed(known: KerasObject, written: dict[str, Written]) -> KerasObject | None:
    """Return an object with another name; None if the name is wrong."""
    tree = written["name"][1]
    try:
        name = known.arguments["name"].check(tree.data())
    except ArgumentError:
        return None
    made = type(known).__new__(type(known))
    made.__dict__.update(known.__dict__, name=name, explicit={**known.explicit, "name": name})
    return made


def _remove_wrong(values: dict[str, object]) -> set[str]:
    """Remove values that are already reported; return their names."""
    wrong = {name for name, value in values.items() if value is _WRONG or broken(value)}
    for name in wrong:
        del values[name]
    return wrong
