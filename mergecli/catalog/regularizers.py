"""Regularizers: penalties on weights and results, written as `{L2: {l2: 0.01}}`."""

from typing import Annotated

from mergecli.catalog.arguments import Choice, Number
from mergecli.catalog.fields import Penalty
from mergecli.catalog.keras_object import KerasObject


class Regularizer(KerasObject, abstract=True):
    """A penalty on a weight or an activation, added to the loss."""

    role = "regularizer"
    module = "regularizers"


class L1(Regularizer):
    """The sum of absolute values."""

    l1: Penalty = 0.01


class L2(Regularizer):
    """The sum of squares."""

    l2: Penalty = 0.01


class L1L2(Regularizer):
    """Both."""

    l1: Penalty = 0.0
    l2: Penalty = 0.0


class OrthogonalRegularizer(Regularizer):
    """How far rows or columns are from being orthogonal."""

    factor: Annotated[float, Number(0, finite=True)] = 0.01
    mode: Annotated[str, Choice("rows", "columns")] = "rows"
