"""Keras's `layers/preprocessing/image_preprocessing`: images of another size or with other values."""

from typing import Annotated, Any, ClassVar, Iterator, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice, Number
from mergecli.catalog.fields import FLOATS, DataFormat, Flag, LayerSeed, Positive, Real, Whole
from mergecli.catalog.layers.preprocessing import Preprocessing
from mergecli.catalog.layers.reshaping import NO_INTERPOLATION
from mergecli.catalog.list_arguments import Integers, List
from mergecli.catalog.shapes import Shape, ShapeError, text
from mergecli.catalog.tensors import Inputs
from mergecli.catalog.versions import Backend

Boxes = Annotated[
    Optional[str],
    Choice(
        None, "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh", fold=True
    ),
]  # fmt: skip
Range = Annotated[Any, List(Number(), "numbers", length=2)]
Scaling = Annotated[str, Choice("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area")]


class Image(Preprocessing, abstract=True):
    """Takes images, one or a batch of them."""

    training_default = True
    rule = "as it is"
    image = "gives"
    #: Which batches JAX can trace a training of: any, those of a known size, or none.
    jax_traces: ClassVar[Optional[str]] = "any"

    bounding_box_format: Boxes = None
    data_format: DataFormat = None

    @property
    def channels(self) -> Tuple[int, ...]:
        """How many channels an image may have; nothing if it may have any number."""
        return ()

    def check_rank(self, shape: Shape) -> None:
        """Check the number of dimensions of an input.

        Raises:
            ShapeError: It is neither an image nor a batch of images.
        """
        if len(shape) not in (3, 4):
            raise ShapeError(
                f"takes images of 3 dimensions or a batch of 4, {{0}} has {len(shape)}: {text(shape)}",
                code="input-rank",
                inputs=(0,),
            )

    def traced(self, inputs: Inputs, dtype: Optional[str]) -> Optional[str]:
        """Return the dtype of the results in a training.

        Raises:
            ShapeError: The backend is JAX, which cannot trace it.
        """
        traces = self.jax_traces
        can_trace = traces == "any" or (traces == "known" and inputs.shapes[0][0] is not None)
        if not can_trace and Backend.choose() == "jax":
            raise ShapeError(
                "cannot be traced by the backend `jax`",
                code="unsupported-layer",
                hint="make it a layer of its own",
            )
        return dtype

    def depth(self, x: Shape) -> Optional[int]:
        """How many channels images of shape `x` have."""
        return x[-3] if self.data_format == "channels_first" else x[-1]

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the changed images.

        Raises:
            ShapeError: They have another number of channels.
        """
        found = self.depth(x)
        if found is not None and self.channels and found not in self.channels:
            wanted = " or ".join(map(str, self.channels))
            raise ShapeError(
                f"takes images of {wanted} channels, {{0}} has {found}: {text(x)}", inputs=(0,)
            )
        return x


def check_own_input(layer: Image, inputs: Inputs) -> None:
    """Check that a layer whose `compute_output_spec` returns its input gets another one from Keras.

    Raises:
        ShapeError: It gets what it is applied to, so that the layer comes before itself.
    """
    x = inputs.tensors[0]
    if x.dtype is None or layer.cast(x.dtype) != x.dtype:
        return
    remedy = "apply it to the images before they enter the model"
    if layer.autocast and x.dtype in FLOATS:
        other = "float32" if x.dtype == "float64" else "float64"
        remedy += f", or set `dtype: {other}`, so that Keras converts them"
    raise ShapeError(
        "returns its input itself, and Keras cannot build a model with such a layer",
        code="unsupported-layer",
        hint=remedy,
    )


class Sized(Image, abstract=True):
    """Gives images of `height` and `width`."""

    rule = "the two spatial axes become `height` and `width`"

    height: Positive
    width: Positive

    def shape(self, x: Shape) -> Shape:
        if self.data_format == "channels_first":
            return (*x[:-2], self.height, self.width)
        return (*x[:-3], self.height, self.width, x[-1])


class Resizing(Sized):
    """Images of another size.

    >>> Resizing(64, 64).shape((None, 300, 200, 3))
    (None, 64, 64, 3)
    """

    newer = {"antialias": "3.9"}
    unsupported = NO_INTERPOLATION

    interpolation: Scaling = "bilinear"
    crop_to_aspect_ratio: Flag = False
    pad_to_aspect_ratio: Flag = False
    fill_mode: Annotated[str, Choice("constant")] = "constant"
    fill_value: Real = 0.0
    antialias: Flag = False

    def check(self) -> Iterator[ArgumentError]:
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            yield ArgumentError(
                "cannot be true together with `crop_to_aspect_ratio`",
                argument="pad_to_aspect_ratio",
            )

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        check_filling(self, (self.height, self.width), inputs.shapes[0], dtypes[0])


def check_filling(layer: Any, size: Sequence[int], x: Shape, dtype: Optional[str]) -> None:
    """Check that images can be padded to the aspect ratio of others.

    Args:
        layer: A layer or operation that pads, or not, with its `fill_value`.
        size: The height and width that it gives.
        x: The shape of the images.
        dtype: Their dtype when the model runs.

    Raises:
        ShapeError: TensorFlow does not multiply integers with a float.
    """
    is_filled = layer.pad_to_aspect_ratio and Backend.choose() == "tensorflow"
    is_float = dtype is None or dtype in FLOATS or isinstance(layer.fill_value, int)
    height, width = x[-2:] if layer.data_format == "channels_first" else x[-3:-1]
    if not is_filled or is_float or height is None or width is None:
        return
    # Half of them stand at each side.
    rows = max(height, width * size[0] // size[1]) - height
    columns = max(width, height * size[1] // size[0]) - width
    if max(rows, columns) > 1:
        raise ShapeError(
            f"pads {dtype} with the float {layer.fill_value}",
            code="wrong-type",
            inputs=(0,),
            argument="fill_value",
            hint=f"give it `fill_value: {int(layer.fill_value)}`",
        )


class CenterCrop(Sized):
    """The middle of an image; a smaller one is made larger first.

    >>> CenterCrop(24, 24).shape((None, 32, 32, 3))
    (None, 24, 24, 3)
    """


class RandomCrop(Sized):
    """A part of an image at a random place.

    >>> RandomCrop(24, 24).shape((None, 32, 32, 3))
    (None, 24, 24, 3)
    """

    jax_traces = None

    seed: LayerSeed = None


class AutoContrast(Image):
    """Spreads the values over the whole range.

    >>> AutoContrast().shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    value_range: Range = (0, 255)


