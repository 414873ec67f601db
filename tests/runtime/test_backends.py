"""What works with the only backend of Keras that is installed, whichever it is; `nox -s backends` runs it with each."""

from __future__ import annotations

import importlib.util
import os
import pathlib
from typing import Any

import pytest
from running import ROOT, run

pytestmark = pytest.mark.keras
SPECS = ROOT / "specs"
TITLES = {"jax": "JAX", "torch": "PyTorch", "openvino": "OpenVINO"}


def has(*names: str) -> bool:
    """Whether packages are installed."""
    return all(importlib.util.find_spec(name) for name in names)


BACKENDS = [name for name in ("tensorflow", "jax", "torch") if has(name)]
BACKEND = BACKENDS[0] if BACKENDS else ""
EXPORTERS = {"tensorflow": "tf2onnx", "jax": "jax2onnx", "torch": "onnxscript"}
alone = pytest.mark.skipif(len(BACKENDS) != 1, reason="needs an environment with one backend")


def start(folder: pathlib.Path, *arguments: object) -> Any:
    """Run the program as where nothing is configured."""
    return run(*arguments, cwd=folder, KERAS_HOME=str(folder), KERAS_BACKEND="")


@alone
def test_the_main_job_of_the_readme(tmp_path: pathlib.Path) -> None:
    result = start(tmp_path, "build", SPECS / "two_branch.yaml")
    assert result.returncode == 0, result.stderr
    assert "Total params" in result.stdout
    assert (tmp_path / "output" / "architecture.png").exists()
    note = f"so Keras uses {TITLES.get(BACKEND)};"
    assert (note in result.stderr) is (BACKEND != "tensorflow")
    again = start(tmp_path, "build", "-q", SPECS / "two_branch.yaml", "--backend", BACKEND)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


@alone
def test_two_saved_models_are_merged_and_compute_the_same(tmp_path: pathlib.Path) -> None:
    for name in ("model_a", "model_b"):
        result = start(
            tmp_path, "build", "-q", SPECS / f"{name}.yaml", "--no-plot", f"--save={name}.keras"
        )
        assert (result.returncode, result.stderr) == (0, "")
    result = start(tmp_path, "merge", "model_a.keras", "model_b.keras", "-o", "merged.yaml")
    assert result.returncode == 0, result.stderr
    result = start(tmp_path, "verify", "merged.yaml")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("the merged model computes what its models compute\n")


@alone
@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.weights.h5", "m.onnx", "m.pt2", "served"])
def test_a_format_is_written_or_its_backend_is_named(name: str, tmp_path: pathlib.Path) -> None:
    if name.endswith(".onnx") and not has(EXPORTERS[BACKEND], "onnx", "onnxruntime"):
        pytest.skip("needs the exporter of ONNX")
    spec = SPECS / "multi_output.yaml"
    result = start(tmp_path, "build", "-q", spec, "--no-plot", f"--save={name}")
    writers = {"m.pt2": ["torch"], "served": ["tensorflow"]}.get(name, BACKENDS)
    if BACKEND in writers:
        assert (result.returncode, result.stderr) == (0, "")
        assert (tmp_path / name).exists()
    else:
        assert result.returncode == 5 and "mergecli: " in result.stderr
        assert os.listdir(tmp_path) == []


@alone
def test_a_layer_that_needs_tensorflow_says_so(tmp_path: pathlib.Path) -> None:
    text = "input: {shape: [3], dtype: int64}\nlayers: [{IntegerLookup: {vocabulary: [1, 2]}}]\n"
    (tmp_path / "a.yaml").write_text(text)
    result = start(tmp_path, "build", "-q", "a.yaml", "--no-plot")
    if BACKEND == "tensorflow":
        assert result.returncode == 0, result.stderr
    else:
        assert result.returncode == 5
        assert "needs `tensorflow`, which is not installed; install it: " in result.stderr


@alone
def test_a_layer_of_ones_own(tmp_path: pathlib.Path) -> None:
    (tmp_path / "own.py").write_text(
        "import keras\n@keras.saving.register_keras_serializable('own')\n"
        "class Twice(keras.layers.Layer):\n    def call(self, x):\n        return 2 * x\n"
    )
    (tmp_path / "a.yaml").write_text("input: [4]\nlayers: [Twice, {Dense: 2}]\n")
    result = start(
        tmp_path, "build", "-q", "a.yaml", "--no-plot", "--import", "own", "--save=m.keras"
    )
    assert (result.returncode, result.stderr) == (0, "")


@alone
def test_load_takes_the_installed_backend(tmp_path: pathlib.Path, monkeypatch: Any) -> None:
    import mergecli

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    model = mergecli.load(SPECS / "two_branch.yaml")
    import keras

    assert keras.config.backend() == BACKEND
    assert model.count_params() == 22_032
