"""Functions of `keras.ops` that give values between two others: `linspace`, `logspace` and `geomspace`."""

from typing import Annotated, ClassVar, Optional, Sequence, Tuple

from mergecli.catalog.arguments import Choice
from mergecli.catalog.dtypes import WEAK
from mergecli.catalog.fields import Axis, Flag, NonNegative, Real
from mergecli.catalog.operations.operation import Operation, OptionalDType, spread
from mergecli.catalog.operations.result_dtypes import common_dtype
from mergecli.catalog.shapes import ShapeError, axis
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend


def check_first_axis(index: int, backend: str, code: str) -> None:
    """Check that a backend that puts values only on the first axis is not asked for another one.

    Args:
        index: The axis.
        backend: The backend.
        code: The code of the error.

    Raises:
        ShapeError: It is.
    """
    if index and Backend.choose() == backend:
        raise ShapeError(
            f"puts the values only on the first axis with the backend `{backend}`",
            code=code,
            argument="axis",
            hint="write `axis: 0`, and `ops.moveaxis` after it",
        )


#: The dtypes in which PyTorch has no values between two numbers.
_NOT_BETWEEN = ("uint64", "bool", "complex64", "complex128")
_UNSIGNED = ("uint8", "uint16", "uint32", "uint64")


class Range(Operation, abstract=True):
    """Values between those of two tensors, along a new axis."""

    arity = 2
    numbers = True
    rule = "the shapes broadcast, with a new axis of `num` elements at `axis`"
    #: The dtypes in which TensorFlow cannot compute the values.
    refused: ClassVar[Tuple[str, ...]] = ("bool",)

    num: NonNegative = 50
    endpoint: Flag = True
    dtype: OptionalDType = None
    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the values.

        Raises:
            ShapeError: There is no such axis, the backend does not take it, or the shapes do not fit.
        """
        tensors = self.tensors(inputs)
        self.check_numbers(inputs)
        shape = spread(inputs.shapes)
        place = axis(self.axis, len(shape) + 1)
        check_first_axis(self.axis, "torch", "wrong-value")
        return (Tensor((*shape[:place], self.num, *shape[place:]), self.result_dtype(tensors)),)

    def check_numbers(self, inputs: Inputs) -> None:
        """Check that PyTorch does not get a number and a tensor, which it takes as two numbers.

        Raises:
            ShapeError: It does.
        """
        numbers = [place for place, tensor in enumerate(inputs.tensors) if tensor.dtype in WEAK]
        if len(numbers) == 1 and Backend.choose() == "torch" and any(inputs.shapes):
            raise ShapeError(
                f"takes two tensors or two numbers with the backend `torch`, {{{numbers[0]}}} is a number",
                code="wrong-type",
                inputs=(numbers[0],),
            )

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        dtype = self.dtype or tensors[0].dtype
        dtype = {"int": Backend.integer(), "float": "float32"}.get(dtype or "", dtype)
        backend = Backend.choose()
        refused = {"tensorflow": self.refused, "torch": _NOT_BETWEEN}.get(backend, ())
        if self.dtype is not None and dtype in refused:
            raise ShapeError(
                f"does not compute values of {dtype} with the backend `{backend}`",
                code="wrong-value", argument="dtype", hint="leave out `dtype`, and cast the result with `ops.cast`",
            )  # fmt: skip
        return common_dtype("real", (Tensor((), dtype),))


class Linspace(Range):
    """Values at the same distance from each other.

    >>> Linspace(num=5).results(Inputs.of((8,), (8,)))[0].shape
    (5, 8)
    """

    num: NonNegative = 50
    endpoint: Flag = True
    retstep: Annotated[bool, Choice(False)] = False
    dtype: OptionalDType = None
    axis: Axis = 0


class Logspace(Range):
    """Powers whose exponents are at the same distance from each other.

    >>> Logspace(num=5).results(Inputs.of((8,), (8,)))[0].shape
    (5, 8)
    """

    refused = (*_UNSIGNED, "bool")

    num: NonNegative = 50
    endpoint: Flag = True
    base: Real = 10
    dtype: OptionalDType = None
    axis: Axis = 0


class Geomspace(Range):
    """Values of which each is the one before times the same.

    >>> Geomspace(num=5).results(Inputs.of((8,), (8,)))[0].shape
    (5, 8)
    """

    refused = ("int8", "int16", "int32", "int64", *_UNSIGNED, "bool")

    def check_numbers(self, inputs: Inputs) -> None:
        """A number goes with a tensor."""

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the values.

        Raises:
            ShapeError: There is no such axis, or the shapes do not fit.
        """
        results = super().results(inputs)
        place = axis(self.axis, len(results[0].shape or ()))
        check_first_axis(place, "tensorflow", "axis-range")
        return results

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the dtype of the values.

        Raises:
            ShapeError: One of the tensors is of truth values, which TensorFlow does not take here.
        """
        for place, tensor in enumerate(tensors):
            if tensor.dtype == "bool" and Backend.choose() == "tensorflow":
                message = f"does not take bool, {{{place}}} has dtype bool"
                raise ShapeError(message, code="wrong-type", inputs=(place,))
        return super().result_dtype(tensors)
