"""A layer joins or compares the samples of a batch.

## What it finds

Tensors that are concatenated along axis 0, or a softmax over it.

## Why that is a mistake

Axis 0 is the batch. Keras accepts it: concatenating along it gives twice as many samples instead of
twice as many features, and normalizing over it lets the samples of a batch, which are independent
of each other, influence each other.

## Example

```yaml
branches:
  a: {input: [8], layers: [{Dense: 4}]}
  b: {input: [8], layers: [{Dense: 4}]}
merge:
  Concatenate: {axis: 0}
```

## Instead

```yaml
branches:
  a: {input: [8], layers: [{Dense: 4}]}
  b: {input: [8], layers: [{Dense: 4}]}
merge:
  Concatenate: {axis: -1}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import ShapeError
from mergecli.compiler.lint.support import SOFTMAXES, Stage, axes_of
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import Call, CompleteCall, Network
from mergecli.ir.inference import gather

CODE = "batch-axis"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each call that joins or normalizes along the batch."""
    for call, layer, _ in calls:
        if layer.merging != "joins" and layer.function not in SOFTMAXES:
            continue
        shape = network.results[call.index][0].shape
        if shape is None or 0 not in axes_of(layer, len(shape)):
            continue
        name = f"`{call.name}` ({call.cls})"
        message = f"{name} joins along the batch axis: more samples, not more features"
        if layer.merging != "joins":
            message = (
                f"{name} takes `{layer.function}` over the batch axis: samples of a batch depend"
                " on each other"
            )
        hint = _hint(network, call, layer)
        yield warning(call.place("axis"), CODE, message, hint, note=call.context)


def _hint(network: Network, call: Call, layer: Layer) -> str | None:
    """Suggest the last axis if it is valid, or a second axis where the batch is the only one."""
    inputs = gather(network, call)
    if all(len(shape) == 1 for shape in inputs.shapes):
        return "add `- Reshape: [1]` before it, since its inputs have no other axis"
    if "axis" not in layer.arguments:
        return None
    try:
        type(layer)(**{**layer.explicit, "axis": -1}).results(inputs)
    except ShapeError:
        return None
    return "write `axis: -1`"
