"""Functions of `keras.ops` that compute element by element."""

from typing import Annotated, Callable, ClassVar, Dict, Optional, Sequence, Tuple, Type

from mergecli.catalog.arguments import Choice, Integer, Number, Truth
from mergecli.catalog.dtypes import WEAK, promote
from mergecli.catalog.fields import ACTIVATIONS, DTYPES, FLOATS, Axes, Flag, Real, Whole
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.operations.versions import SINCE
from mergecli.catalog.shapes import Shape, ShapeError, axis, product, spreads, text
from mergecli.catalog.tensors import Inputs, Tensor

AxesOrNone = Annotated[Optional[Axes], Integers(single=True, none=True)]
AxisOrNone = Annotated[Optional[int], Integer(none=True)]
RealOrNone = Annotated[Optional[float], Number(none=True)]
OptionalFlag = Annotated[Optional[bool], Truth(none=True)]
#: A dtype of values; there are no policies here.
ValueDType = Annotated[str, Choice(*DTYPES, "int")]
OptionalDType = Annotated[Optional[str], Choice(None, *DTYPES, "int")]


def _inexact(dtype: str) -> str:
    return "float32" if "int" in dtype or dtype == "bool" else dtype


def _counted(*dtypes: str) -> Optional[str]:
    dtype = dtypes[0] if len(dtypes) == 1 else promote(*dtypes)
    return "int32" if dtype == "bool" else dtype


def _wide(dtype: str) -> str:
    return {
        "bool": "int32",
        "int8": "int32",
        "int16": "int32",
        "uint8": "uint32",
        "uint16": "uint32",
    }.get(dtype, dtype)


def _floating(dtype: str) -> str:
    if dtype in ("int64", "float64"):
        return "float64"
    return dtype if dtype in ("bfloat16", "float16") else "float32"


def _rooted(*dtypes: str) -> Optional[str]:
    dtype = promote(*dtypes)
    if dtype == "int64":
        return "float64"
    return "float32" if dtype != "uint64" and "int" in (dtype or "") else dtype


def _correlated(*dtypes: str) -> Optional[str]:
    dtype = promote(*dtypes)
    if dtype == "int64":
        return "float64"
    return dtype if dtype in ("bfloat16", "float16", "float64") else "float32"


def _image_floats(dtype: str) -> str:
    if dtype not in FLOATS:
        raise ValueError("colours are computed with floats")
    return dtype


def _positive(dtype: str) -> str:
    if "complex" in dtype:
        raise ValueError("a complex number has no sign")
    return _inexact(dtype)


#: The dtypes of plain numbers where Keras makes tensors of them before it looks for a common dtype.
_TYPED = {"int": "int64", "float": "float32"}


#: What a function makes of the dtypes of its inputs; other names are a dtype that it always gives.
_RULES: Dict[str, Callable[..., Optional[str]]] = {
    "same": lambda dtype: dtype,
    "first": lambda dtype, *others: dtype,
    "last": lambda *dtypes: dtypes[-1],
    "floating": _floating,
    "floats": lambda dtype: dtype if "float" in dtype else "float32",
    "numeric": lambda dtype: promote(dtype),
    "rooted": _rooted,
    "root": lambda dtype: dtype if dtype == "uint64" else _rooted(_counted(dtype) or ""),
    "positive": _positive,
    "single": lambda dtype: promote(dtype, "float32"),
    "images": _image_floats,
    "correlated": _correlated,
    "correlation": lambda dtype: "float64" if dtype == "int64" else promote(dtype, "float"),
    "typed": lambda *dtypes: promote(*(_TYPED.get(dtype, dtype) for dtype in dtypes)),
    "typed real": lambda *dtypes: promote(*(_TYPED.get(dtype, dtype) for dtype in dtypes), "float"),
    "common": promote,
    "real": lambda *dtypes: promote(*dtypes, "float"),
    "strong": lambda *dtypes: promote(
        *("float32" if dtype in WEAK else dtype for dtype in dtypes), "float"
    ),
    "inexact": _inexact,
    "counted": _counted,
    "mean": lambda dtype: promote(dtype, "float32") and _inexact(dtype),
    "wide": _wide,
    "summed": lambda dtype: _wide(promote(dtype) or ""),
}


