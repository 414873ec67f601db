"""Commands in this process, as a fuzzer runs them: how they end, and what they need."""

from __future__ import annotations

import contextlib
import os
import resource
import time
import traceback
from pathlib import Path
from typing import Iterator, NamedTuple

import click

from mergecli.cli.main import cli
from mergecli.compiler.same_model import format_spec
from mergecli.diagnostics.source import Source

GOOD = "input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n"
INTERNAL = 70
#: The codes of the contract.
CODES = (0, 1, 2, 3, 4, 5)
#: The exit codes after `SIGHUP` and `SIGTERM`.
_SIGNALS = (129, 143)
_EXPORTS = ("spec", "python", "keras-json")


class Failed(Exception):
    """A command did what none may do."""


class Outcome(NamedTuple):
    """How a command ended: its exit code, processor seconds, and MiB more than any before it."""

    code: int
    seconds: float
    memory: float
    trace: str


def of_spec(path: str) -> Iterator[list[str]]:
    """Yield every command that takes a spec, with `good.yaml` beside it as the other input."""
    for name in ("full", "json", "sarif"):
        yield ["validate", "--format", name, path]
    yield ["validate", "--diff", path]
    yield ["fmt", "--diff", path]
    yield from _of_input(path)


def of_model(path: str, including: str) -> Iterator[list[str]]:
    """Yield every command that takes a saved model, or a spec that includes it."""
    yield ["validate", including]
    yield ["summary", including]
    yield from _of_input(path)


def _of_input(path: str) -> Iterator[list[str]]:
    for name in ("text", "json", "csv", "markdown"):
        yield ["summary", "--format", name, path]
    for ending in ("svg", "mmd", "html"):
        yield ["plot", path, "-o", f"out.{ending}"]
    yield ["diff", path, "good.yaml"]
    yield ["diff", "--format", "markdown", "good.yaml", path]
    yield ["diff", "--format", "json", path, path]
    yield ["diff", path, "good.yaml", "--plot", "out.svg"]
    yield ["import", path]
    for name in _EXPORTS:
        yield ["export", path, "--to", name]
    yield ["merge", path, "good.yaml"]


def run(arguments: list[str]) -> Outcome:
    """Run a command in this process, with its output thrown away."""
    start, before = time.process_time(), peak()
    trace = ""
    with (
        open(os.devnull, "w", errors="backslashreplace") as nothing,
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
    ):
        try:
            with cli.make_context("mergecli", list(arguments)) as context:
                cli.invoke(context)
            code = 0
        except click.exceptions.Exit as end:
            code = end.exit_code
        except SystemExit as end:
            if end.code in _SIGNALS:
                raise  # this process is to end, not the command
            code = end.code if isinstance(end.code, int) else 1
        except click.ClickException as problem:
            code = problem.exit_code
        except OSError:
            code = 2
        except Exception:
            code, trace = INTERNAL, traceback.format_exc(limit=-14)
    return Outcome(code, time.process_time() - start, peak() - before, trace)


def check(arguments: list[str], seconds: float, memory: float) -> None:
    """Run a command, which must end with a code of the contract and within bounds.

    Args:
        arguments: Its name and arguments.
        seconds: The most processor seconds.
        memory: The most MiB beyond what the process has needed so far.

    Raises:
        Failed: It does not.
    """
    outcome = run(arguments)
    name = " ".join(arguments)
    if outcome.code not in CODES:
        raise Failed(f"`{name}` ends with {outcome.code}: {outcome.trace}")
    if outcome.seconds > seconds:
        raise Failed(f"`{name}` takes {outcome.seconds:.1f} s")
    if outcome.memory > memory:
        raise Failed(f"`{name}` needs {outcome.memory:.0f} MiB more")


def check_format(text: str) -> None:
    """Format a text twice; the second time changes nothing.

    Raises:
        Failed: It does.
    """
    new, _ = format_spec(Source(text, "input.yaml"))
    if new is not None and format_spec(Source(new, "input.yaml"))[0] != new:
        raise Failed("a formatted text is formatted again")


def peak() -> float:
    """Return the most memory that the process has needed so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def warm_up(folder: Path) -> None:
    """Run every command on a good input, so that what they load counts for none."""
    (folder / "good.yaml").write_text(GOOD)
    (folder / "wrong.yaml").write_text("input: [8]\nlayers: [Dens, {Dense: (3, 3)}, Dense(3)]\n")
    for name in ("good.yaml", "wrong.yaml"):
        for arguments in of_spec(name):
            run(arguments)
