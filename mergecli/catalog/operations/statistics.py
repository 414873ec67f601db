"""Functions of `keras.ops` that count, average and sort, and those that leave out what is not a number.

`Any` must not be imported here: `ops.any` has that name.
"""

from typing import Annotated, Callable, ClassVar, Iterator, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number
from mergecli.catalog.fields import Axis, Flag, NonNegative, Real
from mergecli.catalog.list_arguments import Array as Numbers
from mergecli.catalog.list_arguments import List as Listed
from mergecli.catalog.operations.elementwise import Binary, Cumulative, along_or_flat
from mergecli.catalog.operations.operation import (
    Arguments,
    AxesOrNone,
    AxisOrNone,
    ClassCall,
    Operation,
    RealOrNone,
    Values,
    axes,
    check_floats,
    define,
)
from mergecli.catalog.operations.reductions import REDUCED, OneAxis, Reduction, reduced
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    alike,
    axis,
    check_backend_ranks,
    check_has_axis,
    check_rank,
    check_since,
    same,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend


class Nanargmax(OneAxis):
    """Where the largest element is along an axis, without regard to those that are not numbers.

    >>> Nanargmax(axis=1).results(Inputs.of((None, 8)))
    (Tensor(shape=(None,), dtype='int32'),)
    """


class Nanargmin(OneAxis):
    """Where the smallest element is along an axis, without regard to those that are not numbers.

    >>> Nanargmin(axis=1).results(Inputs.of((None, 8)))
    (Tensor(shape=(None,), dtype='int32'),)
    """


class Nancumsum(Cumulative):
    """The sum of all elements up to each along an axis; what is not a number counts as zero.

    >>> Nancumsum(axis=1).shape((None, 8))
    (None, 8)
    """


class Nancumprod(Cumulative):
    """The product of all elements up to each along an axis; what is not a number counts as one.

    >>> Nancumprod(axis=1).shape((None, 8))
    (None, 8)
    """


class Average(Operation):
    """The mean along an axis, or of all elements; a second tensor has their weights.

    >>> Average(axis=1).results(Inputs.of((None, 8), (8,)))
    (Tensor(shape=(None,), dtype='float32'),)
    """

    optional = ("weights",)
    becomes = "real"
    rule = "without the axis `axis`; the weights have its size, or the shape of the tensor"

    axis: AxisOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the mean.

        Raises:
            ShapeError: The weights do not fit.
        """
        tensors = self.tensors(inputs)
        shape = inputs.shapes[0]
        gone = axes(self.axis, len(shape))
        for weights in inputs.shapes[1:]:
            fitting = [shape] + ([] if self.axis is None else [(shape[gone[0]],)])
            if not any(alike(weights, other) for other in fitting):
                wanted = " or ".join(map(text, fitting))
                raise ShapeError(
                    f"takes weights of shape {wanted}, {{1}} is {text(weights)}", inputs=(1,)
                )
        result = tuple(size for index, size in enumerate(shape) if index not in gone)
        return (Tensor(result, self.result_dtype(tensors)),)

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        return function(tensors[0], self.axis, *tensors[1:])

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        tensor, axis, *weights = values
        return (tensor, *weights), {**config, "axis": axis}, {}


class Quantiles(Operation, abstract=True):
    """Values below which a part of the elements lies; the second operand names the parts."""

    arity = 2
    numbers = first_is_tensor = True
    changed = REDUCED
    rule = "without the axes `axis`; in front the first size of the second operand, if it has one"

    axis: AxesOrNone = None
    method: Annotated[str, Choice("linear", "lower", "higher", "midpoint", "nearest")] = "linear"
    keepdims: Flag = False
    #: The backends that take a number or a list of numbers as the second operand, and no more.
    lists: ClassVar[Tuple[str, ...]] = ("jax", "torch")
    #: Keras computes them one after the other with TensorFlow, in the dtype of the tensor.
    keeps_type: ClassVar[bool] = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the values.

        Raises:
            ShapeError: There is not such an axis, or a backend does not take the second operand.
        """
        tensors = self.tensors(inputs)
        shape, parts = inputs.shapes
        check_backend_ranks(parts, (0, 1), 1, *self.lists)
        if self.keeps_type and self.axis is not None:
            check_floats(tensors[0], "floats along an axis")
        rest = reduced(shape, self.axis, self.keepdims, self.keras_version)
        return (Tensor((*parts[:1], *rest), self.result_dtype(tensors[:1])),)


