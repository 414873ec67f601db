"""Functions of `keras.ops` for neural networks: activations, and what turns numbers into features."""

from typing import ClassVar, Iterator, Optional, Sequence

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.fields import Axis, Flag, NonNegative, Positive, Real
from mergecli.catalog.layer import NOT_SPARSE_IN_TORCH, Unsupported
from mergecli.catalog.operations.elementwise import AlongAxis, Unary
from mergecli.catalog.operations.operation import (
    Arguments,
    AxesOrNone,
    ClassCall,
    InDType,
    Operation,
    OptionalDType,
    RealOrNone,
    Values,
    axes,
    define,
)
from mergecli.catalog.shapes import Shape, ShapeError, axis, text
from mergecli.catalog.tensors import Tensor


class LeakyRelu(Unary):
    """Rectified linear unit that leaks below zero.

    >>> LeakyRelu(0.1).shape((None, 8))
    (None, 8)
    """

    negative_slope: Real = 0.2


class Elu(Unary):
    """Exponential linear unit.

    >>> Elu(alpha=0.5).shape((None, 8))
    (None, 8)
    """

    alpha: Real = 1.0


class Celu(Unary):
    """Continuously differentiable exponential linear unit.

    >>> Celu(alpha=0.5).shape((None, 8))
    (None, 8)
    """

    alpha: Real = 1.0


class Gelu(Unary):
    """Gaussian error linear unit.

    >>> Gelu(approximate=False).shape((None, 8))
    (None, 8)
    """

    approximate: Flag = True


class Glu(Operation):
    """Gated linear unit: one half gates the other.

    >>> Glu().shape((None, 8))
    (None, 4)
    """

    changed = {"3.12": "the shape stays as it is"}

    rule = "half the size along `axis`"

    axis: Axis = -1

    def shape(self, x: Shape) -> Shape:
        """Return the shape with one axis halved.

        Raises:
            ShapeError: Its size is odd.
        """
        along = axis(self.axis, len(x))
        size = x[along]
        if size is not None and size % 2:
            raise ShapeError(
                f"cannot halve {size} on axis {along} of {{0}}: {text(x)}",
                inputs=(0,),
                argument="axis",
            )
        if self.keras_version < (3, 12):
            return x  # a model is wired as if it were so
        return (*x[:along], None if size is None else size // 2, *x[along + 1 :])


class SoftShrink(Unary):
    """Moves towards zero by a threshold.

    >>> SoftShrink(threshold=0.1).shape((None, 8))
    (None, 8)
    """

    threshold: Real = 0.5


class HardShrink(Unary):
    """Zero within a threshold.

    >>> HardShrink(threshold=0.1).shape((None, 8))
    (None, 8)
    """

    threshold: Real = 0.5


class Squareplus(Unary):
    """A smooth rectified linear unit made of squares and roots.

    >>> Squareplus(b=2).shape((None, 8))
    (None, 8)
    """

    b: Real = 4


class Threshold(Unary):
    """Values above a threshold as they are, another value in place of the others.

    >>> Threshold(threshold=0.5, default_value=0.0).shape((None, 8))
    (None, 8)
    """

    threshold: Real
    default_value: Real


class Softening(AlongAxis, abstract=True):
    """Exponentials along an axis."""

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: There is not such an axis, or none at all.
        """
        if self.axis == ():
            raise ShapeError("needs an axis", code="wrong-value", argument="axis")
        return super().shape(x)


class Softmax(Softening):
    """Exponentials along an axis that sum up to one.

    >>> Softmax(axis=1).shape((None, 8, 8))
    (None, 8, 8)
    """


class LogSoftmax(Softening):
    """The logarithm of a softmax.

    >>> LogSoftmax(axis=1).shape((None, 8, 8))
    (None, 8, 8)
    """


class Sparsemax(AlongAxis):
    """Like a softmax, with zeros for what is small.

    >>> Sparsemax().shape((None, 8))
    (None, 8)
    """

    axis: Axis = -1


class Normalize(AlongAxis):
    """Divides by the norm along an axis; the result is float32, as Keras says.

    >>> Normalize(axis=-1).shape((None, 8))
    (None, 8)
    """

    becomes = "float32"

    axis: AxesOrNone = -1
    order: Positive = 2
    epsilon: RealOrNone = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: There is not such an axis, or not such a norm along so many axes.
        """
        count = len(x) or 1 if self.axis is None else len(axes(self.axis, len(x)))
        if self.order != 2 and count != 1 and (count, self.order) != (2, 1):
            raise ShapeError(
                f"has no norm of order {self.order} along {count} axes", argument="order"
            )
        return super().shape(x)


class OneHot(InDType):
    """An integer as a one among zeros.

    >>> OneHot(num_classes=10).shape((None, 4))
    (None, 4, 10)
    """

    unsupported = NOT_SPARSE_IN_TORCH
    rule = "`num_classes` more features, at `axis`"
    becomes = "float32"

    num_classes: NonNegative
    axis: Axis = -1
    dtype: OptionalDType = None
    sparse: Flag = False

    def shape(self, x: Shape) -> Shape:
        """Return the shape with an axis of classes.

        Raises:
            ShapeError: The input has no place for this axis.
        """
        if self.axis != -1 and not 0 <= self.axis < len(x):
            raise ShapeError(
                f"cannot put classes at axis {self.axis}: {{0}} has {len(x)} dimensions",
                code="axis-range", inputs=(0,), argument="axis", hint=f"-1 or an axis from 0 to {len(x) - 1}",
            )  # fmt: skip
        place = len(x) if self.axis == -1 else self.axis
        return (*x[:place], self.num_classes, *x[place:])

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        # The function gives its class a full dtype.
        dtype = config["dtype"]
        full = "int64" if dtype == "int" else "float32" if dtype is None else dtype
        return values, {**config, "dtype": full}, {}


class MultiHot(OneHot):
    """Integers as ones among zeros, all of a row in one.

    >>> MultiHot(num_classes=10).shape((None, 4))
    (None, 10)
    """

    unsupported: ClassVar[Unsupported] = {}
    rule = "`num_classes` features in place of the integers"
    becomes = "same"

    num_classes: NonNegative = None  # type: ignore[assignment]
    axis: Axis = -1
    dtype: OptionalDType = None
    sparse: Flag = False

    def check(self) -> Iterator[ArgumentError]:
        if self.num_classes is None:
            yield ArgumentError("is missing", code="missing-argument", argument="num_classes")

    def shape(self, x: Shape) -> Shape:
        shape = super().shape(x)
        return shape[-1:] if len(shape) == 2 else (shape[0], *shape[2:])

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        # Keras says so, whatever `dtype` is.
        return tensors[0].dtype


globals().update(
    define(
        Unary,
        """
        relu                 same     Rectified linear unit: zero for what is below zero.
        relu6                same     Rectified linear unit that ends at 6.
        sigmoid              same     Squeezes values between 0 and 1.
        hard_sigmoid         same     A sigmoid of straight lines.
        log_sigmoid          same     The logarithm of a sigmoid.
        softplus             same     A smooth rectified linear unit.
        softsign             same     Squeezes values between -1 and 1, slowly.
        silu,swish           same     Values times their sigmoid.
        hard_silu,hard_swish same     Values times their hard sigmoid.
        selu                 same     Scaled exponential linear unit.
        hard_tanh            same     A hyperbolic tangent of straight lines.
        tanh_shrink          same     Values less their hyperbolic tangent.
        sparse_sigmoid       same     A sigmoid of straight lines that is zero below -1.
        sparse_plus          same     A smooth rectified linear unit that is zero below -1.
        """,
        __name__,
    )
)
