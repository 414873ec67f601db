"""Lint rules: Keras accepts what they find, the fix removes it, and similar specs give none."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest
from running import ROOT

from mergecli.compiler import lint
from mergecli.compiler.lint.support import Stage
from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Severity
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.writer import expanded
from mergecli.importers import applications
from tools import docs

FOLDER = ROOT / "tests" / "errors"
#: Rules whose warning Keras does not accept in silence: TensorFlow refuses such names in `fit`.
REFUSED_LATER = {"unsafe-name"}
CODES = tuple(rule.CODE for rule in docs.rules() if rule.CODE not in REFUSED_LATER)
CASES = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name.startswith(CODES))


def check(text: str) -> Compiled:
    return compile_spec(Source(text, "case.yaml"))


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in check(text).diagnostics]


@pytest.mark.keras
@pytest.mark.parametrize("case", CASES)
def test_keras_accepts_the_example_in_silence(case: str, recwarn: pytest.WarningsRecorder) -> None:
    from mergecli.runtime.build import build

    compiled = check((FOLDER / case).read_text(encoding="utf-8"))
    assert {diagnostic.severity for diagnostic in compiled.diagnostics} == {Severity.WARNING}
    assert compiled.network is not None
    model = build(compiled.network, weightless=True)
    assert len(model.outputs) == len(compiled.network.graph.outputs.targets)
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.keras
@pytest.mark.parametrize(
    ("layer", "sample", "data"),
    [
        ("TextVectorization: {output_sequence_length: 3}", [["b a"]], ["a b", "b c"]),
        ("TextVectorization: {output_mode: tf_idf, max_tokens: 9, pad_to_max_tokens: true}",
         [["b a"]], ["a b", "b c"]),
        ("StringLookup: {}", [["b"]], ["a", "b"]),
        ("StringLookup: {invert: true}", [[1]], ["a", "b"]),
        ("IntegerLookup: {}", [[3]], [3, 5]),
        ("Discretization: {num_bins: 3}", [[0.5]], [0.0, 0.5, 1.0]),
        ("Normalization: {}", [[0.5]], None),
    ],
)  # fmt: skip
def test_what_is_not_adapted_does_not_run(layer: str, sample: object, data: object) -> None:
    import numpy
    import tensorflow as tf

    import mergecli

    array = numpy.array(sample)
    dtype = {"U": "string", "f": "float32", "i": "int64"}[array.dtype.kind]
    spec = f"input: {{shape: [1], dtype: {dtype}}}\nlayers:\n  - {layer}\n"
    assert codes(spec) == ([] if data is None else ["not-adapted"])
    tensor = tf.constant(array if dtype == "string" else array.astype(dtype))
    if data is not None:
        with pytest.raises((tf.errors.FailedPreconditionError, ValueError, AttributeError)):
            mergecli.load(source=spec)(tensor)
    model = mergecli.load(source=spec)
    if data is not None:
        model.layers[-1].adapt(tf.constant(data))
    assert model(tensor) is not None


@pytest.mark.keras
def test_what_does_not_fit_gives_wrong_numbers() -> None:
    """All predictions are right, or all are wrong, and the metric of Keras says something else."""
    import keras
    import numpy

    def value(metric: Any, target: Any, predicted: Any) -> float:
        found = keras.metrics.get(metric) if isinstance(metric, str) else metric
        found.update_state(numpy.array(target), numpy.array(predicted, "float32"))
        return float(found.result())

    logits, truth = [[0.3], [-0.3]], [[1], [0]]
    assert value("binary_accuracy", truth, logits) == 0.5
    assert value(keras.metrics.BinaryAccuracy(threshold=0), truth, logits) == 1
    assert value("Precision", truth, logits) == 0
    assert value(keras.metrics.Precision(thresholds=0), truth, logits) == 1
    classes, numbers = [[0.8, 0.2, 0.0], [0.1, 0.9, 0.0]], [0, 1]
    assert value("sparse_categorical_accuracy", numbers, classes) == 1
    assert value("categorical_accuracy", numbers, classes) != 1
    assert value("categorical_accuracy", truth, [[0.1], [0.9]]) == 1
    assert value(keras.metrics.TopKCategoricalAccuracy(k=3), numpy.eye(3)[[2, 2]], classes) == 1


@pytest.mark.parametrize("rule", docs.rules(), ids=lambda rule: rule.CODE)
def test_a_rule_is_named_for_its_code_and_has_an_example(rule: ModuleType) -> None:
    assert rule.__name__.rpartition(".")[2] == rule.CODE.replace("-", "_")
    rules = {Stage.GRAPH: lint.GRAPH_RULES, Stage.NETWORK: lint.NETWORK_RULES}[rule.STAGE]
    assert rule.check in rules
    assert (FOLDER / f"{rule.CODE}.yaml").exists()


RULE = '''"""A layer is called `forbidden`.

