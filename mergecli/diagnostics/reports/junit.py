"""`--format junit`: each file is a test, which fails with what was found in it. CI servers draw the history of each."""

from __future__ import annotations

import re
from typing import Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports import FileReport, relative
from mergecli.diagnostics.reports.terminal import full

#: What XML 1.0 cannot hold, not even as an escape.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(files: Sequence[FileReport], root: str = "") -> str:
    """One suite. A file that cannot be read is an error of the test; warnings are printed by a test that passes, unless they count."""
    cases = []
    failures = errors = 0
    for report in files:
        fatal = [d for d in report.diagnostics if d.is_error or report.strict]
        notes = [d for d in report.diagnostics if d not in fatal]
        failures += bool(fatal) and not report.unreadable
        errors += bool(fatal) and report.unreadable
        path = _attribute(relative(report.path, root))
        line = next(
            (f' line="{d.span.line}"' for d in report.diagnostics if d.span is not None), ""
        )
        cases.append(
            f'    <testcase classname="mergecli.validate" name="{path}" file="{path}"{line} time="0"'
        )
        if not report.diagnostics:
            cases[-1] += "/>"
            continue
        cases[-1] += ">"
        if fatal:
            tag = "error" if report.unreadable else "failure"
            more = f" and {len(fatal) - 1} more" if len(fatal) > 1 else ""
            message, code = _attribute(fatal[0].message + more), _attribute(fatal[0].code)
            cases.append(
                f'      <{tag} message="{message}" type="{code}">{_shown(report, fatal)}</{tag}>'
            )
        if notes:
            cases.append(f"      <system-out>{_shown(report, notes)}</system-out>")
        cases.append("    </testcase>")
    counts = f'tests="{len(files)}" failures="{failures}" errors="{errors}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="mergecli" {counts} time="0">',
            f'  <testsuite name="mergecli" {counts} skipped="0" time="0">',
            *cases,
            "  </testsuite>",
            "</testsuites>\n",
        ]
    )


def _shown(report: FileReport, diagnostics: list[Diagnostic]) -> str:
    return _text(full(report.source, report.path, diagnostics))


def _text(text: str) -> str:
    return (
        _IMPOSSIBLE.sub("\ufffd", text)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
    )


def _attribute(text: str) -> str:
    """A text between quotes, its line ends kept.

    >>> _attribute('a < "b"')
    'a &lt; &quot;b&quot;'
    """
    text = _text(text).replace('"', "&quot;")
    return text.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
