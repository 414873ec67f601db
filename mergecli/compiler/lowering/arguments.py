"""Trees of arguments -> layers, regularizers, …, or what is wrong with them."""

from __future__ import annotations

import collections.abc
import re
from typing import Any, Container, Iterator, Optional, Tuple

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.custom import custom
from mergecli.catalog.layer import ArgumentErrors, KerasObject, Layer
from mergecli.diagnostics.diagnostic import DiagnosticSink, Edit
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed, nearest, slip
from mergecli.syntax.quoting import describe, flow
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined

#: Arguments that stand elsewhere in a spec, and those that have another name by now.
ELSEWHERE = {
    "input_shape": "the shape of the input stands under `input:`",
    "input_tensor": "what it is applied to stands under `from`",
    "input_dim": "the shape of the input stands under `input:`",
    **dict.fromkeys(
        ("from", "call", "as", "repeat"), "it stands beside the layer, not among its arguments"
    ),
    "batch_input_shape": "the shape of the input stands under `input:`, as `batch_shape`",
}
RENAMED = {"alpha": "negative_slope", "lr": "learning_rate"}
#: A way out in words, and as edits where it is certain.
Mend = Tuple[Optional[str], Tuple[Edit, ...]]
_WRONG: Any = type("Wrong", (), {"role": None, "__repr__": lambda self: "wrong"})()


class ArgumentSpans(collections.abc.Mapping[str, Span]):
    """Where the value of each argument stands. A span is made when it is asked for, as most never are."""

    __slots__ = ("_trees",)

    def __init__(self, trees: dict[str, Tree]) -> None:
        self._trees = trees

    def __getitem__(self, name: str) -> Span:
        return self._trees[name].span

    def __iter__(self) -> Iterator[str]:
        return iter(self._trees)

    def __len__(self) -> int:
        return len(self._trees)


