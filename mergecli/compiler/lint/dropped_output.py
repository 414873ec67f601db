"""Dropout is applied to an output of the model.

## What it finds

A dropout at an output of the model, directly after a softmax or another activation that gives
probabilities. After other layers it is not reported, as the model may be the body of another one.

## Why that is a mistake

`Dropout` sets values to zero at random during training. After the last layer these values are the
predictions of the model: the loss then penalizes the model for zeros that it did not predict. Keras
accepts it. The dropout belongs before the last layer.

## Example

```yaml
input: [8]
layers:
  - Dense: {units: 3, activation: softmax}
  - Dropout: 0.5
```

## Instead

```yaml
input: [8]
layers:
  - Dropout: 0.5
  - Dense: {units: 3, activation: softmax}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.compiler.lint.support import PROBABILITIES, SOFTMAXES, Stage
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "dropped-output"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each dropout of probabilities that is an output of the model."""
    outputs = {
        target.producer: network.graph.output_spans.get(target)
        for target in network.graph.outputs.targets
    }
    for call, layer, sources in calls:
        if not layer.drops or call.index not in outputs or not getattr(layer, "rate", 0.0) > 0:
            continue
        before = network.graph.nodes[sources[0].producer]
        function = before.layer.function if before.layer is not None else None
        if function not in (*PROBABILITIES, *SOFTMAXES):
            continue
        related = [Related(before.place("activation"), f"`{before.name}` ends in `{function}`")]
        span = outputs[call.index]
        related += [Related(span, "an output of the model")] if span is not None else []
        yield warning(
            call.span,
            CODE,
            f"`{call.name}` ({call.cls}) randomly sets values of an output to zero during training",
            f"move it before `{before.name}`",
            note=call.context,
            related=related,
        )
