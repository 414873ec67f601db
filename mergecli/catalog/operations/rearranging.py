"""Functions of `keras.ops` that NumPy knows by short names: stacks, splits, flips, diagonals and grids."""

from typing import Annotated, Any, Callable, ClassVar, Optional, Sequence, Tuple

from mergecli.catalog.arguments import Choice, Integer
from mergecli.catalog.fields import DTYPES, FLOAT8, Axis, Positive, Whole
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.operations.arrays import diagonal_length, two_axes
from mergecli.catalog.operations.indexing import Split, check_count
from mergecli.catalog.operations.operation import (
    Arguments,
    AxisOrNone,
    ClassCall,
    InFullDType,
    Operation,
    OptionalDType,
    Values,
)
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    added,
    axis,
    check_rank,
    check_since,
    product,
    same,
    spreads,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend


class Joined(Operation, abstract=True):
    """The tensors of a list one after the other along an axis of its own."""

    takes_strings = True
    arity = None
    merging = "joins"
    becomes = "common"
    #: The axis along which they are joined.
    along = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the joined tensors.

        Raises:
            ShapeError: They do not have the axis, or other axes differ.
        """
        tensors = self.tensors(inputs)
        shapes = [self.prepared(shape, place) for place, shape in enumerate(inputs.shapes)]
        first = shapes[0]
        for place, shape in enumerate(shapes):
            pairs = [pair for index, pair in enumerate(zip(first, shape)) if index != self.along]
            if len(shape) != len(first) or not all(same(*pair) for pair in pairs):
                raise ShapeError(
                    f"cannot join {{0}} and {{{place}}}: {text(inputs.shapes[0])}"
                    f" against {text(inputs.shapes[place])}",
                    code="merge-shape",
                    inputs=(0, place),
                )
        size = added(*(shape[self.along] for shape in shapes))
        shape = (*first[: self.along], size, *first[self.along + 1 :])
        return (Tensor(shape, self.result_dtype(tensors)),)

    def prepared(self, shape: Shape, place: int) -> Shape:
        """Return the shape of an operand with the axis.

        Raises:
            ShapeError: It does not have the axis.
        """
        if len(shape) <= self.along:
            raise ShapeError(
                f"takes at least {self.along + 1} dimensions, {{{place}}} has {len(shape)}",
                code="input-rank",
                inputs=(place,),
            )
        return shape


class Vstack(Joined):
    """The tensors of a list one after the other along the first axis, that of the batch.

    >>> Vstack().results(Inputs.of((2, 8), (3, 8)))[0].shape
    (5, 8)
    """

    rule = "the sizes of the first axis add up, the others agree"


class Hstack(Joined):
    """The tensors of a list one after the other along the second axis.

    >>> Hstack().results(Inputs.of((None, 8), (None, 4)))[0].shape
    (None, 12)
    """

    rule = "the sizes of the second axis add up, the others agree"
    along = 1


class Dstack(Joined):
    """The tensors of a list one after the other along the third axis, which they need not have.

    >>> Dstack().results(Inputs.of((None, 8), (None, 8)))[0].shape
    (None, 8, 2)
    """

    rule = "the sizes of the third axis add up, the others agree"
    along = 2

    def prepared(self, shape: Shape, place: int) -> Shape:
        return ((1, 1, 1), (1, *shape, 1), (*shape, 1))[len(shape)] if len(shape) < 3 else shape


class Append(Operation):
    """The second tensor after the first along an axis; without one, all elements in a row.

    >>> Append(axis=1).results(Inputs.of((None, 8), (None, 4)))[0].shape
    (None, 12)
    """

    arity = 2
    becomes = "common"
    takes_strings = True
    rule = "the sizes along `axis` add up, the others agree"

    axis: AxisOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the joined tensors.

        Raises:
            ShapeError: There is no such axis, its sizes are unknown, or others differ.
        """
        tensors = self.tensors(inputs)
        first, second = inputs.shapes
        dtype = self.result_dtype(tensors)
        if self.axis is None:
            return (Tensor((added(product(first), product(second)),), dtype),)
        along = axis(self.axis, len(first))
        pairs = [pair for index, pair in enumerate(zip(first, second)) if index != along]
        if len(first) != len(second) or not all(same(*pair) for pair in pairs):
            raise ShapeError(
                f"cannot join {{0}} and {{1}}: {text(first)} against {text(second)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        unknown = [index for index, x in enumerate((first, second)) if x[along] is None]
        if unknown:
            # Keras adds the sizes as they are, and fails for an unknown one.
            raise ShapeError(
                f"cannot join tensors along axis {self.axis}, whose size is unknown in "
                f"{{{unknown[0]}}}: {text((first, second)[unknown[0]])}",
                code="unknown-dimension",
                inputs=(unknown[0],),
                argument="axis",
                hint="use `ops.concatenate`, which joins tensors of unknown sizes",
            )
        size = added(first[along], second[along])
        return (Tensor((*first[:along], size, *first[along + 1 :]), dtype),)


class AxisSplit(Split, abstract=True):
    """Cuts along an axis of its own."""

    without = ("axis",)
    #: The axis along which it cuts, or the last one if there are fewer.
    along: ClassVar[int]
    #: The number of axes that must be there before one more.
    least: ClassVar[int]

    def index(self, shape: Shape) -> int:
        """Return the axis along which it cuts a tensor of a shape.

        Raises:
            ShapeError: There are too few axes.
        """
        if len(shape) <= self.least:
            raise ShapeError(
                f"takes at least {self.least + 1} dimensions, {{0}} has {len(shape)}",
                code="input-rank",
                inputs=(0,),
            )
        return min(self.along, len(shape) - 1)


class Vsplit(AxisSplit):
    """Cuts along the first axis, that of the batch.

    >>> [part.shape for part in Vsplit(2).results(Inputs.of((8, 4)))]
    [(4, 4), (4, 4)]
    """

    along = 0
    least = 1


class Hsplit(AxisSplit):
    """Cuts along the second axis; along the first if there is only one.

    >>> [part.shape for part in Hsplit([2, 5]).results(Inputs.of((None, 8)))]
    [(None, 2), (None, 3), (None, 3)]
    """

    along = 1
    least = 0


class Dsplit(AxisSplit):
    """Cuts along the third axis.

    >>> [part.shape for part in Dsplit(2).results(Inputs.of((None, 4, 8)))]
    [(None, 4, 4), (None, 4, 4)]
    """

    along = 2
    least = 2


class ArraySplit(Operation):
    """Cuts along an axis into so many parts, of which the first ones may be larger by one.

    >>> [part.shape for part in ArraySplit(3, axis=1).results(Inputs.of((None, 8)))]
    [(None, 3), (None, 3), (None, 2)]
    """

    takes_strings = True
    gives_list = True
    rule = "the parts of the size along `axis`"

    indices_or_sections: Positive
    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        along = axis(self.axis, len(shape))
        count, size = self.indices_or_sections, shape[along]
        check_count(count, "indices_or_sections")
        sizes = [
            None if size is None else size // count + (index < size % count)
            for index in range(count)
        ]
        return tuple(Tensor((*shape[:along], part, *shape[along + 1 :]), x.dtype) for part in sizes)


class Unstack(Operation):
    """The parts of a tensor along an axis, each without it.

    >>> [part.shape for part in Unstack(axis=1).results(Inputs.of((None, 2, 8)))]
    [(None, 8), (None, 8)]
    """

    takes_strings = True
    gives_list = True
    rule = "as many tensors as `axis` has elements, without it"

    num: Annotated[Optional[int], Integer(1, none=True)] = None
    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the parts.

        Raises:
            ShapeError: Their number is not known, or `num` is another one.
        """
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        along = axis(self.axis, len(shape))
        size = shape[along]
        count = size if self.num is None else self.num
        if count is None:
            raise ShapeError(
                f"needs `num`, as the size of axis {along} of {{0}} is not known: {text(shape)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        if not same(size, count) or not count:
            raise ShapeError(
                f"cannot make {count} tensors of {size} on axis {along} of {{0}}: {text(shape)}",
                inputs=(0,),
                argument="num",
            )
        check_count(count, "num")
        return (Tensor((*shape[:along], *shape[along + 1 :]), x.dtype),) * count


class Turned(Operation, abstract=True):
    """The elements along one axis in reverse."""

    takes_strings = True
    rule = "as it is"
    least = 1

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: There are too few axes.
        """
        if len(x) < self.least:
            raise ShapeError(
                f"takes at least {self.least} dimensions, {{0}} has {len(x)}",
                code="input-rank",
                inputs=(0,),
            )
        return x


class Flipud(Turned):
    """The elements along the first axis in reverse, those of the batch.

    >>> Flipud().shape((None, 8))
    (None, 8)
    """


class Fliplr(Turned):
    """The elements along the second axis in reverse.

    >>> Fliplr().shape((None, 8))
    (None, 8)
    """

    least = 2


class Rot90(Turned):
    """A quarter turn of two axes, `k` times.

    >>> Rot90(axes=[1, 2]).shape((None, 4, 8))
    (None, 8, 4)
    """

    least = 2
    rule = "the two axes change places; Keras says so for each number of turns"

    k: Whole = 1
    axes: Annotated[Any, Integers(length=2)] = (0, 1)

    def shape(self, x: Shape) -> Shape:
        super().shape(x)
        first, second = two_axes(self.axes[0], self.axes[1], x)
        sizes = list(x)
        sizes[first], sizes[second] = sizes[second], sizes[first]
        return tuple(sizes)


class Diag(Operation):
    """The diagonal of a matrix, or a matrix with a vector as its diagonal.

    >>> Diag().shape((4,)), Diag().shape((4, 3))
    ((4, 4), (3,))
    """

    rule = "one axis becomes two, two become one"

    k: Whole = 0

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the matrix or the diagonal.

        Raises:
            ShapeError: There are neither one nor two axes.
        """
        if len(x) == 1:
            return (None if x[0] is None else x[0] + abs(self.k),) * 2
        check_rank(x, 1, 2)
        rows, columns = x
        if rows is None or columns is None:
            return (None,)
        return (diagonal_length(rows, columns, self.k, "k", x),)


class Diagflat(Operation):
    """A matrix with all elements of a tensor as its diagonal.

    >>> Diagflat().shape((2, 3))
    (6, 6)
    """

    rule = "twice the number of elements"

    k: Whole = 0

    def shape(self, x: Shape) -> Shape:
        count = product(x)
        return (None if count is None else count + abs(self.k),) * 2


class Meshgrid(Operation):
    """The coordinates of a grid, of the values along each of its axes.

    >>> [tensor.shape for tensor in Meshgrid().results(Inputs.of((4,), (3,)))]
    [(3, 4), (3, 4)]
    """

    arity = None
    gives_list = True
    rule = "as many tensors of the numbers of elements; the first two change places with `xy`"

    indexing: Annotated[str, Choice("xy", "ij")] = "xy"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the coordinates.

        Raises:
            ShapeError: There is one tensor, or they have several dtypes.
        """
        tensors = self.tensors(inputs)
        if len(tensors) < 2:
            raise ShapeError("takes at least two tensors", code="input-count")
        dtypes = {tensor.dtype for tensor in tensors} - {None, "bool"}
        if len(dtypes) > 1 and Backend.choose() == "tensorflow":
            named = " and ".join(sorted(map(str, dtypes)))
            raise ShapeError(
                f"takes tensors of one dtype with the backend `tensorflow`: there are {named}",
                code="wrong-type",
                hint="convert them first, with `ops.cast: {dtype: float32}`",
            )
        sizes = [product(shape) for shape in inputs.shapes]
        if self.indexing == "xy":
            sizes[:2] = sizes[1::-1]
            # Keras gives all of them the dtype of the last one.
            return (Tensor(tuple(sizes), tensors[-1].dtype),) * len(tensors)
        return (Tensor(tuple(sizes), "float32"),) * len(tensors)

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        return function(*tensors, **self.explicit_arguments())


#: The dtypes as which a backend sees no bytes.
_NO_VIEWS = {"tensorflow": ("bool", *FLOAT8), "torch": ("uint64",)}


class View(InFullDType):
    """The bytes of a tensor as values of another dtype.

    >>> View(dtype="uint8").results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 32), dtype='uint8'),)
    """

    rule = "the last axis has as many values as its bytes make"

    dtype: OptionalDType = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the values.

        Raises:
            ShapeError: The bytes do not make whole values, or one of the dtypes has no bytes.
        """
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        dtype = self.result_dtype((x,))
        old, new = DTYPES.get(x.dtype or "", 0), DTYPES.get(dtype or "", 0)
        if not old or not new or {x.dtype, dtype} & {"bfloat16"}:
            raise ShapeError(f"cannot see values of {x.dtype} as {dtype}", code="wrong-type")
        if dtype in _NO_VIEWS.get(Backend.choose(), ()):
            raise ShapeError(
                f"cannot see bytes as {dtype} with the backend `{Backend.choose()}`",
                code="wrong-type",
                argument="dtype",
            )
        if old == new:
            return (Tensor(shape, dtype),)
        last = shape[-1] if shape else 0
        if not shape or (last is not None and last * old % new):
            raise ShapeError(
                f"cannot see {text(shape)} of {x.dtype} as {dtype}: its bytes do not divide",
                inputs=(0,),
                argument="dtype",
            )
        return (Tensor((*shape[:-1], None if last is None else last * old // new), dtype),)


class Size(Operation):
    """The number of elements, those of the batch too.

    >>> Size().results(Inputs.of((None, 8)))
    (Tensor(shape=(), dtype='int32'),)
    """

    rule = "one value"
    becomes = "int32"
    takes_strings = True

    def shape(self, x: Shape) -> Shape:
        return ()


class Full(InFullDType):
    """One value in a shape, which has the batch axis in it.

    >>> Full([4, 8]).results(Inputs.of(()))
    (Tensor(shape=(4, 8), dtype='float32'),)
    """

    changed = {"3.11": "it cannot be part of a model"}
    rule = "`shape`"
    becomes = "float32"

    shape: Annotated[Any, Integers(0)]
    dtype: OptionalDType = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the values.

        Raises:
            ShapeError: The value does not broadcast to the shape, or old versions have no models with it.
        """
        tensors = self.tensors(inputs)
        check_since((3, 11), self.keras_version, "to be part of a model")
        if not spreads(inputs.shapes[0], self.shape):
            raise ShapeError(
                f"cannot spread {{0}}, {text(inputs.shapes[0])}, to {text(self.shape)}",
                inputs=(0,),
                argument="shape",
            )
        return (Tensor(self.shape, self.result_dtype(tensors)),)

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        return function(self.shape, *tensors, dtype=self.dtype)

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        shape, value = values
        values, config, keywords = super().as_class((value,), config)
        return values, {"shape": shape, **config}, keywords