class Objects:
    """Makes objects; what is wrong goes to the findings."""

    def __init__(self, findings: DiagnosticSink, customs: Container[str] = ()) -> None:
        #: `customs` are the names of the user's own layers.
        self.findings, self.customs = findings, customs

    def object(
        self, kind: type[KerasObject], tree: Tree | None, shown: str, span: Span
    ) -> tuple[KerasObject | None, ArgumentSpans]:
        """A layer, regularizer, … from the tree of its arguments, with the places of their values; None when one is wrong."""
        values: dict[str, Any] = {}
        trees: dict[str, tuple[Scalar | None, Tree]] = {}
        before = len(self.findings)
        if type(tree) is Mapping:
            for key, value in rejoined(tree).entries:
                trees[str(key.value)] = (key, value)
        elif tree is not None and not (type(tree) is Scalar and tree.plain and tree.raw == ""):
            first = next((name for name in kind.arguments if name not in kind.common), None)
            if first is None:
                self.findings.error(
                    tree.span,
                    "unknown-argument",
                    f"`{shown}` takes no argument, found {describe(tree.data())}",
                    f"write `{shown}` alone",
                )
                return None, ArgumentSpans({})
            trees[first] = (None, tree)
        for name, (_, value) in trees.items():
            argument = kind.arguments.get(name)
            if argument is None:
                values[name] = value.data() if kind.open else None
            elif argument.keyed and argument.role is not None and type(value) is Mapping:
                inside = {
                    key.value: self.nested(argument, item, argument.role)
                    for key, item in value.entries
                }
                values[name] = _WRONG if _WRONG in inside.values() else inside
            elif argument.role is not None and type(value) is not Scalar:
                values[name] = self.nested(argument, value, argument.role)
            elif (
                argument.role == "layer"
                and not argument.names
                and type(value) is Scalar
                and isinstance(value.value, str)
            ):
                values[name] = self.nested(argument, value, "layer")
            else:
                values[name] = value.data()
        # An argument that is itself wrong is reported already; the others are still checked.
        spoiled: set[str] = set()
        if len(self.findings) > before or self.findings.broken:
            spoiled = {name for name, value in values.items() if value is _WRONG or broken(value)}
            values = {name: value for name, value in values.items() if name not in spoiled}
        places = ArgumentSpans({name: value for name, (_, value) in trees.items()})
        try:
            made: KerasObject | None = kind(**values)
        except ArgumentErrors as faults:
            made = None
            if not spoiled and self.positional(kind, tree, shown):
                return None, places
            self.faults(faults.faults, kind, trees, shown, span, spoiled)
        return (made if len(self.findings) == before and not spoiled else None), places

    def positional(self, kind: type[KerasObject], tree: Tree | None, shown: str) -> bool:
        """Whether arguments stand there without their names, as in `Conv2D: 32, 3`: one message says how they are written."""
        if tree is None or (
            type(tree) is Mapping
            and not all(type(value) is Scalar and value.raw == "" for _, value in tree.entries)
        ):
            return False
        from mergecli.syntax.literals import listing

        items = listing(tree)
        if len(items) < 2 or len(items) > len(kind.arguments):
            return False
        arguments = dict(zip(kind.arguments, items))
        try:
            kind(**arguments)
        except ArgumentErrors:
            return False
        hint = f"`{shown}: {flow(arguments)}`"
        self.findings.error(
            tree.span,
            "wrong-type",
            f"`{shown}` takes several arguments by their names",
            f"write {hint}",
        )
        return True

    def nested(self, argument: Argument, tree: Tree, role: str) -> Any:
        """The value of an argument that takes objects."""
        if type(tree) is Sequence:
            items = [self.nested(argument, item, role) for item in tree.items]
            return _WRONG if _WRONG in items else items
        if type(tree) is Scalar:
            if not isinstance(tree.value, str):
                return tree.value
            key, inner = tree, None
        elif type(tree) is Mapping and len(tree.entries) == 1:
            key, inner = tree.entries[0]
        else:
            names = " and ".join(f"`{k.raw}`" for k, _ in tree.entries[:2])  # type: ignore[union-attr]
            hint = "write `{Class: {argument: value}}`"
            self.findings.error(
                tree.span,
                "wrong-type",
                f"{argument.words} is written as one class with its arguments, found {names or 'nothing'}",
                hint,
            )
            return _WRONG
        name = str(key.value)
        if role == "layer":
            kind: type[KerasObject] | None = self.kind(key)
            if kind is None:
                return _WRONG
        else:
            refusal = registry.REFUSED_OBJECTS.get(role, {}).get(name)
            if refusal is not None:
                self.findings.error(
                    key.span, "wrong-value", f"`{name}` cannot stand in a spec: {refusal}"
                )
                return _WRONG
            known = registry.things(role)
            kind = known.get(name)
            if kind is None:
                near = (
                    did_you_mean(name, known)
                    or f"one of {listed(sorted({k.__name__ for k in known.values()}))}"
                )
                fix = key.respelled(slip(name, known))
                self.findings.error(
                    key.span, "wrong-value", f"unknown {role} `{name}`", near, fix=fix
                )
                return _WRONG
        made, _ = self.object(kind, inner, name, key.span)
        return _WRONG if made is None else made

    def faults(
        self,
        faults: list[ArgumentError],
        kind: type[KerasObject],
        trees: dict[str, tuple[Scalar | None, Tree]],
        shown: str,
        span: Span,
        spoiled: set[str],
    ) -> None:
        missing = {fault.argument for fault in faults if fault.code == "missing-argument"}
        explained: set[str | None] = set()
        for fault in faults:
            name = str(fault.argument)
            if fault.code == "unknown-argument":
                key = trees[name][0]
                if "layer" in missing and registry.layer(name) is not None:
                    explained.add("layer")
                    wrapped = f"write `{shown}: {{layer: {{{name}: …}}}}`"
                    self.findings.error(
                        key.span if key is not None else span,
                        "unknown-argument",
                        f"`{shown}` has no argument `{name}`",
                        wrapped,
                    )
                    continue
                free = [n for n in kind.arguments if n not in trees]
                near = nearest(name, free)
                fix: tuple[Edit, ...] = ()
                hint: str | None = ELSEWHERE.get(name)
                if RENAMED.get(name) in kind.arguments:
                    hint = f"did you mean `{RENAMED[name]}`? Keras has renamed it"
                    fix = key.respelled(RENAMED[name]) if key is not None else ()
                if near and hint is None:
                    hint = f"did you mean {listed(near)}?"
                    fix = key.respelled(slip(name, free)) if key is not None else ()
                    if near[0] in missing:
                        hint += " It is required and missing here"
                        explained.add(near[0])
                split = self.split_number(name, trees, kind)
                if split is not None:
                    hint, fix = split, ()
                for mark, way in (
                    (":", "put a blank behind the colon"),
                    ("=", "YAML writes a colon and a blank"),
                ):
                    first, _, rest = name.partition(mark)
                    if rest and first.strip() in kind.arguments:
                        hint = f"{way}: `{first.strip()}: {rest.strip()}`"
                        explained.add(first.strip())
                        fix = (
                            key.rewritten(f"{first.strip()}: {rest.strip()}")
                            if key is not None and key.plain
                            else ()
                        )
                if hint is None:
                    own = [n for n in kind.arguments if n not in kind.common]
                    hint = (
                        f"it takes {listed(own, 'and')}"
                        if 0 < len(own) <= 8
                        else f"see them: mergecli layers {kind.__name__}"
                        if own
                        else None
                    )
                raw = key.raw if key is not None else name
                self.findings.error(
                    key.span if key is not None else span,
                    "unknown-argument",
                    f"`{shown}` has no argument `{raw}`",
                    hint,
                    fix=fix,
                )
        for fault in faults:
            name = str(fault.argument)
            if fault.code == "missing-argument":
                if name not in explained and name not in spoiled:
                    words = kind.arguments[name].words
                    self.findings.error(
                        span, "missing-argument", f"`{shown}` needs `{name}`: {words}", fault.hint
                    )
            elif fault.code != "unknown-argument":
                key, value = trees.get(name, (None, None))
                self.fault(
                    fault,
                    f"{shown}.{name}",
                    value,
                    kind.arguments[name],
                    span,
                    alone=key is None or key.end is key.start,
                )

    def split_number(
        self, name: str, trees: dict[str, tuple[Scalar | None, Tree]], kind: type[KerasObject]
    ) -> str | None:
        """The way out of `units: 1,000` and `rate: 0,5` in braces, where a comma begins another argument."""
        names = list(trees)
        before = names[names.index(name) - 1]
        (key, rest), (_, first) = trees[name], trees[before]
        if (
            key is None
            or before not in kind.arguments
            or type(first) is not Scalar
            or type(rest) is not Scalar
            or rest.raw
        ):
            return None
        from mergecli.syntax.literals import number

        value = number(f"{first.raw},{key.raw}")
        try:
            kind.arguments[before].check(value)
        except ArgumentError:
            return None
        return (
            f"a comma begins another argument: `{before}: {value}`" if value is not None else None
        )

    def fault(
        self,
        fault: ArgumentError,
        shown: str,
        tree: Tree | None,
        argument: Argument,
        span: Span | None = None,
        alone: bool = False,
    ) -> None:
        """One wrong value, at its place; `alone` where it stands without the argument's name."""
        if tree is None:
            self.findings.error(span, fault.code, f"`{shown}` {fault.message}", fault.hint)
            return
        guilty = tree
        for step in fault.path:
            if type(guilty) is Sequence and isinstance(step, int) and step < len(guilty.items):
                guilty = guilty.items[step]
            elif type(guilty) is Mapping:
                guilty = guilty.get(step) or guilty
        found = f", found {describe(guilty.data())}" if fault.words is not None else ""
        if fault.path and fault.words is not None and guilty is not tree:
            found += f" in {describe(tree.data())}" if type(guilty) is Scalar else ""
        hint, fix = (
            (fault.hint, ())
            if fault.hint
            else self.mend(shown.rsplit(".", 1)[1], tree, guilty, argument, alone)
        )
        self.findings.error(
            guilty.span, fault.code, f"`{shown}` {fault.message}{found}", hint, fix=fix
        )

    def mend(
        self, name: str, tree: Tree, guilty: Tree, argument: Argument, alone: bool = False
    ) -> Mend:
        """What to write instead, tried before it is offered; `alone` where the value stands without the argument's name."""
        from mergecli.syntax.literals import candidates, certain, replaced

        for where in (guilty,) if guilty is tree else (guilty, tree):
            for candidate in candidates(where):
                try:
                    argument.check(replaced(tree, where, candidate.value))
                except ArgumentError:
                    continue
                written = (
                    f"`{candidate.written}`"
                    if alone or where is not tree
                    else f"`{name}: {candidate.written}`"
                )
                fix = (
                    where.rewritten(candidate.written)
                    if type(where) is Scalar and certain(where, candidate)
                    else ()
                )
                return f"{candidate.reason}: {written}", fix
        word = guilty.data()
        if not isinstance(word, str) or not argument.names:
            return None, ()
        hint = did_you_mean(word, argument.names) or (
            f"one of {listed(argument.names)}" if len(argument.names) <= 8 else None
        )
        return hint, guilty.respelled(slip(word, argument.names)) if type(guilty) is Scalar else ()

    def kind(self, cls: Scalar) -> type[Layer] | None:
        name = cls.value if isinstance(cls.value, str) else describe(cls.value)
        if name in registry.REFUSED:
            self.findings.error(
                cls.span,
                "unsupported-layer",
                f"`{name}` cannot stand in a spec: {registry.REFUSED[name]}",
            )
            return None
        kind = registry.layer(name)
        if kind is None and name in self.customs:
            return custom(name)
        if kind is None:
            foreign = registry.FOREIGN.get(name)
            hint, written = (f"did you mean `{foreign}`?", None) if foreign else _written(name)
            fix: tuple[Edit, ...] = ()
            if written is not None:
                fix = cls.rewritten(written) if cls.plain else ()
            elif hint is None:
                hint, fix = (
                    did_you_mean(name, registry.layers()),
                    cls.respelled(slip(name, registry.layers())),
                )
            if hint is None and name == cls.value and name.isidentifier():
                hint = "if it is a layer of your own, name its module: --import MODULE"
            self.findings.error(cls.span, "unknown-layer", f"unknown layer `{name}`", hint, fix=fix)
        return kind


def _written(name: str) -> tuple[str | None, str | None]:
    """How a layer is written that stands there as Python has it, or without the blank behind the colon: in words, and as it is."""
    from mergecli.syntax.literals import LONGEST, called

    if len(name) > LONGEST:
        return None, None
    call = called(name)
    if call is not None:
        kind = registry.layer(call[0])
        if kind is None:
            return did_you_mean(call[0], registry.layers()), None
        if len(call[1]) > len(kind.arguments):
            return None, None
        arguments = {**dict(zip(kind.arguments, call[1])), **call[2]}
        value = call[1][0] if len(call[1]) == 1 and not call[2] else arguments
        written = f"{call[0]}: {flow(value)}" if arguments else call[0]
        return f"write `{written}`", written
    bare = re.fullmatch(r"(?:[\w.]*\.)?([A-Z]\w*)(?:[: ]\s*([\w.-]+)|[,;(:])?", name)
    if bare is None or bare[1] == name or registry.layer(bare[1]) is None:
        return None, None
    written = f"{bare[1]}: {bare[2]}" if bare[2] else bare[1]
    return f"write `{written}`", written
