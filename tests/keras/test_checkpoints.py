"""What `diff` says of checkpoints, held against Keras: both models are built, one is saved, the other loads it."""

from __future__ import annotations

import json
import pathlib
import random
import warnings
from typing import Any

import mutations
import pytest
from running import ROOT, SPECS

from mergecli.cli.commands.diff import SideReader
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff import compare
from mergecli.diff.checkpoint_layout import layer_order
from mergecli.diff.model import Model, unfold
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network


def network_of(text: str) -> Network:
    compiled = compile_spec(Source(text, str(ROOT / "specs" / "model.yaml")))
    assert compiled.network is not None, compiled.diagnostics
    return compiled.network


def build(network: Network) -> Any:
    from mergecli.runtime import build as model

    return model.build(network)


@pytest.mark.parametrize(
    "path",
    [path for path in SPECS if path.stem not in ("resnet50", "transfer")],
    ids=lambda path: path.stem,
)
def test_layers_stand_in_the_order_of_keras(path: pathlib.Path) -> None:
    network = network_of(path.read_text(encoding="utf-8"))
    assert [network.graph.nodes[index].name for index in layer_order(network)] == [
        layer.name for layer in build(network).layers
    ]


def test_layers_of_random_models_stand_in_the_order_of_keras() -> None:
    chance = random.Random(7)
    for _ in range(12):
        network = network_of(mutations.spec(chance, 12).text())
        assert [network.graph.nodes[index].name for index in layer_order(network)] == [
            layer.name for layer in build(network).layers
        ]


def marked(model: Any) -> dict[str, float]:
    """Fill each layer with a number of its own; gives the numbers by the layers' names."""
    import numpy

    marks = {}
    for number, layer in enumerate(inner(model), 2):
        if layer.weights:
            layer.set_weights(
                [numpy.full(weight.shape, number, "float32") for weight in layer.weights]
            )
            marks[layer.name] = float(number)
    return marks


def inner(model: Any) -> list[Any]:
    return [
        one
        for layer in model.layers
        for one in (inner(layer) if hasattr(layer, "layers") else [layer])
    ]


