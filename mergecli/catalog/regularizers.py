"""Regularizers: penalties on weights and results, written as `{L2: {l2: 0.01}}`."""

from typing import Annotated, Optional

from mergecli.catalog.aliases import class_key
from mergecli.catalog.arguments import Choice, Number
from mergecli.catalog.fields import FLOATS, Penalty
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.shapes import Shape
from mergecli.catalog.versions import Backend


class Regularizer(KerasObject, abstract=True):
    """A penalty on a weight or an activation, added to the loss."""

    role = "regularizer"
    module = "regularizers"

    def mismatch(self, shape: Shape, dtype: Optional[str]) -> Optional[str]:
        """Why no penalty of a tensor of this shape and dtype can be computed, after its name.

        Args:
            shape: The shape.
            dtype: The dtype; None if it is not known. Only floats are judged.

        >>> OrthogonalRegularizer().mismatch((None, 2, 3), "float32"), L2().mismatch((None, 2, 3), "float32")
        ('takes matrices', None)
        """
        return None


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

    def mismatch(self, shape: Shape, dtype: Optional[str]) -> Optional[str]:
        if len(shape) != 2:
            return "takes matrices"
        # Keras compares with a matrix of float32, which TensorFlow does not convert.
        if dtype in FLOATS and dtype != "float32" and Backend.choose() == "tensorflow":
            return "takes float32 with the backend `tensorflow`"
        return None


def regularizer(name: str) -> Regularizer:
    """Return a regularizer by one of its names.

    >>> regularizer("l1l2"), regularizer("orthogonal_regularizer")
    (L1L2(), OrthogonalRegularizer())
    """
    kinds = {kind.__name__.lower(): kind for kind in (L1, L2, L1L2, OrthogonalRegularizer)}
    return kinds[class_key(name)]()
