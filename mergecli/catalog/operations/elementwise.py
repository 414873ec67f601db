"""Functions of `keras.ops` that compute element by element."""

from typing import ClassVar, Optional, Sequence, Tuple

from mergecli.catalog.dtypes import WEAK
from mergecli.catalog.fields import ACTIVATIONS, Flag, Real, Whole
from mergecli.catalog.layer import NOT_SPARSE_IN_TORCH
from mergecli.catalog.operations.operation import (
    AxesOrNone,
    AxisOrNone,
    InDType,
    InFullDType,
    Operation,
    OptionalDType,
    OptionalFlag,
    RealOrNone,
    ValueDType,
    axes,
    check_diagonal,
    define,
    spread,
)
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    axis,
    check_least_rank,
    check_since,
    product,
    spreads,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend


class Unary(Operation, abstract=True):
    """Each element on its own."""

    rule = "as it is"
    activates = True

    @property
    def function(self) -> Optional[str]:
        name = self.keras_name.removeprefix("ops.")
        # Another slope or threshold makes another function.
        return name if name in ACTIVATIONS and set(self.explicit) <= {"name", "axis"} else None


class Binary(Operation, abstract=True):
    """Each element of one tensor with that of another, or with a number."""

    arity = 2
    numbers = True
    becomes = "common"
    rule = "the shapes broadcast, the batch axis too"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        return (Tensor(spread(inputs.shapes), self.result_dtype(tensors)),)


class TwoTensors(Binary, abstract=True):
    """Each element of one tensor with that of another; numbers are not taken."""

    numbers = False


class Bitwise(TwoTensors, abstract=True):
    """Bits of one tensor with those of another, which Keras gives the shape of the first."""

    refuses_floats = True
    rule = "as the first, to whose shape the second broadcasts"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the bits, in the shape of the first tensor.

        Raises:
            ShapeError: The second tensor has another shape.
        """
        tensors = self.tensors(inputs)
        first, second = inputs.shapes
        if not spreads(second, first):
            raise ShapeError(
                f"cannot combine {{0}} with {{1}}: {text(first)} against {text(second)}",
                code="merge-shape",
                inputs=(0, 1),
                hint="put the tensor with the larger shape first",
            )
        return (Tensor(first, self.result_dtype(tensors)),)


class Shift(Bitwise, abstract=True):
    """Bits of one tensor moved by the numbers of another, or by one number."""

    numbers = first_is_tensor = True
    changed = {"3.10": "both are tensors"}

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the common dtype; an integer has none of its own.

        Raises:
            ShapeError: The number is not a whole one, or there is no common dtype.
        """
        if tensors[1].dtype == "float":
            raise ShapeError("cannot move bits by {1}, a number with decimals", inputs=(1,))
        if tensors[1].dtype == "int" and tensors[0].dtype == "bool":
            raise ShapeError("cannot move truth values by {1}, a number", inputs=(0, 1))
        if tensors[1].dtype == "int":
            check_since((3, 10), self.keras_version, "to move bits by {1}, a number", inputs=(1,))
        return tensors[0].dtype if tensors[1].dtype == "int" else super().result_dtype(tensors)


class Ldexp(Binary):
    """The first times two to the power of the second.

    >>> Ldexp().results(Inputs.of((None, 8), (None, 8), dtype="int32"))
    (Tensor(shape=(None, 8), dtype='float32'),)
    """

    becomes = "typed real"
    refuses_floats = True

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the dtype of a real number.

        Raises:
            ShapeError: The exponent is not an integer.
        """
        dtype = tensors[1].dtype
        if dtype is not None and "int" not in dtype:
            raise ShapeError(
                f"takes integers as exponents, {{1}} has dtype {WEAK.get(dtype, dtype)}",
                code="wrong-type",
                inputs=(1,),
                hint="convert it first, with `ops.cast: {dtype: int32}`",
            )
        return super().result_dtype(tensors)


class AlongAxis(Unary, abstract=True):
    """Elements along an axis, or several, depend on each other."""

    axis: AxesOrNone = -1

    def shape(self, x: Shape) -> Shape:
        axes(self.axis, len(x))
        return x


class Round(Unary):
    """Rounds to a number of decimals.

    >>> Round(decimals=2).shape((None, 8))
    (None, 8)
    """

    decimals: Whole = 0


class Clip(Unary):
    """Keeps values within bounds.

    >>> Clip(x_min=0, x_max=6).shape((None, 8))
    (None, 8)
    """

    becomes = "counted"

    x_min: Real
    x_max: Real

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the dtype of the input, or that of its numbers.

        Raises:
            ShapeError: TensorFlow is to keep integers within bounds that are not integers.
        """
        dtype = tensors[0].dtype or ""
        is_integer = "int" in dtype or dtype == "bool"
        if is_integer and Backend.choose() == "tensorflow":
            for name in ("x_min", "x_max"):
                if isinstance(getattr(self, name), float):
                    raise ShapeError(
                        f"must be an integer, as {{0}} has dtype {dtype}",
                        code="wrong-type",
                        argument=name,
                        inputs=(0,),
                        hint="write it without a point, or convert the tensor first, with `ops.cast: {dtype: float32}`",
                    )
        return super().result_dtype(tensors)


