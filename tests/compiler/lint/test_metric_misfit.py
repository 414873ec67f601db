"""The rule `metric-misfit`: metrics that measure something else, and those that do not."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

LOGITS = "{BinaryCrossentropy: {from_logits: true}}"


def found(units: int, loss: str, metric: str, activation: str = "linear") -> list[tuple[str, str]]:
    """The messages and hints about a metric of a model with one output."""
    text = f"""input: [8]
layers: [{{Dense: {{units: {units}, activation: {activation}, name: out}}}}]
compile: {{optimizer: adam, loss: {loss}, metrics: [{metric}]}}
"""
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is not None, compiled.errors
    return [(d.message, d.help or "") for d in compiled.diagnostics if d.code == "metric-misfit"]


@pytest.mark.parametrize(
    ("metric", "hint"),
    [
        ("accuracy", "BinaryAccuracy: {threshold: 0}"),
        ("Precision", "Precision: {thresholds: 0}"),
        ("AUC", "AUC: {from_logits: true}"),
    ],
)
def test_a_metric_that_cuts_at_a_half_misfits_logits(metric: str, hint: str) -> None:
    (only,) = found(1, LOGITS, metric)
    assert only[0].endswith("for `out` (Dense) takes logits as probabilities")
    assert only[1] == f"write `{hint}`"


@pytest.mark.parametrize(
    "metric", ["{BinaryAccuracy: {threshold: 0}}", "{AUC: {from_logits: true}}"]
)
def test_a_metric_that_knows_of_logits_fits(metric: str) -> None:
    assert found(1, LOGITS, metric) == []


def test_accuracy_of_several_logits_finds_the_largest_and_fits() -> None:
    assert found(3, LOGITS, "accuracy") == []


def test_probabilities_are_cut_at_a_half_rightly() -> None:
    assert found(1, "binary_crossentropy", "accuracy", "sigmoid") == []


def test_targets_of_two_forms_do_not_fit_in_either_direction() -> None:
    sparse = found(3, "sparse_categorical_crossentropy", "CategoricalAccuracy", "softmax")
    assert [hint for _, hint in sparse] == ["use `SparseCategoricalAccuracy`"]
    dense = found(3, "categorical_crossentropy", "SparseCategoricalAccuracy", "softmax")
    assert [hint for _, hint in dense] == ["use `CategoricalAccuracy`"]
    assert found(3, "categorical_crossentropy", "CategoricalAccuracy", "softmax") == []


def test_a_metric_of_classes_needs_more_than_one_value() -> None:
    (only,) = found(1, "binary_crossentropy", "CategoricalAccuracy", "sigmoid")
    assert only == (
        "`CategoricalAccuracy` for `out` (Dense) compares classes, and there is only one: (None, 1)",
        "use `BinaryAccuracy`",
    )


def test_the_likeliest_k_must_be_fewer_than_the_classes() -> None:
    loss, metric = "categorical_crossentropy", "TopKCategoricalAccuracy"
    # `k` is 5 if it is not given.
    assert [hint for _, hint in found(5, loss, metric, "softmax")] == ["set `k` to less than 5"]
    assert found(6, loss, metric, "softmax") == []
    assert found(5, loss, f"{{{metric}: {{k: 4}}}}", "softmax") == []
