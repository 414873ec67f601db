"""`mergecli plot`: where pictures go, and what is refused."""

from __future__ import annotations

import json
import pathlib

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    return tmp_path


def plot(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["plot", *arguments])


def test_without_an_output_an_svg_named_like_the_spec_goes_into_output(
    folder: pathlib.Path,
) -> None:
    result = plot("a.yaml")
    assert result.exit_code == 0
    assert [path.name for path in (folder / "output").iterdir()] == ["a.svg"]
    assert result.stderr.endswith("a.svg\n")


def test_a_printed_picture_writes_no_file(folder: pathlib.Path) -> None:
    result = plot("a.yaml", "--format", "svg")
    assert "<svg" in result.stdout
    assert [path.name for path in folder.iterdir()] == ["a.yaml"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "a.bmp"), "'a.bmp' does not end in"),
        (("-o", "-"), "use --format for standard output"),
        (("-o", "a.svg", "-o", "./a.svg"), "would be written twice"),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_any_is_written(
    options: tuple[str, ...], message: str, folder: pathlib.Path
) -> None:
    result = plot("a.yaml", "-o", "first.svg", *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (folder / "first.svg").exists()


def test_the_ending_of_an_output_may_be_in_capitals_and_quiet_says_nothing(
    folder: pathlib.Path,
) -> None:
    result = plot("a.yaml", "-q", "-o", "A.SVG")
    assert (result.exit_code, result.output) == (0, "")
    assert (folder / "A.SVG").read_bytes().lstrip().startswith(b"<")


MODEL = {
    "class_name": "Sequential",
    "config": {
        "name": "m",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 2], "name": "x"}},
            {"class_name": "Dense", "config": {"name": "d", "units": 3}},
        ],
    },
}


def saved_model(path: pathlib.Path, kernel: object) -> None:
    """Write a saved model of one layer with these numbers as its kernel."""
    h5py, numpy = pytest.importorskip("h5py"), pytest.importorskip("numpy")
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(MODEL)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [b"d"]
        group = root.create_group("d")
        group.attrs["weight_names"] = [b"kernel", b"bias"]
        group["kernel"], group["bias"] = kernel, numpy.zeros(3)


def test_the_page_has_the_statistics_of_weights(folder: pathlib.Path) -> None:
    saved_model(folder / "m.h5", [[1.0, 2.0, 3.0], [4.0, 5.0, float("nan")]])
    result = plot("m.h5", "--weights", "-q", "-o", "m.html")
    assert (result.exit_code, result.output) == (0, "")
    page = (folder / "m.html").read_text(encoding="utf-8")
    assert '"name":"kernel","shape":"(2, 3)","dtype":"float64","count":6,"nan":1' in page
    assert '"numbers":[3.0,1.4142,1.0,5.0]' in page
    assert '"numbers":[0.0,0.0,0.0,0.0],"bars":[100]' in page
    assert plot("m.h5", "-q", "-o", "plain.html").exit_code == 0
    plain = (folder / "plain.html").read_text(encoding="utf-8")
    assert '"statistics":{}' in plain and '"numbers"' not in plain


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("m.h5",), "--weights needs a page: add -o FILE.html or --serve"),
        (("m.h5", "-o", "m.svg"), "--weights needs a page"),
        (("a.yaml", "-o", "a.html"), "--weights: a.yaml has no weights; draw a saved model"),
        (("m.json", "-o", "a.html"), "--weights: m.json has no weights"),
    ],
)
def test_weights_need_a_page_and_a_file_that_has_them(
    arguments: tuple[str, ...], message: str, folder: pathlib.Path
) -> None:
    saved_model(folder / "m.h5", [[0.0] * 3] * 2)
    (folder / "m.json").write_text(json.dumps(MODEL))
    result = plot("--weights", *arguments)
    assert result.exit_code == 2 and message in result.stderr
    assert not (folder / "a.html").exists()


def test_weights_that_cannot_be_read_are_a_diagnostic(folder: pathlib.Path) -> None:
    saved_model(folder / "m.h5", [b"text"])
    result = plot("m.h5", "--weights", "-o", "m.html")
    assert result.exit_code == 3
    assert "m.h5: error[not-a-model]: `m.h5`: holds an array of" in result.stderr
    assert not (folder / "m.html").exists()


def test_what_reads_weights_may_be_missing(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mergecli.cli.commands.plot.missing", lambda modules: list(modules))
    result = plot("a.yaml", "--weights", "-o", "a.html")
    assert result.exit_code == 5
    assert "`h5py`, which reads weights, is not installed; install it: " in result.stderr
    assert "pip install h5py" in result.stderr
