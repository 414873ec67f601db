"""Keras's `layers/merging`: layers that take a list of tensors and give one."""

from typing import Annotated, Any, ClassVar, Iterable, Optional, Sequence, Tuple

from mergecli.catalog.fields import COMPLEX, FLOAT8, FLOATS, Axis, Flag
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.shapes import Shape, ShapeError, axis, broadcast, product, spreads, text
from mergecli.catalog.tensors import Inputs, Tensor, of_dtype
from mergecli.catalog.versions import Backend


class Merge(Layer, abstract=True):
    """Joins tensors; the base combines them element by element, stretching axes of size 1."""

    rule = "the shapes broadcast, the batch axis aside"
    keeps_single = True
    joins_in_turn = True
    merging: ClassVar[Optional[str]] = "adds"
    #: The sign of what it computes.
    symbol: ClassVar[Optional[str]] = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what the tensors are merged to.

        Raises:
            ShapeError: They are not a list, or do not fit together.
        """
        if not inputs.listed or inputs.keywords:
            raise ShapeError(
                "takes a list of tensors", code="input-count", hint="list them: `from: [a, b]`"
            )
        return (Tensor(self.join(inputs.shapes), self.compute_dtype),)

    def join(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of all tensors together.

        Raises:
            ShapeError: They cannot be broadcast.
        """
        for index, shape in enumerate(shapes):
            if not shape:
                message = f"takes at least 1 dimension, {{{index}}} has 0: ()"
                raise ShapeError(message, code="input-rank", inputs=(index,))
        batches = {shape[0] for shape in shapes if shape and shape[0] is not None}
        if len(batches) > 1:
            raise ShapeError(
                f"cannot merge {_names(shapes)}: batch sizes {_words(batches)}",
                code="merge-shape",
                inputs=range(len(shapes)),
            )
        result = shapes[0][1:]
        for index in range(1, len(shapes)):
            joined = broadcast(result, shapes[index][1:])
            if joined is None:
                offending = _first_misfit(shapes, index)
                raise ShapeError(
                    f"cannot combine {{{offending}}} with {{{index}}}: {text(shapes[offending])} against {text(shapes[index])}",
                    code="merge-shape", inputs=(offending, index),
                )  # fmt: skip
            result = joined
        return (next(iter(batches)) if len(batches) == 1 else None, *result)


class Add(Merge):
    """The sum, element by element.

    >>> Add().join([(None, 8), (None, 8)])
    (None, 8)
    """

    brief = "sum"
    takes_strings = True
    mask = MaskBehaviour.JOINS
    symbol = "+"


class Average(Merge):
    """The mean, element by element.

    >>> Average().join([(None, 8), (None, 8)])
    (None, 8)
    """

    symbol = "ø"
    keeps_single = False
    mask = MaskBehaviour.JOINS


class Maximum(Merge):
    """The larger, element by element.

    >>> Maximum().join([(None, 8), (None, 8)])
    (None, 8)
    """

    symbol = "max"
    mask = MaskBehaviour.JOINS


class Minimum(Merge):
    """The smaller, element by element.

    >>> Minimum().join([(None, 8), (None, 8)])
    (None, 8)
    """

    symbol = "min"
    mask = MaskBehaviour.JOINS


class Multiply(Merge):
    """The product, element by element.

    >>> Multiply().join([(None, 8, 8, 3), (None, 1, 1, 3)])
    (None, 8, 8, 3)
    """

    brief = "product"
    mask = MaskBehaviour.JOINS
    merging = "scales"
    symbol = "×"

    def masks(self, x: Shape, mask: Shape) -> bool:
        return spreads((*mask, 1), x)


class Subtract(Merge):
    """The first of two tensors less the second.

    >>> Subtract().join([(None, 8), (None, 8)])
    (None, 8)
    """

    ordered = True
    mask = MaskBehaviour.JOINS
    symbol = "\u2212"

    def join(self, shapes: Sequence[Shape]) -> Shape:
        _exactly_two(shapes)
        return super().join(shapes)


