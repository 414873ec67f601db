"""Xception (Chollet, 2016): residual blocks of separable convolutions."""

from mergecli.catalog.layers.merging import Add
from mergecli.catalog.layers.pooling import MaxPooling2D
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.net import Net


class Xception(Application):
    """Xception.

    >>> Xception().saved().outputs[0].name
    'predictions'
    """

    size = 299
    least = 71
    name = "xception"

    def build(self, net: Net) -> None:
        for number, (filters, strides) in enumerate(((32, 2), (64, 1)), 1):
            name = f"block1_conv{number}"
            net.conv(filters, 3, strides, name=name, use_bias=False)
            net.norm(f"{name}_bn")
            net.activate("relu", f"{name}_act")
        for block, channels in ((2, 128), (3, 256), (4, 728)):
            _halving(net, block, (channels, channels))
        for block in range(5, 13):
            start = net.here
            for number in (1, 2, 3):
                _separable(net, 728, f"block{block}_sepconv{number}", before=True)
            net.join(Add, None, (net.here, start))
        _halving(net, 13, (728, 1024))
        for number, filters in enumerate((1536, 2048), 1):
            _separable(net, filters, f"block14_sepconv{number}", before=False)
            net.activate("relu", f"block14_sepconv{number}_act")
        self.end(net)


def _separable(net: Net, filters: int, name: str, before: bool) -> None:
    if before:
        net.activate("relu", f"{name}_act")
    net.separable(filters, 3, 1, "same", name)
    net.norm(f"{name}_bn")


def _halving(net: Net, block: int, filters: tuple[int, int]) -> None:
    """A block that halves the image; the second has its first activation before it already."""
    start = net.here
    net.conv(filters[1], 1, 2, "same", use_bias=False)
    shortcut = net.norm()
    net.here = start
    for number, channels in enumerate(filters, 1):
        _separable(net, channels, f"block{block}_sepconv{number}", before=block > 2 or number > 1)
    net.pool(MaxPooling2D, 3, 2, "same", f"block{block}_pool")
    net.join(Add, None, (net.here, shortcut))
