"""A fingerprint of a diagnostic that stays the same when other lines of its file move."""

from __future__ import annotations

from hashlib import sha256
from typing import Iterator, Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports import FileReport, place, relative


def with_fingerprints(
    files: Sequence[FileReport], root: str = ""
) -> Iterator[tuple[FileReport, Diagnostic, str]]:
    """Yield every diagnostic with its file and its fingerprint.

    The fingerprint is a hash of the file's path, the code, the message and the text of the line,
    but not of the line's number. Diagnostics that agree in all of these are counted.
    """
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
            data = f"{text}\0{count}".encode("utf-8", "backslashreplace")
            yield report, diagnostic, sha256(data).hexdigest()
