"""Keras's `layers/regularization`: layers that change nothing but the training."""

from typing import Annotated, Any

from mergecli.catalog.fields import DataFormat, LayerSeed, Penalty, Rate
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.list_arguments import Integers

NoiseShape = Annotated[Any, Integers(1, gaps=True, none=True)]


class Unchanged(Layer, abstract=True):
    """The result has the input's shape."""

    training_default = False
    rule = "as it is"
    image = "keeps"


class Dropout(Unchanged):
    """Sets a share of the values to zero while training.

    >>> Dropout(0.5).shape((None, 8))
    (None, 8)
    """

    takes_strings = True
    mask = MaskBehaviour.PASSES
    drops = True

    rate: Rate
    noise_shape: NoiseShape = None
    seed: LayerSeed = None


class AlphaDropout(Unchanged):
    """Dropout that keeps mean and variance, for `selu`.

    >>> AlphaDropout(0.1).shape((None, 8))
    (None, 8)
    """

    takes_strings = True
    mask = MaskBehaviour.PASSES
    drops = True

    rate: Rate
    noise_shape: NoiseShape = None
    seed: LayerSeed = None


class GaussianDropout(Unchanged):
    """Multiplies by noise around one while training.

    >>> GaussianDropout(0.1).shape((None, 8))
    (None, 8)
    """

    takes_strings = True
    mask = MaskBehaviour.PASSES
    drops = True

    rate: Rate
    seed: LayerSeed = None


class GaussianNoise(Unchanged):
    """Adds noise around zero while training.

    >>> GaussianNoise(0.1).shape((None, 8))
    (None, 8)
    """

    takes_strings = True
    mask = MaskBehaviour.PASSES

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


class SpatialDropout(Unchanged, abstract=True):
    """Drops whole channels while training."""

    drops = True
    without = ("activity_regularizer", "trainable", "autocast")

    rate: Rate
    seed: LayerSeed = None


class SpatialDropout1D(SpatialDropout):
    """Drops whole channels of a sequence while training.

    >>> SpatialDropout1D(0.1).shape((None, 10, 8))
    (None, 10, 8)
    """

    takes_strings = True
    mask = MaskBehaviour.PASSES
    ndim = 3


class SpatialDropout2D(SpatialDropout):
    """Drops whole channels of an image while training.

    >>> SpatialDropout2D(0.1).shape((None, 8, 8, 3))
    (None, 8, 8, 3)
    """

    takes_strings = True
    ndim = 4

    data_format: DataFormat = None


class SpatialDropout3D(SpatialDropout):
    """Drops whole channels of a volume while training.

    >>> SpatialDropout3D(0.1).shape((None, 8, 8, 8, 3))
    (None, 8, 8, 8, 3)
    """

    takes_strings = True
    ndim = 5

    data_format: DataFormat = None
