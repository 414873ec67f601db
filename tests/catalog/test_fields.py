"""Arguments that take objects, activations and dtypes: names, roles, and policies."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.fields import (
    DTYPES,
    POLICIES,
    REGULARIZERS,
    FloatPolicy,
    Function,
    Object,
    Objects,
    Policy,
)
from mergecli.catalog.layers.activations import LeakyReLU
from mergecli.catalog.regularizers import L2


def refusal(argument: Any, value: object) -> ArgumentError:
    with pytest.raises(ArgumentError) as caught:
        argument.check(value)
    return caught.value


def test_an_object_is_a_name_or_of_its_role() -> None:
    argument, penalty = Object("regularizer", REGULARIZERS), L2()
    assert [argument.check(value) for value in ("l2", penalty, None)] == ["l2", penalty, None]
    assert refusal(argument, "L3").code == "wrong-value"
    assert refusal(argument, LeakyReLU()).code == "wrong-type"
    assert refusal(Object("regularizer", none=False), None).message == "must be a regularizer"


def test_names_count_in_any_case_only_where_keras_folds_them() -> None:
    argument = Object("initializer", ["Ones"])
    assert argument.words == "an initializer or null"
    assert refusal(argument, "ONES").code == "wrong-value"
    argument.folded = ("ones",)
    assert argument.check("ONES") == "ONES"


def test_a_list_of_objects_tells_which_is_wrong() -> None:
    many = Objects("regularizer", "regularizers")
    penalties = (L2(), L2(0.1))
    assert many.check(penalties) == list(penalties)
    assert refusal(many, [L2(), LeakyReLU()]).path == (1,)
    assert refusal(many, []).code == "wrong-value"
    assert refusal(many, L2()).code == "wrong-type"
    penalty = L2()
    assert Objects("regularizer", "regularizers", single=True).check(penalty) is penalty


def test_an_activation_is_a_function_or_a_layer() -> None:
    argument, layer = Function(["relu"]), LeakyReLU()
    assert [argument.check(value) for value in ("relu", layer)] == ["relu", layer]
    assert refusal(argument, L2()).message == "must be an activation"


@pytest.mark.parametrize("name", ["float32", "mixed_float16", "int", "float8_from_bfloat16", None])
def test_dtypes_and_policies(name: str | None) -> None:
    assert Policy(POLICIES, quantized=True).check(name) == name


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("int8_from_mixed_float16", "int8 does not go with float16; with bfloat16 it does"),
        (
            "int4/32_from_float32",
            "quantize the model after its training: what Keras makes of it depends on its version",
        ),
        ("int8", None),
        ("int8_from_", None),
        ("float8_from_nothing", None),
    ],
)
def test_a_policy_that_cannot_be_used(name: str, hint: str | None) -> None:
    problem = refusal(Policy(POLICIES, quantized=True), name)
    assert (problem.code, problem.hint) == ("wrong-value", hint)


def test_losses_are_computed_in_floats_and_not_quantized() -> None:
    argument = FloatPolicy()
    assert argument.check("mixed_bfloat16") == "mixed_bfloat16"
    for wrong in ("int32", "int8_from_float32"):
        assert refusal(argument, wrong).message == "must be a dtype of floats"
    assert refusal(argument, 32).code == "wrong-type"


def test_schemas_refer_to_the_definition_of_a_role() -> None:
    assert Object("optimizer map").schema() == {"$ref": "#/$defs/optimizer-map"}
    assert Object("layer", none=False, models=True).schema() == {
        "$ref": "#/$defs/layer-or-model",
        "type": ["string", "object"],
    }
    assert Function(["relu"]).schema()["$ref"] == "#/$defs/activation"
    assert Objects("metric", "metrics").schema()["minItems"] == 1


def test_the_bytes_of_a_dtype_are_those_in_its_name() -> None:
    bits = {name: re.fullmatch("[a-z]+([0-9]+)", name) for name in DTYPES}
    named = {name: int(found[1]) for name, found in bits.items() if found}
    assert set(DTYPES) - set(named) == {"bool", "string", "float8_e4m3fn", "float8_e5m2"}
    assert {name: 8 * DTYPES[name] for name in named} == named
