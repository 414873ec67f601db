"""Whatever is exported runs, and gives the same model: its config, the shapes of its weights, its numbers."""

from __future__ import annotations

import json
import pathlib
import random
import re
from typing import Any

import keras
import keras2_zoo
import numpy
import pygraphviz
import pytest
import tensorflow as tf
import zoo
from click.testing import CliRunner
from keras2_files import shared, written
from running import ROOT, SPECS

import mergecli
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_model, compile_spec, is_model
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network
from mergecli.runtime.build import build
from mergecli.runtime.keras_settings import fresh_names
from tools import applications

#: The models of this page are not run: a video through VGG16 or the like takes many gigabytes.
NOT_RUN = "video.md"
FORMS = ("python", "keras-json", "spec")
#: The files that a model of Keras 2 is read from: Keras 2 writes two, the converter of TensorFlow.js the third.
ENDINGS = (".h5", ".keras", ".tfjs/model.json")
SMALL = [name for name in keras2_zoo.ZOO if name not in keras2_zoo.LARGE]
#: Applications that the fast run exports; the slow one exports all.
SAMPLE = ("MobileNetV2", "ResNet50V2", "EfficientNetB0")
#: An arrow and a box of Mermaid.
MERMAID_ARROW = re.compile(r"\s*(\w+) (?:-->|==>|-\.->)(?:\|[^|]*\|)? (\w+)")
MERMAID_BOX = re.compile(r"\s*(\w+)[\[({]")
#: By how much numbers may differ, relative to the largest.
TOLERANCE = 1e-6
#: The specs of the documentation: their page, their file if they have one, and the text.
DOCUMENTED = [
    (str(page.relative_to(ROOT)), title, text)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    if "reference/diagnostics" not in str(page)
    for title, text in re.findall(
        r'(?ms)^```yaml(?: title="(.*?)")?\n(.*?)^```$', page.read_text(encoding="utf-8")
    )
    if re.search(r"(?m)^(layers|branches):", text)
]
#: Pages whose specs need files that their commands make.
NEED_FILES = tuple(
    f"docs/{page}.md"
    for page in ("get-started/saved-models", "guide/custom-layers", "reference/json")
)
#: A merge of masks, which Keras makes with functions that it names as the merge is named.
MASKED = """
branches:
  a: {input: {shape: [5], dtype: int32}, layers: [{Embedding: {input_dim: 8, output_dim: 4, mask_zero: true}}]}
  b: {input: {shape: [7], dtype: int32}, layers: [{Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}}]}
merge: {Concatenate: {axis: 1}}
head: [{LSTM: 3}]
"""


