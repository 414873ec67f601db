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
    layer = "Dense: {units: 4, activity_regularizer: orthogonal_regularizer, dtype: float16}"
    reason = "takes float32 with the backend `tensorflow`: it is (None, 4) of float16"
    assert messages(layer) == [
        f"3: cannot penalize its result by `OrthogonalRegularizer`, which {reason}"
    ]
    # TensorFlow gives other floats than Keras declares.
    pooled = (
        "GlobalAveragePooling1D: {activity_regularizer: orthogonal_regularizer, dtype: bfloat16}"
    )
    assert messages("Reshape: {target_shape: [4, 2]}", "ops.cast: {dtype: uint8}", pooled) == []


def test_other_backends_convert_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    for backend in ("tensorflow", "torch", "jax"):
        monkeypatch.setattr(Backend, "choose", lambda backend=backend: backend)
        mismatch = OrthogonalRegularizer().mismatch((None, 2), "float16")
        assert bool(mismatch) is (backend == "tensorflow")
