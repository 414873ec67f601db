"""A comparison in words: what every text that shows one says."""

from __future__ import annotations

from typing import NamedTuple

from mergecli.catalog.layer import Tensor
from mergecli.catalog.shapes import text
from mergecli.diff import Change, Comparison, End, Pair, SingleCall, Sums
from mergecli.diff.model import ComparedCall
from mergecli.syntax.quoting import flow

#: What stands before each kind of difference.
MARKS = {"added": "+", "removed": "-", "changed": "~", "renamed": "=", "rewired": ">"}


class Entry(NamedTuple):
    """One difference: of which kind, what has it, and the details, each a line."""

    kind: str
    name: str
    cls: str
    details: list[str]

    @property
    def mark(self) -> str:
        return MARKS[self.kind]


def entries(found: Comparison) -> list[Entry]:
    """The differences of layers and inputs, in the order of the new model, what is removed last."""
    at: list[tuple[int, Entry]] = [(lone.call.index, _lone(lone, "added")) for lone in found.added]
    at += [(pair.new.index, _pair(pair)) for pair in found.changed]
    return [entry for _, entry in sorted(at, key=lambda item: item[0])] + [
        _lone(lone, "removed") for lone in found.removed
    ]


def _lone(lone: SingleCall, word: str) -> Entry:
    call = lone.call
    details = []
    if call.is_input:
        details.append(f"an input, {tensors(call)}")
    elif lone.sources:
        details.append(f"behind {', '.join(lone.sources)}")
    if lone.children:
        details.append(f"before {', '.join(lone.children)}")
    if lone.outputs:
        details.append(f"gives the output {', '.join(lone.outputs)}")
    if call.is_input:
        return Entry(word, call.name, "input", [", ".join([details[0], *details[1:]])])
    details = [", ".join(details)] if details else []
    if call.arguments:
        details.append(f"{call.cls}: {flow(call.arguments)}")
    if call.options:
        details.append(f"call: {flow(call.options)}")
    details.append(tensors(call) + _weight(call))
    return Entry(word, call.name, call.cls, details)


def _weight(call: ComparedCall) -> str:
    count = call.parameters
    return "" if not count else f", {count:,} parameters"


def _pair(pair: Pair) -> Entry:
    old, new = pair.old, pair.new
    details = [change(found) for found in pair.changes]
    if pair.renamed:
        details.insert(0, f"name: {pair.before} -> {new.name}")
    if pair.wires is not None:
        details.append(f"from: {', '.join(pair.wires[0])} -> {', '.join(pair.wires[1])}")
    if pair.reshaped and not (new.is_input and pair.changes):
        details.append(f"{tensors(old)} -> {tensors(new)}")
    if old.parameters != new.parameters and old.owner is None and new.owner is None:
        details.append(f"parameters: {number(old.parameters)} -> {number(new.parameters)}")
    kind = "changed" if pair.changes else "rewired" if pair.wires is not None else "renamed"
    return Entry(kind, new.name, "input" if new.is_input else new.cls, details)


def change(found: Change, absent: str = "null") -> str:
    """`units: 64 -> 128`; `absent` is what to say where nothing is."""
    old, new = (absent if value is None else flow(value) for value in (found.old, found.new))
    return f"{found.what}: {old} -> {new}"


def training(found: Comparison) -> list[str]:
    """What `compile` says otherwise, a line each."""
    return [change(one, "unset") for one in found.training]


def number(count: int | None) -> str:
    """A number for people.

    >>> number(22032), number(None)
    ('22,032', '?')
    """
    return "?" if count is None else f"{count:,}"


def tensors(call: ComparedCall) -> str:
    """The shapes of a call's results, with dtypes that are not the usual one."""
    return ", ".join(map(tensor, call.results))


def tensor(found: Tensor) -> str:
    """A shape, and the dtype if it is not the usual one."""
    return text(found.shape) + (f" {found.dtype}" if found.dtype not in ("float32", None) else "")


