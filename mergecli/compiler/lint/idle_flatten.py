"""A tensor that is already flat is flattened.

## What it finds

A `Flatten` of a tensor that has one axis besides the batch. In a block it is reported only if every
use of the block has it.

## Why that is a mistake

`Flatten` returns such a tensor unchanged. Perhaps a layer that gave it more axes was removed, or
global pooling has replaced it.

## Example

```yaml
input: [8, 8, 3]
layers:
  - GlobalAveragePooling2D
  - Flatten
```

## Instead

```yaml
input: [8, 8, 3]
layers:
  - GlobalAveragePooling2D
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import text
from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import CompleteCall, Network

CODE = "idle-flatten"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each flatten whose input is always flat already."""
    diagnostics: dict[Span, Diagnostic] = {}
    needed: set[Span] = set()
    for call, layer, sources in calls:
        if not layer.flattens or len(sources) != 1:
            continue
        shape = network.tensors(sources[0])[0].shape
        if shape is None or len(shape) != 2:
            needed.add(call.span)
        elif call.span not in diagnostics:
            message = (
                f"`{call.name}` ({call.cls}) does nothing: `{network.graph.label(sources[0])}` is"
                f" already flat, {text(shape)}"
            )
            diagnostics[call.span] = warning(
                call.span, CODE, message, "remove it", note=call.context
            )
    yield from (diagnostic for span, diagnostic in diagnostics.items() if span not in needed)