class NanToNum(Unary):
    """Numbers in place of what is not a number, and of infinity.

    >>> NanToNum(nan=1.0).shape((None, 8))
    (None, 8)
    """

    takes_strings = True

    nan: Real = 0.0
    posinf: RealOrNone = None
    neginf: RealOrNone = None


class Isclose(Binary):
    """Whether two values are nearly the same.

    >>> Isclose(atol=0.1).results(Inputs.of((None, 8), (None, 8)))
    (Tensor(shape=(None, 8), dtype='bool'),)
    """

    becomes = "bool"
    takes_strings = True

    call_arguments = ("rtol", "atol")

    rtol: Real = 1e-5
    atol: Real = 1e-8
    equal_nan: Flag = False


class Triangle(Operation, abstract=True):
    """Zeros on one side of a diagonal of the last two axes."""

    rule = "as it is"

    k: Whole = 0
    #: The axis along which the diagonal moves where it leaves more than zeros, and the sign of `k`.
    end: ClassVar[Tuple[int, int]]

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: There is no matrix, or the backend has no diagonal so far outside of it.
        """
        check_least_rank(x, 2)
        place, sign = self.end
        size = x[place]
        check_diagonal(size is not None and self.k * sign > size, self.k, "k", x)
        return x


class Tril(Triangle):
    """Zeros above a diagonal of the last two axes.

    >>> Tril(k=-1).shape((None, 4, 4))
    (None, 4, 4)
    """

    end = -1, 1


class Triu(Triangle):
    """Zeros below a diagonal of the last two axes.

    >>> Triu(k=1).shape((None, 4, 4))
    (None, 4, 4)
    """

    end = -2, -1


class Sort(Operation):
    """Elements from the smallest to the largest along an axis, or all of them.

    >>> Sort(axis=1).shape((None, 8))
    (None, 8)
    """

    changed = {"3.14": "there must be an axis"}

    rule = "as it is; without an axis all elements in one axis"

    axis: AxisOrNone = -1

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: There is no axis, for which old versions of Keras declare a wrong shape.
        """
        if self.axis is None:
            check_since((3, 14), self.keras_version, "without an axis", argument="axis")
        return along_or_flat(self.axis, x)