#: Where Keras has the classes of operations that are not in the module of their family.
_HOMES = {
    **dict.fromkeys(
        """
        CDist Erf Erfc Erfinv InTopK Logdet Logsumexp Rsqrt SegmentMax SegmentMin SegmentProd SegmentSum TopK
        ViewAsComplex ViewAsReal
        """.split(),
        "math",
    ),
    **dict.fromkeys(
        """
        Cast ConvertToTensor SaturateCast Scatter ScatterUpdate Slice SliceUpdate StopGradient Unstack
        """.split(),
        "core",
    ),
    **dict.fromkeys(("Moments", "Polar", "DepthToSpace", "SpaceToDepth"), "nn"),
    **dict.fromkeys(
        "Correlate Corrcoef Cross Inner Kron Outer Slogdet Vander Vdot".split(), "numpy"
    ),
    "Norm": "linalg",
    "Resize": "image",
    "SSIM": "image",
}
#: The modules of `keras.src.ops` that have the classes of a family; others are in `numpy`.
_FAMILY_HOMES = {
    "nn_operations": "nn",
    "window_operations": "nn",
    "loss_operations": "nn",
    "linear_algebra_operations": "linalg",
    "spectral_operations": "math",
    "image_operations": "image",
}
#: How many tensors an operation takes.
_COUNTS = ("one tensor", "two tensors", "three tensors", "four tensors", "five tensors")
Values = Tuple[object, ...]
#: Arguments by name.
Arguments = Dict[str, object]
#: What a call of an operation's class takes: the values it is called on, its config, and the keywords of the call.
ClassCall = Tuple[Values, Arguments, Arguments]


