"""Functions of `keras.ops` that join, cut or rearrange tensors."""

from types import EllipsisType
from typing import Annotated, Any, Callable, Iterator, List, Sequence, Tuple, Union

from mergecli.dtypes import WEAK
from mergecli.layers.arguments import (
    Argument,
    ArgumentError,
    Axes,
    Axis,
    Choice,
    DataFormat,
    Either,
    Flag,
    Integer,
    Integers,
    Real,
)
from mergecli.layers.base import Inputs, Tensor
from mergecli.layers.merging import Concatenate as Joining
from mergecli.layers.operations import AlongAxis, AxesOrNone, AxisOrNone, Operation, RealOrNone, axes
from mergecli.shapes import Shape, ShapeError, axis, product, reshape, same, spreads, text

Repeats = Annotated[Any, Integers(0, lone=True)]


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
    """The tensors of a list one behind the other along an axis; its default is the batch axis.

    >>> Concatenate(axis=-1).results(Inputs.of((None, 8), (None, 4)))[0].shape
    (None, 12)
    """

    arity = None
    becomes = "common"
    rule = "the sizes along `axis` add up, the others agree"

    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        return (Tensor(Joining(axis=self.axis).join(inputs.shapes), self.result_dtype(tensors)),)


class Stack(Operation):
    """The tensors of a list along a new axis; by default it stands in front of the batch axis.

    >>> Stack(axis=1).results(Inputs.of((None, 8), (None, 8)))[0].shape
    (None, 2, 8)
    """

    arity = None
    becomes = "common"
    rule = "a new axis as long as the list, the others agree"

    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
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


