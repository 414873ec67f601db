"""Layers that change images at random while training."""

from typing import TYPE_CHECKING, Annotated, Any, Iterator, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number
from mergecli.catalog.config_quirks import Config, Quirk, without
from mergecli.catalog.fields import Flag, LayerSeed, Positive, Rate, Real
from mergecli.catalog.layers.image_preprocessing import (
    Image,
    Range,
    check_own_input,
    check_range,
)
from mergecli.catalog.list_arguments import Either, Factor, Integers, List
from mergecli.catalog.shapes import Shape, ShapeError, text
from mergecli.catalog.tensors import Inputs, has_dtype
from mergecli.catalog.versions import Backend, Version

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json


Colour = Annotated[Any, Either(Number(none=True), List(Number(), "numbers", length=3))]
Share = Annotated[Any, Factor(0, 1)]
Part = Annotated[Any, Factor(0, 1, strict=True)]
Signed = Annotated[Any, Factor(-1, 1)]
Shift = Annotated[Any, Factor(-1, 1, strict=True)]
Zoom = Annotated[Any, Factor(-1, 1, strict=True, above=True)]
Above = Annotated[float, Number(0, above=True)]
Filling = Annotated[str, Choice("reflect", "wrap", "constant", "nearest")]
Reading = Annotated[str, Choice("bilinear", "nearest")]


def grey_or_colour(version: Version) -> Tuple[int, ...]:
    """Return how many channels images may have that are made grey, which older versions only do with colours."""
    return (1, 3) if version >= (3, 15) else (3,)


class Random(Image, abstract=True):
    """Changes each image at random while training."""

    seed: LayerSeed = None


class RandomFlip(Random):
    """Mirrors images.

    >>> RandomFlip("horizontal").shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    mode: Annotated[str, Choice("horizontal", "vertical", "horizontal_and_vertical")] = (
        "horizontal_and_vertical"
    )


class CutMix(Random):
    """Puts a part of one image into another.

    >>> CutMix().shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    since = "3.9"
    jax_traces = "known"

    factor: Share = 1.0

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the backend can draw the size of a part.

        Raises:
            ShapeError: It cannot, in floats as short as those of the layer.
        """
        backend = Backend.choose()
        # A single image is not mixed with others.
        is_mixed = len(inputs.shapes[0]) == 4 and inputs.options.get("training") is not False
        refused = {"tensorflow": ("bfloat16",), "torch": ("bfloat16", "float16")}.get(backend, ())
        if is_mixed and self.compute_dtype in refused:
            raise ShapeError(
                f"cannot be run in {self.compute_dtype} by the backend `{backend}`",
                code="wrong-value",
                argument="dtype",
                hint="give it `dtype: float32`",
            )


class MixUp(Random):
    """Blends two images.

    >>> MixUp(alpha=0.2).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    jax_traces = "known"

    alpha: Above = 0.2


class RandomGrayscale(Random):
    """Takes the colour out of some images.

    >>> RandomGrayscale(factor=0.2).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    changed = {
        "3.11": "it cannot be part of a model, as it returns its input itself",
        "3.15": "images have 3 channels",
    }
    keeps_dtype = True

    factor: Rate = 0.5

    @property
    def channels(self) -> Tuple[int, ...]:
        return grey_or_colour(self.keras_version)

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that old versions of Keras do not get its input itself from it.

        Raises:
            ShapeError: They do, and cannot build such a model.
        """
        if self.keras_version < (3, 11):
            check_own_input(self, inputs)


class RandomPerspective(Random):
    """Looks at images from another side.

    >>> RandomPerspective(scale=0.3).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    since = "3.9"

    factor: Share = 1.0
    scale: Rate = 1.0
    interpolation: Reading = "bilinear"
    fill_value: Real = 0.0


class Moved(Random, abstract=True):
    """Moves the pixels; what comes in from outside is filled."""

    fill_mode: Filling = "reflect"
    interpolation: Reading = "bilinear"
    fill_value: Real = 0.0


class RandomRotation(Moved):
    """Turns images by parts of a full turn.

    >>> RandomRotation(0.1).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    factor: Signed


