"""Integers are joined with floats.

## What it finds

Integers that are concatenated with, or added to, floats.

## Why that is a mistake

Keras casts the integers and joins them. But ids, categories and words are integers, too, and have
no meaning as quantities: word 7000 is not a thousand times word 7. They need an `Embedding` or an
encoding first.

## Example

```yaml
inputs:
  user: {shape: [1], dtype: int32}
  facts: [16]
layers:
  - Concatenate: {}
    from: [user, facts]
```

## Instead

```yaml
inputs:
  user: {shape: [1], dtype: float32}
  facts: [16]
layers:
  - Concatenate: {}
    from: [user, facts]
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.compiler.lint.support import Stage, labels, related_sources
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "mixed-dtypes"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each merge of integers and floats."""
    for call, layer, sources in calls:
        if layer.merging not in ("joins", "adds"):
            continue
        dtypes = [tensor.dtype or "" for target in sources for tensor in network.tensors(target)]
        whole = next(
            (place for place, dtype in enumerate(dtypes) if dtype.startswith(("int", "uint"))), None
        )
        real = next((place for place, dtype in enumerate(dtypes) if "float" in dtype), None)
        if whole is None or real is None:
            continue
        names = labels(network, sources)
        name, other = names[whole], names[real]
        is_input = len(sources) == len(dtypes) and sources[whole].producer in network.graph.inputs
        remedy = (
            f"give {name} the dtype {dtypes[real]}"
            if is_input
            else f"add `- ops.cast: {dtypes[real]}` after {name}"
        )
        yield warning(
            call.span,
            CODE,
            f"`{call.name}` ({call.cls}) joins integers with floats:"
            f" {name} is {dtypes[whole]}, {other} is {dtypes[real]}",
            f"ids need an `Embedding` first; if they are quantities, {remedy}",
            note=call.context,
            related=related_sources(network, sources, dtypes),
        )
