"""Keras's `layers/regularization`: layers that change nothing but the training."""

from typing import Annotated, Any, ClassVar, Optional, Tuple

from mergecli.catalog.fields import FLOATS, DataFormat, LayerSeed, Penalty, Rate
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.shapes import ShapeError, spreads, text
from mergecli.catalog.tensors import Inputs
from mergecli.catalog.versions import Backend

NoiseShape = Annotated[Any, Integers(1, gaps=True, none=True)]


class Unchanged(Layer, abstract=True):
    """The result has the input's shape."""

    training_default = False
    rule = "as it is"
    image = "keeps"


class Noise(Unchanged, abstract=True):
    """Changes values at random while training."""

    takes_strings = True
    mask = MaskBehaviour.PASSES
    #: The backends that turn integers into floats in a training; others cannot train on them.
    trains_on_integers: ClassVar[Tuple[str, ...]] = ()
    #: It divides by the share of values that is left.
    divides: ClassVar[bool] = False

    def check_in_model(self, inputs: Inputs) -> None:
        """Check that the layer can drop values: in shares, and of its input.

        Raises:
            ShapeError: A call that is always in training leaves no share, and divides by it; or
                `noise_shape` does not fit the input, so that no training can run.
        """
        is_all = self.divides and getattr(self, "rate", 0) == 1
        if is_all and inputs.options.get("training") is True:
            raise ShapeError(
                "cannot be called with `training: true`: it divides by the share that is left, 0",
                code="wrong-value",
                argument="rate",
            )
        noise, x = getattr(self, "noise_shape", None), inputs.shapes[0]
        # What drops nothing or all draws no noise.
        if noise is None or getattr(self, "rate", 0) in (0, 1):
            return
        # What is null is the size of the input on that axis.
        sizes = tuple(
            x[place] if size is None and place < len(x) else size
            for place, size in enumerate(noise)
        )
        if not spreads(sizes, x):
            raise ShapeError(
                f"cannot drop values of {{0}}, {text(x)}, by a `noise_shape` of {text(noise)}",
                inputs=(0,), argument="noise_shape", hint="give each axis its size, 1 or null",
            )  # fmt: skip

    def traced(self, inputs: Inputs, dtype: Optional[str]) -> Optional[str]:
        """Return the dtype of the results in a training.

        Raises:
            ShapeError: The backend cannot change integers at random.
        """
        if (
            dtype is None
            or dtype in FLOATS
            or not (getattr(self, "rate", 0) or getattr(self, "stddev", 0))
        ):
            return dtype
        if Backend.choose() in self.trains_on_integers:
            return self.compute_dtype
        raise ShapeError(
            f"takes floats, {{0}} has dtype {dtype}",
            code="wrong-type",
            inputs=(0,),
            hint="convert it first, with `Rescaling: {scale: 1.0}`",
        )


class Dropout(Noise):
    """Sets a share of the values to zero while training.

    >>> Dropout(0.5).shape((None, 8))
    (None, 8)
    """

    drops = True

    rate: Rate
    noise_shape: NoiseShape = None
    seed: LayerSeed = None


class AlphaDropout(Noise):
    """Dropout that keeps mean and variance, for `selu`.

    >>> AlphaDropout(0.1).shape((None, 8))
    (None, 8)
    """

    trains_on_integers = ("jax", "torch")
    drops = divides = True

    rate: Rate
    noise_shape: NoiseShape = None
    seed: LayerSeed = None


class GaussianDropout(Noise):
    """Multiplies by noise around one while training.

    >>> GaussianDropout(0.1).shape((None, 8))
    (None, 8)
    """

    trains_on_integers = ("jax", "torch")
    drops = divides = True

    rate: Rate
    seed: LayerSeed = None


class GaussianNoise(Noise):
    """Adds noise around zero while training.

    >>> GaussianNoise(0.1).shape((None, 8))
    (None, 8)
    """

    trains_on_integers = ("jax", "torch")

    stddev: Rate
    seed: LayerSeed = None


class ActivityRegularization(Unchanged):
    """Adds a penalty on its input to the loss.

    >>> ActivityRegularization(l2=0.01).shape((None, 8))
    (None, 8)
    """

    mask = MaskBehaviour.PASSES
    without = ("activity_regularizer",)
    passes_lists = True

    l1: Penalty = 0.0
    l2: Penalty = 0.0

    def penalizes(self) -> bool:
        return bool(self.l1 or self.l2)


class SpatialDropout(Noise, abstract=True):
    """Drops whole channels while training."""

    mask = MaskBehaviour.NONE
    trains_on_integers = ("torch",)
    drops = True
    without = ("activity_regularizer", "trainable", "autocast")

    rate: Rate
    seed: LayerSeed = None


class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of a sequence while training.

    >>> SpatialDropout1D(0.1).shape((None, 10, 8))
    (None, 10, 8)
    """

    mask = MaskBehaviour.PASSES
    ndim = 3


class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of an image while training.

    >>> SpatialDropout2D(0.1).shape((None, 8, 8, 3))
    (None, 8, 8, 3)
    """

    ndim = 4

    data_format: DataFormat = None


class SpatialDropout3D(SpatialDropout):
    """Drops whole channels of a volume while training.

    >>> SpatialDropout3D(0.1).shape((None, 8, 8, 8, 3))
    (None, 8, 8, 8, 3)
    """

    ndim = 5

    data_format: DataFormat = None
