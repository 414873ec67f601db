"""Branches that are models, and layers, branches and blocks used again: statically, and as Keras builds and saves them."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from model_cases import MODULE, OWN, specs
from running import ROOT

import mergecli
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import facts
from mergecli.exporters.yaml.writer import expanded
from mergecli.runtime.build import build

ENCODER = ROOT / "tests" / "errors" / "parts" / "encoder.json"


def network(text: str, path: str = "a.yaml", **variables: Any) -> Any:
    compiled = compile_spec(Source(text, path), variables)
    assert compiled.errors == [], compiled.errors
    return compiled.network


def invoke(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(cli, arguments, input=stdin)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """The tutorial's two models, and one with all that is awkward, saved with weights in all forms."""
    import keras

    keras.utils.set_random_seed(7)
    layers, folder = keras.layers, tmp_path_factory.mktemp("models")
    for letter, sizes in (("a", (64, 128, 64)), ("b", (64,))):
        x = start = keras.Input((32, 32, 1), name=f"Input_{letter}")
        for number, units in enumerate(sizes, 1):
            x = layers.Dense(units, activation="relu", name=f"{letter}_layer_{number}")(x)
        x = layers.Dense(32, activation="sigmoid", name=f"{letter}_output_layer")(x)
        keras.Model(start, x, name=f"model_{letter}").save(folder / f"{letter}.keras")
    start = keras.Input((10, 4), name="sequence")
    normal = layers.Normalization(
        name="normal", mean=[0.0, 1.0, 2.0, 3.0], variance=[1.0, 2.0, 1.0, 2.0]
    )(start)
    inner = keras.Sequential(
        [
            keras.Input((10, 4)),
            layers.Dense(3, name="small"),
            layers.BatchNormalization(name="norm"),
        ],
        name="inner",
    )
    both = layers.Bidirectional(layers.LSTM(5, return_sequences=True), name="both")(normal)
    x = layers.GlobalAveragePooling1D(name="pool")(
        layers.Concatenate(name="join")([both, inner(start)])
    )
    shared = layers.Dense(13, activation="tanh", name="shared")
    inner.get_layer("norm").moving_mean.assign([0.3, -0.2, 0.1])
    x = shared(shared(x))
    # An operation that Keras writes into an `.h5` file it cannot load again.
    for end, endings in ((x, [".h5"]), (x * 2.0, [".keras", ".json"])):
        awkward = keras.Model(
            start,
            {"label": layers.Dense(2, name="label")(end), "box": layers.Dense(4, name="box")(end)},
            name="awkward",
        )
        for ending in endings:
            path = folder / f"awkward{ending}"
            path.write_text(awkward.to_json()) if ending == ".json" else awkward.save(path)
    return folder


def differences(result: Any) -> list[float]:
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["agrees"]
    return [row["difference"] for row in report["branches"] if row["difference"] is not None] + [
        report["reloaded"]
    ]


# The tutorial's two models, as specs and as files with weights.


def test_two_specs_make_the_same_as_one_that_writes_them_out() -> None:
    specs = ROOT / "specs"
    merged = facts(network((specs / "merged.yaml").read_text(), str(specs / "merged.yaml")))
    written = facts(network((specs / "two_branch.yaml").read_text()))
    assert merged["layers"] == [
        {**row, "line": merged["layers"][place]["line"]}
        for place, row in enumerate(written["layers"][:-1])
    ]
    assert merged["inputs"] == written["inputs"]