class Argsort(Operation):
    """Where the elements stand that come first, second and so on along an axis.

    >>> Argsort().results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='int32'),)
    """

    changed = {"3.15": "without an axis all sizes must be known"}

    rule = "as it is; without an axis all elements in one axis"
    becomes = "int32"

    axis: AxisOrNone = -1

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: All elements are sorted, of which old versions of Keras must know how many.
        """
        if self.axis is None and None in x:
            what = f"to sort all of an unknown number, {{0}} is {text(x)}"
            check_since((3, 15), self.keras_version, what, inputs=(0,), argument="axis")
        return along_or_flat(self.axis, x)


def along_or_flat(along: Optional[int], x: Shape) -> Shape:
    """Return the shape of what is computed along an axis; without one, of all elements in a row.

    >>> along_or_flat(1, (None, 8)), along_or_flat(None, (2, 8)), along_or_flat(None, (None, 8))
    ((None, 8), (16,), (None,))
    """
    if along is None:
        return (product(x),)
    axis(along, len(x))
    return x


class Cast(InFullDType):
    """Turns values into a dtype.

    >>> Cast("float16").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float16'),)
    """

    converts = True

    dtype: ValueDType


class SaturateCast(Cast):
    """Turns values into a dtype; what it cannot hold becomes its largest or smallest value.

    >>> SaturateCast("uint8").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='uint8'),)
    """


class Made(InFullDType, abstract=True):
    """The tensor itself, in the dtype that is named."""

    changed = {"3.11": "without `dtype` it gives float32"}
    takes_strings = True
    converts = True

    dtype: OptionalDType = None

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        if self.dtype is None and self.keras_version < (3, 11):
            return "float32"
        return super().result_dtype(tensors)


class Array(Made):
    """The tensor itself, in the dtype that is named.

    >>> Array().results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float32'),)
    """

    dtype: OptionalDType = None


class ConvertToTensor(Made):
    """The tensor itself, in the dtype that is named, without gaps unless they are kept.

    >>> ConvertToTensor(dtype="float16").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float16'),)
    """

    newer = {"ragged": "3.9"}
    unsupported = {
        "jax": {"ragged": (True,)},
        "torch": {**NOT_SPARSE_IN_TORCH["torch"], "ragged": (True,)},
    }

    dtype: OptionalDType = None
    sparse: OptionalFlag = None
    ragged: OptionalFlag = None


class EmptyLike(InFullDType):
    """Any values in the shape of a tensor.

    >>> EmptyLike(dtype="int32").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='int32'),)
    """

    takes_strings = True
    dtype: OptionalDType = None


class ZerosLike(InDType):
    """Zeros in the shape of a tensor.

    >>> ZerosLike(dtype="int32").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='int32'),)
    """

    takes_strings = True
    dtype: OptionalDType = None


class Filled(InDType, abstract=True):
    """A number in the shape of a tensor, which may be of strings if another dtype is named."""

    dtype: OptionalDType = None

    def check_strings(self, inputs: Inputs) -> None:
        if self.dtype in (None, "string"):
            super().check_strings(inputs)


class OnesLike(Filled):
    """Ones in the shape of a tensor.

    >>> OnesLike().results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float32'),)
    """

    dtype: OptionalDType = None


class FullLike(Filled):
    """One number in the shape of a tensor.

    >>> FullLike(0.5).results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float32'),)
    """

    call_arguments = ("fill_value",)

    fill_value: Real
    dtype: OptionalDType = None


class Cumulative(InFullDType, abstract=True):
    """A result for each element of all that are not after it along an axis, or of all elements."""

    rule = "as it is; without an axis all elements in one axis"
    becomes = "counted"
    computes = True

    axis: AxisOrNone = None
    dtype: OptionalDType = None

    def shape(self, x: Shape) -> Shape:
        return along_or_flat(self.axis, x)

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        return "int32" if self.dtype == "bool" else super().result_dtype(tensors)


class Cumsum(Cumulative):
    """The sum of all elements up to each along an axis: of ones, the positions.

    >>> Cumsum(axis=1).shape((None, 8))
    (None, 8)
    """


class Cumprod(Cumulative):
    """The product of all elements up to each along an axis.

    >>> Cumprod(axis=1).shape((None, 8))
    (None, 8)
    """


class Where(Operation):
    """Elements of the second tensor where the first is true, of the third elsewhere.

    >>> Where().results(Inputs.of((None, 8), (None, 8), (None, 1)))[0].shape
    (None, 8)
    """

    arity = 3
    numbers = True
    becomes = "common"
    rule = "the shapes broadcast, the batch axis too"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        _, *chosen = self.tensors(inputs)
        return (Tensor(spread(inputs.shapes), self.result_dtype(chosen)),)


_UNARY = define(
    Unary,
    """
    tanh                 real     The hyperbolic tangent.
    absolute,abs         same     Values without their sign.
    negative             same     Values with the other sign.
    sign                 same     The sign: -1, 0 or 1.
    square               counted  Values times themselves.
    sqrt                 real     The square root.
    rsqrt                same     One divided by the square root.
    reciprocal           float32  One divided by the value; the result is float32, as Keras says.
    exp                  inexact  The exponential.
    exp2                 inexact  Two to the power of the value.
    expm1                inexact  The exponential less one.
    log                  real     The natural logarithm.
    log1p                real     The natural logarithm of one more.
    log2                 real     The logarithm to the base 2.
    log10                real     The logarithm to the base 10.
    erf                  same     The error function.
    erfinv               same     The inverse error function.
    sin                  real     The sine.
    cos                  real     The cosine.
    tan                  real     The tangent.
    sinh                 real     The hyperbolic sine.
    cosh                 real     The hyperbolic cosine.
    arcsin               real     The inverse sine.
    arccos               real     The inverse cosine.
    arctan               real     The inverse tangent.
    arcsinh              real     The inverse hyperbolic sine.
    arccosh              real     The inverse hyperbolic cosine.
    arctanh              real     The inverse hyperbolic tangent.
    floor                real     The next integer below.
    ceil                 real     The next integer above.
    trunc                same     Values without their decimals.
    isnan                bool     Whether a value is not a number.
    isinf                bool     Whether a value is infinite.
    isfinite             bool     Whether a value is a finite number.
    logical_not          bool     Whether a value is false or zero.
    stop_gradient        same     Values as they are, with no gradient through them.
    fabs                 positive Values without their sign, as floats.
    bitwise_invert       same     Each bit turned over.
    bitwise_not          same     Each bit turned over.
    cbrt                 root     The cube root.
    deg2rad              floating Degrees as radians.
    rad2deg              floating Radians as degrees.
    i0                   floating The modified Bessel function of order 0.
    sinc                 real     The sine of pi times the value, divided by that.
    erfc                 real     One less the error function.
    copy                 same     Values as they are.
    isneginf             bool     Whether a value is negative infinity.
    isposinf             bool     Whether a value is positive infinity.
    isreal               bool     Whether a value has no imaginary part.
    signbit              bool     Whether a value is negative.
    conjugate,conj       same     The complex conjugate.
    real                 same     The real part; Keras gives it the dtype of the value.
    imag                 same     The imaginary part; Keras gives it the dtype of the value.
    angle                real     The angle of a complex number.
    """,
    __name__,
    strings="isnan isinf isfinite stop_gradient copy isneginf isposinf isreal imag".split(),
    not_floats=("bitwise_invert", "bitwise_not", "imag"),
)
_BINARY = define(
    Binary,
    """
    add           common  The sum.
    subtract      common  The first less the second.
    multiply      common  The product.
    divide        real    The first divided by the second.
    true_divide   real    The first divided by the second.
    divide_no_nan real    The first divided by the second; zero where that is zero.
    floor_divide  common  The first divided by the second, rounded down.
    mod           counted The remainder of a division.
    power         common  The first to the power of the second.
    maximum       common  The larger.
    logaddexp     real    The logarithm of the sum of the exponentials.
    minimum       common  The smaller.
    arctan2       strong  The angle of a point.
    equal         bool    Whether both are the same.
    not_equal     bool    Whether they differ.
    greater       bool    Whether the first is larger.
    greater_equal bool    Whether the first is not smaller.
    less          bool    Whether the first is smaller.
    less_equal    bool    Whether the first is not larger.
    logical_and   bool    Whether both are true.
    logical_or    bool    Whether one or both are true.
    logical_xor   bool    Whether one alone is true.
    fmax          common  The larger, or the one that is a number.
    fmin          common  The smaller, or the one that is a number.
    fmod          counted The remainder of a division, with the sign of the first.
    gcd           typed   The greatest common divisor.
    lcm           typed   The least common multiple.
    logaddexp2    real    The logarithm to the base 2 of the sum of the powers of two.
    nextafter     typed-real The next number from the first towards the second.
    """,
    __name__,
    strings=("add", "equal", "not_equal"),
    not_floats=("gcd", "lcm"),
)
_TENSORS = define(
    TwoTensors,
    """
    heaviside rooted Zero where the first is negative, one where it is positive, else the second.
    hypot     rooted The length of the hypotenuse of two legs.
    """,
    __name__,
)
_BITS = define(
    Bitwise,
    """
    bitwise_and         common The bits that both have.
    bitwise_or          common The bits that one or both have.
    bitwise_xor         common The bits that one alone has.
    """,
    __name__,
)
_SHIFTS = define(
    Shift,
    """
    left_shift          common The bits moved to the left by the second.
    right_shift         common The bits moved to the right by the second.
    bitwise_left_shift  common The bits moved to the left by the second.
    bitwise_right_shift common The bits moved to the right by the second.
    """,
    __name__,
)
globals().update(_UNARY, **_BINARY, **_TENSORS, **_BITS, **_SHIFTS)
