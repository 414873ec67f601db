"""Models written with plain Keras -> specs -> models: the same layers, wiring and numbers, or a refusal that names what cannot be carried."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
from typing import Any, Iterator

import pytest
import zoo
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, seed, settings
from model_cases import specs
from running import ROOT, SPECS

import mergecli
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.roundtrip import NotRepresentable, canonical, facts, is_canonical
from mergecli.exporters.yaml.writer import written
from mergecli.syntax import formatter
from tools import fuzz


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.keras
@pytest.mark.parametrize("name", zoo.ZOO)
def test_a_model_comes_back(name: str, tmp_path: pathlib.Path) -> None:
    import numpy

    model = zoo.ZOO[name]()
    file, spec = tmp_path / f"{name}.keras", tmp_path / "spec.yaml"
    model.save(file)
    result = invoke("import", str(file), "-o", str(spec))
    assert result.exit_code == 0, result.stderr
    again = mergecli.load(str(spec))
    assert zoo.same(model, again) == []
    zoo.copy_weights(model, again)
    wanted, got = zoo.run(model), zoo.run(again)
    assert list(wanted) == list(got)
    for output in wanted:
        numpy.testing.assert_array_equal(wanted[output], got[output])
    # A second round changes nothing.
    assert mergecli.dump(again, str(tmp_path / "second.yaml")) == spec.read_text().replace(
        "spec_", "second_"
    )


@pytest.mark.keras
@pytest.mark.parametrize("name", zoo.ZOO)
def test_what_is_unfolded_computes_the_same(name: str, tmp_path: pathlib.Path) -> None:
    model = zoo.ZOO[name]()
    compiled = compile_spec(Source(mergecli.dump(model), "a.yaml"))
    assert compiled.errors == []
    network = compiled.network
    assert network is not None
    assert network.count() == model.count_params()
    outputs = [network.tensors(target)[0].shape for target in network.graph.outputs.targets]
    assert sorted(map(str, outputs)) == sorted(str(tensor.shape) for tensor in model.outputs)


# What stands in the spec.


def network(text: str, path: str = "a.yaml") -> Any:
    compiled = compile_spec(Source(text, path))
    assert compiled.errors == []
    return compiled.network


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_random_specs_come_back(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    text, files = drawn
    folder = tmp_path_factory.mktemp("specs", numbered=True)
    for name, content in files.items():
        (folder / name).write_text(content)
    first = network(text, str(folder / "a.yaml"))
    for folded in (False, True):
        again = written(first, {}, folded)
        assert facts(network(again)) == facts(first)
        assert written(network(again), {}, folded) == again
        assert not is_canonical(again) or formatter.canonical(again) == again


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_what_the_writer_writes_is_canonical(path: pathlib.Path) -> None:
    """So that a text of a large model need not be formatted, which would take as long as the rest."""
    text = written(network(path.read_text(), str(path)))
    assert is_canonical(text) == (path.stem not in ("two_tower", "video"))
    assert canonical(text) == text or not is_canonical(text)


def test_the_order_of_arguments_says_nothing() -> None:
    """Also in a model that a layer applies, which is compared as text."""
    arguments = ["filters: 3", "kernel_size: 2", "padding: same", "use_bias: false", "strides: 2"]
    texts = [
        "input: [2, 4, 4, 3]\nlayers: [{TimeDistributed: {layer: {input: [4, 4, 3], "
        f"layers: [{{Conv2D: {{{', '.join(order)}}}}}]}}}}}}]\n"
        for order in (arguments, arguments[::-1])
    ]
    assert facts(network(texts[0])) == facts(network(texts[1]))


def test_what_fmt_writes_otherwise_is_formatted() -> None:
    for text in (
        "name: 'no'\n",
        "name: é\n",
        "input: {layers: [Flatten]}\n",
        f"name: {'a' * 100}\n",
    ):
        assert not is_canonical(text)


@pytest.mark.keras
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs_come_back_through_keras(path: pathlib.Path) -> None:
    """Spec -> model -> spec -> model: the models are the same, and from the first import on the text is, too."""
    from mergecli.runtime.build import build

    model = build(network(path.read_text(), str(path)))
    text = mergecli.dump(model)
    again = build(network(text))
    assert zoo.same(model, again) == []
    assert mergecli.dump(again) == text


@pytest.mark.keras
@pytest.mark.parametrize("number", range(24))
def test_whatever_things_are_called(number: int, tmp_path: pathlib.Path) -> None:
    model = zoo.awkwardly_named(number)
    mergecli.dump(model)
    mergecli.dump(model, fold=True)
    path = tmp_path / "spec.yaml"
    mergecli.dump(model, str(path))
    # A chain that becomes a functional model counts its calls from 1, as Keras has it.
    assert [
        words
        for words in zoo.same(model, mergecli.load(str(path)))
        if not words.startswith("/out/")
    ] == []


@pytest.mark.keras
def test_a_layer_called_previous_is_refused() -> None:
    import keras

    x = keras.Input((4,))
    with pytest.raises(
        NotRepresentable, match="`previous`, which in a spec means the entry before"
    ):
        mergecli.dump(keras.Model(x, keras.layers.Dense(2, name="previous")(x)))


@pytest.mark.keras
@seed(3)
@settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(fuzz.cases())
def test_random_graphs_come_back_through_keras(case: fuzz.Case) -> None:
    from keras.utils import clear_session

    from mergecli.runtime.build import build

    first = compile_spec(Source(fuzz.spec(case), "a.yaml")).network
    if first is None:
        return
    for folded in (False, True):
        assert facts(network(written(first, {}, folded))) == facts(first)
    with fuzz.quiet():
        try:
            # Keras numbers the operations of masks over the whole process, whatever ran before.
            clear_session()
            model = build(first)
            text = mergecli.dump(model)
            clear_session()
        except (NotImplementedError, NotRepresentable) as problem:
            # Keras cannot write down what it has been given, not even `autocast`, or writes an operation that it made for itself.
            assert re.search(
                "non-serializable|ConvertToTensor|cannot work in b?float16", str(problem)
            )
            return
        found = zoo.same(model, build(network(text)))
    # Two arguments Keras tells or leaves out as it likes.
    assert [
        words
        for words in found
        if not words.endswith(
            ("/autocast only in the first", "/activity_regularizer only in the first")
        )
    ] == []


def masked_models() -> Iterator[tuple[Any, bool]]:
    """Models, each with whether it has a mask that Keras does not compute by itself."""
    import keras
    from keras import layers

    words, steps, own = (
        keras.Input((9,), dtype="int32", name="words"),
        keras.Input((9, 3), name="steps"),
        keras.Input((9,), name="own"),
    )
    masked, plain = layers.Embedding(50, 8, mask_zero=True)(words), layers.Embedding(50, 8)(words)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(layers.Dropout(0.1)(masked))
    yield keras.Model(words, layers.Dense(1)(layers.GRU(4)(layers.LayerNormalization()(x)))), False
    x, state = layers.GRU(8, return_sequences=True, return_state=True)(layers.Masking(-1.0)(steps))
    y = layers.GRU(8, return_sequences=True)(masked, initial_state=state)
    # What joins masks computes with functions for which there is no rule.
    y = layers.Concatenate()([y, layers.Attention()([y, x]), plain])
    yield keras.Model([steps, words], layers.TimeDistributed(layers.Dense(5))(y)), False
    y = layers.Add()([masked, layers.MultiHeadAttention(2, 4)(masked, masked), x])
    yield keras.Model([steps, words], layers.GlobalAveragePooling1D()(y)), False
    yield keras.Model(words, layers.LSTM(4)(masked, mask=keras.ops.not_equal(words, 1))), True
    yield keras.Model(words, layers.LSTM(4)(plain, mask=keras.ops.not_equal(words, 0))), True
    yield keras.Model([words, own], layers.GlobalAveragePooling1D()(plain, mask=own)), True
    yield keras.Model([steps, own], layers.TimeDistributed(layers.Softmax())(steps, mask=own)), True


def wiring(model: Any) -> list[tuple[str, list[str]]]:
    """Which class is applied to what, masks included; functions of which Keras makes masks have numbers that mean nothing."""
    layers = json.loads(re.sub(r'(?<=[a-z])_\d+(?=")', "", model.to_json()))["config"]["layers"]
    tensors = r'"keras_history": \["(.+?)", 0, (\d)\]'
    return sorted(
        (layer["class_name"], sorted(re.findall(tensors, json.dumps(layer["inbound_nodes"]))))
        for layer in layers
    )


@pytest.mark.keras
def test_masks_that_keras_computes_are_not_written(tmp_path: pathlib.Path) -> None:
    for number, (model, own) in enumerate(masked_models()):
        path = tmp_path / f"{number}.yaml"
        text = mergecli.dump(model, str(path))
        assert ("mask:" in text, "ops." in text) == (own, "not_equal" in text), text
        again = mergecli.load(str(path))
        assert wiring(model) == wiring(again)


@pytest.mark.keras
def test_masks_that_keras_names_as_layers_are_called_leave_these_their_names(
    tmp_path: pathlib.Path,
) -> None:
    import keras

    keras.utils.clear_session()  # names of functions count from 0
    text = """
