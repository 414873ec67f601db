"""What is wrong with the arguments of an object, with hints and fixes.

Loaded only when something is wrong.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Optional, Tuple

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.former_names import ARGUMENTS, GONE_ARGUMENTS, MEANINGS, today
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.compiler.lowering.declared import Declared
from mergecli.diagnostics.diagnostic import DiagnosticSink, Edit
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import Searches, did_you_mean, listed, nearest, slip
from mergecli.syntax import foreign_entries
from mergecli.syntax.grammar import WRAPPED
from mergecli.syntax.literals import LONGEST, called, candidates, certain, listing, number, replaced
from mergecli.syntax.parser import role_of
from mergecli.syntax.quoting import describe, flow
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: Arguments that belong elsewhere in a spec, each with a hint.
ELSEWHERE = {
    "input_shape": "give the shape of the input under `input:`",
    "input_tensor": "name what it is applied to under `from`",
    "input_dim": "give the shape of the input under `input:`",
    **dict.fromkeys(
        ("from", "call", "as", "repeat"), "move it next to the layer; it is not an argument"
    ),
    "training": "write it next to the layer: `call: {training: …}`",
    "batch_input_shape": "give the shape of the input under `input:`, as `batch_shape`",
}
#: The most arguments or names that a hint lists.
MOST_LISTED = 8

#: A hint, and the edits that apply it if that is safe.
Fix = Tuple[Optional[str], Tuple[Edit, ...]]
#: The key of an argument, None for a value without a name, and the tree of the value.
Written = Tuple[Optional[Scalar], Tree]


#: Keras's classes of models, which hold layers and are none.
_MODELS = ("Sequential", "Model", "Functional")


class ArgumentReporter:
    """Reports wrong arguments.

    Args:
        sink: Receives the reports.
        declared: The names that the spec has given.
    """

    def __init__(self, sink: DiagnosticSink, declared: Declared) -> None:
        self.sink, self.declared = sink, declared

    def model_in_layer(self, tree: Tree) -> bool:
        """Report a model that is written in place of a layer; return whether a value is one."""
        if type(tree) is Sequence:
            message = f"expected a layer or a model, found {describe(tree.data())}"
            hint = "write a model: `layer: {input: …, layers: […]}`"
            self.sink.error(tree.span, "wrong-type", message, hint)
            return True
        if type(tree) is not Scalar or not isinstance(tree.value, str):
            return False
        model = role_of(tree)
        if model is not None:
            hint = f"write `layer: {{{model}: {flow(tree.value)}}}`"
            self.sink.error(tree.span, "unknown-layer", f"unknown layer `{tree.value}`", hint)
        return model is not None

    def similar_layer(self, name: Scalar, shown: str, is_entry: bool) -> Fix:
        """Return the hint and the fix for the name of an unknown layer."""
        declared = self.declared.entry(shown) if is_entry else None
        if declared is not None and slip(shown, registry.layers()) is None:
            written = declared[1]
            is_name = name.plain and written.isidentifier()
            return declared[0], name.rewritten(written) if is_name else ()
        if is_entry and shown in _MODELS:
            return (
                "write its layers as entries of `layers`, or as a block: `blocks: {name: {layers: […]}}`",
                (),
            )
        role = role_of(name) if is_entry else None
        if role is not None:
            return f"a model is a branch: `branches: {{name: {{{role}: {flow(shown)}}}}}`", ()
        hint, text = _as_entry(shown, self.sink.searches)
        if text is not None:
            return hint, name.rewritten(text) if name.plain else ()
        if hint is not None:
            return hint, ()
        layers = registry.layers()
        typo = slip(shown, layers)
        former = today(shown)
        # A class in another case, such as `dense`, is more likely than an operation of that name.
        is_case = typo is not None and typo.casefold() == shown.casefold().replace("_", "")
        if former is not None and not is_case:
            # Only the module goes; a class of another name may take other arguments.
            is_same = (former.name or "").rpartition(".")[2] == shown.rpartition(".")[2]
            return former.hint, name.respelled(former.name if is_same else None)
        hint = did_you_mean(shown, layers, self.sink.searches)
        if hint is None and shown.startswith("ops."):
            hint = "for a list of operations, run: mergecli layers"
        if shown != name.value or not shown.isidentifier() or typo is not None:
            return hint, name.respelled(typo)
        own = "a layer of your own, name its module: --import MODULE"
        return f"{hint} For {own}" if hint else f"for {own}", ()

    def without_argument(self, cls: type[KerasObject], tree: Tree, shown: str) -> str:
        """Return the hint for a value of a class that takes none: tensors, for a merge."""
        if getattr(cls, "merging", None) is not None and type(tree) is Sequence:
            return f"name the tensors next to it: `from: {flow(tree.data())}`"
        return f"write only `{shown}`"

    def optimizer_by_name(self, tree: Mapping, role: str) -> str | None:
        """Return the hint for an optimizer whose class is the value of the key `name`."""
        name = tree.get("name")
        if role != "optimizer" or type(name) is not Scalar or not isinstance(name.value, str):
            return None
        known = registry.things(role)
        cls = known.get(name.value) or known.get(slip(name.value, known) or "")
        if cls is None:
            return None
        rest = {str(key.value): value.data() for key, value in tree.entries if key.value != "name"}
        return f"write `{flow({cls.__name__: _renamed(cls, rest)})}`"

    def foreign(self, tree: Mapping, role: str) -> bool:
        """Report an object whose class is the value of a key; return whether it is one."""
        foreign = foreign_entries.read(tree, (), registry.things(role))
        if foreign is None:
            return False
        written = f"{foreign.key.raw}: {foreign.cls.raw}"
        message = f"the key of an object must be its class, found `{written}`"
        self.sink.error(foreign.key.span, "wrong-type", message, foreign.hint, fix=foreign.fix)
        return True

    def unknown_object(self, key: Scalar, role: str) -> None:
        """Report the name of an unknown regularizer or the like."""
        known, name = registry.things(role), str(key.value)
        classes = listed(sorted({cls.__name__ for cls in known.values()}))
        hint = did_you_mean(name, known, self.sink.searches) or f"one of {classes}"
        fix = key.respelled(slip(name, known))
        self.sink.error(key.span, "wrong-value", f"unknown {role} `{name}`", hint, fix=fix)

    def positional(self, cls: type[KerasObject], tree: Tree | None, shown: str) -> bool:
        """Report arguments without names, as in `Conv2D: 32, 3`; return whether there are any."""
        if tree is None or (type(tree) is Mapping and not _is_bare(tree)):
            return False
        items = listing(tree)
        named: dict[str, object] = {}
        if type(tree) is Scalar and isinstance(tree.value, str):
            items, named = _arguments_of_text(shown, tree.value, items, len(cls.required))
        is_set = type(tree) is Mapping and len(items) == 1
        if not (len(items) + len(named) >= 2 or named or is_set) or len(items) > len(cls.arguments):
            return False
        arguments = {**dict(zip(cls.arguments, items)), **named}
        try:
            cls(**arguments)
        except ArgumentErrors:
            return False
        message = f"`{shown}` takes several arguments only by name"
        if is_set:
            message = f"`{shown}` takes arguments by name, or one value"
        text = f"{shown}: {flow(items[0] if is_set else arguments)}"
        hint = f"write `{text}`"
        self.sink.error(tree.span, "wrong-type", message, hint)
        return True

    def value(
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
        if tree is None:
            self.sink.error(span, error.code, f"`{shown}` {error.message}", error.hint)
            return
        offending = _part(tree, error)
        suffix = ""
        if error.words is not None:
            suffix = f", found {describe(offending.data())}"
            if error.path and offending is not tree and type(offending) is Scalar:
                suffix += f" in {describe(tree.data())}"
        hint: str | None = error.hint
        fix: tuple[Edit, ...] = ()
        if not hint:
            name = shown.rsplit(".", 1)[1]
            hint, fix = self._correction(name, tree, offending, argument, alone)
        message = f"`{shown}` {error.message}{suffix}"
        self.sink.error(offending.span, error.code, message, hint, fix=fix)

    def report(
        self,
        errors: list[ArgumentError],
        cls: type[KerasObject],
        written: dict[str, Written],
        shown: str,
        span: Span,
        spoiled: set[str],
    ) -> None:
        """Report everything that is wrong with the arguments of one object.

        Args:
            errors: What its class refuses.
            cls: Its class.
            written: Its arguments as they are written.
            shown: The name of the class in messages.
            span: The place of the class.
            spoiled: The arguments whose values are already reported.
        """
        _Report(self, cls, written, shown, span, spoiled).errors(errors)

    def _correction(
        self, name: str, tree: Tree, offending: Tree, argument: Argument, alone: bool
    ) -> Fix:
        """Return a correction that the argument accepts, or a similar name."""
        declared = self._variable(tree, offending, argument)
        if declared is not None:
            return declared
        for where in (offending,) if offending is tree else (offending, tree):
            for candidate in candidates(where):
                try:
                    argument.check(replaced(tree, where, candidate.value))
                except ArgumentError:
                    continue
                text = candidate.written
                is_part = alone or where is not tree
                shown = f"`{text}`" if is_part else f"`{name}: {text}`"
                is_safe = type(where) is Scalar and certain(where, candidate)
                fix = where.rewritten(text) if is_safe and type(where) is Scalar else ()
                colon = "" if candidate.reason == "write" else ":"
                return f"{candidate.reason}{colon} {shown}", fix
        word, names = offending.data(), argument.names
        if argument.role is not None and type(offending) is Scalar and "(" in offending.raw:
            object_fix = _call_as_object(offending, argument.role)
            if object_fix is not None:
                return object_fix
        if type(offending) is Scalar and (variable := _of_variable(offending)) is not None:
            return variable, ()
        if argument.role is not None and (regular := _as_object(word, argument)) is not None:
            return regular, ()
        if not isinstance(word, str) or not names:
            return None, ()
        if "." in word and word.rpartition(".")[2] in names:
            short = word.rpartition(".")[2]
            fix = offending.rewritten(short) if type(offending) is Scalar else ()
            return f"write `{short}`", fix
        all_names = f"one of {listed(names)}" if len(names) <= MOST_LISTED else None
        hint = did_you_mean(word, names, self.sink.searches) or all_names
        fix = offending.respelled(slip(word, names)) if type(offending) is Scalar else ()
        return hint, fix

    def _variable(self, tree: Tree, offending: Tree, argument: Argument) -> Fix | None:
        """Return the variable that a string names, if the argument accepts its value."""
        written = self.declared.as_variable(offending)
        if written is None or type(offending) is not Scalar:
            return None
        value = written[1] if offending is tree else self.declared.filled(tree)
        try:
            argument.check(value)
        except ArgumentError:
            return None
        return f"write the variable as `{written[0]}`", offending.rewritten(written[0])


def _arguments_of_text(
    shown: str, text: str, items: list[object], required: int
) -> tuple[list[object], dict[str, object]]:
    """Return the arguments in a string: as in a call of Python, or with spaces between them.

    Args:
        shown: The name of the class.
        text: The string.
        items: What is between its commas.
        required: How many arguments the class needs.
    """
    call = called(f"{shown}({text})")
    if call is not None and call[2]:
        return list(call[1]), call[2]
    pairs = re.findall(r"\s*(\w+)\s*=\s*([^,=]+?)\s*(?:,|$)", text) if len(text) <= LONGEST else []
    if pairs and len(pairs) == text.count("="):
        return [], {name: number(value) or value for name, value in pairs}
    if not items and len(text) <= LONGEST:
        words: list[object] = [number(word) or word for word in text.split()]
        # Numbers alone are a list, unless the class needs several arguments.
        if required > 1 or any(isinstance(word, str) for word in words):
            return words, {}
    return items, {}


def _of_variable(tree: Scalar) -> str | None:
    """Return the hint for a variable in the form of a shell, and for arithmetic with one."""
    raw = tree.raw
    if re.fullmatch(r"\$\{\w+\}", raw):
        return f"write a variable without braces: `${raw[2:-1]}`"
    if re.match(r"\$\w+ *[-+*/%]", raw):
        return f"put an expression in parentheses: `$({raw.replace('$', '')})`"
    if raw.startswith("$(") and type(tree.value) is float and re.search("[^/]/[^/]", raw):
        return f"divide to an integer: `{re.sub('(?<!/)/(?!/)', '//', raw)}`"
    return None


def _as_object(word: object, argument: Argument) -> str | None:
    """Return the hint for a number as a regularizer, and for the first part of a name."""
    if argument.role == "regularizer" and type(word) in (int, float):
        return f"name the class: `{{L2: {word}}}`"
    names = [name for name in argument.names if name.startswith(f"{word}_")]
    if isinstance(word, str) and len(word) > 1 and 0 < len(names) <= MOST_LISTED:
        return f"did you mean {listed(names)}?"
    return None


def _is_bare(tree: Mapping) -> bool:
    """Whether a mapping has only keys without values, like `{32, 3}`."""
    return all(type(value) is Scalar and value.raw == "" for _, value in tree.entries)


def _part(tree: Tree, error: ArgumentError) -> Tree:
    """Return the part of a value that an error is about."""
    part = tree
    for step in error.path:
        if type(part) is Sequence and isinstance(step, int) and step < len(part.items):
            part = part.items[step]
        elif type(part) is Mapping:
            part = part.get(str(step)) or part
    return part


class _Report(Record):
    """Reports everything that is wrong with the arguments of one object.

    Attributes:
        reporter: Has the sink that receives the reports.
        cls: The class of the object.
        written: Its arguments as they are written.
        shown: The name of the class in messages.
        span: The place of the class.
        spoiled: The arguments whose values are already reported.
        before: For each argument the one that is written before it, for the first one the last.
    """

    reporter: ArgumentReporter
    cls: type[KerasObject]
    written: dict[str, Written]
    shown: str
    span: Span
    spoiled: set[str]

    @cached_property
    def before(self) -> dict[str, str]:
        names = list(self.written)
        return dict(zip(names, (names[-1], *names)))

    def errors(self, errors: list[ArgumentError]) -> None:
        missing = {str(e.argument) for e in errors if e.code == "missing-argument"}
        # Missing arguments that the message about another one explains.
        explained: set[str] = set()
        for error in errors:
            if error.code == "unknown-argument":
                explained |= self.unknown(str(error.argument), missing)
        for error in errors:
            name = str(error.argument)
            if error.code == "missing-argument":
                if name not in explained and name not in self.spoiled:
                    words = self.cls.arguments[name].words
                    message = f"`{self.shown}` needs `{name}`: {words}"
                    hint = error.hint or self.cls.missing_hints.get(name)
                    hint = hint or self.written_out(missing)
                    self.reporter.sink.error(self.span, "missing-argument", message, hint)
            elif error.code != "unknown-argument":
                key, value = self.written.get(name, (None, None))
                alone = key is None or key.end is key.start
                is_switch = type(value) is Scalar and type(value.value) is bool
                if alone and is_switch and not self.cls.required and not error.hint:
                    error.hint = f"write `{self.shown}` without a value"
                argument, shown = self.cls.arguments[name], f"{self.shown}.{name}"
                self.reporter.value(error, shown, value, argument, self.span, alone)

    def written_out(self, missing: set[str]) -> str | None:
        """Return the hint for missing arguments after a single value without a name."""
        written = [(name, key, value) for name, (key, value) in self.written.items()]
        if len(written) != 1 or written[0][0] in self.spoiled:
            return None
        name, key, value = written[0]
        if type(value) is not Scalar or (key is not None and key.end is not key.start):
            return None
        others = "".join(f", {other}: …" for other in self.cls.required if other in missing)
        given = "…" if " " in value.raw else value.raw
        return f"write `{self.shown}: {{{name}: {given}{others}}}`"

    def unknown(self, name: str, missing: set[str]) -> set[str]:
        """Report an unknown argument; return the missing ones that it was meant to be."""
        key = self.written[name][0]
        span = key.span if key is not None else self.span
        raw = key.raw if key is not None else name
        hint: str | None
        fix: tuple[Edit, ...] = ()
        explained: set[str] = set()
        if "layer" in missing and self.belongs_in_layer(name):
            explained, raw = {"layer"}, name
            hint = f"write `{self.shown}: {{layer: {{{name}: …}}}}`"
        else:
            hint, fix, explained = self.suggestion(name, key, missing)
        message = f"`{self.shown}` has no argument `{raw}`"
        self.reporter.sink.error(span, "unknown-argument", message, hint, fix=fix)
        return explained

    def belongs_in_layer(self, name: str) -> bool:
        """Whether a name is a class, or a key of a model, that the argument `layer` takes."""
        is_key = name in WRAPPED.names and self.cls.arguments["layer"].models
        return is_key or registry.layer(name) is not None

    def suggestion(
        self, name: str, key: Scalar | None, missing: set[str]
    ) -> tuple[str | None, tuple[Edit, ...], set[str]]:
        """Return the hint and the fix for an unknown argument, and the missing ones it explains."""
        glued = self.glued(name, key)
        if glued is not None:
            return glued
        split = self.split_number(name)
        if split is not None:
            return split, (), set()
        former = self.former(name, key)
        if former is not None:
            return former
        if getattr(self.cls, "merging", None) and name in ("inputs", "layers", "branches"):
            return f"name the tensors with `from` next to `{self.shown}`", (), set()
        if name in ELSEWHERE:
            return ELSEWHERE[name], (), set()
        free = [argument for argument in self.cls.arguments if argument not in self.written]
        near = nearest(name, free, searches=self.reporter.sink.searches)
        if not near:
            return self.all_arguments(), (), set()
        hint = f"did you mean {listed(near)}?"
        fix = key.respelled(slip(name, free)) if key is not None else ()
        if near[0] in missing:
            return f"{hint} It is required and missing", fix, {near[0]}
        return hint, fix, set()

    def former(
        self, name: str, key: Scalar | None
    ) -> tuple[str | None, tuple[Edit, ...], set[str]] | None:
        """Return the hint for an argument by its name in another version or framework."""
        for table, reason in ((ARGUMENTS, " Keras has renamed it"), (MEANINGS, "")):
            for new in table.get(name, ()):
                if new in self.cls.arguments and new not in self.written:
                    fix = key.respelled(new) if key is not None else ()
                    return f"did you mean `{new}`?{reason}", fix, {new}
        if name in GONE_ARGUMENTS:
            return GONE_ARGUMENTS[name], (), set()
        return None

    def all_arguments(self) -> str | None:
        own = [name for name in self.cls.arguments if name not in self.cls.common]
        if not own:
            return None
        if len(own) <= MOST_LISTED:
            return f"it takes {listed(own, 'and')}"
        return f"for a list, run: mergecli layers {self.cls.__name__}"

    def glued(
        self, name: str, key: Scalar | None
    ) -> tuple[str | None, tuple[Edit, ...], set[str]] | None:
        """Return the hint for `units:8` and `units=8`, which YAML reads as one key."""
        result = None
        for mark, reason in (
            (":", "add a space after the colon"),
            ("=", "in YAML, write a colon and a space"),
        ):
            first, _, rest = name.partition(mark)
            if rest and first.strip() in self.cls.arguments:
                text = f"{first.strip()}: {rest.strip()}"
                fix = key.rewritten(text) if key is not None and key.plain else ()
                result = f"{reason}: `{text}`", fix, {first.strip()}
        return result

    def split_number(self, name: str) -> str | None:
        """Return the hint for `units: 1,000` in braces, where a comma starts another argument."""
        before = self.before[name]
        (key, rest), (_, first) = self.written[name], self.written[before]
        if key is None or before not in self.cls.arguments:
            return None
        if type(first) is not Scalar or type(rest) is not Scalar or rest.raw:
            return None
        value = number(f"{first.raw},{key.raw}")
        try:
            self.cls.arguments[before].check(value)
        except ArgumentError:
            return None
        if value is None:
            return None
        return f"a comma starts another argument: `{before}: {value}`"


def _as_entry(name: str, searches: Searches) -> tuple[str | None, str | None]:
    """Return how to write a layer that looks like Python, or lacks the space after the colon.

    Returns:
        A hint, and the text of the entry if it is known.
    """
    if len(name) > LONGEST:
        return None, None
    call = called(name)
    if call is not None:
        return _call_as_entry(*call, searches)
    bare = re.fullmatch(r"(?:[\w.]*\.)?([A-Z]\w*)(?:[: ]\s*([\w.-]+)|[,;(:])?", name)
    if bare is None or bare[1] == name or registry.layer(bare[1]) is None:
        return None, None
    text = f"{bare[1]}: {bare[2]}" if bare[2] else bare[1]
    return f"write `{text}`", text


def _call_as_object(tree: Scalar, role: str) -> Fix | None:
    """Return how to write a call of Python, such as `l2(0.01)`, as an object with arguments."""
    call = called(tree.raw)
    if call is None:
        return None
    name, values, named = call
    known = registry.things(role)
    name = name if name in known else slip(name, known) or name
    cls = known.get(name)
    if cls is None or len(values) > len(cls.arguments):
        return None
    arguments = {**dict(zip(cls.arguments, values)), **_renamed(cls, named)}
    text = flow({name: arguments})
    try:
        cls(**arguments)
    except ArgumentErrors:
        return f"write the class with its arguments by name: `{text}`", ()
    return f"write `{text}`", tree.rewritten(text)


def _renamed(cls: type[KerasObject], arguments: dict[str, object]) -> dict[str, object]:
    """Return arguments under the names that they have today."""
    renamed = {}
    for name, value in arguments.items():
        today_names = [new for new in ARGUMENTS.get(name, ()) if new in cls.arguments]
        is_known = name in cls.arguments or not today_names
        renamed[name if is_known else today_names[0]] = value
    return renamed


def _call_as_entry(
    name: str, values: list[object], named: dict[str, object], searches: Searches
) -> tuple[str | None, str | None]:
    """Return how to write a call of Python as an entry."""
    cls = registry.layer(name)
    if cls is None:
        return did_you_mean(name, registry.layers(), searches), None
    if len(values) > len(cls.arguments):
        return None, None
    arguments = {**dict(zip(cls.arguments, values)), **named}
    value = values[0] if len(values) == 1 and not named else arguments
    text = f"{name}: {flow(value)}" if arguments else name
    return f"write `{text}`", text