class Quantile(Quantiles):
    """Values below which the parts of the elements lie that the second operand names, from 0 to 1.

    >>> Quantile(axis=1).results(Inputs((Tensor((None, 8)), Tensor((), "float")), listed=True))
    (Tensor(shape=(None,), dtype='float32'),)
    """

    lists = ()
    becomes = "real"


class Nanquantile(Quantiles):
    """As `ops.quantile`, without regard to elements that are not numbers.

    >>> Nanquantile(axis=1).results(Inputs.of((None, 8), (3,)))
    (Tensor(shape=(3, None), dtype='float32'),)
    """

    keeps_type = True
    becomes = "real"


class Percentile(Quantiles):
    """Values below which the parts of the elements lie that the second operand names, from 0 to 100.

    >>> Percentile(axis=1).results(Inputs.of((None, 8), (3,)))
    (Tensor(shape=(3, None), dtype='float32'),)
    """

    becomes = "floats"


class Nanpercentile(Quantiles):
    """As `ops.percentile`, without regard to elements that are not numbers.

    >>> Nanpercentile(axis=1).results(Inputs.of((None, 8), (3,)))
    (Tensor(shape=(3, None), dtype='float32'),)
    """

    keeps_type = True
    becomes = "real"


class Nanmedian(Reduction):
    """The median along axes of what is a number.

    >>> Nanmedian(axis=1).shape((None, 8))
    (None,)
    """

    becomes = "real"

    axis: AxesOrNone = None
    keepdims: Flag = False

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        if self.axis not in (None, ()):
            check_floats(tensors[0], "floats along an axis")
        return super().result_dtype(tensors)


class Histogram(Operation):
    """How many elements lie in each of several ranges of one size, and the bounds of these.

    >>> [tensor.shape for tensor in Histogram(bins=4).results(Inputs.of((8,)))]
    [(4,), (5,)]
    """

    rule = "`bins` counts, then one bound more than that"

    bins: NonNegative = 10
    range: Annotated[object, Listed(Number(), "numbers", length=2, none=True)] = None

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        if self.range and self.range[1] < self.range[0]:  # type: ignore[index]
            yield ArgumentError("must not fall", argument="range")

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        return Tensor((self.bins,), x.dtype), Tensor((self.bins + 1,), x.dtype)

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that Keras can run the operation in a model.

        Raises:
            ShapeError: It cannot: up to Keras 3.15 its class looks for it in the wrong module.
        """
        if self.keras_version < (3, 16):
            raise ShapeError("cannot be run in a model, as Keras looks for it in the wrong place")


class Unique(Operation):
    """Each element once, and what is asked for beside it.

    >>> [tensor.shape for tensor in Unique(size=4, return_counts=True).results(Inputs.of((8,)))]
    [(4,), (4,)]
    """

    refuses_floats = True
    rule = "`size` elements, along `axis` or in one axis; then the places, the inverse, the counts"

    sorted: Flag = True
    return_index: Flag = False
    return_inverse: Flag = False
    return_counts: Flag = False
    axis: AxisOrNone = None
    size: Annotated[Optional[int], Integer(0, none=True)] = None
    fill_value: RealOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        values: Shape = (self.size,)
        inverse = shape
        if self.axis is not None:
            along = axis(self.axis, len(shape))
            values = (*shape[:along], self.size, *shape[along + 1 :])
            inverse = (shape[along],)
        number = Tensor((self.size,), "int32")
        more = [
            (self.return_index, number),
            (self.return_inverse, Tensor(inverse, "int32")),
            (self.return_counts, number),
        ]
        return (Tensor(values, x.dtype), *(tensor for wanted, tensor in more if wanted))

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the places are in one axis with PyTorch.

        Raises:
            ShapeError: All elements are taken together, of several axes.
        """
        is_spread = self.axis is None and len(inputs.shapes[0]) > 1
        if self.return_index and is_spread and Backend.choose() == "torch":
            raise ShapeError(
                "gives no `return_index` of several axes together with the backend `torch`",
                code="wrong-value",
                argument="return_index",
                hint="flatten it first, with `ops.ravel`, or name an `axis`",
            )


