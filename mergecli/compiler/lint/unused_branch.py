"""No output depends on a branch or a layer.

## What it finds

A branch, or a layer at the end of a side track, on which no output depends.

## Why that is a mistake

Keras silently leaves such layers out of the model: the branch is not trained, and its input is not
part of the model. Usually the merge lacks a reference to it.

## Example

```yaml
branches:
  a: {input: [8], layers: [{Dense: 4}]}
  b: {input: [8], layers: [{Dense: 4}]}
  c: {input: [8], layers: [{Dense: 4}]}
merge:
  Add: {}
  from: [a, b]
```

## Instead

```yaml
branches:
  a: {input: [8], layers: [{Dense: 4}]}
  b: {input: [8], layers: [{Dense: 4}]}
  c: {input: [8], layers: [{Dense: 4}]}
merge:
  Add: {}
  from: [a, b, c]
```
"""

from __future__ import annotations

from typing import Iterator

from mergecli.compiler.lint.support import Stage, idle_branches
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import Graph
from mergecli.ir.subgraph_layers import Placeholder

CODE = "unused-branch"
STAGE = Stage.GRAPH


def check(graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning for each unused branch, and for the last layer of each unused side track."""
    needed = graph.needed()
    idle = idle_branches(graph, needed)
    for name in idle:
        hint = (
            "list it under `from` of the merge"
            if graph.merge is not None
            else "add a `merge`, or name its result under `outputs`"
        )
        message = f"no output depends on the branch `{name}`"
        yield warning(graph.branches[name].span, CODE, message, hint)
    used = {parent for call in graph.nodes for parent in call.parents}
    for call in graph.nodes:
        # An included model may have layers that the end of its branch does not need.
        if call.origin or needed[call.index] or call.index in used:
            continue
        # The name of a branch that is applied again: its last layer has the result.
        if isinstance(call.layer, Placeholder) and all(needed[parent] for parent in call.parents):
            continue
        if call.branch not in idle and call.index not in graph.inputs:
            message = f"no output depends on the layer `{call.name}`"
            yield warning(call.span, CODE, message, "connect it, or remove it")
