"""Budgets: upper bounds that a spec sets itself, and which layers cost most where one is passed."""

from __future__ import annotations

import re
from typing import Any, Iterator

from mergecli.catalog.layer import parameters, size_of
from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink, error
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.ir.graph import Budget, Limit, Network
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Tree

#: What can be bounded, with what a bound of it looks like.
MEASURES = {"parameters": "5M", "trainable": "1M", "size": "20MB", "macs": "600M"}
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_BYTES = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


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
        yield from _judge(network, budget)


def _judge(network: Network, budget: Budget) -> Iterator[Diagnostic]:
    inside = None if budget.nodes is None else set(budget.nodes)
    nodes = [
        node
        for node in network.parts()
        if (inside is None or node.index in inside) and node.index not in network.graph.inputs
    ]
    for name, limit in budget.limits.items():
        costs: dict[int, int | None] = {}
        for node in nodes:
            weights = network.weights[node.index]
            if name == "macs":
                costs[node.index] = network.macs[node.index]
            elif name == "size":
                costs[node.index] = sum(
                    parameters([weight]) * size_of(weight.dtype) for weight in weights
                )
            else:
                costs[node.index] = parameters(
                    weight for weight in weights if weight.trainable or name == "parameters"
                )
        total = sum(cost or 0 for cost in costs.values())
        if total <= limit.bound:
            continue
        what = {
            "size": "bytes of weights",
            "macs": "MACs",
            "trainable": "trainable parameters",
        }.get(name, "parameters")
        owner = f"branch `{budget.branch}`" if budget.branch is not None else "the model"
        share = f"{(total - limit.bound) / limit.bound:.0%}" if limit.bound else "all of them"
        dearest = sorted(
            (index for index in costs if costs[index]), key=lambda index: -(costs[index] or 0)
        )[:3]
        words = ", ".join(
            f"`{network.graph.nodes[index].name}` {costs[index]:,}" for index in dearest
        )
        message = f"{owner} has {total:,} {what}, {total - limit.bound:,} ({share}) over the budget of {limit.bound:,}"
        yield error(
            limit.span,
            "over-budget",
            message,
            f"most is in {words}" if words else None,
            note=budget.trail,
        )
