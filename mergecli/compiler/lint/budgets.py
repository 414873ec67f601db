"""Budgets: upper bounds that a spec sets itself, and an error for each that it exceeds."""

from __future__ import annotations

from typing import Iterator

from mergecli.catalog.weights import bytes_of_weights, parameters
from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.diagnostics.source import sentence
from mergecli.ir.graph import Budget, Call, Limit, Network
from mergecli.ir.subgraph_layers import held_model

#: What the numbers of a measure count.
_UNITS = {
    "parameters": "parameters",
    "trainable": "trainable parameters",
    "size": "bytes of weights",
    "macs": "MACs",
    "memory": "bytes at once in inference",
    "training_memory": "bytes at once in training",
}


def exceeded(network: Network) -> Iterator[Diagnostic]:
    """Yield an error for each budget that a network exceeds; unknown costs count as zero.

    Budgets of models that are layers, or that layers apply, are for these models.
    """
    for call in network.parts():
        model = held_model(call.layer)
        if model is not None and call.owner is None:
            yield from exceeded(model.network)
    if not network.graph.budgets:
        return
    inputs = set(network.graph.inputs)
    calls_by_index = {call.index: call for call in network.parts() if call.index not in inputs}
    positions = {index: position for position, index in enumerate(calls_by_index)}
    for budget in network.graph.budgets:
        indices = set(calls_by_index if budget.nodes is None else budget.nodes) & positions.keys()
        calls = [calls_by_index[index] for index in sorted(indices, key=positions.__getitem__)]
        for measure, limit in budget.limits.items():
            if measure in ("memory", "training_memory"):
                yield from _memory(network, budget, measure, limit)
                continue
            costs = {call.index: _cost(network, call, measure) for call in calls}
            if sum(costs.values()) > limit.bound:
                yield _error(network, budget, measure, limit, costs)


def _cost(network: Network, call: Call, measure: str) -> int:
    """Return what a call adds to a measure; 0 if that is unknown."""
    weights = network.weights[call.index]
    if measure == "macs":
        return network.macs[call.index] or 0
    if measure == "size":
        return bytes_of_weights(weights)
    return parameters(w for w in weights if w.trainable or measure == "parameters")


def _memory(network: Network, budget: Budget, measure: str, limit: Limit) -> Iterator[Diagnostic]:
    """Yield an error if more memory is taken at once than a limit allows."""
    from mergecli.ir.memory import inference_peak, training_peak  # start-up

    find = inference_peak if measure == "memory" else training_peak
    peak = find(network, budget.batch, None if budget.nodes is None else set(budget.nodes))
    if peak is None or peak.bytes <= limit.bound:
        return
    unit = f"{_UNITS[measure]} for a batch of {budget.batch:,}"
    hint = None
    if peak.call is not None:
        hint = f"most is needed at `{network.graph.nodes[peak.call].name}`"
    message = _message(budget, unit, limit, peak.bytes)
    yield error(limit.span, "over-budget", message, hint, note=sentence(budget.via))


def _message(budget: Budget, unit: str, limit: Limit, total: int) -> str:
    """Return by how much a limit is exceeded."""
    excess = total - limit.bound
    share = f"{excess / limit.bound:.0%}" if limit.bound else "all of them"
    owner = f"branch `{budget.branch}`" if budget.branch is not None else "the model"
    return f"{owner} has {total:,} {unit}, {excess:,} ({share}) over the budget of {limit.bound:,}"


def _error(
    network: Network, budget: Budget, measure: str, limit: Limit, costs: dict[int, int]
) -> Diagnostic:
    """Return the error about an exceeded limit, with the calls that cost most."""
    message = _message(budget, _UNITS[measure], limit, sum(costs.values()))
    largest = sorted((index for index in costs if costs[index]), key=lambda i: -costs[i])[:3]
    names = ", ".join(f"`{network.graph.nodes[index].name}` {costs[index]:,}" for index in largest)
    hint = f"most is in {names}" if names else None
    return error(limit.span, "over-budget", message, hint, note=sentence(budget.via))
