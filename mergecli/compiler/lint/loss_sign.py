"""A loss that takes the logarithm of predictions is given predictions that may be negative.

## What it finds

`poisson`, `kl_divergence` or `mean_squared_logarithmic_error` for an output of a layer that has an
argument `activation` and no activation, or one with negative values, such as `tanh`.

## Why that is a mistake

`poisson` takes the logarithm of the prediction: of a negative one that is NaN, and after one step so are
all weights. The others cut negative predictions to nearly 0, where they have no gradient. Keras accepts
all of them.

## Example

```yaml
input: [8]
layers:
  - Dense: 1
compile: {optimizer: adam, loss: poisson}
```

## Instead

```yaml
input: [8]
layers:
  - Dense: {units: 1, activation: softplus}
compile: {optimizer: adam, loss: poisson}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.compiler.lint.support import Stage, folded, name_of, trained_outputs
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "loss-sign"
STAGE = Stage.NETWORK
#: Losses that take a logarithm of the prediction, with an activation whose values they take.
_LOSSES = {
    "poisson": "softplus",
    "kldivergence": "softmax",
    "kld": "softmax",
    "kullbackleiblerdivergence": "softmax",
    "meansquaredlogarithmicerror": "softplus",
    "msle": "softplus",
}
#: Activations that have negative values.
_NEGATIVE = frozenset(
    "celu elu gelu hard_tanh leaky_relu log_softmax mish selu silu softsign swish tanh".split()
)


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each output with negative values and a loss that takes their logarithm."""
    for output in trained_outputs(network):
        call, layer = output.call, output.call.layer
        name = name_of(output.loss)
        activation = _LOSSES.get(folded(name)) if output.loss is not None else None
        if activation is None or layer is None or not layer.activated:
            continue
        # A constraint on the weights may keep the values positive.
        if getattr(layer, "kernel_constraint", None) is not None:
            continue
        given = getattr(layer, "activation", None)
        if given in (None, "linear"):
            ends = "has no activation"
        elif layer.function in _NEGATIVE:
            ends = f"ends in `{layer.function}`"
        else:
            continue
        yield warning(
            call.place("activation"),
            CODE,
            f"`{call.name}` ({call.cls}) {ends}, and the loss `{name}` takes the logarithm of its values",
            f"use `activation: {activation}`, whose values are positive",
            note=call.context,
        )
