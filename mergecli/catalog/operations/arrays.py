"""Functions of `keras.ops` that join tensors, repeat them, and rearrange their axes."""

from typing import Annotated, Any, Iterator, Optional, Sequence, Tuple, Union

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.fields import Axes, Axis, Whole
from mergecli.catalog.layers.merging import Concatenate as Joining
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.operations.elementwise import AlongAxis
from mergecli.catalog.operations.operation import (
    Arguments,
    AxesOrNone,
    AxisOrNone,
    ClassCall,
    Operation,
    Values,
    axes,
    check_diagonal,
)
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    axis,
    check_since,
    may_hold,
    product,
    reshape,
    same,
    spreads,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend

Repeats = Annotated[Any, Integers(0, single=True)]


def _places(given: Union[int, Sequence[int]], rank: int) -> Tuple[int, ...]:
    """Where new axes stand in a tensor that has `rank` of them before."""
    many = (given,) if isinstance(given, int) else tuple(given)
    total = rank + len(many)
    for index in many:
        if not -total <= index < total:
            raise ShapeError(
                f"cannot put an axis at {index}: {{0}} has {rank} dimensions",
                code="axis-range", inputs=(0,), argument="axis", hint=f"from {-total} to {total - 1}",
            )  # fmt: skip
    return axes(many, total)


class Concatenate(Operation):
    """The tensors of a list one after the other along an axis; its default is the batch axis.

    >>> Concatenate(axis=-1).results(Inputs.of((None, 8), (None, 4)))[0].shape
    (None, 12)
    """

    takes_strings = True
    arity = None
    merging = "joins"
    becomes = "common"
    rule = "the sizes along `axis` add up, the others agree"

    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        return (Tensor(Joining(axis=self.axis).join(inputs.shapes), self.result_dtype(tensors)),)


class Stack(Operation):
    """The tensors of a list along a new axis; by default before the batch axis.

    >>> Stack(axis=1).results(Inputs.of((None, 8), (None, 8)))[0].shape
    (None, 2, 8)
    """

    takes_strings = True
    arity = None
    becomes = "common"
    rule = "a new axis as long as the list, the others agree"

    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the tensors with a new axis between them.

        Raises:
            ShapeError: They have different shapes.
        """
        tensors = self.tensors(inputs)
        (place,) = _places(self.axis, len(inputs.shapes[0]))
        for index, shape in enumerate(inputs.shapes):
            for other, before in enumerate(inputs.shapes[:index]):
                if len(shape) != len(before) or not all(map(same, shape, before)):
                    raise ShapeError(
                        f"cannot stack {{{other}}} and {{{index}}}: {text(before)} against {text(shape)}",
                        code="merge-shape", inputs=(other, index),
                    )  # fmt: skip
        first = inputs.shapes[0]
        return (Tensor((*first[:place], len(tensors), *first[place:]), self.result_dtype(tensors)),)


class Transpose(Operation):
    """The axes in another order, by default reversed; the batch axis counts.

    >>> Transpose([0, 2, 1]).shape((None, 4, 8))
    (None, 8, 4)
    """

    takes_strings = True
    rule = "the sizes in the order of `axes`"

    axes: Annotated[Any, Integers(none=True)] = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape with its axes in another order.

        Raises:
            ShapeError: `axes` does not name all of them.
        """
        if self.axes is None:
            return x[::-1]
        if len(self.axes) != len(x):
            raise ShapeError(
                f"cannot put {len(self.axes)} axes in order: {{0}} has {len(x)}",
                code="axis-range",
                inputs=(0,),
                argument="axes",
            )
        return tuple(x[index] for index in axes(self.axes, len(x), "axes"))


