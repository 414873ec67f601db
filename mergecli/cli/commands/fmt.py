"""`mergecli fmt`."""

from __future__ import annotations

import os
import sys
import time

import click

from mergecli.cli import rewriting, terminal
from mergecli.cli.terminal import EXIT_ERRORS, EXIT_UNREADABLE, Checked
from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source, Unreadable


@click.command(short_help="Write specs in the canonical form.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Show what would change, and write nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing of what is rewritten; only errors.")
@terminal.verbose_option
@terminal.stdin_option
@terminal.color_option
def fmt(
    paths: tuple[str, ...],
    check: bool,
    diff: bool,
    quiet: bool,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Rewrite specs into the house style: files, folders (walked for *.yaml and *.yml) or - for standard input.

    What a spec means never changes, and comments stay. Exit code 0: all is well, or rewritten; 1: a file is no YAML, or --check and a
    file would change; 2: nothing to format; 3: an input could not be read.
    """
    start = time.perf_counter()
    walk = terminal.Walk(paths)
    if not walk.specs and not walk.closed:
        raise click.UsageError(f"nothing to format: no *.yaml or *.yml in {', '.join(paths)}")
    run = _Run(paths, check, diff, quiet, stdin_filename, color)
    for folder in walk.empty:
        terminal.note(f"note: no *.yaml or *.yml in {folder}")
    for closed in walk.closed:
        run.refuse(closed.filename, None, [_unreadable(closed)])
        run.unreadable = True
    broken: Exception | None = None
    for path in walk.specs:
        try:
            run.format(path)
        except (click.ClickException, BrokenPipeError):
            raise
        except Exception as bug:
            # One in one file must not keep the others from being formatted.
            broken = broken or bug
            terminal.note(f"{path}: mergecli stumbled over this file, which is left as it is")
    if broken is not None:
        raise broken
    run.end(time.perf_counter() - start)


def _unreadable(problem: OSError) -> Diagnostic:
    from mergecli.diagnostics.diagnostic import error

    return error(None, "unreadable", problem.strerror or str(problem))


class _Run:
    """What becomes of each file, and how many there are of each."""

    def __init__(
        self,
        paths: tuple[str, ...],
        check: bool,
        diff: bool,
        quiet: bool,
        name: str | None,
        color: bool | None,
    ) -> None:
        self.check, self.diff, self.quiet, self.name = check, diff, quiet, name
        self.color = terminal.colored(color, sys.stderr)
        self.changed = self.same = self.refused = 0
        self.unreadable = False
        self._named = frozenset(paths)
        self._problem: files.Unwritable | None = None

    def format(self, path: str) -> None:
        from mergecli.compiler.same_model import format_spec
        from mergecli.syntax.grammar import looks_like_spec

        shown = (self.name or "<stdin>") if path == "-" else path
        try:
            source = Source.read(path, self.name)
        except Unreadable as problem:
            checked = Checked(shown, None, problem)
            self.refuse(shown, None, checked.diagnostics)
            self.unreadable = self.unreadable or checked.unreadable
            return
        if path != "-" and path not in self._named and not looks_like_spec(source.text):
            terminal.note(
                f"note: left alone, as it does not look like a spec: {path}; name the file itself"
            )
            return
        text, problems = format_spec(source)
        if text is None:
            self.refuse(shown, source, problems)
            return
        data = text.encode("utf-8")
        changes = data != source.data
        if self.diff:
            if changes:
                terminal.emit(rewriting.difference(shown, source.text, text))
        elif path == "-" and not self.check:
            rewriting.show(data)
        elif changes and not self.check and not self._write(path, source.data, data):
            return
        self.changed += changes
        self.same += not changes
        if changes and not self.quiet and (path != "-" or self.check or self.diff):
            terminal.note(f"{'would rewrite' if self.check or self.diff else 'rewrote'} {shown}")

    def refuse(self, path: str, source: Source | None, problems: list[Diagnostic]) -> None:
        """Say why a file is left as it is."""
        from mergecli.diagnostics.reports.terminal import full

        self.refused += 1
        sys.stdout.flush()
        terminal.note(full(source, path, problems, self.color))

    def _write(self, path: str, old: bytes, new: bytes) -> bool:
        """Put the text in the place of a file, which keeps its permissions; whether that was done."""
        if path not in self._named and os.path.islink(path):
            terminal.note(
                f"note: left alone, as it is a link, perhaps out of the folder: {path}; name the file itself"
            )
            return False
        try:
            files.rewrite(os.path.realpath(path), old, new)
        except OSError as problem:
            # All other files are still formatted.
            self._problem = self._problem or files.Unwritable(path, problem)
            return False
        return True

    def end(self, seconds: float) -> None:
        """Say how much was done, and leave with the code of the contract.

        Raises:
            Unwritable: a file could not be written.
        """
        if not self.quiet:
            sys.stdout.flush()
            would = self.check or self.diff
            parts = [
                f"{_files(self.changed)} {'would be rewritten' if would else 'rewritten'}"
            ] * bool(self.changed)
            parts += [
                f"{_files(self.same)} {'is' if self.same == 1 else 'are'} in the house style"
            ] * bool(self.same)
            parts += [f"{_files(self.refused)} cannot be read"] * bool(self.refused)
            terminal.note(f"{', '.join(parts) or 'nothing done'} ({seconds:.2f} s)")
        if self._problem is not None:
            raise self._problem
        if self.unreadable:
            sys.exit(EXIT_UNREADABLE)
        if self.refused or (self.check and self.changed):
            sys.exit(EXIT_ERRORS)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
