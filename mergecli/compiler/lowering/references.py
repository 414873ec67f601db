"""References: `from` is read while entries are lowered, and resolved once names are known."""

from __future__ import annotations

import itertools
import re

from mergecli.catalog.arguments import ArgumentError
from mergecli.compiler.lowering.context import (
    Constant,
    End,
    Lowering,
    Reference,
    Sources,
    Start,
)
from mergecli.diagnostics.diagnostic import Related
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Span, sentence
from mergecli.diagnostics.suggestions import did_you_mean, listed, with_parts
from mergecli.ir.graph import Call, Value
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: The most branches in a row that pass on a result of one another.
MAX_PASSED_ON = 64
#: The most errors for which it is computed which names would make a cycle.
_MOST_TRACED = 50
#: The most names that are searched for all these errors.
_MOST_SEARCHED = 50_000
#: The most names that a hint about an unknown reference lists.
MOST_LISTED = 8


# Reading.


def read_sources(
    context: Lowering,
    tree: Tree,
    previous: Start,
    in_entry: bool,
    takes_numbers: bool = False,
) -> Sources | None:
    """Read the value of a `from`.

    Args:
        context: The spec.
        tree: The value, its variables replaced.
        previous: The result of the entry before.
        in_entry: Whether it is in an entry, where `previous`, and `input` in a block, are defined.
        takes_numbers: Whether numbers may be among the tensors, as for operations.

    Returns:
        The tensors; None if it is wrong, which is reported.
    """
    reader = _SourceReader(context, previous, in_entry, takes_numbers)
    if type(tree) is Mapping:
        # Masks come after what they mask.
        entries = sorted(tree.entries, key=lambda entry: "mask" in str(entry[0].value))
        pairs = [
            (item, str(key.value))
            for key, value in entries
            for item in (value.items if type(value) is Sequence else [value])
        ]
        ends = [reader.end(item) for item, _ in pairs]
        keywords = tuple(keyword for _, keyword in pairs)
    else:
        ends = [reader.end(item) for item in (tree.items if type(tree) is Sequence else [tree])]
        keywords = ()
    if not ends:
        context.sink.error(
            tree.span, "wrong-value", "`from` must name at least one tensor, found none"
        )
    known = tuple(end for end in ends if end is not None)
    if not ends or len(known) < len(ends):
        return None
    if all(isinstance(end, Constant) and type(end.value) not in (int, float) for end in known):
        message = "`from` must name at least one tensor, found only numbers"
        context.sink.error(tree.span, "wrong-type", message)
        return None
    return Sources(known, type(tree) is Sequence, keywords, tree.span)


