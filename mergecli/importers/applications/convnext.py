"""ConvNeXt (Liu et al., 2022): convolutions in the manner of transformers."""

from typing import Annotated, Any, ClassVar, Dict, Iterator, Sequence

from mergecli.catalog.arguments import ArgumentError, Words
from mergecli.catalog.fields import Activation, Flag, Positive
from mergecli.catalog.initializers import Constant
from mergecli.catalog.layers.convolutional import Conv2D
from mergecli.catalog.layers.core import Dense, EinsumDense
from mergecli.catalog.layers.normalization import LayerNormalization
from mergecli.catalog.layers.pooling import GlobalAveragePooling2D
from mergecli.catalog.layers.preprocessing import Normalization
from mergecli.importers.applications.base import Application, ImageShape, Pooling, Weights
from mergecli.importers.applications.net import Net

#: Mean and deviation of the pixels of ImageNet.
MEAN = [0.485 * 255, 0.456 * 255, 0.406 * 255]
VARIANCE = [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2]
#: As is said of each normalization of layers.
_EPSILON: Dict[str, Any] = {"epsilon": 1e-6}


class ConvNeXt(Application, abstract=True):
    """Four stages of residual blocks; sequential models in it make the image smaller."""

    #: The number of blocks and of filters in each stage.
    blocks: ClassVar[Sequence[int]] = (3, 3, 27, 3)
    filters: ClassVar[Sequence[int]]

    include_top: Flag
    include_preprocessing: Flag = True
    weights: Weights
    input_shape: ImageShape
    pooling: Pooling
    classes: Positive
    classifier_activation: Activation
    name: Annotated[str, Words(without="/")]

    def check_download(self) -> Iterator[ArgumentError]:
        yield from super().check_download()
        if self.defaults["name"] not in self.name:
            yield ArgumentError(
                f"must hold `{self.defaults['name']}` for the weights of ImageNet", argument="name"
            )

    def build(self, net: Net) -> None:
        if self.include_preprocessing and net.channels == 3:
            net.add(
                Normalization, f"{self.name}_prestem_normalization", mean=MEAN, variance=VARIANCE
            )
        for stage, (repeats, filters) in enumerate(zip(self.blocks, self.filters)):
            self.shrink(net, stage, filters)
            for block in range(repeats):
                _block(net, filters, f"{self.name}_stage_{stage}_block_{block}")
        if self.include_top:
            net.add(GlobalAveragePooling2D, f"{self.name}_head_gap")
            net.add(LayerNormalization, f"{self.name}_head_layernorm", **_EPSILON)
            self.classify(net, f"{self.name}_head_dense")
        else:
            self.pool(net)
            net.add(LayerNormalization, **_EPSILON)

    def shrink(self, net: Net, stage: int, filters: int) -> None:
        """The beginning of a stage."""
        if stage == 0:
            conv = (
                Conv2D,
                f"{self.name}_stem_conv",
                {"filters": filters, "kernel_size": [4, 4], "strides": [4, 4]},
            )
            net.nest(
                f"{self.name}_stem",
                conv,
                (LayerNormalization, f"{self.name}_stem_layernorm", _EPSILON),
            )
        else:
            name, number = f"{self.name}_downsampling", stage - 1
            conv = (
                Conv2D,
                f"{name}_conv_{number}",
                {"filters": filters, "kernel_size": [2, 2], "strides": [2, 2]},
            )
            net.nest(
                f"{name}_block_{number}",
                (LayerNormalization, f"{name}_layernorm_{number}", _EPSILON),
                conv,
            )


def _block(net: Net, filters: int, name: str) -> None:
    start = net.here
    net.conv(filters, 7, padding="same", name=f"{name}_depthwise_conv", groups=filters)
    net.add(LayerNormalization, f"{name}_layernorm", **_EPSILON)
    net.add(Dense, f"{name}_pointwise_conv_1", units=4 * filters)
    net.activate("gelu", f"{name}_gelu")
    net.add(Dense, f"{name}_pointwise_conv_2", units=filters)
    # A factor for each channel: Keras's own layer for it, `LayerScale`, is none that a spec may name.
    sizes, first = list(net.shape[1:]), Constant(value=1e-6)
    net.add(
        EinsumDense,
        f"{name}_layer_scale",
        equation="abcd,d->abcd",
        output_shape=sizes,
        kernel_initializer=first,
    )
    net.activate("linear", f"{name}_identity")
    net.operate("add", start, net.here)


class ConvNeXtTiny(ConvNeXt):
    """ConvNeXt with 18 blocks.

    >>> ConvNeXtTiny(include_top=False).saved().outputs[0].name
    'layer_normalization'
    """

    blocks = (3, 3, 9, 3)
    filters = (96, 192, 384, 768)
    name = "convnext_tiny"


class ConvNeXtSmall(ConvNeXt):
    """ConvNeXt with 36 blocks."""

    filters = (96, 192, 384, 768)
    name = "convnext_small"


class ConvNeXtBase(ConvNeXt):
    """ConvNeXt with 36 blocks and a third more filters than the small one."""

    filters = (128, 256, 512, 1024)
    name = "convnext_base"


class ConvNeXtLarge(ConvNeXt):
    """ConvNeXt with 36 blocks and twice the filters of the small one."""

    filters = (192, 384, 768, 1536)
    name = "convnext_large"


class ConvNeXtXLarge(ConvNeXt):
    """ConvNeXt with 36 blocks and twice the filters of the base."""

    filters = (256, 512, 1024, 2048)
    name = "convnext_xlarge"