def held(old: Any, new: Any, found: Any, folder: pathlib.Path, names: dict[str, str]) -> bool:
    """Compare what was foretold with what Keras does; `names` are the old names of the layers that are the same. Tells whether it loads."""
    marks = marked(old)
    path = str(folder / "old.weights.h5")
    old.save_weights(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            new.load_weights(path)
        except ValueError:
            assert found.loading.whole is False
            return False
    assert found.loading.whole is True, found.loading.clashes
    got = {
        layer.name: next(
            name for name, mark in marks.items() if mark == float(layer.get_weights()[0].flat[0])
        )
        for layer in inner(new)
        if layer.weights
    }
    crossed = {new: old for new, old in got.items() if names.get(new) != old}
    assert crossed == {
        new.rpartition(".")[2]: old.rpartition(".")[2] for new, old in found.loading.crossed
    }
    return True


def test_whether_a_checkpoint_loads_is_foretold(tmp_path: pathlib.Path) -> None:
    """Random changes: Keras loads the file exactly if `diff` says so, and gives each layer what `diff` says."""
    verdicts = []
    for old, mutation in mutations.random_mutations(seed=11, count=32):
        networks = network_of(old.text()), network_of(mutation.spec.text())
        found = compare(unfold(networks[0]), unfold(networks[1]))
        names = {pair.new.name: pair.old.name for pair in found.pairs}
        verdicts.append(held(build(networks[0]), build(networks[1]), found, tmp_path, names))
    assert verdicts.count(False) > 3 and verdicts.count(True) > 12


def test_a_layer_may_get_what_was_another_one_s(tmp_path: pathlib.Path) -> None:
    """Without weights of its own, a layer that is put into a branch moves those before it farther from the outputs, where Keras counts first."""
    text = """
    branches:
      a: {input: [4], layers: [{Dense: {units: 4, name: a1}}, {Dense: {units: 4, name: a2}}]}
      b: {input: [4], layers: [{Dense: {units: 4, name: b1}}]}
    merge: {Add: {name: sum}}
    """
    networks = (
        network_of(text),
        network_of(
            text.replace(
                "[{Dense: {units: 4, name: b1}}",
                "[{Dense: {units: 4, name: b1}}, Dropout: 0.5, ReLU",
            )
        ),
    )
    found = compare(unfold(networks[0]), unfold(networks[1]))
    names = {pair.new.name: pair.old.name for pair in found.pairs}
    assert held(build(networks[0]), build(networks[1]), found, tmp_path, names)
    assert (
        dict(found.loading.crossed) == {"b1": "a1", "a1": "a2", "a2": "b1"} or found.loading.crossed
    )
    assert found.loading.loaded == found.loading.needed


RECURRENT = """
input: [10, 8]
layers:
  - Bidirectional: {layer: {LSTM: {units: 3, return_sequences: true, dropout: 0.2}}, name: both}
  - TimeDistributed: {layer: {Dense: 3}, name: each}
  - MultiHeadAttention: {num_heads: 2, key_dim: 3, name: attention}
    from: {query: previous, value: previous}
  - BatchNormalization: {name: norm}
  - GRU: {units: 3, return_sequences: true, name: gru}
  - SeparableConv1D: {filters: 3, kernel_size: 2, name: conv}
"""


@pytest.mark.parametrize(
    ("change", "into"),
    [
        ("units: 3, return_sequences: true, dropout: 0.2", "units: 4, return_sequences: true"),
        ("dropout: 0.2", "dropout: 0"),
        ("{Dense: 3}", "{Dense: {units: 3, use_bias: false}}"),
        ("{Dense: 3}", "{input: [6], layers: [{Dense: 3}]}"),
        ("key_dim: 3", "key_dim: 3, use_bias: false"),
        ("BatchNormalization: {", "BatchNormalization: {scale: false, "),
        ("BatchNormalization: {", "LayerNormalization: {"),
        ("GRU: {units: 3", "GRU: {reset_after: false, units: 3"),
        ("kernel_size: 2", "kernel_size: 3"),
        ("kernel_size: 2", "kernel_size: 2, dtype: mixed_float16"),
        ("  - GRU", "  - GaussianNoise: 0.5\n  - GRU"),
    ],
)
def test_parts_of_layers(change: str, into: str, tmp_path: pathlib.Path) -> None:
    assert change in RECURRENT
    networks = network_of(RECURRENT), network_of(RECURRENT.replace(change, into))
    found = compare(unfold(networks[0]), unfold(networks[1]))
    assert found.loading.whole is not None
    held(
        build(networks[0]),
        build(networks[1]),
        found,
        tmp_path,
        {pair.new.name: pair.old.name for pair in found.pairs},
    )


@pytest.mark.parametrize(
    ("change", "into"),
    [
        ("units: 3", "units: 4"),
        ("units: 3", "units: 3, use_bias: false"),
        ("BatchNormalization", "ReLU"),
        ("name: c", "name: d"),
        ("name: each", "name: other"),
    ],
)
def test_models_in_layers(change: str, into: str, tmp_path: pathlib.Path) -> None:
    old = """
input: [10, 5]
layers:
  - TimeDistributed:
      layer: {input: [5], layers: [{Dense: {units: 3, name: a}}, BatchNormalization, {Dense: {units: 2, name: c}}]}
      name: each
  - Dense: 4
"""
    assert change in old
    networks = network_of(old), network_of(old.replace(change, into))
    found = compare(unfold(networks[0]), unfold(networks[1]))
    assert not found.same
    held(
        build(networks[0]),
        build(networks[1]),
        found,
        tmp_path,
        {pair.new.name: pair.old.name for pair in found.pairs},
    )


def test_what_cannot_be_foretold_is_said_to_be_so() -> None:
    networks = (
        network_of(RECURRENT),
        network_of(RECURRENT.replace("{layer: {Dense: 3}", "{layer: {Activation: relu}")),
    )
    assert compare(
        unfold(networks[0]), unfold(networks[1])
    ).loading.clashes  # what comes after has other shapes
    lone = "input: [4, 3]\nlayers:\n  - TimeDistributed: {layer: {Dense: 3}, name: each}\n"
    networks = network_of(lone), network_of(lone.replace("Dense: 3", "Activation: relu"))
    assert compare(unfold(networks[0]), unfold(networks[1])).loading.whole is None


@pytest.mark.slow
def test_layers_of_all_kinds_stand_in_the_order_of_keras() -> None:
    """Random graphs of all kinds do not differ from themselves, nor do their places in a file from those of what Keras saves."""
    from mergecli.diff.checkpoint_layout import of_saved
    from mergecli.importers import keras as saved
    from mergecli.ir.graph import EmbeddedModel
    from mergecli.ir.inference import infer
    from mergecli.runtime import build as model
    from tools import fuzz

    judged = 0

    def judge(case: fuzz.Case) -> None:
        nonlocal judged
        text = fuzz.spec(case)
        network = compile_spec(Source(text, "case.yaml")).network
        if network is None:
            return
        ours = unfold(network)
        assert compare(ours, unfold(network_of(text))).same
        built = model.build(network, weightless=True)
        names = [network.graph.nodes[index].name for index in layer_order(network)]
        theirs = [layer.name for layer in built.layers]
        if set(names) == set(theirs):  # Keras takes some preprocessing apart into operations
            judged += 1
            assert names == theirs
        try:
            config = json.loads(built.to_json())
        except NotImplementedError:
            return  # Keras cannot save all that it builds, such as an `ELU` with a regularizer
        found = saved.parse(config)
        if not found.refusals:
            again, _ = infer(saved.graph(found, EmbeddedModel("model", "case.json", {})))
            places = [slot.place for slot in of_saved(found, again)]
            assert [
                slot.place for slot in ours.slots if "input_layer" not in slot.place
            ] == places or set(names) != set(theirs)

    fuzz.run(number=77, count=200, judge=judge)
    assert judged > 100


def read(path: pathlib.Path) -> Model:
    model = SideReader({}, CustomLayers(), None, None, False).side(str(path)).model
    assert model is not None
    return model


def test_saved_models_and_models_in_them(tmp_path: pathlib.Path) -> None:
    import keras

    def make(units: int, noise: bool = False) -> Any:
        inside = keras.Sequential(
            [
                keras.Input((8,)),
                keras.layers.Dense(4, name="deep"),
                keras.layers.Dense(units, name="deeper"),
            ],
            name="inside",
        )
        x = image = keras.Input((8,), name="image")
        x = keras.layers.Dense(8, name="first")(x)
        if noise:
            x = keras.layers.Dense(8, name="second")(x)
        x = inside(x)
        return keras.Model(image, keras.layers.Dense(2, name="last")(x))

    models = {"a": make(4), "b": make(4), "c": make(5), "d": make(4, noise=True)}
    for name, model in models.items():
        model.save(tmp_path / f"{name}.keras")
    read_models = {name: read(tmp_path / f"{name}.keras") for name in models}
    assert compare(read_models["a"], read_models["b"]).same
    for name, loads in (("b", True), ("c", False), ("d", False)):
        found = compare(read_models["a"], read_models[name])
        names = {p.new.name.rpartition(".")[2]: p.old.name.rpartition(".")[2] for p in found.pairs}
        assert held(models["a"], models[name], found, tmp_path, names) is loads


def test_by_name_is_what_keras_does_with_a_whole_file(tmp_path: pathlib.Path) -> None:
    """`load_weights("old.h5", by_name=True)` fills exactly the layers that are told to load."""
    text = "input: [4]\nlayers:\n  - Dense: {units: 4, name: a}\n  - Dense: {units: 5, name: b}\n  - Dense: {units: 2, name: c}\n"
    networks = network_of(text), network_of(text.replace("name: b", "name: other"))
    old, new = map(build, networks)
    marks = marked(old)
    old.save(tmp_path / "old.h5")
    new.load_weights(tmp_path / "old.h5", by_name=True)
    found = compare(unfold(networks[0]), unfold(networks[1])).loading
    filled = [
        layer.name
        for layer in inner(new)
        if layer.weights and float(layer.get_weights()[0].flat[0]) == marks.get(layer.name)
    ]
    assert filled == ["a", "c"]
    assert [(miss.layer, miss.weight, miss.was) for miss in found.misses] == [
        ("other", "kernel", "b"),
        ("other", "bias", "b"),
    ]
    assert found.loaded == sum(
        weight.size for name in filled for weight in new.get_layer(name).get_weights()
    )
    # The same file read as a side of a comparison.
    assert compare(read(tmp_path / "old.h5"), unfold(networks[0])).same


def test_what_is_built_of_a_spec_is_the_same_model(tmp_path: pathlib.Path) -> None:
    """A spec and the model that `build --save` writes of it, all arguments written out there, do not differ."""
    for name in (
        "two_branch",
        "multi_output",
        "siamese",
        "u_net",
        "inception",
        "merged",
        "multi_modal",
    ):
        spec = ROOT / "specs" / f"{name}.yaml"
        build(network_of(spec.read_text(encoding="utf-8"))).save(tmp_path / f"{name}.keras")
        found = compare(read(spec), read(tmp_path / f"{name}.keras"))
        left = [(pair.new.name, pair.changes, pair.sources) for pair in found.changed]
        assert (left, found.added, found.removed, found.outputs, found.consequences) == (
            [],
            [],
            [],
            [],
            [],
        ), name
        assert found.loading.whole is True and found.loading.loaded == found.loading.needed
