"""`mergecli merge`: layers of `--head`, options of branches, and where the spec goes."""

from __future__ import annotations

import os
import pathlib

import click
import pytest
from click.testing import CliRunner, Result

from mergecli.cli.commands.merge import read_layer
from mergecli.cli.main import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        text = f"input: [8]\nlayers: [{{Dense: {{units: 4, name: {name}_out}}}}]\n"
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def merge(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["merge", *arguments])


def test_a_value_by_name_is_not_also_taken_by_position() -> None:
    assert read_layer("Dense:units=3:relu") == {"Dense": {"units": 3, "activation": "relu"}}
    assert read_layer("Flatten") == {"Flatten": {}}


def test_a_layer_of_the_head_that_keras_has_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(click.BadParameter, match=r"Keras has no layer .Dens.; .*Dense"):
        read_layer("Dens:3")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--output", "a"), "'a' is not BRANCH=LAYER."),
        (("--trainable", "=false"), "'=false' is not BRANCH=VALUE."),
        (("--set", "a=3"), "'a' is not BRANCH.NAME=VALUE."),
        (("-o", "m.txt"), "m.txt is not a spec"),
        (("-o", "./a.yaml"), "./a.yaml would be overwritten"),
    ],
)
def test_options_of_another_form_are_wrong_usage(options: tuple[str, str], message: str) -> None:
    result = merge("a.yaml", "b.yaml", *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_one_model_alone_is_no_merge() -> None:
    result = merge("a.yaml")
    assert result.exit_code == 2
    assert "a merge takes at least two models" in result.stderr


def test_all_missing_models_are_named_at_once(folder: pathlib.Path) -> None:
    (folder / "sub").mkdir()
    result = merge("a.yaml", "none.yaml", "sub")
    assert result.exit_code == 3
    assert result.stderr == (
        "none.yaml: error[not-found]: no such file\n"
        "sub: error[is-folder]: is a folder, not a model\n"
    )


def test_a_model_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: path != "b.yaml")
    result = merge("a.yaml", "b.yaml")
    assert result.exit_code == 3
    assert result.stderr == "b.yaml: error[unreadable]: Permission denied\n"


def test_paths_in_a_written_spec_are_relative_to_it(folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").touch()  # both folders are of one project
    (folder / "out").mkdir()
    result = merge("a.yaml", "b.yaml", "-o", "out/m.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "../a.yaml" in (folder / "out" / "m.yaml").read_text()
    assert "../" not in merge("a.yaml", "b.yaml").stdout