class Split(Operation):
    """Cuts along an axis: into so many equal parts, or at these places; it gives several tensors.

    >>> [part.shape for part in Split([2, 5], axis=-1).results(Inputs.of((None, 8)))]
    [(None, 2), (None, 3), (None, 3)]
    """

    rule = "the parts of the size along `axis`"

    indices_or_sections: Annotated[Any, Either(Integer(1), Integers(0))]
    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        along = axis(self.axis, len(shape))
        return tuple(Tensor((*shape[:along], size, *shape[along + 1 :]), x.dtype) for size in self.parts(shape[along], shape))

    def parts(self, size: Any, shape: Shape) -> List[Any]:
        sections = self.indices_or_sections
        if isinstance(sections, int):
            if size is not None and size % sections:
                raise ShapeError(
                    f"cannot split {{0}}, {text(shape)}, in {sections}: {size} on axis {self.axis} does not divide",
                    inputs=(0,), argument="indices_or_sections",
                )  # fmt: skip
            return [None if size is None else size // sections] * sections
        ends = [0, *sections, size]
        for start, end in zip(ends, ends[1:]):
            if end is not None and end < start:
                raise ShapeError(
                    f"cannot split {{0}}, {text(shape)}, at {list(sections)}: from {start} to {end} is less than nothing",
                    code="negative-size", inputs=(0,), argument="indices_or_sections",
                )  # fmt: skip
        return [None if end is None else end - start for start, end in zip(ends, ends[1:])]


class Transpose(Operation):
    """The axes in another order, by default reversed; the batch axis counts.

    >>> Transpose([0, 2, 1]).shape((None, 4, 8))
    (None, 8, 4)
    """

    rule = "the sizes in the order of `axes`"

    axes: Annotated[Any, Integers(none=True)] = None

    def shape(self, x: Shape) -> Shape:
        if self.axes is None:
            return x[::-1]
        if len(self.axes) != len(x):
            raise ShapeError(
                f"cannot put {len(self.axes)} axes in order: {{0}} has {len(x)}", code="axis-range", inputs=(0,), argument="axes"
            )
        return tuple(x[index] for index in axes(self.axes, len(x), "axes"))


class Reshape(Operation):
    """The elements in another shape, which has the batch axis in it; -1 is what is left over.

    >>> Reshape([-1, 2, 4]).shape((None, 8))
    (None, 2, 4)
    """

    rule = "`newshape`; -1 is what is left over"

    newshape: Annotated[Any, Integers(-1, lone=True)]

    def check(self) -> Iterator[ArgumentError]:
        if isinstance(self.newshape, tuple) and self.newshape.count(-1) > 1:
            yield ArgumentError("can hold -1 only once", argument="newshape")

    def shape(self, x: Shape) -> Shape:
        target = (self.newshape,) if isinstance(self.newshape, int) else self.newshape
        try:
            return reshape(x, target)
        except ShapeError:
            raise ShapeError(
                f"cannot reshape {{0}}, {text(x)}, to {target}: it has {product(x)} elements", inputs=(0,), argument="newshape"
            ) from None


class ExpandDims(Operation):
    """New axes of size 1.

    >>> ExpandDims(1).shape((None, 8))
    (None, 1, 8)
    """

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

    rule = "without the axes `axis`, which must have size 1"

    axis: AxesOrNone = None

    def shape(self, x: Shape) -> Shape:
        if self.axis is None:
            return tuple(size for size in x if size != 1)
        gone = axes(self.axis, len(x))
        for index in gone:
            if x[index] != 1:
                raise ShapeError(f"cannot leave out axis {index} of {{0}}: {text(x)}, its size is not 1", inputs=(0,), argument="axis")
        return tuple(size for index, size in enumerate(x) if index not in gone)


class Flip(AlongAxis):
    """The elements along axes in reverse; by default along all.

    >>> Flip(axis=1).shape((None, 8))
    (None, 8)
    """

    axis: AxesOrNone = None


class Roll(AlongAxis):
    """The elements moved along axes; what leaves at the end comes in at the front.

    >>> Roll(shift=2, axis=1).shape((None, 8))
    (None, 8)
    """

    shift: Axes
    axis: AxesOrNone = None

    def check(self) -> Iterator[ArgumentError]:
        if isinstance(self.shift, tuple) and isinstance(self.axis, tuple) and len(self.shift) != len(self.axis):
            yield ArgumentError("must have as many numbers as there are axes", argument="shift")


class Repeat(Operation):
    """Each element several times along an axis; by default of all elements in a row.

    >>> Repeat(2, axis=1).shape((None, 8))
    (None, 16)
    """

    rule = "`repeats` times the size along `axis`"

    repeats: Repeats
    axis: AxisOrNone = None

    def shape(self, x: Shape) -> Shape:
        if self.axis is None:
            return self.shape_along((product(x),), 0)
        return self.shape_along(x, axis(self.axis, len(x)))

    def shape_along(self, x: Shape, along: int) -> Shape:
        size = x[along]
        repeats = (self.repeats,) if isinstance(self.repeats, int) else self.repeats
        if size is None:
            return x
        if len(repeats) not in (1, size):
            raise ShapeError(f"cannot repeat {size} elements of {{0}} by a list of {len(repeats)} numbers", inputs=(0,), argument="repeats")
        return (*x[:along], size * repeats[0] if len(repeats) == 1 else sum(repeats), *x[along + 1 :])


class Tile(Operation):
    """The whole tensor several times along each axis, the last ones if there are fewer numbers than axes.

    >>> Tile([1, 3]).shape((None, 8))
    (None, 24)
    """

    rule = "`repeats` times each size"

    repeats: Repeats

    def shape(self, x: Shape) -> Shape:
        repeats = (self.repeats,) if isinstance(self.repeats, int) else self.repeats
        rank = max(len(x), len(repeats))
        x = (1,) * (rank - len(x)) + x
        return tuple(product(pair) for pair in zip(x, (1,) * (rank - len(repeats)) + repeats))


class _PadWidth(Argument):
    """How much stands before and behind: a number or a pair for all axes, or a pair for each. Normal form: pairs."""

    words = "an integer of 0 or more, a pair of them, or a list with a pair for each axis"

    def check(self, value: Any) -> Any:
        if type(value) is int and value >= 0:
            return ((value, value),)
        if not isinstance(value, (list, tuple)):
            raise self.refuse("wrong-value" if type(value) is int else "wrong-type")
        if not value:
            raise self.refuse("wrong-value")
        if type(value[0]) is int:
            value = [value]
        for index, pair in enumerate(value):
            if not isinstance(pair, (list, tuple)) or len(pair) != 2 or any(type(number) is not int or number < 0 for number in pair):
                raise self.refuse("wrong-value", path=(index,))
        return tuple((before, behind) for before, behind in value)


class Pad(Operation):
    """Puts elements before and behind those of a tensor; the batch axis counts.

    >>> Pad([[0, 0], [1, 2]]).shape((None, 8))
    (None, 11)
    """

    rule = "each size with what is put before and behind"

    pad_width: Annotated[Any, _PadWidth()]
    mode: Annotated[
        str,
        Choice(
            "constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric", "wrap", "empty", "circular"
        ),
    ] = "constant"
    constant_values: RealOrNone = None

    def check(self) -> Iterator[ArgumentError]:
        if self.constant_values is not None and self.mode != "constant":
            yield ArgumentError("goes only with `mode: constant`", argument="constant_values")

    def shape(self, x: Shape) -> Shape:
        if len(self.pad_width) not in (1, len(x)):
            raise ShapeError(f"cannot pad {len(self.pad_width)} axes: {{0}} has {len(x)}", inputs=(0,), argument="pad_width")
        pairs = self.pad_width * len(x) if len(self.pad_width) == 1 else self.pad_width
        return tuple(None if size is None else size + sum(pair) for size, pair in zip(x, pairs))

    def apply(self, function: Callable[..., object], tensors: Sequence[Any]) -> object:
        # TensorFlow wants a pair for each axis when the model runs.
        pairs = self.pad_width * (len(tensors[0].shape) if len(self.pad_width) == 1 else 1)
        return function(tensors[0], pairs, self.mode, self.constant_values)


class Moveaxis(Operation):
    """Axes at other places; the others keep their order.

    >>> Moveaxis(source=-1, destination=1).shape((None, 4, 8))
    (None, 8, 4)
    """

    rule = "the sizes at `source` come to `destination`"

    source: Axes
    destination: Axes

    def check(self) -> Iterator[ArgumentError]:
        sizes = [1 if isinstance(given, int) else len(given) for given in (self.source, self.destination)]
        if sizes[0] != sizes[1]:
            yield ArgumentError("must have as many axes as `source`", argument="destination")

    def shape(self, x: Shape) -> Shape:
        sources, places = axes(self.source, len(x), "source"), axes(self.destination, len(x), "destination")
        moved = dict(zip(places, sources))
        others = iter(index for index in range(len(x)) if index not in sources)
        return tuple(x[moved[place] if place in moved else next(others)] for place in range(len(x)))


class Swapaxes(Operation):
    """Two axes change places.

    >>> Swapaxes(1, 2).shape((None, 4, 8))
    (None, 8, 4)
    """

    rule = "the sizes at `axis1` and `axis2` change places"

    axis1: Axis
    axis2: Axis

    def shape(self, x: Shape) -> Shape:
        first, second = axis(self.axis1, len(x), argument="axis1"), axis(self.axis2, len(x), argument="axis2")
        sizes = list(x)
        sizes[first], sizes[second] = sizes[second], sizes[first]
        return tuple(sizes)


class BroadcastTo(Operation):
    """Axes of size 1 stretched to a shape, which has the batch axis in it.

    >>> BroadcastTo([4, 8]).results(Inputs.of((1, 8)))[0].shape
    (4, 8)
    """

    rule = "`shape`"

    shape: Annotated[Any, Integers(0)]  # type: ignore[assignment]

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        if not spreads(inputs.shapes[0], self.shape):
            raise ShapeError(f"cannot spread {{0}}, {text(inputs.shapes[0])}, to {text(self.shape)}", inputs=(0,), argument="shape")
        return (Tensor(self.shape, x.dtype),)


class Take(Operation):
    """The elements of a tensor at the places that the second names, which may be a number.

    >>> Take(axis=1).results(Inputs.of((None, 8, 3), (2,)))[0].shape
    (None, 2, 3)
    """

    arity = 2
    numbers = True
    rule = "the shape of the second tensor in place of `axis`"

    axis: AxisOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        x, _ = self.tensors(inputs)
        if x.dtype in WEAK:
            raise ShapeError("takes a tensor first, {0} is a number", code="wrong-type", inputs=(0,))
        shape, places = inputs.shapes
        if self.axis is None:
            return (Tensor(places, x.dtype),)
        along = axis(self.axis, len(shape))
        return (Tensor((*shape[:along], *places, *shape[along + 1 :]), x.dtype),)


class _Key(Argument):
    """What Python writes in brackets. Normal form: a tuple of integers, slices and at most one `...`."""

    words = "an integer, or a list of integers, null for a whole axis, {start:, stop:, step:} and `...`"

    def check(self, value: Any) -> Any:
        if type(value) is int:
            return (value,)
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if list(value).count("...") > 1:
            raise self.refuse("wrong-value", hint="`...` can stand only once")
        return tuple(self.item(item, index) for index, item in enumerate(value))

    def item(self, item: Any, index: int) -> Union[int, slice, EllipsisType]:
        if type(item) is int:
            return item
        if item == "...":
            return ...
        if item is None:
            return slice(None)
        if not isinstance(item, dict):
            raise self.refuse(path=(index,))
        for key, number in item.items():
            if key not in ("start", "stop", "step"):
                raise self.refuse("wrong-value", path=(index, key))
            if number is not None and type(number) is not int:
                raise self.refuse(path=(index, key))
        if item.get("step") == 0:
            raise self.refuse("wrong-value", path=(index, "step"))
        return slice(item.get("start"), item.get("stop"), item.get("step"))


class GetItem(Operation):
    """A part of a tensor, as Python's brackets take it.

    `key` is an integer, which goes to the first axis, or a list with an item for each axis: an integer takes one
    element and drops the axis, null takes the whole axis, a mapping such as `{start: 1, stop: -1, step: 2}` a slice; each
    of its keys may be left out. `...` stands for all the axes that no other item stands for; without it, what the list
    leaves out at the end stays whole. So `x[:, 1:5, ..., 0]` is `[null, {start: 1, stop: 5}, ..., 0]`.

    >>> GetItem([None, {"start": 1, "stop": 5}, "...", 0]).shape((None, 8, 4, 3))
    (None, 4, 4)
    """

    rule = "what `key` leaves of each size"

    key: Annotated[Any, _Key()]

    def shape(self, x: Shape) -> Shape:
        items = list(self.key)
        named = len(items) - items.count(...)
        if named > len(x):
            raise ShapeError(f"cannot take {named} axes apart: {{0}} has {len(x)}", code="axis-range", inputs=(0,), argument="key")
        if ... not in items:
            items.append(...)
        place = items.index(...)
        items[place : place + 1] = [slice(None)] * (len(x) - named)
        result = []
        for index, (item, size) in enumerate(zip(items, x)):
            if isinstance(item, slice):
                result.append(None if size is None else len(range(*item.indices(size))))
            elif size is not None and not -size <= item < size:
                raise ShapeError(
                    f"cannot take element {item}: axis {index} of {{0}} has {size}", code="axis-range", inputs=(0,), argument="key"
                )
        return tuple(result)


class Resize(Operation):
    """Images in another size.

    >>> Resize([16, 16]).shape((None, 32, 32, 3))
    (None, 16, 16, 3)
    """

    keras_name = "ops.image.resize"
    rule = "height and width are `size`"

    size: Annotated[Any, Integers(1, length=2)]
    interpolation: Annotated[str, Choice("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5")] = "bilinear"
    antialias: Flag = False
    crop_to_aspect_ratio: Flag = False
    pad_to_aspect_ratio: Flag = False
    fill_mode: Annotated[str, Choice("constant")] = "constant"
    fill_value: Real = 0.0
    data_format: DataFormat = None

    def check(self) -> Iterator[ArgumentError]:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            yield ArgumentError("cannot go with `crop_to_aspect_ratio`", argument="pad_to_aspect_ratio")

    def shape(self, x: Shape) -> Shape:
        if len(x) not in (3, 4):
            raise ShapeError(f"takes images of 3 or 4 dimensions, {{0}} has {len(x)}: {text(x)}", code="input-rank", inputs=(0,))
        if self.data_format == "channels_first":
            return (*x[:-2], *self.size)
        return (*x[:-3], *self.size, x[-1])
