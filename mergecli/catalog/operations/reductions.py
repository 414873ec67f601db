"""Functions of `keras.ops` that take axes together: sums, products, and sums of products.

`Any` must not be imported here: `ops.any` has that name.
"""

import re
from typing import Annotated, Callable, Dict, Iterator, Optional, Sequence, Tuple, Union
from typing import List as Listed

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number, Words
from mergecli.catalog.fields import Flag, NonNegative
from mergecli.catalog.layer import NOT_SYNCHRONIZED
from mergecli.catalog.list_arguments import Either, Integers, List
from mergecli.catalog.operations.operation import (
    Arguments,
    AxesOrNone,
    AxisOrNone,
    ClassCall,
    InFullDType,
    Operation,
    OptionalDType,
    RealOrNone,
    Values,
    axes,
    define,
    spread,
)
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    axis,
    check_has_axis,
    check_since,
    product,
    same,
    text,
)
from mergecli.catalog.tensors import Inputs, Tensor, remap_inputs
from mergecli.catalog.versions import Backend, Version

OneOrMoreOrNone = Union[int, Sequence[int], None]
#: How older versions of Keras take axes together.
REDUCED = {"3.12": "of several axes, negative ones are counted in what the others leave"}


def reduced(shape: Shape, given: OneOrMoreOrNone, keepdims: bool, version: Version) -> Shape:
    """Return a shape without axes, or with size 1 for them.

    Args:
        shape: The shape.
        given: The axes; None is all of them.
        keepdims: Whether their size becomes 1.
        version: The target.

    >>> reduced((None, 8, 4), [-2, -1], False, (3, 12)), reduced((None, 8, 4), [-2, -1], False, (3, 11))
    ((None,), (8,))

    Raises:
        ShapeError: There is no such axis, one is given twice, or an old version does not find it.
    """
    gone = axes(given, len(shape))
    if keepdims:
        return tuple(1 if index in gone else size for index, size in enumerate(shape))
    if version < (3, 12) and isinstance(given, (list, tuple)):
        return _reduced_one_by_one(shape, given, version)
    return tuple(size for index, size in enumerate(shape) if index not in gone)


def _reduced_one_by_one(shape: Shape, given: Sequence[int], version: Version) -> Shape:
    """Return a shape without axes, of which negative ones are counted in what is left.

    Raises:
        ShapeError: One is not among those that are left.
    """
    left = list(shape)
    for index in sorted(given, reverse=True):
        if index < -len(left):
            hint = "count the axes from 0"
            check_since((3, 12), version, f"for the axes {list(given)}", argument="axis", hint=hint)
        del left[index]
    return tuple(left)


class Reduction(Operation, abstract=True):
    """Takes axes together, or all of them, the batch axis too."""

    rule = "without the axes `axis`; with `keepdims` they have size 1"
    changed = REDUCED

    axis: AxesOrNone = None
    keepdims: Flag = False

    def shape(self, x: Shape) -> Shape:
        return reduced(x, self.axis, self.keepdims, self.keras_version)


