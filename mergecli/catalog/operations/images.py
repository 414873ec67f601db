"""Functions of `keras.ops.image`: crop, pad, turn, blur, and change colours."""

from typing import Annotated, Callable, Iterator, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number
from mergecli.catalog.fields import DataFormat, Flag, Real, Seed
from mergecli.catalog.layers.image_augmentation import check_bent
from mergecli.catalog.list_arguments import Either, Integers
from mergecli.catalog.list_arguments import List as Listed
from mergecli.catalog.operations.operation import Operation, check_floats, for_axes
from mergecli.catalog.shapes import (
    Shape,
    ShapeError,
    check_rank,
    check_since,
    product,
    same,
    text,
    window,
)
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.versions import Backend

Edge = Annotated[Optional[int], Integer(0, none=True)]
Interpolation = Annotated[str, Choice("nearest", "bilinear")]
FillMode = Annotated[str, Choice("constant", "nearest", "wrap", "mirror", "reflect")]
#: Keras names `mirror`, too, and no backend has it.
ElasticFillMode = Annotated[str, Choice("constant", "nearest", "wrap", "reflect")]
Steps = Annotated[object, Integers(1, single=True)]
Pair = Annotated[object, Integers(1, length=2)]
Deviations = Annotated[object, Listed(Number(0), "numbers", length=2)]


class Images(Operation, abstract=True):
    """Takes an image, or a batch of them."""

    rule = "as it is"
    #: The number of channels that there may be.
    channels: Tuple[int, ...] = ()

    data_format: DataFormat = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the images.

        Raises:
            ShapeError: They are not images, or have another number of channels.
        """
        check_rank(x, 3, 4, what="images")
        count = x[self.channel_axis]
        if self.channels and count not in (*self.channels, None):
            wanted = " or ".join(map(str, self.channels))
            raise ShapeError(
                f"takes images of {wanted} channel{'s' * (wanted != '1')}, {{0}} has {count}: {text(x)}",
                inputs=(0,),
            )
        return x

    @property
    def channel_axis(self) -> int:
        return -3 if self.data_format == "channels_first" else -1

    @property
    def spatial_axes(self) -> Tuple[int, int]:
        return (-2, -1) if self.data_format == "channels_first" else (-3, -2)

    def resized(self, x: Shape, height: Optional[int], width: Optional[int]) -> Shape:
        """Return the shape of images in another size."""
        sizes = list(x)
        for place, size in zip(self.spatial_axes, (height, width)):
            sizes[place] = size
        return tuple(sizes)


class RGBToGrayscale(Images):
    """Images without colours.

    >>> RGBToGrayscale().shape((None, 8, 8, 3))
    (None, 8, 8, 1)
    """

    keras_name = "ops.image.rgb_to_grayscale"
    rule = "one channel"
    channels = (1, 3)

    def shape(self, x: Shape) -> Shape:
        sizes = list(super().shape(x))
        sizes[self.channel_axis] = 1
        return tuple(sizes)


class Colours(Images, abstract=True):
    """Images of floats with colours in another form."""

    channels = (3,)
    becomes = "images"


class RGBToHSV(Colours):
    """Red, green and blue as hue, saturation and value.

    >>> RGBToHSV().shape((None, 8, 8, 3))
    (None, 8, 8, 3)
    """

    keras_name = "ops.image.rgb_to_hsv"


class HSVToRGB(Colours):
    """Hue, saturation and value as red, green and blue.

    >>> HSVToRGB().shape((None, 8, 8, 3))
    (None, 8, 8, 3)
    """

    keras_name = "ops.image.hsv_to_rgb"


class AffineTransform(Images):
    """Images turned, sheared and moved by the second tensor, 8 numbers for each image.

    >>> AffineTransform().results(Inputs.of((None, 8, 8, 3), (None, 8)))[0].shape
    (None, 8, 8, 3)
    """

    keras_name = "ops.image.affine_transform"
    arity = 2
    becomes = "first"

    interpolation: Interpolation = "bilinear"
    fill_mode: FillMode = "constant"
    fill_value: Real = 0
    data_format: DataFormat = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the images.

        Raises:
            ShapeError: A tensor has another shape, or the backend does not take `fill_mode`.
        """
        tensors = self.tensors(inputs)
        shape, transform = inputs.shapes
        check_rank(shape, 3, 4, what="images")
        is_tensorflow = Backend.choose() == "tensorflow"
        if is_tensorflow and self.fill_mode == "mirror":
            raise ShapeError(
                "does not take `mirror` with the backend `tensorflow`",
                code="wrong-value",
                argument="fill_mode",
                hint="write `reflect`",
            )
        if len(transform) not in (1, 2):
            raise ShapeError(
                f"takes transforms of 1 or 2 dimensions, {{1}} has {len(transform)}",
                code="input-rank",
                inputs=(1,),
            )
        count = shape[0] if len(shape) == 4 else 1
        rows = transform[0] if len(transform) == 2 else 1
        fits_rows = same(rows, count) or (is_tensorflow and rows == 1)
        if not same(transform[-1], 8) or not fits_rows:
            raise ShapeError(
                f"takes 8 numbers for each image, {{0}} is {text(shape)}: {{1}} is {text(transform)}",
                code="merge-shape",
                inputs=(0, 1),
            )
        return (Tensor(shape, self.result_dtype(tensors)),)


