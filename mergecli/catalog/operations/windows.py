"""Functions of `keras.ops.nn` that layers are made of: convolutions, pooling, normalization, attention.

What a layer has as weights is a tensor here.
"""

from typing import Annotated, Callable, ClassVar, Optional, Sequence, Tuple

from mergecli.catalog.arguments import Choice, Integer
from mergecli.catalog.config_quirks import without
from mergecli.catalog.fields import Axis, DataFormat, Flag, Padding, Real
from mergecli.catalog.list_arguments import Either, Integers
from mergecli.catalog.operations.operation import (
    Arguments,
    ClassCall,
    Operation,
    RealOrNone,
    Values,
    axes,
    for_axes,
)
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    alike,
    axis,
    check_least_rank,
    check_normalized_axes,
    check_rank,
    check_since,
    may_hold,
    product,
    same,
    spreads,
    text,
    transposed,
    window,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend

Sizes = Annotated[object, Integers(1, single=True)]
OptionalSizes = Annotated[object, Integers(1, single=True, none=True)]
OptionalEnds = Annotated[object, Integers(0, single=True, none=True)]
TwoSizes = Annotated[object, Either(Integer(1), Integers(1, length=2))]
TwoEnds = Annotated[object, Either(Integer(0), Integers(0, length=2))]
BlockFormat = Annotated[Optional[str], Choice(None, "channels_last", "channels_first", fold=True)]
BlockSize = Annotated[int, Integer(2)]


def many(value: object, rank: int, argument: str) -> Tuple[int, ...]:
    """Return a number for each of `rank` axes.

    Raises:
        ShapeError: There are more or fewer numbers.
    """
    numbers = for_axes(value, rank)
    if len(numbers) != rank:
        raise ShapeError(
            f"takes {rank} numbers here, as {{0}} has as many spatial axes",
            inputs=(0,),
            argument=argument,
        )
    return numbers


class Windows(Operation, abstract=True):
    """A window that slides over the axes between the batch and the channels, or after both."""

    becomes = "first"

    strides: Sizes = 1
    padding: Padding = "valid"
    data_format: DataFormat = None

    @property
    def is_first(self) -> bool:
        return self.data_format == "channels_first"

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        # The function gives its class the format in full.
        return values, {**config, "data_format": config["data_format"] or "channels_last"}, {}

    def spatial(self, x: Shape) -> Shape:
        """Return the axes over which the window slides.

        Raises:
            ShapeError: There are none.
        """
        check_least_rank(x, 3)
        return x[2:] if self.is_first else x[1:-1]

    def channels(self, x: Shape) -> Optional[int]:
        return x[1] if self.is_first else x[-1]

    def assembled(self, x: Shape, lengths: Sequence[Optional[int]], depth: Optional[int]) -> Shape:
        """Return the shape of the result.

        Raises:
            ShapeError: Nothing is left of an axis.
        """
        if any(length is not None and length <= 0 for length in lengths):
            raise ShapeError(
                f"does not fit: the window leaves {tuple(lengths)} of {{0}}, {text(x)}",
                code="negative-size",
                inputs=(0,),
                hint="use `padding: same` or a smaller window",
            )
        return (x[0], depth, *lengths) if self.is_first else (x[0], *lengths, depth)


class Convolution(Windows, abstract=True):
    """Slides a kernel, the second tensor, over the first."""

    arity = 2
    rule = "each spatial axis by the window, the channels by the kernel"

    strides: Sizes = 1
    padding: Padding = "valid"
    data_format: DataFormat = None
    dilation_rate: Sizes = 1

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        tensors = self.tensors(inputs)
        shape = self.slide(inputs.shapes[0], inputs.shapes[1])
        depth = self.depth(*inputs.shapes[1:])
        return (Tensor(self.with_channels(shape, depth), self.result_dtype(tensors)),)

    def depth(self, kernel: Shape, *others: Shape) -> Optional[int]:
        return kernel[-1]

    def with_channels(self, x: Shape, depth: Optional[int]) -> Shape:
        return (x[0], depth, *x[2:]) if self.is_first else (*x[:-1], depth)

    def check_kernel(self, x: Shape, kernel: Shape, channels: int) -> None:
        """Check that a kernel fits.

        Args:
            x: The shape over which it slides.
            kernel: Its own shape.
            channels: The place of the channels that it takes in its shape.

        Raises:
            ShapeError: It does not fit.
        """
        self.spatial(x)
        if len(kernel) != len(x) or None in kernel:
            raise ShapeError(
                f"takes a kernel of {len(x)} dimensions of known sizes: {{1}} is {text(kernel)}",
                code="input-rank",
                inputs=(1,),
            )
        if not same(self.channels(x), kernel[channels]):
            raise ShapeError(
                f"takes a kernel for {self.channels(x)} channels: {{1}} is {text(kernel)}",
                code="merge-shape",
                inputs=(0, 1),
            )

    def slide(self, x: Shape, kernel: Shape) -> Shape:
        self.check_kernel(x, kernel, -2)
        spatial = self.spatial(x)
        rank = len(spatial)
        lengths = [
            window(length, size, stride, self.padding, rate)  # type: ignore[arg-type]
            for length, size, stride, rate in zip(
                spatial,
                kernel,
                many(self.strides, rank, "strides"),
                many(self.dilation_rate, rank, "dilation_rate"),
            )
        ]
        return self.assembled(x, lengths, kernel[-1])

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        shape = results[0].shape
        if shape is None:
            return None
        return product((*shape[1:], *inputs.shapes[1][:-1]))


