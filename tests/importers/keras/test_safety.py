"""What in a config is refused before anything is loaded, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.importers.keras.safety import is_keras_s, is_registered, name_of, refusals


def layer(cls: str, name: str = "a", module: str | None = "keras.layers", **config: Any) -> Any:
    return {"class_name": cls, "module": module, "config": {"name": name, **config}}


def model(*layers: Any, **more: Any) -> Any:
    config = {"name": "model", "layers": list(layers)}
    return {"class_name": "Functional", "module": "keras", "config": config, **more}


def test_a_model_of_keras_s_own_layers_is_safe() -> None:
    relu = {"module": "builtins", "class_name": "function", "config": "relu"}
    zeros = {"module": "keras.initializers", "class_name": "Zeros", "config": {}}
    dense = layer("Dense", units=3, activation=relu, bias_initializer=zeros)
    text = layer("TextVectorization", "b", vocabulary=["a", "b"])
    assert list(refusals(model(dense, text, layer("Mine", "c", None)))) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (layer("Lambda"), "`a` is a `Lambda`"),
        (layer("Popen", module="subprocess"), "`a` is a `Popen` of the module `subprocess`"),
        (layer("get_file", module="keras.utils"), "`a` names `keras.utils.get_file`"),
        (layer("x", module="keras.src.saving"), "`a` names `keras.src.saving.x`"),
        (layer("Dense", activation="evil"), "`a` has the activation `evil`"),
        (layer("StringLookup", vocabulary="/etc/passwd"), "from the file `/etc/passwd`"),
        (
            layer("Dense", activation={"class_name": "__lambda__", "config": {"value": "4wEA"}}),
            "`a` holds the code of a Python function",
        ),
        (
            layer("Dense", f={"class_name": "function", "module": "os", "config": "system"}),
            "`a` names the function `system` of the module `os`",
        ),
        (
            layer("Dense", t={"class_name": "__typespec__", "module": "os", "config": {}}),
            "`a` holds a type of the module `os`",
        ),
    ],
)
def test_what_runs_code_or_reads_files_is_refused_at_its_layer(data: Any, reason: str) -> None:
    (found,) = refusals(model(layer("Dense", "safe", units=1), data))
    assert reason in found


def test_a_layer_in_a_model_in_the_model_is_named_by_its_way() -> None:
    inner = model(layer("Lambda", "code"))
    inner["config"]["name"] = "inner"
    (found,) = refusals(model(inner))
    assert found.startswith("`inner.code` ")


def test_each_cause_is_one_sentence() -> None:
    found = list(refusals(model(layer("Lambda", "a"), layer("TFSMLayer", "b"))))
    assert [reason.partition(" ")[0] for reason in found] == ["`a`", "`b`"]


def test_the_loss_of_a_compiled_model_may_be_a_function_that_is_no_activation() -> None:
    loss = {"module": "builtins", "class_name": "function", "config": "mse"}
    assert list(refusals(model(compile_config={"loss": loss}))) == []
    (found,) = refusals(model(layer("Dense", units=1, activation=loss)))
    assert "names the function `mse`, which is no activation of Keras" in found
    (found,) = refusals(model(compile_config={"loss": {**loss, "module": "os"}}))
    assert found.startswith("`compile_config` names the function `mse` of the module `os`")


def test_a_class_counts_as_registered_only_if_it_is_none_of_keras() -> None:
    mine = {"class_name": "Mine", "module": None, "registered_name": "my>Mine"}
    assert is_registered(mine) and not is_registered({**mine, "module": "keras.layers"})
    assert is_registered({"class_name": "my>Mine"})
    assert not is_registered({"class_name": "Mine", "registered_name": "my>Mine"})


def test_only_modules_below_keras_are_its_own() -> None:
    assert is_keras_s({"module": "keras"}) and is_keras_s({"module": "keras.layers"})
    assert not is_keras_s({"module": "keras_evil"}) and not is_keras_s({"module": None})


def test_a_name_is_text_of_the_layer_or_of_its_config() -> None:
    assert name_of({"name": "a", "config": {"name": "b"}}) == "a"
    assert name_of({"config": {"name": "b"}}) == "b"
    assert name_of({"config": []}) == name_of({"name": 3}) == ""
