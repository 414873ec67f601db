"""`--format gitlab`: a code quality report, which GitLab shows in merge requests."""

from __future__ import annotations

import json
from typing import Sequence

from mergecli.diagnostics.escaping import escaped_json
from mergecli.diagnostics.reports import FileReport, place, relative
from mergecli.diagnostics.reports.fingerprint import with_fingerprints


def render(files: Sequence[FileReport], root: str = "") -> str:
    """Render a list with one object for each diagnostic.

    One about a file as a whole gets the file's first line, since GitLab requires a line.
    """
    objects = []
    for report, diagnostic, fingerprint in with_fingerprints(files, root):
        span = diagnostic.span
        lines = {"begin": span.line, "end": span.end_line} if span is not None else {"begin": 1}
        hint = f" ({diagnostic.help})" if diagnostic.help else ""
        objects.append(
            {
                "description": diagnostic.message + hint,
                "check_name": diagnostic.code,
                "fingerprint": fingerprint,
                "severity": "major" if diagnostic.is_error else "minor",
                "location": {"path": relative(place(report, span)[0], root), "lines": lines},
            }
        )
    return escaped_json(json.dumps(objects, ensure_ascii=False, indent=1)) + "\n"
