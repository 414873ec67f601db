"""What `mergecli export` writes makes the model that `mergecli.load` gives; Keras is the judge."""

from __future__ import annotations

import importlib
import json
import pathlib
import random
import subprocess
import sys
from typing import Any

import model_cases as models
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from running import ROOT, SPECS

from mergecli.catalog import registry
from mergecli.catalog.layer import spec_name
from mergecli.catalog.operations.operation import Operation
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.keras_json import keras_json
from mergecli.exporters.python.code_printer import literal
from mergecli.exporters.python.script_writer import python
from mergecli.exporters.yaml.writer import expanded
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Network
from mergecli.runtime.build import build
from mergecli.runtime.keras_settings import fresh_names
from tools import fuzz


def network(text: str, path: str = "a.yaml", customs: CustomLayers | None = None) -> Network:
    compiled = compile_spec(Source(text, path), None, customs)
    assert compiled.errors == [], compiled.errors
    assert compiled.network is not None
    return compiled.network


def facts(model: Any) -> Any:
    """All that the config of a model says, and which of its weights are trained."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if key != "shared_object_id"}
        return [bare(item) for item in value] if isinstance(value, list) else value

    weights = [
        [tuple(weight.shape) for weight in found]
        for found in (model.trainable_weights, model.non_trainable_weights)
    ]
    config = bare(json.loads(model.to_json()))
    config.pop("compile_config", None)
    return config, weights


def judge(
    found: Network, customs: dict[str, Any] | None = None, homes: dict[str, str] | None = None
) -> str:
    """Build a network, and run what is written of it: all must be the same model. Gives the code."""
    import keras

    # Keras numbers operations over the whole process; a script begins in a new one.
    # Some layers draw a seed for their config.
    random.seed(1)
    with fresh_names():
        wanted = facts(build(found, customs=customs))
    code, module = (
        python(found, homes or {}, list((homes or {}).values())),
        {"__name__": "exported"},
    )
    random.seed(1)
    with fresh_names():
        exec(compile(code, "exported.py", "exec"), module)
        assert facts(module["model"]) == wanted
    random.seed(1)
    with fresh_names():
        assert (
            facts(keras.models.model_from_json(keras_json(found), custom_objects=customs)) == wanted
        )
    return code


def buildable(found: Network) -> bool:
    """Whether Keras can build a network and write its config: only then it can judge what else is made of it."""
    try:
        with fresh_names():
            build(found).to_json()
    except Exception:
        return False
    return True


def assert_formatted(codes: list[str], folder: pathlib.Path) -> None:
    """Ruff, which formats as black does, has nothing to change."""
    for number, code in enumerate(codes):
        (folder / f"exported_{number}.py").write_text(code, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--no-cache",
        "--diff",
        str(folder),
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[:2000]


@pytest.mark.keras
@pytest.mark.parametrize("count", [8, pytest.param(100, marks=pytest.mark.slow)])
def test_random_graphs(count: int, tmp_path: pathlib.Path) -> None:
    codes = []

    def look(case: fuzz.Case) -> None:
        found = compile_spec(Source(fuzz.spec(case), "case.yaml")).network
        if found is not None and buildable(found):
            codes.append(judge(found))

    fuzz.run(number=600 + count, count=count, judge=look)
    assert len(codes) >= count / 2
    assert_formatted(codes, tmp_path)


def codes_of(kind: Any) -> list[str]:
    """The code of a few models of one layer, with arguments as they are drawn for the fuzz; each is judged."""
    codes = []

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(fuzz.calls(kind))
    def each(drawn: Any) -> None:
        arguments, inputs = drawn
        step = fuzz.Step(
            kind,
            arguments,
            tuple(range(len(inputs.tensors))),
            inputs.listed,
            inputs.keywords,
            inputs.options,
        )
        found = compile_spec(
            Source(fuzz.spec(fuzz.Case(list(inputs.tensors), [step], [])), "case.yaml")
        ).network
        if found is not None and buildable(found):
            codes.append(judge(found))

    each()
    return codes


#: Keras cannot run these in a model.
NOT_RUN = ("ConvTranspose", "Histogram")


@pytest.mark.keras
@pytest.mark.slow
def test_every_kind(tmp_path: pathlib.Path) -> None:
    kinds = [kind for kind in (*fuzz.KINDS, *fuzz.OPERATIONS) if kind.__name__ not in NOT_RUN]
    found = {kind.__name__: codes_of(kind) for kind in kinds}
    assert sum(map(bool, found.values())) > 0.9 * len(found), [
        name for name, codes in found.items() if not codes
    ]
    assert_formatted([code for codes in found.values() for code in codes], tmp_path)


@pytest.mark.keras
def test_random_specs(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Blocks, included specs, models as one layer, what is applied again."""
    codes = []

    @settings(
        max_examples=8,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(models.specs())
    def each(drawn: Any) -> None:
        text, files = drawn
        folder = tmp_path_factory.mktemp("specs", numbered=True)
        for name, content in files.items():
            (folder / name).write_text(content)
        codes.append(judge(network(text, str(folder / "a.yaml"))))

    each()
    assert any("_layer = " in code or " = layers.BatchNormalization(" in code for code in codes)
    assert_formatted(codes, tmp_path_factory.mktemp("codes"))


# The specs of this project, each through each writer.

ENDINGS = {"python": "py", "keras-json": "config.json", "spec": "expanded.yaml"}


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ENDINGS)
def test_golden_exports(spec: pathlib.Path, form: str, rewrite: bool) -> None:
    result = CliRunner().invoke(cli, ["export", str(spec), "--to", form])
    assert (result.exit_code, result.stderr) == (0, "")
    golden = ROOT / "tests" / "golden" / f"{spec.stem}.export.{ENDINGS[form]}"
    if rewrite:
        golden.write_text(result.stdout, encoding="utf-8")
    assert result.stdout == golden.read_text(encoding="utf-8")


