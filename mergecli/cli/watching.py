"""`--watch`: make the output again at each save.

Files are polled, which works with every file system and every editor.
"""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from typing import Callable, Dict, FrozenSet, Iterable, Iterator, NoReturn, Tuple, Union

import click

from mergecli.cli import terminal
from mergecli.cli.inputs import Dependencies
from mergecli.compiler import settings
from mergecli.diagnostics.files import from_here

#: Seconds between two polls.
PAUSE = 0.02
#: The share of the time that polling may take where there are many files.
SHARE = 0.05
#: Seconds by which the clock of a file system may be late.
CLOCK_DELAY = 0.02
#: Seconds without a change after which a save is complete. A file that is new in a folder is then
#: older than the delay of the clock, so that the next run reads it, and it is not named again.
CALM = CLOCK_DELAY
#: The most seconds to wait for the save of a file that is empty or missing.
PATIENCE = 0.15
#: The most changes that are named one by one.
MOST_NAMED = 3
#: What is known of a file or folder to see whether it has changed; None if it does not exist.
Stamp = Union[Tuple[int, ...], FrozenSet[str], str, None]
Stamps = Dict[str, Stamp]
_CLEAR = "\033[2J\033[3J\033[H"


def check(paths: Iterable[str]) -> None:
    """Check that the inputs can be watched.

    Raises:
        click.UsageError: One of them is standard input.
    """
    if "-" in paths:
        raise click.UsageError("standard input cannot be watched; name a file")


def watch(run: Callable[[Dependencies], None], quiet: bool = False, address: str = "") -> NoReturn:
    """Run something, and again at each change of a file on which it depends, until interrupted.

    Wrong usage ends the first run; a later one shows the error and waits for the next change.

    Args:
        run: Makes the output, and records on which files it depends.
        quiet: Whether to print no notes.
        address: The address of the page that shows the output, for the notes.
    """
    terminal.handle_signals()
    dependencies, stamps_of, output = Dependencies(), _Stamps(), _Output()
    stamps: Stamps = {}
    changes: list[str] = []
    while True:
        began, first = time.time_ns(), not stamps
        _run_once(run, dependencies, changes, first)
        sys.stdout.flush()
        if first and not quiet:
            terminal.note("watching for changes; Ctrl-C ends")
        # A file that was read before its stamp was taken may have changed in between.
        known = {
            path: stamps[path] if path in stamps else _unless_late(stamp, began)
            for path, stamp in stamps_of(dependencies).items()
        }
        stamps = _next_change(known, dependencies, stamps_of, output)
        changes = [path for path, stamp in stamps.items() if stamp != known[path]]
        messages = [
            message for path in changes for message in _describe(path, known[path], stamps[path])
        ]
        _announce(messages, quiet, address)


def _run_once(
    run: Callable[[Dependencies], None],
    dependencies: Dependencies,
    changes: list[str],
    first: bool,
) -> None:
    """Run, and show what goes wrong instead of ending the program, except in the first run."""
    files, folders = set(dependencies.files), set(dependencies.folders)
    dependencies.begin(changes)
    try:
        with terminal.usage_errors():
            run(dependencies)
    except BrokenPipeError:
        raise
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > 128:
            raise
    except click.ClickException as problem:
        if first:
            raise
        terminal.show_problem(problem)
        dependencies.files |= files
        dependencies.folders |= folders
    except OSError as problem:
        terminal.note(f"mergecli: {problem.strerror or problem}")


def _next_change(
    known: Stamps, dependencies: Dependencies, stamps_of: _Stamps, output: _Output
) -> Stamps:
    """Wait for a change that is complete, and return the stamps after it."""
    while True:
        start = time.perf_counter()
        now = stamps_of(dependencies)
        if now == known:
            output.wait(max(PAUSE, (time.perf_counter() - start) / SHARE))
            continue
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end:
            output.wait(CALM)
            before, now = now, stamps_of(dependencies)
            if now == before and not any(
                _is_incomplete(stamp) for path, stamp in now.items() if stamp != known[path]
            ):
                break
        if now != known:
            return now


class _Stamps:
    """Takes the stamps of files and folders; a stamp differs when its file has changed."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[int, frozenset[str]]] = {}

    def __call__(self, dependencies: Dependencies) -> Stamps:
        return {
            **{path: _stamp(path) for path in dependencies.files},
            **{path: self._names(path) for path in dependencies.folders},
        }

    def _names(self, folder: str) -> frozenset[str] | None:
        """Return the names of the specs and folders in a folder."""
        try:
            modified = os.stat(folder).st_mtime_ns
            listed, names = self._listed.get(folder, (None, frozenset()))
            if modified != listed:
                names = frozenset(entry.name for entry in os.scandir(folder) if _is_listed(entry))
                # The clock of a file system is coarse: another file may get the same time.
                late = time.time_ns() - modified <= CLOCK_DELAY * 1e9
                self._listed[folder] = (0 if late else modified), names
        except OSError:
            return None
        return names


def _is_listed(entry: os.DirEntry[str]) -> bool:
    if entry.name.endswith((".yaml", ".yml")):
        return True
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def _stamp(path: str) -> tuple[int, ...] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(status.st_mode):
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino, status.st_mode


def _unless_late(stamp: Stamp, began: int) -> Stamp:
    """Return the stamp of a file that was read since a time in nanoseconds.

    If the file may have changed after it was read, the result differs from every stamp.
    """
    is_late = isinstance(stamp, tuple) and stamp and stamp[0] > began - CLOCK_DELAY * 1e9
    return "late" if is_late else stamp


def _is_incomplete(stamp: Stamp) -> bool:
    """Return whether an editor seems about to write a file: it is missing or empty."""
    return stamp is None or (isinstance(stamp, tuple) and len(stamp) > 1 and stamp[1] == 0)


def _describe(path: str, old: Stamp, new: Stamp) -> Iterator[str]:
    """Describe the change of a file or in a folder."""
    if isinstance(old, frozenset) and isinstance(new, frozenset):
        for name in sorted(old ^ new):
            shown = os.path.normpath(os.path.join(path, name))
            yield f"{shown} is {'new' if name in new else 'gone'}"
    else:
        is_settings = os.path.basename(path) == settings.NAME
        shown = from_here(path) if is_settings else os.path.normpath(path)
        yield f"{shown} {'is gone' if new is None else 'is new' if old is None else 'changed'}"


def _announce(messages: list[str], quiet: bool, address: str) -> None:
    """Say when and why there is a new output; only a terminal is cleared before."""
    clears = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if clears:
        sys.stdout.write(_CLEAR)
        sys.stdout.flush()
    if quiet:
        return
    changes = list(dict.fromkeys(messages))
    message = ", ".join(changes[:MOST_NAMED])
    if len(changes) > MOST_NAMED:
        message = f"{len(changes)} changes, among them: {message}"
    if not clears:
        terminal.note("")
    terminal.note(
        f"{time.strftime('%H:%M:%S')} {message}" + (f"   {address}" if clears and address else "")
    )


class _Output:
    """Standard output; when it is a pipe that nobody reads any more, watching ends."""

    def __init__(self) -> None:
        self._poll = None
        try:
            number = sys.stdout.fileno()
            mode = os.fstat(number).st_mode
        except (OSError, ValueError):
            return
        if hasattr(select, "poll") and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
            self._poll = select.poll()
            self._poll.register(number, 0)

    def wait(self, seconds: float) -> None:
        """Wait.

        Raises:
            BrokenPipeError: The pipe has no reader.
        """
        if self._poll is None:
            time.sleep(seconds)
        elif self._poll.poll(seconds * 1000):
            raise BrokenPipeError
