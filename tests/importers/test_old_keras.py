"""Files of Keras 1 and 2, and of TensorFlow.js, give models with the numbers of real Keras 2 (`tf_keras`)."""

from __future__ import annotations

import contextlib
import json
import pathlib
import random
import shutil
from typing import Any

import keras2_zoo
import pytest
from click.testing import CliRunner
from config_mutations import mutated
from keras2_files import shared, written

from mergecli.cli.main import cli
from mergecli.importers.keras import Container, graph, parse, read
from mergecli.importers.keras.json_configs import decoded
from mergecli.importers.keras.weights import WeightFile, expected
from mergecli.ir.graph import EmbeddedModel
from mergecli.ir.inference import infer

pytestmark = pytest.mark.keras

FORMATS = (".h5", ".keras", ".tfjs/model.json")
#: By how much results may differ, relative to the largest number.
TOLERANCE = 1e-5
#: Models whose numbers are not those of Keras 2, which a warning says.
DIFFERENT = {"masked_merge": "`both` joins masks", "masked_sum": "`sum` joins masks"}
SMALL = [name for name in keras2_zoo.ZOO if name not in keras2_zoo.LARGE]


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return written(shared(tmp_path_factory) / "keras2", SMALL)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return written(shared(tmp_path_factory) / "keras2_large", keras2_zoo.LARGE)


@pytest.fixture(autouse=True)
def no_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keras's functions that make objects of a config or a file; none may see what a user did not make."""
    import keras

    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a config or a file was handed to Keras's loader")

    for place, name in (
        (keras.saving, "load_model"),
        (keras.saving, "load_weights"),
        (keras.saving, "deserialize_keras_object"),
        (keras.models, "load_model"),
        (keras.models, "model_from_json"),
        (keras.layers, "deserialize"),
        (keras.Model, "from_config"),
        (keras.Model, "load_weights"),
        (keras.Sequential, "from_config"),
    ):
        monkeypatch.setattr(place, name, refuse)


def difference(path: pathlib.Path, numbers: Any) -> float:
    """By how much the model of a file differs from Keras 2, relative to the largest number of each output."""
    import keras
    import numpy

    from mergecli.runtime.build import build

    keras.utils.clear_session(free_memory=False)
    container = Container(str(path))
    saved = parse(container.config())
    assert (saved.refusals, saved.unknown, saved.custom) == ([], [], [])
    with WeightFile(container, expected(saved)) as file:
        assert file.misfit() is None
    network, problems = infer(graph(saved, EmbeddedModel("model", str(path), {}, in_file=True)))
    assert problems == []
    model = build(network)
    inputs = [numbers[name] for name in sorted(numbers) if name.startswith("input")]
    wanted = [numbers[name] for name in sorted(numbers) if name.startswith("output")]
    found = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    if isinstance(found, dict):
        found = [found[key] for key in sorted(found)]
    gaps = []
    for ours, theirs in zip(keras.tree.flatten(found), wanted):
        assert ours.shape == theirs.shape
        gap = numpy.abs(numpy.asarray(ours, "float64") - theirs.astype("float64")).max()
        gaps.append(gap / max(1.0, numpy.abs(theirs).max()))
    return float(max(gaps))


def check(folder: pathlib.Path, name: str) -> None:
    import numpy

    numbers = numpy.load(folder / f"{name}.npz")
    formats = FORMATS[:1] if name in keras2_zoo.OTHERS else FORMATS
    for ending in formats:
        found = difference(folder / f"{name}{ending}", numbers)
        if name in DIFFERENT:
            notes = parse(read(str(folder / f"{name}{ending}"))).notes
            assert len(notes) == 1 and DIFFERENT[name] in notes[0]
        else:
            assert found <= TOLERANCE, ending


