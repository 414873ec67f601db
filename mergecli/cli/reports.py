"""Where reports go: a stream, files, and the annotations of GitHub Actions."""

from __future__ import annotations

import os
import sys
from typing import TextIO

import click

from mergecli.catalog.versions import NEWEST, version_text
from mergecli.cli import terminal
from mergecli.diagnostics import files
from mergecli.diagnostics.reports import REPORTS, FileReport, render
from mergecli.diagnostics.reports.text_report import closing


class ReportWriter:
    """Writes reports: one format to a stream, others to files, and annotations on GitHub Actions."""

    def __init__(
        self, formats: list[tuple[str, str]], specs: list[str], color: bool | None, stream: TextIO
    ) -> None:
        """Check the outputs.

        Args:
            formats: Each format with its file, which is empty for the stream.
            specs: The files that are checked, which no report may overwrite.
            color: The value of `--color`.
            stream: Where the format without a file goes.

        Raises:
            click.UsageError: An output is taken.
            Unwritable: A file cannot be written.
        """
        shown = only_shown(formats)
        self.stream = stream
        self.shown = shown or ""
        self.files = [(name, path) for name, path in formats if path]
        self.color = color
        self.reports: list[FileReport] = []
        self.annotations: list[str] | None = None
        if os.environ.get("GITHUB_ACTIONS") == "true" and self.shown != "github":
            self.annotations = []
        taken: set[str] = set()
        inputs = {os.path.realpath(path) for path in specs if path != "-"} if self.files else set()
        for name, path in self.files:
            real = os.path.realpath(path)
            if real in inputs or any(same_file(path, other) for other in inputs):
                raise click.UsageError(
                    f"--format {name}={path} would overwrite a file that is to be checked"
                )
            if real in taken:
                raise click.UsageError(f"{path} would be written twice")
            taken.add(real)
            files.prepare(path)

    @property
    def offers_fixes(self) -> bool:
        """Whether a report contains fixes for other programs."""
        return "sarif" in (self.shown, *(name for name, _ in self.files))

    def add(self, report: FileReport) -> None:
        """Add the report of one file."""
        if self.shown and REPORTS[self.shown].streamed:
            color = terminal.colored(self.color, self.stream)
            with terminal.standard_output():
                self.stream.write(render(self.shown, [report], color))
        if self.annotations is not None and report.diagnostics:
            self.annotations.append(render("github", [report]))
        if self.files or (self.shown and not REPORTS[self.shown].streamed):
            self.reports.append(report)

    def end(self) -> None:
        """Write what needs the reports of all files."""
        for name, path in self.files:
            files.write(path, render(name, self.reports))
        if self.shown and not REPORTS[self.shown].streamed:
            with terminal.standard_output():
                self.stream.write(render(self.shown, self.reports))
        if self.annotations:
            # GitHub reads both streams; what a program reads from standard output must stay clean.
            stream = self.stream if self.shown in ("", "full", "concise") else sys.stderr
            stream.write("".join(self.annotations))


def only_shown(formats: list[tuple[str, str]]) -> str | None:
    """Return the format that goes to standard output, if one does.

    Raises:
        click.UsageError: Several formats go there.
    """
    shown = [name for name, path in formats if not path]
    if len(shown) > 1:
        raise click.UsageError(
            "only one format can go to standard output; give the others a file: FORMAT=FILE"
        )
    return shown[0] if shown else None


def same_file(path: str, other: str) -> bool:
    """Return whether two paths lead to the same file, which exists."""
    return os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)


class Tally:
    """How many errors and warnings all files have."""

    def __init__(self) -> None:
        self.errors = self.warnings = 0
        #: Files with diagnostics.
        self.files = 0
        self.unreadable = self.failed = False
        #: The versions of Keras for which files were checked.
        self.targets: dict[str, None] = {}
        #: The code that the summary line suggests to explain: the first error, or the first warning.
        self.code: str | None = None

    def add(self, report: FileReport) -> None:
        """Count the diagnostics of one file."""
        if report.keras is not None:
            self.targets[report.keras] = None
        if not report.diagnostics:
            return
        errors = [diagnostic for diagnostic in report.diagnostics if diagnostic.is_error]
        self.errors += len(errors)
        self.warnings += len(report.diagnostics) - len(errors)
        self.files += 1
        self.unreadable = self.unreadable or report.unreadable
        if errors and not self.failed:
            self.code = errors[0].code
        self.failed = self.failed or bool(errors) or report.strict
        self.code = self.code or report.diagnostics[0].code

    def closing(self, files: int, seconds: float) -> str:
        """Return the summary line.

        Args:
            files: How many files were checked.
            seconds: How long it took.
        """
        targets = [] if [*self.targets] == [version_text(NEWEST)] else [*self.targets]
        line = closing(self.errors, self.warnings, self.files, files, seconds, targets)
        return f"{line}. Explain one: mergecli explain {self.code}" if self.code else line