@pytest.mark.keras
def test_golden_exports_are_the_models_of_the_specs(tmp_path: pathlib.Path) -> None:
    """In a process that knows nothing of mergecli; it runs all of them, as TensorFlow takes long to start."""
    import mergecli

    script = """
import glob, json, os, runpy, sys
import keras
for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.export.py"))):
    keras.utils.clear_session()
    model = runpy.run_path(path)["model"]
    keras.utils.clear_session()
    again = keras.models.model_from_json(open(path[:-2] + "config.json", encoding="utf-8").read())
    print(json.dumps([os.path.basename(path).split(".")[0], model.get_config(), again.get_config()], default=str))
assert "mergecli" not in sys.modules
"""
    command = [sys.executable, "-c", script, str(ROOT / "tests" / "golden")]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert result.returncode == 0, result.stderr[-2000:]
    found = {
        name: (code, config) for name, code, config in map(json.loads, result.stdout.splitlines())
    }
    assert set(found) == {spec.stem for spec in SPECS}
    for spec in SPECS:
        with fresh_names():
            wanted = json.loads(json.dumps(mergecli.load(str(spec)).get_config(), default=str))
        assert found[spec.stem][0] == wanted and found[spec.stem][1] == wanted, spec.stem


def test_golden_code_is_formatted() -> None:
    files = [str(ROOT / "tests" / "golden" / f"{spec.stem}.export.py") for spec in SPECS]
    result = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--diff", *files],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout


# What is awkward.

