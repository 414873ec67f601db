"""`compile:` from the spec to a saved model that is fitted at once."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import zipfile
from typing import Any

import pytest
from click.testing import CliRunner
from running import ROOT, run

from mergecli.catalog.training import losses, metrics, optimizers
from mergecli.catalog.versions import Version
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import TrainingConfig

TWO = """
branches:
  image: {input: [8, 8, 3], layers: [{Conv2D: {filters: 4, kernel_size: 3}}, GlobalAveragePooling2D]}
heads:
  label: [{Dense: {units: 3, activation: softmax}}]
  box: [{Dense: {units: 2, name: corners}}]
"""
COMPILED = """
compile:
  optimizer: {Adam: {learning_rate: {ExponentialDecay: {initial_learning_rate: 0.1, decay_steps: 10, decay_rate: 0.5}}, clipnorm: 1}}
  loss: {label: categorical_crossentropy, box: {Huber: {delta: 0.25, dtype: float64}}}
  loss_weights: {box: 0.5, label: 1}
  metrics: {label: [accuracy, {AUC: {multi_label: true, label_weights: [1, 2, 1]}}, {Precision: {top_k: 1}}, {Precision: {top_k: 2}}]}
  weighted_metrics: [[], {CosineSimilarity: {axis: 0}}]
  steps_per_execution: 2
"""


def training(text: str) -> TrainingConfig:
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is not None, compiled.diagnostics
    assert compiled.network.training is not None
    return compiled.network.training


def messages(text: str) -> list[str]:
    return [diagnostic.message for diagnostic in compile_spec(Source(text, "a.yaml")).errors]


def examples(model: Any) -> tuple[Any, Any]:
    """A batch of random numbers for a model."""
    import keras
    import numpy

    random = numpy.random.default_rng(1)

    def numbers(tensor: Any) -> Any:
        return random.random((2, *tensor.shape[1:])).astype("float32")

    return keras.tree.map_structure(numbers, model.inputs), keras.tree.map_structure(
        numbers, model.output
    )


@pytest.mark.keras
def test_a_saved_model_is_fitted_at_once(tmp_path: pathlib.Path) -> None:
    import keras

    (tmp_path / "a.yaml").write_text(TWO + COMPILED)
    result = run("build", "a.yaml", "--no-plot", "--save", "a.keras", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "wrote a.keras\n")
    model = keras.saving.load_model(tmp_path / "a.keras")
    history = model.fit(*examples(model), verbose=0).history
    assert sorted(history) == [
        "box_cosine_similarity", "box_loss", "label_accuracy", "label_auc", "label_loss", "label_precision", "label_precision_1", "loss",
    ]  # fmt: skip
    config = model.get_compile_config()
    assert config["loss_weights"] == {"label": 1, "box": 0.5}
    assert config["steps_per_execution"] == 2
    assert config["optimizer"]["config"]["learning_rate"]["config"]["decay_rate"] == 0.5


@pytest.mark.keras
def test_the_saved_losses_are_those_of_the_spec(tmp_path: pathlib.Path) -> None:
    """Keras alone saves a `Huber` without its `delta`, and every loss without its dtype."""
    import keras
    import numpy

    (tmp_path / "a.yaml").write_text(TWO + COMPILED)
    assert (
        run("build", "-q", "a.yaml", "--no-plot", "--save", "a.keras", cwd=tmp_path).returncode == 0
    )
    loss = keras.saving.load_model(tmp_path / "a.keras").loss["box"]
    wanted = keras.losses.Huber(delta=0.25, dtype="float64")
    targets, predictions = numpy.zeros((2, 2)), numpy.ones((2, 2))
    assert loss.dtype == wanted.dtype == "float64"
    assert (
        float(loss(targets, predictions))
        == float(wanted(targets, predictions))
        != float(keras.losses.Huber()(targets, predictions))
    )


PLAIN = """
input: [8]
layers:
  - Dense: {units: 3, activation: softmax, name: label}
  - Dense: {units: 2, name: corners}
    from: input
