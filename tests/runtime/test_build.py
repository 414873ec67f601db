"""`mergecli build`, end to end, in processes of its own."""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys
import zipfile

import pytest
from running import ROOT, SPECS, run

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

TWO = ROOT / "specs" / "two_branch.yaml"


def cells(text: str) -> list[list[str]]:
    """The rows of a Keras summary, cells that were broken into lines joined again, and the totals."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith(("┃", "│")):
            rows.append([cell.strip() for cell in re.split("[┃│]", line)[1:-1]])
        elif " params: " in line or line.startswith("Model: "):
            rows.append([line.strip()])
    return rows


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, pathlib.Path]:
    folder = tmp_path_factory.mktemp("built")
    result = run("build", TWO, cwd=folder)
    assert result.returncode == 0, result.stderr
    assert result.stderr == f"wrote {os.path.join('output', 'architecture.png')}\n"
    return result.stdout, folder


@pytest.mark.keras
def test_the_summary_is_the_script_s(
    built: tuple[str, pathlib.Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import two_branch_script

    monkeypatch.setenv("COLUMNS", "200")
    lines: list[str] = []
    two_branch_script.build().summary(line_length=180, print_fn=lines.append)
    assert cells(built[0]) == cells("\n".join(lines))
    assert "22,032" in built[0]


@pytest.mark.keras
def test_the_picture_is_the_script_s_byte_for_byte(
    built: tuple[str, pathlib.Path], tmp_path: pathlib.Path
) -> None:
    import keras
    import two_branch_script

    from mergecli.runtime.plot_model import graphviz

    with graphviz():
        keras.utils.plot_model(
            two_branch_script.build(),
            str(tmp_path / "script.png"),
            show_shapes=True,
            show_layer_names=True,
        )
    assert (built[1] / "output" / "architecture.png").read_bytes() == (
        tmp_path / "script.png"
    ).read_bytes()


@pytest.mark.keras
def test_the_same_spec_gives_the_same_bytes(tmp_path: pathlib.Path) -> None:
    for name in ("one", "two"):
        files = [f"--plot={tmp_path / name}{ending}" for ending in (".png", ".svg", ".dot")]
        files += [
            f"--save={tmp_path / name}{ending}" for ending in (".keras", ".h5", ".weights.h5")
        ]
        assert run("build", "-q", TWO, "--seed", 1, *files).returncode == 0
    for ending in (".png", ".svg", ".dot", ".keras", ".h5", ".weights.h5"):
        assert (tmp_path / f"one{ending}").read_bytes() == (
            tmp_path / f"two{ending}"
        ).read_bytes(), ending


@pytest.mark.keras
def test_without_fonts_and_without_dot_the_text_is_there(tmp_path: pathlib.Path) -> None:
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    result = run("build", "-q", TWO, cwd=tmp_path, PATH="/usr/bin:/bin", FONTCONFIG_FILE=str(empty))
    assert (result.returncode, result.stderr) == (0, "")
    # With boxes for letters every row of a label is alike; letters make far more distinct rows of pixels, so more bytes.
    assert (tmp_path / "output" / "architecture.png").stat().st_size > 100_000
    pdf = run("build", "-q", TWO, "--plot", "a.pdf", cwd=tmp_path, FONTCONFIG_FILE=str(empty))
    assert pdf.returncode == 0
    assert b"OpenSans" in (tmp_path / "a.pdf").read_bytes()


@pytest.mark.keras
@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_spec_builds_as_inferred(spec: pathlib.Path) -> None:
    from mergecli import load

    summary = json.loads(run("summary", spec, "--format", "json").stdout)
    model = load(str(spec))
    assert [list(tensor.shape) for tensor in model.inputs] == [
        entry["shape"] for entry in summary["inputs"]
    ]
    # Operations are no layers in Keras's eyes, and what is applied again is there once.
    again = {
        node.name
        for node in compile_spec(Source.read(str(spec))).network.parts()
        if node.owner is not None
    }  # type: ignore[union-attr]
    rows = [
        row
        for row in summary["layers"]
        if not row["class"].startswith("ops.") and row["name"] not in again
    ]
    layers = {layer.name for layer in model.layers if "keras.src.ops" not in type(layer).__module__}
    assert layers == {row["name"] for row in rows + summary["inputs"]}
    assert model.count_params() == summary["parameters"]


@pytest.mark.keras
def test_saving_and_loading(tmp_path: pathlib.Path) -> None:
    import keras
    import numpy

    saves = ["m.keras", "m.h5", "m.weights.h5", "served"]
    result = run(
        "build",
        TWO,
        "--no-plot",
        "--json",
        "--seed",
        7,
        *[f"--save={name}" for name in saves],
        cwd=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == "".join(f"wrote {name}\n" for name in saves)
    assert json.loads(result.stdout)["parameters"] == 22032
    assert sorted(os.listdir(tmp_path)) == sorted(saves)
    model = keras.saving.load_model(tmp_path / "m.keras")
    # TensorFlow cannot fit a model with a blank in its name.
    assert model.name == "merged_model"
    data = [numpy.ones((2, 32, 32, 1), "float32")] * 2
    expected = model.predict(data, verbose=0)
    numpy.testing.assert_array_equal(
        expected, keras.saving.load_model(tmp_path / "m.h5", compile=False).predict(data, verbose=0)
    )
    again = tmp_path / "again.keras"
    assert run("build", TWO, "--no-plot", "-q", "--seed", 7, "--save", again).returncode == 0
    numpy.testing.assert_array_equal(
        expected, keras.saving.load_model(again).predict(data, verbose=0)
    )
    model.load_weights(tmp_path / "m.weights.h5")
    assert zipfile.ZipFile(again).testzip() is None
    assert (tmp_path / "served" / "saved_model.pb").exists()


@pytest.mark.keras
def test_several_specs_in_one_call(tmp_path: pathlib.Path) -> None:
    result = run("build", "-q", TWO, ROOT / "specs" / "multi_output.yaml", cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert (tmp_path / "output" / "two_branch" / "architecture.png").exists()
    assert (tmp_path / "output" / "multi_output" / "architecture.png").exists()


@pytest.mark.keras
def test_a_wrong_spec_touches_nothing_and_imports_nothing(tmp_path: pathlib.Path) -> None:
    spec = tmp_path / "wrong.yaml"
    spec.write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    result = run("build", spec, TWO, cwd=tmp_path, KERAS_BACKEND="no-such-backend")
    assert result.returncode == 1
    assert "error[unknown-layer]" in result.stderr
    assert result.stdout == ""
    assert os.listdir(tmp_path) == ["wrong.yaml"]


@pytest.mark.keras
def test_all_backends_are_named_where_none_is_installed(tmp_path: pathlib.Path) -> None:
    # A folder that stands in front of the installed packages and hides the backends.
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.machinery as m\n"
        "find, hidden = m.PathFinder.find_spec, {'tensorflow', 'jax', 'torch', 'openvino'}\n"
        "m.PathFinder.find_spec = classmethod(lambda c, n, p=None, t=None: None if n.split('.')[0] in hidden else find(n, p, t))\n"
    )
    result = run("build", TWO, cwd=tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}", KERAS_BACKEND="")
    assert (result.returncode, result.stdout) == (5, "")
    commands = [
        f"`{sys.executable} -m pip install {name}`" for name in ("tensorflow", "jax", "torch")
    ]
    assert (
        result.stderr == "mergecli: Keras needs a backend, and none is installed; "
        f"install TensorFlow, JAX or PyTorch: {commands[0]}, {commands[1]} or {commands[2]}\n"
    )
    assert not (tmp_path / "output").exists()


@pytest.mark.keras
def test_the_json_of_several_specs_is_one_list() -> None:
    tower = TWO.parent / "two_tower.yaml"
    result = run("build", TWO, tower, "--no-plot", "-q", "--format", "json")
    assert [facts["name"] for facts in json.loads(result.stdout)] == ["merged model", "two_tower"]
    assert result.stderr == ""


@pytest.mark.keras
def test_a_failing_build_leaves_the_old_files(tmp_path: pathlib.Path) -> None:
    (tmp_path / "output").write_text("a file where the folder should be")
    result = run("build", TWO, cwd=tmp_path)
    assert result.returncode == 2
    assert "cannot write output/architecture.png" in result.stderr
    assert (tmp_path / "output").read_text() == "a file where the folder should be"


@pytest.mark.keras
@pytest.mark.parametrize("layers", [5000])
def test_a_very_deep_model(layers: int, tmp_path: pathlib.Path) -> None:
    spec = tmp_path / "deep.yaml"
    spec.write_text("input: [8]\nlayers:\n" + "  - Dense: 8\n" * layers)
    result = run("build", spec, "--plot", "deep.svg", "--plot", "deep.png", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert f"dense_{layers - 1} (Dense)" in result.stdout
    assert "is drawn at" in result.stderr
    assert (tmp_path / "deep.svg").read_text().count('<g id="node') == layers + 1
    summary = run("summary", spec, "--format", "json")
    assert json.loads(summary.stdout)["parameters"] == layers * 72


@pytest.mark.keras
def test_the_weightless_build_allocates_nothing(tmp_path: pathlib.Path) -> None:
    from mergecli.compiler.pipeline import compile_spec
    from mergecli.diagnostics.source import Source
    from mergecli.runtime.build import build

    network = compile_spec(
        Source("input: [1000]\nlayers: [{Dense: 100000}, {Dense: 1000}]\n", "big.yaml")
    ).network
    assert network is not None
    model = build(network, weightless=True)
    assert model.count_params() == 200_101_000
    assert all(weight._value is None for weight in model.weights)


@pytest.mark.keras
def test_a_stateful_layer_builds_too(tmp_path: pathlib.Path) -> None:
    spec = "input: {shape: [5, 3], batch_size: 2}\nlayers: [{LSTM: {units: 4, stateful: true}}]\n"
    result = run("build", "-", "--no-plot", stdin=spec, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "128" in result.stdout


@pytest.mark.keras
def test_the_line_length_is_kept_in_a_pipe(tmp_path: pathlib.Path) -> None:
    result = run("build", TWO, "--no-plot", "--line-length", 90, cwd=tmp_path)
    assert {len(line) for line in result.stdout.splitlines() if line.startswith("│")} == {90}
    assert "Connected to" in result.stdout


@pytest.mark.keras
def test_keras_and_mergecli_disagree(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong rule is found when Keras builds: exit code 4, with the layer."""
    import click.testing

    from mergecli.catalog.layers.core import Dense
    from mergecli.cli.main import cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Dense, "weights", lambda self, inputs: [])
    result = click.testing.CliRunner().invoke(cli, ["build", str(TWO), "--no-plot"])
    assert result.exit_code == 4
    assert "`a_layer_1` (Dense) has 128 parameters in Keras, 0 were inferred" in result.stderr


@pytest.mark.keras
def test_a_layer_name_with_a_blank_cannot_be_fitted_with_tensorflow() -> None:
    """What the warning `unsafe-name` says."""
    import keras
    import numpy

    x = keras.Input((8,))
    model = keras.Model(x, keras.layers.Dense(4, name="my layer")(x))
    with pytest.raises(ValueError, match="not a valid"):
        model.predict(numpy.ones((2, 8)), verbose=0)


@pytest.mark.keras
def test_a_training_script_needs_one_line() -> None:
    import numpy

    import mergecli

    model = mergecli.load(str(TWO))
    model.compile("adam", "mse")
    data = [numpy.ones((2, 32, 32, 1), "float32")] * 2
    model.fit(data, numpy.ones((2, 32, 32, 16), "float32"), verbose=0)
    with pytest.raises(mergecli.SpecError, match=r"error\[unknown-layer\]") as caught:
        mergecli.load(str(ROOT / "tests" / "errors" / "unknown-layer.yaml"))
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["unknown-layer"]
    unused = mergecli.check(str(ROOT / "tests" / "errors" / "unused-branch.yaml"), keras="3.15")
    assert [diagnostic.code for diagnostic in unused] == ["unused-branch"]
