"""Reports to a terminal, to files, and to a CI server."""

from __future__ import annotations

import os
import sys
from typing import Collection, TextIO

import click

from mergecli.cli import terminal
from mergecli.diagnostics import files
from mergecli.diagnostics.reports import REPORTS, FileReport, render


class Output:
    """Where the reports go: one to a stream, others into files, and annotations beside them on GitHub Actions."""

    def __init__(
        self, wanted: list[tuple[str, str]], specs: list[str], color: bool | None, stream: TextIO
    ) -> None:
        shown = [name for name, path in wanted if not path]
        if len(shown) > 1:
            raise click.UsageError(
                "only one format can go to standard output; give the others a file: FORMAT=FILE"
            )
        self.stream = stream
        self.shown = shown[0] if shown else ""
        self.files = [(name, path) for name, path in wanted if path]
        self.color = color
        self.reports: list[FileReport] = []
        self.annotations: list[str] | None = None
        if os.environ.get("GITHUB_ACTIONS") == "true" and self.shown != "github":
            self.annotations = []
        taken: set[str] = set()
        inputs = {os.path.realpath(path) for path in specs if path != "-"} if self.files else set()
        for name, path in self.files:
            real = os.path.realpath(path)
            if real in inputs or any(
                os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)
                for other in inputs
            ):
                raise click.UsageError(
                    f"--format {name}={path} would overwrite a file that is to be checked"
                )
            if real in taken:
                raise click.UsageError(f"{path} would be written twice")
            taken.add(real)
            files.prepare(path)

    @property
    def offers_fixes(self) -> bool:
        """Whether a report has fixes for programs in it."""
        return "sarif" in (self.shown, *(name for name, _ in self.files))

    def add(self, report: FileReport) -> None:
        """One more file is checked."""
        if self.shown and REPORTS[self.shown].streamed:
            self.stream.write(
                render(self.shown, [report], terminal.colored(self.color, self.stream))
            )
        if self.annotations is not None and report.diagnostics:
            self.annotations.append(render("github", [report]))
        if self.files or (self.shown and not REPORTS[self.shown].streamed):
            self.reports.append(report)

    def end(self) -> None:
        """All files are checked."""
        for name, path in self.files:
            files.write(path, render(name, self.reports))
        if self.shown and not REPORTS[self.shown].streamed:
            self.stream.write(render(self.shown, self.reports))
        if self.annotations:
            # GitHub reads both streams; what a program reads from standard output must stay clean.
            stream = self.stream if self.shown in ("", "full", "concise") else sys.stderr
            stream.write("".join(self.annotations))


def wanted(text: str, formats: Collection[str] = REPORTS) -> tuple[str, str]:
    """A format, and the file that it goes to, empty for standard output, as `FORMAT` or `FORMAT=FILE` says it."""
    name, separator, path = text.partition("=")
    if name not in formats:
        from mergecli.diagnostics.suggestions import did_you_mean

        hint = did_you_mean(name, formats) or f"there are {', '.join(formats)}"
        raise click.BadParameter(f"There is no format {name!r}; {hint}", param_hint="'--format'")
    if separator and not path:
        raise click.BadParameter(f"{text!r} names no file.", param_hint="'--format'")
    return name, path
