"""Metrics, written under `compile:` as `metrics: [accuracy, {TopKCategoricalAccuracy: {k: 3}}]`."""

from typing import Annotated, Any, Iterator, Optional, Sequence

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number, Words
from mergecli.catalog.config_quirks import without
from mergecli.catalog.fields import Axis, Flag, FloatPolicy, Object, Rate, Real
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.list_arguments import Either, Integers, List

Name = Annotated[Optional[str], Words(none=True)]
DType = Annotated[Optional[str], FloatPolicy()]
Class = Annotated[Optional[int], Integer(none=True)]
Classes = Annotated[int, Integer(1)]
Thresholds = Annotated[
    Any, Either(Number(0, 1, none=True), List(Number(0, 1), "numbers from 0 to 1"))
]
Count = Annotated[int, Integer(1)]
K = Annotated[int, Integer()]


class ClassList(Integers):
    """A list of at least one class."""

    def check(self, value: object) -> object:
        """Return the classes as a tuple.

        Raises:
            ArgumentError: There are none, or they are not integers.
        """
        classes = super().check(value)
        if not classes:
            raise self.refuse("wrong-value")
        return classes


ClassIds = Annotated[Sequence[int], ClassList()]

#: The names that Keras knows: classes, in both cases, and short ones. Those that need an argument have none.
NAMES = tuple(
    """
    auc accuracy binary_accuracy binary_crossentropy binary_io_u categorical_accuracy categorical_crossentropy
    categorical_hinge concordance_correlation cosine_similarity f1_score f_beta_score false_negatives false_positives hinge
    kl_divergence log_cosh_error mean_absolute_error mean_absolute_percentage_error mean_squared_error
    mean_squared_logarithmic_error pearson_correlation poisson precision r2_score recall root_mean_squared_error
    sparse_categorical_accuracy sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge
    top_k_categorical_accuracy true_negatives true_positives
    AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy CategoricalHinge
    ConcordanceCorrelation CosineSimilarity F1Score FBetaScore FalseNegatives FalsePositives Hinge KLDivergence LogCoshError
    MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError PearsonCorrelation Poisson
    Precision R2Score Recall RootMeanSquaredError SparseCategoricalAccuracy SparseCategoricalCrossentropy
    SparseTopKCategoricalAccuracy SquaredHinge TopKCategoricalAccuracy TrueNegatives TruePositives
    bce BCE mae MAE mse MSE mape MAPE msle MSLE
    """.split()
)
#: Names for the accuracy that suits targets and predictions, in any case.
FITTING = ("accuracy", "acc")


class Named(Object):
    """A metric, by one of its names or as `{Class: {argument: value}}`."""

    folded = FITTING

    def __init__(self) -> None:
        super().__init__("metric", (*NAMES, "acc"), none=False)


class Metric(KerasObject, abstract=True):
    """What is measured while fitting and evaluating."""

    role = "metric"
    module = "metrics"

    name: Name = None
    dtype: DType = None


class Accuracy(Metric):
    """How often predictions equal targets."""

    name = "accuracy"


class BinaryAccuracy(Metric):
    """How often predictions, cut at a threshold, equal targets."""

    name: Name = "binary_accuracy"
    dtype: DType = None
    threshold: Real = 0.5


class CategoricalAccuracy(Metric):
    """How often the likeliest class is that of a one-hot target."""

    name = "categorical_accuracy"


class SparseCategoricalAccuracy(Metric):
    """How often the likeliest class is the target, an integer."""

    name = "sparse_categorical_accuracy"


class TopKCategoricalAccuracy(Metric):
    """How often a one-hot target is among the `k` likeliest classes."""

    k: K = 5
    name = "top_k_categorical_accuracy"


class SparseTopKCategoricalAccuracy(Metric):
    """How often the target, an integer, is among the `k` likeliest classes."""

    k: K = 5
    name: Name = "sparse_top_k_categorical_accuracy"
    dtype: DType = None
    from_sorted_ids: Flag = False