class Conv(Convolution):
    """A convolution with a kernel of window, channels and filters.

    >>> Conv().results(Inputs.of((None, 8, 8, 3), (3, 3, 3, 4)))[0].shape
    (None, 6, 6, 4)
    """


class DepthwiseConv(Convolution):
    """A convolution of each channel on its own.

    >>> DepthwiseConv().results(Inputs.of((None, 8, 8, 3), (3, 3, 3, 2)))[0].shape
    (None, 6, 6, 6)
    """

    def depth(self, kernel: Shape, *others: Shape) -> Optional[int]:
        return product(kernel[-2:])

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        shape = results[0].shape
        return None if shape is None else product((*shape[1:], *inputs.shapes[1][:-2]))


class SeparableConv(DepthwiseConv):
    """A convolution of each channel, then one that mixes them, with a kernel for each.

    >>> SeparableConv().results(Inputs.of((None, 8, 8, 3), (3, 3, 3, 2), (1, 1, 6, 4)))[0].shape
    (None, 6, 6, 4)
    """

    arity = 3

    def depth(self, kernel: Shape, *others: Shape) -> Optional[int]:
        """Return the channels of the result.

        Raises:
            ShapeError: The second kernel does not fit.
        """
        (second,) = others
        between = product(kernel[-2:])
        if len(second) != len(kernel) or not same(between, second[-2]):
            raise ShapeError(
                f"takes a second kernel for {between} channels: {{2}} is {text(second)}",
                code="merge-shape",
                inputs=(2,),
            )
        return second[-1]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        shape = results[0].shape
        if shape is None:
            return None
        lengths = product(self.spatial(shape))
        first, second = inputs.shapes[1:]
        each = product(first), product(second)
        if lengths is None or None in each:
            return None
        return lengths * sum(each)  # type: ignore[arg-type]


