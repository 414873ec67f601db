"""`mergecli build`: what ends it before Keras is loaded."""

from __future__ import annotations

import pathlib

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    (tmp_path / "bad.yaml").write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    return tmp_path


def build(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["build", *arguments])


def test_one_wrong_spec_among_several_builds_nothing(folder: pathlib.Path) -> None:
    result = build("good.yaml", "bad.yaml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert sorted(path.name for path in folder.iterdir()) == ["bad.yaml", "good.yaml"]


def test_a_missing_spec_outweighs_a_wrong_one_and_both_are_reported() -> None:
    result = build("bad.yaml", "missing.yaml")
    assert result.exit_code == 3
    assert "bad.yaml:2:" in result.stderr
    assert "missing.yaml" in result.stderr


@pytest.mark.parametrize(
    ("option", "value"), [("--dpi", "9"), ("--line-length", "39"), ("--seed", "4294967296")]
)
def test_numbers_out_of_their_bounds_are_wrong_usage(option: str, value: str) -> None:
    result = build("bad.yaml", option, value)
    assert result.exit_code == 2
    assert option in result.stderr


def test_a_picture_in_an_unknown_format_is_refused_before_anything_is_built(
    folder: pathlib.Path,
) -> None:
    result = build("good.yaml", "--plot", "a.svg", "--plot", "b.bmp")
    assert result.exit_code == 2
    assert "'b.bmp' does not end in .png, .svg, .pdf, .dot." in result.stderr
    assert not (folder / "a.svg").exists()