@pytest.mark.keras
def test_two_files_are_merged_on_the_command_line(
    models: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models)
    spec = invoke(
        "merge",
        "a.keras",
        "b.keras",
        "--axis",
        "-1",
        "--name",
        "concatenated_layer",
        "--head",
        "Dense:16:sigmoid:name=out",
    )
    assert spec.exit_code == 0 and spec.stderr == ""
    built = invoke("build", "-", "--no-plot", "--save", "merged.keras", stdin=spec.stdout)
    assert built.exit_code == 0, built.output
    import keras
    import numpy

    merged = keras.saving.load_model(models / "merged.keras")
    for letter in "ab":
        source = keras.saving.load_model(models / f"{letter}.keras")
        numbers = numpy.random.default_rng(1).normal(size=(2, 32, 32, 1)).astype("float32")
        part = keras.Model(merged.inputs, merged.get_layer(f"{letter}_output_layer").output)
        assert numpy.array_equal(part([numbers, numbers]), source(numbers))
    assert differences(invoke("verify", "-", "--format", "json", stdin=spec.stdout)) == [0, 0, 0]


@pytest.mark.keras
def test_two_copies_of_one_file(models: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(models)
    spec = invoke("merge", "a.keras", "a.keras", "b.keras", "--method", "average")
    assert "  a_2:\n    model: a.keras\n    prefix: a_2_\n" in spec.stdout
    assert differences(invoke("verify", "-", "--format", "json", stdin=spec.stdout)) == [0, 0, 0, 0]
    clash = compile_spec(
        Source("branches: {x: {model: a.keras}, y: {model: a.keras}}\nmerge: Add", "a.yaml")
    ).errors
    assert [found.code for found in clash] == ["duplicate-name"] and clash[
        0
    ].help == "add `prefix: y_` to the model of branch `y`"
    mended = "branches: {x: {model: a.keras}, y: {model: a.keras, prefix: y_}}\nmerge: Add"
    assert compile_spec(Source(mended, "a.yaml")).diagnostics == []


@pytest.mark.keras
@pytest.mark.parametrize("file", ["awkward.keras", "awkward.h5", "awkward.json"])
@pytest.mark.parametrize("nested", [False, True])
def test_every_form_of_branch(
    models: pathlib.Path, monkeypatch: pytest.MonkeyPatch, file: str, nested: bool
) -> None:
    """Shared layers, models in models, statistics, operations, two outputs; whole, cut, fed, frozen."""
    monkeypatch.chdir(models)
    spec = f"""
branches:
  whole: {{model: {file}, output: label, nested: {json.dumps(nested)}, trainable: false}}
  cut: {{model: {file}, output: shared_1, prefix: cut_, nested: {json.dumps(nested)}, layers: [{{Dense: 2}}]}}
  fed: {{model: {file}, output: box, from: words, prefix: fed_, nested: {json.dumps(nested)}, trainable: [shared]}}
  words: {{input: [10, 4], layers: [{{Dense: 4}}]}}
merge: {{Concatenate: {{}}, from: [whole, cut, fed]}}
head: [{{Dense: {{units: 1, name: last}}}}]
"""
    (models / "spec.yaml").write_text(spec)
    if nested:
        spec = spec.replace(", trainable: [shared]", "")
        (models / "spec.yaml").write_text(spec)
    result = invoke("verify", "spec.yaml", "--format", "json")
    assert differences(result) == [0, 0, 0, 0]
    rows = {
        row["branch"]: (row["trainable"], row["frozen"])
        for row in json.loads(result.stdout)["branches"]
    }
    found = facts(network(spec))
    assert (sum(t for t, _ in rows.values()), sum(f for _, f in rows.values())) == (
        found["trainable_parameters"],
        found["parameters"] - found["trainable_parameters"],
    )
    assert rows["whole"][0] == 0
    if not nested:
        assert rows["fed"] == (rows["cut"][0] - 182 - 28 + 56, rows["cut"][1] + 182)


@pytest.mark.keras
def test_a_file_is_cut_where_the_spec_says(
    models: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models)
    found = network("branches: {x: {model: awkward.keras, output: pool}}")
    names = {node.name for node in found.parts()}
    assert "pool" in names and "shared" not in names and "inner.norm" in names


@pytest.mark.keras
def test_parts_of_one_model_are_frozen_as_keras_freezes_them(
    models: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models)
    (models / "frozen.yaml").write_text(
        "branches: {x: {model: awkward.keras, output: label, trainable: [both, inner.norm]}}"
    )
    model = mergecli.load(str(models / "frozen.yaml"))
    frozen = {layer.name for layer in model.layers if layer.weights and not layer.trainable_weights}
    assert frozen == {"both", "inner.norm"}
    # What the file has learnt is there, too.
    assert model.get_layer("inner.norm").get_weights()[2].tolist() == pytest.approx(
        [0.3, -0.2, 0.1]
    )


@pytest.mark.keras
def test_an_application_is_cut_frozen_and_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = invoke("verify", "specs/transfer.yaml", "--format", "json")
    assert differences(result) == [0, 0]
    rows = {row["branch"]: row for row in json.loads(result.stdout)["branches"]}
    assert rows["image"]["trainable"] == 0 and rows["facts"]["trainable"] == 416


@pytest.mark.keras
def test_weights_of_an_application_come_from_a_file(tmp_path: pathlib.Path) -> None:
    import keras
    import numpy

    keras.utils.set_random_seed(1)
    whole = keras.applications.MobileNetV3Small(
        weights=None, include_top=False, minimalistic=True, input_shape=(32, 32, 3)
    )
    whole.save_weights(tmp_path / "small.weights.h5")
    arguments = "{include_top: false, minimalistic: true, input_shape: [32, 32, 3], weights: small.weights.h5}"
    (tmp_path / "a.yaml").write_text(
        f"branches: {{x: {{application: MobileNetV3Small, with: {arguments}}}}}"
    )
    model = mergecli.load(str(tmp_path / "a.yaml"))
    numbers = numpy.random.default_rng(0).normal(size=(1, 32, 32, 3)).astype("float32")
    assert numpy.array_equal(model(numbers), whole(numbers))


# Unsafe and damaged files.


@pytest.mark.keras
def test_an_unsafe_file_is_never_loaded(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    start = keras.Input((4,))
    keras.Model(start, keras.layers.Lambda(lambda x: x, output_shape=(4,))(start)).save(
        tmp_path / "bad.keras"
    )
    (tmp_path / "a.yaml").write_text("branches: {x: {model: bad.keras}}")
    monkeypatch.setattr(keras.saving, "load_model", lambda *a, **k: pytest.fail("it was loaded"))
    for command in (
        ["build", "a.yaml", "--save", "out.keras"],
        ["verify", "a.yaml"],
        ["validate", "a.yaml"],
    ):
        result = invoke(*command)
        assert result.exit_code == 1 and "unsafe-model" in result.output
    assert not (tmp_path / "out.keras").exists()


@pytest.mark.keras
def test_a_file_without_its_weights_is_told(
    models: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    monkeypatch.chdir(tmp_path)
    with (
        zipfile.ZipFile(models / "a.keras") as old,
        zipfile.ZipFile(tmp_path / "hollow.keras", "w") as new,
    ):
        for name in old.namelist():
            if name != "model.weights.h5":
                new.writestr(name, old.read(name))
    (tmp_path / "a.yaml").write_text("branches: {x: {model: hollow.keras}}")
    for command in (["validate"], ["build", "--no-plot", "--save", "out.keras"]):
        result = invoke(*command, "a.yaml")
        assert result.exit_code == 1
        assert "`hollow.keras`: it holds no `model.weights.h5`" in result.output


# The user's own layers.


@pytest.mark.keras
def test_layers_of_the_user(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "my_own_layers.py").write_text(MODULE)
    (tmp_path / "own.yaml").write_text(OWN)
    assert "unknown layer `Scale`" in invoke("validate", "own.yaml").stdout
    assert invoke("validate", "own.yaml", "--import", "my_own_layers").exit_code == 0
    assert invoke("validate", "own.yaml", "--import", "nothing_of_mine").exit_code == 2
    summary = json.loads(
        invoke("summary", "own.yaml", "--import", "my_own_layers", "--format", "json").stdout
    )
    assert [row["output_shapes"] for row in summary["layers"]] == [[None]] * 3 and summary[
        "parameters"
    ] is None
    assert (
        invoke(
            "build", "own.yaml", "--no-plot", "--import", "my_own_layers", "--save", "own.keras"
        ).exit_code
        == 0
    )
    (tmp_path / "two.yaml").write_text(
        "branches: {x: {model: own.keras}, y: {model: own.keras, prefix: y_, nested: true}}\nmerge: Add"
    )
    assert invoke("validate", "two.yaml").exit_code == 0
    assert differences(
        invoke("verify", "two.yaml", "--import", "my_own_layers", "--format", "json")
    ) == [0, 0, 0]


CROSS = """
import keras


@keras.saving.register_keras_serializable("my")
class Cross(keras.layers.Layer):
    def __init__(self, units=4, **more):
        super().__init__(**more)
        self.units, self.dense = units, keras.layers.Dense(units)

    def call(self, query, value):
        return self.dense(query) + self.dense(value)

    def get_config(self):
        return {**super().get_config(), "units": self.units}
"""


@pytest.mark.keras
def test_a_layer_of_the_user_may_take_two_tensors(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "cross_layers.py").write_text(CROSS)
    spec = "inputs: {a: [4], b: [4]}\nlayers:\n  - my>Cross: {units: 4}\n    from: {query: a, value: b}\n  - Dense: 1\n"
    (tmp_path / "two.yaml").write_text(spec)
    options = ("--import", "cross_layers")
    assert invoke("validate", "two.yaml", *options).stdout == ""
    built = invoke("build", "two.yaml", "--no-plot", "--save", "two.keras", *options)
    assert built.exit_code == 0 and "25" in built.stdout
    result = invoke("import", "two.keras", *options)
    assert "from: {query: a, value: b}" in result.stdout
    (tmp_path / "again.yaml").write_text(result.stdout)
    assert invoke("build", "again.yaml", "--no-plot", *options).exit_code == 0
    (tmp_path / "wrong.yaml").write_text(spec.replace("query", "qery"))
    wrong = invoke("validate", "wrong.yaml", *options).stdout
    assert "`my_cross` (my>Cross) takes no tensor `qery`" in wrong
    assert "its `call` takes `query`, `value`" in wrong
    # Without its module nothing is known of what it takes.
    assert invoke("validate", "wrong.yaml").stdout == ""


@pytest.mark.keras
def test_a_layer_that_nobody_has_registered(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text("input: [8]\nlayers: [{nobody>Knows: {}}]\n")
    result = invoke("build", "own.yaml", "--no-plot")
    assert (
        result.exit_code == 1
        and "own.yaml:2:11: error[refused]: nobody has registered `nobody>Knows`" in result.stderr
    )


@pytest.mark.keras
def test_what_comes_behind_a_layer_of_the_user_is_refused_at_its_place(
    tmp_path: pathlib.Path,
) -> None:
    import keras

    class Flat(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return keras.ops.reshape(x, (-1,))

    (tmp_path / "own.yaml").write_text("input: [8]\nlayers: [Flat, {Dense: 4}]\n")
    from mergecli.runtime.build import Refusal

    with pytest.raises(Refusal, match="Keras refuses `dense`"):
        mergecli.load(str(tmp_path / "own.yaml"), custom_objects={"Flat": Flat})


@pytest.mark.keras
def test_load_takes_classes(tmp_path: pathlib.Path) -> None:
    import keras

    class Twice(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    (tmp_path / "own.yaml").write_text("input: [8]\nlayers: [Twice, Twice]\n")
    model = mergecli.load(str(tmp_path / "own.yaml"), custom_objects={"Twice": Twice})
    assert float(model(keras.ops.ones((1, 8)))[0, 0]) == 4.0


def test_checks_do_not_run_the_modules_they_are_given(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boom.py").write_text("raise SystemExit('it ran')\nclass Scale: pass\n")
    (tmp_path / "own.yaml").write_text("input: [8]\nlayers: [Scale]\n")
    assert invoke("validate", "own.yaml", "--import", "boom").exit_code == 0


# Used again.


@pytest.mark.keras
def test_a_siamese_network_shares_its_weights() -> None:
    import keras
    import numpy

    path = str(ROOT / "specs" / "siamese.yaml")
    model = mergecli.load(path)
    assert model.count_params() == 160 + 4640 + 1056 + 33
    assert len([layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]) == 2
    one, two = numpy.random.default_rng(0).normal(size=(2, 1, 28, 28, 1)).astype("float32")
    # Both sides see the same: what is between them does not depend on the order but for the sign that `abs` takes.
    assert numpy.allclose(model([one, two]), model([two, one]))
    assert numpy.allclose(model([one, one]), keras.ops.sigmoid(model.get_layer("same").bias))


@pytest.mark.keras
def test_layers_branches_and_instances_are_used_again_as_in_keras() -> None:
    """The same model by hand: the weights are counted once, the wiring is the same."""
    import keras

    text = """
blocks:
  tower: {layers: [{Dense: {units: 8, name: one}}, {Dense: {units: 8, name: two}}, {Add: {name: sum}, from: [one, input]}]}
branches:
  a: {input: [8], layers: [{tower: {}, as: first}, {use: first, as: second}, {use: first_two, as: third, call: {training: true}}]}
  b: {input: [8], layers: [{use: a, as: again}, {use: first_one}]}
merge: Add
"""
    built = build(network(text))
    layers = keras.layers
    one, two, add, merge = layers.Dense(8), layers.Dense(8), layers.Add(), layers.Add()

    def tower(x: Any) -> Any:
        y = one(x)
        return add([y, x])

    def branch(x: Any) -> Any:
        return two(tower(tower(x)))

    left, right = keras.Input((8,)), keras.Input((8,))
    hand = keras.Model([left, right], merge([branch(left), one(branch(right))]))
    assert built.count_params() == hand.count_params() == 144
    built.get_layer("first_one").set_weights(one.get_weights())
    built.get_layer("first_two").set_weights(two.get_weights())
    numbers = [keras.random.normal((2, 8), seed=1), keras.random.normal((2, 8), seed=2)]
    assert keras.ops.all(keras.ops.equal(built(numbers), hand(numbers)))


# What is written out says the same.


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs())
def test_what_is_expanded_is_the_same_network(
    tmp_path_factory: pytest.TempPathFactory, drawn: Any
) -> None:
    text, files = drawn
    folder = tmp_path_factory.mktemp("specs", numbered=True)
    for name, content in files.items():
        (folder / name).write_text(content)
    first = network(text, str(folder / "a.yaml"))
    written = expanded(first)
    second = network(written)

    def plain(found: dict[str, Any]) -> Any:
        return {
            **found,
            "layers": [
                {k: v for k, v in row.items() if k not in ("branch", "line")}
                for row in found["layers"]
            ],
        }

    assert plain(facts(first)) == plain(facts(second))
    assert expanded(second) == written


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "specs").glob("*.yaml")),
    ids=lambda path: path.stem,
)
def test_every_spec_can_be_written_out(path: pathlib.Path) -> None:
    first = network(path.read_text(), str(path))
    second = network(expanded(first))
    assert {(n.name, n.cls) for n in first.parts()} == {(n.name, n.cls) for n in second.parts()}
    assert first.count() == second.count() and first.count(trainable=True) == second.count(
        trainable=True
    )


@pytest.mark.slow
def test_what_multiplies_without_end_is_refused_at_once(tmp_path: pathlib.Path) -> None:
    (tmp_path / "wide.yaml").write_text("input: [8]\nlayers: [{Dense: 8, repeat: 9000}]\n")
    many = (
        "branches:\n"
        + "".join(
            f"  b{number}: {{spec: wide.yaml, prefix: p{number}_}}\n" for number in range(400)
        )
        + "merge: Add\n"
    )
    for level in range(10):
        inner = "".join(
            f"  b{number}: {{spec: deep{level + 1}.yaml, prefix: p{number}_}}\n"
            for number in range(4)
        )
        (tmp_path / f"deep{level}.yaml").write_text(f"branches:\n{inner}merge: Add\n")
    (tmp_path / "deep10.yaml").write_text("input: [8]\nlayers: [{Dense: 8}]\n")
    for text in (many, (tmp_path / "deep0.yaml").read_text()):
        found = compile_spec(Source(text, str(tmp_path / "a.yaml"))).errors
        assert [error.code for error in found] == ["too-large"]


@pytest.mark.keras
def test_what_is_frozen_has_nothing_that_is_trained(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sublayers, too, which Keras makes when it builds a layer, and those of layers that nobody knows."""
    import keras

    class Holder(keras.layers.Layer):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self.inner = keras.layers.Dense(3)

        def call(self, x: Any) -> Any:
            return self.inner(x)

    own = {"Holder": Holder}
    attention = (
        "{MultiHeadAttention: {num_heads: 2, key_dim: 3}, from: {query: b_input, value: b_input}}"
    )
    (tmp_path / "a.yaml").write_text(
        f"branches: {{b: {{input: [4, 8], trainable: false, layers: [{attention}, Holder]}}}}"
    )
    assert mergecli.load(str(tmp_path / "a.yaml"), custom_objects=own).trainable_variables == []
    found = facts(
        network(f"branches: {{b: {{input: [4, 8], trainable: false, layers: [{attention}]}}}}")
    )
    assert found["trainable_parameters"] == 0 < found["parameters"]


@pytest.mark.keras
def test_a_model_that_is_one_layer_is_fed_with_what_it_takes(
    models: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models)
    for entry, words in (
        ("[9, 4]", "takes (None, 10, 4)"),
        ("{shape: [10, 4], dtype: int32}", "takes float32"),
    ):
        spec = f"branches: {{x: {{model: awkward.keras, output: label, input: {entry}, nested: true}}}}"
        (error,) = compile_spec(Source(spec, "a.yaml")).errors
        assert error.code == "shape-mismatch" and words in error.message


@pytest.mark.keras
def test_models_that_call_a_model_twice_and_end_in_an_operation(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    start = keras.Input((8,), name="start")
    inner = keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, name="deep")], name="inner")
    keras.Model(start, inner(inner(start) * 2.0) + 1.0, name="outer").save("outer.keras")
    spec = "branches: {a: {model: outer.keras, trainable: [inner]}, b: {model: outer.keras, prefix: b_, nested: true}}\nmerge: Add"
    (tmp_path / "a.yaml").write_text(spec)
    result = invoke("verify", "a.yaml", "--format", "json")
    assert differences(result) == [0, 0, 0]
    assert [row["frozen"] for row in json.loads(result.stdout)["branches"]] == [72, 0, 0]


def test_a_use_is_used_again() -> None:
    text = """
blocks: {tower: {layers: [{Dense: {units: 8, name: d}}]}}
branches:
  a: {input: [8], layers: [{tower: {}, as: one}, {use: one, as: two}, {use: two, as: three}]}
  b: {input: [8], layers: [{use: a, as: again}]}
  c: {input: [8], layers: [{use: again}]}
merge: Add
"""
    found = network(text)
    assert found.count() == 72 and sum(node.cls == "Dense" for node in found.parts()) == 9


@pytest.mark.parametrize(
    ("branch", "hint"),
    [
        ("{spec: encoder.json}", "write `model: encoder.json`"),
        ("{model: other.yaml}", "write `spec: other.yaml`"),
        ("{model: MobileNetV2}", "write `application: MobileNetV2`"),
        ("{application: encoder.json}", "write `model: encoder.json`"),
        ("{model: 'https://example.com/a.keras'}", "name a file; nothing is downloaded"),
    ],
)
def test_a_model_under_the_wrong_key(branch: str, hint: str) -> None:
    (error,) = compile_spec(
        Source(f"branches: {{x: {branch}}}", str(ENCODER.parent / "a.yaml"))
    ).errors
    assert error.help == hint