class ConvTranspose(Convolution):
    """A transposed convolution; its kernel has the filters before the channels.

    >>> ConvTranspose(strides=2).results(Inputs.of((None, 8, 8, 3), (3, 3, 4, 3)))[0].shape
    (None, 17, 17, 4)
    """

    changed = {"3.11": "`strides` must be given"}

    strides: Sizes = 1
    padding: Padding = "valid"
    output_padding: OptionalEnds = None
    data_format: DataFormat = None
    dilation_rate: Sizes = 1

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that Keras can run the operation in a model.

        Raises:
            ShapeError: It cannot: up to Keras 3.15 its class gives `padding` and `output_padding`
                to the backend in the wrong order.
        """
        if self.keras_version < (3, 16):
            raise ShapeError(
                "cannot be run in a model, as Keras mixes up its arguments",
                hint="write `Conv2DTranspose`, which has its kernel as a weight",
            )

    def depth(self, kernel: Shape, *others: Shape) -> Optional[int]:
        return kernel[-2]

    def slide(self, x: Shape, kernel: Shape) -> Shape:
        self.check_kernel(x, kernel, -1)
        if "strides" not in self.explicit:
            hint = "write `strides: 1`"
            check_since((3, 11), self.keras_version, "without `strides`", hint=hint)
        spatial = self.spatial(x)
        rank = len(spatial)
        more: Sequence[Optional[int]] = (None,) * rank
        if self.output_padding is not None:
            more = many(self.output_padding, rank, "output_padding")
        lengths = [
            transposed(length, size, stride, self.padding, end, rate)  # type: ignore[arg-type]
            for length, size, stride, end, rate in zip(
                spatial,
                kernel,
                many(self.strides, rank, "strides"),
                more,
                many(self.dilation_rate, rank, "dilation_rate"),
            )
        ]
        return self.assembled(x, lengths, kernel[-2])

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        x, kernel = inputs.shapes
        return product((*x[1:], *kernel[:-1]))


class Pooling(Windows, abstract=True):
    """Takes what is in a window together."""

    rule = "each spatial axis by the window, which moves by its own size unless `strides` is given"
    # Keras's code for JAX takes the size for both where it needs a number for each axis.
    unsupported = {"jax": {"strides": (None,)}}

    pool_size: Sizes
    strides: OptionalSizes = None
    padding: Padding = "valid"
    data_format: DataFormat = None

    def shape(self, x: Shape) -> Shape:
        spatial = self.spatial(x)
        rank = len(spatial)
        sizes = many(self.pool_size, rank, "pool_size")
        steps = sizes if self.strides is None else many(self.strides, rank, "strides")
        lengths = [
            window(length, size, stride, self.padding)
            for length, size, stride in zip(spatial, sizes, steps)
        ]
        return self.assembled(x, lengths, self.channels(x))


class MaxPool(Pooling):
    """The largest element of each window.

    >>> MaxPool(pool_size=2).shape((None, 8, 8, 3))
    (None, 4, 4, 3)
    """


class AveragePool(Pooling):
    """The mean of each window.

    >>> AveragePool(pool_size=2).shape((None, 8, 8, 3))
    (None, 4, 4, 3)
    """


class BatchNorm(Operation):
    """The first tensor less a mean, divided by the root of a variance: the second and third tensor.

    What is added and by what it is multiplied may follow.

    >>> BatchNorm(axis=-1).results(Inputs.of((None, 8), (8,), (8,)))[0].shape
    (None, 8)
    """

    keras_name = "ops.batch_normalization"
    arity = 3
    optional = ("offset", "scale")
    becomes = "first"
    runs_since = "3.11"
    changed = {"3.11": "a model can run it"}
    rule = "as the first; the others have the size of its axis `axis`"

    axis: Axis
    epsilon: Real = 1e-3

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the normalized tensor.

        Raises:
            ShapeError: A tensor does not fit.
        """
        tensors = self.tensors(inputs)
        if len(tensors) == 4:
            raise ShapeError("takes both an offset and a scale, or neither", code="input-count")
        shape = inputs.shapes[0]
        wanted = (shape[axis(self.axis, len(shape))],)
        for place, other in enumerate(inputs.shapes[1:], 1):
            if other != wanted:
                raise ShapeError(
                    f"takes tensors of shape {text(wanted)} beside {{0}}: {{{place}}} is {text(other)}",
                    inputs=(place,),
                )
        return (Tensor(shape, self.result_dtype(tensors)),)

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        return function(*tensors[:3], self.axis, *tensors[3:], epsilon=self.epsilon)

    def as_class(self, values: Values, config: Arguments) -> ClassCall:
        return super().as_class((*values[:3], *values[4:]), {**config, "axis": values[3]})