"""


@pytest.mark.keras
@pytest.mark.parametrize(
    ("outputs", "compiled"),
    [
        (
            "[label, corners]",
            "{loss: {corners: mse, label: ce}, loss_weights: {label: 1, corners: 2}, metrics: {corners: mse}}",
        ),
        ("[label, corners]", "{loss: [null, mse], metrics: {label: [accuracy, AUC]}}"),
        (
            "{z: label, a: corners}",
            "{optimizer: Adam, loss: [categorical_crossentropy, mse], metrics: [acc, mae]}",
        ),
        (
            "corners",
            "{optimizer: {SGD: 0.1}, loss: {corners: mse}, weighted_metrics: [mae, {R2Score: {}}]}",
        ),
        (
            "[corners]",
            "{optimizer: {LossScaleOptimizer: {inner_optimizer: {Lion: {}}}}, loss: log_cosh}",
        ),
        (
            "{end: corners}",
            "{optimizer: {Muon: {exclude_layers: [image]}}, loss: {end: {Huber: 2.0}}, metrics: {end: [mse]}}",
        ),
    ],
)
def test_every_form_of_outputs_is_saved_and_fitted(
    outputs: str, compiled: str, tmp_path: pathlib.Path
) -> None:
    import keras

    import mergecli

    (tmp_path / "a.yaml").write_text(f"{PLAIN}outputs: {outputs}\ncompile: {compiled}\n")
    model = mergecli.load(str(tmp_path / "a.yaml"))
    model.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras")
    inputs, targets = examples(model)
    history = model.fit(inputs, targets, verbose=0).history
    assert again.fit(inputs, targets, verbose=0).history.keys() == history.keys()
    assert "loss" in history


@pytest.mark.keras
def test_the_same_spec_gives_the_same_bytes_wherever_it_stands_in_a_process(
    tmp_path: pathlib.Path,
) -> None:
    (tmp_path / "a.yaml").write_text(TWO + COMPILED)
    (tmp_path / "b.yaml").write_text("name: a\n" + TWO + COMPILED)
    (tmp_path / "c.yaml").write_text(
        TWO
        + "compile: {optimizer: {Adam: {name: adam}}, loss: mse, metrics: {label: [{AUC: {}}]}}\n"
    )
    assert (
        run(
            "build", "-q", "a.yaml", "--no-plot", "--seed", 1, "--save", "alone.keras", cwd=tmp_path
        ).returncode
        == 0
    )
    result = run(
        "build",
        "-q",
        "c.yaml",
        "b.yaml",
        "--no-plot",
        "--seed",
        1,
        "--save",
        "m.keras",
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "output" / "b" / "m.keras").read_bytes() == (
        tmp_path / "alone.keras"
    ).read_bytes()


@pytest.mark.keras
def test_other_formats_hold_the_model_alone(tmp_path: pathlib.Path) -> None:
    import keras

    (tmp_path / "a.yaml").write_text(TWO + COMPILED)
    result = run(
        "build",
        "-q",
        "a.yaml",
        "--no-plot",
        "--save",
        "a.h5",
        "--save",
        "a.weights.h5",
        "--save",
        "served",
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    model = keras.saving.load_model(tmp_path / "a.h5")
    assert not model.compiled
    model.load_weights(tmp_path / "a.weights.h5")


@pytest.mark.keras
def test_what_is_not_kept_is_not_compiled() -> None:
    from mergecli.runtime.build import build

    network = compile_spec(Source(TWO + COMPILED, "a.yaml")).network
    assert network is not None
    assert not build(network, weightless=True).compiled
    assert build(network).compiled


@pytest.mark.keras
def test_a_saved_model_is_safe_to_read(tmp_path: pathlib.Path) -> None:
    """The static reader finds nothing in what is saved that would run code."""
    from mergecli.importers.keras import parse, read

    (tmp_path / "a.yaml").write_text(TWO + COMPILED)
    assert (
        run("build", "-q", "a.yaml", "--no-plot", "--save", "a.keras", cwd=tmp_path).returncode == 0
    )
    assert parse(read(str(tmp_path / "a.keras"))).refusals == []


@pytest.mark.keras
def test_the_documented_example_is_fitted_at_once(tmp_path: pathlib.Path) -> None:
    import keras

    readme = (ROOT / "docs" / "guide" / "compile.md").read_text(encoding="utf-8")
    (spec,) = [
        block for block in re.findall(r"```yaml\n(.*?)```", readme, re.S) if "\ncompile:" in block
    ]
    (tmp_path / "a.yaml").write_text(spec)
    assert (
        run("build", "-q", "a.yaml", "--no-plot", "--save", "a.keras", cwd=tmp_path).returncode == 0
    )
    model = keras.saving.load_model(tmp_path / "a.keras")
    assert "label_top_k_categorical_accuracy" in model.fit(*examples(model), verbose=0).history


# The reader.


def test_names_and_objects() -> None:
    found = training(
        TWO
        + "compile: {optimizer: ADAMW, loss: {Huber: 2.0}, metrics: {label: acc}, jit_compile: auto, run_eagerly: true}\n"
    )
    assert type(found.optimizer) is optimizers.AdamW
    assert type(found.loss) is losses.Huber
    assert found.loss.explicit == {"delta": 2.0}
    assert found.metrics == {"label": ["acc"]}
    assert found.options == {"run_eagerly": True, "jit_compile": "auto"}
    assert type(training(TWO + "compile: {loss: mse}\n").optimizer) is optimizers.RMSprop


def test_every_use_is_an_object_of_its_own() -> None:
    found = training(
        TWO
        + "x-auc: &auc {AUC: {}}\ncompile: {loss: mse, metrics: {label: [*auc, *auc], box: *auc}}\n"
    )
    uses = [*found.metrics["label"], *found.metrics["box"]]
    assert [type(use) for use in uses] == [metrics.AUC] * 3
    assert len({id(use) for use in uses}) == 3


def test_variables() -> None:
    text = "vars: {rate: 0.5, loss: mae, k: 2}\n" + TWO
    found = training(
        text
        + "compile: {optimizer: {SGD: $(rate / 2)}, loss: $loss, metrics: {label: {TopKCategoricalAccuracy: {k: $k}}}}\n"
    )
    assert found.optimizer.explicit == {"learning_rate": 0.25}
    assert found.loss == "mae"
    assert found.metrics["label"][0].explicit == {"k": 2}
    assert messages(
        text + "compile: {optimizer: {SGD: $rte}, loss: $loss, metrics: {label: $kk}}\n"
    ) == [
        "there is no variable `rte`",
        "there is no variable `kk`",
    ]
    assert messages(text + "compile: $comp\n") == ["there is no variable `comp`"]


@pytest.mark.parametrize(
    "loss", ["{Huber: {delta: 2.0}}", "{Huber: mse}", "{Huber: {Huber: {delta: 2.0}}}"]
)
def test_an_output_of_a_class_s_name_is_an_output(loss: str) -> None:
    spec = (
        f"input: [4]\nlayers: [{{Dense: {{units: 2, name: Huber}}}}]\ncompile: {{loss: {loss}}}\n"
    )
    assert messages(spec) == (["unknown loss `delta`"] if loss == "{Huber: {delta: 2.0}}" else [])


def test_a_mapping_of_one_entry_is_taken_as_what_it_resembles() -> None:
    assert messages(TWO + "compile: {loss: {Hubr: {delta: 2.0}}}\n") == ["unknown loss `Hubr`"]
    assert messages(TWO + "compile: {loss: {lable: {Huber: 1}}}\n") == [
        "`compile.loss` names `lable`, which is not an output of the model"
    ]
    assert messages(TWO + "compile: {loss: {lable: mse}}\n") == [
        "`compile.loss` names `lable`, which is not an output of the model"
    ]
    assert messages(TWO + "compile: {loss: {Loss: {}}}\n") == [
        "`Loss` cannot be used in a spec: it is the abstract base of all losses"
    ]


def test_an_output_of_several_tensors() -> None:
    lstm = "input: [5, 3]\nlayers: [{LSTM: {units: 2, return_state: true, name: lstm}}]\n"
    several = "the output `p` is several tensors, which `compile` cannot distinguish"
    assert messages(lstm + "outputs: {p: lstm}\ncompile: {loss: mse}\n") == []
    assert messages(lstm + "outputs: {p: lstm}\ncompile: {loss: {p: mse}}\n") == [several]
    assert messages(lstm + "outputs: {p: lstm}\ncompile: {loss: mse, metrics: [mae]}\n") == [
        several
    ]
    assert (
        messages(lstm + "outputs: {p: 'lstm[0]', q: 'lstm[1]'}\ncompile: {loss: {p: mse}}\n") == []
    )
    assert messages(lstm + "compile: {loss: [mse, null, null]}\n") == []
    assert messages(lstm + "compile: {loss: [mse]}\n") == [
        "`compile.loss` has 1 entry, the model has 3 outputs"
    ]
    assert training(lstm + "compile: {loss: {lstm: mse}}\n").loss == ["mse"] * 3


def test_mistakes_elsewhere_do_not_make_outputs_unknown_or_hide_mistakes() -> None:
    text = (
        TWO.replace("Conv2D", "Conv2") + "compile: {optimizer: adm, loss: {lable: mse, box: mae}}\n"
    )
    assert [message.split(",")[0] for message in messages(text)] == [
        "unknown layer `Conv2`",
        "`compile.optimizer` must be an optimizer",
        "`compile.loss` names `lable`",
    ]
    text = TWO + "outputs: {a: label_dense, b: corner}\ncompile: {loss: {a: mse, b: mae, c: mse}}\n"
    assert messages(text) == ["nothing is named `corner`"]


def test_what_the_target_does_not_have() -> None:
    text = (
        TWO
        + "compile:\n"
        + "  optimizer: {Muon: {rms_rate: 0.1}}\n"
        + "  loss: {label: {CategoricalGeneralizedCrossEntropy: {}}, box: mse}\n"
    )

    def errors(target: Version) -> list[tuple[str, str]]:
        source = Source(text, "a.yaml")
        return [
            (source.lines[d.span.line - 1].split(":")[0].strip(), d.message)
            for d in compile_spec(source, target=target).errors
            if d.span is not None
        ]

    assert errors((3, 8)) == [
        ("optimizer", "`Muon` needs Keras 3.10; the target is Keras 3.8"),
        ("loss", "`CategoricalGeneralizedCrossEntropy` needs Keras 3.10; the target is Keras 3.8"),
    ]
    assert errors((3, 10)) == [
        ("optimizer", "`Muon.rms_rate` needs Keras 3.13; the target is Keras 3.10")
    ]
    assert errors((3, 13)) == []


@pytest.mark.parametrize(
    ("outputs", "lacking"),
    [("{label: label, end: corners}", True), ("{label: label, corners: corners}", False)],
)
def test_names_of_outputs_that_the_target_does_not_take(outputs: str, lacking: bool) -> None:
    """Until 3.11 Keras looked for the metrics of named outputs under the names of their layers."""
    source = Source(
        f"{PLAIN}outputs: {outputs}\ncompile: {{loss: mse, metrics: {{label: [mae]}}}}\n",
        "a.yaml",
    )
    message = "a metric of an output that is not named as its layer needs Keras 3.12; the target is Keras 3.11"
    found = [error.message for error in compile_spec(source, target=(3, 11)).errors]
    assert found == ([message] if lacking else [])
    assert compile_spec(source, target=(3, 12)).errors == []


def test_a_spec_without_compile_does_not_pay_for_it() -> None:
    code = (
        "import json, sys; from mergecli.compiler.pipeline import compile_spec; from mergecli.diagnostics.source import Source\n"
        f"compile_spec(Source({TWO!r}, 'a.yaml')); before = [m for m in sys.modules if m.startswith('mergecli')]\n"
        f"compile_spec(Source({TWO + COMPILED!r}, 'a.yaml')); after = [m for m in sys.modules if m.startswith('mergecli')]\n"
        "print(json.dumps(sorted(set(after) - set(before))))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert set(json.loads(result.stdout)) >= {
        f"mergecli.{name}"
        for name in (
            "compiler.lowering.training",
            "catalog.training.optimizers",
            "catalog.training.losses",
            "catalog.training.metrics",
        )
    }


# `mergecli layers`.


def test_layers_finds_what_compile_takes() -> None:
    def shown(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["layers", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "learning_rate  a decimal number or a learning-rate schedule; 0.001 by default" in shown(
        "Adam"
    )
    assert "weight_decay   a number; 0.004 by default" in shown("AdamW")
    both = shown("Hinge")
    assert both.startswith("losses.Hinge: ")
    assert "\nmetrics.Hinge: " in both
    assert shown("metrics.Hinge").startswith("Hinge: ")
    assert json.loads(shown("CosineDecay", "--json"))["role"] == "schedule"
    assert {"optimizers", "schedules", "losses", "metrics"} <= set(shown().splitlines())
    refused = CliRunner().invoke(cli, ["layers", "MeanMetricWrapper"])
    assert refused.exit_code == 2
    assert "it wraps a Python function" in refused.stderr


@pytest.mark.keras
def test_the_archive_holds_the_names_of_the_spec(tmp_path: pathlib.Path) -> None:
    """Names that Keras counts over the process would differ from build to build."""
    (tmp_path / "a.yaml").write_text(TWO + COMPILED)
    assert (
        run("build", "-q", "a.yaml", "--no-plot", "--save", "a.keras", cwd=tmp_path).returncode == 0
    )
    config = json.loads(zipfile.ZipFile(tmp_path / "a.keras").read("config.json"))["compile_config"]
    assert config["optimizer"]["config"]["name"] == "adam"
    assert [metric if isinstance(metric, str) else metric["config"]["name"] for metric in config["metrics"]["label"]] == [
        "accuracy", "auc", "precision", "precision",
    ]  # fmt: skip


# Layers that are applied again, and branches that are models.


@pytest.mark.keras
def test_outputs_of_a_layer_that_is_applied_again_have_names_of_their_own(
    tmp_path: pathlib.Path,
) -> None:
    """Keras calls both as the layer; in the spec each call has a name."""
    import keras

    import mergecli

    spec = (
        "inputs: {l: [4], r: [4]}\nlayers: [{Dense: {units: 3, name: coder}, from: l}, {use: coder, as: again, from: r}]\n"
        "outputs: [coder, again]\ncompile: {loss: {again: mae, coder: mse}, metrics: {again: [mse]}}\n"
    )
    (tmp_path / "a.yaml").write_text(spec)
    model = mergecli.load(str(tmp_path / "a.yaml"))
    assert model.loss == ["mse", "mae"]
    model.save(tmp_path / "a.keras")
    again = keras.saving.load_model(tmp_path / "a.keras")
    again.fit(*examples(again), verbose=0)
    wrong = messages(spec.replace("{again: mae", "{agian: mae"))
    assert wrong == ["`compile.loss` names `agian`, which is not an output of the model"]


@pytest.mark.keras
def test_a_model_of_models_is_compiled_as_the_outer_spec_says(tmp_path: pathlib.Path) -> None:
    import mergecli

    (tmp_path / "part.yaml").write_text(
        "input: [4]\nlayers: [{Dense: {units: 3, name: inner}}]\ncompile: {optimizer: sgd, loss: mae}\n"
    )
    branches = (
        "branches:\n  a: {spec: part.yaml}\n  b: {spec: part.yaml, prefix: b_, nested: true}\n"
    )
    (tmp_path / "a.yaml").write_text(
        f"{branches}outputs: {{x: a, y: b}}\ncompile: {{optimizer: lion, loss: {{x: mse, y: huber}}}}\n"
    )
    (tmp_path / "b.yaml").write_text(f"{branches}merge: Add\n")
    model = mergecli.load(str(tmp_path / "a.yaml"))
    assert type(model.optimizer).__name__ == "Lion"
    assert sorted(model.fit(*examples(model), verbose=0).history) == ["loss", "x_loss", "y_loss"]
    assert not mergecli.load(str(tmp_path / "b.yaml")).compiled


@pytest.mark.parametrize("nested", ["true", "false"])
@pytest.mark.parametrize(("regularizer", "right"), [("null", False), ("l2", True)])
def test_a_penalty_inside_of_a_model_is_a_loss(
    nested: str, regularizer: str, right: bool, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "part.yaml").write_text(
        f"input: [4]\nlayers: [{{Dense: {{units: 3, kernel_regularizer: {regularizer}}}}}]\n"
    )
    (tmp_path / "a.yaml").write_text(
        f"branches:\n  a: {{spec: part.yaml, nested: {nested}}}\ncompile: {{optimizer: adam}}\n"
    )
    source = Source.read(str(tmp_path / "a.yaml"))
    assert [d.message for d in compile_spec(source).errors] == (
        [] if right else ["`compile` has no loss, so the model cannot be fitted"]
    )
