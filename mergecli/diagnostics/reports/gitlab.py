"""`--format gitlab`: a code quality report, which GitLab shows in merge requests."""

from __future__ import annotations

import json
from typing import Sequence

from mergecli.diagnostics.reports import FileReport, place, relative
from mergecli.diagnostics.reports.fingerprint import marked


def render(files: Sequence[FileReport], root: str = "") -> str:
    """A list with one object a finding. One about a file as a whole stands on its first line, as GitLab wants a line."""
    objects = []
    for report, diagnostic, fingerprint in marked(files, root):
        span = diagnostic.span
        lines = {"begin": span.line, "end": span.end_line} if span is not None else {"begin": 1}
        objects.append(
            {
                "description": diagnostic.message
                + (f" ({diagnostic.hint})" if diagnostic.hint else ""),
                "check_name": diagnostic.code,
                "fingerprint": fingerprint,
                "severity": "major" if diagnostic.is_error else "minor",
                "location": {"path": relative(place(report, span)[0], root), "lines": lines},
            }
        )
    return json.dumps(objects, ensure_ascii=False, indent=1) + "\n"
