"""What `build --save` writes for serving: it loads, says what the spec says, and computes what the model computes."""

from __future__ import annotations

import importlib.util
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from click.testing import CliRunner
from running import ROOT, run

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network
from mergecli.runtime import save
from mergecli.runtime.save import End, differs

pytestmark = pytest.mark.keras

SPEC = """
name: served
inputs: {words: {shape: [5], dtype: int32}, b-2: {shape: [4, 3], batch_size: 2}}
layers:
  - Embedding: {input_dim: 9, output_dim: 3, name: embedded}
    from: words
  - GlobalAveragePooling1D
  - Dense: {units: 2, name: zz}
  - Dense: {units: 2, name: second}
    from: b-2
outputs: {zz: zz, label: second}
"""
LISTED = SPEC.replace("outputs: {zz: zz, label: second}", "outputs: [zz, second]")
WITH_ONNX = all(importlib.util.find_spec(package) for package in ("tf2onnx", "onnx", "onnxruntime"))


def network(text: str) -> Network:
    found = compile_spec(Source(text, "served.yaml")).network
    assert found is not None
    return found


def build(folder: pathlib.Path, text: str, *saves: str, **environment: str) -> Any:
    (folder / "served.yaml").write_text(text)
    return run(
        "build",
        "served.yaml",
        "--no-plot",
        "--json",
        "--seed",
        3,
        *[f"--save={name}" for name in saves],
        cwd=folder,
        **environment,
    )


def numbers() -> dict[str, Any]:
    import numpy

    generator = numpy.random.default_rng(1)
    return {
        "words": generator.integers(0, 9, (2, 5)).astype("int32"),
        "b-2": generator.normal(size=(2, 4, 3)).astype("float32"),
    }


