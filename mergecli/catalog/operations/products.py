"""Functions of `keras.ops` that join vectors: products, distances and correlations."""

from typing import Annotated, Optional, Tuple

from mergecli.catalog.arguments import Choice, Integer
from mergecli.catalog.fields import Axis, Flag
from mergecli.catalog.operations.operation import AxisOrNone, Operation, spread
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    axis,
    check_backend_ranks,
    check_least_rank,
    check_rank,
    check_since,
    may_hold,
    product,
    same,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor, remap_inputs
from mergecli.catalog.versions import Backend


class Inner(Operation):
    """The products of the last axes of two tensors.

    >>> Inner().results(Inputs.of((None, 8), (3, 8)))[0].shape
    (None, 3)
    """

    arity = 2
    numbers = True
    becomes = "common"
    rule = "both without their last axis, one after the other"
    changed = {"3.15": "a model is wired as if it were one number"}

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the products.

        Raises:
            ShapeError: The last axes differ.
        """
        tensors = self.tensors(inputs)
        a, b = inputs.shapes
        if a and b and not same(a[-1], b[-1]):
            raise ShapeError(
                f"cannot multiply {{0}} with {{1}}: {text(a)} against {text(b)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        shape = (*a[:-1], *b[:-1]) if a and b else a or b
        if self.keras_version < (3, 15):
            shape = ()
        return (Tensor(shape, self.result_dtype(tensors)),)


class Outer(Operation):
    """The products of each element of one tensor with each of another.

    >>> Outer().results(Inputs.of((4,), (3,)))[0].shape
    (4, 3)
    """

    arity = 2
    numbers = True
    becomes = "common"
    rule = "the number of elements of the first by that of the second"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        shape = tuple(map(product, inputs.shapes))
        return (Tensor(shape, self.result_dtype(tensors)),)


class Vdot(Operation):
    """The sum of the products of the elements of two tensors.

    >>> Vdot().results(Inputs.of((4,), (4,)))[0].shape
    ()
    """

    arity = 2
    numbers = True
    becomes = "common"
    rule = "one value"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the sum.

        Raises:
            ShapeError: The tensors have different numbers of elements, or the backend takes only
                vectors.
        """
        tensors = self.tensors(inputs)
        for place, shape in enumerate(inputs.shapes):
            check_backend_ranks(shape, (1,), place, "torch")
        sizes = tuple(map(product, inputs.shapes))
        first, second = inputs.shapes
        fits = same(*sizes)
        if sizes[0] is not None:
            fits = may_hold(second, sizes[0])
        elif sizes[1] is not None:
            fits = may_hold(first, sizes[1])
        if not fits:
            raise ShapeError(
                f"cannot multiply {{0}} with {{1}}: {sizes[0]} elements against {sizes[1]}",
                code="merge-shape",
                inputs=(0, 1),
            )
        return (Tensor((), self.result_dtype(tensors)),)


class Kron(Operation):
    """The Kronecker product of two tensors with as many axes.

    >>> Kron().results(Inputs.of((4, 2), (3, 5)))[0].shape
    (12, 10)
    """

    arity = 2
    becomes = "typed"
    rule = "the products of the sizes"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the product.

        Raises:
            ShapeError: The tensors have different numbers of dimensions, or more than the backend
                takes.
        """
        tensors = self.tensors(inputs)
        a, b = inputs.shapes
        if len(a) != len(b):
            raise ShapeError(
                f"takes two tensors of as many dimensions: {{0}} has {len(a)}, {{1}} has {len(b)}",
                code="input-rank",
                inputs=(0, 1),
            )
        check_backend_ranks(a, (0, 1, 2), 0, "tensorflow")
        return (Tensor(tuple(map(product, zip(a, b))), self.result_dtype(tensors)),)


class Cross(Operation):
    """The vectors at right angles to those of two tensors.

    >>> Cross().results(Inputs.of((None, 3), (None, 3)))[0].shape
    (None, 3)
    """

    arity = 2
    changed = {
        "3.14": "a model is wired as if a negative `axisc` were counted without the vectors,"
        " and `axisb` were `axisa`"
    }
    becomes = "common"
    rule = "the shapes broadcast, but for the axis of the vectors, which have 2 or 3 elements"

    axisa: Axis = -1
    axisb: Axis = -1
    axisc: Axis = -1
    axis: AxisOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the vectors.

        Raises:
            ShapeError: The vectors have another size, or the tensors do not fit.
        """
        tensors = self.tensors(inputs)
        first, second = inputs.shapes
        a, first = self.vectors(first, "axisa", 0)
        b, second = self.vectors(second, "axisb", 1)
        if self.keras_version < (3, 14):
            b = self._size_at_first_axis(inputs.shapes[1])
        rest = spread((first, second))
        size = (3,) if 3 in (a, b) else ()
        place = self._result_axis(len(rest) + len(size))
        shape = (*rest[:place], *size, *rest[place:])
        return (Tensor(shape, self.result_dtype(tensors)),)

    def _size_at_first_axis(self, shape: Shape) -> Optional[int]:
        """Return what old versions of Keras take for the size of the second vectors.

        Raises:
            ShapeError: It is not 2 or 3.
        """
        index = self.place("axisa")
        size = shape[index] if -len(shape) <= index < len(shape) else 0
        if size not in (2, 3, None):
            what = "for `axisa` and `axisb` that differ"
            check_since((3, 14), self.keras_version, what, argument="axisb")
        return size

    def _result_axis(self, rank: int) -> int:
        """Return the axis of the vectors in a result of `rank` dimensions; 0 if there is none.

        Raises:
            ShapeError: There is no axis `axisc`. Before 3.14 Keras does not look it up in numbers.
        """
        is_old = self.keras_version < (3, 14)
        if rank == 0 and is_old:
            return 0
        if rank == 0:
            message = "gives a number for two vectors of 2 elements, which has no axis `axisc`"
            raise ShapeError(message, code="axis-range", hint="give vectors of 3 elements")
        place = axis(self.place("axisc"), rank, argument="axisc")
        return max(place - 1, 0) if is_old and self.place("axisc") < 0 else place

    def place(self, argument: str) -> int:
        index: int = getattr(self, argument) if self.axis is None else self.axis
        return index

    def vectors(self, shape: Shape, argument: str, place: int) -> Tuple[Optional[int], Shape]:
        """Return the size of the vectors of an operand, and its other axes.

        Raises:
            ShapeError: There is no such axis, or its size is neither 2 nor 3.
        """
        with remap_inputs((place,)):
            along = axis(self.place(argument), len(shape), argument=argument)
        if shape[along] not in (2, 3, None):
            raise ShapeError(
                f"takes vectors of 2 or 3 elements, {{{place}}} is {text(shape)}", inputs=(place,)
            )
        return shape[along], (*shape[:along], *shape[along + 1 :])


