"""NASNet (Zoph et al., 2017): cells that a search has found."""

from typing import ClassVar, Iterator, Optional, Tuple

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.layers.merging import Add, Concatenate
from mergecli.catalog.layers.pooling import AveragePooling2D, MaxPooling2D
from mergecli.catalog.layers.reshaping import Cropping2D
from mergecli.catalog.shapes import Shape
from mergecli.importers.applications.base import Application, ImageShape
from mergecli.importers.applications.net import Net


class NASNet(Application, abstract=True):
    """Three stacks of normal cells, with cells between them that make the image smaller. A cell sees the two before it."""

    #: The number of cells in each stack, of filters of the stem, and of filters at first.
    cells: ClassVar[int]
    stem: ClassVar[int]
    filters: ClassVar[int]
    #: Whether the cell after one that makes the image smaller sees that before it twice.
    skips: ClassVar[bool]

    input_shape: ImageShape

    def check_download(self) -> Iterator[ArgumentError]:
        yield from super().check_download()
        if None in self.image() and self.input_shape is not None:
            yield ArgumentError(
                "must have known sizes for the weights of ImageNet", argument="input_shape"
            )

    def build(self, net: Net) -> None:
        net.conv(self.stem, 3, 2, name="stem_conv1", use_bias=False, kernel_initializer="he_normal")
        x, before = _norm(net, "stem_bn1"), None
        x, before = _reduction(net, x, before, self.filters // 4, "stem_1")
        x, before = _reduction(net, x, before, self.filters // 2, "stem_2")
        for stack in range(3):
            filters = self.filters * 2**stack
            if stack:
                x, seen = _reduction(net, x, before, filters, f"reduce_{stack * self.cells}")
                before = before if self.skips else seen
            for cell in range(self.cells):
                x, before = _normal(
                    net, x, before, filters, f"{stack * self.cells + cell + (stack > 0)}"
                )
        net.activate("relu")
        self.end(net, top=None)


def _norm(net: Net, name: str) -> int:
    return net.norm(name, momentum=0.9997)


def _point(net: Net, filters: int, name: str, of: Optional[int] = None) -> int:
    return net.conv(
        filters, padding="same", name=name, of=of, use_bias=False, kernel_initializer="he_normal"
    )


def _separable(net: Net, of: int, filters: int, size: int, name: str, strides: int = 1) -> int:
    """Two separable convolutions, each after an activation."""
    net.activate("relu", of=of)
    if strides == 2:
        net.pad_to_halve(size, f"separable_conv_1_pad_{name}")
    net.separable(
        filters, size, strides, "valid" if strides == 2 else "same", f"separable_conv_1_{name}"
    )
    _norm(net, f"separable_conv_1_bn_{name}")
    net.activate("relu")
    net.separable(filters, size, 1, "same", f"separable_conv_2_{name}")
    return _norm(net, f"separable_conv_2_bn_{name}")


def _adjusted(net: Net, x: int, before: Optional[int], filters: int, name: str) -> int:
    """The result before the last, made as wide and as deep as the cell needs it."""
    if before is None:
        return x
    if net.shapes[before][2] != net.shapes[x][2]:
        start = net.activate("relu", f"adjust_relu_1_{name}", of=before)
        net.pool(AveragePooling2D, 1, 2, name=f"adjust_avg_pool_1_{name}")
        first = _point(net, filters // 2, f"adjust_conv_1_{name}")
        # The same from one place further to the right and below.
        net.here = start
        net.pad(0, 1)
        net.add(Cropping2D, cropping=[[1, 0], [1, 0]])
        net.pool(AveragePooling2D, 1, 2, name=f"adjust_avg_pool_2_{name}")
        second = _point(net, filters // 2, f"adjust_conv_2_{name}")
        net.join(Concatenate, None, (first, second))
    elif net.shapes[before][3] != filters:
        net.activate("relu", of=before)
        _point(net, filters, f"adjust_conv_projection_{name}")
    else:
        return before
    return _norm(net, f"adjust_bn_{name}")


def _normal(net: Net, x: int, before: Optional[int], filters: int, name: str) -> Tuple[int, int]:
    p = _adjusted(net, x, before, filters, name)
    net.activate("relu", of=x)
    _point(net, filters, f"normal_conv_1_{name}")
    h = _norm(net, f"normal_bn_1_{name}")

    def average(of: int, side: str) -> int:
        return net.pool(AveragePooling2D, 3, 1, "same", f"normal_{side}_{name}", of)

    ends = [p]
    for number, first, second in ((1, (h, 5), (p, 3)), (2, (p, 5), (p, 3))):
        left = _separable(net, first[0], filters, first[1], f"normal_left{number}_{name}")
        right = _separable(net, second[0], filters, second[1], f"normal_right{number}_{name}")
        ends.append(net.join(Add, f"normal_add_{number}_{name}", (left, right)))
    ends.append(net.join(Add, f"normal_add_3_{name}", (average(h, "left3"), p)))
    ends.append(net.join(Add, f"normal_add_4_{name}", (average(p, "left4"), average(p, "right4"))))
    ends.append(
        net.join(
            Add, f"normal_add_5_{name}", (_separable(net, h, filters, 3, f"normal_left5_{name}"), h)
        )
    )
    return net.join(Concatenate, f"normal_concat_{name}", tuple(ends)), x


def _reduction(net: Net, x: int, before: Optional[int], filters: int, name: str) -> Tuple[int, int]:
    p = _adjusted(net, x, before, filters, name)
    net.activate("relu", of=x)
    _point(net, filters, f"reduction_conv_1_{name}")
    h = _norm(net, f"reduction_bn_1_{name}")
    padded = net.pad_to_halve(3, f"reduction_pad_1_{name}")

    def halved(of: int, size: int, side: str) -> int:
        return _separable(net, of, filters, size, f"reduction_{side}_{name}", 2)

    first = net.join(
        Add, f"reduction_add_1_{name}", (halved(h, 5, "left1"), halved(p, 7, "right1"))
    )
    left = net.pool(MaxPooling2D, 3, 2, name=f"reduction_left2_{name}", of=padded)
    second = net.join(Add, f"reduction_add_2_{name}", (left, halved(p, 7, "right2")))
    left = net.pool(AveragePooling2D, 3, 2, name=f"reduction_left3_{name}", of=padded)
    third = net.join(Add, f"reduction_add3_{name}", (left, halved(p, 5, "right3")))
    average = net.pool(AveragePooling2D, 3, 1, "same", f"reduction_left4_{name}", first)
    fourth = net.join(Add, None, (second, average))
    left = _separable(net, first, filters, 3, f"reduction_left4_{name}")
    right = net.pool(MaxPooling2D, 3, 2, name=f"reduction_right5_{name}", of=padded)
    fifth = net.join(Add, f"reduction_add4_{name}", (left, right))
    return net.join(Concatenate, f"reduction_concat_{name}", (second, third, fourth, fifth)), x


class NASNetMobile(NASNet):
    """NASNet with four cells in each stack.

    >>> NASNetMobile(include_top=False).saved().inputs[0].layer
    InputLayer(shape=[224, 224, 3])
    """

    cells = 4
    stem = 32
    filters = 44
    skips = False
    name = "nasnet_mobile"

    def unsaid(self) -> Shape:
        return (224, 224, 3)


class NASNetLarge(NASNet):
    """NASNet with six cells in each stack."""

    size = 331
    cells = 6
    stem = 96
    filters = 168
    skips = True
    name = "nasnet_large"
