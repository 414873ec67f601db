"""`--format sarif`: a SARIF 2.1.0 log, for GitHub code scanning, editors and servers."""

from __future__ import annotations

import json
from typing import Sequence
from urllib.parse import quote

from mergecli.diagnostics.codes import explanation
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.edits import Splice
from mergecli.diagnostics.escaping import escaped_json
from mergecli.diagnostics.reports import FileReport, place, relative, targets
from mergecli.diagnostics.reports.fingerprint import with_fingerprints
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.version import HOME_PAGE, __version__

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
#: The base of relative paths, a symbol that the reader of the log resolves.
ROOT = "%SRCROOT%"


def render(files: Sequence[FileReport], root: str = "") -> str:
    """Render one run. A file that cannot be read is a notification rather than a result."""
    rules = sorted(
        {
            diagnostic.code
            for report in files
            for diagnostic in report.diagnostics
            if not report.unreadable
        }
    )
    failures = sorted(
        {
            diagnostic.code
            for report in files
            for diagnostic in report.diagnostics
            if report.unreadable
        }
    )
    results, notifications = [], []
    for report, diagnostic, fingerprint in with_fingerprints(files, root):
        if report.unreadable:
            notifications.append(_notification(report, diagnostic, failures, root))
        else:
            results.append(_result(report, diagnostic, fingerprint, rules, root))
    driver: dict[str, object] = {
        "name": "mergecli",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOME_PAGE,
    }
    driver["rules"] = [_rule(code) for code in rules]
    if failures:
        driver["notifications"] = [_rule(code) for code in failures]
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}
        ],
        "originalUriBaseIds": {
            ROOT: {
                "description": {
                    "text": "the folder that mergecli ran in, or the top of the checkout"
                }
            }
        },
        "columnKind": "unicodeCodePoints",
        "properties": {"keras": targets(files)},
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return escaped_json(json.dumps(log, ensure_ascii=False, indent=1)) + "\n"


def _rule(code: str) -> dict[str, object]:
    known = explanation(code)
    return {
        "id": code,
        "shortDescription": {"text": known.meaning},
        "fullDescription": {"text": known.reason},
        "help": {"text": known.reason, "markdown": known.markdown},
    }


def _result(
    report: FileReport, diagnostic: Diagnostic, fingerprint: str, rules: list[str], root: str
) -> dict[str, object]:
    text = ". ".join(filter(None, (diagnostic.message, diagnostic.help)))
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rules.index(diagnostic.code),
        "level": "error" if diagnostic.is_error else "warning",
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(report, diagnostic.span, root)}],
        "partialFingerprints": {"mergecli/v1": fingerprint},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": related.message},
                "physicalLocation": _location(report, related.span, root),
            }
            for number, related in enumerate(diagnostic.related, 1)
        ]
    if diagnostic in report.fixable:
        result["fixes"] = [_fix(report, diagnostic, root)]
    return result


def _fix(report: FileReport, diagnostic: Diagnostic, root: str) -> dict[str, object]:
    source = place(report, diagnostic.fix[0].span)[1]
    splice = Splice.of(source.text, diagnostic.fix) if source is not None else None
    replacements = [
        {"deletedRegion": _region(span), "insertedContent": {"text": text}}
        for span, text in (splice.replacements if splice else [])
    ]
    change = {
        "artifactLocation": _artifact(report, diagnostic.fix[0].span, root),
        "replacements": replacements,
    }
    return {"description": {"text": diagnostic.help or "fix it"}, "artifactChanges": [change]}


def _notification(
    report: FileReport, diagnostic: Diagnostic, codes: list[str], root: str
) -> dict[str, object]:
    return {
        "descriptor": {"id": diagnostic.code, "index": codes.index(diagnostic.code)},
        "level": "error",
        "message": {"text": diagnostic.message},
        "locations": [{"physicalLocation": _location(report, diagnostic.span, root)}],
    }


def _location(report: FileReport, span: Span | None, root: str) -> dict[str, object]:
    location: dict[str, object] = {"artifactLocation": _artifact(report, span, root)}
    if span is not None:
        location["region"] = _region(span)
    return location


def _artifact(report: FileReport, span: Span | None, root: str) -> dict[str, str]:
    path = relative(place(report, span)[0], root)
    uri = quote(path.encode("utf-8", "surrogateescape"), safe="/~")
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": ROOT}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