class _SourceReader(Record):
    """Reads the references of one `from`; the fields are the arguments of `read_sources`."""

    context: Lowering
    previous: Start
    in_entry: bool
    takes_numbers: bool

    def end(self, tree: Tree) -> End | None:
        """Return one reference or number; None if it is wrong."""
        if type(tree) is Scalar and isinstance(tree.value, str):
            return self.reference(tree, tree.value)
        if broken(tree.data()):
            return None
        if self.in_entry and self.takes_numbers and type(tree) is not Scalar:
            return self.array(tree)
        reason = "expected the name of a layer, an input or a branch"
        if type(tree) is Scalar and (type(tree.value) is int or type(tree.value) is float):
            if self.in_entry and self.takes_numbers:
                return Constant(tree.value, tree.span)
            reason = "only operations, such as `ops.add`, take numbers"
        message = f"`from` cannot take {describe(tree.data())}: {reason}"
        self.context.sink.error(tree.span, "wrong-type", message)
        return None

    def array(self, tree: Tree) -> End | None:
        """Return an array of numbers; None if it is wrong."""
        from mergecli.ir.constants import MOST_NUMBERS, ConstantArray, count  # start-up

        numbers, dtype = tree, None
        if isinstance(tree, Mapping):
            parts = {str(key.value): value for key, value in tree.entries}
            if "constant" not in parts or not parts.keys() <= {"constant", "dtype"}:
                message = f"`from` cannot take {describe(tree.data())}: expected the name of a tensor, numbers, or an array"
                hint = "write an array as `{constant: [1, 2], dtype: int64}`"
                self.context.sink.error(tree.span, "wrong-type", message, hint)
                return None
            numbers = parts["constant"]
            dtype = self.array_dtype(parts["dtype"]) if "dtype" in parts else None
            if "dtype" in parts and dtype is None:
                return None
        value = numbers.data()
        if count(value) > MOST_NUMBERS:
            message = f"has more than {MOST_NUMBERS:,} numbers"
            self.context.sink.error(numbers.span, "too-large", f"the array {message}")
            return None
        try:
            return Constant(ConstantArray.of(value, dtype), tree.span)
        except ArgumentError as error:
            place = numbers
            for step in error.path:
                if isinstance(place, Sequence) and isinstance(step, int):
                    place = place.items[step]
            message = f"an array must have only numbers, found {describe(place.data())}"
            if error.code == "wrong-value":
                message = f"an array must have rows of one length, found {describe(place.data())}"
            self.context.sink.error(place.span, error.code, message)
            return None

    def array_dtype(self, tree: Tree) -> str | None:
        """Return the dtype of an array; None if it is wrong."""
        from mergecli.ir.constants import ARRAY_DTYPES  # start-up

        if isinstance(tree, Scalar) and tree.value in ARRAY_DTYPES:
            return str(tree.value)
        dtypes = ", ".join(ARRAY_DTYPES)
        message = f"an array cannot have the dtype `{tree.data()}`"
        self.context.sink.error(tree.span, "wrong-value", message, f"one of {dtypes}")
        return None

    def reference(self, tree: Scalar, name: str) -> End | None:
        scope = self.context.scope if self.in_entry else None
        if name == "previous" and self.in_entry:
            return self.previous_entry(tree)
        if scope is not None and name.split("[")[0] == "input":
            return self.block_input(tree, name, scope.input)
        prefix = scope.prefix if scope is not None else ""
        return Reference(name, tree.span, scope=prefix, via=self.context.sink.via)

    def previous_entry(self, tree: Scalar) -> End | None:
        if isinstance(self.previous, Sources) and len(self.previous.ends) == 1:
            return self.previous.ends[0]
        reason = (
            "this is the first entry" if self.previous is None else "it could be one of several"
        )
        message = f"there is no `previous` here: {reason}"
        self.context.sink.error(tree.span, "unknown-reference", message)
        return None

    def block_input(self, tree: Scalar, name: str, sources: Sources | None) -> End | None:
        """Return the meaning of `input`, or `input[1]`, in an instance of a block."""
        ends = sources.ends if sources is not None else ()
        number = int(name[6:-1]) if re.fullmatch(r"input\[\d+\]", name) else 0
        if number < len(ends) and (len(ends) == 1 or name != "input"):
            return ends[number]
        message = f"there is no `{name}` here: the block is applied to {len(ends)} tensors"
        self.context.sink.error(tree.span, "unknown-reference", message)
        return None


def single(context: Lowering, end: Sources | None, owner: str, span: Span) -> Sources | None:
    """Return the end of a body, which must be one tensor; None if it is not."""
    if end is None or len(end.ends) == 1:
        return end
    message = f"{owner} ends in {len(end.ends)} tensors"
    hint = "join them with a layer, such as `Concatenate`"
    context.sink.error(span, "input-count", message, hint)
    return None


# Resolving.


def resolve_references(context: Lowering) -> None:
    """Resolve all references: of branches first, as everything else may refer to them."""
    graph, names = context.graph, context.names
    for name, end in names.ends.items():
        if end is not None and len(end.ends) == 1:
            branch = graph.branches[name]
            target = _branch_end(context, name, Reference(name, branch.span))
            graph.branches[name] = branch._replace(end=target)
    for call in graph.nodes:
        sources = names.sources[call.index]
        if call.sources is None and sources is not None:
            _resolve_call(context, call, sources)


def _resolve_call(context: Lowering, call: Call, sources: Sources) -> None:
    """Set the sources of a call, unless one of its references is wrong."""
    names, ends = context.names, sources.ends
    if ends and isinstance(ends[0], Reference) and ends[0].only == "all":
        ends = tuple(Reference(name, ends[0].span, "branch") for name in names.ends)
    names.asking = call.name
    targets = [resolve_end(context, end) for end in ends]
    names.asking = ""
    known = [target for target in targets if target is not None]
    if targets and len(known) == len(targets):
        call.sources = known
        call.listed, call.keywords = sources.listed, sources.keywords


def resolve(context: Lowering, sources: Sources | None) -> Value | None:
    """Return the single result of some sources; None if they are wrong or several."""
    if sources is None or len(sources.ends) != 1:
        return None
    return resolve_end(context, sources.ends[0])