class Reshape(Operation):
    """The elements in another shape, which has the batch axis in it; -1 is what is left over.

    >>> Reshape([-1, 2, 4]).shape((None, 8))
    (None, 2, 4)
    """

    takes_strings = True
    changed = {"3.15": "`newshape` must be a list"}
    rule = "`newshape`; -1 is what is left over"

    newshape: Annotated[Any, Integers(-1, single=True)]

    def check(self) -> Iterator[ArgumentError]:
        if isinstance(self.newshape, tuple) and self.newshape.count(-1) > 1:
            yield ArgumentError("can hold -1 only once", argument="newshape")

    def shape(self, x: Shape) -> Shape:
        """Return the new shape.

        Raises:
            ShapeError: It has another number of elements, or old versions of Keras want a list.
        """
        if isinstance(self.newshape, int):
            what = "for one size that is not in a list"
            hint = f"write `newshape: [{self.newshape}]`"
            check_since((3, 15), self.keras_version, what, argument="newshape", hint=hint)
        target = (self.newshape,) if isinstance(self.newshape, int) else self.newshape
        try:
            return reshape(x, target)
        except ShapeError:
            count = product(x)
            known = f"it has {count} elements"
            reason = "no size makes it so many elements" if count is None else known
            raise ShapeError(
                f"cannot reshape {{0}}, {text(x)}, to {target}: {reason}",
                inputs=(0,),
                argument="newshape",
            ) from None

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        shape = config["newshape"]
        return values, {**config, "newshape": [shape] if isinstance(shape, int) else shape}, {}


class ExpandDims(Operation):
    """New axes of size 1.

    >>> ExpandDims(1).shape((None, 8))
    (None, 1, 8)
    """

    takes_strings = True
    rule = "with axes of size 1 at `axis`"

    axis: Axes

    def shape(self, x: Shape) -> Shape:
        places = _places(self.axis, len(x))
        sizes = iter(x)
        return tuple(1 if place in places else next(sizes) for place in range(len(x) + len(places)))


class Squeeze(Operation):
    """Without axes of size 1; by default all of them.

    >>> Squeeze(axis=1).shape((None, 1, 8))
    (None, 8)
    """

    takes_strings = True
    rule = "without the axes `axis`, which must have size 1"

    axis: AxesOrNone = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape without axes of size 1.

        Raises:
            ShapeError: An axis has another size.
        """
        if self.axis is None:
            return tuple(size for size in x if size != 1)
        gone = axes(self.axis, len(x))
        for index in gone:
            if x[index] != 1:
                raise ShapeError(
                    f"cannot leave out axis {index} of {{0}}: {text(x)}, its size is not 1",
                    inputs=(0,),
                    argument="axis",
                )
        return tuple(size for index, size in enumerate(x) if index not in gone)


class Flip(AlongAxis):
    """The elements along axes in reverse; by default along all.

    >>> Flip(axis=1).shape((None, 8))
    (None, 8)
    """

    takes_strings = True
    axis: AxesOrNone = None


class Roll(AlongAxis):
    """The elements moved along axes; what leaves at the end comes in at the front.

    >>> Roll(shift=2, axis=1).shape((None, 8))
    (None, 8)
    """

    takes_strings = True
    shift: Axes
    axis: AxesOrNone = None

    def check(self) -> Iterator[ArgumentError]:
        if (
            isinstance(self.shift, tuple)
            and isinstance(self.axis, tuple)
            and len(self.shift) != len(self.axis)
        ):
            yield ArgumentError("must have as many numbers as there are axes", argument="shift")

    def shape(self, x: Shape) -> Shape:
        """Return the shape.

        Raises:
            ShapeError: There is not such an axis, or the backend wants a shift for each.
        """
        backend = Backend.choose()
        counts = [
            1 if isinstance(each, int) else len(each or (0,)) for each in (self.shift, self.axis)
        ]
        is_list = [isinstance(each, tuple) for each in (self.shift, self.axis)]
        is_misfit = counts[0] != counts[1] or (backend == "tensorflow" and is_list[0] != is_list[1])
        if is_misfit and backend != "jax":
            raise ShapeError(
                f"takes one shift for one axis, or a list of them for a list of axes, with the"
                f" backend `{backend}`",
                code="wrong-value",
                argument="shift",
            )
        return super().shape(x)


class Repeat(Operation):
    """Each element several times along an axis; by default of all elements in a row.

    >>> Repeat(2, axis=1).shape((None, 8))
    (None, 16)
    """

    takes_strings = True
    rule = "`repeats` times the size along `axis`"

    repeats: Repeats
    axis: AxisOrNone = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape with the repeated elements.

        Raises:
            ShapeError: There is not such an axis, or `repeats` is a list that does not fit.
        """
        if self.axis is not None:
            return self.shape_along(x, axis(self.axis, len(x)))
        count = 1 if isinstance(self.repeats, int) else len(self.repeats)
        if count > 1 and not may_hold(x, count):
            raise ShapeError(
                f"cannot repeat the elements of {{0}}, {text(x)}, by a list of {count} numbers",
                inputs=(0,),
                argument="repeats",
            )
        return self.shape_along((product(x),), 0)

    def shape_along(self, x: Shape, along: int) -> Shape:
        """Return the shape with one axis whose elements are repeated.

        Raises:
            ShapeError: `repeats` is a list for another number of elements.
        """
        size = x[along]
        repeats = (self.repeats,) if isinstance(self.repeats, int) else self.repeats
        if size is None:
            return x
        if len(repeats) not in (1, size):
            raise ShapeError(
                f"cannot repeat {size} elements of {{0}} by a list of {len(repeats)} numbers",
                inputs=(0,),
                argument="repeats",
            )
        return (
            *x[:along],
            size * repeats[0] if len(repeats) == 1 else sum(repeats),
            *x[along + 1 :],
        )


