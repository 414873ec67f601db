"""Describe a comparison in words, for all formats that show one."""

from __future__ import annotations

from typing import Collection, NamedTuple

from mergecli.catalog.shapes import text
from mergecli.catalog.tensors import Tensor
from mergecli.diff import Change, Comparison, End, Ends, Pair, SingleCall, Sums
from mergecli.diff.checkpoints import Clash, Miss
from mergecli.diff.model import ComparedCall
from mergecli.syntax.quoting import flow

#: The mark before each difference.
MARKS = {"added": "+", "removed": "-", "changed": "~", "renamed": "=", "rewired": ">"}


class Entry(NamedTuple):
    """One difference: what has changed, the layer or input that has it, and details, one per line."""

    change: str
    name: str
    cls: str
    details: list[str]

    @property
    def mark(self) -> str:
        return MARKS[self.change]


def entries(comparison: Comparison) -> list[Entry]:
    """Return the differences in the order of the new model, what is removed last."""
    at: list[tuple[int, Entry]] = [
        (single.call.index, single_entry(single, "added")) for single in comparison.added
    ]
    at += [(pair.new.index, pair_entry(pair)) for pair in comparison.changed]
    return [entry for _, entry in sorted(at, key=lambda item: item[0])] + [
        single_entry(single, "removed") for single in comparison.removed
    ]


def single_entry(single: SingleCall, change: str) -> Entry:
    """Return the entry of a layer that only one model has; `change` is "added" or "removed"."""
    call = single.call
    details = []
    if call.is_input:
        details.append(f"an input, {tensors(call)}")
    elif single.sources:
        details.append(f"after {', '.join(single.sources)}")
    if single.children:
        details.append(f"before {', '.join(single.children)}")
    if single.outputs:
        details.append(f"produces the output {', '.join(single.outputs)}")
    if call.is_input:
        return Entry(change, call.name, "input", [", ".join([details[0], *details[1:]])])
    details = [", ".join(details)] if details else []
    if call.arguments:
        details.append(f"{call.cls}: {flow(call.arguments)}")
    if call.options:
        details.append(f"call: {flow(call.options)}")
    details.append(tensors(call) + _weight(call))
    return Entry(change, call.name, call.cls, details)


def _weight(call: ComparedCall) -> str:
    count = call.parameters
    return "" if not count else f", {count:,} parameters"


def pair_entry(pair: Pair) -> Entry:
    """Return the entry of a layer that both models have and that is different itself."""
    old, new = pair.old, pair.new
    details = [change(value) for value in pair.changes]
    if pair.renamed:
        details.insert(0, f"name: {pair.before} -> {new.name}")
    if pair.sources is not None:
        details.append(f"from: {', '.join(pair.sources[0])} -> {', '.join(pair.sources[1])}")
    if pair.reshaped and not (new.is_input and pair.changes):
        details.append(f"{tensors(old)} -> {tensors(new)}")
    if old.parameters != new.parameters and old.owner is None and new.owner is None:
        details.append(f"parameters: {number(old.parameters)} -> {number(new.parameters)}")
    label = "changed" if pair.changes else "rewired" if pair.sources is not None else "renamed"
    return Entry(label, new.name, "input" if new.is_input else new.cls, details)


def change(value: Change, absent: str = "null") -> str:
    """Return a change as `units: 64 -> 128`; `absent` replaces a missing value."""
    old, new = (absent if value is None else flow(value) for value in (value.old, value.new))
    return f"{value.what}: {old} -> {new}"


def training(comparison: Comparison) -> list[str]:
    """Return the differences of `compile`, one per line."""
    return [change(value, "unset") for value in comparison.training]


def number(count: int | None) -> str:
    """Return a number with separators.

    >>> number(22032), number(None)
    ('22,032', '?')
    """
    return "?" if count is None else f"{count:,}"


def tensors(call: ComparedCall) -> str:
    """Return the shapes of a call's results, with dtypes other than float32."""
    return ", ".join(map(tensor, call.results))


def tensor(value: Tensor) -> str:
    """Return a shape, with the dtype if that is not float32."""
    return text(value.shape) + (f" {value.dtype}" if value.dtype not in ("float32", None) else "")


def outputs(comparison: Comparison) -> list[str]:
    """Return the differences of the outputs and of the order of the inputs, one per line."""
    lines = []
    if comparison.input_order is not None:
        lines.append(_order("inputs", *comparison.input_order))
    lines += [output(ends) for ends in comparison.outputs]
    if comparison.output_order is not None:
        lines.append(_order("outputs", *comparison.output_order))
    if comparison.output_form is not None:
        lines.append(
            f"outputs are given as {comparison.output_form[0]} -> {comparison.output_form[1]}"
        )
    return lines


