"""Keras's `layers/pooling`."""

from typing import Annotated, Any, ClassVar, Optional, Sequence

from mergecli.catalog.arguments import Choice
from mergecli.catalog.config_quirks import without
from mergecli.catalog.fields import DataFormat, Flag, Size1, Size2, Size3, StrictPadding
from mergecli.catalog.layer import Layer
from mergecli.catalog.list_arguments import Size
from mergecli.catalog.shapes import Shape, ShapeError, spreads, text, window

Strides1 = Annotated[Any, Size(1, none=True)]
Strides2 = Annotated[Any, Size(2, none=True)]
Strides3 = Annotated[Any, Size(3, none=True)]
StrictDataFormat = Annotated[Optional[str], Choice(None, "channels_last", "channels_first")]


def _channels_first(data_format: Optional[str]) -> bool:
    return data_format == "channels_first"


class Pool(Layer, abstract=True):
    """The maximum or average of a window that slides over the spatial axes."""

    volume = "smaller"
    config_quirk = without(strides="$pool_size")

    rule = "each spatial axis by the window, which moves by its own size unless `strides` says otherwise"
    image = "gives"

    pool_size: Any
    strides: Any
    padding: StrictPadding = "valid"
    data_format: DataFormat = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the pooled image.

        Raises:
            ShapeError: Nothing is left of a spatial axis.
        """
        spatial = x[2:] if _channels_first(self.data_format) else x[1:-1]
        lengths: Sequence[Optional[int]] = [
            window(length, size, stride, self.padding)
            for length, size, stride in zip(spatial, self.pool_size, self.strides or self.pool_size)
        ]
        if self.padding == "valid" and any(
            length is not None and length <= 0 for length in lengths
        ):
            raise ShapeError(
                f"does not fit: a window of {self.pool_size} on {{0}}, {text(x)}, leaves {tuple(lengths)}",
                code="negative-size", inputs=(0,), hint="make `pool_size` smaller, pool less often before it, or use `padding: same`",
            )  # fmt: skip
        return (
            (x[0], x[1], *lengths) if _channels_first(self.data_format) else (x[0], *lengths, x[-1])
        )


class MaxPooling1D(Pool, aliases=("MaxPool1D",)):
    """The maximum of each window along one axis.

    >>> MaxPooling1D(pool_size=2).shape((None, 10, 4))
    (None, 5, 4)
    """

    brief = "max pool"
    ndim = 3

    pool_size: Size1 = 2
    strides: Strides1 = None


class MaxPooling2D(Pool, aliases=("MaxPool2D",)):
    """The maximum of each window along two axes.

    >>> MaxPooling2D(pool_size=2).shape((None, 32, 32, 4))
    (None, 16, 16, 4)
    """

    brief = "max pool"
    ndim = 4

    pool_size: Size2 = (2, 2)
    strides: Strides2 = None


class MaxPooling3D(Pool, aliases=("MaxPool3D",)):
    """The maximum of each window along three axes.

    >>> MaxPooling3D(pool_size=2).shape((None, 8, 8, 8, 4))
    (None, 4, 4, 4, 4)
    """

    brief = "max pool"
    ndim = 5

    pool_size: Size3 = (2, 2, 2)
    strides: Strides3 = None


class AveragePooling1D(Pool, aliases=("AvgPool1D",)):
    """The mean of each window along one axis.

    >>> AveragePooling1D(pool_size=2).shape((None, 10, 4))
    (None, 5, 4)
    """

    brief = "average pool"
    ndim = 3

    pool_size: Size1
    strides: Strides1 = None


class AveragePooling2D(Pool, aliases=("AvgPool2D",)):
    """The mean of each window along two axes.

    >>> AveragePooling2D(pool_size=2).shape((None, 32, 32, 4))
    (None, 16, 16, 4)
    """

    brief = "average pool"
    ndim = 4

    pool_size: Size2
    strides: Strides2 = None


class AveragePooling3D(Pool, aliases=("AvgPool3D",)):
    """The mean of each window along three axes.

    >>> AveragePooling3D(pool_size=2).shape((None, 8, 8, 8, 4))
    (None, 4, 4, 4, 4)
    """

    brief = "average pool"
    ndim = 5

    pool_size: Size3
    strides: Strides3 = None


class GlobalPool(Layer, abstract=True):
    """The maximum or mean of each channel over all of space."""

    volume = "smaller"
    rule = "the spatial axes go, or become 1 with `keepdims`"
    ndim: ClassVar[int]

    #: Whether it has a value where there are no elements.
    takes_empty: ClassVar[bool] = True

    data_format: DataFormat = None
    keepdims: Flag = False

    def shape(self, x: Shape) -> Shape:
        """Return the shape of what is left of each channel.

        Raises:
            ShapeError: There is no element to take the maximum of.
        """
        space = x[2:] if _channels_first(self.data_format) else x[1:-1]
        if 0 in space and not self.takes_empty:
            raise ShapeError(f"has no maximum of no elements: {{0}} is {text(x)}", inputs=(0,))
        ones = (1,) * (len(x) - 2) if self.keepdims else ()
        return (x[0], x[1], *ones) if _channels_first(self.data_format) else (x[0], *ones, x[-1])


class GlobalMaxPooling1D(GlobalPool, aliases=("GlobalMaxPool1D",)):
    """The maximum of each channel over one axis.

    >>> GlobalMaxPooling1D().shape((None, 10, 4))
    (None, 4)
    """

    brief = "global max pool"
    ndim = 3
    takes_empty = False


class GlobalMaxPooling2D(GlobalPool, aliases=("GlobalMaxPool2D",)):
    """The maximum of each channel over two axes.

    >>> GlobalMaxPooling2D().shape((None, 32, 32, 4))
    (None, 4)
    """

    brief = "global max pool"
    ndim = 4
    takes_empty = False


class GlobalMaxPooling3D(GlobalPool, aliases=("GlobalMaxPool3D",)):
    """The maximum of each channel over three axes.

    >>> GlobalMaxPooling3D().shape((None, 8, 8, 8, 4))
    (None, 4)
    """

    brief = "global max pool"
    ndim = 5
    takes_empty = False


class GlobalAveragePooling1D(GlobalPool, aliases=("GlobalAvgPool1D",)):
    """The mean of each channel over one axis.

    >>> GlobalAveragePooling1D().shape((None, 10, 4))
    (None, 4)
    """

    brief = "global pool"
    ndim = 3
    masked = True

    def masks(self, x: Shape, mask: Shape) -> bool:
        steps = x[2] if self.data_format == "channels_first" else x[1]
        return len(mask) == 2 and spreads(mask, (x[0], steps))


class GlobalAveragePooling2D(GlobalPool, aliases=("GlobalAvgPool2D",)):
    """The mean of each channel over two axes.

    >>> GlobalAveragePooling2D(keepdims=True).shape((None, 32, 32, 4))
    (None, 1, 1, 4)
    """

    brief = "global pool"
    ndim = 4


class GlobalAveragePooling3D(GlobalPool, aliases=("GlobalAvgPool3D",)):
    """The mean of each channel over three axes.

    >>> GlobalAveragePooling3D().shape((None, 8, 8, 8, 4))
    (None, 4)
    """

    brief = "global pool"
    ndim = 5


class AdaptivePool(Layer, abstract=True):
    """The maximum or mean of windows that are as large as it takes to give `output_size`."""

    volume = "smaller"
    rule = "the spatial axes become `output_size`"
    image = "gives"
    since = "3.13"
    ndim: ClassVar[int]

    output_size: Any
    data_format: StrictDataFormat = None

    def shape(self, x: Shape) -> Shape:
        return (
            (x[0], x[1], *self.output_size)
            if _channels_first(self.data_format)
            else (x[0], *self.output_size, x[-1])
        )


class AdaptiveAveragePooling1D(AdaptivePool):
    """The mean along one axis, down to a given size.

    >>> AdaptiveAveragePooling1D(output_size=4).shape((None, 10, 4))
    (None, 4, 4)
    """

    ndim = 3

    output_size: Size1


class AdaptiveAveragePooling2D(AdaptivePool):
    """The mean along two axes, down to a given size.

    >>> AdaptiveAveragePooling2D(output_size=4).shape((None, 32, 32, 4))
    (None, 4, 4, 4)
    """

    ndim = 4

    output_size: Size2


class AdaptiveAveragePooling3D(AdaptivePool):
    """The mean along three axes, down to a given size.

    >>> AdaptiveAveragePooling3D(output_size=4).shape((None, 8, 8, 8, 4))
    (None, 4, 4, 4, 4)
    """

    ndim = 5

    output_size: Size3


class AdaptiveMaxPooling1D(AdaptivePool):
    """The maximum along one axis, down to a given size.

    >>> AdaptiveMaxPooling1D(output_size=4).shape((None, 10, 4))
    (None, 4, 4)
    """

    ndim = 3

    output_size: Size1


class AdaptiveMaxPooling2D(AdaptivePool):
    """The maximum along two axes, down to a given size.

    >>> AdaptiveMaxPooling2D(output_size=4).shape((None, 32, 32, 4))
    (None, 4, 4, 4)
    """

    ndim = 4

    output_size: Size2


class AdaptiveMaxPooling3D(AdaptivePool):
    """The maximum along three axes, down to a given size.

    >>> AdaptiveMaxPooling3D(output_size=4).shape((None, 8, 8, 8, 4))
    (None, 4, 4, 4, 4)
    """

    ndim = 5

    output_size: Size3
