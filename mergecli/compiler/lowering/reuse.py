"""`use`: a layer, a branch or a block instance applied again, with the same weights.

Layers are looked up once all names are known; branches and instances are copied once all references
are resolved.
"""

from __future__ import annotations

from typing import Container

from mergecli.compiler.lowering.context import Lowering, PendingUse, Sources
from mergecli.compiler.lowering.entries import USE, set_options
from mergecli.compiler.lowering.references import resolve, resolve_end
from mergecli.diagnostics.diagnostic import Related
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.ir.graph import Call, Value
from mergecli.ir.naming import unique_name
from mergecli.ir.subgraph_layers import Placeholder, through

#: The most names that a hint about an unknown `use` lists.
MOST_LISTED = 8
_NOWHERE = Span(1, 1, 1, 1)


def name_uses(context: Lowering) -> None:
    """Name each use without a name: the name of what it uses, with a number."""
    names, taken = context.names, context.names.taken

    def is_taken(name: str) -> bool:
        return name in taken or names.is_reserved(name)

    # The next number of each name, so that many uses of one layer take no longer than of several.
    numbers: dict[str, int] = {}
    for use in context.uses:
        if not use.call.name:
            first = numbers.get(use.name, 1)
            name = use.call.name = unique_name(use.name, is_taken, first=first, bare=False)
            numbers[use.name] = int(name.rpartition("_")[2]) + 1
            taken[name] = use.call.index


class Copy:
    """A use of a branch or an instance that is not copied yet: where that starts and ends."""

    __slots__ = ("end", "start", "use")

    def __init__(self, use: PendingUse, start: Sources | None, end: Sources | None) -> None:
        self.use, self.start, self.end = use, start, end


def find_uses(context: Lowering) -> dict[int, Copy]:
    """Look up what each `use` names.

    Returns:
        The uses of branches and instances, by the index of their call.
    """
    pending: dict[int, Copy] = {}
    by_call = {use.call.index: use for use in context.uses}
    originals: dict[int, tuple[str, int | None]] = {}
    for use in context.uses:
        name, layer = _original(context, use, by_call, originals)
        meanings = _meanings(context, name)
        if len(meanings) > 1:
            related = tuple(Related(span, f"a {what} of that name") for what, span in meanings)
            what = " or ".join(f"a {what}" for what, _ in meanings)
            context.sink.error(
                use.span,
                "ambiguous-name",
                f"`{use.text}` is ambiguous: it could be {what}",
                "rename one of them",
                related=related,
                note=use.call.context,
            )
        elif layer is not None:
            _apply_again(context, use, context.graph.nodes[layer])
        elif meanings:
            pending[use.call.index] = _prepare_copy(context, use, name, meanings[0][0])
        else:
            _report_missing(context, use)
    return pending


def _original(
    context: Lowering,
    use: PendingUse,
    by_call: dict[int, PendingUse],
    originals: dict[int, tuple[str, int | None]],
) -> tuple[str, int | None]:
    """Return the name that a use finally refers to, and the index of the layer if it is one.

    A use of another use refers to the same as that.

    Args:
        context: The spec.
        use: The use.
        by_call: All uses, by the index of their call.
        originals: What uses refer to that were followed before, so that a long row of them is
            followed once.
    """
    taken, name = context.names.taken, use.name
    layer = taken.get(name)
    seen, whole = {use.call.index}, name
    while layer in by_call and layer not in seen:
        seen.add(layer)
        whole, layer = originals.get(layer) or (by_call[layer].name, taken.get(by_call[layer].name))
    if layer not in by_call:
        originals.update(dict.fromkeys(seen, (whole, layer)))
    return (whole if layer is None else name), layer


def _meanings(context: Lowering, name: str) -> list[tuple[str, Span]]:
    """Return everything with a name, each with its place."""
    names, meanings = context.names, []
    if name in names.taken:
        index = names.taken[name]
        meanings.append(("layer", names.named[index] or context.graph.nodes[index].span))
    if name in names.ends:
        meanings.append(("branch", context.graph.branches[name].span))
    if name in names.instances:
        meanings.append(("block instance", _NOWHERE))
    return meanings


def _prepare_copy(context: Lowering, use: PendingUse, name: str, what: str) -> Copy:
    names = context.names
    use.call.layer = through()
    if use.options is not None:
        message = f"`{use.text}` is a {what}; only a layer takes `call`"
        context.sink.error(
            use.options.span, "unknown-key", message, "remove it", note=use.call.context
        )
    end = names.ends[name] if name in names.ends else names.instances.get(name)
    return Copy(use, names.starts.get(name), end)


def _report_missing(context: Lowering, use: PendingUse) -> None:
    names = context.names
    others = (name for name in names.taken if name != use.call.name)
    known = [*others, *names.ends, *names.instances]
    if use.scope:
        prefix = f"{use.scope}_"
        known = [name[len(prefix) :] for name in known if name.startswith(prefix)]
    few = f"there are {listed(known, 'and')}" if 0 < len(known) <= MOST_LISTED else None
    hint = did_you_mean(use.text, known, context.sink.searches) or few
    message = f"nothing is named `{use.text}`"
    context.sink.error(use.span, "unknown-reference", message, hint, note=use.call.context)