## What it finds

A layer with that name.

## Why that is a mistake

The test says so.

## Example

```yaml
input: [8]
layers: [{Dense: {units: 4, name: forbidden}}]
```

## Instead

```yaml
input: [8]
layers: [{Dense: {units: 4, name: allowed}}]
```
"""

from mergecli.compiler.lint.support import Stage
from mergecli.diagnostics.diagnostic import warning

CODE = "forbidden-name"
STAGE = Stage.GRAPH


def check(graph):
    """Yield a warning for each layer with the name."""
    for call in graph.nodes:
        if call.name == "forbidden":
            yield warning(call.span, CODE, "this name is forbidden")
'''


@pytest.mark.slow
def test_a_new_rule_is_its_file_and_its_example(tmp_path: pathlib.Path) -> None:
    """What else knows of a rule is generated: the lists, its page, and so `explain` and SARIF."""
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    for folder in ("mergecli", "tools", "docs", "specs", "tests/golden"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    (tmp_path / "mergecli/compiler/lint/forbidden_name.py").write_text(RULE)
    (tmp_path / "case.yaml").write_text(
        "input: [8]\nlayers: [{Dense: {units: 4, name: forbidden}}]\n"
    )

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        ).stdout

    written = {
        "docs/reference/diagnostics/forbidden-name.md",
        "docs/reference/diagnostics/index.md",
        "mergecli/compiler/lint/__init__.py",
        "mergecli/diagnostics/codes/__init__.py",
        "mergecli/diagnostics/codes/forbidden-name.md",
        "mkdocs.yml",
    }
    assert set(run("tools.docs").splitlines()) == written
    assert run("tools.docs") == ""
    concise = run("mergecli", "validate", "--format", "concise", "case.yaml")
    assert concise == "case.yaml:2:11: warning[forbidden-name]: this name is forbidden\n"
    assert "forbidden-name: a layer is called `forbidden`" in run(
        "mergecli", "explain", "forbidden-name"
    )
    assert '"id": "forbidden-name"' in run("mergecli", "validate", "--format", "sarif", "case.yaml")


@pytest.mark.parametrize(
    ("case", "old", "new"),
    [
        ("batch-axis", "axis: 0", "axis: -1"),
        ("batch-axis-softmax", "axis: [0, 1]", "axis: -1"),
        ("batch-axis-softmax", "{name: without_axis}", "{name: without_axis, axis: -1}"),
        ("channels-first", "[3, 224, 224]", "[224, 224, 3]"),
        ("dense-image", "- Dense: {units: 64", "- Flatten\n      - Dense: {units: 64"),
        ("dense-image", "- Dense: {units: 64", "- GlobalAveragePooling2D\n      - Dense: {units: 64"),
        ("dense-image", "- Dense: 10", "- GlobalAveragePooling2D\n      - Dense: 10"),
        ("double-activation", "  - ReLU\n", ""),
        ("double-activation", "  - ops.tanh\n", ""),
        ("dropped-output", "  - Dense: {units: 3", "  - Dropout: 0.5\n  - Dense: {units: 3"),
        ("embedded-floats", "  - Dense: {units: 4, activation: sigmoid}\n", ""),
        ("idle-flatten", "  - Flatten\n", ""),
        ("loss-classes", "categorical_crossentropy", "binary_crossentropy"),
        ("loss-classes", "{units: 1, activation: sigmoid}", "{units: 2, activation: softmax}"),
        ("loss-classes-sigmoid", "categorical_crossentropy", "binary_crossentropy"),
        ("loss-classes-sigmoid", "activation: sigmoid", "activation: softmax"),
        ("loss-logits", "Dense: 10", "Dense: {units: 10, activation: softmax}"),
        ("loss-logits", "loss: sparse_categorical_crossentropy",
         "loss: {SparseCategoricalCrossentropy: {from_logits: true}}"),
        ("loss-logits-twice", "{CategoricalCrossentropy: {from_logits: true}}", "categorical_crossentropy"),
        ("loss-logits-twice", ", activation: softmax", ""),
        ("loss-logits-twice", "seen: [{Dense: 1}]", "seen: [{Dense: {units: 1, activation: sigmoid}}]"),
        ("loss-logits-unbounded", "activation: relu", "activation: softmax"),
        ("loss-logits-unbounded", "activation: tanh", "activation: sigmoid"),
        ("loss-sign", "units: 1, name", "units: 1, activation: softplus, name"),
        ("loss-sign", "poisson", "mse"),
        ("loss-sign-tanh", "activation: tanh", "activation: softmax"),
        ("loss-sign-tanh", "units: 1, name", "units: 1, activation: relu, name"),
        ("embedded-floats-normalized", "  - LayerNormalization\n", ""),
        ("metric-misfit", "[accuracy, AUC, {Precision: {name: precise}}]",
         "[{BinaryAccuracy: {threshold: 0}}, {AUC: {from_logits: true}}, {Precision: {thresholds: 0}}]"),
        ("metric-misfit", "[categorical_accuracy]", "[SparseCategoricalAccuracy]"),
        ("metric-misfit", "[CategoricalAccuracy]", "[BinaryAccuracy]"),
        ("metric-misfit", "[TopKCategoricalAccuracy, sparse_categorical_accuracy]",
         "[{TopKCategoricalAccuracy: {k: 3}}, CategoricalAccuracy]"),
        ("lone-softmax", "softmax", "sigmoid"),
        ("merge-broadcast", "Dense: 1}", "Dense: 16}"),
        ("merge-itself", "[a, a]", "[a, b]"),
        ("no-layers", "[]", "[{Dense: 4}]"),
        ("no-layers-null", "layers:", "layers: [{Dense: 4}]"),
        ("not-adapted", "max_tokens: 1000, out", "vocabulary: [good, bad], out"),
        ("not-adapted", "max_tokens: 10, pad_to_max_tokens: true", "vocabulary: [3, 5]"),
        ("not-adapted", "num_bins: 4", "bin_boundaries: [18, 65]"),
        ("mixed-dtypes", ", dtype: int32", ", dtype: float32"),
        ("mixed-dtypes", "  - Concatenate: {name: joined}\n    from: [user",
         "  - Embedding: {input_dim: 9, output_dim: 4}\n    from: user\n  - Flatten: {name: vector}\n"
         "  - Concatenate: {name: joined}\n    from: [vector"),
        ("mixed-dtypes-lookup", "  - Concatenate: {name: joined}\n    from: [facts, number]",
         "  - ops.cast: float32\n  - Concatenate: {name: joined}\n    from: [facts, previous]"),
    ],
)  # fmt: skip
def test_the_suggested_change_removes_the_warning(case: str, old: str, new: str) -> None:
    text = (FOLDER / f"{case}.yaml").read_text(encoding="utf-8")
    before, after = check(text).diagnostics, check(text.replace(old, new, 1)).diagnostics
    if case == "dropped-output":
        # The layer is moved: it goes where it stood.
        after = check(
            text.replace(old, new, 1)
            .replace("  - Dropout: {rate: 0.5, name: last}\n", "")
            .replace(", last", "")
        ).diagnostics
    assert len(after) == len(before) - 1
    assert not [diagnostic for diagnostic in after if diagnostic.is_error]


@pytest.mark.parametrize(
    "spec",
    {
        "squeeze and excitation": """
            input: [16, 16, 8]
            layers:
              - Conv2D: {filters: 8, kernel_size: 3, activation: relu, name: conv}
              - GlobalAveragePooling2D: {keepdims: true}
              - Conv2D: {filters: 8, kernel_size: 1, activation: sigmoid}
              - Multiply: {}
                from: [conv, previous]
        """,
        "a gate with fewer axes": """
            inputs: {image: [16, 16, 8], gate: [8]}
            layers: [{Multiply: {}, from: [image, gate]}, GlobalAveragePooling2D]
        """,
        "a convolution of single pixels after a normalization, as in ConvNeXt": """
            input: [16, 16, 8]
            layers:
              - DepthwiseConv2D: {kernel_size: 7, padding: same}
              - LayerNormalization
              - Dense: {units: 32, activation: gelu}
              - Dense: 8
        """,
        "dense layers on a sequence, and on the heads of an attention": """
            inputs: {words: [20, 64], heads: [20, 4, 16]}
            layers: [{Dense: {units: 8, name: a}, from: words}, {Dense: {units: 8, name: b}, from: heads}]
            outputs: [a, b]
        """,
        "attention over time": """
            input: [20, 64]
            layers: [{Dense: 1}, {Softmax: {axis: 1}}]
        """,
        "sizes that are not known": """
            inputs: {a: [null, 8], b: [null, 8], c: [1, 8], d: [null, null]}
            layers:
              - Add: {name: sum}
                from: [a, b]
              - Average: {name: mean}
                from: [a, c]
              - Softmax: {name: soft}
                from: d
            outputs: [sum, mean, soft]
        """,
        "losses that fit": """
            branches:
              a: {input: [8], layers: [{Dense: {units: 8, activation: relu}}]}
            heads:
              one: [{Dense: {units: 3, activation: softmax}}]
              two: [{Dense: 3}, Softmax]
              three: [{Dense: 1}, {Activation: sigmoid}]
              four: [{Dense: 3}]
              five: [{Dense: {units: 3, activation: sigmoid}}]
              six: [{Dense: 3}, {Rescaling: 0.1}]
              seven: [{Dense: {units: 3, kernel_constraint: non_neg}}]
            compile:
              optimizer: adam
              loss:
                one: categorical_crossentropy
                two: sparse_categorical_crossentropy
                three: binary_crossentropy
                four: {CategoricalCrossentropy: {from_logits: true}}
                five: bce
                six: bce
                seven: bce
        """,
        "metrics that fit": """
            branches:
              a: {input: [8], layers: [{Dense: {units: 8, activation: relu}}]}
            heads:
              one: [{Dense: {units: 6, activation: softmax}}]
              two: [{Dense: 6}]
              three: [{Dense: 1}]
              four: [{Dense: 3}]
              five: [{Dense: 1}]
            compile:
              optimizer: adam
              loss:
                one: categorical_crossentropy
                two: {SparseCategoricalCrossentropy: {from_logits: true}}
                three: {BinaryCrossentropy: {from_logits: true}}
                four: {BinaryCrossentropy: {from_logits: true}}
                five: mse
              metrics:
                one: [accuracy, AUC, BinaryAccuracy, TopKCategoricalAccuracy]
                two: [accuracy, SparseTopKCategoricalAccuracy]
                three: [{AUC: {from_logits: true}}, {Precision: {thresholds: 0}}]
                four: [accuracy]
                five: [mae, accuracy]
        """,
        "one loss for several outputs": """
            inputs: {x: [8]}
            layers:
              - Dense: {units: 3, activation: softmax, name: a}
              - Dense: {units: 3, activation: softmax, name: b}
                from: x
            outputs: [a, b]
            compile: {optimizer: adam, loss: categorical_crossentropy}
        """,
        "branches without layers that are merged": """
            branches:
              a: {input: [8], layers: []}
              b: {input: [8]}
            merge: Concatenate
        """,
        "a normalization that a script adapts": """
            input: [8]
            layers: [Normalization, {Dense: 4}]
        """,
        "an embedding of floats that may be integers": """
            input: [8]
            layers: [{Embedding: {input_dim: 10, output_dim: 4}}]
        """,
        "an axis of one that is missing": """
            inputs: {a: [1, 8], b: [8]}
            layers: [{Add: {}, from: [a, b]}]
        """,
        "an activation between two that are the same": """
            input: [8]
            layers:
              - Dense: {units: 8, activation: relu}
              - BatchNormalization
              - Activation: relu
              - Activation: linear
              - Activation: linear
              - LeakyReLU: {negative_slope: 0.1}
              - LeakyReLU: {negative_slope: 0.2}
        """,
        "tanh of a softplus, as in Mish": """
            input: [8]
            layers: [ops.softplus, ops.tanh, {Multiply: {}, from: [input, previous]}]
        """,
        "a recurrent layer, whose output has gone through a gate": """
            input: [10, 8]
            layers: [{LSTM: 4}, {Activation: tanh}]
        """,
        "dropout that never drops": """
            input: [8]
            layers: [{Dense: {units: 4, activation: softmax}}, {Dropout: 0}]
        """,
        "a dropout at the end of what may be the body of another model": """
            input: [8]
            layers: [{Dense: {units: 4, activation: relu}}, {Dropout: 0.5}]
        """,
        "a dropout on the weights of an attention": """
            inputs: {score: [8, 8], value: [8, 4]}
            layers:
              - Softmax: {name: weights}
                from: score
              - Dropout: 0.1
              - ops.matmul: {}
                from: [previous, value]
        """,
        "noise at the end": """
            input: [8]
            layers: [{Dense: 4}, {GaussianNoise: 0.1}]
        """,
        "a mask of integers": """
            inputs: {mask: {shape: [8], dtype: int32}, data: [8]}
            layers: [{Multiply: {}, from: [mask, data]}]
        """,
        "integers among themselves": """
            inputs: {a: {shape: [8], dtype: int32}, b: {shape: [8], dtype: int64}}
            layers: [{Concatenate: {}, from: [a, b]}]
        """,
        "a square": """
            input: [8]
            layers: [{Multiply: {}, from: [input, input]}, {Dense: 4, from: previous}]
        """,
        "three channels from one": """
            input: [32, 32, 1]
            layers: [{Concatenate: {}, from: [input, input, input]}, {Conv2D: {filters: 4, kernel_size: 3}}]
        """,
        "channels in front, said so": """
            input: [3, 64, 64]
            layers: [{Conv2D: {filters: 4, kernel_size: 3, data_format: channels_first}}]
        """,
        "a small picture of three rows": """
            input: [3, 3, 3]
            layers: [{Conv2D: {filters: 4, kernel_size: 3}}, Flatten]
        """,
    }.items(),
    ids=lambda pair: pair[0],
)
def test_similar_specs_without_the_mistake_give_no_warning(spec: tuple[str, str]) -> None:
    assert codes(spec[1]) == []


def test_specs_with_errors_are_not_linted() -> None:
    assert codes("input: [8]\nlayers: [Flatten, {Dense: 1.5}]\n") == ["wrong-type"]


def test_a_layer_that_no_output_needs_gives_no_other_warning() -> None:
    assert codes(
        "input: [8]\nlayers: [{Flatten: {name: idle}, from: input}, {Dense: 4, from: input}]\n"
    ) == ["unused-branch"]


@pytest.mark.slow
def test_results_of_branches_are_passed_on_only_so_often() -> None:
    rows = [f'  b{number}: {{from: "b{number - 1}[0]"}}\n' for number in range(1, 2000)]
    first = "  b0: {input: [4], layers: [{Dense: 4}]}\n"
    for order, codes in ((rows, set()), (rows[::-1], {"too-deep"})):
        compiled = compile_spec(Source(f"branches:\n{first}{''.join(order)}merge: Add\n", "a.yaml"))
        assert {diagnostic.code for diagnostic in compiled.errors} == codes


@pytest.mark.slow
@pytest.mark.parametrize("name", applications.names())
def test_no_application_gives_a_warning(name: str) -> None:
    """As a branch, and with all its layers written out, a loss and metrics."""
    branch = f"branches:\n  a: {{application: {name}, with: {{weights: null}}}}\n"
    compiled = check(branch)
    assert compiled.diagnostics == [] and compiled.network is not None
    training = "{optimizer: adam, loss: categorical_crossentropy, metrics: [accuracy, AUC]}"
    assert codes(f"{expanded(compiled.network)}compile: {training}\n") == []
