"""Losses, written under `compile:` as `loss: {Huber: {delta: 2.0}}`."""

from typing import Annotated, Any, Optional

from mergecli.catalog.arguments import Choice, Integer, Number, ScopeName
from mergecli.catalog.fields import Axis, Flag, FloatPolicy, Object, Real
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.list_arguments import Array, Integers

Name = Annotated[Optional[str], ScopeName()]
DType = Annotated[Optional[str], FloatPolicy()]
Reduction = Annotated[
    Optional[str],
    Choice("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None),
]
Axes = Annotated[Any, Integers(single=True, none=True)]
Class = Annotated[Optional[int], Integer(none=True)]

#: The names of classes and functions that Keras knows.
NAMES = tuple(
    """
    binary_crossentropy binary_focal_crossentropy categorical_crossentropy categorical_focal_crossentropy categorical_hinge
    circle cosine_similarity ctc dice hinge huber kl_divergence log_cosh mean_absolute_error mean_absolute_percentage_error
    mean_squared_error mean_squared_logarithmic_error poisson sparse_categorical_crossentropy squared_hinge tversky
    BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy CategoricalFocalCrossentropy CategoricalHinge
    Circle CosineSimilarity Dice Hinge Huber KLDivergence LogCosh MeanAbsoluteError MeanAbsolutePercentageError
    MeanSquaredError MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge Tversky
    bce BCE kld KLD mae MAE mse MSE mape MAPE msle MSLE
    """.split()
)
#: Names for the crossentropy that suits targets and predictions, in any case.
FITTING = ("crossentropy", "ce")


class Named(Object):
    """A loss, by one of its names or as `{Class: {argument: value}}`."""

    folded = FITTING

    def __init__(self) -> None:
        super().__init__("loss", (*NAMES, *FITTING), none=False)


class Loss(KerasObject, abstract=True):
    """What is made small."""

    role = "loss"
    module = "losses"

    reduction: Reduction = "sum_over_batch_size"
    name: Name = None
    dtype: DType = None


class BinaryCrossentropy(Loss):
    """Of one probability for each label."""

    from_logits: Flag = False
    label_smoothing: Real = 0.0
    axis: Axis = -1
    name = "binary_crossentropy"


class BinaryFocalCrossentropy(Loss):
    """Of one probability for each label, with more weight on those that are hard."""

    apply_class_balancing: Flag = False
    alpha: Real = 0.25
    gamma: Real = 2.0
    from_logits: Flag = False
    label_smoothing: Real = 0.0
    axis: Axis = -1
    name = "binary_focal_crossentropy"


class CategoricalCrossentropy(Loss):
    """Of the probabilities of classes, for targets that are one-hot."""

    from_logits: Flag = False
    label_smoothing: Real = 0.0
    axis: Axis = -1
    name = "categorical_crossentropy"


class CategoricalFocalCrossentropy(Loss):
    """Of the probabilities of classes, with more weight on those that are hard."""

    alpha: Annotated[Any, Array()] = 0.25
    gamma: Real = 2.0
    from_logits: Flag = False
    label_smoothing: Real = 0.0
    axis: Axis = -1
    name = "categorical_focal_crossentropy"


class CategoricalGeneralizedCrossEntropy(Loss):
    """Of the probabilities of classes, for targets that are integers and sometimes wrong."""

    since = "3.10"

    q: Annotated[float, Number(0, 1, above=True, below=True)] = 0.5
    name = "categorical_generalized_cross_entropy"


class SparseCategoricalCrossentropy(Loss):
    """Of the probabilities of classes, for targets that are integers."""

    newer = {"axis": "3.10"}

    from_logits: Flag = False
    ignore_class: Class = None
    reduction: Reduction = "sum_over_batch_size"
    axis: Axis = -1
    name = "sparse_categorical_crossentropy"


class KLDivergence(Loss):
    """Kullback and Leibler's divergence of two distributions."""

    name = "kl_divergence"


class Poisson(Loss):
    """For counts."""

    name = "poisson"


class CTC(Loss):
    """Connectionist temporal classification, for sequences of labels that are not aligned."""

    name = "ctc"


class MeanSquaredError(Loss):
    """The squares of the differences."""

    name = "mean_squared_error"


class MeanAbsoluteError(Loss):
    """The absolute differences."""

    name = "mean_absolute_error"


class MeanAbsolutePercentageError(Loss):
    """The absolute differences in percent of the targets."""

    name = "mean_absolute_percentage_error"


class MeanSquaredLogarithmicError(Loss):
    """The squares of the differences of logarithms."""

    name = "mean_squared_logarithmic_error"


class CosineSimilarity(Loss):
    """The cosine between targets and predictions, negative."""

    axis: Axis = -1
    name = "cosine_similarity"


class LogCosh(Loss):
    """The logarithm of the hyperbolic cosine of the differences."""

    name = "log_cosh"


class Huber(Loss):
    """Squares of differences up to `delta`, absolute ones beyond."""

    delta: Real = 1.0
    name = "huber_loss"


class Hinge(Loss):
    """For targets of -1 and 1."""

    name = "hinge"


class SquaredHinge(Loss):
    """For targets of -1 and 1, squared."""

    name = "squared_hinge"


class CategoricalHinge(Loss):
    """For classes."""

    name = "categorical_hinge"


class Dice(Loss):
    """How little two masks overlap."""

    reduction: Reduction = "sum_over_batch_size"
    name: Name = "dice"
    axis: Axes = None


class Tversky(Loss):
    """How little two masks overlap, false positives and negatives weighted."""

    alpha: Real = 0.5
    beta: Real = 0.5
    reduction: Reduction = "sum_over_batch_size"
    name: Name = "tversky"
    axis: Axes = None


class Circle(Loss):
    """For embeddings, near to those of their class and far from others."""

    gamma: Real = 80.0
    margin: Real = 0.4
    remove_diagonal: Flag = True
    name = "circle"