class Extreme(Reduction, abstract=True):
    """Takes the largest or smallest element along axes, and of `initial`."""

    axis: AxesOrNone = None
    keepdims: Flag = False
    initial: RealOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what is left of a tensor.

        Raises:
            ShapeError: TensorFlow cannot compare integers with a float.
        """
        (x,) = self.tensors(inputs)
        is_integer = "int" in (x.dtype or "")
        if is_integer and isinstance(self.initial, float) and Backend.choose() == "tensorflow":
            raise ShapeError(
                f"cannot compare {{0}}, which has dtype {x.dtype}, with {self.initial}"
                " with the backend `tensorflow`",
                code="wrong-type",
                inputs=(0,),
                argument="initial",
            )
        return super().results(inputs)


class Max(Extreme):
    """The largest element along axes.

    >>> Max(axis=1).shape((None, 8, 4))
    (None, 4)
    """


class Min(Extreme):
    """The smallest element along axes.

    >>> Min(axis=1).shape((None, 8, 4))
    (None, 4)
    """


class Prod(Reduction, InFullDType):
    """The product along axes.

    >>> Prod(axis=1).shape((None, 8, 4))
    (None, 4)
    """

    becomes = "wide"
    computes = True

    axis: AxesOrNone = None
    keepdims: Flag = False
    dtype: OptionalDType = None


class OneAxis(Reduction, abstract=True):
    """The place of one element along an axis, or among all."""

    changed = {}
    becomes = "int32"

    axis: AxisOrNone = None
    keepdims: Flag = False


class Search(OneAxis, abstract=True):
    """Where an element stands along an axis, or among all."""

    changed = {"3.14": "with `keepdims` the shape stays as it is"}

    def shape(self, x: Shape) -> Shape:
        # Until Keras 3.13, a model is wired as if `keepdims` kept all sizes.
        return x if self.keepdims and self.keras_version < (3, 14) else super().shape(x)


class Argmax(Search):
    """Where the largest element stands along an axis.

    >>> Argmax(axis=-1).results(Inputs.of((None, 8)))
    (Tensor(shape=(None,), dtype='int32'),)
    """


class Argmin(Search):
    """Where the smallest element stands along an axis.

    >>> Argmin(axis=-1).results(Inputs.of((None, 8)))
    (Tensor(shape=(None,), dtype='int32'),)
    """


def _check_listed(layer: Operation, argument: str) -> None:
    """Check that old versions of Keras get one axis in a list.

    Raises:
        ShapeError: It is not in a list.
    """
    given = getattr(layer, argument)
    if isinstance(given, int):
        what = "for one axis that is not in a list"
        hint = f"write `{argument}: [{given}]`"
        check_since((3, 11), layer.keras_version, what, argument=argument, hint=hint)


class Logsumexp(Reduction):
    """The logarithm of the sum of exponentials along axes; the result is float32, as Keras says.

    >>> Logsumexp(axis=1).shape((None, 8, 4))
    (None, 4)
    """

    changed = {"3.11": "one axis must be in a list", **REDUCED}

    becomes = "float32"

    axis: AxesOrNone = None
    keepdims: Flag = False

    def shape(self, x: Shape) -> Shape:
        _check_listed(self, "axis")
        return super().shape(x)


class Median(Reduction):
    """The middle of the elements along axes.

    >>> Median(axis=1).shape((None, 8, 4))
    (None, 4)
    """

    becomes = "real"

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        return "float32" if tensors[0].dtype == "int64" else super().result_dtype(tensors)


class CountNonzero(Operation):
    """The number of elements along axes that are not zero.

    >>> CountNonzero(axis=1).results(Inputs.of((None, 8)))
    (Tensor(shape=(None,), dtype='int32'),)
    """

    rule = "without the axes `axis`"
    changed = REDUCED
    becomes = "int32"
    takes_strings = True

    axis: AxesOrNone = None

    def shape(self, x: Shape) -> Shape:
        return reduced(x, self.axis, False, self.keras_version)


class Norm(Reduction, aliases=("ops.linalg.norm",)):
    """The norm of vectors or matrices along one axis or two; by default of all elements.

    >>> Norm(axis=-1).shape((None, 8, 4))
    (None, 8)
    """

    becomes = "inexact"

    ord: Annotated[object, Either(Number(none=True), Choice("fro", "nuc"))] = None
    axis: AxesOrNone = None
    keepdims: Flag = False

    def shape(self, x: Shape) -> Shape:
        """Return the shape without the axes.

        Raises:
            ShapeError: There is no such norm of vectors, or of matrices, or of more axes.
        """
        count = len(axes(self.axis, len(x)))
        matrix = (None, "fro", "nuc", 1, -1, 2, -2)
        is_plain = self.axis is None and self.ord is None
        if count not in (1, 2) and not (is_plain and Backend.choose() != "tensorflow"):
            raise ShapeError(
                f"takes the norm along one axis or two: there are {count}, {{0}} is {text(x)}",
                code="axis-range",
                inputs=(0,),
                argument="axis",
            )
        is_wrong = isinstance(self.ord, str) if count == 1 else self.ord not in matrix
        if count in (1, 2) and is_wrong:
            what = "vectors" if count == 1 else "matrices"
            raise ShapeError(f"there is not a norm `{self.ord}` of {what}", argument="ord")
        return super().shape(x)


class Moments(Operation):
    """The mean and the variance along axes.

    >>> [tensor.shape for tensor in Moments(axes=[1]).results(Inputs.of((None, 8, 4)))]
    [(None, 4), (None, 4)]
    """

    changed = {"3.11": "one axis must be in a list", **REDUCED}
    rule = "twice without the axes `axes`; with `keepdims` they have size 1"
    unsupported = NOT_SYNCHRONIZED

    axes: Annotated[OneOrMoreOrNone, Integers(single=True, none=True)]
    keepdims: Flag = False
    synchronized: Flag = False

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        _check_listed(self, "axes")
        shape = reduced(inputs.shapes[0], self.axes, self.keepdims, self.keras_version)
        return (Tensor(shape, x.dtype),) * 2


class TopK(Operation):
    """The largest elements along the last axis, and where they stand.

    >>> TopK(k=2).results(Inputs.of((None, 8)))
    (Tensor(shape=(None, 2), dtype='float32'), Tensor(shape=(None, 2), dtype='int32'))
    """

    rule = "twice, with `k` elements on the last axis"

    k: NonNegative
    sorted: Flag = True

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the elements and their places.

        Raises:
            ShapeError: There is not a last axis, or it has fewer elements.
        """
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        axis(-1, len(shape))
        if shape[-1] is not None and self.k > shape[-1]:
            raise ShapeError(
                f"cannot take {self.k} elements of {{0}}: {text(shape)}",
                inputs=(0,),
                argument="k",
            )
        found = (*shape[:-1], self.k)
        return Tensor(found, x.dtype), Tensor(found, "int32")


