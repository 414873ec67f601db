"""Functions of `keras.ops` that cut tensors, take parts of them, or put something around them."""

from itertools import pairwise
from types import EllipsisType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Callable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from mergecli.catalog.arguments import Argument, ArgumentError, Choice, Integer
from mergecli.catalog.config_quirks import Config, Quirk, UnsupportedConfig
from mergecli.catalog.dtypes import WEAK
from mergecli.catalog.fields import Axis, DataFormat, Flag, Real
from mergecli.catalog.layers.image_preprocessing import check_filling
from mergecli.catalog.layers.reshaping import NO_INTERPOLATION
from mergecli.catalog.list_arguments import Either, Integers
from mergecli.catalog.operations.operation import (
    Arguments,
    AxisOrNone,
    ClassCall,
    Operation,
    RealOrNone,
    Values,
)
from mergecli.catalog.shapes import Shape, ShapeError, axis, check_rank, check_since, text
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict

#: The most parts of a split; every part is a tensor of its own, also in Keras.
MOST_PARTS = 1000


def check_count(count: int, argument: str) -> None:
    """Check that an operation does not give too many tensors.

    Raises:
        ShapeError: It would.
    """
    if count > MOST_PARTS:
        raise ShapeError(
            f"splits into more than {MOST_PARTS:,} tensors", code="too-large", argument=argument
        )