AWKWARD = {
    "states": """
input: {shape: [5, 3], name: sequence}
layers:
  - LSTM: {units: 4, return_state: true, return_sequences: true, name: encoder}
  - LSTM: {units: 4, name: decoder}
    from: {sequences: "encoder[0]", initial_state: ["encoder[1]", "encoder[2]"]}
  - Concatenate: {name: all}
    from: [decoder, "encoder[1]"]
outputs: {states: "encoder[2]", all: all}
""",
    "cells": """
input: [5, 3]
layers:
  - RNN: {cell: [{LSTMCell: {units: 4}}, {GRUCell: {units: 2}}], return_state: true, name: stacked}
  - Concatenate: {}
    from: ["stacked[0]", "stacked[1]", "stacked[3]"]
""",
    "attention": """
inputs: {words: {shape: [7, 8]}, memory: {shape: [9, 8]}}
layers:
  - MultiHeadAttention: {num_heads: 2, key_dim: 4, name: look}
    from: {query: words, value: memory}
    call: {return_attention_scores: true, use_causal_mask: true}
  - Dropout: {rate: 0.5, name: drop}
    from: "look[0]"
    call: {training: true}
outputs: [drop, "look[1]"]
""",
    "wrapped": """
input: {shape: [6, 4], batch_size: 2}
layers:
  - TimeDistributed: {layer: {Dense: {units: 3, activation: {LeakyReLU: {negative_slope: 0.1}}}}}
  - Bidirectional: {layer: {LSTM: {units: 4, stateful: true}}, backward_layer: {GRU: {units: 2, go_backwards: true, stateful: true}}}
  - SpectralNormalization: {layer: {Dense: {units: 2, kernel_constraint: {MaxNorm: {max_value: 3}}}}}
""",
    "operations": """
input: {shape: [6, 4], name: x}
layers:
  - ops.add: {}
    from: [x, 3.0]
  - ops.add: {}
    from: [previous, x]
  - ops.get_item: {key: [null, {start: -3, stop: 5, step: 2}, ..., 0]}
    from: add
  - ops.get_item: {key: 0}
    from: add
  - ops.split: {indices_or_sections: 1, axis: -1, name: one}
    from: add_1
  - ops.split: {indices_or_sections: [1, 3], axis: -1, name: three}
    from: one
  - ops.pad: {pad_width: 1}
    from: "three[1]"
  - ops.einsum: {subscripts: "abc,abd->acd"}
    from: [x, "three[0]"]
  - ops.mean: {axis: [1, 2], keepdims: true, name: average}
    from: x
  - ops.sqrt: {name: add_2}
    from: x
outputs: [get_item, get_item_1, pad, einsum, average, add_2, "three[2]"]
""",
    "masks": """
input: {shape: [6], dtype: int32}
layers:
  - Embedding: {input_dim: 9, output_dim: 4, mask_zero: true}
  - ops.add: {}
    from: [previous, 1.0]
  - ops.not_equal: {name: unlike}
    from: [previous, 0.0]
  - LSTM: {units: 2}
    from: embedding
outputs: [unlike, lstm]
""",
    "policies": """
input: {shape: [8], dtype: float16}
layers:
  - Dense: {units: 4, dtype: mixed_float16, kernel_initializer: {Constant: {value: 0.00001}}}
  - Dense: {units: 4, dtype: int8_from_float32, trainable: false}
  - Activation: {activation: relu, dtype: float32}
""",
    "names": """
name: "a \\"quoted\\"\\nname\\\\ '''"
input: {shape: [8], name: "in\\u202eput"}
layers:
  - Dense: {units: 4, name: "x\\"); import os #"}
  - Dense: {units: 4, name: 'it''s "two" \\ quotes'}
  - Dense: {units: 4, name: 中文的名字中文的名字中文的名字中文的名字中文的名字中文的名字, kernel_regularizer: {L1L2: {l1: 0.5}}}
  - Dense: {units: 4, name: class}
  - Dense: {units: 4, name: 1st}
  - Dense: {units: 4, name: layers}
    from: class
  - Add: {name: "\\t"}
    from: [layers, 1st, class]
""",
    "outputs": """
inputs: {one: [4], two: [4]}
layers:
  - Dense: {units: 4, name: shared}
    from: one
  - use: shared
    as: again
    from: two
  - use: shared
    as: third
outputs: [again, shared, one, third]
""",
}


@pytest.mark.keras
@pytest.mark.parametrize("name", AWKWARD)
def test_what_is_awkward(name: str, tmp_path: pathlib.Path) -> None:
    assert_formatted([judge(network(AWKWARD[name]))], tmp_path)


@pytest.mark.keras
def test_models_in_models_with_named_outputs_and_what_is_frozen(tmp_path: pathlib.Path) -> None:
    (tmp_path / "inner.yaml").write_text(
        "input: [4]\nlayers: [{Dense: {units: 3, name: first}}, {Dense: {units: 2, name: second}, from: first}]\noutputs: {b: first, a: second}\n"
    )
    (tmp_path / "middle.yaml").write_text(
        "branches:\n  deep: {spec: inner.yaml, nested: true}\n  rows: {input: [5, 4], layers: [{LSTM: {units: 2, name: lstm}}]}\noutputs: ['deep[1]', lstm]\n"
    )
    text = """
branches:
  whole: {spec: middle.yaml, nested: true, trainable: false}
  part: {spec: inner.yaml, output: first, trainable: [first], prefix: part_}
  lone: {input: [5, 4], layers: [{Bidirectional: {layer: {GRU: {units: 3}}}}]}
outputs: ["whole[0]", "whole[1]", part, lone]
"""
    code = judge(network(text, str(tmp_path / "a.yaml")))
    assert code.count("def make_") == 2 and "middle_layer.trainable = False" in code
    assert_formatted([code], tmp_path)


