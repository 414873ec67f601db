"""Functions of `keras.ops` that read and write parts of tensors at places that other tensors name."""

from typing import Annotated, Any, Callable, Mapping, Optional, Sequence, Tuple

from mergecli.catalog.arguments import Choice
from mergecli.catalog.fields import COMPLEX, FLOAT8, Real
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.operations.indexing import check_count
from mergecli.catalog.operations.operation import (
    Arguments,
    AxisOrNone,
    ClassCall,
    Operation,
    Values,
    spread,
)
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    alike,
    axis,
    check_rank,
    check_since,
    product,
    same,
    spreads,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor, of_dtype
from mergecli.catalog.versions import Backend

#: The dtypes of which a backend computes no reduction.
_NOT_REDUCED: Mapping[tuple[str, Optional[str]], tuple[str, ...]] = {
    ("jax", "add"): ("bool",),
    ("jax", "mul"): ("bool",),
    ("tensorflow", "add"): ("bool",),
    ("tensorflow", "max"): ("bool", *COMPLEX),
    ("tensorflow", "min"): ("bool", *COMPLEX),
    ("torch", "max"): (*FLOAT8, *COMPLEX),
    ("torch", "min"): (*FLOAT8, *COMPLEX),
    ("torch", "mul"): FLOAT8,
}


def check_start(shape: Shape, start: Shape) -> None:
    """Check that the second operand names a place in the first one.

    Raises:
        ShapeError: It does not have a number for each axis.
    """
    if len(start) != 1 or not same(start[0], len(shape)):
        raise ShapeError(
            f"takes a number for each axis of {{0}}, ({len(shape)},): {{1}} is {text(start)}",
            inputs=(1,),
        )


class Slice(Operation):
    """The part of a tensor that begins at the place that the second one names, of a shape.

    >>> Slice([2, 3]).results(Inputs.of((4, 8), (2,), dtype="int32"))[0].shape
    (2, 3)
    """

    refuses_floats = True
    arity = 2
    becomes = "first"
    changed = {"3.14": "`shape` takes no -1"}
    rule = "`shape`; what is left of an axis with -1 is not known"

    shape: Annotated[Any, Integers(-1)]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the part.

        Raises:
            ShapeError: The place or the shape does not fit the tensor.
        """
        tensors = self.tensors(inputs)
        shape, start = inputs.shapes
        if -1 in self.shape:
            check_since((3, 14), self.keras_version, "for -1 in `shape`", argument="shape")
        if len(self.shape) != len(shape):
            raise ShapeError(
                f"takes a size for each axis of {{0}}, {text(shape)}",
                inputs=(0,),
                argument="shape",
            )
        check_start(shape, start)
        for size, wanted in zip(shape, self.shape):
            if size is not None and wanted > size:
                raise ShapeError(
                    f"cannot take {wanted} of {size}: {{0}} is {text(shape)}",
                    inputs=(0,),
                    argument="shape",
                )
        sizes = tuple(None if size == -1 else size for size in self.shape)
        return (Tensor(sizes, self.result_dtype(tensors)),)


class SliceUpdate(Operation):
    """The first tensor with the third in it, at the place that the second names.

    >>> SliceUpdate().results(Inputs.of((4, 8), (2,), (2, 3)))[0].shape
    (4, 8)
    """

    refuses_floats = True
    arity = 3
    becomes = "first"
    rule = "as the first"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the tensor.

        Raises:
            ShapeError: The place or what is put there does not fit.
        """
        tensors = self.tensors(inputs)
        shape, start, part = inputs.shapes
        check_start(shape, start)
        is_larger = any(
            size is not None and other is not None and other > size
            for size, other in zip(shape, part)
        )
        if len(part) != len(shape) or is_larger:
            raise ShapeError(
                f"cannot put {{2}} into {{0}}: {text(part)} against {text(shape)}",
                code="merge-shape",
                inputs=(0, 2),
            )
        return (Tensor(shape, self.result_dtype(tensors)),)


