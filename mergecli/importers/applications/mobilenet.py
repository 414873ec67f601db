"""MobileNet (Howard et al., 2017), MobileNetV2 (Sandler et al., 2018), MobileNetV3 (Howard et al., 2019): small and fast."""

from math import inf
from typing import Annotated, ClassVar, Iterator, Mapping, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Number
from mergecli.catalog.fields import Activation, Flag, Positive, Rate
from mergecli.catalog.layers.activations import ReLU
from mergecli.catalog.layers.merging import Add, Multiply
from mergecli.catalog.layers.pooling import GlobalAveragePooling2D
from mergecli.catalog.layers.preprocessing import Rescaling
from mergecli.catalog.layers.regularization import Dropout
from mergecli.catalog.layers.reshaping import Flatten, Reshape
from mergecli.catalog.shapes import Shape
from mergecli.importers.applications.base import Application, ImageShape, Pooling, Weights
from mergecli.importers.applications.net import Net

Width = Annotated[float, Number(0, above=True)]


def eights(filters: float) -> int:
    """The multiple of 8 next to a number of filters: at least 8, and not below nine tenths of the number.

    >>> eights(12), eights(11), eights(18), eights(1)
    (16, 16, 24, 8)
    """
    near = max(8, int(filters + 4) // 8 * 8)
    return near + 8 if near < 0.9 * filters else near


class Narrowed(Application, abstract=True):
    """A model with `alpha` times as many filters in each layer."""

    alpha: Width = 1.0

    def check_own(self) -> Iterator[ArgumentError]:
        if self.alpha * 10_000 == inf:
            yield ArgumentError("is too large to count filters", argument="alpha")


class MobileNet(Narrowed):
    """The first MobileNet: convolutions of each channel, then of all channels at a point.

    >>> MobileNet(alpha=0.25, input_shape=[128, 128, 3]).saved().name
    'mobilenet_0.25_128'
    """

    sizes = (128, 160, 192, 224)

    input_shape: ImageShape
    alpha: Width
    depth_multiplier: Positive = 1
    dropout: Rate = 0.001

    def check_own(self) -> Iterator[ArgumentError]:
        yield from super().check_own()
        if self.alpha * 32 < 1:
            yield ArgumentError(
                "is too small: of 32 filters it leaves none", argument="alpha", hint="1/32 or more"
            )

    def wanted(self) -> Mapping[str, Sequence[float]]:
        return {"alpha": (0.25, 0.5, 0.75, 1.0), "depth_multiplier": (1,)}

    def title(self) -> Optional[str]:
        return f"mobilenet_{self.alpha:0.2f}_{self.image()[0]}" if self.name is None else self.name

    def build(self, net: Net) -> None:
        net.conv(int(32 * self.alpha), 3, 2, "same", "conv1", use_bias=False)
        _normal(net, "conv1")
        blocks = (
            (64, 1),
            (128, 2),
            (128, 1),
            (256, 2),
            (256, 1),
            (512, 2),
            *[(512, 1)] * 5,
            (1024, 2),
            (1024, 1),
        )
        for block, (filters, strides) in enumerate(blocks, 1):
            if strides == 2:
                net.pad(0, 1, f"conv_pad_{block}")
            net.depthwise(
                3,
                strides,
                "valid" if strides == 2 else "same",
                f"conv_dw_{block}",
                self.depth_multiplier,
            )
            _normal(net, f"conv_dw_{block}")
            net.conv(
                int(filters * self.alpha), padding="same", name=f"conv_pw_{block}", use_bias=False
            )
            _normal(net, f"conv_pw_{block}")
        if self.include_top:
            net.add(GlobalAveragePooling2D, keepdims=True)
            net.add(Dropout, "dropout", rate=self.dropout)
            net.conv(self.classes, padding="same", name="conv_preds")
            net.add(Reshape, "reshape_2", target_shape=[self.classes])
            net.activate(self.classifier_activation, "predictions")
        else:
            self.pool(net)


def _normal(net: Net, name: str) -> None:
    net.norm(f"{name}_bn")
    net.add(ReLU, f"{name}_relu", max_value=6.0)


class MobileNetV2(Narrowed):
    """MobileNet with residual blocks that are thin at their ends and wide in the middle.

    >>> MobileNetV2(include_top=False).saved().name
    'mobilenetv2_1.00_None'
    """

    sizes = (96, 128, 160, 192, 224)

    input_shape: ImageShape
    alpha: Width

    def wanted(self) -> Mapping[str, Sequence[float]]:
        return {"alpha": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)}

    def title(self) -> Optional[str]:
        return (
            f"mobilenetv2_{self.alpha:0.2f}_{self.image()[0]}" if self.name is None else self.name
        )

    def build(self, net: Net) -> None:
        net.conv(eights(32 * self.alpha), 3, 2, "same", "Conv1", use_bias=False)
        _slow(net, "bn_Conv1", "Conv1_relu")
        block = 0
        for repeats, filters, strides in (
            (1, 16, 1),
            (2, 24, 2),
            (3, 32, 2),
            (4, 64, 2),
            (3, 96, 1),
            (3, 160, 2),
            (1, 320, 1),
        ):
            for number in range(repeats):
                self.block(
                    net,
                    eights(int(filters * self.alpha)),
                    1 if number else strides,
                    f"block_{block}_" if block else "",
                )
                block += 1
        net.conv(
            eights(1280 * self.alpha) if self.alpha > 1.0 else 1280, name="Conv_1", use_bias=False
        )
        _slow(net, "Conv_1_bn", "out_relu")
        self.end(net, top=None)

    def block(self, net: Net, filters: int, strides: int, name: str) -> None:
        """A residual block; the first, which has no name, begins wide."""
        start, channels = net.here, net.channels
        if name:
            net.conv(6 * channels, padding="same", name=f"{name}expand", use_bias=False)
            _slow(net, f"{name}expand_BN", f"{name}expand_relu")
        name = name or "expanded_conv_"
        if strides == 2:
            net.pad_to_halve(3, f"{name}pad")
        net.depthwise(3, strides, "valid" if strides == 2 else "same", f"{name}depthwise")
        _slow(net, f"{name}depthwise_BN", f"{name}depthwise_relu")
        net.conv(filters, padding="same", name=f"{name}project", use_bias=False)
        _slow(net, f"{name}project_BN")
        if channels == filters and strides == 1:
            net.join(Add, f"{name}add", (start, net.here))