@pytest.fixture(
    scope="module",
    params=[SPEC, pytest.param(LISTED, marks=pytest.mark.slow)],
    ids=["named", "listed"],
)
def saved(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[pathlib.Path, dict[str, Any]]:
    """A model in all formats that are installed, and what it gives."""
    import keras

    folder = tmp_path_factory.mktemp("saved")
    names = ["m.keras", "m.h5", "m.weights.h5", "m.tflite", "served"] + (
        ["m.onnx"] if WITH_ONNX else []
    )
    result = build(folder, request.param, *names)
    assert result.returncode == 0, result.stderr
    # What exporters print is not among the results, nor do they leave anything beside.
    assert result.stdout.startswith("{") and result.stdout.rstrip().endswith("}")
    assert result.stderr == "".join(f"wrote {name}\n" for name in names)
    assert sorted(os.listdir(folder)) == sorted([*names, "served.yaml"])
    model = keras.saving.load_model(folder / "m.keras")
    given = numbers()
    results = model([given["words"], given["b-2"]])
    named = (
        results
        if isinstance(results, dict)
        else {f"output_{number}": result for number, result in enumerate(results)}
    )
    return folder, {name: keras.ops.convert_to_numpy(result) for name, result in named.items()}


def test_a_saved_model_serves(saved: tuple[pathlib.Path, dict[str, Any]]) -> None:
    import numpy
    import tensorflow

    folder, wanted = saved
    given = numbers()
    signature = tensorflow.saved_model.load(str(folder / "served")).signatures["serving_default"]
    found = signature(
        words=tensorflow.constant(given["words"]), b_2=tensorflow.constant(given["b-2"])
    )
    assert set(found) == set(wanted)
    for name, result in wanted.items():
        numpy.testing.assert_allclose(found[name].numpy(), result, rtol=1e-5, atol=1e-6)


def test_litert_serves(saved: tuple[pathlib.Path, dict[str, Any]]) -> None:
    import numpy
    import tensorflow

    folder, wanted = saved
    runner = tensorflow.lite.Interpreter(str(folder / "m.tflite")).get_signature_runner(
        "serving_default"
    )
    found = runner(**numbers())
    assert set(found) == set(wanted)
    for name, result in wanted.items():
        numpy.testing.assert_allclose(found[name], result, rtol=1e-4, atol=1e-5)


@pytest.mark.skipif(not WITH_ONNX, reason="tf2onnx is not installed")
def test_onnx_serves(saved: tuple[pathlib.Path, dict[str, Any]]) -> None:
    import numpy
    import onnxruntime

    folder, wanted = saved
    session = onnxruntime.InferenceSession(str(folder / "m.onnx"))
    assert [value.name for value in session.get_inputs()] == ["words", "b-2"]
    for name, result in zip(sorted(wanted), session.run(None, numbers())):
        numpy.testing.assert_allclose(wanted[name], result, rtol=1e-4, atol=1e-5)


def test_weights_fit_the_same_spec(saved: tuple[pathlib.Path, dict[str, Any]]) -> None:
    import keras
    import numpy

    import mergecli

    folder, wanted = saved
    model = mergecli.load(str(folder / "served.yaml"))
    model.load_weights(folder / "m.weights.h5")
    results = keras.tree.flatten(model(list(numbers().values())))
    for name, result in zip(sorted(wanted), results):
        numpy.testing.assert_allclose(wanted[name], result, rtol=1e-5, atol=1e-6)


@pytest.mark.skipif(WITH_ONNX, reason="tf2onnx is installed")
def test_what_is_missing_is_named_before_anything_is_done(tmp_path: pathlib.Path) -> None:
    result = build(tmp_path, SPEC, "m.keras", "m.onnx")
    assert (result.returncode, result.stdout) == (5, "")
    assert result.stderr == (
        "mergecli: `tf2onnx`, `onnx` and `onnxruntime`, which ONNX needs, are not installed; "
        f"install it: {sys.executable} -m pip install tf2onnx onnx onnxruntime\n"
    )
    assert os.listdir(tmp_path) == ["served.yaml"]


def test_what_a_backend_or_an_old_keras_cannot_write() -> None:
    assert str(save.missing("a.onnx", "numpy")) == (
        "Keras does not write ONNX with the backend `numpy`; "
        "set KERAS_BACKEND to tensorflow or jax or torch"
    )
    assert save.missing("a.keras", "numpy") is None and save.missing("folder", "tensorflow") is None
    assert save.lacks(["a.tflite"], "3.12.0") == [
        "`.tflite` needs Keras 3.13 or newer, 3.12.0 is installed"
    ]


def test_an_old_keras_is_told_before_anything_is_written(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    (tmp_path / "served.yaml").write_text(SPEC)
    monkeypatch.setattr(keras, "__version__", "3.10.0")
    result = CliRunner().invoke(cli, ["build", "served.yaml", "--no-plot", "--save", "m.tflite"])
    assert (
        result.exit_code == 5
        and "`.tflite` needs Keras 3.13 or newer, 3.10.0 is installed" in result.stderr
    )
    assert os.listdir(tmp_path) == ["served.yaml"]


@pytest.mark.parametrize(
    ("layers", "place", "what"),
    [
        ("[{ops.square: {}}, {Dense: 2}]", "2:11", "`square` (ops.square) cannot be saved in m.h5"),
        (
            "[{Embedding: {input_dim: 9, output_dim: 3, mask_zero: true}}, {LSTM: 4}]",
            "2:11",
            "the mask of `embedding` (Embedding) cannot be saved as `.h5`",
        ),
    ],
)
def test_operations_are_not_saved_where_keras_cannot_load_them(
    layers: str, place: str, what: str, tmp_path: pathlib.Path
) -> None:
    result = build(tmp_path, f"input: [4]\nlayers: {layers}\n", "m.keras", "m.h5")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"served.yaml:{place}: error[refused]: {what}" in result.stderr
    assert "= help: save a `.keras` file, which keeps every model" in result.stderr
    assert os.listdir(tmp_path) == ["served.yaml"]


def test_a_file_that_computes_something_else_is_not_kept(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    (tmp_path / "served.yaml").write_text(SPEC)
    whole = keras.Model.save

    def other(self: Any, path: str, *rest: Any, **more: Any) -> Any:
        clone = keras.models.clone_model(self)
        return whole(clone, path, *rest, **more)

    monkeypatch.setattr(keras.Model, "save", other)
    result = CliRunner().invoke(cli, ["build", "served.yaml", "--no-plot", "--save", "m.keras"])
    assert result.exit_code == 4, result.output
    assert "m.keras, a Keras file, gives other results than Keras: Keras differs by" in (
        result.stderr
    )
    assert os.listdir(tmp_path) == ["served.yaml"]


def test_a_model_that_is_not_run_is_saved_with_a_note(tmp_path: pathlib.Path) -> None:
    spec = "input: {shape: [4], dtype: bfloat16}\nlayers: [{Dense: 2}]\n"
    result = build(tmp_path, spec, "m.keras")
    assert result.returncode == 0
    assert "warning: m.keras: it was not run, as an input is bfloat16\n" in result.stderr


def test_a_lookup_without_a_vocabulary_is_refused(tmp_path: pathlib.Path) -> None:
    """Keras saves it, and cannot load it; its own message is about all objects at once."""
    spec = "input: {shape: [1], dtype: string}\nlayers: [{StringLookup: {name: words}}, {Embedding: {input_dim: 9, output_dim: 2}}]\n"
    result = build(tmp_path, spec, "m.keras")
    assert (result.returncode, result.stdout) == (1, "")
    assert "served.yaml:2:11: error[refused]: `words` (StringLookup) has no `voc" in result.stderr
    assert "warning[not-adapted]: `words`" in result.stderr
    assert os.listdir(tmp_path) == ["served.yaml"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device without space")
def test_a_full_standard_output_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "a.yaml").write_text("input: [4]\nlayers: [{Dense: 2}]\n")
    command = [sys.executable, "-m", "mergecli", "build", "a.yaml", "--no-plot"]
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert result.returncode == 2
    assert "cannot write standard output: No space left on device" in result.stderr


def test_an_exporter_that_writes_something_else_is_found(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    (tmp_path / "served.yaml").write_text(SPEC)
    whole = keras.Model.save

    def half(self: Any, path: str, *rest: Any, **more: Any) -> Any:
        return whole(keras.Model(self.inputs[:1], self.output["zz"]), path, *rest, **more)

    monkeypatch.setattr(keras.Model, "save", half)
    result = CliRunner().invoke(cli, ["build", "served.yaml", "--no-plot", "--save", "m.keras"])
    assert result.exit_code == 4, result.output
    assert (
        "what Keras has written into m.keras, a Keras file, is not what the spec says: it has 1 inputs, not 2"
        in result.stderr
    )
    assert os.listdir(tmp_path) == ["served.yaml"]


WORDS, OTHER = End("words", (None, 5), "int32"), End("b-2", (2, 4, 3), "float32")
LABEL, ZZ = End("label", (2, 4, 2), "float32"), End("zz", (None, 2), "float32")


@pytest.mark.parametrize(
    ("ending", "inputs", "outputs", "fault"),
    [
        (".keras", [WORDS, OTHER], [LABEL, ZZ], None),
        (".keras", [OTHER, WORDS], [LABEL, ZZ], "an input is called `b-2`, not `words`"),
        (".keras", [WORDS, OTHER._replace(shape=(None, 4, 3))], [LABEL, ZZ], "the input `b-2` is (None, 4, 3), not (2, 4, 3)"),
        (".onnx", [WORDS, OTHER._replace(shape=(None, 4, 3))], [LABEL, ZZ], None),
        (".onnx", [OTHER, WORDS], [LABEL, ZZ], "an input is called `b-2`, not `words`"),
        (".onnx", [WORDS, OTHER], [LABEL, ZZ._replace(shape=(None, 3))], "the output `zz` is (None, 3), not (None, 2)"),
        ("", [OTHER._replace(name="b_2"), WORDS], [ZZ, LABEL], None),
        ("", [OTHER, WORDS], [ZZ, LABEL], "an input is called `b-2`, not `b_2`"),
        (".tflite", [OTHER, WORDS._replace(dtype="int64")], [ZZ, LABEL], "the input `words` is int64, not int32"),
        (".tflite", [OTHER, WORDS], [ZZ._replace(shape=None), LABEL], None),
        (".tflite", [OTHER, WORDS], [ZZ], "it has 1 outputs, not 2"),
    ],
)  # fmt: skip
def test_what_counts_as_a_difference(
    ending: str, inputs: list[End], outputs: list[End], fault: str | None
) -> None:
    assert differs(network(SPEC), ending, inputs, outputs) == fault


@pytest.mark.parametrize(
    ("ending", "backend", "inputs", "outputs", "fault"),
    [
        # These exporters number the ends.
        (".onnx", "torch", [WORDS, OTHER], [LABEL._replace(name="114"), ZZ._replace(name="9")], None),
        (".onnx", "jax", [OTHER, WORDS], [LABEL, ZZ], "the input `words` is (2, 4, 3), not (None, 5)"),
        (".tflite", "torch", [WORDS._replace(name="args_0", shape=(1, 5)), OTHER._replace(name="args_1", shape=(1, 4, 3))], [LABEL, ZZ], None),
        (".tflite", "torch", [WORDS._replace(shape=(1, 6)), OTHER], [LABEL, ZZ], "the input `words` is (1, 6), not (None, 5)"),
        (".pt2", "torch", [WORDS, OTHER], [LABEL, ZZ._replace(shape=(1, 2))], None),
        (".xml", "tensorflow", [WORDS._replace(name="#0"), OTHER], [LABEL], "it has 1 outputs, not 2"),
    ],
)  # fmt: skip
def test_exporters_without_names_are_compared_by_position(
    ending: str, backend: str, inputs: list[End], outputs: list[End], fault: str | None
) -> None:
    assert differs(network(SPEC), ending, inputs, outputs, backend) == fault


@pytest.mark.parametrize(("backend", "is_same"), [("jax", True), ("torch", False)])
def test_jax_has_no_integers_of_64_bits(backend: str, is_same: bool) -> None:
    spec = "input: {shape: [3], dtype: int64}\nlayers: [Flatten]\n"
    inputs = save.wanted_inputs(network(spec), ".keras")
    end = End("flatten", (None, 3), "int32")
    assert (differs(network(spec), ".keras", inputs, [end], backend) is None) is is_same


def test_every_format_is_documented() -> None:
    readme = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    table = readme.split("### Formats of saved models")[1].split("\n## ")[0]
    for ending in filter(None, save.FORMATS):
        assert f"`FILE{ending}`" in table
    for needs in save.FORMATS[".onnx"].needs.values():
        assert f"`pip install {' '.join(needs)}`" in table


@pytest.mark.keras
@pytest.mark.parametrize(
    "name, ending",
    [
        *(
            (name, ".keras")
            for name in ["two_branch", "siamese", "two_tower", "merged", "multi_modal"]
        ),
        # In an `.h5` file Keras cannot load operations.
        *((name, ".h5") for name in ["two_branch", "merged", "inception", "video"]),
    ],
)
def test_a_large_model_is_compared_with_its_file_array_by_array(
    name: str, ending: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    from mergecli.runtime import build, keras_files
    from mergecli.runtime.model_weights import differing_layer

    spec = ROOT / "specs" / f"{name}.yaml"
    monkeypatch.setattr(keras_files, "_LARGE", 0)
    monkeypatch.setattr(
        keras.saving, "load_model", lambda *_, **__: pytest.fail("loaded as a whole")
    )
    found = compile_spec(Source.read(str(spec))).network
    assert found is not None
    model = build.build(found)
    path = str(tmp_path / f"m{ending}")
    save.save(model, found, path, path)
    assert differing_layer(model, path) is None
    variable = next(weight for weight in model.weights if weight.dtype == "float32")
    variable.assign(variable + 1)
    assert differing_layer(model, path) is not None
