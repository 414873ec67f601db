"""`--format json` and `jsonl`: one object for each file. The fields are stable."""

from __future__ import annotations

import json
from typing import Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.escaping import escaped_json
from mergecli.diagnostics.reports import FileReport, relative
from mergecli.diagnostics.source import Span


def render(files: Sequence[FileReport], root: str = "") -> str:
    """Render a list with one object for each file."""
    return escaped_json(
        json.dumps([_file(report) for report in files], ensure_ascii=False, indent=1) + "\n"
    )


def render_lines(files: Sequence[FileReport], root: str = "") -> str:
    """Render one object in each line, which a program can read before all files are checked."""
    return "".join(
        escaped_json(json.dumps(_file(report), ensure_ascii=False)) + "\n" for report in files
    )


def _file(report: FileReport) -> dict[str, object]:
    """Return a file with its diagnostics; those about the file as a whole have null places."""
    return {
        "path": relative(report.path),
        "keras": report.keras,
        "diagnostics": [_object(diagnostic) for diagnostic in report.diagnostics],
    }


def _object(diagnostic: Diagnostic) -> dict[str, object]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "help": diagnostic.help,
        "note": diagnostic.note,
        **_place(diagnostic.span),
        "related": [
            {**_place(related.span), "message": related.message} for related in diagnostic.related
        ],
    }


def _place(span: Span | None) -> dict[str, object]:
    if span is None:
        return {"line": None, "column": None, "end_line": None, "end_column": None}
    place: dict[str, object] = {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }
    # A place in another file, which the spec includes.
    return {**place, "path": relative(span.path)} if span.path else place