def _apply_again(context: Lowering, use: PendingUse, target: Call) -> None:
    """Let a use apply the layer of another call."""
    call = use.call
    if target.index in context.graph.inputs or target.cls == "InputLayer":
        message = f"`{use.text}` is an input; only layers can be applied again"
        hint = f"refer to it: `from: {use.text}`"
        context.sink.error(use.span, "wrong-value", message, hint, note=call.context)
        return
    if target.index == call.index or target.cls == USE:
        message = f"`{use.text}` uses itself"
        hint = "name a layer, a branch or a block instance"
        context.sink.error(use.span, "cyclic-wiring", message, hint, note=call.context)
        return
    call.layer, call.cls = target.layer, target.cls
    if target.layer is not None and target.layer.module != "ops":
        call.owner = target.index if target.owner is None else target.owner
    if use.options is not None:
        set_options(context, call, use.options)


# Branches and block instances.


def copy_uses(context: Lowering, pending: dict[int, Copy]) -> None:
    """Copy the calls between the start and the end of each branch or instance that is used.

    Raises:
        TooLarge: That adds too many calls.
    """
    copier = _Copier(context, pending)
    for index in list(pending):
        if index in pending:
            copier.expand(index)


class _Copier:
    def __init__(self, context: Lowering, pending: dict[int, Copy]) -> None:
        self.context, self.pending = context, pending
        #: The uses that are being copied, since one may contain another.
        self.open: list[int] = []
        #: The calls that are copies.
        self.copies: set[int] = set()

    def expand(self, index: int) -> None:
        copy, names = self.pending[index], self.context.names
        use, call = copy.use, copy.use.call
        end = resolve(self.context, copy.end)
        feeds = self.feeds(index, copy, end)
        if feeds is None or end is None:
            call.sources = None
            self.pending.pop(index, None)
            return
        self.open.append(index)
        copied = self.between(use, feeds, end)
        self.open.pop()
        if self.pending.pop(index, None) is None:
            return
        call.sources, call.listed, call.keywords = [copied], False, ()
        last = self.context.graph.nodes[copied.producer] if copied.constant is None else call
        if last.index in self.copies and names.taken.get(call.name) == call.index:
            # The last call has the name of the whole.
            names.taken.pop(last.name)
            last.name = call.name
            names.taken[call.name] = last.index

    def feeds(self, index: int, copy: Copy, end: Value | None) -> dict[Value, Value] | None:
        """Return the tensor that replaces each start; None if it is wrong, which is reported."""
        use, call = copy.use, copy.use.call
        if index in self.open:
            message = f"`{use.text}` uses itself"
            self.context.sink.error(
                use.span,
                "cyclic-wiring",
                message,
                "name something else under `use`",
                note=call.context,
            )
            return None
        ends = copy.start.ends if copy.start is not None else ()
        starts = [resolve_end(self.context, end) for end in ends]
        known = [start for start in starts if start is not None]
        if end is None or not known or len(known) < len(starts) or call.sources is None:
            return None  # reported where it is wrong
        if len(call.sources) == len(known):
            return dict(zip(known, call.sources))
        many = len(known)
        message = f"`{use.text}` takes {many} tensor{'s' * (many > 1)}, not {len(call.sources)}"
        hint = "list them: `from: [a, b]`" if many > 1 else "write one: `from: a`"
        span = call.location.sources or use.span
        self.context.sink.error(span, "input-count", message, hint, note=call.context)
        return None

    def between(self, use: PendingUse, feeds: dict[Value, Value], end: Value) -> Value:
        """Copy the calls from the starts to the end that depend on a start; return the new end."""
        calls = self.context.graph.nodes
        entries = {target.producer for target in feeds if target.result is None}
        #: For each call the index of its copy, or its own if it depends on no start.
        became: dict[int, int] = {}
        stack = [end.producer]
        busy: set[int] = set()
        while stack:
            index = stack[-1]
            if index in became or index in entries:
                stack.pop()
                continue
            if index in self.pending:
                self.expand(index)
            call = calls[index]
            # Cycles are reported when the calls are ordered.
            waiting = [] if index in busy else _waiting(call, became, entries, busy)
            if waiting:
                busy.add(index)
                stack.extend(waiting)
                continue
            became.update((parent, parent) for parent in call.parents if parent not in became)
            before = list(call.sources or ())
            sources = [_moved(target, feeds, became) for target in before]
            became[index] = index if sources == before else self.copy(use, call, sources).index
            stack.pop()
        return _moved(end, feeds, became)

    def copy(self, use: PendingUse, call: Call, sources: list[Value]) -> Call:
        """Add one more call of a call's layer."""
        context, names = self.context, self.context.names
        context.grow(use.span)
        location = use.call.location._replace(span=use.span, arguments={})
        new = context.graph.call(call.cls, call.layer, location, use.call.branch)
        new.sources, new.listed = sources, call.listed
        new.keywords, new.options = call.keywords, call.options
        layer = call.layer
        if layer is not None and layer.module != "ops" and not isinstance(layer, Placeholder):
            new.owner = call.index if call.owner is None else call.owner
        own = call.name.removeprefix(f"{use.text}_")
        new.name = unique_name(f"{use.call.name}_{own}", names.taken.__contains__, first=1)
        names.taken[new.name] = new.index
        names.add("", None)
        self.copies.add(new.index)
        return new


def _waiting(call: Call, *visited: Container[int]) -> list[int]:
    """Return the sources of a call that must be copied before it."""
    return [parent for parent in call.parents if not any(parent in seen for seen in visited)]


def _moved(target: Value, feeds: dict[Value, Value], became: dict[int, int]) -> Value:
    """Return the result that replaces another one in a copy."""
    if target.constant is not None:
        return target
    if target in feeds:
        return feeds[target]
    whole = Value(target.producer)
    if whole in feeds:
        return feeds[whole]._replace(result=target.result)
    return target._replace(producer=became[target.producer])
