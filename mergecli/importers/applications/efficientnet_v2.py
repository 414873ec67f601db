"""EfficientNetV2 (Tan and Le, 2021): plain convolutions in the early blocks, and four widths in the small sizes."""

from math import ceil
from typing import Annotated, ClassVar, Optional

from mergecli.catalog.arguments import ArgumentError, Choice, Path
from mergecli.catalog.fields import Activation, Flag, Positive
from mergecli.catalog.initializers import Constant
from mergecli.catalog.layers.pooling import GlobalAveragePooling2D
from mergecli.catalog.layers.preprocessing import Normalization, Rescaling
from mergecli.catalog.layers.regularization import Dropout
from mergecli.importers.applications.base import Application, ImageShape, Pooling, Weights
from mergecli.importers.applications.efficientnet import (
    CLASSES,
    KERNEL,
    LEFT_OUT,
    activate,
    close,
    squeeze,
)
from mergecli.importers.applications.net import Net

#: Of each stack: width in the middle, strides, and whether the convolution of each channel is fused with that of all.
STACKS = (
    (1, 1, True),
    (4, 2, True),
    (4, 2, True),
    (4, 2, False),
    (6, 1, False),
    (6, 2, False),
    (6, 1, False),
)
_BASE = (32, (1, 2, 2, 3, 5, 8), (16, 32, 48, 96, 112, 192))
#: By the model's name, which for Keras decides: filters of the stem; blocks and filters of each stack.
SIZES = {
    **{f"efficientnetv2-b{number}": _BASE for number in range(4)},
    "efficientnetv2-s": (24, (2, 4, 4, 6, 9, 15), (24, 48, 64, 128, 160, 256)),
    "efficientnetv2-m": (24, (3, 5, 5, 7, 14, 18, 5), (24, 48, 80, 160, 176, 304, 512)),
    "efficientnetv2-l": (32, (4, 7, 7, 10, 19, 25, 7), (32, 64, 96, 192, 224, 384, 640)),
}


class SizeName(Choice):
    """The name of a size."""

    def refuse(
        self, code: str = "wrong-type", path: Path = (), hint: Optional[str] = None
    ) -> ArgumentError:
        return super().refuse(code, path, hint or "Keras reads the architecture from this name")


