"""Trees of arguments -> layers, regularizers, …, or what is wrong with them."""

from __future__ import annotations

import re
from typing import Any, Container

from mergecli.diagnostic import Findings
from mergecli.expand import broken
from mergecli.layers import catalogue
from mergecli.layers.arguments import Argument, ArgumentError
from mergecli.layers.base import Faults, Kind, Layer
from mergecli.layers.stand_ins import custom
from mergecli.names import did_you_mean, listed, nearest
from mergecli.reader import Mapping, Scalar, Sequence, Tree, describe, resolve
from mergecli.source import Span

#: Arguments that stand elsewhere in a spec, and those that have another name by now.
ELSEWHERE = {
    "input_shape": "the shape of the input stands under `input:`",
    "input_tensor": "what it is applied to stands under `from`",
    "input_dim": "the shape of the input stands under `input:`",
    **dict.fromkeys(("from", "call", "as", "repeat"), "it stands beside the layer, not among its arguments"),
    "batch_input_shape": "the shape of the input stands under `input:`, as `batch_shape`",
}
RENAMED = {"alpha": "negative_slope", "lr": "learning_rate"}
_WRONG: Any = type("Wrong", (), {"role": None, "__repr__": lambda self: "wrong"})()


class Objects:
    """Makes objects; what is wrong goes to the findings."""

    def __init__(self, findings: Findings, customs: Container[str] = ()) -> None:
        #: `customs` are the names of the user's own layers.
        self.findings, self.customs = findings, customs

    def object(self, kind: type[Kind], tree: Tree | None, shown: str, span: Span) -> tuple[Kind | None, dict[str, Tree]]:
        """A layer, regularizer, … from the tree of its arguments, with the places of their values; None when one is wrong."""
        values: dict[str, Any] = {}
        trees: dict[str, tuple[Scalar | None, Tree]] = {}
        before = len(self.findings)
        if type(tree) is Mapping:
            for key, value in _with_tuples(tree.entries):
                trees[str(key.value)] = (key, value)
        elif tree is not None and not (type(tree) is Scalar and tree.plain and tree.raw == ""):
            first = next((name for name in kind.arguments if name not in kind.common), None)
            if first is None:
                self.findings.error(
                    tree.span, "unknown-argument", f"`{shown}` takes no argument, found {describe(tree.data())}", f"write `{shown}` alone"
                )
                return None, {}
            trees[first] = (None, tree)
        for name, (_, value) in trees.items():
            argument = kind.arguments.get(name)
            if argument is None:
                values[name] = value.data() if kind.open else None
            elif argument.keyed and argument.role is not None and type(value) is Mapping:
                inside = {key.value: self.nested(argument, item, argument.role) for key, item in value.entries}
                values[name] = _WRONG if _WRONG in inside.values() else inside
            elif argument.role is not None and type(value) is not Scalar:
                values[name] = self.nested(argument, value, argument.role)
            elif argument.role == "layer" and not argument.names and type(value) is Scalar and isinstance(value.value, str):
                values[name] = self.nested(argument, value, "layer")
            else:
                values[name] = value.data()
        # An argument that is itself wrong is reported already; the others are still checked.
        spoiled: set[str] = set()
        if len(self.findings) > before or self.findings.broken:
            spoiled = {name for name, value in values.items() if value is _WRONG or broken(value)}
            values = {name: value for name, value in values.items() if name not in spoiled}
        places = {name: value for name, (_, value) in trees.items()}
        try:
            made: Kind | None = kind(**values)
        except Faults as faults:
            made = None
            self.faults(faults.faults, kind, trees, shown, span, spoiled)
        return (made if len(self.findings) == before and not spoiled else None), places

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
                tree.span, "wrong-type", f"{argument.words} is written as one class with its arguments, found {names or 'nothing'}", hint
            )
            return _WRONG
        name = str(key.value)
        if role == "layer":
            kind: type[Kind] | None = self.kind(key)
            if kind is None:
                return _WRONG
        else:
            refusal = catalogue.REFUSED_OBJECTS.get(role, {}).get(name)
            if refusal is not None:
                self.findings.error(key.span, "wrong-value", f"`{name}` cannot stand in a spec: {refusal}")
                return _WRONG
            known = catalogue.things(role)
            kind = known.get(name)
            if kind is None:
                near = did_you_mean(name, known) or f"one of {listed(sorted({k.__name__ for k in known.values()}))}"
                self.findings.error(key.span, "wrong-value", f"unknown {role} `{name}`", near)
                return _WRONG
        made, _ = self.object(kind, inner, name, key.span)
        return _WRONG if made is None else made

    def faults(
        self,
        faults: list[ArgumentError],
        kind: type[Kind],
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
                if "layer" in missing and catalogue.layer(name) is not None:
                    explained.add("layer")
                    wrapped = f"write `{shown}: {{layer: {{{name}: …}}}}`"
                    self.findings.error(
                        key.span if key is not None else span, "unknown-argument", f"`{shown}` has no argument `{name}`", wrapped
                    )
                    continue
                near = nearest(name, [n for n in kind.arguments if n not in trees])
                hint: str | None = ELSEWHERE.get(name)
                if RENAMED.get(name) in kind.arguments:
                    hint = f"did you mean `{RENAMED[name]}`? Keras has renamed it"
                if near and hint is None:
                    hint = f"did you mean {listed(near)}?"
                    if near[0] in missing:
                        hint += " It is required and missing here"
                        explained.add(near[0])
                if ":" in name:
                    hint = f"put a blank behind the colon: `{name.replace(':', ': ', 1)}`"
                if hint is None:
                    own = [n for n in kind.arguments if n not in kind.common]
                    hint = (
                        f"it takes {listed(own, 'and')}"
                        if 0 < len(own) <= 8
                        else f"see them: mergecli layers {kind.__name__}"
                        if own
                        else None
                    )
                self.findings.error(key.span if key is not None else span, "unknown-argument", f"`{shown}` has no argument `{name}`", hint)
        for fault in faults:
            name = str(fault.argument)
            if fault.code == "missing-argument":
                if name not in explained and name not in spoiled:
                    words = kind.arguments[name].words
                    self.findings.error(span, "missing-argument", f"`{shown}` needs `{name}`: {words}", fault.hint)
            elif fault.code != "unknown-argument":
                tree = trees[name][1] if name in trees else None
                self.fault(fault, f"{shown}.{name}", tree, kind.arguments[name], span)

    def fault(self, fault: ArgumentError, shown: str, tree: Tree | None, argument: Argument, span: Span | None = None) -> None:
        """One wrong value, at its place."""
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
        hint = fault.hint or self.mend(shown.rsplit(".", 1)[1], tree, guilty, argument)
        self.findings.error(guilty.span, fault.code, f"`{shown}` {fault.message}{found}", hint)

    def mend(self, name: str, tree: Tree, guilty: Tree, argument: Argument) -> str | None:
        """What to write instead, tried before it is offered."""
        value = guilty.data()
        candidates: list[tuple[Any, str, str]] = []
        if type(value) in (int, float):
            candidates = [([value], "a list, even of one", f"[{value}]"), (str(value), "quote it", f'"{value}"')]
            if type(value) is int and abs(value) < 2**53:
                candidates.insert(0, (float(value), "write a decimal number", str(float(value))))
            return self.tried(candidates, name, tree, guilty, argument)
        if not isinstance(value, str):
            return None
        plain = resolve(value.strip()) if value.strip() else None
        if not isinstance(plain, str) and type(guilty) is Scalar and not guilty.plain:
            candidates.append((plain, "remove the quotes", value.strip()))
        inner = re.fullmatch(r"\(\s*(.*?),?\s*\)", value)
        if inner:
            items = [resolve(part.strip()) for part in inner[1].split(",")]
            written = "[" + ", ".join(part.strip() for part in inner[1].split(",")) + "]"
            candidates.append((items, "YAML writes a list in brackets", written))
        words = {
            "None": (None, "null"),
            "True": (True, "true"),
            "False": (False, "false"),
            "yes": (True, "true"),
            "on": (True, "true"),
            "no": (False, "false"),
            "off": (False, "false"),
        }
        if value in words:
            candidates.append((words[value][0], "in YAML 1.2 that is a text", words[value][1]))
        offer = self.tried(candidates, name, tree, guilty, argument)
        if offer is None and argument.names:
            offer = did_you_mean(value, argument.names) or (f"one of {listed(argument.names)}" if len(argument.names) <= 8 else None)
        return offer

    def tried(self, candidates: list[tuple[Any, str, str]], name: str, tree: Tree, guilty: Tree, argument: Argument) -> str | None:
        """The first candidate (a value, a reason, how it is written) that the argument accepts, in words."""
        for candidate, reason, written in candidates:
            try:
                argument.check(_replaced(tree, guilty, candidate))
            except ArgumentError:
                continue
            # The lone value of an input is written without its name.
            alone = guilty is not tree or name == "shape"
            return f"{reason}: `{written}`" if alone else f"{reason}: `{name}: {written}`"
        return None

    def kind(self, cls: Scalar) -> type[Layer] | None:
        name = cls.value
        if name in catalogue.REFUSED:
            self.findings.error(cls.span, "unsupported-layer", f"`{name}` cannot stand in a spec: {catalogue.REFUSED[name]}")
            return None
        kind = catalogue.layer(name)
        if kind is None and name in self.customs:
            return custom(name)
        if kind is None:
            foreign = catalogue.FOREIGN.get(name)
            hint = f"did you mean `{foreign}`?" if foreign else did_you_mean(name, catalogue.layers())
            call = re.fullmatch(r"(?:[\w.]*\.)?([A-Z]\w*)(?:[:( ]\s*(.*?)\)?)?", name)
            if call and call[1] != name and catalogue.layer(call[1]) is not None:
                hint = f"write `{call[1]}: {call[2]}`" if call[2] else f"write `{call[1]}`"
            if hint is None and name.isidentifier():
                hint = "if it is a layer of your own, name its module: --import MODULE"
            self.findings.error(cls.span, "unknown-layer", f"unknown layer `{name}`", hint)
        return kind


def _with_tuples(entries: list[tuple[Scalar, Tree]]) -> list[tuple[Scalar, Tree]]:
    """Entries in which `size: (3, 3)`, which YAML takes apart at the comma of a flow mapping, is one text again."""
    joined: list[tuple[Scalar, Tree]] = []
    opened = False
    for key, tree in entries:
        if opened and type(tree) is Scalar and tree.raw == "":
            first, value = joined[-1]
            assert type(value) is Scalar
            text = f"{value.raw}, {key.raw}"
            joined[-1] = (first, Scalar(text, text, True, value.start, key.end))
            opened = not key.raw.endswith(")")
            continue
        joined.append((key, tree))
        opened = type(tree) is Scalar and tree.plain and tree.raw.startswith("(") and not tree.raw.endswith(")")
    return joined


def _replaced(tree: Tree, guilty: Tree, value: Any) -> Any:
    """The plain value of a tree with one part exchanged."""
    if tree is guilty:
        return value
    if type(tree) is Sequence:
        return [_replaced(item, guilty, value) for item in tree.items]
    if type(tree) is Mapping:
        return {key.value: _replaced(item, guilty, value) for key, item in tree.entries}
    return tree.data()
