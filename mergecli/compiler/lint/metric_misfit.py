"""A metric measures something else than it seems to.

## What it finds

A metric that cuts at 0.5 for an output of logits; one for targets of another form than those of the
loss; an accuracy of classes for an output of a single value; and one of the `k` likeliest classes
where there are not more than `k`.

## Why that is a mistake

Keras computes a number, which is wrong: a logit of 0.3 is a probability of 0.57, and counts as below
0.5; targets are compared with the places of others; of a single class, or of as many as there are, the
right one is always among the likeliest. The model trains as it should and seems to be bad, or perfect.

## Example

```yaml
input: [8]
layers:
  - Dense: 1
compile: {optimizer: adam, loss: {BinaryCrossentropy: {from_logits: true}}, metrics: [accuracy]}
```

## Instead

```yaml
input: [8]
layers:
  - Dense: 1
compile:
  optimizer: adam
  loss: {BinaryCrossentropy: {from_logits: true}}
  metrics: [{BinaryAccuracy: {threshold: 0}}]
```
"""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.shapes import text
from mergecli.compiler.lint.support import (
    Stage,
    TrainedOutput,
    folded,
    name_of,
    probability_losses,
    trained_outputs,
)
from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import CompleteCall, Network

CODE = "metric-misfit"
STAGE = Stage.NETWORK
#: Metrics that cut predictions at 0.5, and what they must be given for logits.
_CUTTING = {
    "acc": "BinaryAccuracy: {threshold: 0}",
    "accuracy": "BinaryAccuracy: {threshold: 0}",
    "binaryaccuracy": "BinaryAccuracy: {threshold: 0}",
    "precision": "Precision: {thresholds: 0}",
    "recall": "Recall: {thresholds: 0}",
    "auc": "AUC: {from_logits: true}",
}
#: Metrics and losses that take one number for each class as the target, and those that take the
#: number of the class.
_SPARSE = {
    "categoricalaccuracy": "SparseCategoricalAccuracy",
    "topkcategoricalaccuracy": "SparseTopKCategoricalAccuracy",
}
_ONE_HOT = {folded(sparse): name for name, sparse in
            (("CategoricalAccuracy", "SparseCategoricalAccuracy"),
             ("TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy"))}  # fmt: skip
#: The default of `k`.
_LIKELIEST = 5


def check(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Yield a warning for each metric that measures something else."""
    logits = {
        loss.call.index
        for loss in probability_losses(network)
        if loss.from_logits and not loss.of_classes
    }
    for output in trained_outputs(network):
        for metric in output.metrics:
            found = _misfit(output, metric, output.call.index in logits)
            if found is not None:
                call = output.call
                message = f"`{name_of(metric)}` for `{call.name}` ({call.cls}) {found[0]}"
                yield warning(call.span, CODE, message, found[1], note=call.context)


def _misfit(output: TrainedOutput, metric: object, takes_logits: bool) -> tuple[str, str] | None:
    """Return what is wrong with a metric, and a hint."""
    name, loss = folded(name_of(metric)), folded(name_of(output.loss))
    size = output.shape[-1] if output.shape else None
    # Of several values `accuracy` finds the largest.
    cuts = name in _CUTTING and (size == 1 or name not in ("acc", "accuracy"))
    if takes_logits and cuts and _is_plain(metric):
        return "takes logits as probabilities", f"write `{_CUTTING[name]}`"
    if name not in _SPARSE and name not in _ONE_HOT:
        return None
    if size == 1:
        return f"compares classes, and there is only one: {text(output.shape)}", (
            "use `BinaryAccuracy`"
        )
    if "topk" in name:
        likeliest = getattr(metric, "k", _LIKELIEST)
        if size is not None and likeliest >= size:
            return f"is always 1: there are {size} classes, and `k` is {likeliest}", (
                f"set `k` to less than {size}"
            )
    if loss == "sparsecategoricalcrossentropy" and name in _SPARSE:
        return "takes one number for each class, and its loss the number of the class", (
            f"use `{_SPARSE[name]}`"
        )
    if loss == "categoricalcrossentropy" and name in _ONE_HOT:
        return "takes the number of the class, and its loss one number for each class", (
            f"use `{_ONE_HOT[name]}`"
        )
    return None


def _is_plain(metric: object) -> bool:
    """Whether a metric has no argument that says what it is given."""
    given = getattr(metric, "explicit", {})
    return not {"threshold", "thresholds", "from_logits"} & set(given)
