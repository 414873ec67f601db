"""Budgets: upper bounds that a spec sets itself, and an error for each that it exceeds."""

from __future__ import annotations

import re
from typing import Any, Iterator

from mergecli.catalog.layer import parameters, size_of
from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink, error
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.ir.graph import Budget, Call, Limit, Network
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Tree

#: What can be bounded, with what a bound of it looks like.
MEASURES = {"parameters": "5M", "trainable": "1M", "size": "20MB", "macs": "600M"}
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_BYTES = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
#: What the numbers of a measure count.
_UNITS = {
    "parameters": "parameters",
    "trainable": "trainable parameters",
    "size": "bytes of weights",
    "macs": "MACs",
}


def amount(value: Any, size: bool) -> int | None:
    """A bound as a number, of bytes for a `size`; None when it is none.

    >>> amount("5M", False), amount("1.5k", False), amount("20MB", True), amount("1 MiB", True), amount(64, False), amount("5X", False)
    (5000000, 1500, 20000000, 1048576, 64, None)
    """
    if type(value) in (int, float):
        return int(value) if 0 <= value < 1e18 and value == int(value) else None
    match = (
        re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgtb]?i?)(b?)", value.strip(), re.IGNORECASE)
        if isinstance(value, str)
        else None
    )
    if match is None:
        return None
    unit = match[2].lower()
    if size and unit == "b" and not match[3]:
        unit = ""
    factor = _BYTES.get(unit) if size and unit.endswith("i") else _FACTORS.get(unit)
    if factor is None or (match[3] and not size):
        return None
    return int(float(match[1]) * factor)


def read_budget(tree: Tree, findings: DiagnosticSink) -> dict[str, Limit]:
    """The bounds of a `budget:`."""
    if type(tree) is not Mapping:
        if not broken(tree.data()):
            findings.error(
                tree.span,
                "wrong-type",
                f"`budget` must be a mapping, found {describe(tree.data())}",
                "such as `budget: {parameters: 5M}`",
            )
        return {}
    limits = {}
    for key, value in tree.entries:
        name = str(key.value)
        if name not in MEASURES:
            hint = did_you_mean(name, MEASURES) or f"it knows {listed(MEASURES, 'and')}"
            findings.error(key.span, "unknown-key", f"`budget` has no key `{key.raw}`", hint)
            continue
        bound = amount(value.data(), name == "size")
        if bound is not None:
            limits[name] = Limit(bound, value.span)
        elif not broken(value.data()):
            what = "a number of bytes" if name == "size" else "a number"
            findings.error(
                value.span,
                "wrong-type",
                f"`budget.{name}` must be {what}, found {describe(value.data())}",
                f"such as `{MEASURES[name]}`",
            )
    return limits


def exceeded(network: Network) -> Iterator[Diagnostic]:
    """Yield an error for each budget that a network exceeds; unknown costs count as zero."""
    for budget in network.graph.budgets:
        inside = None if budget.nodes is None else set(budget.nodes)
        calls = [
            call
            for call in network.parts()
            if (inside is None or call.index in inside) and call.index not in network.graph.inputs
        ]
        for measure, limit in budget.limits.items():
            costs = {call.index: _cost(network, call, measure) for call in calls}
            if sum(costs.values()) > limit.bound:
                yield _error(network, budget, measure, limit, costs)


def _cost(network: Network, call: Call, measure: str) -> int:
    """Return what a call adds to a measure; 0 if that is unknown."""
    weights = network.weights[call.index]
    if measure == "macs":
        return network.macs[call.index] or 0
    if measure == "size":
        return sum(parameters([weight]) * size_of(weight.dtype) for weight in weights)
    return parameters(w for w in weights if w.trainable or measure == "parameters")


def _error(
    network: Network, budget: Budget, measure: str, limit: Limit, costs: dict[int, int]
) -> Diagnostic:
    """Return the error about an exceeded limit, with the calls that cost most."""
    total = sum(costs.values())
    excess = total - limit.bound
    share = f"{excess / limit.bound:.0%}" if limit.bound else "all of them"
    owner = f"branch `{budget.branch}`" if budget.branch is not None else "the model"
    message = (
        f"{owner} has {total:,} {_UNITS[measure]}, {excess:,} ({share}) over the budget of"
        f" {limit.bound:,}"
    )
    largest = sorted((index for index in costs if costs[index]), key=lambda i: -costs[i])[:3]
    names = ", ".join(f"`{network.graph.nodes[index].name}` {costs[index]:,}" for index in largest)
    hint = f"most is in {names}" if names else None
    return error(limit.span, "over-budget", message, hint, note=budget.trail)