@pytest.mark.parametrize("name", SMALL)
def test_a_file_gives_the_numbers_of_keras_2(small: pathlib.Path, name: str) -> None:
    check(small, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", keras2_zoo.LARGE)
def test_an_application_gives_the_numbers_of_keras_2(large: pathlib.Path, name: str) -> None:
    check(large, name)


@pytest.mark.parametrize("name", ["convolutions", "nested_functional", "bidirectional"])
@pytest.mark.parametrize("ending", [".h5", ".keras"])
def test_a_config_and_its_weights_in_two_files(
    small: pathlib.Path,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    ending: str,
) -> None:
    """`model.to_json()` and the weights beside it, as many published models are."""
    import numpy

    import mergecli

    monkeypatch.chdir(tmp_path)
    for file in (f"{name}.json", f"{name}{ending}"):
        shutil.copy(small / file, tmp_path)
    paths = f"model: {name}.json, with: {{weights: {name}{ending}}}"
    (tmp_path / "a.yaml").write_text(f"branches:\n  a: {{{paths}}}\n")
    numbers = numpy.load(small / f"{name}.npz")
    found = mergecli.load(str(tmp_path / "a.yaml"))(numbers["input_0"], training=False)
    assert numpy.abs(numpy.asarray(found) - numbers["output_0"]).max() < TOLERANCE


def test_weights_that_keras_has_split(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`save_weights` with `max_shard_size`, for a model of its own and for an application."""
    import keras
    import numpy

    import mergecli

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    start = keras.Input((60,), name="numbers")
    mid = keras.layers.Dense(400, name="a")(start)
    model = keras.Model(start, keras.layers.Dense(300, name="b")(mid))
    (tmp_path / "m.json").write_text(model.to_json())
    model.save_weights("m.weights.json", max_shard_size=490e3 / 2**30)
    assert len(list(tmp_path.glob("m_*.weights.h5"))) > 1
    base = keras.applications.MobileNet(weights=None, alpha=0.25, input_shape=(32, 32, 3))
    base.save_weights("base.weights.json", max_shard_size=1.1e6 / 2**30)
    arguments = "weights: base.weights.json, alpha: 0.25, input_shape: [32, 32, 3]"
    (tmp_path / "a.yaml").write_text(
        "branches:\n  a: {model: m.json, with: {weights: m.weights.json}}\n"
        f"  b: {{application: MobileNet, with: {{{arguments}}}}}\nmerge: Concatenate\n"
    )
    numbers, image = numpy.random.rand(2, 60), numpy.random.rand(2, 32, 32, 3)
    wanted = numpy.concatenate([model(numbers), base(image, training=False)], -1)
    found = mergecli.load("a.yaml")([numbers, image], training=False)
    assert numpy.abs(numpy.asarray(found) - wanted).max() < TOLERANCE


def test_vocabularies_are_kept(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lookup keeps its vocabulary as an asset, and the weights of its entries as a variable."""
    import keras
    import numpy
    import tensorflow

    import mergecli

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    layers = keras.layers
    look = layers.StringLookup(output_mode="multi_hot")
    look.adapt(numpy.array([["a"], ["b"], ["c"]]))
    count = layers.IntegerLookup(output_mode="count")
    count.adapt(numpy.array([[5], [7]]))
    vector = layers.TextVectorization(output_mode="tf_idf")
    vector.adapt(["a b c d", "b c"])
    starts = [
        keras.Input((1,), dtype="string"),
        keras.Input((), dtype="string"),
        keras.Input((3,), dtype="int64"),
    ]
    found = [layer(start) for layer, start in zip((look, vector, count), starts)]
    model = keras.Model(starts, layers.Dense(3)(layers.Concatenate()(found)))
    model.save("m.keras")
    (tmp_path / "a.yaml").write_text("branches:\n  a: {model: m.keras}\n")
    data = [
        tensorflow.constant(x) for x in ([["b"], ["x"]], ["b c c", "a"], [[5, 5, 9], [7, 5, 1]])
    ]
    mine = mergecli.load("a.yaml")(data)
    assert numpy.abs(mine - model(data)).max() == 0


def test_random_weights_are_made_only_where_no_file_has_them(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random numbers that a file replaces would take time, and three times the memory of the weights."""
    import keras

    import mergecli

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    layers = keras.layers
    start = keras.Input((4, 6), name="x")
    inside = layers.MultiHeadAttention(2, 3, name="attention")(start, start)
    inside = layers.Bidirectional(layers.LSTM(3, name="lstm"), name="both")(inside)
    model = keras.Model(start, layers.Dense(3, name="last")(inside))
    model.save("m.keras")
    (tmp_path / "a.yaml").write_text(
        "branches:\n  a: {model: m.keras}\n  b: {input: [4], layers: [{Dense: {units: 3, name: new}}]}\nmerge: Add\n"
    )
    made: list[tuple[int, ...]] = []
    for name in ("VarianceScaling", "Orthogonal"):
        cls = getattr(keras.initializers, name)
        usual = cls.__call__

        def call(self: Any, shape: Any, dtype: Any = None, usual: Any = usual) -> Any:
            made.append(tuple(shape))
            return usual(self, shape, dtype)

        monkeypatch.setattr(cls, "__call__", call)
    found = mergecli.load("a.yaml")
    assert made == [(4, 3)]
    for layer in model.layers:
        for mine, theirs in zip(found.get_layer(layer.name).get_weights(), layer.get_weights()):
            assert (mine == theirs).all()


@pytest.mark.parametrize("name", ["stateful", "frozen_base", "masking"])
def test_verify_agrees(
    small: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    shutil.copy(small / f"{name}.h5", tmp_path)
    (tmp_path / "a.yaml").write_text(f"branches:\n  a: {{model: {name}.h5}}\n")
    result = CliRunner().invoke(cli, ["verify", "a.yaml"])
    assert result.exit_code == 0, result.output


def test_every_model_is_a_spec(small: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SMALL:
        result = CliRunner().invoke(cli, ["import", str(small / f"{name}.h5")])
        assert result.exit_code == 0, (name, result.stderr)


def test_the_spec_says_which_weights_are_scaled(small: pathlib.Path) -> None:
    result = CliRunner().invoke(cli, ["import", str(small / "lstm_hard_sigmoid.h5")])
    assert "weights that `model:` takes from this file are scaled for `lstm" in result.stderr


def test_old_and_new_files_are_merged_and_trained(
    small: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A `.h5` of Keras 2 and a `.keras` of Keras 3 in one spec, one of them twice; trained one step, saved, loaded."""
    monkeypatch.undo()
    import keras
    import numpy

    keras.utils.set_random_seed(1)
    monkeypatch.chdir(tmp_path)
    L = keras.layers
    new = keras.Sequential(
        [L.Input((6,), name="z"), L.Dense(4, activation="relu"), L.BatchNormalization()]
    )
    new.save("new.keras")
    shutil.copy(small / "nested_functional.h5", "old.h5")
    (tmp_path / "both.yaml").write_text(
        """
branches:
  old: {model: old.h5}
  one: {model: new.keras, prefix: one_}
  two: {model: new.keras, prefix: two_}
merge: {Concatenate: {name: joined}}
head:
  - Dense: 1
compile: {optimizer: {SGD: 0.01}, loss: mse}
"""
    )
    build = ["build", "both.yaml", "--no-plot", "-q", "--save", "both.keras"]
    result = CliRunner().invoke(cli, build)
    assert result.exit_code == 0, result.stderr
    result = CliRunner().invoke(cli, ["verify", "both.yaml"])
    assert result.exit_code == 0, result.output
    model = keras.saving.load_model("both.keras")
    data = numpy.load(small / "nested_functional.npz")
    x = numpy.random.default_rng(0).normal(size=(2, 6)).astype("float32")
    joined = keras.Model(model.inputs, model.get_layer("joined").input)
    feeds = {tensor.name: x for tensor in model.inputs}
    feeds[next(tensor.name for tensor in model.inputs if tensor.name == "x")] = data["input_0"]
    parts = joined(feeds)
    assert numpy.abs(numpy.asarray(parts[0]) - data["output_0"]).max() < 1e-5
    for part in parts[1:]:
        assert numpy.abs(numpy.asarray(part) - numpy.asarray(new(x))).max() < 1e-6
    targets = numpy.ones((2, 1), "float32")
    model.fit(feeds, targets, epochs=1, verbose=0)
    trained = model.predict(feeds, verbose=0)
    model.save("again.keras")
    again = keras.saving.load_model("again.keras").predict(feeds, verbose=0)
    assert numpy.array_equal(trained, again)


def check_mutated(folder: pathlib.Path, count: int, build_each: int) -> None:
    """Whatever a config says, it is a model, not one, or one that no spec can express; and nothing of Keras is called on it."""
    from mergecli.diagnostics.source import Unreadable
    from mergecli.exporters.yaml import roundtrip
    from mergecli.runtime import build

    files = sorted(folder.glob("*.json"))
    configs = [json.loads(path.read_text()) for path in files if path.stat().st_size < 60_000]
    sound = 0
    for seed in range(count):
        chance = random.Random(seed)
        config = mutated(chance.choice(configs), chance)
        if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
            continue
        if "config" not in config:
            continue
        try:
            # As a file or a model is read, whose strings and numbers are checked with the JSON.
            saved = parse(decoded(json.dumps(config), None))
            network, problems = infer(graph(saved))
            roundtrip.dump(saved)
        except (Unreadable, roundtrip.NotRepresentable):
            continue
        sound += 1
        if not problems and sound % build_each == 0:
            with contextlib.suppress(build.Refusal, build.Disagreement):
                build.build(network, weightless=True)
    assert sound > count / 10


def test_mutated_configs_never_reach_keras(small: pathlib.Path) -> None:
    check_mutated(small, 400, 10)


@pytest.mark.slow
def test_ten_thousand_mutated_configs_never_reach_keras(small: pathlib.Path) -> None:
    check_mutated(small, 10_000, 100)