def _slow(net: Net, norm: str, relu: Optional[str] = None) -> None:
    """A normalization whose averages move slowly, and an activation, if it is named."""
    net.norm(norm, momentum=0.999)
    if relu is not None:
        net.add(ReLU, relu, max_value=6.0)


class MobileNetV3(Narrowed, abstract=True):
    """MobileNetV2 with squeezing and exciting, and a smoother activation in the later blocks."""

    loose = True
    #: The filters of the last layer before the classes.
    last: ClassVar[int]
    #: Of each block: filters, width in the middle, size of the window (0: 5 unless minimalistic), strides, squeezing, smooth.
    blocks: ClassVar[Sequence[Tuple[int, float, int, int, int, int]]]

    input_shape: ImageShape
    alpha: Width
    minimalistic: Flag = False
    include_top: Flag
    weights: Weights
    classes: Positive
    pooling: Pooling
    dropout_rate: Rate = 0.2
    classifier_activation: Activation
    include_preprocessing: Flag = True

    def unsaid(self) -> Shape:
        return (None, None, 3)

    def small(self, height: Optional[int], width: Optional[int]) -> Tuple[int, ...]:
        # Keras looks at sizes that are both known; others that are too small do not go through the layers.
        return super().small(height, width) if height is not None and width is not None else ()

    def wanted(self) -> Mapping[str, Sequence[float]]:
        return {"alpha": (1.0,) if self.minimalistic else (0.75, 1.0)}

    def build(self, net: Net) -> None:
        if self.include_preprocessing:
            net.add(Rescaling, scale=1.0 / 127.5, offset=-1.0)
        net.conv(16, 3, 2, "same", "conv", use_bias=False)
        net.norm("conv_bn", momentum=0.999)
        self.activate(net)
        for block, (filters, wide, size, strides, squeezed, smooth) in enumerate(self.blocks):
            size = size or (3 if self.minimalistic else 5)
            self.block(
                net,
                block,
                eights(filters * self.alpha),
                wide,
                size,
                strides,
                bool(squeezed),
                bool(smooth),
            )
        net.conv(eights(6 * net.channels), padding="same", name="conv_1", use_bias=False)
        net.norm("conv_1_bn", momentum=0.999)
        self.activate(net)
        if not self.include_top:
            self.pool(net, named=True)
            return
        net.add(GlobalAveragePooling2D, keepdims=True)
        net.conv(
            eights(self.last * self.alpha) if self.alpha > 1.0 else self.last,
            padding="same",
            name="conv_2",
        )
        self.activate(net)
        if self.dropout_rate > 0:
            net.add(Dropout, rate=self.dropout_rate)
        net.conv(self.classes, padding="same", name="logits")
        net.add(Flatten)
        net.activate(self.classifier_activation, "predictions")

    def activate(self, net: Net, smooth: bool = True) -> None:
        """An activation, which only a model that is not minimalistic may have smooth."""
        if smooth and not self.minimalistic:
            net.activate("hard_swish")
        else:
            net.add(ReLU)

    def block(
        self,
        net: Net,
        block: int,
        filters: int,
        wide: float,
        size: int,
        strides: int,
        squeezed: bool,
        smooth: bool,
    ) -> None:
        """A residual block; the first begins as wide as it is."""
        start, channels = net.here, net.channels
        name = f"expanded_conv_{block}_" if block else "expanded_conv_"
        if block:
            net.conv(eights(channels * wide), padding="same", name=f"{name}expand", use_bias=False)
            net.norm(f"{name}expand_bn", momentum=0.999)
            self.activate(net, smooth)
        if strides == 2:
            net.pad_to_halve(size, f"{name}depthwise_pad")
        net.depthwise(size, strides, "valid" if strides == 2 else "same", f"{name}depthwise")
        net.norm(f"{name}depthwise_bn", momentum=0.999)
        self.activate(net, smooth)
        if squeezed and not self.minimalistic:
            _squeeze(net, eights(channels * wide), f"{name}squeeze_excite_")
        net.conv(filters, padding="same", name=f"{name}project", use_bias=False)
        net.norm(f"{name}project_bn", momentum=0.999)
        if strides == 1 and channels == filters:
            net.join(Add, f"{name}add", (start, net.here))


