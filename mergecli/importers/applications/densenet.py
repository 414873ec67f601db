"""DenseNet (Huang et al., 2016): each layer sees all that came before it in its block."""

from typing import ClassVar, Sequence

from mergecli.catalog.layers.merging import Concatenate
from mergecli.catalog.layers.pooling import AveragePooling2D, MaxPooling2D
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.net import Net

#: The channels that each layer adds.
GROWTH = 32


def _active(net: Net, name: str, after: str = "") -> None:
    net.norm(f"{name}{after}_bn" if name else "bn", axis=3, epsilon=1.001e-5)
    net.activate("relu", f"{name}{after}_relu" if name else "relu")


class DenseNet(Application, abstract=True):
    """Four dense blocks, with half as many channels going from one to the next."""

    #: The number of layers in each block.
    blocks: ClassVar[Sequence[int]]

    def build(self, net: Net) -> None:
        net.pad(3, 3)
        net.conv(64, 7, 2, name="conv1_conv", use_bias=False)
        _active(net, "conv1")
        net.pad(1, 1)
        net.pool(MaxPooling2D, 3, 2, name="pool1")
        for block, repeats in enumerate(self.blocks, 2):
            if block > 2:
                _active(net, f"pool{block - 1}")
                net.conv(net.channels // 2, name=f"pool{block - 1}_conv", use_bias=False)
                net.pool(AveragePooling2D, 2, 2, name=f"pool{block - 1}_pool")
            for number in range(1, repeats + 1):
                name, start = f"conv{block}_block{number}", net.here
                _active(net, name, "_0")
                net.conv(4 * GROWTH, name=f"{name}_1_conv", use_bias=False)
                _active(net, name, "_1")
                net.conv(GROWTH, 3, padding="same", name=f"{name}_2_conv", use_bias=False)
                net.join(Concatenate, f"{name}_concat", (start, net.here), axis=3)
        _active(net, "")
        self.end(net, named=True)


class DenseNet121(DenseNet):
    """DenseNet with 121 layers that have weights.

    >>> DenseNet121().saved().calls[-2].name
    'avg_pool'
    """

    blocks = (6, 12, 24, 16)
    name = "densenet121"


class DenseNet169(DenseNet):
    """DenseNet with 169 layers that have weights."""

    blocks = (6, 12, 32, 32)
    name = "densenet169"


class DenseNet201(DenseNet):
    """DenseNet with 201 layers that have weights."""

    blocks = (6, 12, 48, 32)
    name = "densenet201"