@pytest.mark.keras
def test_layers_of_the_user(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "layers_to_export.py").write_text(models.MODULE)
    (tmp_path / "own.yaml").write_text(models.OWN)
    code = (
        CliRunner()
        .invoke(cli, ["export", "own.yaml", "--to", "python", "--import", "layers_to_export"])
        .stdout
    )
    assert (
        "from layers_to_export import Scale\n" in code
        and code.count("Scale(factor=3.0, name=") == 1
    )
    module = importlib.import_module("layers_to_export")
    found = network(models.OWN, customs=CustomLayers(["Scale"]))
    judge(found, {"Scale": module.Scale}, {"Scale": "layers_to_export"})
    # Where nobody says which module it is, the code says that one is missing.
    assert '# Import what registers "mine>Scale", "Scale" with Keras.' in python(found).replace(
        '"Scale", "mine>Scale"', '"mine>Scale", "Scale"'
    )
    # A saved model tells the arguments of such a layer only as Keras wrote them.
    build(found, customs={"Scale": module.Scale}).save(tmp_path / "own.keras")
    for form in ("python", "keras-json"):
        text = (
            CliRunner()
            .invoke(cli, ["export", "own.keras", "--to", form, "--import", "layers_to_export"])
            .stdout
        )
        if form == "python":
            space: dict[str, Any] = {"__name__": "exported"}
            exec(compile(text, "own.py", "exec"), space)
            made = space["model"]
        else:
            made = keras.models.model_from_json(text)
        assert facts(made) == facts(keras.saving.load_model(tmp_path / "own.keras"))


COMPILED = """
inputs: {a: [8], b: [8]}
layers:
  - Dense: {units: 4, activation: softmax, name: label, from: a}
  - Dense: {units: 2, name: box}
    from: b
outputs: {label: label, box: box}
compile:
  optimizer: {SGD: {learning_rate: {CosineDecay: {initial_learning_rate: 0.1, decay_steps: 9}}, momentum: 0.5}}
  loss: {label: categorical_crossentropy, box: {Huber: {delta: 2.0}}}
  loss_weights: {label: 1.0, box: 0.5}
  metrics: {label: [accuracy, {TopKCategoricalAccuracy: {k: 2}}], box: [mae]}
  jit_compile: false
""".replace(", from: a}", "}\n    from: a")


@pytest.mark.keras
def test_what_a_model_is_compiled_with(tmp_path: pathlib.Path) -> None:
    import keras

    found = network(COMPILED)
    judge(found)
    space: dict[str, Any] = {"__name__": "exported"}
    exec(compile(python(found), "compiled.py", "exec"), space)
    for model in (space["model"], keras.models.model_from_json(keras_json(found))):
        model.fit(
            [keras.ops.ones((2, 8))] * 2,
            {"label": keras.ops.ones((2, 4)), "box": keras.ops.ones((2, 2))},
            verbose=0,
        )
        assert model.optimizer.get_config()["momentum"] == 0.5
        assert model.optimizer.get_config()["learning_rate"]["class_name"] == "CosineDecay"
    assert network(expanded(found)).training is not None and expanded(
        network(expanded(found))
    ) == expanded(found)


@pytest.mark.keras
def test_the_classes_of_operations_are_where_keras_has_them() -> None:
    """Every operation, with the arguments that its class takes: Keras may be asked, as this is a fact about Keras."""
    import inspect

    for name, kind in registry.layers().items():
        if name.startswith("ops.") and name == spec_name(kind):
            assert issubclass(kind, Operation)
            cls = getattr(importlib.import_module(f"keras.src.ops.{kind.home}"), kind.__name__)
            mine = (
                set(kind.arguments)
                - {"name", *kind.call_arguments}
                - (
                    {"key"}
                    if name == "ops.get_item"
                    else {"constant_values"}
                    if name == "ops.pad"
                    # An argument of the call, between tensors.
                    else {"output_shape"}
                    if name == "ops.image.scale_and_translate"
                    else {"scale"}
                    if name == "ops.dot_product_attention"
                    else set()
                )
            )
            assert mine <= set(inspect.signature(cls.__init__).parameters), name


