"""Every code has a page: its wrong example gives only that code, and the right one nothing."""

from __future__ import annotations

import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from running import ROOT

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics import DiagnosticSink, codes
from mergecli.diagnostics.source import Source

EXPLAINED = [codes.explanation(name) for name in codes.CODES]


def used() -> set[str]:
    """The codes that the sources speak of: first words after `error(…, "` and its like, and values of `code=`."""
    found = set()
    for path in (ROOT / "mergecli").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:code=|refuse\(|Unreadable\()\s*"([a-z][a-z0-9-]+)"', text))
        found |= set(
            re.findall(
                r'\b(?:error|warning)\([^"]{0,200}?"([a-z0-9]+(?:-[a-z0-9]+)*)",', text, re.S
            )
        )
    return found


def test_every_code_of_the_sources_is_explained() -> None:
    assert len(used()) > 30
    assert used() - set(codes.CODES) == set()


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(
            known, id=known.code, marks=pytest.mark.keras if "build" in known.wrong else ()
        )
        for known in EXPLAINED
    ],
)
def test_the_wrong_example_gives_that_code_and_the_right_one_nothing(
    known: codes.Explanation, tmp_path: pathlib.Path
) -> None:
    if known.commands:
        shutil.copytree(ROOT / "specs", tmp_path / "specs")
        if known.code == "not-installed":
            # A file, and what shadows the library that is installed here.
            (tmp_path / "m.h5").touch()
            (tmp_path / "h5py.py").write_text("raise ImportError\n")
        wrong = _run(known.wrong, tmp_path)
        assert known.message in (wrong.stdout + wrong.stderr).splitlines()
        assert wrong.returncode != 0
        if not known.right.startswith("pip install"):
            right = _run(known.right, tmp_path)
            assert right.returncode == 0, right.stderr
            assert f"[{known.code}]" not in right.stdout + right.stderr
        return
    assert {d.code for d in compile_spec(Source(known.wrong, "example.yaml")).diagnostics} == {
        known.code
    }
    assert compile_spec(Source(known.right, "example.yaml")).diagnostics == []


def _run(line: str, folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    python = f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m mergecli"
    return subprocess.run(
        ["sh", "-c", line.replace("mergecli", python)], cwd=folder, capture_output=True, text=True
    )


@pytest.mark.parametrize("known", EXPLAINED, ids=lambda known: known.code)
def test_explain_shows_reason_message_and_both_examples(known: codes.Explanation) -> None:
    result = CliRunner().invoke(cli, ["explain", known.code])
    assert result.exit_code == 0
    words = " ".join(result.stdout.split())
    for part in (known.meaning, known.reason, known.wrong, known.right, f"[{known.code}]"):
        assert " ".join(part.split()) in words


def test_a_code_may_be_pasted_from_a_message() -> None:
    plain = CliRunner().invoke(cli, ["explain", "empty"]).stdout
    for text in ("error[empty]", "error[empty]:", "[empty]"):
        assert CliRunner().invoke(cli, ["explain", text]).stdout == plain


def test_explain_lists_all_codes() -> None:
    lines = CliRunner().invoke(cli, ["explain"]).stdout.splitlines()
    assert [tuple(line.split(None, 1)) for line in lines] == list(codes.meanings().items())


def test_an_unknown_code_is_wrong_usage() -> None:
    result = CliRunner().invoke(cli, ["explain", "concat-shap"])
    assert result.exit_code == 2
    assert "did you mean `concat-shape`?" in result.stderr
    assert "lists all" in CliRunner().invoke(cli, ["explain", "zzz"]).stderr


@pytest.mark.parametrize(
    ("arguments", "typed", "offered"),
    [
        (["explain"], "concat", ["concat-shape"]),
        (["layers"], "AdaptiveAveragePooling", [f"AdaptiveAveragePooling{n}D" for n in (1, 2, 3)]),
        ([], "exp", ["export", "explain"]),
    ],
)
def test_shells_complete_commands_codes_and_layers(
    arguments: list[str], typed: str, offered: list[str]
) -> None:
    completer = ShellComplete(cli, {}, "mergecli", "_MERGECLI_COMPLETE")
    assert [item.value for item in completer.get_completions(arguments, typed)] == offered


def test_a_diagnostic_needs_a_code_with_a_page() -> None:
    sink = DiagnosticSink()
    sink.error(None, "empty", "nothing here")
    for report in (sink.error, sink.warning):
        with pytest.raises(AssertionError, match="`no-page` has no page"):
            report(None, "no-page", "nothing here")
    assert [diagnostic.code for diagnostic in sink] == ["empty"]


def test_a_check_reads_no_page() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from mergecli.cli.main import cli\n"
        "result = CliRunner().invoke(cli, ['validate', 'specs/u_net.yaml', 'tests/errors/wrong-type.yaml'])\n"
        "from mergecli.diagnostics.codes import explanation\n"
        "print(result.exit_code, explanation.cache_info().misses, 'pkgutil' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout == "1 0 False\n"
