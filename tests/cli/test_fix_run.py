"""Fixing several files: options that agree, links, and standard input."""

from __future__ import annotations

import os
import pathlib

import click
import pytest
from click.testing import CliRunner, Result

from mergecli.cli.fix_run import FixRun
from mergecli.cli.main import cli

BAD = "input: [8]\r\nlayers: [{Dens: 4}]\r\n"
FIXED = BAD.replace("Dens:", "Dense:")


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_bytes(b"\xef\xbb\xbf" + BAD.encode())
    return tmp_path


def fix(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["validate", "--fix", *arguments], input=stdin)


def test_what_goes_to_standard_output_depends_on_options_and_paths() -> None:
    assert FixRun(("a.yaml",), True, False).prints == ""
    assert FixRun(("-",), True, False).prints == "the fixed text"
    assert FixRun(("-", "a.yaml"), False, True).prints == "--diff"


@pytest.mark.parametrize(("paths", "diff"), [(("a.yaml",), True), (("-", "a.yaml"), False)])
def test_options_that_do_not_agree_are_refused(paths: tuple[str, ...], diff: bool) -> None:
    with pytest.raises(click.UsageError, match="--fix"):
        FixRun(paths, True, diff)


def test_a_fixed_file_keeps_its_byte_order_mark_and_its_line_ends(folder: pathlib.Path) -> None:
    result = fix("bad.yaml")
    assert "fixed 1 problem in 1 file" in result.stderr
    assert (folder / "bad.yaml").read_bytes() == b"\xef\xbb\xbf" + FIXED.encode()


def test_standard_input_is_printed_fixed_or_as_it_is() -> None:
    assert fix("-", stdin=BAD.encode()).stdout_bytes == FIXED.encode()
    assert fix("-", stdin=FIXED.encode()).stdout_bytes == FIXED.encode()


def test_a_link_in_a_folder_is_not_written_through(folder: pathlib.Path) -> None:
    (folder / "links").mkdir()
    os.symlink(folder / "bad.yaml", folder / "links" / "a.yaml")
    result = fix("links")
    assert result.exit_code == 1
    assert "note: not fixed, as it is a link" in result.stderr
    assert (folder / "bad.yaml").read_bytes().endswith(BAD.encode())