name: m
input: {shape: [9], dtype: int32}
layers:
  - Embedding: {input_dim: 50, output_dim: 8, mask_zero: true, name: embedded}
  - LSTM: {units: 4, return_sequences: true, name: not_equal}
  - Concatenate: {name: concatenate}
    from: [embedded, not_equal]
  - LSTM: {units: 4, name: any}
"""
    (tmp_path / "m.yaml").write_text(text)
    model = mergecli.load(str(tmp_path / "m.yaml"))
    assert {"not_equal": "LSTM", "concatenate": "Concatenate", "any": "LSTM"}.items() <= {
        layer.name: type(layer).__name__ for layer in model.layers
    }.items()
    assert facts(network(mergecli.dump(model))) == facts(network(text))


@pytest.mark.keras
def test_what_hands_masks_on_does_so_in_keras() -> None:
    import keras
    from keras.src.backend import get_keras_mask

    from mergecli.catalog import registry
    from mergecli.catalog.layer import MaskBehaviour

    arguments: dict[str, Any] = {
        **{key: {"units": 2, "return_sequences": True} for key in ("LSTM", "GRU", "SimpleRNN")},
        **{
            key: {"rate": 0.1}
            for key in ("Dropout", "AlphaDropout", "GaussianDropout", "SpatialDropout1D")
        },
        "GaussianNoise": {"stddev": 0.1},
        "Activation": {"activation": "relu"},
        "Bidirectional": {"layer": keras.layers.LSTM(2, return_sequences=True)},
        "Dense": {"units": 2},
        "MultiHeadAttention": {"num_heads": 1, "key_dim": 2},
        "TimeDistributed": {"layer": keras.layers.Dense(2)},
    }
    for name, cls in registry.layers().items():
        if cls.mask is not MaskBehaviour.PASSES:
            continue
        x = keras.layers.Masking()(keras.Input((4, 3)))
        out = getattr(keras.layers, name)(**arguments.get(name, {}))(
            *[x] * (2 if name == "MultiHeadAttention" else 1)
        )
        assert get_keras_mask(out) is get_keras_mask(x) is not None, name


@pytest.mark.keras
def test_a_person_would_write_it_so(rewrite: bool) -> None:
    """The golden files of what is imported."""
    for name in (
        "shared_layers",
        "dictionaries",
        "states",
        "arithmetic",
        "several_in_and_out",
        "awkward_names",
    ):
        path = ROOT / "tests" / "golden" / "import" / f"{name}.yaml"
        import keras

        keras.utils.clear_session()  # names of layers count from 0
        text = mergecli.dump(zoo.ZOO[name]())
        if rewrite:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8")


@pytest.mark.keras
def test_what_repeats_is_folded() -> None:
    from mergecli.exporters.yaml.roundtrip import dump
    from mergecli.importers import applications
    from mergecli.importers import keras as saved

    kind = applications.find("ResNet50")
    assert kind is not None
    model: saved.Saved = kind(weights=None).saved()
    plain, folded = (next(iter(dump(model, fold=fold).specs.values())) for fold in (False, True))
    assert facts(network(plain)) == facts(network(folded))
    assert len(folded.splitlines()) < len(plain.splitlines()) / 2
    assert "      - Conv2D: {filters: $(filters * 4), kernel_size: 1, name: 3_conv}\n" in folded
    assert "  - conv_block: {filters: 512}\n    as: conv5_block2\n" in folded


@pytest.mark.keras
def test_branches_without_a_name_are_counted() -> None:
    import keras

    inputs = [
        keras.Input((4,), name=name) for name in ("input_layer", "input_layer_1", "table_input")
    ]
    outs = [keras.layers.Dense(2, name=name)(x) for name, x in zip("abc", inputs)]
    text = mergecli.dump(keras.Model(inputs, keras.layers.Add(name="sum")(outs)))
    assert re.findall(r"^  (\w+):$", text, re.MULTILINE) == ["branch_1", "branch_2", "table"]


def test_rows_are_repeated() -> None:
    text = "name: a\ninput: [8]\nlayers:\n  - Dense: 64\n    repeat: 3\n  - Flatten: {}\n    repeat: 2\n"
    assert written(network(text), {}, True) == text
    block = """name: a