class Concatenate(Merge):
    """The tensors one after the other along an axis; all other axes agree.

    >>> Concatenate(axis=-1).join([(None, 8), (None, 4)])
    (None, 12)
    """

    symbol = "c"
    joins_in_turn = False
    ordered = True
    takes_strings = True
    mask = MaskBehaviour.CONCATENATES
    changed = {"3.12": "joins the masks of tensors with unknown sizes, too"}
    rule = "the sizes along `axis` add up, the others agree"
    merging = "joins"

    axis: Axis = -1

    def join(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of all tensors together.

        Raises:
            ShapeError: They differ on another axis than `axis`.
        """
        ranks = {len(shape) for shape in shapes}
        if len(ranks) > 1:
            other = next(i for i, shape in enumerate(shapes) if len(shape) != len(shapes[0]))
            raise ShapeError(
                f"cannot concatenate {{0}} with {{{other}}} on axis {self.axis}: {len(shapes[0])} and {len(shapes[other])} dimensions",
                code="concat-shape", inputs=(0, other),
            )  # fmt: skip
        along = axis(self.axis, len(shapes[0]))
        for index in range(len(shapes[0])):
            if index == along:
                continue
            first: Optional[int] = None
            for which, shape in enumerate(shapes):
                if shape[index] is None:
                    continue
                if first is None:
                    first = which
                elif shape[index] != shapes[first][index]:
                    raise ShapeError(
                        f"cannot concatenate {{{first}}} with {{{which}}} on axis {self.axis}: "
                        f"{shapes[first][index]} against {shape[index]} on axis {index}, {text(shapes[first])} and {text(shape)}",
                        code="concat-shape", inputs=(first, which),
                    )  # fmt: skip
        sizes = [shape[along] for shape in shapes]
        total = None if None in sizes else sum(sizes)  # type: ignore[arg-type]
        return (*shapes[0][:along], total, *shapes[0][along + 1 :])


class Dot(Merge):
    """The dot product of two tensors along an axis of each.

    >>> Dot(axes=1).join([(None, 8), (None, 8)])
    (None, 1)
    """

    symbol = "·"
    ordered = True
    rule = "both axes go, the second's batch axis too; at least one axis stays"
    merging = None
    missing_hints = {
        "axes": "for vectors, write `Dot: {axes: 1}`; a list has the axis of each tensor"
    }

    axes: Annotated[Any, Integers(single=True, length=2)]
    normalize: Flag = False

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the backend can normalize each of the tensors.

        Raises:
            ShapeError: One of them is of integers, of which only PyTorch has a root.
        """
        if not self.normalize or Backend.choose() == "torch":
            return
        for place, given in enumerate(dtypes):
            dtype = self.cast(given)
            if dtype not in (None, *FLOATS, *FLOAT8, *COMPLEX):
                raise of_dtype("normalizes floats", inputs, place, dtype)

    def join(self, shapes: Sequence[Shape]) -> Shape:
        """Return the shape of the product.

        Raises:
            ShapeError: The axes that are added up differ in size.
        """
        _exactly_two(shapes)
        given = (self.axes, self.axes) if isinstance(self.axes, int) else self.axes
        a, b = (
            self._axis(index, shape, which)
            for which, (index, shape) in enumerate(zip(given, shapes))
        )
        first, second = shapes
        if first[a] != second[b]:
            raise ShapeError(
                f"cannot multiply {{0}} with {{1}}: {first[a]} on axis {a} against {second[b]} on axis {b}, {text(first)} and {text(second)}",
                code="merge-shape", inputs=(0, 1),
            )  # fmt: skip
        result = (*first[:a], *first[a + 1 :], *(second[:b] + second[b + 1 :])[1:])
        return result if len(result) > 1 else (*result, 1)

    def _axis(self, index: int, shape: Shape, which: int) -> int:
        if not -len(shape) <= index < len(shape) or index % len(shape) == 0:
            raise ShapeError(
                f"cannot use axis {index}: {{{which}}} has {len(shape)} dimensions, the first is the batch",
                code="axis-range", inputs=(which,), argument="axes",
            )  # fmt: skip
        return index % len(shape)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        given = self.axes if isinstance(self.axes, int) else self.axes[0]
        shape = inputs.shapes[0]
        return None if results[0].shape is None else product((*results[0].shape[1:], shape[given]))


def _exactly_two(shapes: Sequence[Shape]) -> None:
    if len(shapes) != 2:
        raise ShapeError(f"takes two tensors, not {len(shapes)}", code="input-count")


def _first_misfit(shapes: Sequence[Shape], index: int) -> int:
    """Which earlier tensor does not fit with this one; with all of them together, the first."""
    return next((i for i in range(index) if broadcast(shapes[i][1:], shapes[index][1:]) is None), 0)


def _names(shapes: Sequence[Shape]) -> str:
    return ", ".join(f"{{{index}}}" for index in range(len(shapes)))


def _words(numbers: Iterable[int]) -> str:
    return " and ".join(str(number) for number in sorted(numbers))
