"""No output depends on an input.

## What it finds

An input of the model on which no output depends.

## Why that is a mistake

Keras keeps the input, so every caller of the model must pass a tensor that has no influence on
anything. Usually a reference to the input is missing.

## Example

```yaml
inputs: {left: [8], right: [8]}
layers:
  - Dense: 4
    from: left
```

## Instead

```yaml
inputs: {left: [8], right: [8]}
layers:
  - Add: {}
    from: [left, right]
  - Dense: 4
```
"""

from __future__ import annotations

from typing import Iterator

from mergecli.compiler.lint.support import Stage, idle_branches
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import Graph

CODE = "unused-input"
STAGE = Stage.GRAPH


def check(graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each unused input of a branch that is not unused as a whole."""
    needed = graph.needed()
    idle = idle_branches(graph, needed)
    for index in graph.inputs:
        call = graph.nodes[index]
        if not needed[index] and call.branch not in idle:
            message = f"no output depends on the input `{call.name}`"
            yield warning(call.span, CODE, message, "connect it, or remove it")
