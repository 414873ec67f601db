"""An activation directly after another one has no effect.

## What it finds

An activation directly after another one that makes it useless: the same one again, or one that no
longer changes the values. In a block it is reported only if every use of the block has it.

## Why that is a mistake

Keras applies both. Where the first has already brought all values into the range that the second
leaves unchanged, the second does nothing; a softmax of probabilities makes them nearly equal.
Usually one of the two should have been removed when the other was added.

## Example

```yaml
input: [8]
layers:
  - Dense: {units: 8, activation: relu}
  - ReLU
```

## Instead

```yaml
input: [8]
layers:
  - Dense: 8
  - ReLU
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.layer import Layer
from mergecli.compiler.lint.support import PROBABILITIES, Stage
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import Call, CompleteCall, Network

#: Activations whose values are never negative.
_NEVER_NEGATIVE = (
    *PROBABILITIES,
    "relu",
    "relu6",
    "softplus",
    "sparse_plus",
    "squareplus",
    "exponential",
)

CODE = "double-activation"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each activation that the one before it makes useless."""
    diagnostics: dict[Span, Diagnostic] = {}
    needed: set[Span] = set()
    for call, layer, sources in calls:
        if not layer.activates or len(sources) != 1 or sources[0].constant is not None:
            continue
        before = network.graph.nodes[sources[0].producer]
        message = _message(call, layer, before)
        if message is None:
            needed.add(call.span)
        elif call.span not in diagnostics:
            diagnostics[call.span] = warning(
                call.place("activation"),
                CODE,
                message,
                "remove one of the two",
                note=call.context,
                related=(Related(before.place("activation"), "the first of the two"),),
            )
    yield from (diagnostic for span, diagnostic in diagnostics.items() if span not in needed)


def _message(call: Call, layer: Layer, before: Call) -> str | None:
    """Return what is wrong with an activation after another call; None if nothing is."""
    second = layer.function
    first = before.layer.function if second is not None and before.layer is not None else None
    if first is None:
        return None
    name = f"`{call.name}` ({call.cls})"
    if first == second or (first in PROBABILITIES and second in PROBABILITIES):
        what = "again" if first == second else f"after `{first}`"
        return f"{name} applies `{second}` {what} to the result of `{before.name}`"
    if (second == "relu" and first in _NEVER_NEGATIVE) or (
        second == "relu6" and first in PROBABILITIES
    ):
        return (
            f"{name} does nothing: `{before.name}` ends in `{first}`, whose result `{second}`"
            " does not change"
        )
    return None