class Product(Operation, abstract=True):
    """Multiplies two tensors and adds up along axes of both."""

    arity = 2
    becomes = "common"

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        result, _ = self.contract(*inputs.shapes)
        return (Tensor(result, self.result_dtype(tensors)),)

    def contract(self, a: Shape, b: Shape) -> Tuple[Shape, Shape]:
        """The shape of the result, and the sizes along which it adds up."""
        raise NotImplementedError

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        result, gone = self.contract(*inputs.shapes)
        return product((*result[1:], *gone))


class Matmul(Product):
    """The matrix product along the last axes; those in front broadcast.

    >>> Matmul().results(Inputs.of((None, 4, 8), (None, 8, 3)))[0].shape
    (None, 4, 3)
    """

    changed = {"3.15": "a model is wired as if a tensor of one axis gave an axis of size 1"}
    rule = (
        "the first's rows by the second's columns; the axes in front broadcast, the batch axis too"
    )

    def contract(self, a: Shape, b: Shape) -> Tuple[Shape, Shape]:
        """Return the shape of the product, and the sizes of the axes that are added up.

        Raises:
            ShapeError: A tensor has no axis, or the sizes differ.
        """
        for place, shape in enumerate((a, b)):
            check_has_axis(shape, place)
        (*_, row, inner), (*_, other, column) = (1, *a), (*b, 1) if len(b) == 1 else b
        _meet(a, b, inner, other)
        leading = spread((a[:-2], b[:-2]))
        if self.keras_version < (3, 15):
            return (*leading, row, column), (inner if inner is not None else other,)
        rest = (*((row,) if len(a) > 1 else ()), *((column,) if len(b) > 1 else ()))
        return (*leading, *rest), (inner if inner is not None else other,)

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        return (
            "int32"
            if {tensor.dtype for tensor in tensors} == {"int8"}
            else super().result_dtype(tensors)
        )


