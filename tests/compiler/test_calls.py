"""How a layer is called: its tensors by name, and masks beside them. Keras's `call` has the names."""

from __future__ import annotations

import inspect
from typing import Any

import known_layers as known
import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mergecli.catalog import registry
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

UNNAMED = [name for name, kind in known.KINDS if not kind.takes and name != "InputLayer"]


@pytest.mark.keras
@pytest.mark.parametrize("name", UNNAMED)
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_a_tensor_may_be_given_by_the_name_that_keras_has_for_it(name: str, data: Any) -> None:
    kind = registry.layers()[name]
    arguments, inputs = data.draw(
        known.calls(kind).filter(lambda call: len(call[1].tensors) > 1 or not call[1].listed)
    )
    for word in ("inputs", "x", "data"):
        called = Inputs(
            inputs.tensors, keywords=(word,) * len(inputs.tensors), options=inputs.options
        )
        ours, theirs = (
            oracle.of_mergecli(kind, arguments, called),
            oracle.of_keras(kind, arguments, called),
        )
        assert ours.facts == theirs.facts or known.differs(kind, arguments, inputs, ours, theirs), (
            word,
            ours,
            theirs,
        )


@pytest.mark.keras
@pytest.mark.parametrize("name", UNNAMED)
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_a_list_is_judged_as_keras_judges_it(name: str, data: Any) -> None:
    kind = registry.layers()[name]
    arguments, inputs = data.draw(
        known.calls(kind).filter(lambda call: oracle.of_mergecli(kind, *call).accepted)
    )
    for many in (1, 2):
        called = Inputs(inputs.tensors[:1] * many, listed=True)
        ours, theirs = (
            oracle.of_mergecli(kind, arguments, called),
            oracle.of_keras(kind, arguments, called),
        )
        assert ours.facts == theirs.facts or known.differs(kind, arguments, called, ours, theirs), (
            ours,
            theirs,
        )
        if name in {"Identity", "ActivityRegularization"}:
            assert ours.accepted and len(ours.results) == many


@pytest.mark.keras
def test_calls_that_take_a_mask_are_keras_s() -> None:
    import keras

    theirs = {
        name
        for name, _ in known.KINDS
        if "mask" in inspect.signature(getattr(keras.layers, name).call).parameters
    }
    assert {name for name, kind in known.KINDS if kind.masked or "mask" in kind.takes} == theirs


X = Tensor((None, 4, 3))


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "arguments", "x", "mask", "fits"),
    [
        ("BatchNormalization", {}, (None, 4, 3), (None, 4), True),
        ("BatchNormalization", {}, (None, 4, 3), (1, 1), True),
        ("BatchNormalization", {}, (None, 4, 3), (None, 5), False),
        ("BatchNormalization", {}, (None, 4, 3), (None, 4, 3), False),
        ("Softmax", {}, (None, 4, 3), (3,), True),
        ("Softmax", {}, (None, 4, 3), (None, 4, 3), True),
        ("Softmax", {}, (None, 4, 3), (None, 4, 1, 3), False),
        ("Softmax", {}, (None, 4, 3), (None, 2, 3), False),
        ("GlobalAveragePooling1D", {}, (None, 4, 3), (None, 4), True),
        ("GlobalAveragePooling1D", {}, (None, 4, 3), (None, 3), False),
        (
            "GlobalAveragePooling1D",
            {"data_format": "channels_first"},
            (None, 4, 3),
            (None, 3),
            True,
        ),
        (
            "TimeDistributed",
            {"layer": registry.layers()["Dense"](2)},
            (None, 4, 3),
            (None, 4),
            True,
        ),
        (
            "TimeDistributed",
            {"layer": registry.layers()["Dense"](2)},
            (None, 4, 3),
            (None, 5),
            False,
        ),
        ("TimeDistributed", {"layer": registry.layers()["Dense"](2)}, (None, 4, 3), (4,), False),
        (
            "Pipeline",
            {"layers": [registry.layers()["Softmax"]()]},
            (None, 4, 3),
            (None, 4, 3),
            True,
        ),
    ],
)
def test_a_mask_fits_where_the_model_runs_with_it(
    name: str,
    arguments: dict[str, Any],
    x: tuple[int | None, ...],
    mask: tuple[int | None, ...],
    fits: bool,
) -> None:
    from drawing_attention_rnn import fails_when_run

    kind = registry.layers()[name]
    inputs = Inputs(
        (Tensor(x), Tensor(mask, "bool")), keywords=("inputs", "mask"), options={"training": True}
    )
    ours = oracle.of_mergecli(kind, arguments, inputs)
    assert ours.accepted == fits == (not fails_when_run(kind, arguments, inputs))
    if fits:
        assert ours.facts == oracle.of_keras(kind, arguments, inputs).facts


def test_a_mask_may_stand_in_front() -> None:
    text = "inputs: {x: [4, 3], m: {shape: [4], dtype: bool}}\nlayers:\n  - BatchNormalization\n    from: {mask: m, inputs: x}\n"
    text = text.replace("- BatchNormalization\n", "- BatchNormalization:\n")
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.diagnostics == []
    assert compiled.network is not None and compiled.network.results[-1][0].shape == (None, 4, 3)


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    text = "inputs: {x: [4, 3]}\nlayers:\n  - Dense: 2\n    from: {input: x}\n"
    (error,) = compile_spec(Source(text, "a.yaml")).errors
    assert (error.message, error.help) == (
        "`dense` (Dense) takes no tensor `input`",
        "it takes `inputs`",
    )
