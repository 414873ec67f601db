"""Keras's `layers/convolutional`: plain, transposed, depthwise and separable, in one to three dimensions."""

from math import prod
from typing import Annotated, Any, ClassVar, Iterator, Optional, Sequence

from mergecli.catalog.arguments import ArgumentError, Choice
from mergecli.catalog.config_quirks import without
from mergecli.catalog.fields import (
    Activation,
    Constraint,
    DataFormat,
    Flag,
    Initializer,
    Padding,
    Positive,
    Regularizer,
    Size1,
    Size2,
    Size3,
)
from mergecli.catalog.layer import Layer
from mergecli.catalog.layers.core import LoraAlpha, LoraRank, lora_check, lora_weights
from mergecli.catalog.list_arguments import Size
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    check_rank,
    check_since,
    product,
    text,
    transposed,
    window,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.weights import Weight

#: The order of the arguments of this family in a formatted spec.
ORDER = tuple(
    """
    filters kernel_size strides padding output_padding depth_multiplier data_format dilation_rate groups activation use_bias
    kernel_initializer depthwise_initializer pointwise_initializer bias_initializer
    kernel_regularizer depthwise_regularizer pointwise_regularizer bias_regularizer activity_regularizer
    kernel_constraint depthwise_constraint pointwise_constraint bias_constraint
    """.split()
)


class Windowed(Layer, abstract=True):
    """A window that slides over `rank` axes, with the channels after or in front of them."""

    volume = "plain"
    argument_order = ORDER
    rank: ClassVar[int]
    activated = True
    image = "gives"

    kernel_size: Any
    strides: Any
    dilation_rate: Any
    padding: str
    data_format: DataFormat = None
    activation: Activation = None
    use_bias: Flag = True

    def check(self) -> Iterator[ArgumentError]:
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            yield ArgumentError(
                "above 1 cannot go with `strides` above 1", argument="dilation_rate"
            )

    def check_rank(self, shape: Shape) -> None:
        """Check the number of dimensions of an input.

        Raises:
            ShapeError: It is not that of the window, the batch and the channels.
        """
        check_rank(shape, self.rank + 2)

    def channels(self, x: Shape) -> Optional[int]:
        return x[1] if self.data_format == "channels_first" else x[-1]

    def spatial(self, x: Shape) -> Shape:
        return x[2:] if self.data_format == "channels_first" else x[1:-1]

    def known_channels(self, inputs: Inputs) -> int:
        """The number of input channels.

        Raises:
            ShapeError: it is not known, so Keras cannot create the kernel.
        """
        x = inputs.shapes[0]
        channels = self.channels(x)
        if channels is None:
            raise ShapeError(
                f"needs a known number of channels to create its kernel, {{0}} is {text(x)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        return channels

    def assemble(
        self, x: Shape, spatial: Sequence[Optional[int]], channels: Optional[int]
    ) -> Shape:
        """Return the shape of the result.

        Raises:
            ShapeError: Nothing is left of a spatial axis.
        """
        for length in spatial:
            if length is not None and length <= 0:
                effective = tuple(
                    d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation_rate)
                )
                raise ShapeError(
                    f"does not fit: a window of {effective} on {{0}}, {text(x)}, leaves {tuple(spatial)}",
                    code="negative-size", inputs=(0,), hint="make `kernel_size` or the pooling before it smaller, or use `padding: same`",
                )  # fmt: skip
        return (
            (x[0], channels, *spatial)
            if self.data_format == "channels_first"
            else (x[0], *spatial, channels)
        )

    def check_window(self) -> None:
        """Check a window that only newer versions of Keras move in steps and stretch.

        Raises:
            ShapeError: The target does not have it.
        """
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            what = "for a `dilation_rate` above 1 with `strides` above 1"
            check_since((3, 15), self.keras_version, what, argument="dilation_rate")

    def slide(self, x: Shape, channels: Optional[int]) -> Shape:
        spatial = [
            window(length, kernel, stride, self.padding, dilation)
            for length, kernel, stride, dilation in zip(
                self.spatial(x), self.kernel_size, self.strides, self.dilation_rate
            )
        ]
        if self.padding != "valid":
            return (
                (x[0], channels, *spatial)
                if self.data_format == "channels_first"
                else (x[0], *spatial, channels)
            )
        return self.assemble(x, spatial, channels)


