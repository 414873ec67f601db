"""Functions of `keras.ops` that take axes together: sums, products, and sums of products.

`Any` must not be imported here: `ops.any` has that name.
"""

import re
from typing import Annotated, Callable, Dict, List, Optional, Sequence, Tuple

from mergecli.dtypes import promote
from mergecli.layers.arguments import Argument, Axes, Flag, Integer, Words
from mergecli.layers.base import Inputs, Tensor
from mergecli.layers.operations import AxesOrNone, InDType, Operation, OptionalDType, RealOrNone, axes, define, spread
from mergecli.shapes import Shape, ShapeError, product, same, text

AxisOrNone = Annotated[Optional[int], Integer(none=True)]


class Reduction(Operation, abstract=True):
    """Takes axes together, or all of them, the batch axis too."""

    rule = "without the axes `axis`; with `keepdims` they have size 1"

    axis: AxesOrNone = None
    keepdims: Flag = False

    def shape(self, x: Shape) -> Shape:
        gone = axes(self.axis, len(x))
        if self.keepdims:
            return tuple(1 if index in gone else size for index, size in enumerate(x))
        return tuple(size for index, size in enumerate(x) if index not in gone)


class Max(Reduction):
    """The largest element along axes.

    >>> Max(axis=1).shape((None, 8, 4))
    (None, 4)
    """

    axis: AxesOrNone = None
    keepdims: Flag = False
    initial: RealOrNone = None


class Min(Reduction):
    """The smallest element along axes.

    >>> Min(axis=1).shape((None, 8, 4))
    (None, 4)
    """

    axis: AxesOrNone = None
    keepdims: Flag = False
    initial: RealOrNone = None


class Prod(Reduction, _InDType):
    """The product along axes.

    >>> Prod(axis=1).shape((None, 8, 4))
    (None, 4)
    """

    becomes = "summed"

    axis: AxesOrNone = None
    keepdims: Flag = False
    dtype: OptionalDType = None


class Argmax(Reduction):
    """Where the largest element stands along an axis.

    >>> Argmax(axis=-1).results(Inputs.of((None, 8)))
    (Tensor(shape=(None,), dtype='int32'),)
    """

    becomes = "int32"

    axis: AxisOrNone = None
    keepdims: Flag = False


class Argmin(Reduction):
    """Where the smallest element stands along an axis.

    >>> Argmin(axis=-1).results(Inputs.of((None, 8)))
    (Tensor(shape=(None,), dtype='int32'),)
    """

    becomes = "int32"

    axis: AxisOrNone = None
    keepdims: Flag = False


_define(
    Reduction,
    """
    sum       summed  The sum along axes.
    mean      inexact The mean along axes.
    std       inexact The standard deviation along axes.
    var       real    The variance along axes.
    amax      same    The largest element along axes.
    amin      same    The smallest element along axes.
    any       bool    Whether any element along axes is true.
    all       bool    Whether all elements along axes are true.
    logsumexp float32 The logarithm of the sum of exponentials along axes; the result is float32, as Keras says.
    """,
)