@pytest.mark.keras
def test_a_deep_model_runs() -> None:
    spec = "input: [2]\nlayers: [{Dense: {units: 2, name: d}, repeat: 300}]\n".replace(
        "name: d}", "name: d$i}"
    )
    code = python(network(spec))
    assert "sys.setrecursionlimit(" in code
    limit = sys.getrecursionlimit()
    try:
        space: dict[str, Any] = {"__name__": "exported"}
        exec(compile(code, "deep.py", "exec"), space)
    finally:
        sys.setrecursionlimit(limit)
    assert len(space["model"].layers) == 301


# The command.


def test_exit_codes_and_files(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text("vars: {n: 4}\ninput: [8]\nlayers: [{Dense: $n}]\n")
    (tmp_path / "bad.yaml").write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    (tmp_path / "nested.yaml").write_text("branches: {x: {spec: good.yaml, nested: true}}\n")
    (tmp_path / "hollow.json").write_text("{}")

    def export(*arguments: str, stdin: str | None = None) -> Any:
        result = CliRunner().invoke(cli, ["export", *arguments], input=stdin)
        assert "Traceback" not in result.output
        return result

    assert "layers.Dense(5, " in export("good.yaml", "--to", "python", "--set", "n=5").stdout
    assert export("-", "--to", "spec", stdin="input: [8]\nlayers: [Flatten]\n").stdout.startswith(
        "name: "
    )
    result = export("good.yaml", "--to", "keras-json", "-o", "deep/good.json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "wrote deep/good.json\n")
    again = export("deep/good.json", "--to", "python")
    assert again.stdout == export("good.yaml", "--to", "python").stdout
    assert (
        export("bad.yaml", "--to", "python", "-o", "bad.py").exit_code == 1
        and not (tmp_path / "bad.py").exists()
    )
    assert export("missing.yaml", "--to", "python").exit_code == 3
    assert export("hollow.json", "--to", "python").exit_code == 3
    assert export("good.yaml").exit_code == 2 and export("good.yaml", "--to", "pdf").exit_code == 2
    assert export("good.yaml", "--to", "spec", "-o", "./good.yaml").exit_code == 2
    assert export("deep/good.json", "--to", "spec", "--set", "n=5").exit_code == 2
    refused = export("nested.yaml", "--to", "spec")
    assert (
        refused.exit_code == 1
        and refused.stdout == ""
        and "`good` is a model as one layer" in refused.stderr
    )


@pytest.mark.keras
def test_an_unsafe_model_is_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    start = keras.Input((4,))
    keras.Model(
        start, keras.layers.Lambda(lambda x: x, output_shape=(4,), name="evil")(start)
    ).save(tmp_path / "bad.keras")
    result = CliRunner().invoke(cli, ["export", str(tmp_path / "bad.keras"), "--to", "python"])
    assert (
        (result.exit_code, result.stdout) == (1, "")
        and "error[unsafe-model]" in result.stderr
        and "evil" in result.stderr
    )


def test_nothing_gets_out_of_its_quotes() -> None:
    import ast

    for text in (
        "'",
        '"',
        "\\",
        "\n",
        "\r",
        "\0",
        "\u2028",
        "\x85",
        "'\"\\'",
        '\\"',
        "{}",
        "\ud800",
        "é",
        "\u202e",
        "a\tb",
    ):
        assert ast.literal_eval(literal(text)) == text and len(literal(text).splitlines()) == 1


def test_arguments_stand_in_the_order_that_keras_has(tmp_path: pathlib.Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "name: m\ninput: {dtype: int32, shape: [null]}\nlayers: [{Embedding: {output_dim: 2, input_dim: 9}}]\n"
    )
    result = CliRunner().invoke(cli, ["export", str(tmp_path / "m.yaml"), "--to", "python"])
    assert 'keras.Input(shape=(None,), dtype="int32", name="input")' in result.stdout
    assert "layers.Embedding(9, output_dim=2" in result.stdout