class Split(Operation):
    """Cuts along an axis: into so many equal parts, or at these places; it gives several tensors.

    >>> [part.shape for part in Split([2, 5], axis=-1).results(Inputs.of((None, 8)))]
    [(None, 2), (None, 3), (None, 3)]
    """

    takes_strings = True
    gives_list = True
    changed = {"3.14": "a size that is cut at places must be known"}
    rule = "the parts of the size along `axis`"

    indices_or_sections: Annotated[Any, Either(Integer(1), Integers(0))]
    axis: Axis = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        (x,) = self.tensors(inputs)
        (shape,) = inputs.shapes
        index = self.index(shape)
        along = axis(index, len(shape))
        return tuple(
            Tensor((*shape[:along], size, *shape[along + 1 :]), x.dtype)
            for size in self.parts(shape[along], shape, index)
        )

    def index(self, shape: Shape) -> int:
        """Return the axis along which it cuts a tensor of a shape."""
        return self.axis

    def parts(self, size: Optional[int], shape: Shape, index: int) -> List[Optional[int]]:
        """Return the sizes of the parts.

        Args:
            size: The size of the axis along which it cuts.
            shape: The shape of the tensor.
            index: The axis, for the message.

        Raises:
            ShapeError: The parts are too many, or do not divide the axis.
        """
        sections = self.indices_or_sections
        if isinstance(sections, int):
            check_count(sections, "indices_or_sections")
            if size is not None and size % sections:
                raise ShapeError(
                    f"cannot split {{0}}, {text(shape)}, in {sections}: {size} on axis {index} does not divide",
                    inputs=(0,), argument="indices_or_sections",
                )  # fmt: skip
            return [None if size is None else size // sections] * sections
        backend = Backend.choose()
        if not sections and backend != "jax":
            raise ShapeError(
                f"needs a place to cut at with the backend `{backend}`",
                code="wrong-value",
                argument="indices_or_sections",
            )
        if size is None:
            what = f"to cut an unknown size at places, {{0}} is {text(shape)}"
            check_since((3, 14), self.keras_version, what, inputs=(0,), argument="axis")
        ends = [0, *sections, size]
        for start, end in pairwise(ends):
            if end is not None and end < start:
                raise ShapeError(
                    f"cannot split {{0}}, {text(shape)}, at {list(sections)}: from {start} to {end} is less than nothing",
                    code="negative-size", inputs=(0,), argument="indices_or_sections",
                )  # fmt: skip
        return [None if end is None else end - start for start, end in pairwise(ends)]


#: The dtypes of indices that a backend takes elements by; PyTorch takes all.
_INDICES = {
    "tensorflow": ("int16", "int32", "int64"),
    "jax": ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
}


class Take(Operation):
    """The elements of a tensor at the places that the second names, which may be a number.

    >>> Take(axis=1).results(Inputs.of((None, 8, 3), (2,), dtype="int32"))[0].shape
    (None, 2, 3)
    """

    arity = 2
    numbers = True
    rule = "the shape of the second tensor in place of `axis`"

    axis: AxisOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the elements.

        Raises:
            ShapeError: The first tensor is a plain number, or the backend takes no such indices.
        """
        x, indices = self.tensors(inputs)
        if x.dtype in WEAK:
            raise ShapeError(
                "takes a tensor first, {0} is a number", code="wrong-type", inputs=(0,)
            )
        backend = Backend.choose()
        dtype = WEAK.get(indices.dtype or "", indices.dtype)
        if dtype not in (None, *_INDICES.get(backend, (dtype,))):
            raise ShapeError(
                f"cannot use {{1}} of dtype {dtype} as indices with the backend `{backend}`",
                code="wrong-type",
                inputs=(1,),
                hint="convert it first, with `ops.cast: {dtype: int32}`",
            )
        shape, places = inputs.shapes
        if self.axis is None:
            return (Tensor(places, x.dtype),)
        along = axis(self.axis, len(shape))
        return (Tensor((*shape[:along], *places, *shape[along + 1 :]), x.dtype),)


class _Key(Argument):
    """What Python writes in brackets. Normal form: a tuple of integers, slices and at most one `...`."""

    words = (
        "an integer, or a list of integers, null for a whole axis, {start:, stop:, step:} and `...`"
    )

    def check(self, value: object) -> object:
        """Return the key as a tuple.

        Raises:
            ArgumentError: It is not one, or has `...` twice.
        """
        if type(value) is int:
            return (value,)
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if list(value).count("...") > 1:
            raise self.refuse("wrong-value", hint="`...` can stand only once")
        return tuple(self.item(item, index) for index, item in enumerate(value))

    def item(self, item: object, index: int) -> Union[int, slice, EllipsisType]:
        """Return one item of a key.

        Raises:
            ArgumentError: It is neither a number nor a slice, null or `...`.
        """
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

    def schema(self) -> "JsonDict":
        ends: JsonDict = {
            "start": Integer(none=True).schema(),
            "stop": Integer(none=True).schema(),
            "step": Integer(none=True).schema(),
        }
        types = ["integer", "null", "string", "object"]
        items: JsonDict = {
            "type": types,
            "pattern": r"^\.\.\.$",
            "properties": ends,
            "additionalProperties": False,
        }
        return {"type": ["integer", "array"], "items": items}


@Quirk
def _key(config: Config) -> Config:
    """Make a list of a single key, where null is a whole axis for us; for Keras it is a new axis, which we do not have."""
    key = config.get("key")
    key = key if isinstance(key, (int, list)) else [key]
    if isinstance(key, list) and None in key:
        raise UnsupportedConfig("it takes a new axis within brackets, which mergecli does not know")
    return {**config, "key": key}


class GetItem(Operation):
    """A part of a tensor, as Python's brackets take it.

    `key` is an integer, which goes to the first axis, or a list with an item for each axis: an integer takes one
    element and drops the axis, null takes the whole axis, a mapping such as `{start: 1, stop: -1, step: 2}` a slice; each
    of its keys may be left out. `...` stands for all the axes that no other item stands for; without it, what the list
    leaves out at the end stays whole. So `x[:, 1:5, ..., 0]` is `[null, {start: 1, stop: 5}, ..., 0]`.

    >>> GetItem([None, {"start": 1, "stop": 5}, "...", 0]).shape((None, 8, 4, 3))
    (None, 4, 4)
    """

    takes_strings = True
    uses_brackets = True
    config_quirk = _key

    rule = "what `key` leaves of each size"

    key: Annotated[Any, _Key()]

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the part.

        Raises:
            ShapeError: There are too few axes, or an element is beyond the end of one.
        """
        items = list(self.key)
        named = len(items) - items.count(...)
        if named > len(x):
            raise ShapeError(
                f"cannot split {named} axes: {{0}} has {len(x)}",
                code="axis-range",
                inputs=(0,),
                argument="key",
            )
        if ... not in items:
            items.append(...)
        place = items.index(...)
        items[place : place + 1] = [slice(None)] * (len(x) - named)
        result = []
        for index, (item, size) in enumerate(zip(items, x)):
            if isinstance(item, slice):
                result.append(None if size is None else self.length(item, size, index))
            elif size is not None and not -size <= item < size:
                raise ShapeError(
                    f"cannot take element {item}: axis {index} of {{0}} has {size}",
                    code="axis-range",
                    inputs=(0,),
                    argument="key",
                )
        return tuple(result)

    def length(self, part: slice, size: int, index: int) -> int:
        """Return how many elements a slice takes.

        Raises:
            ShapeError: Keras cannot count them.
        """
        taken = range(*part.indices(size))
        try:
            return len(taken)
        except OverflowError:
            raise ShapeError(
                f"cannot take so many elements: axis {index} of {{0}} has {size}",
                code="wrong-value",
                inputs=(0,),
                argument="key",
            ) from None

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        return (*values, config["key"]), {}, {}


class Resize(Operation):
    """Images in another size.

    >>> Resize([16, 16]).shape((None, 32, 32, 3))
    (None, 16, 16, 3)
    """

    keras_name = "ops.image.resize"
    rule = "height and width are `size`"
    unsupported = NO_INTERPOLATION

    size: Annotated[Any, Integers(1, length=2)]
    interpolation: Annotated[
        str, Choice("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area")
    ] = "bilinear"
    antialias: Flag = False
    crop_to_aspect_ratio: Flag = False
    pad_to_aspect_ratio: Flag = False
    fill_mode: Annotated[str, Choice("constant")] = "constant"
    fill_value: Real = 0.0
    data_format: DataFormat = None

    def check(self) -> Iterator[ArgumentError]:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            yield ArgumentError(
                "cannot go with `crop_to_aspect_ratio`", argument="pad_to_aspect_ratio"
            )

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        check_filling(self, self.size, inputs.shapes[0], dtypes[0])

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the resized images.

        Raises:
            ShapeError: The input has neither 3 nor 4 dimensions.
        """
        check_rank(x, 3, 4, what="images")
        if self.data_format == "channels_first":
            return (*x[:-2], *self.size)
        return (*x[:-3], *self.size, x[-1])


class _PadWidth(Argument):
    """How much stands before and after: a number or a pair for all axes, or a pair for each. Normal form: pairs."""

    words = "an integer of 0 or more, a pair of them, or a list with a pair for each axis"

    def check(self, value: object) -> object:
        """Return the widths as pairs.

        Raises:
            ArgumentError: They are neither numbers nor pairs of them.
        """
        if type(value) is int and value >= 0:
            return ((value, value),)
        if not isinstance(value, (list, tuple)):
            raise self.refuse("wrong-value" if type(value) is int else "wrong-type")
        if not value:
            raise self.refuse("wrong-value")
        pairs = [value] if type(value[0]) is int else value
        for index, pair in enumerate(pairs):
            if (
                not isinstance(pair, (list, tuple))
                or len(pair) != 2
                or any(type(number) is not int or number < 0 for number in pair)
            ):
                raise self.refuse("wrong-value", path=(index,))
        return tuple((before, after) for before, after in pairs)

    def schema(self) -> "JsonDict":
        number: JsonDict = {"type": ["integer", "array"], "minimum": 0}
        pair: JsonDict = {**number, "items": Integer(0).schema(), "minItems": 2, "maxItems": 2}
        return {**number, "items": pair, "minItems": 1}


#: What backends can pad with; JAX can all.
_PADDED = {
    "tensorflow": ("constant", "reflect", "symmetric"),
    "torch": ("constant", "reflect", "symmetric", "circular"),
}


class Pad(Operation):
    """Puts elements before and after those of a tensor; the batch axis counts.

    >>> Pad([[0, 0], [1, 2]]).shape((None, 8))
    (None, 11)
    """

    rule = "each size with what is put before and after"

    pad_width: Annotated[Any, _PadWidth()]
    mode: Annotated[
        str,
        Choice(
            "constant",
            "edge",
            "linear_ramp",
            "maximum",
            "mean",
            "median",
            "minimum",
            "reflect",
            "symmetric",
            "wrap",
            "empty",
            "circular",
        ),
    ] = "constant"
    constant_values: RealOrNone = None

    def check(self) -> Iterator[ArgumentError]:
        if self.constant_values is not None and self.mode != "constant":
            yield ArgumentError("goes only with `mode: constant`", argument="constant_values")

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the padded input.

        Raises:
            ShapeError: The widths are those of another number of axes, or the backend cannot pad so.
        """
        backend = Backend.choose()
        if self.mode not in _PADDED.get(backend, (self.mode,)):
            raise ShapeError(
                f"cannot pad by `{self.mode}` with the backend `{backend}`",
                code="wrong-value",
                argument="mode",
                hint=f"write one of {', '.join(f'`{mode}`' for mode in _PADDED[backend])}",
            )
        if not x and backend != "jax":
            raise ShapeError(
                f"takes at least 1 dimension with the backend `{backend}`, {{0}} has none",
                code="input-rank",
                inputs=(0,),
            )
        if len(self.pad_width) not in (1, len(x)):
            raise ShapeError(
                f"cannot pad {len(self.pad_width)} axes: {{0}} has {len(x)}",
                inputs=(0,),
                argument="pad_width",
            )
        pairs = self.pad_width * len(x) if len(self.pad_width) == 1 else self.pad_width
        return tuple(None if size is None else size + sum(pair) for size, pair in zip(x, pairs))

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the dtype of the tensor.

        Raises:
            ShapeError: It cannot hold the number that it is padded with.
        """
        dtype, value = tensors[0].dtype, self.constant_values
        is_misfit = dtype == "bool" or (isinstance(value, float) and "int" in (dtype or ""))
        if value is not None and is_misfit and Backend.choose() == "tensorflow":
            what = "truth values" if dtype == "bool" else "integers"
            raise ShapeError(
                f"cannot pad {what} with {value}, {{0}} has dtype {dtype}",
                code="wrong-type",
                inputs=(0,),
                argument="constant_values",
            )
        return super().result_dtype(tensors)

    def apply(self, function: Callable[..., object], tensors: Sequence[Any]) -> object:
        # TensorFlow wants a pair for each axis when the model runs.
        pairs = self.pad_width * (max(1, len(tensors[0].shape)) if len(self.pad_width) == 1 else 1)
        return function(tensors[0], pairs, self.mode, self.constant_values)

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        tensor, width, mode, constant = values
        return (tensor,), {"pad_width": width, "mode": mode}, {"constant_values": constant}
