"""What makes a finding the same finding after other lines of its file have moved."""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports import FileReport, place, relative


def marked(
    files: Sequence[FileReport], root: str = ""
) -> Iterator[tuple[FileReport, Diagnostic, str]]:
    """Every finding with its fingerprint: of its file, code, message and the text of its line, not of the line's number.

    Findings that are alike in all of that are told apart by counting them.
    """
    from hashlib import sha256

    seen: dict[str, int] = {}
    for report in files:
        for diagnostic in report.diagnostics:
            path, source = place(report, diagnostic.span)
            line = (
                source.line(diagnostic.span.line).strip()
                if source is not None and diagnostic.span is not None
                else ""
            )
            text = "\0".join((relative(path, root), diagnostic.code, diagnostic.message, line))
            seen[text] = count = seen.get(text, -1) + 1
            yield (
                report,
                diagnostic,
                sha256(f"{text}\0{count}".encode("utf-8", "backslashreplace")).hexdigest(),
            )
