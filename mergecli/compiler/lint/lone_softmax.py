"""A softmax is applied to a single number.

## What it finds

A softmax over an axis of size 1.

## Why that is a mistake

Softmax returns numbers that add up to 1. For a single number the result is always 1, so the
model always gives the same answer, and learns nothing. Keras builds it without a warning. For a
probability use `sigmoid`.

## Example

```yaml
input: [8]
layers:
  - Dense: {units: 1, activation: softmax}
```

## Instead

```yaml
input: [8]
layers:
  - Dense: {units: 1, activation: sigmoid}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import text
from mergecli.compiler.lint.support import SOFTMAXES, Stage, axes_of
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "lone-softmax"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each softmax over a single number."""
    for call, layer, _ in calls:
        function = layer.function
        if function not in SOFTMAXES:
            continue
        shape = network.results[call.index][0].shape
        if shape is not None and all(shape[along] == 1 for along in axes_of(layer, len(shape))):
            number = 0 if function == "log_softmax" else 1
            yield warning(
                call.place("activation" if layer.activated else "axis"),
                CODE,
                f"`{call.name}` ({call.cls}) applies `{function}` to a single number,"
                f" {text(shape)}: the result is always {number}",
                "for one number between 0 and 1, use `sigmoid`",
                note=call.context,
            )
