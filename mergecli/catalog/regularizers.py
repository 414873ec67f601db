"""Regularizers: penalties on weights and results, written as `{L2: {l2: 0.01}}`."""

from typing import Annotated, Optional, Tuple

from mergecli.catalog.aliases import class_key
from mergecli.catalog.arguments import Choice, Number
from mergecli.catalog.fields import Penalty
from mergecli.catalog.initializers import COMPLEX, FLOAT8, INTEGERS
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.shapes import Shape
from mergecli.catalog.versions import Backend

#: What TensorFlow does not multiply with a penalty.
_SHORT = ("int8", "int16", "uint8", "uint16", *FLOAT8, "string")


class Regularizer(KerasObject, abstract=True):
    """A penalty on a weight or an activation, added to the loss."""

    role = "regularizer"
    module = "regularizers"

    def refused(self, backend: str) -> Tuple[str, ...]:
        """Return the dtypes of which a backend cannot compute the penalty."""
        return {"tensorflow": _SHORT, "torch": FLOAT8}.get(backend, ())

    def mismatch(self, shape: Shape, dtype: Optional[str]) -> Optional[str]:
        """Why a backend computes no penalty of a tensor of this shape and dtype, None if not known, after its name.

        >>> OrthogonalRegularizer().mismatch((None, 2, 3), "float32"), L2().mismatch((None, 2, 3), "float32")
        ('takes matrices', None)
        """
        backend = Backend.choose()
        if dtype in self.refused(backend):
            return f"takes no {dtype} with the backend `{backend}`"
        return None


class L1(Regularizer):
    """The sum of absolute values."""

    l1: Penalty = 0.01

    def refused(self, backend: str) -> Tuple[str, ...]:
        return super().refused(backend) + (COMPLEX if backend == "tensorflow" else ())


class L2(Regularizer):
    """The sum of squares."""

    l2: Penalty = 0.01


class L1L2(Regularizer):
    """Both."""

    l1: Penalty = 0.0
    l2: Penalty = 0.0

    def refused(self, backend: str) -> Tuple[str, ...]:
        # The sum of both begins with a zero of the dtype, to which nothing is added where both are zero.
        if backend == "jax":
            return ()
        if not self.l1 and not self.l2:
            return (*FLOAT8, "string")
        also = COMPLEX if self.l1 and backend == "tensorflow" else ()
        return (*super().refused(backend), "bool", *also)


class OrthogonalRegularizer(Regularizer):
    """How far rows or columns are from being orthogonal."""

    factor: Annotated[float, Number(0, finite=True)] = 0.01
    mode: Annotated[str, Choice("rows", "columns")] = "rows"

    def refused(self, backend: str) -> Tuple[str, ...]:
        if backend == "torch":
            return (*FLOAT8, *COMPLEX)
        others = ("float16", "bfloat16", "float64", *FLOAT8, *COMPLEX, "string")
        return INTEGERS + (others if backend == "tensorflow" else ())

    def mismatch(self, shape: Shape, dtype: Optional[str]) -> Optional[str]:
        return "takes matrices" if len(shape) != 2 else super().mismatch(shape, dtype)


def regularizer(name: str) -> Regularizer:
    """Return a regularizer by one of its names.

    >>> regularizer("l1_l2"), regularizer("orthogonal_regularizer")
    (L1L2(), OrthogonalRegularizer())
    """
    kinds = {kind.__name__.lower(): kind for kind in (L1, L2, L1L2, OrthogonalRegularizer)}
    return kinds[class_key(name)]()