def output(ends: Ends) -> str:
    """Return what is different about an output, as one line."""
    old, new = ends.old, ends.new
    if old is None or new is None:
        word, one = ("added", new) if old is None else ("removed", old)
        assert one is not None
        return f"output {_label(one)} {word}: {tensor(one.tensor)}"
    details = [f"{tensor(old.tensor)} -> {tensor(new.tensor)}"] if old.tensor != new.tensor else []
    if ends.moved:
        details.append(f"from {old.source} -> {new.source}")
    return f"output {new.name}: {', '.join(details)}"


def _order(what: str, old: list[str], new: list[str]) -> str:
    return f"order of the {what}: {', '.join(old)} -> {', '.join(new)}"


def _label(end: End) -> str:
    return end.name if end.name == end.source else f"{end.name} (from {end.source})"


def consequences(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Return the layers whose results only have other shapes: name, before and after."""
    return [
        (pair.new.name, tensors(pair.old), tensors(pair.new)) for pair in comparison.consequences
    ]


def counts(comparison: Comparison) -> str:
    """Return the numbers of differences by change, such as `1 added, 2 changed`."""
    numbers: dict[str, int] = {}
    for entry in entries(comparison):
        numbers[entry.change] = numbers.get(entry.change, 0) + 1
    words = [f"{numbers[change]} {change}" for change in MARKS if change in numbers]
    words += ["outputs changed"] * bool(outputs(comparison)) + ["compile changed"] * bool(
        comparison.training
    )
    words += [f"{len(comparison.renumbered)} renumbered"] * bool(comparison.renumbered)
    return ", ".join(words) or "the same model"


def table(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """Return rows of sums: label, old, new, difference.

    The sums of the model come first, then those of each branch that differs.
    """
    rows = [*_sums("", *comparison.sums), *_memory(comparison)]
    for name, (old, new) in comparison.branches.items():
        rows += [row for row in _sums(f"{name}: ", old, new) if row[3]]
    return rows


def _memory(comparison: Comparison) -> list[tuple[str, str, str, str]]:
    """Return the rows of the memory that inference and training take at once, where it differs."""
    labels = ("memory, bytes", "training memory, bytes")
    return [
        (label, number(a), number(b), "?" if a is None or b is None else f"{b - a:+,}")
        for label, a, b in zip(labels, comparison.old.memory, comparison.new.memory)
        if a != b
    ]


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


def loading(comparison: Comparison) -> tuple[str, list[str], str]:
    """Return what a checkpoint of the old model provides for the new one.

    Returns:
        The share that loads by name, the weights that do not load, and the result of
        `load_weights`.
    """
    known = comparison.loading
    share = f"{known.loaded:,} of {known.needed:,} parameters"
    if known.needed and known.loaded != known.needed:
        share += f" ({min(99.9, 100 * known.loaded / known.needed):.1f} %)"
    names = {call.name for call in comparison.old.calls}
    rows: dict[tuple[str, str], list[str]] = {}
    for miss in known.misses:
        rows.setdefault((miss.layer, not_loaded(miss, names)), []).append(miss.weight)
    misses = [
        f"{layer} {', '.join(weights)}: {reason}" for (layer, reason), weights in rows.items()
    ]
    return share, misses, _whole(comparison)


def not_loaded(miss: Miss, names: Collection[str]) -> str:
    """Return why a weight does not load by name and shape.

    Args:
        miss: The weight.
        names: The names of the layers of the old model.
    """
    if miss.was is not None:
        return f"the layer is named {miss.was} in the file"
    if miss.old is not None:
        return f"{text(miss.old)} in the file, {text(miss.new)} needed"
    return "not in the file" if miss.layer in names else "no layer of this name in the file"


def clash(one: Clash) -> str:
    """Return at which layer `load_weights` would fail, and why."""
    where = one.new
    if one.old not in (None, one.new):
        where = f"{one.new}, which would get the weights of {one.old}"
    return f"fails at {where} ({one.place}): {one.reason}"


def _whole(comparison: Comparison) -> str:
    known = comparison.loading
    if known.clashes:
        return clash(known.clashes[0]) + _more(len(known.clashes) - 1)
    if known.whole is None:
        return "cannot be predicted, as a layer is not known well enough"
    if known.crossed:
        new, old = known.crossed[0]
        return f"succeeds, but {new} would get the weights of {old}" + _more(len(known.crossed) - 1)
    return "succeeds"


def _more(many: int) -> str:
    return f"; and {many} more" if many else ""
