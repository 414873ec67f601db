"""InceptionV3 (Szegedy et al., 2015) and InceptionResNetV2 (Szegedy et al., 2016): blocks of several paths that are joined."""

from typing import List, Optional, Tuple, Union

from mergecli.catalog.layers.merging import Concatenate
from mergecli.catalog.layers.pooling import AveragePooling2D, MaxPooling2D
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.net import Net

#: One step of a path: "average", "max", or filters, size of the window and strides; a path that makes the image smaller has no padding.
Size = Union[int, List[int]]
Step = Union[str, Tuple[int, Size], Tuple[int, Size, int]]
AVERAGE, MAX = "average", "max"


def _unit(
    net: Net,
    filters: int,
    size: Size = 1,
    strides: int = 1,
    padding: str = "same",
    name: Optional[str] = None,
) -> int:
    """A convolution with normalization and activation; these are named after it, if it is named."""
    net.conv(filters, size, strides, padding, name, use_bias=False)
    net.norm(name and f"{name}_bn", axis=3, scale=False)
    return net.activate("relu", name and f"{name}_ac")


def _path(net: Net, start: int, *steps: Step) -> int:
    net.here = start
    for step in steps:
        if isinstance(step, str):
            if step == AVERAGE:
                net.pool(AveragePooling2D, 3, 1, "same")
            else:
                net.pool(MaxPooling2D, 3, 2)
        else:
            filters, size, strides = step if len(step) == 3 else (*step, 1)
            _unit(net, filters, size, strides, "valid" if strides > 1 else "same")
    return net.here


def _cell(net: Net, name: Optional[str], *paths: Tuple[Step, ...]) -> None:
    """Several paths from one place, joined."""
    start = net.here
    net.join(Concatenate, name, tuple(_path(net, start, *steps) for steps in paths), axis=3)


def _stem(net: Net) -> None:
    _unit(net, 32, 3, 2, "valid")
    _unit(net, 32, 3, padding="valid")
    _unit(net, 64, 3)
    net.pool(MaxPooling2D, 3, 2)
    _unit(net, 80, padding="valid")
    _unit(net, 192, 3, padding="valid")
    net.pool(MaxPooling2D, 3, 2)


class InceptionV3(Application):
    """InceptionV3.

    >>> InceptionV3(include_top=False, pooling="max").saved().outputs[0].name
    'global_max_pooling2d'
    """

    size = 299
    least = 75
    name = "inception_v3"

    def build(self, net: Net) -> None:
        _stem(net)
        for number, filters in enumerate((32, 64, 64)):
            fives, threes = ((48, 1), (64, 5)), ((64, 1), (96, 3), (96, 3))
            _cell(net, f"mixed{number}", ((64, 1),), fives, threes, (AVERAGE, (filters, 1)))
        _cell(net, "mixed3", ((384, 3, 2),), ((64, 1), (96, 3), (96, 3, 2)), (MAX,))
        for number, filters in enumerate((128, 160, 160, 192), 4):
            flat, tall, last = (filters, [1, 7]), (filters, [7, 1]), (192, [1, 7])
            sevens, doubled = (
                ((filters, 1), flat, (192, [7, 1])),
                ((filters, 1), tall, flat, tall, last),
            )
            _cell(net, f"mixed{number}", ((192, 1),), sevens, doubled, (AVERAGE, (192, 1)))
        _cell(
            net,
            "mixed8",
            ((192, 1), (320, 3, 2)),
            ((192, 1), (192, [1, 7]), (192, [7, 1]), (192, 3, 2)),
            (MAX,),
        )
        for number in (0, 1):
            start = net.here
            ends = [
                _path(net, start, (320, 1)),
                *(_forked(net, start, number, doubled) for doubled in (False, True)),
            ]
            ends.append(_path(net, start, AVERAGE, (192, 1)))
            net.join(Concatenate, f"mixed{9 + number}", tuple(ends), axis=3)
        self.end(net)


def _forked(net: Net, start: int, number: int, doubled: bool) -> int:
    """A path that parts in two and comes together again."""
    if doubled:
        _path(net, start, (448, 1), (384, 3))
    else:
        _path(net, start, (384, 1))
    _cell(net, None if doubled else f"mixed9_{number}", ((384, [1, 3]),), ((384, [3, 1]),))
    return net.here


class InceptionResNetV2(Application):
    """Inception with residual blocks.

    >>> InceptionResNetV2(include_top=False).saved().outputs[0].name
    'conv_7b_ac'
    """

    size = 299
    least = 75
    name = "inception_resnet_v2"

    def build(self, net: Net) -> None:
        _stem(net)
        _cell(
            net,
            "mixed_5b",
            ((96, 1),),
            ((48, 1), (64, 5)),
            ((64, 1), (96, 3), (96, 3)),
            (AVERAGE, (64, 1)),
        )
        for number in range(1, 11):
            _residual(
                net,
                f"block35_{number}",
                0.17,
                ((32, 1),),
                ((32, 1), (32, 3)),
                ((32, 1), (48, 3), (64, 3)),
            )
        _cell(net, "mixed_6a", ((384, 3, 2),), ((256, 1), (256, 3), (384, 3, 2)), (MAX,))
        for number in range(1, 21):
            _residual(
                net, f"block17_{number}", 0.1, ((192, 1),), ((128, 1), (160, [1, 7]), (192, [7, 1]))
            )
        _cell(
            net,
            "mixed_7a",
            ((256, 1), (384, 3, 2)),
            ((256, 1), (288, 3, 2)),
            ((256, 1), (288, 3), (320, 3, 2)),
            (MAX,),
        )
        for number in range(1, 11):
            last = number == 10
            _residual(
                net,
                f"block8_{number}",
                1.0 if last else 0.2,
                ((192, 1),),
                ((192, 1), (224, [1, 3]), (256, [3, 1])),
                linear=last,
            )
        _unit(net, 1536, name="conv_7b")
        self.end(net)


def _residual(
    net: Net, name: str, scale: float, *paths: Tuple[Step, ...], linear: bool = False
) -> None:
    """Paths whose sum, made smaller, is added to what they begin with. Keras has a layer of its own for that, which no spec may name."""
    start, channels = net.here, net.channels
    _cell(net, f"{name}_mixed", *paths)
    net.conv(channels, padding="same", name=f"{name}_conv")
    own = net.free("CustomScaleLayer")
    net.operate("multiply", net.here, scale, name=f"{own}_scaled")
    net.operate("add", start, net.here, name=own)
    if not linear:
        net.activate("relu", f"{name}_ac")
