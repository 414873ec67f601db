"""`validate --fix` and `--diff`: fixes, written to the files or shown."""

from __future__ import annotations

import os
from typing import Callable, Mapping

import click

from mergecli.cli import rewriting, terminal
from mergecli.cli.inputs import Checked
from mergecli.compiler.fixes import fix
from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports.text_report import headline
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers


class FixRun:
    """Fixes files one by one and counts the fixes.

    Attributes:
        diff: Whether differences are shown instead of writing files.
        prints: What goes to standard output, if anything does.
    """

    def __init__(self, paths: tuple[str, ...], fix: bool, diff: bool) -> None:
        """Check that the options agree.

        Args:
            paths: The paths as the command line names them.
            fix: Whether to write the files.
            diff: Whether to show the differences.

        Raises:
            click.UsageError: The options do not agree.
        """
        if fix and diff:
            raise click.UsageError(
                "--fix and --diff exclude each other: one writes, the other shows"
            )
        if fix and "-" in paths and len(paths) > 1:
            raise click.UsageError(
                "--fix prints the fixed text of standard input, so - must be the only PATH"
            )
        self.diff = diff
        self.prints = "--diff" if diff else "the fixed text" if "-" in paths else ""
        self._named = frozenset(paths)
        self._fixed = self._files = 0
        self._problem: files.Unwritable | None = None

    def apply(
        self,
        path: str,
        checked: Checked,
        wants: Callable[[str], bool],
        variables: Mapping[str, object],
        custom_layers: CustomLayers,
    ) -> Checked:
        """Fix a file, and return what is to be reported of it afterwards.

        Args:
            path: The file; `-` is standard input.
            checked: The result of checking it.
            wants: Whether diagnostics with a code are to be fixed.
            variables: Values for the spec's variables.
            custom_layers: The user's own layers.
        """
        compiled = checked.compiled
        if compiled is None:
            return checked
        source = compiled.source
        if not any(
            diagnostic.fix and wants(diagnostic.code) for diagnostic in compiled.diagnostics
        ):
            if path == "-" and not self.diff:
                terminal.emit_bytes(source.data)
            return checked
        result = fix(compiled, variables, custom_layers, wants)
        fixed = result.compiled.source
        fixed.mark = source.mark
        for diagnostic in result.left:
            terminal.note(
                f"note: not fixed, as the fix would cause another error: {headline(checked.path, diagnostic)}"
            )
        if self.diff:
            terminal.emit(rewriting.difference(checked.path, source.text, fixed.text))
        elif path == "-":
            terminal.emit_bytes(fixed.data)
        elif not self._write(path, source, fixed):
            return checked
        if result.fixed:
            self._count(result.fixed)
        return checked if self.diff else Checked(checked.path, result.compiled, None)

    def _count(self, fixed: list[Diagnostic]) -> None:
        self._fixed += len(fixed)
        self._files += 1

    def _write(self, path: str, source: Source, fixed: Source) -> bool:
        """Replace the text of a file by the fixed one; return whether that was possible."""
        if fixed.text == source.text:
            return True
        if path not in self._named and os.path.islink(path):
            terminal.note(
                f"note: not fixed, as it is a link, possibly out of the folder: {path}; name the file itself"
            )
            return False
        try:
            files.rewrite(os.path.realpath(path), source.data, fixed.data)
        except OSError as problem:
            # All other files are still checked.
            self._problem = self._problem or files.Unwritable(path, problem)
            return False
        return True

    def end(self, quiet: bool) -> None:
        """Print how much was fixed.

        Raises:
            Unwritable: A file could not be written.
        """
        if self._fixed and not quiet:
            terminal.flush()
            problems = "1 problem" if self._fixed == 1 else f"{self._fixed} problems"
            changed = "1 file" if self._files == 1 else f"{self._files} files"
            terminal.note(f"{'would fix' if self.diff else 'fixed'} {problems} in {changed}")
        if self._problem is not None:
            raise self._problem
