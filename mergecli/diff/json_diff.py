"""A comparison as data."""

from __future__ import annotations

import json

from mergecli.catalog.tensors import Tensor
from mergecli.diagnostics.escaping import escaped_json
from mergecli.diff import Change, Comparison, End, Pair, SingleCall, Sums
from mergecli.diff.model import ComparedCall


def render(comparison: Comparison, names: tuple[str, str], color: bool = False) -> str:
    """The whole comparison as one object."""
    text = json.dumps(facts(comparison, names), ensure_ascii=False, indent=1, default=str)
    return escaped_json(text) + "\n"


def facts(comparison: Comparison, names: tuple[str, str]) -> dict[str, object]:
    """Everything that is different, in plain values."""
    loading = comparison.loading
    return {
        "old": names[0],
        "new": names[1],
        "same": comparison.same,
        "added": [_single(single) for single in comparison.added],
        "removed": [_single(single) for single in comparison.removed],
        "changed": [_pair(pair) for pair in comparison.changed],
        "reshaped": [
            {"layer": pair.new.name, "old": _tensors(pair.old), "new": _tensors(pair.new)}
            for pair in comparison.consequences
        ],
        "renumbered": [
            {"old": pair.before, "new": pair.new.name} for pair in comparison.renumbered
        ],
        "input_order": _sides(comparison.input_order),
        "outputs": [
            {"old": _end(end.old), "new": _end(end.new), "moved": end.moved}
            for end in comparison.outputs
        ],
        "output_order": _sides(comparison.output_order),
        "output_form": _sides(comparison.output_form),
        "compile": [_change(change) for change in comparison.training],
        "totals": {
            side: {**sums._asdict(), "memory_bytes": memory, "training_memory_bytes": training}
            for side, sums, (memory, training) in (
                ("old", comparison.sums[0], comparison.old.memory),
                ("new", comparison.sums[1], comparison.new.memory),
            )
        },
        "branches": {
            name: {"old": _sums(old), "new": _sums(new)}
            for name, (old, new) in comparison.branches.items()
        },
        "weights": {
            "loaded": loading.loaded,
            "needed": loading.needed,
            "there": loading.there,
            "missing": [miss._asdict() for miss in loading.misses],
            "unused": loading.unused,
            "load_weights": loading.whole,
            "clashes": [clash._asdict() for clash in loading.clashes],
            "crossed": [{"layer": new, "gets": old} for new, old in loading.crossed],
        },
    }


def _single(single: SingleCall) -> dict[str, object]:
    call = single.call
    return {
        **_layer(call),
        "arguments": call.arguments,
        "from": single.sources,
        "before": single.children,
        "outputs": single.outputs,
        "results": _tensors(call),
        "parameters": call.parameters,
        "macs": call.macs,
    }


def _layer(call: ComparedCall) -> dict[str, object]:
    return {"layer": call.name, "class": call.cls, "branch": call.branch, "line": call.line or None}


def _pair(pair: Pair) -> dict[str, object]:
    old, new = pair.old, pair.new
    return {
        **_layer(new),
        "renamed": {"old": pair.before, "new": new.name} if pair.renamed else None,
        "rewired": {"old": pair.sources[0], "new": pair.sources[1]}
        if pair.sources is not None
        else None,
        "changes": [_change(change) for change in pair.changes],
        "results": {"old": _tensors(old), "new": _tensors(new)},
        "parameters": {"old": old.parameters, "new": new.parameters},
        "macs": {"old": old.macs, "new": new.macs},
    }


def _change(change: Change) -> dict[str, object]:
    return {"what": change.what, "old": change.old, "new": change.new}


def _tensors(call: ComparedCall) -> list[dict[str, object]]:
    return [_tensor(tensor) for tensor in call.results]


def _tensor(tensor: Tensor) -> dict[str, object]:
    return {"shape": None if tensor.shape is None else list(tensor.shape), "dtype": tensor.dtype}


def _end(end: End | None) -> dict[str, object] | None:
    return None if end is None else {"name": end.name, "from": end.source, **_tensor(end.tensor)}


def _sums(sums: Sums | None) -> dict[str, object] | None:
    return None if sums is None else sums._asdict()


def _sides(pair: tuple[object, object] | None) -> dict[str, object] | None:
    return None if pair is None else {"old": pair[0], "new": pair[1]}
