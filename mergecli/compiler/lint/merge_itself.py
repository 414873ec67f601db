"""A tensor is merged only with itself.

## What it finds

A merge all of whose inputs are the same tensor.

## Why that is a mistake

Keras accepts the same tensor several times. Subtracted from itself it is zero, averaged with itself
it is unchanged, added to itself it is doubled: none of that needs a merge. Usually one of the
references should name another layer.

## Example

```yaml
inputs: {left: [8], right: [8]}
layers:
  - Subtract: {name: difference}
    from: [left, left]
  - Add: {}
    from: [right, difference]
```

## Instead

```yaml
inputs: {left: [8], right: [8]}
layers:
  - Subtract: {name: difference}
    from: [left, right]
  - Add: {}
    from: [right, difference]
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "merge-itself"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each call that adds up or subtracts one tensor only."""
    for call, layer, sources in calls:
        if layer.merging == "adds" and len(sources) > 1 and len(set(sources)) == 1:
            message = (
                f"`{call.name}` ({call.cls}) takes `{network.graph.label(sources[0])}`"
                f" {len(sources)} times and no other tensor"
            )
            hint = "name the other tensor, or remove it"
            yield warning(call.span, CODE, message, hint, note=call.context)
