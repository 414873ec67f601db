"""A merge repeats a smaller tensor until it fits.

## What it finds

A sum of tensors of different sizes, where the smaller one is repeated until it fits. For products,
only two tensors that stretch each other are reported, since scaling by a smaller tensor is common.

## Why that is a mistake

`Add` and similar layers accept sizes of 1 beside larger ones and repeat the smaller tensor: in the
example one number is added to all features. Sometimes that is intended, as with a gate; usually a
layer has the wrong number of units.

## Example

```yaml
branches:
  deep: {input: [32], layers: [{Dense: 16}]}
  wide: {input: [8], layers: [{Dense: 1}]}
merge: Add
```

## Instead

```yaml
branches:
  deep: {input: [32], layers: [{Dense: 16}]}
  wide: {input: [8], layers: [{Dense: 16}]}
merge: Add
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import Shape, text
from mergecli.compiler.lint.support import Stage, labels, related_sources
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "merge-broadcast"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each merge that repeats one of its inputs."""
    for call, layer, sources in calls:
        if layer.merging not in ("adds", "scales"):
            continue
        shapes = [tensor.shape for target in sources for tensor in network.tensors(target)]
        result = network.results[call.index][0].shape
        if result is None or None in shapes:
            continue
        stretched = [
            place
            for place, shape in enumerate(shapes)
            if shape is not None and _stretches(shape, result)
        ]
        if stretched and (layer.merging == "adds" or len(stretched) == len(shapes)):
            names = labels(network, sources)
            parts = " and ".join(
                f"{names[place]}, {text(shapes[place])}," for place in stretched[:2]
            )
            yield warning(
                call.span,
                CODE,
                f"`{call.name}` ({call.cls}) repeats {parts} until it fits {text(result)}",
                "give all its inputs the same size",
                note=call.context,
                related=related_sources(network, sources, [text(shape) for shape in shapes]),
            )


def _stretches(shape: Shape, result: Shape) -> bool:
    """Whether a tensor of this shape is certainly repeated along an axis other than the batch.

    >>> _stretches((None, 1), (None, 8)), _stretches((None, 8), (None, 1, 8))
    (True, False)
    >>> _stretches((None, 1), (None, None))
    False
    """
    own = (*(1,) * (len(result) - len(shape)), *shape[1:])
    return any(a == 1 and b is not None and b > 1 for a, b in zip(own, result[1:]))