class BinaryCrossentropy(Metric):
    """Of one probability for each label."""

    name: Name = "binary_crossentropy"
    dtype: DType = None
    from_logits: Flag = False
    label_smoothing: Real = 0


class CategoricalCrossentropy(Metric):
    """Of the probabilities of classes, for targets that are one-hot."""

    name: Name = "categorical_crossentropy"
    dtype: DType = None
    from_logits: Flag = False
    label_smoothing: Real = 0
    axis: Axis = -1


class SparseCategoricalCrossentropy(Metric):
    """Of the probabilities of classes, for targets that are integers."""

    newer = {"ignore_class": "3.14"}

    name: Name = "sparse_categorical_crossentropy"
    dtype: DType = None
    from_logits: Flag = False
    ignore_class: Class = None
    axis: Axis = -1


class KLDivergence(Metric):
    """Kullback and Leibler's divergence of two distributions."""

    name = "kl_divergence"


class Poisson(Metric):
    """For counts."""

    name = "poisson"


class Thresholded(Metric, abstract=True):
    """Counts of predictions cut at one threshold or several."""

    thresholds: Thresholds = None


class TruePositives(Thresholded):
    """How many positive targets are predicted so."""


class TrueNegatives(Thresholded):
    """How many negative targets are predicted so."""


class FalsePositives(Thresholded):
    """How many negative targets are predicted as positive."""


class FalseNegatives(Thresholded):
    """How many positive targets are predicted as negative."""


class Selecting(Metric, abstract=True):
    """Counts of predictions cut at thresholds, or of the `top_k` likeliest, of all classes or of one."""

    thresholds: Thresholds = None
    top_k: Annotated[Optional[int], Integer(0, none=True)] = None
    class_id: Class = None


class Precision(Selecting):
    """How many of the positive predictions are right."""


class Recall(Selecting):
    """How many of the positive targets are found."""


class PrecisionAtRecall(Metric):
    """The best precision with at least this recall."""

    recall: Rate
    num_thresholds: Count = 200
    class_id: Class = None


class RecallAtPrecision(Metric):
    """The best recall with at least this precision."""

    precision: Rate
    num_thresholds: Count = 200
    class_id: Class = None


class SensitivityAtSpecificity(Metric):
    """The best sensitivity with at least this specificity."""

    specificity: Rate
    num_thresholds: Count = 200
    class_id: Class = None


class SpecificityAtSensitivity(Metric):
    """The best specificity with at least this sensitivity."""

    sensitivity: Rate
    num_thresholds: Count = 200
    class_id: Class = None


class AUC(Metric):
    """The area under a curve of thresholds."""

    newer_values = {"curve": {"PRGAIN": "3.11", "prgain": "3.11"}}

    num_thresholds: Annotated[int, Integer(2)] = 200
    curve: Annotated[str, Choice("ROC", "roc", "PR", "pr", "PRGAIN", "prgain")] = "ROC"
    summation_method: Annotated[
        str,
        Choice("interpolation", "Interpolation", "majoring", "Majoring", "minoring", "Minoring"),
    ] = "interpolation"
    name: Name = None
    dtype: DType = None
    thresholds: Annotated[Any, List(Number(), "numbers", none=True)] = None
    multi_label: Flag = False
    num_labels: Annotated[Optional[int], Integer(0, none=True)] = None
    label_weights: Annotated[Any, List(Number(), "numbers", none=True)] = None
    from_logits: Flag = False

    def check(self) -> Iterator[ArgumentError]:
        if self.num_labels and not self.multi_label:
            yield ArgumentError("needs `multi_label: true`", argument="num_labels")


class FBetaScore(Metric):
    """The weighted harmonic mean of precision and recall."""

    average: Annotated[Optional[str], Choice(None, "micro", "macro", "weighted")] = None
    beta: Annotated[float, Number(0, above=True, decimal=True)] = 1.0
    threshold: Annotated[Optional[float], Number(0, 1, above=True, decimal=True, none=True)] = None
    name = "fbeta_score"