class PerspectiveTransform(Images):
    """Images seen from another side: four points of each, and where they come to be.

    >>> PerspectiveTransform().results(Inputs.of((2, 8, 8, 3), (2, 4, 2), (2, 4, 2)))[0].shape
    (2, 8, 8, 3)
    """

    keras_name = "ops.image.perspective_transform"
    arity = 3
    becomes = "first"

    interpolation: Interpolation = "bilinear"
    fill_value: Real = 0
    data_format: DataFormat = None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the images.

        Raises:
            ShapeError: A tensor has another shape.
        """
        tensors = self.tensors(inputs)
        shape, start, end = inputs.shapes
        check_rank(shape, 3, 4, what="images")
        for place, points in ((1, start), (2, end)):
            if points[-2:] != (4, 2) or len(points) not in (2, 3):
                raise ShapeError(
                    f"takes four points for each image, (4, 2): {{{place}}} is {text(points)}",
                    inputs=(place,),
                )
        if start != end:
            raise ShapeError(
                f"takes as many points of both sides: {{1}} is {text(start)}, {{2}} is {text(end)}",
                inputs=(1, 2),
            )
        return (Tensor(shape, self.result_dtype(tensors)),)


class GaussianBlur(Images):
    """Images blurred by a Gaussian.

    >>> GaussianBlur().shape((None, 8, 8, 3))
    (None, 8, 8, 3)
    """

    keras_name = "ops.image.gaussian_blur"

    kernel_size: Pair = (3, 3)
    sigma: Deviations = (1.0, 1.0)
    data_format: DataFormat = None


class ElasticTransform(Images):
    """Images whose parts are moved at random.

    >>> ElasticTransform().shape((None, 8, 8, 3))
    (None, 8, 8, 3)
    """

    keras_name = "ops.image.elastic_transform"
    refuses_floats = True

    alpha: Real = 20.0
    sigma: Real = 5.0
    interpolation: Interpolation = "bilinear"
    fill_mode: ElasticFillMode = "reflect"
    fill_value: Real = 0.0
    seed: Seed = None
    data_format: DataFormat = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the images.

        Raises:
            ShapeError: They are not images, or the backend cannot smooth so.
        """
        # TensorFlow makes an empty kernel of few elements less than none.
        least = -3 if Backend.choose() == "tensorflow" else 1
        if int(6 * self.sigma) | 1 < least:
            raise ShapeError(
                "is too small: the Gaussian kernel has no elements",
                code="wrong-value",
                argument="sigma",
            )
        return super().shape(x)

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        check_bent(inputs.shapes[0], self.data_format)


class SobelEdges(Images):
    """The edges of images, along their height and their width.

    >>> SobelEdges().shape((None, 8, 8, 3))
    (None, 8, 8, 3, 2)
    """

    keras_name = "ops.image.sobel_edges"
    rule = "with a new last axis of size 2"

    def shape(self, x: Shape) -> Shape:
        """Return the shape with an axis for the two directions.

        Raises:
            ShapeError: It is not that of images, or the backend cannot look beyond their edges.
        """
        check_rank(x, 4, what="images")
        if 1 in (x[place] for place in self.spatial_axes) and Backend.choose() == "tensorflow":
            raise ShapeError(
                "takes images of at least 2 by 2 with the backend `tensorflow`,"
                f" {{0}} is {text(x)}",
                inputs=(0,),
            )
        return (*x, 2)