@Quirk
def _shear_factors(config: Config) -> Config:
    """Turn pairs back into the numbers that they were made of, as the constructor refuses such a list."""

    def factor(value: "Json") -> "Json":
        if not isinstance(value, list) or len(value) != 2:
            return value
        are_numbers = all(isinstance(end, (int, float)) for end in value)
        return value[1] if are_numbers and value[0] == -value[1] else value

    return {
        name: factor(value) if name.endswith("_factor") else value for name, value in config.items()
    }


class RandomShear(Moved):
    """Slants images.

    >>> RandomShear(x_factor=0.1).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    config_quirk = _shear_factors

    x_factor: Part = 0.0
    y_factor: Part = 0.0


class RandomTranslation(Moved):
    """Shifts images by parts of their size.

    >>> RandomTranslation(0.1, 0.1).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    height_factor: Shift
    width_factor: Shift


class RandomZoom(Moved):
    """Zooms into images or out of them.

    >>> RandomZoom(0.2).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    height_factor: Zoom
    width_factor: Annotated[Any, Factor(-1, 1, strict=True, above=True, none=True)] = None


class Toned(Random, abstract=True):
    """Changes values, which lie in `value_range`."""

    value_range: Range = (0, 255)


class RandomBrightness(Toned):
    """Makes images brighter or darker.

    >>> RandomBrightness(0.2).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    bool_runs_as = "int32"

    factor: Signed

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that TensorFlow can keep the images in the range.

        Raises:
            ShapeError: It cannot keep integers in a range of floats.
        """
        is_fraction = any(isinstance(bound, float) for bound in self.value_range)
        if is_fraction and "int" in (dtypes[0] or "") and Backend.choose() == "tensorflow":
            raise ShapeError(
                f"takes integers as `value_range` of integers, {has_dtype(inputs, 0, dtypes[0])}",
                code="wrong-type",
                inputs=(0,),
                argument="value_range",
            )


class RandomContrast(Toned):
    """Draws values separately or together.

    >>> RandomContrast(0.2).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    factor: Share


class RandomColorDegeneration(Toned):
    """Blends images with their grey.

    >>> RandomColorDegeneration(0.5).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    channels = (3,)

    factor: Signed


class RandomHue(Toned):
    """Turns colours around the colour wheel.

    >>> RandomHue(0.1).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    channels = (3,)

    factor: Share


class RandomSaturation(Toned):
    """Makes colours stronger or weaker.

    >>> RandomSaturation(0.4).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    data = "floats"
    channels = (3,)

    factor: Signed


class RandomSharpness(Toned):
    """Makes edges sharper or softer.

    >>> RandomSharpness(0.5).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    factor: Share


class RandomPosterization(Toned):
    """Keeps only some bits of each value.

    >>> RandomPosterization(4).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    factor: Annotated[Any, Factor(1, 8, whole=True)]


class RandomInvert(Toned):
    """Turns some images into their negative.

    >>> RandomInvert(0.5).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    since = "3.9"

    factor: Share = 1.0


class RandomErasing(Toned):
    """Covers a rectangle of an image.

    >>> RandomErasing(scale=[0.02, 0.2]).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    since = "3.9"

    factor: Share = 1.0
    scale: Share = (0.02, 0.33)
    fill_value: Colour = None

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the images.

        Raises:
            ShapeError: They do not have the 3 channels that `fill_value` fills.
        """
        if isinstance(self.fill_value, tuple) and x[-1] not in (3, None):
            raise ShapeError(
                f"fills 3 channels, the last axis of {{0}} is {x[-1]}: {text(x)}",
                inputs=(0,),
                argument="fill_value",
            )
        return x


