"""The variables that an optimizer keeps for the weights that it trains."""

from __future__ import annotations

import re
from math import prod
from typing import Optional, Sequence

from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.weights import Weight, bytes_of_weights, size_of

#: How many numbers an optimizer keeps for each one that it trains, where no argument changes that.
_SLOTS = {
    "Adam": 2, "AdamW": 2, "Adadelta": 2, "Adagrad": 1, "Adamax": 2, "Nadam": 2, "Ftrl": 2,
    "Lion": 1, "Lamb": 2, "ScheduleFreeAdamW": 2, "RMSprop": 1, "SGD": 0,
}  # fmt: skip
#: Arguments that add one more where they are set.
_ADDING = ("momentum", "centered", "amsgrad", "use_ema", "gradient_accumulation_steps")


def slot_bytes(optimizer: Optional[KerasObject], weights: Sequence[Weight]) -> int:
    """Return the bytes of the variables of an optimizer, aside from single numbers.

    Args:
        optimizer: The optimizer; None for Adam.
        weights: The weights that it trains.
    """
    if optimizer is None:
        return 2 * bytes_of_weights(weights)
    inner = getattr(optimizer, "inner_optimizer", None)
    if isinstance(inner, KerasObject):
        return slot_bytes(inner, weights)
    name = type(optimizer).__name__
    if name == "MultiOptimizer":
        # Which weights an inner optimizer trains follows from paths that only Keras knows.
        return slot_bytes(getattr(optimizer.optimizer_map, "default_optimizer", None), weights)  # type: ignore[attr-defined]
    adding = sum(bool(getattr(optimizer, argument, None)) for argument in _ADDING)
    if name == "Adafactor":
        return sum(map(_factored, weights)) + adding * bytes_of_weights(weights)
    if name == "Muon":
        # Its `momentum` is a number of every variable, and those of AdamW have a second one.
        velocities = [weight for weight in weights if not _is_orthogonalized(optimizer, weight)]
        return adding * bytes_of_weights(weights) + bytes_of_weights(velocities)
    return (_SLOTS.get(name, 2) + adding) * bytes_of_weights(weights)


def _factored(weight: Weight) -> int:
    """Return the bytes of the running means of a weight's rows, of its columns, and of itself."""
    shape = [size or 0 for size in weight.shape]
    means = 0 if len(shape) < 2 else prod(shape[:-1]) + prod([*shape[:-2], shape[-1]])
    return (means + prod(shape)) * size_of(weight.dtype)


def _is_orthogonalized(optimizer: KerasObject, weight: Weight) -> bool:
    """Whether Muon trains a weight itself, and not by AdamW."""
    if len(weight.shape) != 2:
        return False
    if getattr(optimizer, "exclude_embeddings", True) and "embedding" in weight.name:
        return False
    excluded = getattr(optimizer, "exclude_layers", None) or ()
    return not any(re.search(pattern, weight.name) for pattern in excluded)
