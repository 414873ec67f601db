"""Exit codes, colour and output: what every command does with the terminal."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import Iterator

import click

from mergecli.compiler.settings import ConfigError
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.files import Unwritable

EXIT_ERRORS, EXIT_USAGE, EXIT_UNREADABLE, EXIT_BUG, EXIT_MISSING = 1, 2, 3, 4, 5


class WrongUsage(click.ClickException):
    """A configuration file is wrong, or an output cannot be written."""

    exit_code = EXIT_USAGE


@contextmanager
def usage_errors() -> Iterator[None]:
    """Report a wrong configuration file and an output that cannot be written as wrong usage.

    Raises:
        WrongUsage: With the message of the error.
    """
    try:
        yield
    except (ConfigError, Unwritable) as problem:
        raise WrongUsage(str(problem)) from None


@contextmanager
def missing_dependencies() -> Iterator[None]:
    """End the program, and say what to install, if something that is needed is missing."""
    try:
        yield
    except ImportError as problem:
        from mergecli.diagnostics.installing import MissingDependencyError  # start-up

        if not isinstance(problem, MissingDependencyError):
            raise
        note(f"mergecli: {problem}")
        sys.exit(EXIT_MISSING)


def colored(choice: bool | None, stream: object) -> bool:
    """Return whether to write colours to a stream.

    Args:
        choice: The value of `--color`, which takes precedence over `NO_COLOR`, which takes
            precedence over `FORCE_COLOR`.
        stream: The stream; without a choice only terminals get colours.
    """
    if choice is not None:
        return choice
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(getattr(stream, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"


def width(stream: object) -> int | None:
    """Return the width of the terminal that a stream is, in characters; None for a pipe or a file."""
    if not getattr(stream, "isatty", lambda: False)():
        return None
    return shutil.get_terminal_size().columns


def note(message: str) -> None:
    """Print a line on standard error; what is not printable in it is escaped."""
    click.echo(line(message), err=True)


def show(text: str) -> None:
    """Print lines on standard error in which strings from files are escaped already."""
    click.echo(text, err=True)


def show_problem(problem: click.ClickException) -> None:
    """Print wrong usage on standard error, or the help where nothing is said to be done."""
    # Newer versions of click raise the help, which has lines, as an error.
    if problem.__class__.__name__ != "NoArgsIsHelpError":
        problem.message = line(problem.message)  # type: ignore[misc]
    problem.show()


def emit(text: str) -> None:
    """Print a result on standard output.

    Raises:
        Unwritable: It cannot be written, as on a full disk.
    """
    with standard_output():
        sys.stdout.write(text)


def emit_bytes(data: bytes) -> None:
    """Print a result on standard output, byte for byte.

    Raises:
        Unwritable: It cannot be written, as on a full disk.
    """
    with standard_output():
        sys.stdout.flush()
        stream = getattr(sys.stdout, "buffer", None)
        if stream is None:
            sys.stdout.write(data.decode())
        else:
            stream.write(data)
            stream.flush()


def flush() -> None:
    """Write what standard output has in its buffer.

    Raises:
        Unwritable: It cannot be written, as on a full disk.
    """
    with standard_output():
        sys.stdout.flush()


@contextmanager
def standard_output() -> Iterator[None]:
    """Name standard output where it cannot be written; a closed pipe is none of these errors.

    Raises:
        Unwritable: Standard output cannot be written.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise Unwritable("standard output", problem) from None


def handle_signals() -> None:
    """End the program with exit code 128 + N at a signal N that asks for it.

    Otherwise the signal would end it at once, and leave temporary files. Only the main thread may ask
    for signals; another one leaves it at what is.
    """
    import signal  # start-up
    import threading  # start-up

    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _exit)


def _exit(number: int, frame: object) -> None:
    sys.exit(128 + number)