class RandomGaussianBlur(Toned):
    """Blurs images.

    >>> RandomGaussianBlur(kernel_size=5).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    config_quirk = without(kernel_size=[3, 3])

    since = "3.9"

    factor: Share = 1.0
    kernel_size: Annotated[Any, Either(Integer(1), Integers(1, length=2))] = 3
    sigma: Share = 1.0

    def check(self) -> Iterator[ArgumentError]:
        sizes = (self.kernel_size,) if isinstance(self.kernel_size, int) else self.kernel_size
        if any(size % 2 == 0 for size in sizes):
            yield ArgumentError("must be odd", argument="kernel_size")


class RandomElasticTransform(Toned):
    """Bends images like rubber.

    >>> RandomElasticTransform(scale=0.5).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    since = "3.10"
    jax_traces = None
    refuses_floats = True

    factor: Share = 1.0
    scale: Share = 1.0
    interpolation: Reading = "bilinear"
    # Keras takes `mirror`, too, and cannot run it.
    fill_mode: Annotated[str, Choice("reflect", "wrap", "constant", "nearest")] = "reflect"
    fill_value: Real = 0.0

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        most = [
            value[1] if isinstance(value, tuple) else value for value in (self.factor, self.scale)
        ]
        if all(most) and inputs.options.get("training") is not False:
            check_bent(inputs.shapes[0], self.data_format)


def check_bent(x: Shape, data_format: Optional[str]) -> None:
    """Check that images can be bent: JAX and PyTorch lose axes of size 1 while they draw where each place goes.

    Args:
        x: The shape of an image, or of a batch of them.
        data_format: Whether the channels are the first or the last axis of an image.

    Raises:
        ShapeError: The backend is one of them, and what is left is taken for other axes.
    """
    height, width = x[-2:] if data_format == "channels_first" else x[-3:-1]
    batch = x[0] if len(x) == 4 else 1
    # A single row of a single image is right by chance.
    is_lost = 1 in (height, width) and batch not in (1, None)
    is_turned = width == 1 and height not in (1, None) and batch in (1, None)
    if (is_lost or is_turned) and Backend.choose() in ("jax", "torch"):
        raise ShapeError(
            f"takes images of at least 2 by 2 with the backend `{Backend.choose()}`,"
            f" {{0}} is {text(x)}",
            inputs=(0,),
        )


class Solarization(Toned):
    """Inverts the values above a threshold.

    >>> Solarization(threshold_factor=0.5).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    addition_factor: Part = 0.0
    threshold_factor: Part = 0.0


class RandomColorJitter(Toned):
    """Changes brightness, contrast, saturation and hue, each if its factor is given.

    >>> RandomColorJitter(brightness_factor=0.2, hue_factor=0.1).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    value_range: Range = (0, 255)
    brightness_factor: Annotated[Any, Factor(-1, 1, none=True)] = None
    contrast_factor: Annotated[Any, Factor(0, 1, none=True)] = None
    saturation_factor: Annotated[Any, Factor(-1, 1, none=True)] = None
    hue_factor: Annotated[Any, Factor(0, 1, none=True)] = None

    @property
    def channels(self) -> Tuple[int, ...]:
        return () if self.saturation_factor is None and self.hue_factor is None else (3,)

    def depth(self, x: Shape) -> Optional[int]:
        """Keras does not tell the layers inside its `data_format`."""
        return x[-1]


class RandAugment(Toned):
    """Some random changes, chosen anew for each batch.

    >>> RandAugment(num_ops=3).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    changed = {"3.15": "images have 3 channels"}

    value_range: Range = (0, 255)
    num_ops: Positive = 2
    factor: Part = 0.5
    interpolation: Reading = "bilinear"

    @property
    def channels(self) -> Tuple[int, ...]:
        return grey_or_colour(self.keras_version)

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        yield from check_range(self.value_range)


class AugMix(Toned):
    """Blends images with what chains of random changes make of them.

    >>> AugMix(num_chains=2).shape((None, 32, 32, 3))
    (None, 32, 32, 3)
    """

    since = "3.9"
    changed = {"3.15": "images have 3 channels with `all_ops`"}

    value_range: Range = (0, 255)
    num_chains: Positive = 3
    chain_depth: Positive = 3
    factor: Part = 0.3
    alpha: Above = 1.0
    all_ops: Flag = True
    interpolation: Reading = "bilinear"

    @property
    def channels(self) -> Tuple[int, ...]:
        return grey_or_colour(self.keras_version) if self.all_ops else ()
