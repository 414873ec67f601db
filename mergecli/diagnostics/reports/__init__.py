"""Diagnostics -> text for a person or a program: `text` for terminals, one small file for each format of other programs."""

from __future__ import annotations

import os

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source, Span


class Found:
    """A file and what was found in it.

    `source` is None when its text could not be had, `unreadable` says that this is no fault of the spec, and `strict`
    that its warnings fail, too. `mends` are the findings whose edits have been tried.
    """

    __slots__ = ("diagnostics", "mends", "path", "source", "strict", "unreadable")

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
        self.mends: list[Diagnostic] = []


def place(found: Found, span: Span | None) -> tuple[str, Source | None]:
    """The file in which a place lies, by its path and with its text."""
    if span is None or found.source is None:
        return found.path, found.source
    return span.path or found.path, found.source.of(span)


def relative(path: str, root: str = "") -> str:
    """A path as programs want it: relative to `root`, by default the working directory, with slashes; what lies elsewhere stays as it is.

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
