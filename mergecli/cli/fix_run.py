"""`validate --fix` and `--diff`: fixes, written into the files or shown."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable

import click

from mergecli.cli import rewriting, terminal
from mergecli.cli.terminal import Checked
from mergecli.compiler.fixes import fix
from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports.terminal import headline
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers


class Fixes:
    """What becomes of each file, and how much in all. `prints` says what goes to standard output, if anything does."""

    def __init__(self, paths: tuple[str, ...], fix: bool, diff: bool) -> None:
        if fix and diff:
            raise click.UsageError(
                "--fix and --diff exclude each other: one writes, the other shows"
            )
        if fix and "-" in paths and len(paths) > 1:
            raise click.UsageError(
                "--fix prints the mended text of standard input, so - must be the only PATH"
            )
        self.diff = diff
        self.prints = "--diff" if diff else "the mended text" if "-" in paths else ""
        self._named = frozenset(paths)
        self._fixed = self._files = 0
        self._problem: files.Unwritable | None = None

    def apply(
        self,
        path: str,
        checked: Checked,
        wants: Callable[[str], bool],
        settings: dict[str, Any],
        customs: CustomLayers,
    ) -> Checked:
        """Fix a file, and return what is to be reported of it afterwards."""
        compiled = checked.compiled
        if compiled is None:
            return checked
        source = compiled.source
        if not any(
            diagnostic.fix and wants(diagnostic.code) for diagnostic in compiled.diagnostics
        ):
            if path == "-" and not self.diff:
                rewriting.show(source.data)
            return checked
        result = fix(compiled, settings, customs, wants)
        text = result.compiled.source
        text.mark = source.mark
        for diagnostic in result.left:
            terminal.note(
                f"note: not mended, as something else would then be wrong: {headline(checked.path, diagnostic)}"
            )
        if self.diff:
            terminal.emit(rewriting.difference(checked.path, source.text, text.text))
        elif path == "-":
            rewriting.show(text.data)
        elif not self._write(path, source, text):
            return checked
        if result.fixed:
            self._count(result.fixed)
        return checked if self.diff else Checked(checked.path, result.compiled, None)

    def _count(self, fixed: list[Diagnostic]) -> None:
        self._fixed += len(fixed)
        self._files += 1

    def _write(self, path: str, source: Source, result: Source) -> bool:
        """Replace the text of a file by the fixed one; whether that was done."""
        if result.text == source.text:
            return True
        if path not in self._named and os.path.islink(path):
            terminal.note(
                f"note: not mended, as it is a link, perhaps out of the folder: {path}; name the file itself"
            )
            return False
        try:
            files.rewrite(os.path.realpath(path), source.data, result.data)
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
            sys.stdout.flush()
            findings = "1 finding" if self._fixed == 1 else f"{self._fixed} findings"
            files = "1 file" if self._files == 1 else f"{self._files} files"
            terminal.note(f"{'would mend' if self.diff else 'mended'} {findings} in {files}")
        if self._problem is not None:
            raise self._problem