class MapCoordinates(Operation):
    """The values of a tensor at the places that the second one names, with an axis in front for their coordinates.

    >>> MapCoordinates(order=1).results(Inputs.of((8, 8), (2, 5)))[0].shape
    (5,)
    """

    keras_name = "ops.image.map_coordinates"
    arity = 2
    becomes = "first"
    rule = "the second without its first axis"

    order: Annotated[int, Integer(0, high=1)]
    fill_mode: FillMode = "constant"
    fill_value: Real = 0

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the values.

        Raises:
            ShapeError: There are coordinates for another number of axes.
        """
        tensors = self.tensors(inputs)
        shape, places = inputs.shapes
        if len(places) < 2 or places[0] != len(shape):
            raise ShapeError(
                f"takes {len(shape)} coordinates of each place on the first of at least 2 axes:"
                f" {{1}} is {text(places)}",
                inputs=(1,),
            )
        return (Tensor(places[1:], self.result_dtype(tensors)),)


class Framing(Images, abstract=True):
    """Changes the size of images at their edges."""

    #: The names of the arguments for the two ends of the height and of the width.
    ends: Tuple[Tuple[str, str], Tuple[str, str]]

    def check(self) -> Iterator[ArgumentError]:
        for (before, after), target in zip(self.ends, ("target_height", "target_width")):
            given = [name for name in (before, after, target) if getattr(self, name) is not None]
            if len(given) != 2:
                yield ArgumentError(
                    f"must be given if and only if one of `{before}` and `{after}` is not",
                    argument=target,
                )

    def frame(self, x: Shape, sign: int) -> Shape:
        """Return the shape of the images with another size.

        Args:
            x: Their shape.
            sign: 1 if the arguments are added to a size, -1 if they are taken from it.

        Raises:
            ShapeError: An end would be less than nothing.
        """
        Images.shape(self, x)
        targets = []
        for place, names, target in zip(
            self.spatial_axes, self.ends, ("target_height", "target_width")
        ):
            size, wanted = x[place], getattr(self, target)
            ends = [getattr(self, name) for name in names]
            if sign > 0 and size is None and wanted is not None:
                # The other end is at least one less, as an image is not empty.
                size = 1 if wanted - sum(end or 0 for end in ends) < 1 else None
            if size is not None:
                if wanted is None:
                    wanted = size + sign * sum(ends)
                rest = sign * (wanted - size) - sum(end or 0 for end in ends)
                if rest < 0 or wanted < 0:
                    raise ShapeError(
                        f"cannot make {wanted} of {size} on axis {place} of {{0}}: {text(x)}",
                        code="negative-size",
                        inputs=(0,),
                        argument=target,
                    )
            targets.append(wanted)
        return self.resized(x, *targets)


class PadImages(Framing):
    """Images with something around them.

    >>> PadImages(1, 1, 1, 1).shape((None, 8, 8, 3))
    (None, 10, 10, 3)
    """

    takes_strings = True
    keras_name = "ops.image.pad_images"
    rule = "height and width with what is put around them"
    ends = ("top_padding", "bottom_padding"), ("left_padding", "right_padding")

    top_padding: Edge = None
    left_padding: Edge = None
    bottom_padding: Edge = None
    right_padding: Edge = None
    target_height: Edge = None
    target_width: Edge = None
    data_format: DataFormat = None

    def shape(self, x: Shape) -> Shape:
        return self.frame(x, 1)


class CropImages(Framing):
    """Images without their edges.

    >>> CropImages(1, 1, 1, 1).shape((None, 8, 8, 3))
    (None, 6, 6, 3)
    """

    takes_strings = True
    keras_name = "ops.image.crop_images"
    rule = "height and width without what is cut off"
    ends = ("top_cropping", "bottom_cropping"), ("left_cropping", "right_cropping")

    top_cropping: Edge = None
    left_cropping: Edge = None
    bottom_cropping: Edge = None
    right_cropping: Edge = None
    target_height: Edge = None
    target_width: Edge = None
    data_format: DataFormat = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the cropped images.

        Raises:
            ShapeError: Too much is cut off, or a size is not known.
        """
        check_rank(x, 3, 4, what="images")
        for place, target in zip(self.spatial_axes, ("target_height", "target_width")):
            if x[place] is None and getattr(self, target) is None:
                raise ShapeError(
                    f"needs `{target}`, as {{0}} is {text(x)}",
                    code="unknown-dimension",
                    inputs=(0,),
                )
        return self.frame(x, -1)


