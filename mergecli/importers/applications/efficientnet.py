"""EfficientNet (Tan and Le, 2019): one model in eight sizes."""

from math import ceil
from typing import ClassVar

from mergecli.catalog.initializers import VarianceScaling
from mergecli.catalog.layers.merging import Add, Multiply
from mergecli.catalog.layers.pooling import GlobalAveragePooling2D
from mergecli.catalog.layers.preprocessing import Normalization, Rescaling
from mergecli.catalog.layers.regularization import Dropout
from mergecli.catalog.layers.reshaping import Reshape
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.mobilenet import eights
from mergecli.importers.applications.net import Net

KERNEL = VarianceScaling(scale=2.0, mode="fan_out")
CLASSES = VarianceScaling(scale=1 / 3, mode="fan_out", distribution="uniform")
#: The share of blocks that are left out of a model while it is trained, at its end.
LEFT_OUT = 0.2


class EfficientNet(Application, abstract=True):
    """Seven stacks of residual blocks that are thin at their ends and wide in the middle."""

    #: How many times the filters and the blocks of the smallest model it has.
    wide: ClassVar[float] = 1.0
    deep: ClassVar[float] = 1.0
    #: The share of values that are dropped before the classes.
    dropped: ClassVar[float] = 0.2
    #: Of each stack: size of the window, blocks, filters, width in the middle, strides.
    stacks = (
        (3, 1, 16, 1, 1),
        (3, 2, 24, 6, 2),
        (5, 2, 40, 6, 2),
        (3, 3, 80, 6, 2),
        (5, 3, 112, 6, 1),
        (5, 4, 192, 6, 2),
        (3, 1, 320, 6, 1),
    )

    def download(self) -> str:
        # Keras makes the model for these weights with one more layer, which it leaves out for the same weights from a file.
        file = f"{type(self).__name__.lower()}.keras"
        why = "Keras adds a layer for these weights, but not for the same from a file"
        return f'{why}; so get the whole model in Python: `{self.call()}.save("{file}")`, and write `model: {file}` instead'

    def filters(self, number: int) -> int:
        """A number of filters in this size."""
        return eights(number * self.wide)

    def build(self, net: Net) -> None:
        net.add(Rescaling, scale=1 / 255)
        net.add(Normalization, axis=3)
        net.pad_to_halve(3, "stem_conv_pad")
        net.conv(
            self.filters(32), 3, 2, name="stem_conv", use_bias=False, kernel_initializer=KERNEL
        )
        activate(net, "stem_bn", "stem_activation", axis=3)
        count, total = 0, sum(ceil(self.deep * repeats) for _, repeats, *_ in self.stacks)
        for stack, (size, repeats, filters, wide, strides) in enumerate(self.stacks, 1):
            for number in range(ceil(self.deep * repeats)):
                name = f"block{stack}{chr(ord('a') + number)}_"
                _block(
                    net,
                    name,
                    size,
                    self.filters(filters),
                    wide,
                    1 if number else strides,
                    LEFT_OUT * count / total,
                )
                count += 1
        net.conv(
            self.filters(1280),
            padding="same",
            name="top_conv",
            use_bias=False,
            kernel_initializer=KERNEL,
        )
        activate(net, "top_bn", "top_activation", axis=3)
        if self.include_top:
            net.add(GlobalAveragePooling2D, "avg_pool")
            net.add(Dropout, "top_dropout", rate=self.dropped)
            self.classify(net, kernel_initializer=CLASSES)
        else:
            self.pool(net, named=True)


def activate(net: Net, norm: str, activation: str, **arguments: object) -> None:
    """A normalization and an activation."""
    net.norm(norm, **arguments)
    net.activate("swish", activation)


def squeeze(net: Net, filters: int, name: str) -> None:
    """A factor for each channel, from the means of all channels."""
    start, channels = net.here, net.channels
    net.add(GlobalAveragePooling2D, f"{name}se_squeeze")
    net.add(Reshape, f"{name}se_reshape", target_shape=[1, 1, channels])
    for own, count, function in (("reduce", filters, "silu"), ("expand", channels, "sigmoid")):
        net.conv(
            count,
            padding="same",
            name=f"{name}se_{own}",
            activation=function,
            kernel_initializer=KERNEL,
        )
    net.join(Multiply, f"{name}se_excite", (start, net.here))


def close(net: Net, start: int, name: str, left_out: float) -> None:
    """The end of a residual block, which is now and then left out."""
    if left_out > 0:
        net.add(Dropout, f"{name}drop", rate=left_out, noise_shape=[None, 1, 1, 1])
    net.join(Add, f"{name}add", (net.here, start))


def _block(
    net: Net, name: str, size: int, filters: int, wide: int, strides: int, left_out: float
) -> None:
    start, channels = net.here, net.channels
    if wide != 1:
        net.conv(
            channels * wide,
            padding="same",
            name=f"{name}expand_conv",
            use_bias=False,
            kernel_initializer=KERNEL,
        )
        activate(net, f"{name}expand_bn", f"{name}expand_activation", axis=3)
    if strides == 2:
        net.pad_to_halve(size, f"{name}dwconv_pad")
    net.depthwise(
        size,
        strides,
        "valid" if strides == 2 else "same",
        f"{name}dwconv",
        depthwise_initializer=KERNEL,
    )
    activate(net, f"{name}bn", f"{name}activation", axis=3)
    squeeze(net, channels // 4 or 1, name)
    net.conv(
        filters,
        padding="same",
        name=f"{name}project_conv",
        use_bias=False,
        kernel_initializer=KERNEL,
    )
    net.norm(f"{name}project_bn", axis=3)
    if strides == 1 and channels == filters:
        close(net, start, name, left_out)


class EfficientNetB0(EfficientNet):
    """EfficientNet as it was found.

    >>> len(EfficientNetB0().saved().calls)
    239
    """

    name = "efficientnetb0"


class EfficientNetB1(EfficientNet):
    """EfficientNet, a little deeper."""

    deep = 1.1
    size = 240
    name = "efficientnetb1"


class EfficientNetB2(EfficientNet):
    """EfficientNet, 1.1 times as wide and 1.2 times as deep."""

    wide, deep, dropped = 1.1, 1.2, 0.3
    size = 260
    name = "efficientnetb2"


class EfficientNetB3(EfficientNet):
    """EfficientNet, 1.2 times as wide and 1.4 times as deep."""

    wide, deep, dropped = 1.2, 1.4, 0.3
    size = 300
    name = "efficientnetb3"


class EfficientNetB4(EfficientNet):
    """EfficientNet, 1.4 times as wide and 1.8 times as deep."""

    wide, deep, dropped = 1.4, 1.8, 0.4
    size = 380
    name = "efficientnetb4"


class EfficientNetB5(EfficientNet):
    """EfficientNet, 1.6 times as wide and 2.2 times as deep."""

    wide, deep, dropped = 1.6, 2.2, 0.4
    size = 456
    name = "efficientnetb5"


class EfficientNetB6(EfficientNet):
    """EfficientNet, 1.8 times as wide and 2.6 times as deep."""

    wide, deep, dropped = 1.8, 2.6, 0.5
    size = 528
    name = "efficientnetb6"


class EfficientNetB7(EfficientNet):
    """EfficientNet, 2 times as wide and 3.1 times as deep."""

    wide, deep, dropped = 2.0, 3.1, 0.5
    size = 600
    name = "efficientnetb7"