blocks:
  layer:
    layers:
      - Dense: {units: 8, name: a}
      - Dropout: {rate: 0.1, name: b}
      - LayerNormalization: {name: c}
      - Add: {name: s}
        from: [input, c]
input: [8]
layers:
  - layer: {}
    as: layer
    repeat: 5
  - Dense: 3
"""
    assert written(network(block), {}, True) == block


@pytest.mark.keras
def test_how_it_was_compiled_is_carried() -> None:
    import keras

    x = keras.Input((4,), name="x")
    model = keras.Model(
        x,
        {"a": keras.layers.Dense(2, name="a")(x), "b": keras.layers.Dense(1, name="b")(x)},
        name="functional",
    )
    rate = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.9)
    metrics = {"a": ["mae", keras.metrics.RootMeanSquaredError(name="root")], "b": "accuracy"}
    model.compile(
        keras.optimizers.Adam(rate, clipnorm=1.0),
        {"a": "mse", "b": keras.losses.Poisson()},
        metrics=metrics,
        steps_per_execution=2,
    )
    assert (
        mergecli.dump(model).partition("compile:")[2]
        == """
  optimizer:
    Adam:
      learning_rate:
        ExponentialDecay: {initial_learning_rate: 0.01, decay_steps: 100, decay_rate: 0.9}
      clipnorm: 1.0
  loss: {a: mse, b: poisson}
  metrics: {a: [mae, {RootMeanSquaredError: {name: root}}], b: accuracy}
  steps_per_execution: 2
