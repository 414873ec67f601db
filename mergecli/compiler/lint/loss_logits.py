"""A loss of probabilities is given logits, or a loss of logits probabilities.

## What it finds

A crossentropy without `from_logits: true` for an output of a layer that has an argument `activation`
and no activation, or one whose values are not probabilities, such as `relu` and `tanh`; and one with
`from_logits: true` for an output after a sigmoid or softmax.

## Why that is a mistake

Without `from_logits` the loss takes its input as probabilities: Keras cuts other values to between 0
and 1, so most have no gradient and the model hardly learns. With
`from_logits` the loss applies the sigmoid or softmax itself, and a second one makes all predictions
nearly the same. Keras accepts both.

## Example

```yaml
input: [8]
layers:
  - Dense: 10
compile: {optimizer: adam, loss: sparse_categorical_crossentropy}
```

## Instead

```yaml
input: [8]
layers:
  - Dense: 10
compile: {optimizer: adam, loss: {SparseCategoricalCrossentropy: {from_logits: true}}}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.compiler.lint.support import (
    PROBABILITIES,
    UNBOUNDED,
    LossOfOutput,
    Stage,
    probability_losses,
)
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "loss-logits"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each output whose loss expects the other of logits and probabilities."""
    for loss in probability_losses(network):
        call, layer = loss.call, loss.call.layer
        assert layer is not None
        if loss.from_logits and layer.function in PROBABILITIES:
            yield warning(
                call.place("activation" if layer.activated else None),
                CODE,
                f"`{call.name}` ({call.cls}) ends in `{layer.function}`, and the loss"
                f" `{loss.name}` applies one again",
                "remove the activation, or `from_logits: true`",
                note=call.context,
            )
        elif not loss.from_logits and (diagnostic := _unbounded(loss)) is not None:
            yield diagnostic


def _unbounded(loss: LossOfOutput) -> Diagnostic | None:
    """Return a warning about an output whose values are not probabilities."""
    call, layer = loss.call, loss.call.layer
    # A constraint on the weights may keep the values between 0 and 1.
    if layer is None or getattr(layer, "kernel_constraint", None) is not None:
        return None
    activation = "softmax" if loss.of_classes else "sigmoid"
    if layer.activated and getattr(layer, "activation", None) in (None, "linear"):
        ends, hint = "has no activation", f"add `activation: {activation}`"
        logits = ", or `from_logits: true` to the loss"
    elif layer.function in UNBOUNDED:
        ends, hint, logits = f"ends in `{layer.function}`", f"use `{activation}` instead", ""
    else:
        return None
    return warning(
        call.place("activation" if layer.activated and layer.function else None),
        CODE,
        f"`{call.name}` ({call.cls}) {ends}, and the loss `{loss.name}`"
        " takes its values as probabilities",
        hint + logits,
        note=call.context,
    )
