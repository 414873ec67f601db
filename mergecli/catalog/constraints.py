"""Constraints: what a weight is held to while training, written as `{MaxNorm: {max_value: 2}}`."""

from typing import Annotated, Any

from mergecli.catalog.fields import Real
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.list_arguments import Integers


class Constraint(KerasObject, abstract=True):
    """What a weight is held to while training."""

    role = "constraint"
    module = "constraints"


class MaxNorm(Constraint):
    """At most this length along an axis."""

    max_value: Real = 2
    axis: Annotated[Any, Integers(single=True)] = 0


class MinMaxNorm(Constraint):
    """A length between two bounds along an axis."""

    min_value: Real = 0.0
    max_value: Real = 1.0
    rate: Real = 1.0
    axis: Annotated[Any, Integers(single=True)] = 0


class UnitNorm(Constraint):
    """Length one along an axis."""

    axis: Annotated[Any, Integers(single=True)] = 0


class NonNeg(Constraint):
    """Nothing below zero."""