"""
    )


@pytest.mark.keras
def test_what_keras_adds_to_calls_is_not_written() -> None:
    import keras

    x = keras.Input((8, 8, 3), name="x")
    y = keras.layers.Dropout(0.5, name="drop")(
        keras.layers.RandomFlip(name="flip")(x), training=True
    )
    model = keras.Model(x, y, name="m")
    model.compile("adam", "mse")
    assert (
        mergecli.dump(model)
        == """name: m
input: {shape: [8, 8, 3], name: x}
layers:
  - RandomFlip: {name: flip}
  - Dropout: {rate: 0.5, name: drop}
    call: {training: true}
compile: {optimizer: adam, loss: mse}
"""
    )


@pytest.mark.keras
def test_how_it_was_compiled_is_in_an_h5_file_too(tmp_path: pathlib.Path) -> None:
    import keras

    model = keras.Sequential(
        [keras.Input((9, 3)), keras.layers.Conv1D(4, 3, dilation_rate=2, name="c")], name="m"
    )
    optimizer = keras.optimizers.AdamW(keras.optimizers.schedules.CosineDecay(0.1, 10))
    model.compile(
        optimizer,
        keras.losses.Huber(delta=0.5),
        metrics=["mae", keras.metrics.RootMeanSquaredError(name="root")],
    )
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"m.{ending}")
    new, old = (
        invoke("import", str(tmp_path / f"m.{ending}")).stdout for ending in ("keras", "h5")
    )
    assert new == old and "compile:" in old
    assert "  - Conv1D: {filters: 4, kernel_size: 3, dilation_rate: 2, name: c}\n" in old


# What cannot be carried.

LAYERS = """
import keras