def _squeeze(net: Net, filters: int, name: str) -> None:
    """A factor for each channel, from the means of all channels."""
    start = net.here
    net.add(GlobalAveragePooling2D, f"{name}avg_pool", keepdims=True)
    net.conv(eights(filters * 0.25), padding="same", name=f"{name}conv")
    net.add(ReLU, f"{name}relu")
    net.conv(filters, padding="same", name=f"{name}conv_1")
    net.operate("add", net.here, 3.0)
    net.add(ReLU, max_value=6.0)
    net.operate("multiply", net.here, 1.0 / 6.0)
    net.join(Multiply, f"{name}mul", (start, net.here))


class MobileNetV3Small(MobileNetV3):
    """MobileNetV3 with eleven blocks.

    >>> MobileNetV3Small(minimalistic=True).saved().calls[-1].name
    'predictions'
    """

    last = 1024
    blocks = (
        (16, 1, 3, 2, 1, 0), (24, 72 / 16, 3, 2, 0, 0), (24, 88 / 24, 3, 1, 0, 0),
        (40, 4, 0, 2, 1, 1), *[(40, 6, 0, 1, 1, 1)] * 2, *[(48, 3, 0, 1, 1, 1)] * 2,
        (96, 6, 0, 2, 1, 1), *[(96, 6, 0, 1, 1, 1)] * 2,
    )  # fmt: skip
    name = "MobileNetV3Small"


class MobileNetV3Large(MobileNetV3):
    """MobileNetV3 with fifteen blocks."""

    last = 1280
    blocks = (
        (16, 1, 3, 1, 0, 0), (24, 4, 3, 2, 0, 0), (24, 3, 3, 1, 0, 0),
        (40, 3, 0, 2, 1, 0), *[(40, 3, 0, 1, 1, 0)] * 2,
        (80, 6, 3, 2, 0, 1), (80, 2.5, 3, 1, 0, 1), *[(80, 2.3, 3, 1, 0, 1)] * 2, *[(112, 6, 3, 1, 1, 1)] * 2,
        (160, 6, 0, 2, 1, 1), *[(160, 6, 0, 1, 1, 1)] * 2,
    )  # fmt: skip
    name = "MobileNetV3Large"