class LayerNorm(Operation):
    """The first tensor less its mean along axes, divided by the root of its variance.

    By what it is multiplied and what is added may follow.

    >>> LayerNorm().results(Inputs.of((None, 8), (8,), (8,)))[0].shape
    (None, 8)
    """

    keras_name = "ops.layer_normalization"
    config_quirk = without(rms_scaling=False)
    optional: ClassVar[Tuple[str, ...]] = ("gamma", "beta")
    becomes = "first"
    rule = "as the first"

    axis: Annotated[object, Integers(single=True)] = -1
    epsilon: RealOrNone = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the normalized tensor.

        Raises:
            ShapeError: What it is multiplied by, or what is added, does not fit.
        """
        tensors = self.tensors(inputs)
        shape = inputs.shapes[0]
        places = axes(self.axis, len(shape))
        given = (self.axis,) if isinstance(self.axis, int) else self.axis
        check_normalized_axes(given, len(shape))  # type: ignore[arg-type]
        sizes = tuple(shape[place] for place in places)
        for place, other in enumerate(inputs.shapes[1:], 1):
            if not self.fits(other, shape, sizes):
                raise ShapeError(
                    f"takes a number for each element along `axis`, {text(sizes)}:"
                    f" {{{place}}} is {text(other)}",
                    code="merge-shape",
                    inputs=(place,),
                )
        return (Tensor(shape, self.result_dtype(tensors)),)

    def fits(self, other: Shape, shape: Shape, sizes: Shape) -> bool:
        """Whether another tensor can be multiplied with the normalized one, or added to it.

        Args:
            other: Its shape.
            shape: That of the normalized tensor.
            sizes: The sizes along `axis`.
        """
        if Backend.choose() == "torch":
            return alike(other, sizes)
        if len(other) == len(shape) or self.axis in (len(shape) - 1, (len(shape) - 1,)):
            return spreads(other, shape)
        # Keras reshapes it.
        count = product(sizes)
        return may_hold(other, count) if count is not None else True


class RMSNorm(LayerNorm):
    """The first tensor divided by the root of the mean of its squares; a scale may follow.

    >>> RMSNorm().results(Inputs.of((None, 8), (8,)))[0].shape
    (None, 8)
    """

    keras_name = "ops.rms_normalization"
    changed = {"3.11": "it gives float32, and the scale cannot be a tensor"}
    optional = ("scale",)
    call_keywords = ("scale",)

    def fits(self, other: Shape, shape: Shape, sizes: Shape) -> bool:
        return alike(other, sizes) if Backend.choose() == "torch" else spreads(other, shape)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the normalized tensor.

        Raises:
            ShapeError: There is a scale, which old versions of Keras do not connect.
        """
        results = super().results(inputs)
        if len(inputs.tensors) > 1:
            check_since((3, 11), self.keras_version, "for a scale that is a tensor", inputs=(1,))
        if self.keras_version < (3, 11):
            return (results[0]._replace(dtype="float32"),)
        return results


def _is_one_batch(*sizes: Optional[int]) -> bool:
    """Whether batches of some sizes go with each other; TensorFlow does not spread a batch of one."""
    known = {size for size in sizes if size is not None}
    if Backend.choose() != "tensorflow":
        known -= {1}
    return len(known) < 2


