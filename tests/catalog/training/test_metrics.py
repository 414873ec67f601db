"""The arguments of metrics: bounds, arguments that do not go together, and names."""

from __future__ import annotations

import pytest

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.training.metrics import (
    AUC,
    BinaryIoU,
    FBetaScore,
    IoU,
    Named,
    OneHotIoU,
    Precision,
    PrecisionAtRecall,
    TopKCategoricalAccuracy,
)


def test_a_single_value_is_the_first_argument_of_keras() -> None:
    assert TopKCategoricalAccuracy(3).k == 3
    assert PrecisionAtRecall(0.5).recall == 0.5
    assert AUC(100).num_thresholds == 100


def test_the_classes_of_an_overlap_are_below_their_number() -> None:
    assert IoU(num_classes=3, target_class_ids=[0, 2]).target_class_ids == (0, 2)
    with pytest.raises(ArgumentErrors, match="below the number of classes, 3, found 3"):
        IoU(num_classes=3, target_class_ids=[0, 3])
    with pytest.raises(ArgumentErrors, match="below the number of classes, 2, found 2"):
        BinaryIoU(target_class_ids=[2])


def test_an_overlap_needs_at_least_one_class() -> None:
    with pytest.raises(ArgumentErrors) as caught:
        OneHotIoU(num_classes=3, target_class_ids=[])
    assert [(error.argument, error.code) for error in caught.value.errors] == [
        ("target_class_ids", "wrong-value")
    ]


def test_labels_are_counted_only_where_there_are_several() -> None:
    assert AUC(num_labels=3, multi_label=True).num_labels == 3
    with pytest.raises(ArgumentErrors, match="num_labels: needs `multi_label: true`"):
        AUC(num_labels=3)


def test_an_area_needs_two_thresholds() -> None:
    assert AUC(num_thresholds=2).num_thresholds == 2
    with pytest.raises(ArgumentErrors, match="must be an integer of 2 or more"):
        AUC(num_thresholds=1)


def test_thresholds_are_one_or_several_from_zero_to_one() -> None:
    assert Precision(0.5).thresholds == 0.5
    assert Precision([0, 1.0]).thresholds == (0, 1.0)
    with pytest.raises(ArgumentErrors) as caught:
        Precision([0.5, 1.5])
    assert caught.value.errors[0].path == (1,)


def test_a_score_takes_a_decimal_number_only_as_keras_does() -> None:
    assert FBetaScore(beta=2.0).beta == 2.0
    for wrong in (2, 0.0):
        with pytest.raises(ArgumentErrors, match="must be a decimal number above 0"):
            FBetaScore(beta=wrong)


def test_accuracy_counts_in_any_case_and_other_names_do_not() -> None:
    named = Named()
    assert [named.check(name) for name in ("ACC", "Accuracy", "mse")] == ["ACC", "Accuracy", "mse"]
    for wrong in ("Mse", "precision_at_recall", "mean_io_u"):
        with pytest.raises(ArgumentError) as caught:
            named.check(wrong)
        assert caught.value.code == "wrong-value"
