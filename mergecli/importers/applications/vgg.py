"""VGG (Simonyan and Zisserman, 2014): plain stacks of convolutions."""

from typing import ClassVar, Sequence

from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.pooling import MaxPooling2D
from mergecli.catalog.layers.reshaping import Flatten
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.net import Net


class VGG(Application, abstract=True):
    """Five blocks of convolutions."""

    #: The number of convolutions in each block.
    blocks: ClassVar[Sequence[int]]

    def build(self, net: Net) -> None:
        for block, (repeats, filters) in enumerate(zip(self.blocks, (64, 128, 256, 512, 512)), 1):
            for number in range(1, repeats + 1):
                net.conv(
                    filters, 3, padding="same", name=f"block{block}_conv{number}", activation="relu"
                )
            net.pool(MaxPooling2D, 2, 2, name=f"block{block}_pool")
        if self.include_top:
            net.add(Flatten, "flatten")
            net.add(Dense, "fc1", units=4096, activation="relu")
            net.add(Dense, "fc2", units=4096, activation="relu")
            self.classify(net)
        else:
            self.pool(net)


class VGG16(VGG):
    """VGG with 16 layers that have weights.

    >>> len(VGG16(include_top=False).saved().calls)
    18
    """

    blocks = (2, 2, 3, 3, 3)
    name = "vgg16"


class VGG19(VGG):
    """VGG with 19 layers that have weights."""

    blocks = (2, 2, 4, 4, 4)
    name = "vgg19"
