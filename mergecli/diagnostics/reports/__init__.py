"""Diagnostics → text for a person or a program: one file for each format."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Mapping, Sequence

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source, Span


class FileReport:
    """A file and its diagnostics.

    Attributes:
        path: The path by which the user knows the file.
        source: Its text; None if it could not be read.
        diagnostics: The diagnostics to report.
        unreadable: Whether the file could not be read, which is not an error of the spec.
        strict: Whether warnings fail, too.
        fixable: The diagnostics whose fixes have been tried and are safe.
        keras: The version of Keras for which it was checked; None if it could not be read.
    """

    __slots__ = ("diagnostics", "fixable", "keras", "path", "source", "strict", "unreadable")

    def __init__(
        self,
        path: str,
        source: Source | None,
        diagnostics: list[Diagnostic],
        unreadable: bool = False,
        strict: bool = False,
    ) -> None:
        self.path, self.source, self.diagnostics = path, source, diagnostics
        self.unreadable, self.strict = unreadable, strict
        self.fixable: list[Diagnostic] = []
        self.keras: str | None = None


class Report(Record):
    """A format: the module in this folder and the function in it that renders file reports.

    `streamed` says that each file can be rendered alone, without a list around them.
    """

    module: str
    function: str = "render"
    streamed: bool = False


REPORTS: Mapping[str, Report] = {
    "full": Report("text_report", streamed=True),
    "concise": Report("text_report", "render_concise", streamed=True),
    "json": Report("json_report"),
    "jsonl": Report("json_report", "render_lines", streamed=True),
    "github": Report("github", streamed=True),
    "gitlab": Report("gitlab"),
    "junit": Report("junit"),
    "sarif": Report("sarif"),
}


def render(name: str, files: Sequence[FileReport], color: bool = False) -> str:
    """Render file reports in a format of `REPORTS`.

    Args:
        name: The format.
        files: The files, in the order in which they are shown.
        color: Whether a format for terminals is coloured.
    """
    report = REPORTS[name]
    function = getattr(import_module(f"{__name__}.{report.module}"), report.function)
    # What CI servers show beside a change is known to them by its path in the checkout.
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or ""
    text: str = function(files, color if report.module == "text_report" else root)
    return text


def targets(files: Sequence[FileReport]) -> str:
    """Return the versions of Keras for which files were checked, separated by commas."""
    return ", ".join(dict.fromkeys(report.keras for report in files if report.keras))


def place(report: FileReport, span: Span | None) -> tuple[str, Source | None]:
    """Return the path and the text of the file in which a place lies."""
    if span is None or report.source is None:
        return report.path, report.source
    return span.path or report.path, report.source.of(span)


def relative(path: str, root: str = "") -> str:
    """Return a path as programs expect it: relative to a folder and with slashes.

    Args:
        path: A path; one outside of `root` is returned as it is.
        root: The folder, by default the working directory.

    >>> relative("./specs//a.yaml"), relative("<stdin>")
    ('specs/a.yaml', '<stdin>')
    """
    root = os.path.realpath(root or os.curdir)
    full = os.path.join(
        os.path.realpath(os.path.dirname(path) or os.curdir), os.path.basename(path)
    )
    if full.startswith(os.path.join(root, "")):
        path = os.path.relpath(full, root)
    return path.replace(os.sep, "/")
