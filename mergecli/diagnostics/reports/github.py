"""`--format github`: workflow commands, which GitHub Actions shows as annotations of lines."""

from __future__ import annotations

from typing import Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.escaping import workflow_command
from mergecli.diagnostics.reports import FileReport, place, relative


def render(files: Sequence[FileReport], root: str = "") -> str:
    """Render one command for each diagnostic.

    Args:
        files: The files.
        root: The top folder of the checkout, to which GitHub requires paths to be relative.
    """
    return "".join(
        _command(report, diagnostic, root) + "\n"
        for report in files
        for diagnostic in report.diagnostics
    )


def _command(report: FileReport, diagnostic: Diagnostic, root: str) -> str:
    span = diagnostic.span
    properties = {"file": relative(place(report, span)[0], root)}
    if span is not None:
        properties["line"] = str(span.line)
        properties["endLine"] = str(span.end_line)
        if span.line == span.end_line:
            # GitHub refuses columns of a span of several lines, and its end column is inclusive.
            properties["col"] = str(span.column)
            properties["endColumn"] = str(max(span.column, span.end_column - 1))
    properties["title"] = f"mergecli {diagnostic.code}"
    message = "\n".join(
        filter(None, (diagnostic.message, diagnostic.help and f"help: {diagnostic.help}"))
    )
    fields = ",".join(
        f"{name}={workflow_command(value, ':,')}" for name, value in properties.items()
    )
    return f"::{diagnostic.severity} {fields}::{workflow_command(message)}"
