"""`--format junit`: each file is a test case, which fails with its errors.

CI servers show the history of each test case.
"""

from __future__ import annotations

from typing import Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.escaping import xml, xml_attribute
from mergecli.diagnostics.reports import FileReport, relative, targets
from mergecli.diagnostics.reports.text_report import full


def render(files: Sequence[FileReport], root: str = "") -> str:
    """Render one suite.

    A file that cannot be read is an error of its test case; warnings are the output of one that
    passes, unless they are strict.
    """
    failed = [report for report in files if _fatal(report)]
    errors = sum(report.unreadable for report in failed)
    counts = f'tests="{len(files)}" failures="{len(failed) - errors}" errors="{errors}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="mergecli" {counts} time="0">',
            f'  <testsuite name="mergecli" {counts} skipped="0" time="0">',
            *_properties(files),
            *(line for report in files for line in _case(report, root)),
            "  </testsuite>",
            "</testsuites>\n",
        ]
    )


def _properties(files: Sequence[FileReport]) -> list[str]:
    """Return the lines that name the version of Keras for which files were checked."""
    value = targets(files)
    if not value:
        return []
    line = f'      <property name="keras" value="{xml_attribute(value)}"/>'
    return ["    <properties>", line, "    </properties>"]


def _fatal(report: FileReport) -> list[Diagnostic]:
    """Return the diagnostics that make a test case fail."""
    return [diagnostic for diagnostic in report.diagnostics if diagnostic.is_error or report.strict]


def _case(report: FileReport, root: str) -> list[str]:
    """Return the lines of the test case of a file."""
    path = xml_attribute(relative(report.path, root))
    spans = (diagnostic.span for diagnostic in report.diagnostics)
    line = next((f' line="{span.line}"' for span in spans if span is not None), "")
    head = f'    <testcase classname="mergecli.validate" name="{path}" file="{path}"{line} time="0"'
    if not report.diagnostics:
        return [head + "/>"]
    lines = [head + ">"]
    fatal = _fatal(report)
    if fatal:
        tag = "error" if report.unreadable else "failure"
        more = f" and {len(fatal) - 1} more" if len(fatal) > 1 else ""
        message, code = xml_attribute(fatal[0].message + more), xml_attribute(fatal[0].code)
        shown = _shown(report, fatal)
        lines.append(f'      <{tag} message="{message}" type="{code}">{shown}</{tag}>')
    notes = [diagnostic for diagnostic in report.diagnostics if diagnostic not in fatal]
    if notes:
        lines.append(f"      <system-out>{_shown(report, notes)}</system-out>")
    return [*lines, "    </testcase>"]


def _shown(report: FileReport, diagnostics: list[Diagnostic]) -> str:
    return xml(full(report.source, report.path, diagnostics))