def resolve_end(context: Lowering, end: End) -> Value | None:
    """Return the result that a reference names; None if it is wrong, which is reported once."""
    if isinstance(end, Value):
        return end
    if isinstance(end, int):
        return Value(end)
    if isinstance(end, Constant):
        return Value(-1, constant=end.value)
    name, result = _name_and_result(context, end)
    meanings = _lookup(context, end, name)
    targets = {
        meaning.target.producer if isinstance(meaning.target, Value) else meaning.target
        for meaning in meanings
    }
    if len(targets) > 1 and None not in targets:
        _report_ambiguous(context, end, name, meanings)
        return None
    if not meanings:
        if not end.only:
            _report_missing(context, end, name)
        return None
    return _select_result(meanings, result)


class _Meaning(Record):
    """A possible meaning of a reference: what it is, the result, and where it is named."""

    what: str
    target: int | Value | None
    span: Span


def _name_and_result(context: Lowering, end: Reference) -> tuple[str, int | None]:
    """Return the name in a reference, and the number of a result if it has one."""
    names = context.names
    text = f"{end.scope}_{end.text}" if end.scope else end.text
    if text not in names.taken and text not in names.ends and text not in names.instances:
        match = re.fullmatch(r"(.+)\[(\d+)\]", text)
        if match:
            return match[1], int(match[2])
    return text, None


def _lookup(context: Lowering, end: Reference, name: str) -> list[_Meaning]:
    """Return everything with a name."""
    graph, names = context.graph, context.names
    calls = graph.nodes
    meanings: list[_Meaning] = []
    if not end.only and name in names.taken:
        index = names.taken[name]
        meanings.append(_Meaning("layer", index, names.named[index] or calls[index].span))
    if end.only != "merge" and name in names.ends:
        span = graph.branches[name].span
        meanings.append(_Meaning("branch", _branch_end(context, name, end), span))
    if end.only != "branch" and name == "merge" and graph.merge is not None:
        meanings.append(_Meaning("merge", graph.merge, calls[graph.merge].span))
    if not end.only and name in names.instances:
        target = resolve(context, names.instances[name])
        meanings.append(_Meaning("block", target, end.span))
    if not meanings and name in names.inputs:
        index = names.inputs[name]
        meanings.append(_Meaning("input", index, calls[index].span))
    return meanings


def _select_result(meanings: list[_Meaning], result: int | None) -> Value | None:
    target = next((m.target for m in meanings if m.target is not None), None)
    if target is None:
        return None
    if isinstance(target, Value):
        return Value(target.producer, result if result is not None else target.result)
    return Value(target, result)


def _report_ambiguous(
    context: Lowering, end: Reference, name: str, meanings: list[_Meaning]
) -> None:
    what = " or ".join(f"a {meaning.what}" for meaning in meanings)
    index = context.names.taken.get(name)
    call = context.graph.nodes[index] if index is not None else None
    hint = "rename one of them"
    if call is not None and call.origin:
        hint = f"add `prefix: {call.branch}_` to the model of branch `{call.branch}`"
    context.sink.error(
        end.span,
        "ambiguous-name",
        f"`{name}` is ambiguous: it could be {what}",
        hint,
        related=tuple(Related(m.span, f"a {m.what} of that name") for m in meanings),
    )


