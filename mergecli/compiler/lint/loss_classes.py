"""A loss over classes is given something else than one distribution over them.

## What it finds

A categorical crossentropy for an output of a single value, or for an output after a sigmoid.

## Why that is a mistake

The loss compares one probability for each class, which add up to 1. Of a single class that is always
1: the loss is 0 whatever the model predicts, and it learns nothing. The values of a sigmoid do not
add up to 1, as each is a probability of its own. Keras accepts both. For two classes and a single
value, and for labels that may hold together, there is the binary crossentropy.

## Example

```yaml
input: [8]
layers:
  - Dense: {units: 1, activation: sigmoid}
compile: {optimizer: adam, loss: categorical_crossentropy}
```

## Instead

```yaml
input: [8]
layers:
  - Dense: {units: 1, activation: sigmoid}
compile: {optimizer: adam, loss: binary_crossentropy}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import text
from mergecli.compiler.lint.support import Stage, probability_losses
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "loss-classes"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each output that is not a distribution over classes."""
    for loss in probability_losses(network):
        call, shape = loss.call, loss.shape
        if not loss.of_classes or call.layer is None:
            continue
        if shape is not None and len(shape) > 1 and shape[-1] == 1:
            yield warning(
                call.span,
                CODE,
                f"the loss `{loss.name}` compares classes, and `{call.name}` ({call.cls}) gives"
                f" only one: {text(shape)}",
                "use `binary_crossentropy`, or give the layer one unit for each class",
                note=call.context,
            )
        elif call.layer.function == "sigmoid":
            yield warning(
                call.place("activation" if call.layer.activated else None),
                CODE,
                f"`{call.name}` ({call.cls}) ends in `sigmoid`, and the loss `{loss.name}` takes"
                " probabilities that add up to 1",
                "use `softmax` for one class of several, or `binary_crossentropy` for several labels",
                note=call.context,
            )