def outputs(found: Comparison) -> list[str]:
    """What is different about the outputs and the order of the inputs, a line each."""
    lines = []
    if found.input_order is not None:
        lines.append(
            f"order of the inputs: {', '.join(found.input_order[0])} -> {', '.join(found.input_order[1])}"
        )
    for end in found.outputs:
        if end.old is None or end.new is None:
            word, one = ("added", end.new) if end.old is None else ("removed", end.old)
            assert one is not None
            lines.append(f"output {_called(one)} {word}: {tensor(one.tensor)}")
            continue
        details = (
            [f"{tensor(end.old.tensor)} -> {tensor(end.new.tensor)}"]
            if end.old.tensor != end.new.tensor
            else []
        )
        if end.moved:
            details.append(f"from {end.old.source} -> {end.new.source}")
        lines.append(f"output {end.new.name}: {', '.join(details)}")
    if found.output_order is not None:
        lines.append(
            f"order of the outputs: {', '.join(found.output_order[0])} -> {', '.join(found.output_order[1])}"
        )
    if found.output_form is not None:
        lines.append(f"outputs are given as {found.output_form[0]} -> {found.output_form[1]}")
    return lines


def _called(end: End) -> str:
    return end.name if end.name == end.source else f"{end.name} (from {end.source})"


def consequences(found: Comparison) -> list[tuple[str, str, str]]:
    """What follows from the rest: layers whose results have other shapes, before and after."""
    return [(pair.new.name, tensors(pair.old), tensors(pair.new)) for pair in found.consequences]


def counts(found: Comparison) -> str:
    """How many differences there are of each kind.

    `1 layer added, 2 changed`
    """
    kinds: dict[str, int] = {}
    for entry in entries(found):
        kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
    words = [f"{kinds[kind]} {kind}" for kind in MARKS if kind in kinds]
    words += ["outputs changed"] * bool(outputs(found)) + ["compile changed"] * bool(found.training)
    words += [f"{len(found.renumbered)} numbered anew"] * bool(found.renumbered)
    return ", ".join(words) or "the same model"


def table(found: Comparison) -> list[tuple[str, str, str, str]]:
    """Sums before and after: what, old, new, and by how much; first of the whole, then of each branch that differs."""
    rows = _sums("", *found.sums)
    for name, (old, new) in found.branches.items():
        rows += [row for row in _sums(f"{name}: ", old, new) if row[3]]
    return rows


def _sums(before: str, old: Sums | None, new: Sums | None) -> list[tuple[str, str, str, str]]:
    rows = []
    for place, what in enumerate(("layers", "parameters", "trainable", "MACs")):
        a, b = (side[place] if side is not None else 0 for side in (old, new))
        difference = "" if a == b else "?" if a is None or b is None else f"{b - a:+,}"
        rows.append(
            (
                before + what,
                number(a) if old is not None else "-",
                number(b) if new is not None else "-",
                difference,
            )
        )
    return rows


def loading(found: Comparison) -> tuple[str, list[str], str]:
    """What of a checkpoint loads: how much by name, what not, and what `load_weights` makes of the file."""
    known = found.loading
    share = f"{known.loaded:,} of {known.needed:,} parameters"
    if known.needed and known.loaded != known.needed:
        share += f" ({min(99.9, 100 * known.loaded / known.needed):.1f} %)"
    names = {call.name for call in found.old.calls}
    rows: dict[tuple[str, str], list[str]] = {}
    for miss in known.misses:
        if miss.was is not None:
            reason = f"the layer is called {miss.was} there"
        elif miss.old is not None:
            reason = f"{text(miss.old)} there, {text(miss.new)} needed"
        else:
            reason = "not there" if miss.layer in names else "no layer of this name there"
        rows.setdefault((miss.layer, reason), []).append(miss.weight)
    misses = [
        f"{layer} {', '.join(weights)}: {reason}" for (layer, reason), weights in rows.items()
    ]
    return share, misses, _whole(found)


def _whole(found: Comparison) -> str:
    known = found.loading
    if known.clashes:
        first = known.clashes[0]
        where = (
            first.new
            if first.old in (None, first.new)
            else f"{first.new}, which would get the weights of {first.old}"
        )
        return f"fails at {where} ({first.place}): {first.reason}" + _more(len(known.clashes) - 1)
    if known.whole is None:
        return "cannot be foretold, as a layer is not known well enough"
    if known.crossed:
        new, old = known.crossed[0]
        return f"succeeds, but {new} would get the weights of {old}" + _more(len(known.crossed) - 1)
    return "succeeds"


def _more(many: int) -> str:
    return f"; and {many} more" if many else ""