class Tile(Operation):
    """The whole tensor several times along each axis, the last ones if there are fewer numbers than axes.

    >>> Tile([1, 3]).shape((None, 8))
    (None, 24)
    """

    takes_strings = True
    rule = "`repeats` times each size"

    repeats: Repeats

    def shape(self, x: Shape) -> Shape:
        repeats = (self.repeats,) if isinstance(self.repeats, int) else self.repeats
        rank = max(len(x), len(repeats))
        x = (1,) * (rank - len(x)) + x
        return tuple(product(pair) for pair in zip(x, (1,) * (rank - len(repeats)) + repeats))


class Moveaxis(Operation):
    """Axes at other places; the others keep their order.

    >>> Moveaxis(source=-1, destination=1).shape((None, 4, 8))
    (None, 8, 4)
    """

    takes_strings = True
    rule = "the sizes at `source` come to `destination`"

    source: Axes
    destination: Axes

    def check(self) -> Iterator[ArgumentError]:
        sizes = [
            1 if isinstance(given, int) else len(given) for given in (self.source, self.destination)
        ]
        if sizes[0] != sizes[1]:
            yield ArgumentError("must have as many axes as `source`", argument="destination")

    def shape(self, x: Shape) -> Shape:
        sources, places = (
            axes(self.source, len(x), "source"),
            axes(self.destination, len(x), "destination"),
        )
        moved = dict(zip(places, sources))
        others = iter(index for index in range(len(x)) if index not in sources)
        return tuple(x[moved[place] if place in moved else next(others)] for place in range(len(x)))


class Swapaxes(Operation):
    """Two axes change places.

    >>> Swapaxes(1, 2).shape((None, 4, 8))
    (None, 8, 4)
    """

    takes_strings = True
    rule = "the sizes at `axis1` and `axis2` change places"

    axis1: Axis
    axis2: Axis

    def shape(self, x: Shape) -> Shape:
        first, second = (
            axis(self.axis1, len(x), argument="axis1"),
            axis(self.axis2, len(x), argument="axis2"),
        )
        sizes = list(x)
        sizes[first], sizes[second] = sizes[second], sizes[first]
        return tuple(sizes)


