"""Penalties on results: what a backend cannot compute is an error with a place."""

from __future__ import annotations

import pytest

import mergecli
from mergecli.catalog.regularizers import L1, L1L2, L2, OrthogonalRegularizer, regularizer
from mergecli.catalog.versions import Backend

SPEC = "input: [8]\nlayers:\n"


def messages(*layers: str) -> list[str]:
    text = SPEC + "".join(f"  - {layer}\n" for layer in layers)
    return [f"{found.span.line}: {found.message}" for found in mergecli.check(source=text)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("l1", L1),
        ("L2", L2),
        ("l1_l2", L1L2),
        ("l1l2", L1L2),
        ("orthogonal_regularizer", OrthogonalRegularizer),
    ],
)
def test_a_name_stands_for_a_class(name: str, kind: type) -> None:
    assert isinstance(regularizer(name), kind)


def test_only_matrices_are_orthogonal() -> None:
    layer = "Reshape: {target_shape: [2, 4], activity_regularizer: orthogonal_regularizer}"
    assert messages("Dense: {units: 4, activity_regularizer: orthogonal_regularizer}") == []
    assert messages(layer) == [
        "3: cannot penalize its result by `OrthogonalRegularizer`, which takes matrices: it is (None, 2, 4) of float32"
    ]


def test_a_dtype_is_judged_where_all_inputs_have_it() -> None:
    cast = "ops.cast: {dtype: uint8}"
    shaped = "Reshape: {target_shape: [2, 4], activity_regularizer: l2, dtype: uint8}"
    reason = "takes no uint8 with the backend `tensorflow`: it is (None, 2, 4) of uint8"
    assert messages(cast, shaped) == [f"4: cannot penalize its result by `L2`, which {reason}"]
    # TensorFlow gives other floats than Keras declares.
    pooled = (
        "GlobalAveragePooling1D: {activity_regularizer: orthogonal_regularizer, dtype: bfloat16}"
    )
    assert messages("Reshape: {target_shape: [4, 2]}", cast, pooled) == []


def test_a_sum_of_no_penalties_takes_all_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    for backend in ("tensorflow", "torch", "jax"):
        monkeypatch.setattr(Backend, "choose", lambda backend=backend: backend)
        assert L1L2().mismatch((None, 2), "bool") is None
        assert (L1L2(l1=0.1).mismatch((None, 2), "bool") is None) is (backend == "jax")