class Conv(Windowed, abstract=True):
    """A convolution, with groups."""

    brief = "conv"
    changed = {"3.15": "the factors of `lora_rank` have the dtype of the kernel"}

    filters: Positive
    kernel_size: Any
    strides: Any
    padding: Padding = "valid"
    dilation_rate: Any
    groups: Positive = 1
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None

    rule = "each spatial axis by the window, the channels become `filters`"
    newer = {"lora_alpha": "3.10"}

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        if self.filters % self.groups:
            yield ArgumentError(f"must divide `filters`, {self.filters}", argument="groups")
        yield from lora_check(self.lora_rank, self.kernel_constraint)

    def shape(self, x: Shape) -> Shape:
        return self.slide(x, self.filters)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        """Return the kernel and the bias.

        Raises:
            ShapeError: `groups` does not divide the channels.
        """
        channels = self.known_channels(inputs)
        if channels % self.groups:
            raise ShapeError(
                f"has {self.groups} groups, which do not divide the {channels} channels of {{0}}",
                inputs=(0,),
                argument="groups",
            )
        kernel = self.weight("kernel", *self.kernel_size, channels // self.groups, self.filters)
        bias = [self.weight("bias", self.filters)] if self.use_bias else []
        return lora_weights(self, [kernel], bias, self.lora_rank)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        channels = self.channels(inputs.shapes[0])
        if channels is None or results[0].shape is None:
            return None
        return product((*results[0].shape[1:], prod(self.kernel_size), channels // self.groups))


class Conv1D(Conv, aliases=("Convolution1D",)):
    """Convolution over one axis, such as time.

    >>> Conv1D(filters=8, kernel_size=3).shape((None, 10, 4))
    (None, 8, 8)
    """

    rank = 1
    theano_kernels = 1

    kernel_size: Size1
    strides: Size1 = 1
    padding: Annotated[str, Choice("valid", "same", "causal", fold=True)] = "valid"
    dilation_rate: Size1 = 1


class Conv2D(Conv, aliases=("Convolution2D",)):
    """Convolution over two axes, such as an image's.

    >>> Conv2D(filters=8, kernel_size=3, padding="same").shape((None, 32, 32, 1))
    (None, 32, 32, 8)
    """

    rank = 2
    keras_1_kernels = {"channels_first": [(2, 3, 1, 0)]}
    theano_kernels = 1

    kernel_size: Size2
    strides: Size2 = (1, 1)
    dilation_rate: Size2 = (1, 1)


class Conv3D(Conv, aliases=("Convolution3D",)):
    """Convolution over three axes, such as a volume's.

    >>> Conv3D(filters=8, kernel_size=3).shape((None, 16, 16, 16, 1))
    (None, 14, 14, 14, 8)
    """

    rank = 3
    keras_1_kernels = {"channels_first": [(2, 3, 4, 1, 0)]}
    theano_kernels = 1

    kernel_size: Size3
    strides: Size3 = (1, 1, 1)
    dilation_rate: Size3 = (1, 1, 1)


class ConvTranspose(Windowed, abstract=True):
    """A transposed convolution, which widens what a convolution would narrow."""

    brief = "transposed conv"
    volume = "larger"
    changed = {"3.11": "`output_padding` cannot be 0"}

    filters: Positive
    kernel_size: Any
    strides: Any
    padding: Padding = "valid"
    output_padding: Any
    dilation_rate: Any
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None

    rule = "each spatial axis by the transposed window, the channels become `filters`"

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        if self.output_padding is not None and any(
            o >= s for o, s in zip(self.output_padding, self.strides)
        ):
            yield ArgumentError(
                "must be less than `strides` on each axis", argument="output_padding"
            )

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the result.

        Raises:
            ShapeError: An old version of Keras takes no `output_padding` of 0.
        """
        if 0 in (self.output_padding or ()):
            what = "for an `output_padding` of 0"
            hint = "leave it out, or make it larger"
            check_since((3, 11), self.keras_version, what, argument="output_padding", hint=hint)
        spatial = [
            transposed(length, kernel, stride, self.padding, extra, dilation)
            for length, kernel, stride, extra, dilation in zip(
                self.spatial(x),
                self.kernel_size,
                self.strides,
                self.output_padding or (None,) * self.rank,
                self.dilation_rate,
            )
        ]
        return (
            (x[0], self.filters, *spatial)
            if self.data_format == "channels_first"
            else (x[0], *spatial, self.filters)
        )

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        kernel = self.weight("kernel", *self.kernel_size, self.filters, self.known_channels(inputs))
        return [kernel, self.weight("bias", self.filters)] if self.use_bias else [kernel]

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return product((*inputs.shapes[0][1:], prod(self.kernel_size), self.filters))


class Conv1DTranspose(ConvTranspose, aliases=("Convolution1DTranspose",)):
    """Transposed convolution over one axis.

    >>> Conv1DTranspose(filters=8, kernel_size=3, strides=2).shape((None, 10, 4))
    (None, 21, 8)
    """

    rank = 1

    kernel_size: Size1
    strides: Size1 = 1
    output_padding: Annotated[Any, Size(1, low=0, none=True)] = None
    dilation_rate: Size1 = 1


class Conv2DTranspose(ConvTranspose, aliases=("Convolution2DTranspose",)):
    """Transposed convolution over two axes.

    >>> Conv2DTranspose(filters=8, kernel_size=2, strides=2).shape((None, 16, 16, 4))
    (None, 32, 32, 8)
    """

    rank = 2
    keras_1_kernels = {"channels_first": [(2, 3, 0, 1)], "channels_last": [(0, 1, 3, 2)]}
    theano_kernels = 1

    kernel_size: Size2
    strides: Size2 = (1, 1)
    output_padding: Annotated[Any, Size(2, low=0, none=True)] = None
    dilation_rate: Size2 = (1, 1)


class Conv3DTranspose(ConvTranspose, aliases=("Convolution3DTranspose",)):
    """Transposed convolution over three axes.

    >>> Conv3DTranspose(filters=8, kernel_size=2, strides=2).shape((None, 8, 8, 8, 4))
    (None, 16, 16, 16, 8)
    """

    rank = 3

    kernel_size: Size3
    strides: Size3 = (1, 1, 1)
    output_padding: Annotated[Any, Size(3, low=0, none=True)] = None
    dilation_rate: Size3 = (1, 1, 1)


class DepthwiseConv(Windowed, abstract=True):
    """A convolution of each channel alone."""

    brief = "depthwise"
    changed = {"3.15": "`dilation_rate` above 1 cannot go with `strides` above 1"}

    config_quirk = without(groups=1)

    kernel_size: Any
    strides: Any
    padding: Padding = "valid"
    depth_multiplier: Positive = 1
    dilation_rate: Any
    depthwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    depthwise_constraint: Constraint = None
    bias_constraint: Constraint = None

    rule = "each spatial axis by the window, the channels times `depth_multiplier`"

    def check(self) -> Iterator[ArgumentError]:
        return iter(())

    def shape(self, x: Shape) -> Shape:
        self.check_window()
        channels = self.known_channels(Inputs((Tensor(x),)))
        return self.slide(x, channels * self.depth_multiplier)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        channels = self.known_channels(inputs)
        kernel = self.weight(
            "kernel", *self.kernel_size, channels, self.depth_multiplier, by="depthwise"
        )
        return (
            [kernel, self.weight("bias", channels * self.depth_multiplier)]
            if self.use_bias
            else [kernel]
        )

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return (
            None
            if results[0].shape is None
            else product((*results[0].shape[1:], prod(self.kernel_size)))
        )


class DepthwiseConv1D(DepthwiseConv):
    """Convolution of each channel alone, over one axis.

    >>> DepthwiseConv1D(kernel_size=3, depth_multiplier=2).shape((None, 10, 4))
    (None, 8, 8)
    """

    rank = 1

    kernel_size: Size1
    strides: Size1 = 1
    dilation_rate: Size1 = 1


class DepthwiseConv2D(DepthwiseConv):
    """Convolution of each channel alone, over two axes.

    >>> DepthwiseConv2D(kernel_size=3).shape((None, 32, 32, 16))
    (None, 30, 30, 16)
    """

    rank = 2

    kernel_size: Size2
    strides: Size2 = (1, 1)
    dilation_rate: Size2 = (1, 1)


class SeparableConv(Windowed, abstract=True):
    """A convolution of each channel alone, then one of all channels at each point."""

    brief = "separable"
    changed = {"3.15": "`dilation_rate` above 1 cannot go with `strides` above 1"}

    config_quirk = without(
        "kernel_initializer", "kernel_regularizer", "kernel_constraint", groups=1
    )

    filters: Positive
    kernel_size: Any
    strides: Any
    padding: Padding = "valid"
    dilation_rate: Any
    depth_multiplier: Positive = 1
    depthwise_initializer: Initializer = "glorot_uniform"
    pointwise_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    depthwise_regularizer: Regularizer = None
    pointwise_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    depthwise_constraint: Constraint = None
    pointwise_constraint: Constraint = None
    bias_constraint: Constraint = None

    rule = "each spatial axis by the window, the channels become `filters`"

    def check(self) -> Iterator[ArgumentError]:
        return iter(())

    def shape(self, x: Shape) -> Shape:
        self.check_window()
        return self.slide(x, self.filters)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        channels = self.known_channels(inputs)
        kernels = [
            self.weight("depthwise_kernel", *self.kernel_size, channels, self.depth_multiplier),
            self.weight(
                "pointwise_kernel",
                *(1,) * self.rank,
                channels * self.depth_multiplier,
                self.filters,
            ),
        ]
        return [*kernels, self.weight("bias", self.filters)] if self.use_bias else kernels

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        if results[0].shape is None:
            return None
        inner = product(
            (
                *self.spatial(results[0].shape),
                self.channels(inputs.shapes[0]),
                self.depth_multiplier,
            )
        )
        return None if inner is None else inner * (prod(self.kernel_size) + self.filters)


class SeparableConv1D(SeparableConv, aliases=("SeparableConvolution1D",)):
    """Depthwise, then pointwise convolution over one axis.

    >>> SeparableConv1D(filters=8, kernel_size=3).shape((None, 10, 4))
    (None, 8, 8)
    """

    rank = 1

    kernel_size: Size1
    strides: Size1 = 1
    dilation_rate: Size1 = 1


class SeparableConv2D(SeparableConv, aliases=("SeparableConvolution2D",)):
    """Depthwise, then pointwise convolution over two axes.

    >>> SeparableConv2D(filters=8, kernel_size=3).shape((None, 32, 32, 4))
    (None, 30, 30, 8)
    """

    rank = 2
    keras_1_kernels = {"channels_first": [(2, 3, 1, 0), (2, 3, 1, 0)]}

    kernel_size: Size2
    strides: Size2 = (1, 1)
    dilation_rate: Size2 = (1, 1)