@keras.saving.register_keras_serializable("zoo")
class Scale(keras.layers.Layer):
    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}


@keras.saving.register_keras_serializable("zoo")
class Gate(keras.layers.Layer):
    def __init__(self, start="zeros", **kwargs):
        super().__init__(**kwargs)
        self.start = keras.initializers.get(start)

    def call(self, x):
        return x

    def get_config(self):
        return {**super().get_config(), "start": keras.initializers.serialize(self.start)}
"""


@pytest.fixture
def own(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module with layers of the user's own."""
    import importlib

    (tmp_path / "own_layers.py").write_text(LAYERS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("own_layers", None)
    return importlib.import_module("own_layers")


def test_a_spec_is_not_imported(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    result = invoke("import", "a.yaml")
    assert result.exit_code == 3
    assert "error[not-a-model]: is a spec already" in result.stderr
    assert "`mergecli export` writes it in other forms" in result.stderr


@pytest.mark.keras
def test_a_layer_of_the_users_comes_back(own: Any, tmp_path: pathlib.Path) -> None:
    import keras
    import numpy

    x = keras.Input((3,), name="x")
    model = keras.Model(x, keras.layers.Dense(2)(own.Scale(2.5, name="scaled")(x)), name="m")
    model.save(tmp_path / "m.keras")
    refused = invoke("import", "m.keras", "-o", "m.yaml")
    assert refused.exit_code == 1 and not (tmp_path / "m.yaml").exists()
    assert refused.stderr == (
        "m.keras: error[unknown-layer]: `scaled` is a `zoo>Scale`, which is not a known layer\n"
        "    = help: if it is a layer of your own, name its module: --import MODULE\n\n"
    )
    result = invoke("import", "m.keras", "--import", "own_layers")
    assert result.exit_code == 0
    assert "  - zoo>Scale: {factor: 2.5, name: scaled}\n" in result.stdout
    assert mergecli.dump(model) == result.stdout
    (tmp_path / "m.yaml").write_text(result.stdout)
    again = mergecli.load("m.yaml", {"zoo>Scale": own.Scale})
    zoo.copy_weights(model, again)
    numpy.testing.assert_array_equal(zoo.run(model)["0"], zoo.run(again)["0"])


@pytest.mark.keras
def test_all_that_cannot_be_carried_is_named(own: Any, tmp_path: pathlib.Path) -> None:
    import keras

    x = keras.Input((3,), name="x")
    double = keras.layers.Lambda(lambda y: y * 2, name="double")
    inner = keras.Sequential(
        [keras.Input((3,)), keras.layers.Lambda(lambda y: y + 1, name="more")], name="inner"
    )
    keras.Model(x, inner(double(x))).save(tmp_path / "code.keras")
    result = invoke("import", "code.keras", "-o", "code.yaml")
    assert result.exit_code == 1 and not (tmp_path / "code.yaml").exists()
    assert (
        "error[unsafe-model]: `double` is a `Lambda`" in result.stderr
        and "`inner.more` is a `Lambda`" in result.stderr
    )
    assert result.stderr.count("error[") == 2
    with pytest.raises(NotRepresentable, match="its `start` is a `Zeros`, an object"):
        mergecli.dump(keras.Model(x, own.Gate(name="gate")(x)))


@pytest.mark.keras
def test_a_model_that_shows_only_itself_is_refused(tmp_path: pathlib.Path) -> None:
    import keras

    class Own(keras.Model):
        def call(self, x: Any) -> Any:
            return x

    (tmp_path / "own.json").write_text(
        json.dumps({"class_name": "Own", "registered_name": "zoo>Own", "config": {"name": "own"}})
    )
    result = invoke("import", str(tmp_path / "own.json"))
    assert (
        result.exit_code == 3
        and "error[not-a-model]: `Own` does not tell its layers" in result.stderr
    )
    missing = invoke("import", str(tmp_path / "none.keras"))
    assert missing.exit_code == 3 and "error[not-found]" in missing.stderr
    assert invoke("import", str(tmp_path / "own.json"), "-o", "own.txt").exit_code == 2


@pytest.mark.keras
def test_what_a_spec_does_not_keep_is_said(tmp_path: pathlib.Path) -> None:
    import keras

    x = keras.Input((3,), name="x")
    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name="inner")
    model = keras.Model({"fed": x}, inner(x), name="m")
    model.save(tmp_path / "m.keras")
    result = invoke("import", str(tmp_path / "m.keras"))
    assert result.exit_code == 0
    assert (
        "note: it is fed a dictionary with `fed`; the spec's model is fed a list, or a dictionary with `x`"
        in result.stderr
    )
    assert "note: the layers of `inner` have become the model's own; -o FILE keeps" in result.stderr
    kept = invoke("import", str(tmp_path / "m.keras"), "-o", str(tmp_path / "m.yaml"))
    assert "inner" not in kept.stderr.replace(f"wrote {tmp_path / 'm_inner.yaml'}", "")


@pytest.mark.keras
def test_what_was_learnt_and_how_models_are_called_is_said() -> None:
    import keras

    from mergecli.exporters.yaml.roundtrip import dump
    from mergecli.importers import keras as saved

    words = keras.layers.TextVectorization(output_sequence_length=4, name="words")
    words.adapt(["a b", "c"])
    given = keras.layers.TextVectorization(
        output_sequence_length=4, vocabulary=["a", "b"], name="given"
    )
    x, y = keras.Input((1,), dtype="string", name="x"), keras.Input((3,), name="y")
    inner = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization()], name="inner")
    model = keras.Model([x, y], [words(x), given(x), inner(y, training=False)], name="m")
    losses = dump(saved.parse(json.loads(model.to_json())), "m.yaml").losses
    assert losses == [
        "`words` has learnt its vocabulary, which is not in the spec, as weights are not",
        "`inner` is called with `training=False`, which is not kept: in `fit` its layers are in training",
    ]


