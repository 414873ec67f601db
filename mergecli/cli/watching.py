"""`--watch`: answers anew at each save, by looking at the files again and again, which every file system and editor goes along with."""

from __future__ import annotations

import os
import signal
import stat
import sys
import time
from functools import partial
from typing import Any, Callable, Iterable, NoReturn

import click

from mergecli.cli import terminal
from mergecli.compiler import settings
from mergecli.diagnostics.reports import FileReport
from mergecli.importers.modules import CustomLayers

#: Seconds between two looks, and the share of the time that looking may take where there are many files.
PAUSE, SHARE = 0.02, 0.05
#: Seconds in which nothing may change before a save is taken for done, and the most that one is waited for whose file is empty or away.
CALM, PATIENCE = 0.01, 0.15
#: Nanoseconds that the clock of a file system may be behind.
LATE = 20_000_000
#: The most changes that are told one by one.
MOST_TOLD = 3
_CLEAR = "\033[2J\033[3J\033[H"


class Seen:
    """What an answer is made of: files, there or not, and folders in which specs come and go."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()
        #: What was checked last.
        self.checked: terminal.Checked | None = None
        self._changed: set[str] = set()
        self._kept: dict[str, tuple[frozenset[str], FileReport]] = {}
        self._settings: dict[str, tuple[str, ...]] = {}

    def begin(self, changed: Iterable[str]) -> None:
        """A new answer begins, as these files and folders have changed."""
        self.files, self.folders, self._changed = set(), set(), set(changed)

    def add(self, checked: terminal.Checked, customs: CustomLayers) -> frozenset[str]:
        """Something was read and checked; gives the files of which that was made."""
        self.checked = checked
        folder = os.path.dirname(checked.path)
        if folder not in self._settings:
            self._settings[folder] = tuple(settings.places(folder))
        named = checked.compiled.source.named if checked.compiled is not None else ()
        files = frozenset((checked.path, *named, *customs.files, *self._settings[folder]))
        self.files |= files
        return files

    def keep(self, path: str, files: frozenset[str], report: FileReport) -> None:
        """Keep the report of a spec until one of these files changes."""
        self._kept[path] = files, report

    def known(self, path: str) -> FileReport | None:
        """Return the report of a spec that was kept, if it is still valid."""
        files, report = self._kept.get(path, (frozenset(), None))
        if report is None or files & self._changed:
            self._kept.pop(path, None)
            return None
        self.files |= files
        return report


def check(paths: Iterable[str]) -> None:
    """See that what is to be watched is in files."""
    if "-" in paths:
        raise click.UsageError("standard input cannot be watched; name a file")


def watch(answer: Callable[[Seen], None], quiet: bool = False, address: str = "") -> NoReturn:
    """Answer, and again at each change, until interrupted; `address` is where else the answer is seen.

    Wrong usage ends the first answer; whatever is wrong later is shown, and the next change is waited for.
    """
    for name, code in (("SIGTERM", 143), ("SIGHUP", 129)):
        # Ended by others, the program still removes what it leaves only while it runs.
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is signal.SIG_DFL:
            signal.signal(getattr(signal, name), partial(_leave, code))
    seen, look, reader = Seen(), _Look(), _Reader()
    stamps: dict[str, Any] = {}
    changes: list[str] = []
    while True:
        began, first = time.time_ns(), not stamps
        before = set(seen.files), set(seen.folders)
        seen.begin(changes)
        try:
            with terminal.usage_errors():
                answer(seen)
        except BrokenPipeError:
            raise
        except SystemExit as end:
            if isinstance(end.code, int) and end.code > 128:
                raise
        except click.ClickException as problem:
            if first:
                raise
            problem.show()
            seen.files |= before[0]
            seen.folders |= before[1]
        except OSError as problem:
            terminal.note(f"mergecli: {problem.strerror or problem}")
        sys.stdout.flush()
        if first and not quiet:
            terminal.note("watching for changes; Ctrl-C ends")
        # What was read before its stamp was taken may have changed in between.
        known = {
            path: stamps[path] if path in stamps else _late(stamp, began)
            for path, stamp in look(seen).items()
        }
        stamps = _next(known, seen, look, reader)
        changes = [path for path, stamp in stamps.items() if stamp != known[path]]
        _announce(
            [words for path in changes for words in _told(path, known[path], stamps[path])],
            quiet,
            address,
        )


def _leave(code: int, number: int, frame: object) -> None:
    sys.exit(code)


def _next(known: dict[str, Any], seen: Seen, look: _Look, reader: _Reader) -> dict[str, Any]:
    """Wait until something is other than it was known to be, and for a while does not change further; gives what it is then."""
    while True:
        start = time.perf_counter()
        now = look(seen)
        if now == known:
            reader.wait(max(PAUSE, (time.perf_counter() - start) / SHARE))
            continue
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end:
            reader.wait(CALM)
            before, now = now, look(seen)
            if now == before and not any(
                _halved(stamp) for path, stamp in now.items() if stamp != known[path]
            ):
                break
        if now != known:
            return now


class _Look:
    """Looks at files and folders: what it gives of each is other when it has changed."""

    def __init__(self) -> None:
        self._listed: dict[str, tuple[int, frozenset[str]]] = {}

    def __call__(self, seen: Seen) -> dict[str, Any]:
        return {
            **{path: _stamp(path) for path in seen.files},
            **{path: self._names(path) for path in seen.folders},
        }

    def _names(self, folder: str) -> frozenset[str] | None:
        """The specs and the folders in a folder."""
        try:
            time_ = os.stat(folder).st_mtime_ns
            listed, names = self._listed.get(folder, (None, frozenset()))
            if time_ != listed:
                names = frozenset(entry.name for entry in os.scandir(folder) if _counts(entry))
                # The clock of a file system ticks slowly: more may come at the same tick.
                self._listed[folder] = (time_ if time.time_ns() - time_ > LATE else 0), names
        except OSError:
            return None
        return names


def _counts(entry: os.DirEntry[str]) -> bool:
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


def _late(stamp: Any, began: int) -> Any:
    """The stamp of what has been read since; nothing is like it if the file may have changed meanwhile."""
    return "late" if isinstance(stamp, tuple) and stamp and stamp[0] > began - LATE else stamp


def _halved(stamp: Any) -> bool:
    """Whether a file looks as if an editor were just about to put something there."""
    return stamp is None or (isinstance(stamp, tuple) and len(stamp) > 1 and stamp[1] == 0)


def _told(path: str, old: Any, new: Any) -> Iterable[str]:
    """What has happened to a file, or in a folder."""
    if isinstance(old, frozenset) and isinstance(new, frozenset):
        for name in sorted(old ^ new):
            yield f"{os.path.normpath(os.path.join(path, name))} is {'new' if name in new else 'gone'}"
    else:
        shown = (
            os.path.relpath(path)
            if os.path.basename(path) == settings.NAME
            else os.path.normpath(path)
        )
        yield f"{shown} {'is gone' if new is None else 'is new' if old is None else 'changed'}"


def _announce(changes: list[str], quiet: bool, address: str) -> None:
    """Say when and why there is another answer: on a terminal at its top, elsewhere without any control codes."""
    clears = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if clears:
        sys.stdout.write(_CLEAR)
        sys.stdout.flush()
    if quiet:
        return
    told = list(dict.fromkeys(changes))
    words = (
        ", ".join(told)
        if len(told) <= MOST_TOLD
        else f"{len(told)} changes, among them: {', '.join(told[:MOST_TOLD])}"
    )
    terminal.note(
        f"{'' if clears else chr(10)}{time.strftime('%H:%M:%S')} {words}"
        + (f"   {address}" if clears and address else "")
    )


class _Reader:
    """Whoever reads standard output; once a pipe has no reader, nobody wants answers any more."""

    def __init__(self) -> None:
        import select

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
            BrokenPipeError: the reader has gone.
        """
        if self._poll is None:
            time.sleep(seconds)
        elif self._poll.poll(seconds * 1000):
            raise BrokenPipeError
