"""Values that a layer has computed are looked up as integers.

## What it finds

An `Embedding` directly after a layer that computes floats, such as `Dense`, an activation or a
normalization.

## Why that is a mistake

An embedding has one vector for each integer. Keras cuts the decimals off without a word: of values
between 0 and 1 nearly all become 0, negative ones have no vector, and no gradient passes. Inputs of
floats are not reported, as they often hold integers.

## Example

```yaml
input: [8]
layers:
  - Dense: {units: 4, activation: sigmoid}
  - Embedding: {input_dim: 10, output_dim: 4}
```

## Instead

```yaml
input: {shape: [8], dtype: int32}
layers:
  - Embedding: {input_dim: 10, output_dim: 4}
  - Dense: {units: 4, activation: sigmoid}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.fields import FLOATS
from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "embedded-floats"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each lookup of values that the layer before it has computed."""
    for call, layer, sources in calls:
        if not layer.looks_up or sources[0].constant is not None:
            continue
        before = network.graph.nodes[sources[0].producer]
        if before.layer is None:
            continue
        is_normal = before.layer.family == "normalization"
        if not (before.layer.activated or before.layer.activates or is_normal):
            continue
        dtype = network.tensors(sources[0])[0].dtype
        if dtype in FLOATS and before.layer.function not in ("relu", "relu6"):
            yield warning(
                call.span,
                CODE,
                f"`{call.name}` ({call.cls}) looks up integers, and `{before.name}`"
                f" ({before.cls}) gives {dtype}",
                "apply it to an input of integers",
                note=call.context,
                related=[Related(before.span, f"`{before.name}` is {dtype}")],
            )
