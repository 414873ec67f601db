"""The Python API: files, strings, variables, own layers, and errors."""

from __future__ import annotations

import base64
import os
import pathlib
import pickle
import re
import subprocess
import sys

import pytest
from running import ROOT

import mergecli

SPECS = ROOT / "specs"
TWO = SPECS / "two_branch.yaml"
WRONG = "input: [8]\nlayers:\n  - Dense: {units: 4}\n  - Droput: 0.5\n"
SCALED = "vars: {width: 4}\ninput: [8]\nlayers:\n  - Dense: {units: $width}\n"
OWN = "input: [8]\nlayers:\n  - Mine\n  - Dense: {units: 4}\n"


def test_what_the_package_exports_exists() -> None:
    assert set(dir(mergecli)) == {*mergecli.__all__, "__version__"}
    assert all(getattr(mergecli, name) is not None for name in mergecli.__all__)
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        _ = mergecli.chekc  # type: ignore[attr-defined]


def test_the_package_is_imported_without_its_parts() -> None:
    code = "import sys, mergecli; print(sorted(m for m in sys.modules if m.startswith('mergecli')))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "mergecli.diagnostics.version" in result.stdout
    assert not re.search(r"mergecli\.(api|catalog|compiler|syntax)", result.stdout)


def test_check_takes_a_path_or_a_text(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    (from_file,) = mergecli.check(path)
    assert from_file == mergecli.check(str(path))[0]
    (from_text,) = mergecli.check(source=WRONG)
    assert from_file.span is not None and from_text.span is not None
    assert from_file.span.path == str(path)
    assert from_text.span.path == "<source>"
    assert str(from_text) == "<source>:4:5: error[unknown-layer]: unknown layer `Droput`"
    assert {edit.span.path for edit in from_file.fix} == {str(path)}


def test_a_text_with_a_path_includes_files_beside_it() -> None:
    text = "branches:\n  a: {spec: model_a.yaml}\n  b: {spec: model_b.yaml}\nmerge: Concatenate\n"
    assert mergecli.check(SPECS / "unsaved.yaml", source=text) == []
    assert [d.code for d in mergecli.check("unsaved.yaml", source=text)] == ["not-found"] * 2


def test_places_in_included_files_keep_their_path(tmp_path: pathlib.Path) -> None:
    (tmp_path / "part.yaml").write_text(WRONG)
    whole = tmp_path / "whole.yaml"
    whole.write_text("branches:\n  a: {spec: part.yaml}\n  b: {input: [4]}\nmerge: Concatenate\n")
    (diagnostic,) = mergecli.check(whole)
    assert diagnostic.span is not None
    assert diagnostic.span.path == str(tmp_path / "part.yaml")


def test_variables() -> None:
    assert mergecli.summary(source=SCALED).parameters == 36
    assert mergecli.summary(source=SCALED, variables={"width": 2}).parameters == 18
    (diagnostic,) = mergecli.check(source=SCALED, variables={"widht": 2})
    assert diagnostic.code == "unknown-variable"


def test_custom_objects() -> None:
    assert [d.code for d in mergecli.check(source=OWN)] == ["unknown-layer"]
    assert mergecli.check(source=OWN, custom_objects={"Mine": object}) == []
    assert mergecli.summary(source=OWN, custom_objects={"Mine": object}).parameters is None


def test_neither_a_path_nor_a_text() -> None:
    with pytest.raises(TypeError, match="expected a path, or the text"):
        mergecli.check()


@pytest.mark.parametrize("name", ["missing.yaml", "missing.keras", "folder.yaml", "latin.yaml"])
def test_what_cannot_be_read(name: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    path = tmp_path / name
    for function in (mergecli.check, mergecli.summary, mergecli.plot):
        with pytest.raises(mergecli.UnreadableError) as caught:
            function(path)  # type: ignore[operator]
        assert isinstance(caught.value, OSError)
        assert caught.value.filename == str(path)
        assert caught.value.code in ("not-found", "is-folder", "not-utf8")
        assert str(caught.value).startswith(f"{path}: {caught.value.message}")


def test_errors_have_all_diagnostics() -> None:
    with pytest.raises(mergecli.SpecError, match=r"error\[unknown-layer\]") as caught:
        mergecli.summary(source=WRONG, path="wrong.yaml")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None
    assert diagnostic.span.path == "wrong.yaml"
    with pytest.raises(mergecli.SpecError):
        mergecli.load(source=WRONG)


def test_summary_has_typed_rows() -> None:
    summary = mergecli.summary(TWO)
    assert summary.name == "merged model"
    assert [tensor.name for tensor in summary.inputs] == ["Input_a", "Input_b"]
    assert summary.outputs[0].shape == (None, 32, 32, 16)
    first = summary.layers[0]
    assert (first.name, first.layer_class, first.branch) == ("a_layer_1", "Dense", "a")
    assert first.sources == ("Input_a",)
    assert first.parameters == 128
    assert summary.parameters == sum(layer.parameters or 0 for layer in summary.layers)
    assert str(summary).startswith("merged model\n")


def test_variables_are_for_specs() -> None:
    with pytest.raises(ValueError, match="a saved model has none"):
        mergecli.summary("model.keras", variables={"width": 2})


def test_plot_is_shown_by_notebooks(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("pygraphviz")
    plot = mergecli.plot(TWO, theme="light")
    assert plot._repr_svg_() == plot.svg
    assert "<svg" in plot.svg
    encoded = re.search(r"base64,([^\"]+)", plot._repr_html_())
    assert encoded is not None
    assert base64.b64decode(encoded[1]).decode() == plot.svg
    for ending in ("svg", "mmd", "dot", "html"):
        plot.save(tmp_path / f"a.{ending}")
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == plot.svg
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dot", "a.html", "a.mmd", "a.svg"]
    with pytest.raises(ValueError, match=r"does not end in \.svg"):
        plot.save(tmp_path / "a.jpg")


def test_a_plot_is_coloured_as_the_command_colours_it() -> None:
    pytest.importorskip("pygraphviz")
    plain, families, shares = (
        mergecli.plot(TWO, theme="light", color_by=by).svg for by in ("branch", "family", "macs")
    )
    assert plain == mergecli.plot(TWO, theme="light").svg
    assert "dense and embedding" in families and "of all MACs" in shares
    assert len({plain, families, shares}) == 3


def test_a_page_makes_a_figure_for_a_paper(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("pygraphviz")
    plot = mergecli.plot(TWO, page="column=85mm")
    assert 'width="241pt"' in plot.svg
    plot.save(tmp_path / "a.tex")
    assert "tikzpicture" in (tmp_path / "a.tex").read_text()
    with pytest.raises(ValueError, match=r"does not end in \.svg, \.png, \.pdf, \.tex"):
        plot.save(tmp_path / "a.html")
    with pytest.raises(ValueError, match="expected a4, letter or column=WIDTH"):
        mergecli.plot(TWO, page="a5")
    with pytest.raises(OSError, match="does not fit 60 × 40 mm"):
        mergecli.plot(TWO, page="column=60mmx40mm")


def test_merge_gives_the_spec_of_the_command() -> None:
    paths = [str(SPECS / "model_a.yaml"), str(SPECS / "model_b.yaml")]
    text = mergecli.merge(paths, head=["Flatten", {"Dense": {"units": 1}}], name="joined")
    command = [sys.executable, "-m", "mergecli", "merge", *paths]
    result = subprocess.run(
        [*command, "--head", "Flatten", "--head", "Dense:1", "--name", "joined"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert text == result.stdout
    assert mergecli.check(source=text) == []


def test_an_ensemble_is_merged_into_a_file(tmp_path: pathlib.Path) -> None:
    """Paths are relative to the file, one key of a branch is one line, and the command writes the same."""
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "specs").mkdir()
    (tmp_path / "a.yaml").write_text("input: [8]\nlayers: [{Dense: 3}]\n")
    (tmp_path / "b.yaml").write_text(
        "vars: {width: 4}\ninput: [8]\nlayers: [{Dense: {units: $width}}, {Dense: 3}]\n"
    )
    paths = [str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")]
    text = mergecli.merge(
        [os.path.relpath(path) for path in paths],
        method="average",
        variables={"b": {"width": 9}},
        trainable={"a": True},
        freeze=True,
        shared_input=True,
        folder=os.path.relpath(tmp_path / "specs"),
    )
    assert (
        text
        == """name: merged
branches:
  a:
    spec: ../a.yaml
    input: {shape: [8], name: input}
    trainable: true
  b:
    spec: ../b.yaml
    with: {width: 9}
    from: input
    prefix: b_
    trainable: false
merge: Average
"""
    )
    options = ["--method=average", "--set=b.width=9", "--trainable=a=true", "--freeze"]
    result = subprocess.run(
        [
            sys.executable,
            "-m",
            "mergecli",
            "merge",
            "a.yaml",
            "b.yaml",
            *options,
            "--shared-input",
            "-o",
            "specs/ensemble.yaml",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert result.stderr == "wrote specs/ensemble.yaml\n"
    assert (tmp_path / "specs" / "ensemble.yaml").read_text() == text
    assert mergecli.summary(tmp_path / "specs" / "ensemble.yaml").parameters == 27 + 81 + 30


def test_what_merge_refuses(tmp_path: pathlib.Path) -> None:
    a, b = SPECS / "model_a.yaml", SPECS / "model_b.yaml"
    with pytest.raises(ValueError, match="at least two"):
        mergecli.merge([a])
    with pytest.raises(ValueError, match="found 1"):
        mergecli.merge([a, b], prefixes=["x_"])
    with pytest.raises(ValueError, match="not for 'add'"):
        mergecli.merge([a, b], method="add", axis=1)
    with pytest.raises(ValueError, match="there is no method 'sum'"):
        mergecli.merge([a, b], method="sum")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="there is no branch 'c'"):
        mergecli.merge([a, b], outputs={"c": "x"})
    with pytest.raises(ValueError, match="there is no branch 'c'"):
        mergecli.merge([a, b], trainable={"c": False})
    with pytest.raises(ValueError, match=r"`model_a` takes .* `resnet50` takes"):
        mergecli.merge([a, SPECS / "resnet50.yaml"], shared_input=True)
    two = SPECS / "two_branch.yaml"
    with pytest.raises(ValueError, match="`two_branch` has 2 inputs"):
        mergecli.merge([two, a], shared_input=True)
    with pytest.raises(mergecli.UnreadableError, match="no such file"):
        mergecli.merge([a, tmp_path / "c.yaml"])


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from mergecli.diagnostics import installing

    monkeypatch.setattr(installing, "find_spec", lambda module: None)
    with pytest.raises(mergecli.MissingDependencyError, match="`pygraphviz`") as caught:
        mergecli.plot(TWO)
    assert isinstance(caught.value, ImportError)
    command = caught.value.command
    assert command is not None and command.endswith(" pygraphviz ttf-opensans")
    with pytest.raises(
        mergecli.MissingDependencyError, match="Keras is not installed, nor is a backend"
    ):
        monkeypatch.delenv("KERAS_BACKEND", raising=False)
        mergecli.load(TWO)


def test_diagnostics_can_be_pickled() -> None:
    diagnostics = mergecli.check(source=WRONG)
    assert pickle.loads(pickle.dumps(diagnostics)) == diagnostics


@pytest.mark.keras
def test_load_takes_a_text_variables_and_own_layers() -> None:
    import keras

    class Mine(keras.layers.Layer):
        def call(self, x: object) -> object:
            return x

    model = mergecli.load(source=OWN, custom_objects={"Mine": Mine})
    assert model.count_params() == 36
    assert mergecli.load(source=SCALED, variables={"width": 2}).count_params() == 18