class F1Score(Metric):
    """The harmonic mean of precision and recall."""

    average: Annotated[Optional[str], Choice(None, "micro", "macro", "weighted")] = None
    threshold: Annotated[Optional[float], Number(0, 1, above=True, decimal=True, none=True)] = None
    name = "f1_score"


class MeanSquaredError(Metric):
    """The squares of the differences."""

    name = "mean_squared_error"


class RootMeanSquaredError(Metric):
    """The root of the mean of the squares of the differences."""

    name = "root_mean_squared_error"


class MeanAbsoluteError(Metric):
    """The absolute differences."""

    name = "mean_absolute_error"


class MeanAbsolutePercentageError(Metric):
    """The absolute differences in percent of the targets."""

    name = "mean_absolute_percentage_error"


class MeanSquaredLogarithmicError(Metric):
    """The squares of the differences of logarithms."""

    name = "mean_squared_logarithmic_error"


class CosineSimilarity(Metric):
    """The cosine between targets and predictions."""

    name: Name = "cosine_similarity"
    dtype: DType = None
    axis: Axis = -1


class LogCoshError(Metric):
    """The logarithm of the hyperbolic cosine of the differences."""

    name = "logcosh"


class R2Score(Metric):
    """How much of the variance is explained."""

    class_aggregation: Annotated[
        Optional[str], Choice(None, "uniform_average", "variance_weighted_average")
    ] = "uniform_average"
    num_regressors: Annotated[int, Integer(0)] = 0
    name = "r2_score"


class ConcordanceCorrelation(Metric):
    """Lin's concordance of targets and predictions."""

    name: Name = "concordance_correlation"
    dtype: DType = None
    axis: Axis = -1


class PearsonCorrelation(Metric):
    """Pearson's correlation of targets and predictions."""

    name: Name = "pearson_correlation"
    dtype: DType = None
    axis: Axis = -1


class Hinge(Metric):
    """For targets of -1 and 1."""

    name = "hinge"


class SquaredHinge(Metric):
    """For targets of -1 and 1, squared."""

    name = "squared_hinge"


class CategoricalHinge(Metric):
    """For classes."""

    name = "categorical_hinge"


class Overlap(Metric, abstract=True):
    """How far predicted and true areas of classes overlap."""

    #: Keras counts in integers, and writes so, whatever dtype it is given.
    config_quirk = without(dtype="int64")

    def check(self) -> Iterator[ArgumentError]:
        classes, ids = getattr(self, "num_classes", 2), getattr(self, "target_class_ids", ())
        if ids and max(ids) >= classes:
            yield ArgumentError(
                f"must be below the number of classes, {classes}, found {max(ids)}",
                argument="target_class_ids",
            )


class IoU(Overlap):
    """Intersection over union, of some classes."""

    num_classes: Classes
    target_class_ids: ClassIds
    name: Name = None
    dtype: DType = None
    ignore_class: Class = None
    sparse_y_true: Flag = True
    sparse_y_pred: Flag = True
    axis: Axis = -1


class BinaryIoU(Overlap):
    """Intersection over union, of two classes cut at a threshold."""

    target_class_ids: ClassIds = (0, 1)
    threshold: Real = 0.5


class MeanIoU(Overlap):
    """Intersection over union, the mean of all classes."""

    num_classes: Classes
    name: Name = None
    dtype: DType = None
    ignore_class: Class = None
    sparse_y_true: Flag = True
    sparse_y_pred: Flag = True
    axis: Axis = -1


class OneHotIoU(Overlap):
    """Intersection over union, of some classes, for targets that are one-hot."""

    num_classes: Classes
    target_class_ids: ClassIds
    name: Name = None
    dtype: DType = None
    ignore_class: Class = None
    sparse_y_pred: Flag = False
    axis: Axis = -1


class OneHotMeanIoU(Overlap):
    """Intersection over union, the mean of all classes, for targets that are one-hot."""

    num_classes: Classes
    name: Name = None
    dtype: DType = None
    ignore_class: Class = None
    sparse_y_pred: Flag = False
    axis: Axis = -1
