"""How the program ends where a test in its own process cannot tell: signals, pipes, what is not installed, what Keras disagrees with."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from running import ROOT, run

GOOD = "input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n"
COMMAND = [sys.executable, "-m", "mergecli"]
ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path


def test_what_cannot_be_read_wins_over_errors_and_all_is_checked(folder: pathlib.Path) -> None:
    (folder / "bad.yaml").write_text(GOOD.replace("Dense", "Dens"))
    result = run("validate", "missing.yaml", "bad.yaml", "good.yaml", "--format", "concise")
    assert result.returncode == 3
    assert result.stdout.splitlines() == [
        "missing.yaml: error[not-found]: no such file",
        "bad.yaml:2:11: error[unknown-layer]: unknown layer `Dens`",
    ]
    assert result.stderr.startswith("2 errors in 2 of 3 files")


@pytest.mark.keras
def test_keras_disagreeing_is_a_bug_and_says_so(folder: pathlib.Path) -> None:
    (folder / "sitecustomize.py").write_text(
        "import mergecli.catalog.layers.core as core\ncore.Dense.weights = lambda self, inputs: ()\n"
    )
    result = run("build", "good.yaml", "--no-plot", PYTHONPATH=f"{folder}:{ROOT}")
    assert (result.returncode, result.stdout) == (4, "")
    first, second = result.stderr.splitlines()
    assert first.startswith(
        "good.yaml: this spec passed the checks, but Keras disagrees. This is a bug of mergecli"
    )
    assert second == "    Keras: `out` (Dense) has 36 parameters in Keras, 0 were inferred"


@pytest.mark.keras
@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("openvino", "-m pip install openvino"),
        ("tensroflow", "there is no Keras backend `tensroflow`"),
    ],
)
def test_what_is_not_installed_is_named_with_the_command_that_installs_it(
    backend: str, words: str
) -> None:
    result = run("build", "good.yaml", KERAS_BACKEND=backend)
    assert (result.returncode, result.stdout) == (5, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_interrupt_is_silent() -> None:
    # Whoever runs the tests in the background may ignore interrupts, which a program inherits.
    usual = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); os.execv(sys.argv[1], sys.argv[1:])"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(
        [sys.executable, "-c", usual, *COMMAND, "validate", "-"], env=ENV, **pipes
    )
    # Python itself takes a signal that comes before the program has begun.
    wait = pathlib.Path(f"/proc/{process.pid}/wchan")
    for _ in range(100):
        if "pipe" in wait.read_text():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=30)
    assert (process.returncode, *output) == (130, b"", b"")


@pytest.mark.parametrize("form", ["concise", "json"])
def test_a_reader_that_leaves_is_no_trouble(form: str, folder: pathlib.Path) -> None:
    (folder / "many.yaml").write_text("input: [8]\nlayers:\n" + "  - Dens: 4\n" * 5000)
    process = subprocess.Popen(
        [*COMMAND, "validate", "many.yaml", "--format", form],
        env=ENV,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 141


def test_the_traceback_of_an_internal_error_is_shown_on_demand(folder: pathlib.Path) -> None:
    (folder / "sitecustomize.py").write_text(
        "import mergecli.compiler.pipeline\nmergecli.compiler.pipeline.order = lambda graph: 1 / 0\n"
    )
    for options, lines in ((["-q"], 0), (["-q", "-v"], 1)):
        result = run("validate", "good.yaml", *options, PYTHONPATH=f"{folder}:{ROOT}")
        assert result.returncode == 70
        assert result.stderr.count("Traceback") == lines
        assert "Please report it" in result.stderr.splitlines()[-1]


def test_the_exit_codes_of_the_readme_are_these() -> None:
    readme = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    codes = [
        line.split("|")[1].strip()
        for line in readme.splitlines()
        if line.startswith("| ") and line[2].isdigit()
    ]
    assert codes == ["0", "1", "2", "3", "4", "5", "70", "130", "141"]