class Operation(Layer, abstract=True):
    """A function of `keras.ops`: its tensors come from the wiring, its other arguments are the fields.

    It has no weights and no dtype policy: what dtype it gives follows from the dtypes that it takes.
    """

    role = "operation"
    module = "ops"
    options = {}
    without: ClassVar[Tuple[str, ...]] = ("activity_regularizer", "trainable", "dtype", "autocast")
    #: The number of tensors; None for a function of a list.
    arity: ClassVar[Optional[int]] = 1
    #: The names of tensors that may follow these.
    optional: ClassVar[Tuple[str, ...]] = ()
    #: Whether code writes it with Python's brackets.
    uses_brackets: ClassVar[bool] = False
    #: The module of `keras.src.ops` that has its class.
    home: ClassVar[str] = "numpy"
    #: Arguments that a config gives, without names, where the class is called.
    call_arguments: ClassVar[Tuple[str, ...]] = ()
    #: Plain numbers may be combined with tensors.
    numbers: ClassVar[bool] = False
    #: Its first operand must be a tensor where others may be numbers.
    first_is_tensor: ClassVar[bool] = False
    #: The dtype of what it gives: the name of a rule, or a dtype.
    becomes: ClassVar[str] = "same"

    def __init_subclass__(cls, abstract: bool = False, aliases: Tuple[str, ...] = ()) -> None:
        super().__init_subclass__(abstract, aliases)
        if "keras_name" not in cls.__dict__:
            cls.keras_name = f"ops.{snake_case(cls.__name__)}"
        default = _FAMILY_HOMES.get(cls.family, "numpy")
        cls.home = _HOMES.get(cls.__name__, default)
        cls.since = SINCE.get(cls.keras_name.removeprefix("ops."), "3.8")

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        return (Tensor(self.shape(x.shape), self.result_dtype((x,))),)  # type: ignore[arg-type]

    def unnamed(self, inputs: Inputs) -> Inputs:
        return inputs

    def tensors(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """The inputs, as many as the function takes.

        Raises:
            ShapeError: they are too few or too many, have names, or are numbers where tensors belong.
        """
        many = len(inputs.tensors)
        listing = "list them: `from: [a, b]`"
        if inputs.keywords:
            raise ShapeError(
                "takes its tensors in their order, without names", code="input-count", hint=listing
            )
        if self.arity is None and not inputs.listed:
            raise ShapeError("takes a list of tensors", code="input-count", hint=listing)
        if self.arity is not None and not 0 <= many - self.arity <= len(self.optional):
            wanted = _COUNTS[self.arity - 1] + (" or more" if self.optional else "")
            raise ShapeError(
                f"takes {wanted}, not {many}",
                code="input-count",
                hint=listing if self.arity == 2 else None,
            )
        plain = [place for place, tensor in enumerate(inputs.tensors) if tensor.dtype in WEAK]
        if plain and not (self.numbers and len(plain) < many):
            wanted = "at least one tensor" if self.numbers else "only tensors"
            raise ShapeError(
                f"takes {wanted}, {{{plain[0]}}} is a number", code="wrong-type", inputs=plain[:1]
            )
        if plain[:1] == [0] and self.first_is_tensor:
            raise ShapeError(
                "takes a tensor first, {0} is a number", code="wrong-type", inputs=(0,)
            )
        return inputs.tensors

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the dtype of what the function computes of these tensors.

        Raises:
            ShapeError: Their dtypes have none in common.
        """
        return common_dtype(self.becomes, tensors)

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        """Call Keras's function on tensors and numbers, with the arguments that were given."""
        arguments = {name: getattr(self, name) for name in self.explicit if name != "name"}
        return (
            function(list(tensors), **arguments)
            if self.arity is None
            else function(*tensors, **arguments)
        )

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        """Return how a config calls the class of the operation, as opposed to its function.

        Args:
            values: The tensors and other values that the function takes without a name.
            config: All other arguments of the function.
        """
        rest = {name: config[name] for name in config if name not in self.call_arguments}
        return (*values, *(config[name] for name in self.call_arguments)), rest, {}


# An operation's own arguments may be called like those of a layer, such as `dtype`; only its name is common.
Operation.common, Operation.without = dict(Operation.arguments), ()


def common_dtype(becomes: str, tensors: Sequence[Tensor]) -> Optional[str]:
    """Return the dtype that a rule makes of those of tensors.

    Args:
        becomes: The name of the rule, or a dtype.
        tensors: What an operation is called on.

    Raises:
        ShapeError: Their dtypes have none in common.
    """
    rule = _RULES.get(becomes)
    if rule is None:
        return becomes
    dtypes = [tensor.dtype for tensor in tensors]
    if None in dtypes:
        return None
    try:
        return rule(*dtypes)
    except ValueError:
        places = range(len(dtypes))
        names = " with ".join(f"{{{place}}}" for place in places)
        given = " and ".join(str(dtype) for dtype in dtypes)
        verb = "combine" if len(dtypes) > 1 else "compute with"
        raise ShapeError(
            f"cannot {verb} {names}: dtype {given}", code="wrong-type", inputs=places
        ) from None


def axes(given: Optional[Axes], rank: int, argument: str = "axis") -> Tuple[int, ...]:
    """Axes counted from the front; None is all of them.

    >>> axes(-1, 3), axes((0, -1), 3), axes(None, 2)
    ((2,), (0, 2), (0, 1))

    Raises:
        ShapeError: there is no such axis, or one is given twice.
    """
    if given is None:
        return tuple(range(rank))
    found = tuple(
        axis(index, rank, argument=argument)
        for index in ((given,) if isinstance(given, int) else given)
    )
    for place, index in enumerate(found):
        if index in found[:place]:
            raise ShapeError(f"cannot use axis {index} twice", code="axis-range", argument=argument)
    return found


def spread(shapes: Sequence[Shape]) -> Shape:
    """Shapes broadcast as operations do it: the batch axis too, and a size that is known wins over one that is not.

    >>> spread([(None, 4), (2, 1), ()])
    (2, 4)

    Raises:
        ShapeError: two of them do not fit.
    """
    result = tuple(shapes[0])
    for place, shape in enumerate(shapes):
        rank = max(len(result), len(shape))
        a, b = ((1,) * (rank - len(s)) + tuple(s) for s in (result, shape))
        for i, j in zip(a, b):
            if i != j and None not in (i, j) and 1 not in (i, j):
                offending = next((p for p in range(place) if _clash(shapes[p], shape)), 0)
                raise ShapeError(
                    f"cannot combine {{{offending}}} with {{{place}}}: {text(shapes[offending])} against {text(shape)}",
                    code="merge-shape", inputs=(offending, place),
                )  # fmt: skip
        result = tuple(
            j if i == 1 else i if i is not None else None if j == 1 else j for i, j in zip(a, b)
        )
    return result


def _clash(a: Shape, b: Shape) -> bool:
    return any(
        i != j and None not in (i, j) and 1 not in (i, j) for i, j in zip(reversed(a), reversed(b))
    )


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

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the common dtype; an integer has none of its own.

        Raises:
            ShapeError: The number is not a whole one, or there is no common dtype.
        """
        if tensors[1].dtype == "float":
            raise ShapeError("cannot move bits by {1}, a number with decimals", inputs=(1,))
        return tensors[0].dtype if tensors[1].dtype == "int" else super().result_dtype(tensors)


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


class Tril(Triangle):
    """Zeros above a diagonal of the last two axes.

    >>> Tril(k=-1).shape((None, 4, 4))
    (None, 4, 4)
    """


class Triu(Triangle):
    """Zeros below a diagonal of the last two axes.

    >>> Triu(k=1).shape((None, 4, 4))
    (None, 4, 4)
    """


class Sort(Operation):
    """Elements from the smallest to the largest along an axis, or all of them.

    >>> Sort(axis=1).shape((None, 8))
    (None, 8)
    """

    changed = {"3.14": "the shape stays as it is, whatever `axis` is"}

    rule = "as it is; without an axis all elements in one axis"

    axis: AxisOrNone = -1

    def shape(self, x: Shape) -> Shape:
        if self.axis is None and self.keras_version < (3, 14):
            return x  # a model is wired as if it were so
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
        if self.axis is None and None in x and self.keras_version < (3, 15):
            message = f"needs Keras 3.15 to sort all of an unknown number, {{0}} is {text(x)}"
            raise ShapeError(message, code="newer-keras", inputs=(0,), argument="axis")
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


class InDType(Operation, abstract=True):
    """Gives the dtype that it names, or that of its input."""

    rule = "as it is"

    dtype: OptionalDType

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        return "int64" if self.dtype == "int" else self.dtype or super().result_dtype(tensors)


class InFullDType(InDType, abstract=True):
    """Gives its class in Keras the dtype in full."""

    dtype: OptionalDType

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        # The function gives its class a full dtype.
        dtype = config.get("dtype")
        return values, {**config, "dtype": "int64" if dtype == "int" else dtype}, {}


class Cast(InFullDType):
    """Turns values into a dtype.

    >>> Cast("float16").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float16'),)
    """

    dtype: ValueDType


class SaturateCast(Cast):
    """Turns values into a dtype; what it cannot hold becomes its largest or smallest value.

    >>> SaturateCast("uint8").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='uint8'),)
    """


class Array(InFullDType):
    """The tensor itself, in the dtype that is named.

    >>> Array().results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float32'),)
    """

    takes_strings = True
    dtype: OptionalDType = None


class ConvertToTensor(InFullDType):
    """The tensor itself, in the dtype that is named, without gaps unless they are kept.

    >>> ConvertToTensor(dtype="float16").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float16'),)
    """

    takes_strings = True
    newer = {"ragged": "3.9"}

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


class OnesLike(InDType):
    """Ones in the shape of a tensor.

    >>> OnesLike().results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='float32'),)
    """

    dtype: OptionalDType = None


class FullLike(InDType):
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


def define(
    base: Type[Operation],
    table: str,
    module: str,
    shape: str = "(None, 8)",
    strings: Sequence[str] = (),
) -> Dict[str, Type[Operation]]:
    """The kinds of a table by class name: a row has the names of one, the dtype that it gives, and what it is.

    Their examples take tensors of shape (None, 8) and give `shape`. Those of `strings` take strings, too.
    """
    call = (
        "shape((None, 8))"
        if base.arity == 1
        else "results(Inputs.of((None, 8), (None, 8)))[0].shape"
    )
    kinds = {}
    for row in table.strip().splitlines():
        names, becomes, sentence = row.split(None, 2)
        name, *others = names.split(",")
        becomes = becomes.replace("-", " ")
        cls = "".join(word.capitalize() for word in name.split("_"))
        doc = f"{sentence}\n\n    >>> {cls}().{call}\n    {shape}\n    "
        body = {
            "__module__": module,
            "__doc__": doc,
            "becomes": becomes,
            "takes_strings": name in strings,
        }
        kinds[cls] = type(cls, (base,), body, aliases=tuple(f"ops.{other}" for other in others))
    return kinds


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
    ldexp         typed-real The first times two to the power of the second.
    logaddexp2    real    The logarithm to the base 2 of the sum of the powers of two.
    nextafter     typed-real The next number from the first towards the second.
    """,
    __name__,
    strings=("add", "equal", "not_equal"),
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
