"""A model without layers gives its inputs back.

## What it finds

A model that consists of inputs only.

## Why that is a mistake

Keras builds it, and its outputs are its inputs. It cannot learn anything. Usually the list under
`layers` is not written yet, or its entries are indented below another key.

## Example

```yaml
input: [8]
layers: []
```

## Instead

```yaml
input: [8]
layers: [{Dense: 4}]
```
"""

from __future__ import annotations

from typing import Iterator

from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import Graph

CODE = "no-layers"
STAGE = Stage.GRAPH


def check(graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for a model of inputs only."""
    inputs = set(graph.inputs)
    if graph.nodes and all(call.index in inputs for call in graph.nodes):
        call = graph.nodes[0]
        message = f"the model has no layers: its output is its input `{call.name}`"
        yield warning(call.span, CODE, message, "add entries to `layers`")