class Dot(Product):
    """The product along the first's last axis and the second's last but one, as NumPy's `dot`; nothing broadcasts.

    >>> Dot().results(Inputs.of((None, 4, 8), (8, 3)))[0].shape
    (None, 4, 3)
    """

    numbers = True
    rule = "the first without its last axis, then the second without its last but one"

    def contract(self, a: Shape, b: Shape) -> Tuple[Shape, Shape]:
        if not a or not b:
            return a or b, ()
        inner, other = a[-1], b[-2:][0]
        _meet(a, b, inner, other, strictly=len(b) == 1 < len(a))
        return (*a[:-1], *b[:-2], *b[-1:]) if len(b) > 1 else a[:-1], (
            inner if inner is not None else other,
        )


class Tensordot(Product):
    """The product along several axes: so many of the first's last and the second's first, or a list of axes for each.

    >>> Tensordot(axes=[[1, 2], [0, 1]]).results(Inputs.of((None, 4, 8), (4, 8, 3)))[0].shape
    (None, 3)
    """

    numbers = True
    rule = "the axes of the first that stay, then those of the second"

    axes: Annotated[object, Either(Integer(0), List(Integers(), "lists of axes", length=2))] = 2

    def check(self) -> Iterator[ArgumentError]:
        if isinstance(self.axes, tuple) and len(self.axes[0]) != len(self.axes[1]):
            yield ArgumentError(
                "must name as many axes of the first tensor as of the second", argument="axes"
            )

    def contract(self, a: Shape, b: Shape) -> Tuple[Shape, Shape]:
        """Return the shape of the product, and the sizes of the axes that are added up.

        Raises:
            ShapeError: A tensor does not have these axes, or their sizes differ.
        """
        if isinstance(self.axes, tuple):
            first = axes(self.axes[0], len(a), "axes")
            with remap_inputs((1,)):
                second = axes(self.axes[1], len(b), "axes")
        else:
            assert isinstance(self.axes, int)
            for place, shape in enumerate((a, b)):
                if self.axes > len(shape):
                    raise ShapeError(
                        f"cannot add up along {self.axes} axes: {{{place}}} has {len(shape)} dimensions",
                        code="axis-range", inputs=(place,), argument="axes",
                    )  # fmt: skip
            first, second = tuple(range(len(a) - self.axes, len(a))), tuple(range(self.axes))
        for i, j in zip(first, second):
            _meet(a, b, a[i], b[j])
        gone = tuple(a[i] if a[i] is not None else b[j] for i, j in zip(first, second))
        left = tuple(size for i, size in enumerate(a) if i not in first)
        return (*left, *(size for j, size in enumerate(b) if j not in second)), gone


def _meet(
    a: Shape, b: Shape, inner: Optional[int], other: Optional[int], strictly: bool = False
) -> None:
    """Refuse to add up along axes of different sizes."""
    if not same(inner, other) or (strictly and inner != other):
        raise ShapeError(
            f"cannot multiply {{0}} with {{1}}: {inner} against {other}, {text(a)} and {text(b)}",
            code="merge-shape", inputs=(0, 1),
        )  # fmt: skip


class Subscripts(Words):
    """What `einsum` adds up: a term for each tensor, then maybe one for the result."""

    def __init__(self) -> None:
        super().__init__()
        self.words = "subscripts in small letters, such as `bij,bjk->bik`"

    def check(self, value: object) -> object:
        """Return the subscripts.

        Raises:
            ArgumentError: They are not subscripts, or the result has a letter twice or one of no
                tensor.
        """
        subscripts = str(super().check(value))
        term = r"[a-z]*(\.\.\.[a-z]*)?"
        if not re.fullmatch(f"{term}(,{term})*(->{term})?", subscripts):
            raise self.refuse("wrong-value", hint="without spaces" if " " in subscripts else None)
        terms, _, result = subscripts.partition("->")
        for letter in result.replace(".", ""):
            if letter not in terms:
                raise self.refuse("wrong-value", hint=f"no tensor has `{letter}`")
            if result.count(letter) > 1:
                raise self.refuse("wrong-value", hint=f"the result has `{letter}` twice")
        return subscripts