def check_range(value_range: Sequence[float]) -> Iterator[ArgumentError]:
    """Yield an error for a range by whose width a layer divides, if that is zero."""
    if value_range[0] == value_range[1]:
        yield ArgumentError("must have two different values", argument="value_range")


class Equalization(Image):
    """Makes all brightnesses equally frequent, in each channel.

    >>> Equalization().shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    keeps_dtype = True

    value_range: Range = (0, 255)
    bins: Positive = 256

    def traced(self, inputs: Inputs, dtype: Optional[str]) -> Optional[str]:
        return self.compute_dtype

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        yield from check_range(self.value_range)

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that it does not return its input itself.

        Raises:
            ShapeError: It does, and Keras cannot build such a model.
        """
        check_own_input(self, inputs)


class ContrastLimitedAdaptiveHistogramEqualization(Image):
    """Makes all brightnesses equally frequent, tile by tile.

    >>> ContrastLimitedAdaptiveHistogramEqualization(clip_limit=2.0).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    since = "3.14"

    value_range: Range = (0, 255)
    clip_limit: Real = 4.0
    tile_grid_size: Annotated[Any, Integers(1, length=2)] = (8, 8)

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the images.

        Raises:
            ShapeError: TensorFlow is to fill the last tiles with more pixels than there are.
        """
        first = len(x) - (2 if self.data_format == "channels_first" else 3)
        for index, tiles in enumerate(self.tile_grid_size, first):
            size = x[index]
            if size is None or Backend.choose() != "tensorflow":
                continue
            missing = -size % tiles
            if missing > size:
                raise ShapeError(
                    f"cannot make {tiles} tiles of {size} pixels on axis {index}:"
                    f" {missing} are missing, and TensorFlow mirrors those that are there once",
                    inputs=(0,),
                    argument="tile_grid_size",
                )
        return super().shape(x)


class MaxNumBoundingBoxes(Image):
    """Cuts or fills the boxes of an image to one number; an image alone stays as it is.

    >>> MaxNumBoundingBoxes(max_number=10).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    max_number: Positive
    fill_value: Whole = -1