class BroadcastTo(Operation):
    """Axes of size 1 stretched to a shape, which has the batch axis in it.

    >>> BroadcastTo([4, 8]).results(Inputs.of((1, 8)))[0].shape
    (4, 8)
    """

    takes_strings = True
    rule = "`shape`"

    shape: Annotated[Any, Integers(0)]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the tensor in the new shape.

        Raises:
            ShapeError: It cannot be broadcast to that.
        """
        (x,) = self.tensors(inputs)
        if not spreads(inputs.shapes[0], self.shape):
            raise ShapeError(
                f"cannot spread {{0}}, {text(inputs.shapes[0])}, to {text(self.shape)}",
                inputs=(0,),
                argument="shape",
            )
        return (Tensor(self.shape, x.dtype),)


class Ravel(Operation):
    """All elements in one axis, those of the batch too.

    >>> Ravel().shape((2, 8))
    (16,)
    """

    takes_strings = True
    rule = "the number of elements"

    def shape(self, x: Shape) -> Shape:
        return (product(x),)


def diagonal_length(rows: int, columns: int, offset: int, argument: str, x: Shape) -> int:
    """Return the length of the diagonal of a matrix, moved to the right by an offset.

    Args:
        rows: The number of rows.
        columns: The number of columns.
        offset: By how many columns it is moved.
        argument: The argument that has the offset.
        x: The shape of the tensor, for the message.

    Raises:
        ShapeError: The diagonal is outside of the matrix, of which TensorFlow has none.
    """
    left = columns - offset if offset > 0 else rows + offset
    check_diagonal(left <= 0 and offset != 0, offset, argument, x)
    return max(0, min(left, rows, columns))


class Diagonal(Operation):
    """The diagonal of two axes, as a new last axis.

    >>> Diagonal(axis1=1, axis2=2).shape((None, 4, 3))
    (None, 3)
    """

    rule = "without `axis1` and `axis2`, then the length of the diagonal"

    offset: Whole = 0
    axis1: Axis = 0
    axis2: Axis = 1

    def shape(self, x: Shape) -> Shape:
        first, second = two_axes(self.axis1, self.axis2, x)
        rows, columns = x[first], x[second]
        length = None
        if rows is not None and columns is not None:
            length = diagonal_length(rows, columns, self.offset, "offset", x)
        rest = (size for index, size in enumerate(x) if index not in (first, second))
        return (*rest, length)


class Trace(Operation):
    """The sum along the diagonal of two axes.

    >>> Trace(axis1=1, axis2=2).shape((None, 4, 3))
    (None,)
    """

    changed = {"3.12": "small integers without a sign become int32"}
    rule = "without `axis1` and `axis2`"
    becomes = "wide"

    offset: Whole = 0
    axis1: Axis = 0
    axis2: Axis = 1

    def shape(self, x: Shape) -> Shape:
        """Return the shape without the two axes.

        Raises:
            ShapeError: There are not such axes, or the backend has no diagonal so far to the right.
        """
        gone = two_axes(self.axis1, self.axis2, x)
        columns = x[gone[1]]
        is_outside = columns is not None and self.offset > columns
        check_diagonal(is_outside, self.offset, "offset", x)
        return tuple(size for index, size in enumerate(x) if index not in gone)

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        if self.keras_version < (3, 12) and tensors[0].dtype in ("uint8", "uint16"):
            return "int32"
        return super().result_dtype(tensors)


def two_axes(axis1: int, axis2: int, x: Shape) -> Tuple[int, int]:
    """Return two axes of a shape, counted from the front.

    Raises:
        ShapeError: The shape does not have them, or they are the same.
    """
    first = axis(axis1, len(x), argument="axis1")
    second = axis(axis2, len(x), argument="axis2")
    if first == second:
        raise ShapeError(f"cannot use axis {first} twice", code="axis-range", argument="axis2")
    return first, second
