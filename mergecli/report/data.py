"""Diagnostics for a program: one object a file, as the contract of `--format json` has it."""

from __future__ import annotations

import json
from typing import Any

from mergecli.diagnostic import Diagnostic
from mergecli.source import Span


def file_object(path: str, diagnostics: list[Diagnostic]) -> dict[str, Any]:
    """A file and what was found in it. Places are null where a finding is about the file as a whole."""
    return {"path": path, "diagnostics": [_object(diagnostic) for diagnostic in diagnostics]}


def _object(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "help": diagnostic.hint,
        "note": diagnostic.note,
        **_place(diagnostic.span),
        "related": [{**_place(related.span), "message": related.message} for related in diagnostic.related],
    }


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return {"line": None, "column": None, "end_line": None, "end_column": None}
    place: dict[str, Any] = {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}
    # In another file, one that the spec includes.
    return {**place, "path": span.path} if span.path else place


def as_json(files: list[dict[str, Any]]) -> str:
    return json.dumps(files, ensure_ascii=False, indent=1) + "\n"


def as_json_lines(files: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(file, ensure_ascii=False) + "\n" for file in files)
