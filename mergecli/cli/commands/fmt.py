"""`mergecli fmt`."""

from __future__ import annotations

import os
import sys
import time

import click

from mergecli.cli import inputs, options, rewriting, terminal
from mergecli.compiler.same_model import format_spec
from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports.text_report import full
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.importers.modules import CustomLayers
from mergecli.syntax.grammar import looks_like_spec


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=options.INPUT)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Show what would change; write nothing.")
@click.option(
    "--skip-broken",
    is_flag=True,
    help="Leave files that cannot be read as YAML alone without a report, as `validate` has one.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@options.verbose_option
@options.import_option
@options.stdin_option
@options.color_option
def fmt(
    paths: tuple[str, ...],
    check: bool,
    diff: bool,
    skip_broken: bool,
    quiet: bool,
    custom_layers: CustomLayers,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Rewrite specs in the canonical form: files, folders (walked for *.yaml and *.yml) or - for standard input.

    The meaning of a spec never changes, and comments stay. Exit code 0: formatted; 1: a file is not YAML, or --check and a
    file would change; 2: nothing to format; 3: an input could not be read.

    \f

    Raises:
        click.UsageError: There is nothing to format.
    """
    start = time.perf_counter()
    walk = inputs.SpecWalk(paths)
    if not walk.specs and not walk.closed:
        raise click.UsageError(f"nothing to format: no *.yaml or *.yml in {', '.join(paths)}")
    run = _Run(paths, check, diff, quiet, stdin_filename, color)
    run.skip_broken, run.customs = skip_broken, custom_layers
    for folder in walk.empty:
        terminal.note(f"note: no *.yaml or *.yml in {folder}")
    for closed in walk.closed:
        run.refuse(closed.filename, None, [inputs.closed_folder(closed)])
        run.unreadable = True
    broken: Exception | None = None
    for path in walk.specs:
        try:
            run.format(path)
        except (click.ClickException, BrokenPipeError, MemoryError):
            raise
        except Exception as bug:
            # The other files are still formatted.
            broken = broken or bug
            terminal.note(f"{path}: internal error while formatting this file, which is unchanged")
    if broken is not None:
        raise broken
    run.end(time.perf_counter() - start)


class _Run:
    """Formats files one by one and counts them."""

    def __init__(
        self,
        paths: tuple[str, ...],
        check: bool,
        diff: bool,
        quiet: bool,
        stdin_filename: str | None,
        color: bool | None,
    ) -> None:
        self.check, self.diff, self.quiet = check, diff, quiet
        self.stdin_filename = stdin_filename
        self.color = terminal.colored(color, sys.stderr)
        self.changed = self.same = self.refused = 0
        self.unreadable = self.skip_broken = False
        self.customs: CustomLayers | None = None
        self._named = frozenset(paths)
        self._problem: files.Unwritable | None = None

    def format(self, path: str) -> None:
        """Format a file, and write or show the result."""
        shown = inputs.display_name(path, self.stdin_filename)
        try:
            source = Source.read(path, self.stdin_filename)
        except Unreadable as problem:
            if self.skip_broken:
                return
            checked = inputs.Checked(shown, None, problem)
            self.refuse(shown, None, checked.diagnostics)
            self.unreadable = self.unreadable or checked.unreadable
            return
        if path != "-" and path not in self._named and not looks_like_spec(source.text):
            terminal.note(
                f"note: not formatted, as it does not look like a spec: {path}; name the file itself"
            )
            return
        text, problems = format_spec(source, self.customs)
        if text is None:
            if not self.skip_broken:
                self.refuse(shown, source, problems)
            return
        self._finish(path, shown, source, text)

    def _finish(self, path: str, shown: str, source: Source, text: str) -> None:
        """Write, show or count the formatted text of a file."""
        data = text.encode("utf-8")
        changes = data != source.data
        if self.diff:
            if changes:
                terminal.emit(rewriting.difference(shown, source.text, text))
        elif path == "-" and not self.check:
            terminal.emit_bytes(data)
        elif changes and not self.check and not self._write(path, source.data, data):
            return
        self.changed += changes
        self.same += not changes
        if changes and not self.quiet and (path != "-" or self.check or self.diff):
            terminal.note(f"{'would rewrite' if self.check or self.diff else 'rewrote'} {shown}")

    def refuse(self, path: str, source: Source | None, problems: list[Diagnostic]) -> None:
        """Print why a file is not formatted."""
        self.refused += 1
        terminal.flush()
        terminal.show(full(source, path, problems, self.color))

    def _write(self, path: str, old: bytes, new: bytes) -> bool:
        """Replace a file, which keeps its permissions; return whether that was possible."""
        if path not in self._named and os.path.islink(path):
            terminal.note(
                f"note: not formatted, as it is a link, possibly out of the folder: {path}; name the file itself"
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
        """Print how much was done, and end the program if something is wrong.

        Args:
            seconds: How long it took.

        Raises:
            Unwritable: A file could not be written.
        """
        if not self.quiet:
            terminal.flush()
            would = self.check or self.diff
            parts = [
                f"{_files(self.changed)} {'would be rewritten' if would else 'rewritten'}"
            ] * bool(self.changed)
            parts += [f"{_files(self.same)} already formatted"] * bool(self.same)
            parts += [f"{_files(self.refused)} with errors"] * bool(self.refused)
            terminal.note(f"{', '.join(parts) or 'nothing done'} ({seconds:.2f} s)")
        if self._problem is not None:
            raise self._problem
        if self.unreadable:
            sys.exit(terminal.EXIT_UNREADABLE)
        if self.refused or (self.check and self.changed):
            sys.exit(terminal.EXIT_ERRORS)


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"