class CDist(Operation):
    """The distances of each row of one tensor from each of another.

    >>> CDist().results(Inputs.of((None, 4, 8), (None, 3, 8)))[0].shape
    (None, 4, 3)
    """

    keras_name = "ops.cdist"
    arity = 2
    becomes = "real"
    rule = "the first's rows by the second's; the axes in front broadcast"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the distances.

        Raises:
            ShapeError: The tensors do not fit.
        """
        tensors = self.tensors(inputs)
        a, b = inputs.shapes
        check_least_rank(a, 2)
        check_least_rank(b, 2, 1)
        if not same(a[-1], b[-1]):
            raise ShapeError(
                f"cannot compare {{0}} with {{1}}: {text(a)} against {text(b)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        shape = (*spread((a[:-2], b[:-2])), a[-2], b[-2])
        return (Tensor(shape, self.result_dtype(tensors)),)


class Vander(Operation):
    """The powers of each element of a vector.

    >>> Vander(N=3).shape((8,))
    (8, 3)
    """

    rule = "with `N` powers in a new axis; as many as there are elements without it"

    N: Annotated[Optional[int], Integer(0, none=True)] = None
    increasing: Flag = False

    def shape(self, x: Shape) -> Shape:
        """Return the shape with an axis of powers.

        Raises:
            ShapeError: The tensor has another number of dimensions.
        """
        check_rank(x, 1)
        return (*x, x[0] if self.N is None else self.N)


class Corrcoef(Operation):
    """How each row of a matrix goes with each other row; Keras gives it the shape of the matrix.

    >>> Corrcoef().shape((4, 4))
    (4, 4)
    """

    becomes = "correlation"
    rule = "as it is"

    def shape(self, x: Shape) -> Shape:
        """Return the shape, as Keras declares it.

        Raises:
            ShapeError: It is not that of a matrix, or of a vector with another backend than TensorFlow.
        """
        is_tensorflow = Backend.choose() == "tensorflow"
        check_rank(x, *((2,) if is_tensorflow else (0, 1, 2)))
        return x


class Correlate(Operation):
    """How one vector goes with another that is moved along it.

    >>> Correlate(mode="same").results(Inputs.of((8,), (3,)))[0].shape
    (8,)
    """

    arity = 2
    becomes = "correlated"
    rule = "the places at which the shorter one is inside of the longer one; more by `mode`"

    mode: Annotated[str, Choice("valid", "same", "full")] = "valid"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the sums.

        Raises:
            ShapeError: The tensors are not vectors of known size.
        """
        tensors = self.tensors(inputs)
        sizes = []
        for place, shape in enumerate(inputs.shapes):
            if len(shape) != 1 or shape[0] is None:
                raise ShapeError(
                    f"takes 1 dimension of a known size, {{{place}}} is {text(shape)}",
                    code="input-rank",
                    inputs=(place,),
                )
            sizes.append(shape[0])
        if sizes[0] < sizes[1] and self.mode == "valid" and Backend.choose() == "tensorflow":
            raise ShapeError(
                f"takes the longer tensor first with the backend `tensorflow`: {{0}} has {sizes[0]}"
                f" elements, {{1}} has {sizes[1]}",
                inputs=(0, 1),
            )
        small, large = sorted(sizes)
        lengths = {"valid": large - small + 1, "same": large, "full": small + large - 1}
        return (Tensor((lengths[self.mode],), self.result_dtype(tensors)),)