class DotProductAttention(Operation):
    """What values come to when queries look for keys; a bias and a mask may follow.

    >>> tensors = Inputs.of((None, 6, 2, 8), (None, 4, 2, 8), (None, 4, 2, 8))
    >>> DotProductAttention().results(tensors)[0].shape
    (None, 6, 2, 8)
    """

    arity = 3
    optional = ("bias", "mask")
    call_keywords = ("bias", "mask", "scale")
    newer = {"attn_logits_soft_cap": "3.10"}
    unsupported = {"tensorflow": {"flash_attention": (True,)}}
    changed = {"3.12": "it has the dtype of the first"}
    becomes = "common"
    rule = "as the first"

    scale: RealOrNone = None
    is_causal: Flag = False
    flash_attention: Annotated[Optional[bool], Choice(None, False, True)] = None
    attn_logits_soft_cap: Annotated[Optional[float], Choice(None)] = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return what the values come to.

        Raises:
            ShapeError: The tensors do not fit.
        """
        tensors = self.tensors(inputs)
        query, key, value = inputs.shapes[:3]
        for place, shape in enumerate((query, key, value)):
            check_rank(shape, 4, place=place)
        fits = same(query[-1], key[-1]) and same(key[1], value[1]) and same(query[-1], value[-1])
        fits = fits and _is_one_batch(query[0], key[0], value[0])
        if not fits:
            raise ShapeError(
                f"cannot attend: {text(query)}, {text(key)} and {text(value)}",
                code="merge-shape",
                inputs=(0, 1, 2),
            )
        dtype = self.result_dtype(tensors[:3])
        return (Tensor(query, tensors[0].dtype if self.keras_version < (3, 12) else dtype),)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        query, key = inputs.shapes[:2]
        each = product((*query[1:], key[1]))
        return None if each is None else 2 * each


class Blocks(Operation, abstract=True):
    """Moves elements between the channels and the height and width of images."""

    takes_strings = True
    block_size: BlockSize
    data_format: BlockFormat = "channels_last"

    def parts(self, x: Shape) -> Tuple[Optional[int], ...]:
        """Return the batch, the height, the width and the channels.

        Raises:
            ShapeError: It has another number of dimensions.
        """
        check_rank(x, 4)
        if self.data_format == "channels_first":
            batch, channels, height, width = x
        else:
            batch, height, width, channels = x
        return batch, height, width, channels

    def whole(self, batch: Optional[int], height: Optional[int], width: Optional[int], channels: Optional[int]) -> Shape:  # fmt: skip
        if self.data_format == "channels_first":
            return batch, channels, height, width
        return batch, height, width, channels

    def divided(self, size: Optional[int], by: int, x: Shape) -> Optional[int]:
        """Return a size divided by a number.

        Raises:
            ShapeError: The number does not divide it.
        """
        if size is not None and size % by:
            raise ShapeError(
                f"cannot divide {size} by {by}: {{0}} is {text(x)}",
                inputs=(0,),
                argument="block_size",
            )
        return None if size is None else size // by


class DepthToSpace(Blocks):
    """Channels moved to the height and the width, as for a larger image.

    >>> DepthToSpace(2).shape((None, 8, 8, 12))
    (None, 16, 16, 3)
    """

    rule = "height and width times `block_size`, the channels divided by its square"

    def shape(self, x: Shape) -> Shape:
        batch, height, width, channels = self.parts(x)
        block = self.block_size
        depth = self.divided(channels, block * block, x)
        return self.whole(batch, product((height, block)), product((width, block)), depth)


class SpaceToDepth(Blocks):
    """Height and width moved to the channels, as for a smaller image.

    >>> SpaceToDepth(2).shape((None, 16, 16, 3))
    (None, 8, 8, 12)
    """

    rule = "height and width divided by `block_size`, the channels times its square"

    def shape(self, x: Shape) -> Shape:
        batch, height, width, channels = self.parts(x)
        block = self.block_size
        lengths = self.divided(height, block, x), self.divided(width, block, x)
        return self.whole(batch, *lengths, product((channels, block, block)))


class Unfold(Operation):
    """The windows of images with their channels in front, as columns.

    >>> Unfold(kernel_size=2).shape((None, 3, 8, 8))
    (None, 12, 49)
    """

    rule = "the channels times the window, then the number of windows"

    kernel_size: TwoSizes
    dilation: TwoSizes = 1
    padding: TwoEnds = 0
    stride: TwoSizes = 1

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the columns.

        Raises:
            ShapeError: The images have another number of dimensions, or an unknown size.
        """
        if len(x) != 4 or None in x[1:]:
            raise ShapeError(
                f"takes 4 dimensions of known size but for the batch, {{0}} is {text(x)}",
                code="input-rank",
                inputs=(0,),
            )
        lengths = []
        sizes = for_axes(self.kernel_size, 2)
        for length, size, rate, end, step in zip(
            x[2:],
            sizes,
            for_axes(self.dilation, 2),
            for_axes(self.padding, 2),
            for_axes(self.stride, 2),
        ):
            assert length is not None
            lengths.append((length + 2 * end - rate * (size - 1) - 1) // step + 1)
        if min(lengths) < 1:
            raise ShapeError(
                f"does not fit: a window of {sizes} on {{0}}, {text(x)}",
                code="negative-size",
                inputs=(0,),
            )
        return (x[0], product((x[1], *sizes)), product(lengths))


class Fold(Operation):
    """Images of their windows, which add up where they overlap.

    >>> Fold(output_size=8, kernel_size=2).shape((None, 12, 49))
    (None, 3, 8, 8)
    """

    rule = "the channels divided by the window, then `output_size`"

    output_size: TwoSizes
    kernel_size: TwoSizes
    dilation: TwoSizes = 1
    padding: TwoEnds = 0
    stride: TwoSizes = 1

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the images.

        Raises:
            ShapeError: The columns do not fit.
        """
        check_rank(x, 3)
        size = product(for_axes(self.kernel_size, 2)) or 1
        if x[1] is not None and x[1] % size:
            raise ShapeError(
                f"cannot divide {x[1]} by a window of {size}: {{0}} is {text(x)}",
                inputs=(0,),
                argument="kernel_size",
            )
        self._check_windows(x)
        return (x[0], None if x[1] is None else x[1] // size, *for_axes(self.output_size, 2))

    def _check_windows(self, x: Shape) -> None:
        """Check that there are as many columns as windows.

        Raises:
            ShapeError: There are not, or no window fits.
        """
        settings = (self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)
        counts = [
            (length + 2 * end - rate * (size - 1) - 1) // step + 1
            for length, size, rate, end, step in zip(*(for_axes(each, 2) for each in settings))
        ]
        if min(counts) < 1 or not same(x[2], product(counts)):
            raise ShapeError(
                f"takes a column for each window, of which there are {counts[0]} by {counts[1]}:"
                f" {{0}} is {text(x)}",
                inputs=(0,),
                argument="output_size",
            )