def _report_missing(context: Lowering, end: Reference, name: str) -> None:
    names, sink = context.names, context.sink
    # In a spec with very many mistakes the search for names is what takes time.
    is_searched = len(sink) < min(_MOST_TRACED, _MOST_SEARCHED // (len(names.taken) + 1) + 1)
    if end.scope:
        prefix = f"{end.scope}_"
        taken = names.taken if is_searched else {}
        inside = [n[len(prefix) :] for n in taken if n.startswith(prefix)]
        sink.error(
            end.span,
            "unknown-reference",
            f"nothing in this block is named `{end.text}`",
            did_you_mean(end.text, inside, sink.searches)
            or "a block sees its own names, `input` and `previous`",
            note=sentence(end.via),
        )
    elif name in names.heads:
        message = f"`{name}` is a head, which cannot be referred to"
        hint = "refer to its last layer by name"
        sink.error(end.span, "unknown-reference", message, hint)
    else:
        merge = [] if context.graph.merge is None else ["merge"]
        relative = ["previous"] if name.startswith(("prev", "last")) else []
        every = itertools.chain(relative, names.taken, names.ends, merge) if is_searched else ()
        hidden = _dependents(context, names.asking) if is_searched else set()
        hidden.add(names.asking)
        known = dict.fromkeys(other for other in every if other not in hidden)
        near = with_parts(name, known)
        similar = f"did you mean {listed(near)}?" if near else None
        parts = [part.strip() for part in name.split(",")]
        if len(parts) > 1 and all(part in known for part in parts):
            similar = f"list them: `from: [{', '.join(parts)}]`"
        hint = similar or did_you_mean(name, known, sink.searches) or ""
        if not hint and 0 < len(known) <= MOST_LISTED:
            hint = f"there {'is' if len(known) == 1 else 'are'} {listed(known, 'and')}"
        sink.error(end.span, "unknown-reference", f"nothing is named `{name}`", hint or None)


def _dependents(context: Lowering, asking: str) -> set[str]:
    """Return the names that depend on a call: suggesting one of them would make a cycle."""
    names, calls = context.names, context.graph.nodes
    users: dict[str, list[str]] = {}
    for call in calls:
        sources = names.sources[call.index]
        for end in sources.ends if sources is not None else ():
            users.setdefault(_name_of(context, end), []).append(call.name)
    for branch, sources in names.ends.items():
        for end in sources.ends if sources is not None else ():
            users.setdefault(_name_of(context, end), []).append(branch)
    if context.graph.merge is not None:
        merge = calls[context.graph.merge].name
        users.setdefault(merge, []).append("merge")
        sources = names.sources[context.graph.merge]
        first = sources.ends[0] if sources is not None and sources.ends else None
        if isinstance(first, Reference) and first.only == "all":
            for branch in names.ends:
                users.setdefault(branch, []).append(merge)
    dependents: set[str] = set()
    reached = [asking]
    while reached:
        for user in users.get(reached.pop(), ()):
            if user not in dependents:
                dependents.add(user)
                reached.append(user)
    return dependents


def _name_of(context: Lowering, end: End) -> str:
    """Return the name of what a reference means, without checking it."""
    if isinstance(end, Reference):
        return _name_and_result(context, end)[0]
    index = end.producer if isinstance(end, Value) else end
    return context.graph.nodes[index].name if isinstance(index, int) and index >= 0 else ""


def _branch_end(context: Lowering, name: str, end: Reference) -> Value | None:
    """Return the last result of a branch; one without layers passes on its sources."""
    names = context.names
    seen: dict[str, None] = {}
    while name not in seen:
        seen[name] = None
        sources = names.ends[name]
        if sources is None or len(sources.ends) != 1:
            return None
        first = sources.ends[0]
        is_branch = isinstance(first, Reference) and first.text in names.ends
        if not isinstance(first, Reference) or not is_branch or first.text in names.taken:
            # A row of very many branches is followed once.
            names.passed.update(dict.fromkeys(seen, name))
            return _passed_on(context, name, first)
        name = names.passed.get(first.text, first.text)
    cycle = [*seen]
    _report_cycle(context, [*cycle[cycle.index(name) :], name], end.span)
    # A cycle of very many branches is followed once.
    names.ends.update(dict.fromkeys(cycle))
    return None


def _passed_on(context: Lowering, name: str, first: End) -> Value | None:
    """Return the end of a branch, which may be one of several results of another branch."""
    branch, asked = context.graph.branches[name], context.names.asked
    if branch.end is not None:
        return branch.end
    if name in asked:
        _report_cycle(context, [*asked[asked.index(name) :], name], branch.span)
        return None
    if len(asked) == MAX_PASSED_ON:
        if not any(diagnostic.code == "too-deep" for diagnostic in context.sink):
            message = f"more than {MAX_PASSED_ON} branches without layers start from one another"
            hint = "sort them so that each comes after the branch it starts from"
            context.sink.error(branch.span, "too-deep", message, hint)
        return None
    asked.append(name)
    target = resolve_end(context, first)
    asked.pop()
    return target


def _report_cycle(context: Lowering, names: list[str], span: Span) -> None:
    """Report branches that start from one another; only the first cycle is reported."""
    if not any(diagnostic.code == "cyclic-wiring" for diagnostic in context.sink):
        shown = " -> ".join(f"`{name}`" for name in names)
        message = f"cycle: {shown}"
        hint = "let one of them start from an input"
        context.sink.error(span, "cyclic-wiring", message, hint)