class EfficientNetV2(Application, abstract=True):
    """Six or seven stacks of residual blocks."""

    #: How many times the filters and the blocks of the model with its name it has.
    wide: ClassVar[float] = 1.0
    deep: ClassVar[float] = 1.0

    include_top: Flag
    weights: Weights
    input_shape: ImageShape
    pooling: Pooling
    classes: Positive
    classifier_activation: Activation
    include_preprocessing: Flag = True
    name: Annotated[str, SizeName(*SIZES)]

    def filters(self, number: int) -> int:
        """A number of filters in this size, as a multiple of 8."""
        return max(8, int(number * self.wide + 4) // 8 * 8)

    def build(self, net: Net) -> None:
        stem, repeats, filters = SIZES[self.name]
        if self.include_preprocessing:
            _preprocess(net, self.name.startswith("efficientnetv2-b"))
        net.conv(
            self.filters(stem), 3, 2, "same", "stem_conv", use_bias=False, kernel_initializer=KERNEL
        )
        activate(net, "stem_bn", "stem_activation", axis=3, momentum=0.9)
        count = 0
        for stack, (times, number, (wide, strides, fused)) in enumerate(
            zip(repeats, filters, STACKS), 1
        ):
            for place in range(ceil(self.deep * times)):
                name = f"block{stack}{chr(ord('a') + place)}_"
                block = _fused if fused else _block
                block(
                    net,
                    name,
                    self.filters(number),
                    wide,
                    1 if place else strides,
                    LEFT_OUT * count / sum(repeats),
                )
                count += 1
        net.conv(
            self.filters(1280),
            padding="same",
            name="top_conv",
            use_bias=False,
            kernel_initializer=KERNEL,
        )
        activate(net, "top_bn", "top_activation", axis=3, momentum=0.9)
        if self.include_top:
            net.add(GlobalAveragePooling2D, "avg_pool")
            net.add(Dropout, "top_dropout", rate=0.2)
            self.classify(net, kernel_initializer=CLASSES, bias_initializer=Constant())
        else:
            self.pool(net, named=True)


def _preprocess(net: Net, small: bool) -> None:
    """Pixels as they are -> what the model was trained on, for the small sizes as in the first version."""
    if small and net.channels == 3:
        net.add(Rescaling, scale=1 / 255)
        net.add(
            Normalization,
            axis=3,
            mean=[0.485, 0.456, 0.406],
            variance=[0.229**2, 0.224**2, 0.225**2],
        )
    else:
        net.add(Rescaling, scale=1 / 128, offset=-1)


def _block(net: Net, name: str, filters: int, wide: int, strides: int, left_out: float) -> None:
    start, channels = net.here, net.channels
    net.conv(
        channels * wide,
        padding="same",
        name=f"{name}expand_conv",
        use_bias=False,
        kernel_initializer=KERNEL,
    )
    activate(net, f"{name}expand_bn", f"{name}expand_activation", axis=3, momentum=0.9)
    net.depthwise(3, strides, "same", f"{name}dwconv2", depthwise_initializer=KERNEL)
    activate(net, f"{name}bn", f"{name}activation", axis=3, momentum=0.9)
    squeeze(net, channels // 4 or 1, name)
    net.conv(
        filters,
        padding="same",
        name=f"{name}project_conv",
        use_bias=False,
        kernel_initializer=KERNEL,
    )
    net.norm(f"{name}project_bn", axis=3, momentum=0.9)
    if strides == 1 and channels == filters:
        close(net, start, name, left_out)


def _fused(net: Net, name: str, filters: int, wide: int, strides: int, left_out: float) -> None:
    start, channels = net.here, net.channels
    if wide == 1:
        net.conv(
            filters,
            3,
            strides,
            "same",
            f"{name}project_conv",
            use_bias=False,
            kernel_initializer=KERNEL,
        )
        activate(net, f"{name}project_bn", f"{name}project_activation", axis=3, momentum=0.9)
    else:
        net.conv(
            channels * wide,
            3,
            strides,
            "same",
            f"{name}expand_conv",
            use_bias=False,
            kernel_initializer=KERNEL,
        )
        activate(net, f"{name}expand_bn", f"{name}expand_activation", axis=3, momentum=0.9)
        net.conv(
            filters,
            padding="same",
            name=f"{name}project_conv",
            use_bias=False,
            kernel_initializer=KERNEL,
        )
        net.norm(f"{name}project_bn", axis=3, momentum=0.9)
    if strides == 1 and channels == filters:
        close(net, start, name, left_out)


class EfficientNetV2B0(EfficientNetV2):
    """EfficientNetV2 in the size of EfficientNetB0.

    >>> EfficientNetV2B0().saved().calls[1].name
    'normalization'
    """

    name = "efficientnetv2-b0"


class EfficientNetV2B1(EfficientNetV2):
    """EfficientNetV2 in the size of EfficientNetB1."""

    deep = 1.1
    size = 240
    name = "efficientnetv2-b1"


class EfficientNetV2B2(EfficientNetV2):
    """EfficientNetV2 in the size of EfficientNetB2."""

    wide, deep = 1.1, 1.2
    size = 260
    name = "efficientnetv2-b2"


class EfficientNetV2B3(EfficientNetV2):
    """EfficientNetV2 in the size of EfficientNetB3."""

    wide, deep = 1.2, 1.4
    size = 300
    name = "efficientnetv2-b3"


class EfficientNetV2S(EfficientNetV2):
    """EfficientNetV2, small."""

    size = 384
    name = "efficientnetv2-s"


class EfficientNetV2M(EfficientNetV2):
    """EfficientNetV2, of medium size."""

    size = 480
    name = "efficientnetv2-m"


class EfficientNetV2L(EfficientNetV2):
    """EfficientNetV2, large."""

    size = 480
    name = "efficientnetv2-l"