class Einsum(Operation):
    """A sum of products, in Einstein's notation.

    >>> Einsum("bij,bjk->bik").results(Inputs.of((None, 4, 8), (None, 8, 3)))[0].shape
    (None, 4, 3)
    """

    arity = None
    numbers = True
    becomes = "common"
    rule = "the axes that `subscripts` names after `->`; without it, those that it names once, in the order of the alphabet"

    subscripts: Annotated[str, Subscripts()]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs._replace(listed=True))
        terms, _, result = self.subscripts.partition("->")
        if "->" not in self.subscripts:
            result = "..." + "".join(
                sorted(letter for letter in set(terms) - set(".,") if terms.count(letter) == 1)
            )
        shapes: Listed[Shape] = []
        for letters, rest in self.sizes(inputs):
            before, dots, after = result.partition("...")
            shapes.append(
                (
                    *(letters.get(i, 1) for i in before),
                    *(rest if dots else ()),
                    *(letters.get(i, 1) for i in after),
                )
            )
        return (Tensor(spread(shapes), self.result_dtype(tensors)),)

    def sizes(self, inputs: Inputs) -> Listed[Tuple[Dict[str, Optional[int]], Shape]]:
        """Return the sizes of each tensor by letter, and of the axes that `...` stands for.

        Raises:
            ShapeError: The tensors do not fit the subscripts.
        """
        terms = self.subscripts.partition("->")[0].split(",")
        if len(terms) != len(inputs.tensors):
            raise ShapeError(
                f"takes {len(terms)} tensors, not {len(inputs.tensors)}",
                code="input-count",
                argument="subscripts",
            )
        found: Listed[Tuple[Dict[str, Optional[int]], Shape]] = []
        for place, (term, shape) in enumerate(zip(terms, inputs.shapes)):
            before, dots, after = term.partition("...")
            named = len(before) + len(after)
            if len(shape) < named or (len(shape) > named and not dots):
                least = "at least " if dots else ""
                raise ShapeError(
                    f"takes {least}{named} dimensions for `{term}`, {{{place}}} has {len(shape)}: {text(shape)}",
                    code="input-rank", inputs=(place,), argument="subscripts",
                )  # fmt: skip
            end = len(shape) - len(after)
            pairs = [*zip(before, shape), *zip(after, shape[end:])]
            letters = dict(reversed(pairs))
            found.append((letters, shape[len(before) : end]))
            for letter, size in pairs:
                for other, (sizes, _) in enumerate(found):
                    if (
                        letter in sizes
                        and size != sizes[letter]
                        and not {None, 1} & {size, sizes[letter]}
                    ):
                        raise ShapeError(
                            f"cannot multiply {{{other}}} with {{{place}}}: {sizes[letter]} against {size} for `{letter}`",
                            code="merge-shape", inputs=(other, place), argument="subscripts",
                        )  # fmt: skip
        return found

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        # Keras gives plain numbers a dtype of their own here.
        tensors = [
            tensor._replace(
                dtype={"int": "int64", "float": "float32"}.get(tensor.dtype or "", tensor.dtype)
            )
            for tensor in tensors
        ]
        return (
            "int32"
            if {tensor.dtype for tensor in tensors} == {"int8"}
            else super().result_dtype(tensors)
        )

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        return function(self.subscripts, *tensors)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        found = self.sizes(inputs)
        letters: Dict[str, Optional[int]] = {}
        for sizes, _ in found:
            for letter, size in sizes.items():
                (letters[letter],) = spread([(letters.get(letter, 1),), (size,)])
        rest = spread([dotted for _, dotted in found])
        # The first axis of the first tensor is the batch.
        if self.subscripts.startswith("."):
            rest = rest[1:]
        else:
            letters.pop(self.subscripts[:1], None)
        steps = product((*letters.values(), *rest))
        return None if steps is None else steps * (len(found) - 1)

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        return values[1:], {"subscripts": values[0]}, {}


globals().update(
    define(
        Reduction,
        """
        sum       summed  The sum along axes.
        mean      mean    The mean along axes.
        std       inexact The standard deviation along axes.
        var       real    The variance along axes.
        amax      same    The largest element along axes.
        amin      same    The smallest element along axes.
        any       bool    Whether any element along axes is true.
        all       bool    Whether all elements along axes are true.
        """,
        __name__,
        shape="()",
    )
)
