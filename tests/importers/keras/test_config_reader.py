"""Configs of models as a whole: which versions wrote them, chains, and what they keep of the user's classes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mergecli.catalog.layers.core import Dense, InputLayer
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.config_reader import is_model, parse
from mergecli.importers.keras.json_configs import decoded
from mergecli.importers.keras.saved_model import Origin, Saved


def layer(cls: str, name: str, **config: Any) -> Any:
    return {"class_name": cls, "config": {"name": name, **config}}


def chain(*layers: Any, **more: Any) -> Any:
    return {"class_name": "Sequential", "config": {"name": "m", "layers": list(layers), **more}}


def read(data: Any) -> Saved:
    return parse(decoded(json.dumps(data), None))


INPUT = layer("InputLayer", "x", batch_shape=[None, 4])


@pytest.mark.parametrize(
    ("version", "is_old"),
    [("1.2.2", True), ("2.15.0", True), ("3.0.5", False), ("10.0", False), (None, False)],
)
def test_the_version_tells_whether_a_config_is_old(version: str | None, is_old: bool) -> None:
    saved = parse({**chain(INPUT), "keras_version": version})
    assert (saved.is_old, saved.version) == (is_old, version or "")


def test_without_a_version_the_form_of_inputs_tells_it() -> None:
    assert parse(chain(layer("Dense", "d", units=1, batch_input_shape=[None, 4]))).is_old
    assert not parse(chain(INPUT, layer("Dense", "d", units=1))).is_old


def test_a_chain_without_an_input_layer_gets_one_from_its_shape() -> None:
    for data in (
        chain(layer("Dense", "d", units=1), build_input_shape=[None, 4]),
        chain(layer("Dense", "d", units=1, batch_input_shape=[None, 4])),
    ):
        saved = parse(data)
        assert [call.name for call in (*saved.inputs, *saved.calls)] == ["m_input", "d"]
        assert isinstance(saved.inputs[0].layer, InputLayer)
        assert saved.calls[0].sources == (Origin("m_input"),)
        assert saved.outputs == [Origin("d", 0)] and saved.single


def test_a_layer_that_a_chain_has_twice_is_called_twice() -> None:
    dense = layer("Dense", "d", units=4)
    saved = parse(chain(INPUT, dense, dense))
    assert [(call.name, call.number, call.sources) for call in saved.calls] == [
        ("d", 0, (Origin("x", 0),)),
        ("d", 1, (Origin("d", 0),)),
    ]


def test_a_list_of_layers_is_a_chain_of_keras_2_without_a_name() -> None:
    saved = parse({"class_name": "Sequential", "config": [INPUT]})
    assert (saved.name, saved.inputs[0].name) == ("sequential", "x")


def test_a_module_of_tf_keras_is_one_of_keras_but_not_one_that_only_begins_so() -> None:
    dense = {**layer("Dense", "d", units=1), "module": "tf_keras.layers"}
    saved = read(chain(INPUT, dense))
    assert isinstance(saved.calls[0].layer, Dense) and not saved.refusals
    (reason,) = read(chain(INPUT, {**dense, "module": "tf_keras_evil.layers"})).refusals
    assert "of the module `tf_keras_evil.layers`" in reason


def test_the_user_s_classes_are_named_once_and_their_layers_are_kept() -> None:
    mine = {**layer("Mine", "a"), "registered_name": "my>Mine"}
    saved = parse(chain(INPUT, mine, {**mine, "config": {"name": "b"}}))
    assert saved.custom == ["my>Mine"] and saved.unknown == []
    assert [(call.name, call.cls, call.layer) for call in saved.calls] == [
        ("a", "my>Mine", None),
        ("b", "my>Mine", None),
    ]


def test_what_is_refused_is_not_said_to_be_unknown_too() -> None:
    saved = parse(chain(INPUT, layer("Lambda", "code"), layer("Dense", "d", units=1, strange=2)))
    assert len(saved.refusals) == 1 and "`code`" in saved.refusals[0]
    assert saved.unknown == ["`d`: `Dense` has no argument `strange` that mergecli knows"]


def test_only_a_model_with_an_optimizer_was_compiled() -> None:
    compiled = {"optimizer": {"class_name": "Adam", "config": {}}, "loss": "mse"}
    assert parse({**chain(INPUT), "compile_config": compiled}).training == compiled
    for config in ({"optimizer": None}, {}, "adam", None):
        assert parse({**chain(INPUT), "compile_config": config}).training is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (chain(INPUT, {"class_name": "Dense", "config": {}}), "a layer without a name"),
        ({"class_name": "Mine", "config": {"a": 1}}, "`Mine` does not tell its layers"),
        (chain(INPUT, layer("Dense", "d", units=1 << 64)), "more than 64 bits"),
        (chain(layer("InputLayer", "\ud800")), "half a character"),
    ],
)
def test_what_no_keras_has_written_is_refused(data: Any, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(data)


def test_models_are_told_from_layers() -> None:
    layers = {"layers": []}
    assert is_model({"class_name": "Sequential", "config": []})
    assert is_model({"class_name": "Model", "config": layers})
    assert is_model({"class_name": "Functional", "module": "keras", "config": layers})
    assert not is_model({"class_name": "Functional", "module": "mine", "config": layers})
    assert not is_model({"class_name": "StackedRNNCells", "config": layers})
    assert not is_model({"class_name": "Sequential", "config": {}})


def test_layers_that_differ_in_their_names_alone_have_the_same_values_but_are_separate() -> None:
    config = {"units": 3, "kernel_initializer": {"class_name": "HeNormal", "config": {}}}
    layers = (layer("Dense", name, **config) for name in "ab")
    one, other = (call.layer for call in parse(chain(INPUT, *layers)).calls)
    assert one is not other and one is not None and other is not None
    assert vars(one) == vars(other) and one.explicit is other.explicit
    (third,) = parse(chain(INPUT, layer("Dense", "a", units=3.0 == 3))).unknown
    assert "`a`" in third