class Scatter(Operation):
    """Zeros in a shape, but for the values of the second tensor at the places of the first.

    >>> Scatter([8, 4]).results(Inputs.of((3, 1), (3, 4)))[0].shape
    (8, 4)
    """

    refuses_floats = True
    arity = 2
    becomes = "last"
    rule = "`shape`"

    shape: Annotated[Any, Integers(0)]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the values.

        Raises:
            ShapeError: The places do not fit the shape.
        """
        tensors = self.tensors(inputs)
        places, values = inputs.shapes
        check_places(places, self.shape, 0)
        check_values(places, values, self.shape, 1)
        return (Tensor(self.shape, self.result_dtype(tensors)),)


def check_places(places: Shape, shape: Shape, operand: int) -> None:
    """Check that an operand names places in a shape: its last axis has an index for some axes.

    Raises:
        ShapeError: It has not.
    """
    if len(places) < 2 or (places[-1] is not None and places[-1] > len(shape)):
        raise ShapeError(
            f"takes places with at most {len(shape)} indices on the last of at least 2 axes:"
            f" {{{operand}}} is {text(places)}",
            inputs=(operand,),
        )


def check_values(places: Shape, values: Shape, shape: Shape, operand: int) -> None:
    """Check that an operand has what is put at each of the places in a shape.

    Raises:
        ShapeError: It has not, and the backend does not spread it.
    """
    count = places[-1]
    if count is None:
        return
    wanted = (*places[:-1], *shape[count:])
    is_fitting = alike if Backend.choose() == "tensorflow" else spreads
    if not is_fitting(values, wanted):
        raise ShapeError(
            f"takes values of shape {text(wanted)} for {{{operand - 1}}}, {text(places)}:"
            f" {{{operand}}} is {text(values)}",
            code="merge-shape",
            inputs=(operand - 1, operand),
        )


class ScatterUpdate(Operation):
    """The first tensor with the values of the third at the places of the second.

    >>> ScatterUpdate().results(Inputs.of((8, 4), (3, 1), (3, 4)))[0].shape
    (8, 4)
    """

    refuses_floats = True
    arity = 3
    becomes = "first"
    rule = "as the first"
    newer = {"reduction": "3.14"}

    reduction: Annotated[Optional[str], Choice(None, "add", "max", "min", "mul", fold=True)] = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        shape, places, values = inputs.shapes
        check_places(places, shape, 1)
        check_values(places, values, shape, 2)
        return (Tensor(inputs.shapes[0], self.result_dtype(tensors)),)

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the backend reduces numbers of this dtype.

        Raises:
            ShapeError: It does not.
        """
        backend = Backend.choose()
        if dtypes[0] in _NOT_REDUCED.get((backend, self.reduction), ()):
            says = (
                f"does not compute `{self.reduction}` of {dtypes[0]} with the backend `{backend}`"
            )
            raise of_dtype(says, inputs, 0, dtypes[0])


class TakeAlongAxis(Operation):
    """The elements of the first tensor at the places along an axis that the second names.

    >>> TakeAlongAxis(axis=1).results(Inputs.of((None, 8), (None, 3)))[0].shape
    (None, 3)
    """

    refuses_floats = True
    arity = 2
    becomes = "first"
    changed = {"3.15": "there must be an axis"}
    rule = "the shapes broadcast, but for `axis`, where it is that of the second"

    axis: AxisOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the elements.

        Raises:
            ShapeError: The tensors have different numbers of dimensions, or do not fit.
        """
        tensors = self.tensors(inputs)
        shape, places = inputs.shapes
        if self.axis is None:
            check_since((3, 15), self.keras_version, "without an axis", argument="axis")
            shape = (product(shape),)
        check_rank(places, len(shape), place=1)
        along = 0 if self.axis is None else axis(self.axis, len(shape))
        shape = (*shape[:along], places[along], *shape[along + 1 :])
        return (Tensor(spread((shape, places)), self.result_dtype(tensors)),)


class UnravelIndex(Operation):
    """The indices along each axis of a shape, of the places of elements in a row.

    >>> [tensor.shape for tensor in UnravelIndex([4, 8]).results(Inputs.of((None,), dtype="int32"))]
    [(None,), (None,)]
    """

    refuses_floats = True
    gives_list = True
    changed = {"3.11": "it cannot be part of a model"}
    rule = "as it is, for each axis of `shape`"

    shape: Annotated[Any, Integers(1)]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the indices.

        Raises:
            ShapeError: There are no axes, or too many, or old versions have no models with it.
        """
        (x,) = self.tensors(inputs)
        check_since((3, 11), self.keras_version, "to be part of a model")
        if not self.shape:
            raise ShapeError("takes at least one axis", argument="shape")
        check_count(len(self.shape), "shape")
        return (Tensor(x.shape, x.dtype),) * len(self.shape)


class Select(Operation):
    """Elements of the tensor whose condition is the first that is true; `default` where none is.

    The list has all conditions, then as many tensors.

    >>> Select().results(Inputs.of((None, 8), (None, 8), (None, 8), (None, 8)))[0].shape
    (None, 8)
    """

    arity = None
    rule = "as the first tensor after the conditions"
    call_arguments = ("default",)

    default: Real = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the elements.

        Raises:
            ShapeError: There are not as many tensors as conditions, or PyTorch has no such conditions.
        """
        tensors = self.tensors(inputs)
        if len(tensors) % 2:
            raise ShapeError("takes as many tensors as conditions", code="input-count")
        for place, condition in enumerate(tensors[: len(tensors) // 2]):
            is_condition = condition.dtype in (None, "bool", "uint8")
            if not is_condition and Backend.choose() == "torch":
                raise ShapeError(
                    f"takes truth values as conditions with the backend `torch`, {{{place}}} has"
                    f" dtype {condition.dtype}",
                    code="wrong-type",
                    inputs=(place,),
                    hint="convert it first, with `ops.cast: {dtype: bool}`",
                )
        spread(inputs.shapes)
        return (tensors[len(tensors) // 2],)

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        half = len(tensors) // 2
        return function(list(tensors[:half]), list(tensors[half:]), self.default)

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        return values, {}, {}