@pytest.mark.keras
def test_several_files_are_written_or_none(tmp_path: pathlib.Path) -> None:
    import keras

    inner = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)], name="inner")
    x = keras.Input((3,), name="x")
    keras.Model(x, inner(x), name="m").save(tmp_path / "m.keras")
    (tmp_path / "m.yaml").mkdir()
    result = invoke("import", str(tmp_path / "m.keras"), "-o", str(tmp_path / "m.yaml"))
    assert result.exit_code == 2 and "a folder is there" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.keras", "m.yaml"]


def test_nothing_heavy_is_loaded(tmp_path: pathlib.Path) -> None:
    config = ROOT / "tests" / "errors" / "parts" / "encoder.json"
    code = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(sorted(sys.modules)))\n"
        f"sys.argv = ['mergecli', 'import', {str(config)!r}]\n"
        "from mergecli.cli.main import main\nmain()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.startswith("name: encoder\n")
    assert "'mergecli'" in result.stdout and not {"'keras'", "'numpy'", "'h5py'"} & set(
        result.stdout.split("[")[-1].split(", ")
    )


@pytest.mark.parametrize(
    ("path", "value", "code", "words"),
    [
        (
            ("config",),
            {"name": "s", "layers": [{"class_name": "Dense", "config": {"units": 2}}]},
            3,
            "its config has a layer without a name",
        ),
        (
            ("config", "layers", 1, "config", "units"),
            -1,
            1,
            "`hidden`: `units` must be a positive integer",
        ),
        (
            ("config", "layers", 1, "inbound_nodes", 0, "args"),
            [],
            1,
            "`hidden`: it is called without a tensor",
        ),
        (("config", "name"), "a/b", 1, "the name of a model must not be empty or contain `/`"),
    ],
)
def test_a_config_that_keras_never_wrote_is_refused(
    path: Any, value: Any, code: int, words: str, tmp_path: pathlib.Path
) -> None:
    config = json.loads((ROOT / "tests" / "errors" / "parts" / "encoder.json").read_text())
    config["class_name"] = "Sequential" if path == ("config",) else config["class_name"]
    part = config
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    (tmp_path / "m.json").write_text(json.dumps(config))
    result = invoke("import", str(tmp_path / "m.json"))
    assert (result.exit_code, result.stdout) == (code, "") and words in result.stderr, result.stderr