class ExtractPatches(Images):
    """The patches of images or volumes, each on the axis of the channels.

    >>> ExtractPatches(size=4).shape((None, 8, 8, 3))
    (None, 2, 2, 48)
    """

    keras_name = "ops.image.extract_patches"
    changed = {"3.14": "it takes no `strides`, and no volumes"}
    rule = "each spatial axis by the window, the channels times its size"

    size: Annotated[object, Either(Integer(1), Integers(1, length=2), Integers(1, length=3))]
    strides: Annotated[object, Integers(1, single=True, none=True)] = None
    dilation_rate: Steps = 1
    padding: Annotated[str, Choice("valid", "same")] = "valid"
    data_format: DataFormat = None

    def result_dtype(self, tensors: Sequence[Tensor]) -> Optional[str]:
        """Return the dtype of the images.

        Raises:
            ShapeError: The backend takes no volumes of it.
        """
        if len(self.window_size) == 3:
            check_floats(tensors[0], "volumes of floats")
        return super().result_dtype(tensors)

    def check(self) -> Iterator[ArgumentError]:
        for name in ("strides", "dilation_rate"):
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != len(self.window_size):
                yield ArgumentError("must have as many numbers as `size`", argument=name)

    @property
    def window_size(self) -> Tuple[int, ...]:
        return for_axes(self.size, 2)

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the patches.

        Raises:
            ShapeError: It has another number of dimensions, nothing is left of an axis, or old
                versions of Keras do not take these arguments.
        """
        size = self.window_size
        if self.strides is not None:
            check_since((3, 14), self.keras_version, "for `strides`", argument="strides")
        if len(size) == 3:
            check_since((3, 14), self.keras_version, "for patches of volumes", argument="size")
        rank = len(size)
        check_rank(x, rank + 1, rank + 2, what="images")
        is_first = self.data_format == "channels_first"
        spatial = x[-rank:] if is_first else x[-rank - 1 : -1]
        channels = x[-rank - 1] if is_first else x[-1]
        if channels is None:
            raise ShapeError(
                f"needs a known number of channels, {{0}} is {text(x)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        steps = for_axes(size if self.strides is None else self.strides, rank)
        rates = for_axes(self.dilation_rate, rank)
        if max(steps) > 1 < max(rates) and Backend.choose() == "tensorflow":
            raise ShapeError(
                f"takes strides of 1 beside a dilation of {rates} with the backend `tensorflow`:"
                f" they are {steps}",
                code="wrong-value",
                argument="dilation_rate",
                hint=None if self.strides is not None else "add `strides: 1`",
            )
        lengths = tuple(
            window(length, kernel, stride, self.padding, rate)
            for length, kernel, stride, rate in zip(spatial, size, steps, rates)
        )
        if any(length is not None and length <= 0 for length in lengths):
            raise ShapeError(
                f"does not fit: a window of {size} on {{0}}, {text(x)}, leaves {lengths}",
                code="negative-size",
                inputs=(0,),
            )
        depth = product((*size, channels))
        rest = x[: -rank - 1]
        return (*rest, depth, *lengths) if is_first else (*rest, *lengths, depth)


class ScaleAndTranslate(Operation):
    """Images in another shape, scaled and moved along some axes by the second and the third tensor.

    >>> tensors = Inputs.of((8, 8, 3), (2,), (2,))
    >>> ScaleAndTranslate([4, 4, 3], [0, 1], "linear").results(tensors)[0].shape
    (4, 4, 3)
    """

    keras_name = "ops.image.scale_and_translate"
    arity = 3
    becomes = "first"
    rule = "`output_shape`"

    output_shape: Annotated[object, Integers(1)]
    spatial_dims: Annotated[object, Integers()]
    method: Annotated[str, Choice("linear", "bilinear", "trilinear", "cubic", "bicubic", "tricubic", "lanczos3", "lanczos5")]  # fmt: skip
    antialias: Flag = True

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the images.

        Raises:
            ShapeError: `output_shape` has another number of axes, or there are too few numbers.
        """
        tensors = self.tensors(inputs)
        shape = inputs.shapes[0]
        if len(self.output_shape) != len(shape):  # type: ignore[arg-type]
            raise ShapeError(
                f"takes a size for each axis of {{0}}, {text(shape)}",
                inputs=(0,),
                argument="output_shape",
            )
        count = len(self.spatial_dims)  # type: ignore[arg-type]
        is_exact = Backend.choose() == "jax"
        for place, other in enumerate(inputs.shapes[1:], 1):
            size = other[0] if other else 0
            if size is not None and (size < count or (is_exact and size != count)):
                raise ShapeError(
                    f"takes a number for each of `spatial_dims`, which are {count}:"
                    f" {{{place}}} is {text(other)}",
                    inputs=(place,),
                    argument="spatial_dims",
                )
        return (Tensor(self.output_shape, self.result_dtype(tensors)),)  # type: ignore[arg-type]

    def apply(self, function: Callable[..., object], tensors: Sequence[object]) -> object:
        arguments = self.explicit_arguments()
        return function(tensors[0], arguments.pop("output_shape"), *tensors[1:], **arguments)
