"""What operations have in common: the base class, how axes and shapes are read, and tables of classes."""

from typing import Annotated, Callable, ClassVar, Dict, Optional, Sequence, Tuple, Type

from mergecli.catalog.arguments import Choice, Integer, Number, Truth
from mergecli.catalog.dtypes import WEAK
from mergecli.catalog.fields import DTYPES, FLOAT8, FLOATS, Axes
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.operations.result_dtypes import common_dtype
from mergecli.catalog.operations.versions import SINCE
from mergecli.catalog.shapes import Shape, ShapeError, axis, text
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import NEWER_HINT, Backend, is_newer

AxesOrNone = Annotated[Optional[Axes], Integers(single=True, none=True)]
AxisOrNone = Annotated[Optional[int], Integer(none=True)]
RealOrNone = Annotated[Optional[float], Number(none=True)]
OptionalFlag = Annotated[Optional[bool], Truth(none=True)]
#: A dtype of values; there are no policies here.
ValueDType = Annotated[str, Choice(*DTYPES, "int")]
OptionalDType = Annotated[Optional[str], Choice(None, *DTYPES, "int")]
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
    #: The optional tensors and arguments of a config that are given by name where the class is called.
    call_keywords: ClassVar[Tuple[str, ...]] = ()
    #: Plain numbers may be combined with tensors.
    numbers: ClassVar[bool] = False
    #: Its first operand must be a tensor where others may be numbers.
    first_is_tensor: ClassVar[bool] = False
    #: The dtype of what it gives: the name of a rule, or a dtype.
    becomes: ClassVar[str] = "same"
    #: The Keras from which on a model can run it, where older ones only wire it.
    runs_since: ClassVar[Optional[str]] = None

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

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that Keras can run the operation in a model.

        Raises:
            ShapeError: The class of the operation in an older Keras fails when it is called.
        """
        if self.runs_since is not None and is_newer(self.runs_since, self.keras_version):
            raise ShapeError(
                f"cannot be run in a model before Keras {self.runs_since}",
                code="newer-keras",
                hint=NEWER_HINT,
            )

    def unnamed(self, inputs: Inputs) -> Inputs:
        return inputs

    def cast(self, dtype: Optional[str]) -> Optional[str]:
        """Return the dtype itself, as operations have no policy."""
        return dtype

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
        operands = (list(tensors),) if self.arity is None else tensors
        return function(*operands, **self.explicit_arguments())

    def explicit_arguments(self) -> Arguments:
        """Return the arguments that were given, without the name."""
        return {name: getattr(self, name) for name in self.explicit if name != "name"}

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        """Return how a config calls the class of the operation, as opposed to its function.

        Args:
            values: The tensors and other values that the function takes without a name.
            config: All other arguments of the function.
        """
        count = self.arity if self.optional else len(values)
        # The class takes all optional tensors; None is one that is missing.
        following = (*values[count:], *[None] * len(self.optional))
        known = {**config, **dict(zip(self.optional, following))}
        keywords = {name: known.pop(name) for name in self.call_keywords}
        by_place = (name for name in (*self.optional, *self.call_arguments) if name in known)
        more = [known.pop(name) for name in by_place]
        return (*values[:count], *more), known, keywords


# An operation's own arguments may be called like those of a layer, such as `dtype`; only its name is common.
Operation.common, Operation.without = dict(Operation.arguments), ()


def check_floats(tensor: Tensor, what: str) -> None:
    """Check that the first tensor of a function that takes floats with TensorFlow is of floats.

    Args:
        tensor: The tensor.
        what: What must be of floats, as in "takes floats along an axis".

    Raises:
        ShapeError: It is not.
    """
    if tensor.dtype not in (None, *FLOATS) and Backend.choose() == "tensorflow":
        raise ShapeError(
            f"takes {what} with the backend `tensorflow`, {{0}} has dtype {tensor.dtype}",
            code="wrong-type",
            inputs=(0,),
            hint="convert it first, with `ops.cast: {dtype: float32}`",
        )


def check_diagonal(is_outside: bool, offset: int, argument: str, x: Shape) -> None:
    """Check that a diagonal is inside of a matrix, of which TensorFlow has no others.

    Args:
        is_outside: Whether it is not.
        offset: By how many columns it is moved to the right.
        argument: The argument that has the offset.
        x: The shape of the tensor.

    Raises:
        ShapeError: It is not, and the backend is TensorFlow.
    """
    if is_outside and Backend.choose() == "tensorflow":
        raise ShapeError(
            f"has no diagonal at {offset} with the backend `tensorflow`: {{0}} is {text(x)}",
            inputs=(0,),
            argument=argument,
        )


def check_conversion(dtype: Optional[str], to: str) -> None:
    """Check that the backend can convert values of a dtype to another one.

    Args:
        dtype: The dtype of the values.
        to: The argument `dtype`.

    Raises:
        ShapeError: It is float8 of what is not a float, with TensorFlow.
    """
    if dtype is None or dtype == to or Backend.choose() != "tensorflow":
        return
    is_small = to in FLOAT8 and "float" not in dtype
    if is_small or "string" in (dtype, to):
        raise ShapeError(
            f"cannot convert {{0}}, which has dtype {dtype}, to {to} with the backend `tensorflow`",
            code="wrong-type",
            inputs=(0,),
            argument="dtype",
            hint="convert it to float32 first" if is_small and dtype != "string" else None,
        )


class InDType(Operation, abstract=True):
    """Gives the dtype that it names, or that of its input."""

    rule = "as it is"

    dtype: OptionalDType
    #: Its values are those of its input in another dtype, to which TensorFlow converts not from all.
    converts: ClassVar[bool] = False
    #: It computes in the dtype, which none can in float8.
    computes: ClassVar[bool] = False

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the dtype.

        Raises:
            ShapeError: The values cannot be computed in it, or the backend cannot convert them to it.
        """
        if self.dtype == "int":
            return Backend.integer()
        if self.converts and self.dtype is not None:
            check_conversion(tensors[0].dtype, self.dtype)
        if self.dtype == "string" and not (self.takes_strings or self.converts):
            raise ShapeError("cannot give strings", code="wrong-value", argument="dtype")
        if self.computes and self.dtype in FLOAT8:
            raise ShapeError(
                f"cannot compute in {self.dtype}", code="wrong-value", argument="dtype"
            )
        return self.dtype or super().result_dtype(tensors)


class InFullDType(InDType, abstract=True):
    """Gives its class in Keras the dtype in full."""

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        # The function gives its class a full dtype.
        dtype = config.get("dtype")
        return values, {**config, "dtype": "int64" if dtype == "int" else dtype}, {}


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


def for_axes(value: object, count: int) -> Tuple[int, ...]:
    """Return the numbers for so many axes, of which one may stand for all.

    >>> for_axes(2, 2), for_axes((2, 3), 2)
    ((2, 2), (2, 3))
    """
    assert isinstance(value, (int, tuple))
    return (value,) * count if isinstance(value, int) else value


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


def define(
    base: Type[Operation],
    table: str,
    module: str,
    shape: str = "(None, 8)",
    strings: Sequence[str] = (),
    not_floats: Sequence[str] = (),
) -> Dict[str, Type[Operation]]:
    """The kinds of a table by class name: a row has the names of one, the dtype that it gives, and what it is.

    Their examples take tensors of shape (None, 8) and give `shape`. Those of `strings` take strings, too; some
    backend runs those of `not_floats` not on float32.
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
            "refuses_floats": name in not_floats or base.refuses_floats,
        }
        kinds[cls] = type(cls, (base,), body, aliases=tuple(f"ops.{other}" for other in others))
    return kinds
