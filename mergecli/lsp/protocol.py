"""Places, diagnostics and completions in the types of the Language Server Protocol."""

from __future__ import annotations

import os
from functools import cache
from importlib.resources import files
from typing import Iterable

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from mergecli.diagnostics import codes
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.files import from_here
from mergecli.diagnostics.source import Span
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.code_actions import Replacement
from mergecli.lsp.completion import Offer
from mergecli.lsp.text import Position, Text

KINDS = {
    "key": types.CompletionItemKind.Property,
    "class": types.CompletionItemKind.Class,
    "block": types.CompletionItemKind.Function,
    "value": types.CompletionItemKind.Value,
    "reference": types.CompletionItemKind.Reference,
    "variable": types.CompletionItemKind.Variable,
}


def diagnostic_of(analysis: Analysis, diagnostic: Diagnostic) -> types.Diagnostic:
    message = diagnostic.message
    if diagnostic.span is not None and diagnostic.span.path:
        message = (
            f"{diagnostic.span.path}:{diagnostic.span.line}:{diagnostic.span.column}: {message}"
        )
    message += "".join(
        f"\n{word}: {words}"
        for word, words in (("note", diagnostic.note), ("help", diagnostic.help))
        if words
    )
    return types.Diagnostic(
        range=range_of(analysis.text, *extent(analysis, diagnostic)),
        message=message,
        severity=types.DiagnosticSeverity.Error
        if diagnostic.is_error
        else types.DiagnosticSeverity.Warning,
        code=diagnostic.code,
        code_description=types.CodeDescription(_page_of(diagnostic.code)),
        source="mergecli",
        tags=[types.DiagnosticTag.Unnecessary] if diagnostic.code.startswith("unused-") else None,
        related_information=[
            types.DiagnosticRelatedInformation(location_of(analysis, related.span), related.message)
            for related in diagnostic.related
        ],
    )


@cache
def _page_of(code: str) -> str:
    """The page that explains a code: that of this installation, so that it fits the version."""
    return uri_of(str(files(codes).joinpath(f"{code}.md")))


def extent(analysis: Analysis, diagnostic: Diagnostic) -> tuple[int, int]:
    """Return the offsets between which a diagnostic is shown; one in an included file is shown at the name of that file."""
    span = diagnostic.span
    if span is None:
        return 0, 0
    if span.path:
        return _extent_of_include(analysis, span.path)
    start, end = offsets(analysis, span)
    return start, end if end > start else min(end + 1, len(analysis.text.text))


def _extent_of_include(analysis: Analysis, path: str) -> tuple[int, int]:
    """Return the offsets of the name of an included file, or of a file that may include it."""
    folder = os.path.dirname(analysis.path)
    is_direct = len(analysis.source.included) <= 1
    for name in analysis.includes:
        if not is_direct or os.path.normpath(os.path.join(folder, str(name.value))) == path:
            return offsets(analysis, name.span)
    return 0, 0


def location_of(analysis: Analysis, span: Span) -> types.Location:
    """A place in this text, or in one that it includes."""
    if not span.path:
        return types.Location(
            uri_of(analysis.path), range_of(analysis.text, *offsets(analysis, span))
        )
    included = Text(analysis.source.of(span).text, analysis.text.units)
    return types.Location(
        uri_of(span.path), range_of(included, included.start(span), included.end(span))
    )


def offsets(analysis: Analysis, span: Span) -> tuple[int, int]:
    return analysis.text.start(span), analysis.text.end(span)


def completion_item(
    offer: Offer, number: int, place: types.Range, snippets: bool
) -> types.CompletionItem:
    insert = offer.insert
    if offer.snippet and not snippets:
        insert = insert.partition("$")[0] if "{" not in insert else offer.label
    return types.CompletionItem(
        label=offer.label,
        kind=KINDS[offer.kind],
        detail=offer.detail or None,
        data=number,
        sort_text=f"{number:05}",
        insert_text_format=types.InsertTextFormat.Snippet
        if offer.snippet and snippets
        else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(place, insert),
    )


def offset_of(text: Text, position: types.Position) -> int:
    """Return the offset of a position of the editor."""
    return text.offset(Position(position.line, position.character))


def position_at(text: Text, offset: int) -> types.Position:
    return types.Position(*text.position(offset))


def range_of(text: Text, start: int, end: int) -> types.Range:
    return types.Range(position_at(text, start), position_at(text, end))


def path_of(uri: str) -> str:
    """The path of a text as its messages have it: from the working folder if it lies there."""
    path = to_fs_path(uri) or uri.rsplit("/", 1)[-1]
    shown = from_here(path) if os.path.isabs(path) else path
    return path if shown.startswith(os.pardir) else shown


def uri_of(path: str) -> str:
    return from_fs_path(os.path.abspath(path)) or path


def text_edit(text: Text, edit: Replacement) -> types.TextEdit:
    """Return an edit of a text."""
    return types.TextEdit(range_of(text, edit.start, edit.end), edit.text)


def workspace_edit(uri: str, text: Text, edits: Iterable[Replacement]) -> types.WorkspaceEdit:
    """Return the edits of one file."""
    return types.WorkspaceEdit({uri: [text_edit(text, edit) for edit in edits]})
