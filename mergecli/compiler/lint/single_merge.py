"""A merge of one tensor changes nothing.

## What it finds

A `merge` of a single tensor.

## Why that is a mistake

Keras accepts a merging layer with one input and returns that input unchanged. Either a branch is
missing, or `merge` can be removed.

## Example

```yaml
branches:
  a: {input: [8], layers: [{Dense: 4}]}
merge: Concatenate
```

## Instead

```yaml
branches:
  a: {input: [8], layers: [{Dense: 4}]}
  b: {input: [8], layers: [{Dense: 4}]}
merge: Concatenate
```
"""

from __future__ import annotations

from typing import Iterator

from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import Graph

CODE = "single-merge"
STAGE = Stage.GRAPH


def check(graph: Graph) -> Iterator[Diagnostic]:
    """Yield a warning if the `merge` of a spec has only one tensor."""
    if graph.merge is None:
        return
    call = graph.nodes[graph.merge]
    if call.layer is None or call.layer.merging is None or not call.listed:
        return
    if call.sources is not None and len(call.sources) == 1:
        message = f"`{call.cls}` of one branch changes nothing"
        yield warning(call.span, CODE, message, "add a branch, or remove `merge`")
