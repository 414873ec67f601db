"""Names of layers: explicit ones are checked, the others assigned in file order."""

from __future__ import annotations

from mergecli.compiler.lowering.context import Lowering
from mergecli.diagnostics.diagnostic import Related
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import listed
from mergecli.ir.graph import Call
from mergecli.ir.naming import NameAuthority, unique_prefix

#: The most names that a message about two models with equal names lists.
MOST_NAMES = 8


def assign_names(context: Lowering) -> None:
    """Check explicit names, then name the other calls."""
    names, calls = context.names, context.graph.nodes
    names.taken = taken = _check_explicit(context)
    authority = NameAuthority(lambda name: name in taken or names.is_reserved(name))
    for call in calls:
        if call.name == "previous":
            message = "a layer cannot be named `previous`, which means the entry before"
            here = names.named[call.index] or call.span
            context.sink.error(here, "wrong-value", message, note=call.context)
        if call.name or call.index in names.later:
            continue
        call.name = authority.name(names.prefixes[call.index])
        taken[call.name] = call.index


def _check_explicit(context: Lowering) -> dict[str, int]:
    """Report names that are used twice, and return the calls by their names."""
    taken: dict[str, int] = {}
    #: Pairs of calls with one name, by their branches; at least one branch is a model.
    clashes: dict[tuple[str | None, str | None], list[tuple[Call, Call]]] = {}
    for call in context.graph.nodes:
        if not call.name or call.index in context.names.hidden:
            continue
        first = taken.setdefault(call.name, call.index)
        if first == call.index:
            continue
        other = context.graph.nodes[first]
        if call.origin and other.origin and call.branch == other.branch:
            continue  # reported in the spec that both are from
        if call.origin or other.origin:
            clashes.setdefault((other.branch, call.branch), []).append((other, call))
        else:
            _report_twice(context, other, call)
    for pairs in clashes.values():
        _report_clash(context, pairs)
    return taken


def _report_twice(context: Lowering, first: Call, second: Call) -> None:
    named = context.names.named
    where = named[first.index] or first.span
    here = named[second.index] or second.span
    hint = "names are unique in the whole model, across branches"
    if here == where:
        hint = (
            "where an entry is repeated or a list used again, give each layer its own name:"
            f" `name: {second.name}_$i`, or remove `name`"
        )
    context.sink.error(
        here,
        "duplicate-name",
        f"layer name `{second.name}` is used twice",
        hint,
        related=() if here == where else (Related(where, "first here"),),
        note=second.context,
    )


def _report_clash(context: Lowering, pairs: list[tuple[Call, Call]]) -> None:
    """Report all names that two branches share, or a branch and the rest, with a fixing prefix."""
    first, second = pairs[0]
    # The prefix goes to the later of the two, if that is a model.
    model = second if second.origin else first
    calls = context.graph.nodes
    own = [call for call in calls if call.branch == model.branch and call.origin]
    free = {call.name for call in calls} - {call.name for call in own}
    prefix = unique_prefix(f"{model.branch}_", [call.origin for call in own], free)
    many = len(pairs)
    names = listed([other.name for _, other in pairs][:MOST_NAMES], "and")
    names += f" and {many - MOST_NAMES} more" if many > MOST_NAMES else ""
    what = "a layer of the same name" if many == 1 else f"{many} layers of the same names"
    owners = " and ".join(
        f"branch `{call.branch}`" if call.branch is not None else "the rest of the spec"
        for call in (first, second)
    )
    here, where = _place_of(context, second), _place_of(context, first)
    context.sink.error(
        here,
        "duplicate-name",
        f"{owners} have {what}: {names}",
        f"add `prefix: {prefix}` to the model of branch `{model.branch}`",
        related=(Related(where, "first here"),) if where != here else (),
    )


def _place_of(context: Lowering, call: Call) -> Span:
    """Return the place to show for a call: that of its branch if it is from a model."""
    if call.origin and call.branch in context.graph.branches:
        return context.graph.branches[call.branch].span
    return context.names.named[call.index] or call.span