class Nonzero(Operation):
    """The places of the elements that are not zero: their indices along each axis.

    >>> [tensor.shape for tensor in Nonzero().results(Inputs.of((2, 8)))]
    [(None,), (None,)]
    """

    gives_list = True
    refuses_floats = True
    rule = "as many tensors as there are axes, of a size that depends on the numbers"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the indices.

        Raises:
            ShapeError: There is no axis.
        """
        self.tensors(inputs)
        (shape,) = inputs.shapes
        check_has_axis(shape)
        return (Tensor((None,), "int32"),) * len(shape)

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the backend gives as many tensors as Keras declares.

        Raises:
            ShapeError: PyTorch gives one, with a row for each axis.
        """
        many = len(inputs.shapes[0])
        if many > 1 and Backend.choose() == "torch":
            raise ShapeError(
                f"gives the indices of {{0}} as one tensor with the backend `torch`, not as {many}",
                inputs=(0,),
                hint="flatten it first, with `ops.ravel`, or take the backend `tensorflow` or `jax`",
            )


class Segments(Operation, abstract=True):
    """Takes the elements of each segment of the first axis together."""

    refuses_floats = True
    arity = 2
    becomes = "first"
    rule = "the first tensor with `num_segments` on its first axis"

    num_segments: Annotated[Optional[int], Integer(0, none=True)] = None
    sorted: Flag = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return a result for each segment.

        Raises:
            ShapeError: The second tensor does not have a number for each element.
        """
        tensors = self.tensors(inputs)
        shape, segments = inputs.shapes
        check_has_axis(shape)
        if len(segments) != 1 or not same(segments[0], shape[0]):
            raise ShapeError(
                f"takes a segment for each element of the first axis, {text(shape[:1])}:"
                f" {{1}} is {text(segments)}",
                inputs=(1,),
            )
        return (Tensor((self.num_segments, *shape[1:]), self.result_dtype(tensors)),)

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that TensorFlow is not given a number of segments that are sorted.

        Raises:
            ShapeError: It is.
        """
        is_counted = self.num_segments is not None and self.sorted
        if is_counted and Backend.choose() == "tensorflow":
            raise ShapeError(
                "takes no `num_segments` where `sorted` is true with the backend `tensorflow`",
                code="wrong-value",
                argument="sorted",
                hint="leave out `sorted`",
            )


class SegmentSum(Segments):
    """The sum of the elements of each segment, which the second tensor names.

    >>> SegmentSum(num_segments=3).results(Inputs.of((8, 4), (8,)))[0].shape
    (3, 4)
    """


class SegmentMax(Segments):
    """The largest of the elements of each segment, which the second tensor names.

    >>> SegmentMax(num_segments=3).results(Inputs.of((8, 4), (8,)))[0].shape
    (3, 4)
    """


class SegmentMin(Segments):
    """The smallest of the elements of each segment, which the second tensor names.

    >>> SegmentMin(num_segments=3).results(Inputs.of((8, 4), (8,)))[0].shape
    (3, 4)
    """


class SegmentProd(Segments):
    """The product of the elements of each segment, which the second tensor names.

    >>> SegmentProd(num_segments=3).results(Inputs.of((8, 4), (8,)))[0].shape
    (3, 4)
    """


class Argpartition(Operation):
    """Where the elements are that come before and after the one of rank `kth` along an axis.

    >>> Argpartition(kth=2).results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 8), dtype='int32'),)
    """

    changed = {"3.15": "there must be an axis"}
    rule = "as it is; without an axis all elements in one axis"
    becomes = "int32"

    kth: Axis
    axis: AxisOrNone = -1

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: There is no axis, for which old versions of Keras declare a wrong shape, or
                the backend cannot part so many dimensions or elements.
        """
        if self.axis is None:
            check_since((3, 15), self.keras_version, "without an axis", argument="axis")
        shape = along_or_flat(self.axis, x)
        if Backend.choose() == "tensorflow":
            self._check_rows(x)
        else:
            size = x[axis(self.axis, len(x))] if self.axis is not None and x else None
            if size is not None and self.kth >= size:
                raise ShapeError(
                    f"cannot take the element of rank {self.kth} of {size}: {{0}} is {text(x)}",
                    inputs=(0,),
                    argument="kth",
                )
        return shape

    def _check_rows(self, x: Shape) -> None:
        """Check that Keras's indices for TensorFlow, which lack the first axis, are inside of a tensor.

        Raises:
            ShapeError: They are not, as is usual with more than two dimensions.
        """
        if self.axis is None or len(x) < 2:
            return
        along = axis(self.axis, len(x))
        moved = list(x)
        moved[along], moved[-1] = moved[-1], moved[along]
        last = self.kth if moved[-1] is None else min(self.kth, moved[-1] - 1)
        ends = [*moved[1:-1], max(last, 0) + 1]
        for size, end in zip(moved, ends):
            if size is not None and end is not None and end > size:
                raise ShapeError(
                    f"cannot be run on {{0}}, {text(x)}, with the backend `tensorflow`, where Keras"
                    " does not distinguish the rows",
                    inputs=(0,),
                    hint="give `axis: null`, or a tensor of one dimension",
                )


class AllClose(Binary):
    """Whether all values of two tensors are nearly the same.

    >>> AllClose().results(Inputs.of((None, 8), (None, 8)))
    (Tensor(shape=(), dtype='bool'),)
    """

    takes_strings = True
    keras_name = "ops.allclose"
    becomes = "bool"
    rule = "one value"

    rtol: Real = 1e-5
    atol: Real = 1e-8
    equal_nan: Flag = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        super().results(inputs)
        return (Tensor((), "bool"),)


class IsIn(Binary):
    """Whether each element of the first tensor is one of the second.

    >>> IsIn().results(Inputs.of((None, 8), (3,)))
    (Tensor(shape=(None, 8), dtype='bool'),)
    """

    takes_strings = True
    keras_name = "ops.isin"
    first_is_tensor = True
    rule = "as the first"

    assume_unique: Flag = False
    invert: Flag = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        self.tensors(inputs)
        return (Tensor(inputs.shapes[0], "bool"),)


class Digitize(Operation):
    """The range to which each element belongs; the second tensor has the bounds.

    >>> Digitize().results(Inputs.of((None, 8), (3,)))
    (Tensor(shape=(None, 8), dtype='int32'),)
    """

    arity = 2
    becomes = "int32"
    rule = "as the first; the second has one dimension"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the ranges.

        Raises:
            ShapeError: The bounds have another number of dimensions.
        """
        self.tensors(inputs)
        shape, bounds = inputs.shapes
        check_rank(bounds, 1, place=1)
        return (Tensor(shape, "int32"),)


