"""`mergecli plot`: where pictures go, and what is refused."""

from __future__ import annotations

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