def facts(model: Any) -> Any:
    """All that the config of a model says without how it was compiled, and the shapes of its weights."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if key != "shared_object_id"}
        return [bare(item) for item in value] if isinstance(value, list) else value

    config = bare(json.loads(model.to_json()))
    config.pop("compile_config", None)
    kinds = (model.trainable_weights, model.non_trainable_weights)
    return config, [[tuple(weight.shape) for weight in weights] for weights in kinds]


def numbers(model: Any) -> list[Any]:
    """What a model makes of small integers, or of strings."""
    draw = numpy.random.default_rng(0)
    fed = []
    for tensor in model.inputs:
        shape = [size or (2 if not axis else 32) for axis, size in enumerate(tensor.shape)]
        is_text = tensor.dtype == "string"
        fed.append(
            tf.constant(numpy.full(shape, "a"))
            if is_text
            else draw.integers(0, 2 if tensor.dtype == "bool" else 3, shape).astype(tensor.dtype)
        )
    results = model(fed if len(fed) > 1 else fed[0], training=False)
    return [numpy.asarray(result) for result in keras.tree.flatten(results)]


def network_of(path: str) -> Network:
    compiled = compile_model(path) if is_model(path) else compile_spec(Source.read(path))
    assert compiled.network is not None, compiled.diagnostics
    return compiled.network


def loaded(form: str, text: str) -> Any:
    """The model that an export gives, made in a process that has made no layers, as it seems to Keras."""
    # Some layers draw a seed for their config.
    random.seed(1)
    with fresh_names():
        if form == "python":
            module: dict[str, Any] = {"__name__": "exported"}
            exec(compile(text, "exported.py", "exec"), module)
            return module["model"]
        if form == "keras-json":
            return keras.models.model_from_json(text)
        return mergecli.load(source=text)


def give_weights(source: Any, target: Any, prefix: str) -> None:
    """Give a model the weights of another one, whose models in it may have become their layers."""
    known = {layer.name: layer for layer in target.layers}
    for layer in source.layers:
        twin = known.get(prefix + layer.name)
        if twin is not None and len(twin.weights) == len(layer.weights):
            twin.set_weights(layer.get_weights())
        elif layer.weights:
            give_weights(layer, twin or target, "" if twin else f"{prefix}{layer.name}.")


def check_pictures(path: pathlib.Path, folder: pathlib.Path) -> None:
    """Check that the text of each picture can be read, and that each arrow is between two boxes."""
    for form in ("dot", "mmd"):
        drawn = CliRunner().invoke(cli, ["plot", str(path), "-o", str(folder / f"picture.{form}")])
        assert drawn.exit_code == 0, drawn.stderr
    graph = pygraphviz.AGraph(filename=str(folder / "picture.dot"))
    assert len(graph.nodes()) > 1
    assert all(node.attr["label"] for node in graph.nodes())
    assert {end for edge in graph.edges() for end in edge} <= set(graph.nodes())
    lines = (folder / "picture.mmd").read_text(encoding="utf-8").splitlines()
    arrows = [match for line in lines if (match := MERMAID_ARROW.match(line))]
    boxes = {match[1] for line in lines if (match := MERMAID_BOX.match(line))}
    assert arrows
    assert {end for arrow in arrows for end in (arrow[1], arrow[2])} <= boxes


def judge(
    path: pathlib.Path, folder: pathlib.Path, original: Any = None, runs: bool = True
) -> None:
    """Run all exports of a spec or a model.

    Args:
        path: Its file.
        folder: Where pictures are written.
        original: The model as Keras loads it, if it does.
        runs: Whether the models are run on random numbers and compared.
    """
    random.seed(1)
    with fresh_names():
        wanted = build(network_of(str(path)))
    if original is not None:
        give_weights(original, wanted, "")
        first, second = zoo.run(original), zoo.run(wanted)
        assert all(
            numpy.allclose(ours, theirs, 1e-4, 1e-5, equal_nan=True)
            for ours, theirs in zip(second.values(), first.values(), strict=True)
        )
    check_pictures(path, folder)
    results = numbers(wanted) if runs else []
    for form in FORMS:
        exported = CliRunner().invoke(cli, ["export", str(path), "--to", form])
        assert exported.exit_code == 0, exported.stderr
        model = loaded(form, exported.stdout)
        assert facts(model) == facts(wanted), form
        model.set_weights(wanted.get_weights())
        for ours, theirs in zip(numbers(model) if runs else [], results, strict=True):
            assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
            if ours.dtype.kind == "f":
                assert numpy.allclose(ours, theirs, TOLERANCE, TOLERANCE, equal_nan=True), form
            else:
                assert (ours == theirs).all(), form


@pytest.fixture(scope="session")
def keras_2(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return written(shared(tmp_path_factory) / "keras2", SMALL)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs(path: pathlib.Path, tmp_path: pathlib.Path) -> None:
    judge(path, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({page for page, _, _ in DOCUMENTED}))
def test_documented_specs(page: str, tmp_path: pathlib.Path) -> None:
    judged = 0
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    blocks = [(title, text) for other, title, text in DOCUMENTED if other == page]
    for number, (title, text) in enumerate(blocks):
        path = tmp_path / (title or f"block_{number}.yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        compiled = compile_spec(Source.read(str(path)))
        if compiled.network is not None:  # others need files that the page makes with commands
            judge(path, tmp_path, runs=not page.endswith(NOT_RUN))
            judged += 1
    assert judged or page in NEED_FILES


@pytest.mark.parametrize(
    "ending",
    [pytest.param(ending, marks=() if ending == ".h5" else pytest.mark.slow) for ending in ENDINGS],
)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if number % 5 == 0 else pytest.mark.slow)
        for number, name in enumerate(SMALL)
    ],
)
def test_models_of_keras_2(
    name: str, ending: str, keras_2: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    if ending != ".h5" and name in keras2_zoo.OTHERS:
        pytest.skip("a version that wrote only .h5")
    judge(keras_2 / f"{name}{ending}", tmp_path)


@pytest.mark.parametrize("ending", [".keras", pytest.param(".h5", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", zoo.ZOO)
def test_models_of_keras_3(name: str, ending: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / f"model{ending}"
    model = zoo.ZOO[name]()
    try:
        model.save(path)
        original = keras.models.load_model(path)
    except Exception as problem:
        assert ending == ".h5", problem  # Keras itself cannot
        pytest.skip(f"Keras: {type(problem).__name__}")
    judge(path, tmp_path, original)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in SAMPLE else pytest.mark.slow)
        for name in applications.names()
    ],
)
def test_applications(name: str, tmp_path: pathlib.Path) -> None:
    path = tmp_path / f"{name}.json"
    path.write_text(applications.build(name).to_json(), encoding="utf-8")
    judge(path, tmp_path)
    keras.utils.clear_session(free_memory=True)


@pytest.mark.parametrize(
    "text",
    [
        MASKED,
        MASKED.replace(
            "head: [", "head: [{ops.any: {axis: 1, name: any}}, {ops.cast: float32}, "
        ).replace("{LSTM: 3}", "{Dense: 3}"),
    ],
)
def test_names_that_functions_of_masks_have(text: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "masked.yaml").write_text(text)
    judge(tmp_path / "masked.yaml", tmp_path)


def test_names_that_no_reader_gives(tmp_path: pathlib.Path) -> None:
    """Keras names the functions of masks by itself, and a file has no other way to say how."""
    spec = tmp_path / "masked.yaml"
    spec.write_text(MASKED.replace("head: [", "head: [{Dense: {units: 4, name: concatenate_1}}, "))
    result = CliRunner().invoke(cli, ["export", str(spec), "--to", "keras-json"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "names `concatenate`, as layers are named here; give those" in result.stderr
    code = CliRunner().invoke(cli, ["export", str(spec), "--to", "python"]).stdout
    assert loaded("python", code).get_layer("concatenate_1").units == 4


def test_the_reason_why_a_layer_cannot_be_written(tmp_path: pathlib.Path) -> None:
    """An array of more numbers in a call than a spec can have."""
    with fresh_names():
        x = keras.Input((400, 300))
        model = keras.Model(x, x + keras.ops.ones((400, 300)))
    model.save(tmp_path / "a.keras")
    for form in FORMS:
        result = CliRunner().invoke(cli, ["export", str(tmp_path / "a.keras"), "--to", form])
        assert (result.exit_code, result.stdout) == (1, "")
        assert "`add`: it is called with an array of numbers" in result.stderr
