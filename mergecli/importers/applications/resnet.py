"""ResNet (He et al., 2015) and ResNetV2 (He et al., 2016): stacks of residual blocks."""

from typing import ClassVar, Sequence

from mergecli.catalog.layers.merging import Add
from mergecli.catalog.layers.pooling import MaxPooling2D
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.net import Net


def _norm(net: Net, name: str) -> None:
    net.norm(name, axis=3, epsilon=1.001e-5)


class Residual(Application, abstract=True):
    """Four stacks of residual blocks."""

    #: The number of blocks in each stack.
    blocks: ClassVar[Sequence[int]]

    def stem(self, net: Net, preactivated: bool) -> None:
        """What stands before the stacks; a preactivated block normalizes what comes by itself."""
        net.pad(3, 3, "conv1_pad")
        net.conv(64, 7, 2, name="conv1_conv")
        if not preactivated:
            _norm(net, "conv1_bn")
            net.activate("relu", "conv1_relu")
        net.pad(1, 1, "pool1_pad")
        net.pool(MaxPooling2D, 3, 2, name="pool1_pool")


class ResNet(Residual, abstract=True):
    """Blocks that normalize after their convolutions; the first of a stack makes the image smaller."""

    def build(self, net: Net) -> None:
        self.stem(net, preactivated=False)
        for stack, (repeats, filters) in enumerate(zip(self.blocks, (64, 128, 256, 512)), 2):
            for number in range(1, repeats + 1):
                _block(
                    net,
                    filters,
                    2 if number == 1 and stack > 2 else 1,
                    number == 1,
                    f"conv{stack}_block{number}",
                )
        self.end(net, named=True)


def _block(net: Net, filters: int, strides: int, projected: bool, name: str) -> None:
    start = shortcut = net.here
    if projected:
        net.conv(4 * filters, 1, strides, name=f"{name}_0_conv")
        _norm(net, f"{name}_0_bn")
        shortcut = net.here
    net.conv(filters, 1, strides, name=f"{name}_1_conv", of=start)
    _norm(net, f"{name}_1_bn")
    net.activate("relu", f"{name}_1_relu")
    net.conv(filters, 3, padding="same", name=f"{name}_2_conv")
    _norm(net, f"{name}_2_bn")
    net.activate("relu", f"{name}_2_relu")
    net.conv(4 * filters, name=f"{name}_3_conv")
    _norm(net, f"{name}_3_bn")
    net.join(Add, f"{name}_add", (shortcut, net.here))
    net.activate("relu", f"{name}_out")


class ResNetV2(Residual, abstract=True):
    """Blocks that normalize before their convolutions; the last of a stack makes the image smaller."""

    def build(self, net: Net) -> None:
        self.stem(net, preactivated=True)
        for stack, (repeats, filters) in enumerate(zip(self.blocks, (64, 128, 256, 512)), 2):
            for number in range(1, repeats + 1):
                _block_v2(
                    net,
                    filters,
                    2 if number == repeats and stack < 5 else 1,
                    number == 1,
                    f"conv{stack}_block{number}",
                )
        _norm(net, "post_bn")
        net.activate("relu", "post_relu")
        self.end(net, named=True)


def _block_v2(net: Net, filters: int, strides: int, projected: bool, name: str) -> None:
    shortcut = net.here
    _norm(net, f"{name}_preact_bn")
    start = net.activate("relu", f"{name}_preact_relu")
    if projected:
        shortcut = net.conv(4 * filters, 1, strides, name=f"{name}_0_conv")
    elif strides > 1:
        shortcut = net.pool(MaxPooling2D, 1, strides, of=shortcut)
    net.conv(filters, name=f"{name}_1_conv", of=start, use_bias=False)
    _norm(net, f"{name}_1_bn")
    net.activate("relu", f"{name}_1_relu")
    net.pad(1, 1, f"{name}_2_pad")
    net.conv(filters, 3, strides, name=f"{name}_2_conv", use_bias=False)
    _norm(net, f"{name}_2_bn")
    net.activate("relu", f"{name}_2_relu")
    net.conv(4 * filters, name=f"{name}_3_conv")
    net.join(Add, f"{name}_out", (shortcut, net.here))


class ResNet50(ResNet):
    """ResNet with 50 layers that have weights.

    >>> len(ResNet50(include_top=False, pooling="avg").saved().calls)
    175
    """

    blocks = (3, 4, 6, 3)
    name = "resnet50"


class ResNet101(ResNet):
    """ResNet with 101 layers that have weights."""

    blocks = (3, 4, 23, 3)
    name = "resnet101"


class ResNet152(ResNet):
    """ResNet with 152 layers that have weights."""

    blocks = (3, 8, 36, 3)
    name = "resnet152"


class ResNet50V2(ResNetV2):
    """ResNetV2 with 50 layers that have weights."""

    blocks = (3, 4, 6, 3)
    name = "resnet50v2"


class ResNet101V2(ResNetV2):
    """ResNetV2 with 101 layers that have weights."""

    blocks = (3, 4, 23, 3)
    name = "resnet101v2"


class ResNet152V2(ResNetV2):
    """ResNetV2 with 152 layers that have weights."""

    blocks = (3, 8, 36, 3)
    name = "resnet152v2"
