"""A layer that learns from data before it runs has learned nothing.

## What it finds

A `TextVectorization`, `StringLookup` or `IntegerLookup` without a vocabulary, and a `Discretization`
without the bounds of its bins.

## Why that is a mistake

Keras builds such a model and refuses to run it; a saved one without a vocabulary cannot be loaded
again. Either the spec gives the vocabulary or the bounds, as values or as the path of a file with one
term on each line. Or a script loads the spec with `mergecli.load`, calls the `adapt` of the layer with
data, and only then trains and saves the model: suppress the warning in such a spec.

## Example

```yaml
input: {shape: [1], dtype: string}
layers:
  - TextVectorization: {max_tokens: 1000, output_sequence_length: 8}
  - Embedding: {input_dim: 1000, output_dim: 4}
```

## Instead

```yaml
input: {shape: [1], dtype: string}
layers:
  - TextVectorization: {output_sequence_length: 8, vocabulary: [good, bad]}
  - Embedding: {input_dim: 4, output_dim: 4}
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "not-adapted"
STAGE = Stage.NETWORK


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each layer that runs only after `adapt`."""
    for call, layer, _ in calls:
        argument = layer.learned
        if argument and getattr(layer, argument) is None:
            yield warning(
                call.span,
                CODE,
                f"`{call.name}` ({call.cls}) has no `{argument}`, so the model does not run",
                f"add `{argument}`, or call `adapt` on the layer of the loaded model before it runs",
                note=call.context,
            )