class SearchSorted(Operation):
    """Where each element of the second tensor belongs among those of the first, which are in order.

    >>> SearchSorted().results(Inputs.of((3,), (None, 8)))
    (Tensor(shape=(None, 8), dtype='int32'),)
    """

    keras_name = "ops.searchsorted"
    changed = {"3.12": "the size of the first must be known"}
    arity = 2
    rule = "as the second; the first has one dimension"

    side: Annotated[str, Choice("left", "right")] = "left"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the places.

        Raises:
            ShapeError: The first tensor has another number of dimensions, or a size that old
                versions of Keras must know; or the backend takes no such values.
        """
        self.tensors(inputs)
        ordered, shape = inputs.shapes
        check_rank(ordered, 1)
        if Backend.choose() == "tensorflow" and (
            len(shape) not in (1, 2) or (len(shape) == 2 and not same(shape[0], 1))
        ):
            raise ShapeError(
                "takes values of 1 dimension, or in one row, with the backend `tensorflow`:"
                f" {{1}} is {text(shape)}",
                inputs=(1,),
            )
        size = ordered[0]
        if size is None:
            what = "to search an unknown number of elements, {0} is (None,)"
            check_since((3, 12), self.keras_version, what, inputs=(0,))
        is_short = size is not None and size < 2**31
        return (Tensor(shape, "int32" if is_short else "int64"),)


class Diff(Operation):
    """The differences of neighbours along an axis, `n` times.

    >>> Diff().shape((None, 8))
    (None, 7)
    """

    rule = "`n` elements less along `axis`"

    n: NonNegative = 1
    axis: Axis = -1

    def shape(self, x: Shape) -> Shape:
        along = axis(self.axis, len(x))
        size = x[along]
        return (*x[:along], None if size is None else max(0, size - self.n), *x[along + 1 :])


class Trapezoid(Operation):
    """The integral along an axis, by trapezoids.

    >>> Trapezoid(dx=0.5).shape((None, 8))
    (None,)
    """

    becomes = "real"
    rule = "without the axis `axis`"

    x: Annotated[object, Numbers(none=True)] = None
    dx: Real = 1.0
    axis: Axis = -1

    def shape(self, x: Shape) -> Shape:
        along = axis(self.axis, len(x))
        return (*x[:along], *x[along + 1 :])


_NAN = define(
    Reduction,
    """
    nanmax    numeric     The largest element along axes that is a number.
    nanmin    numeric     The smallest element along axes that is a number.
    nansum    summed      The sum along axes of what is a number.
    nanprod   wide        The product along axes of what is a number.
    nanmean   real        The mean along axes of what is a number.
    nanstd    real        The standard deviation along axes of what is a number.
    nanvar    real        The variance along axes of what is a number.
    ptp       same        The largest element along axes less the smallest.
    """,
    __name__,
    shape="()",
)
globals().update(_NAN)
