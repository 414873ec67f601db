"""The language server over the protocol: what the editor asks, and the answers in its words."""

from __future__ import annotations

import asyncio
import gc
import os

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from mergecli.compiler.settings import ConfigError, Configs
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.version import __version__
from mergecli.importers.modules import CustomLayers
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.completion import Offer, offers
from mergecli.lsp.definition import definition
from mergecli.lsp.document import Document
from mergecli.lsp.fixes import fix
from mergecli.lsp.formatting import reformatted
from mergecli.lsp.grammar import Grammar
from mergecli.lsp.hover import hover
from mergecli.lsp.text import Position, Text
from mergecli.syntax.yaml_tree import Scalar

#: A text whose check takes longer, in seconds, is checked only when no key is hit for as long as that.
PROMPT = 0.02
KINDS = {
    "key": types.CompletionItemKind.Property,
    "class": types.CompletionItemKind.Class,
    "block": types.CompletionItemKind.Function,
    "value": types.CompletionItemKind.Value,
    "reference": types.CompletionItemKind.Reference,
    "variable": types.CompletionItemKind.Variable,
}


class Server(LanguageServer):
    """A server for the texts that an editor has open; `customs` are the user's own layers."""

    def __init__(self, customs: CustomLayers) -> None:
        # An editor that sends changed stretches and this side need not agree on what a line is; the whole text leaves no doubt.
        super().__init__(
            "mergecli", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
        )
        self.customs, self.grammar = customs, Grammar(customs)
        self.documents: dict[str, Document] = {}
        #: What `pyproject.toml` files say, and what was told of those that are wrong.
        self.configs = Configs()
        self.told: set[str] = set()
        #: What was offered last.
        self.offered: list[Offer] = []

    def document(self, uri: str) -> Document:
        """An open text; an empty one if it is not open."""
        return self.documents.get(uri) or Document(uri, _path(uri), self.customs)

    def take(self, uri: str, text: str, version: int | None) -> None:
        """Another state of a text: what is wrong with it is published as soon as there is time."""
        document = self.documents.setdefault(uri, Document(uri, _path(uri), self.customs))
        document.change(
            text,
            version,
            types.PositionEncodingKind(self.workspace.position_encoding or "utf-16").value,
        )
        self.check(document)

    def check(self, document: Document) -> None:
        state = document.state
        pause = 0.0 if document.seconds < PROMPT else min(document.seconds, 1.0)

        def publish() -> None:
            # Only the last of several states in a row is looked at.
            if document.state == state and self.documents.get(document.uri) is document:
                self.publish(document)

        asyncio.get_running_loop().call_later(pause, publish)

    def wanted(self, document: Document) -> list[Diagnostic]:
        """What is found in a text and is to be reported, as the nearest `pyproject.toml` says."""
        try:
            return self.configs.of_file(document.path).reported(document.now.diagnostics)
        except ConfigError as problem:
            if str(problem) not in self.told:
                self.told.add(str(problem))
                self.window_show_message(
                    types.ShowMessageParams(types.MessageType.Error, str(problem))
                )
            return document.now.diagnostics

    def publish(self, document: Document) -> None:
        try:
            diagnostics = [
                _diagnostic(document.now, diagnostic) for diagnostic in self.wanted(document)
            ]
        except Exception as problem:
            # A bug of ours in one text must not end the server.
            words = f"mergecli stumbled over this text; please report it with the text: {type(problem).__name__}: {problem}"
            diagnostics = [
                types.Diagnostic(
                    _range(document.text, 0, 0),
                    words,
                    types.DiagnosticSeverity.Error,
                    "internal",
                    source="mergecli",
                )
            ]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        )


def serve(customs: CustomLayers) -> None:
    """Answer on standard input and output until the editor ends it."""
    make(customs).start_io()


def make(customs: CustomLayers) -> Server:
    """A server with all that it can be asked."""
    server = Server(customs)

    @server.feature(types.INITIALIZED)
    def initialized(params: types.InitializedParams) -> None:
        # What the first answers need is made before anything is asked.
        def warm() -> None:
            server.grammar.document  # noqa: B018
            text = Text(
                "input: [8, 8, 3]\nlayers: [{Conv2D: {filters: 8, kernel_size: 3}}, Flatten]"
            )
            Analysis(text, "").diagnostics  # noqa: B018
            # What is there now stays, and need not be looked through for circles again; for others it is better to look often than long.
            gc.collect()
            gc.freeze()
            gc.set_threshold(5_000, 20, 100)

        asyncio.get_running_loop().call_soon(warm)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        document = params.text_document
        server.configs = Configs()
        server.take(document.uri, document.text, document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        if params.content_changes:
            server.take(
                params.text_document.uri,
                params.content_changes[-1].text,
                params.text_document.version,
            )

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        # Other texts may include the file, and a `pyproject.toml` may say something else now.
        server.configs = Configs()
        for document in server.documents.values():
            if document.uri != params.text_document.uri and document.last.source.included:
                document.forget()
                server.check(document)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.documents.pop(params.text_document.uri, None)
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(params.text_document.uri, [])
        )

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions([" ", ":", "$", "[", "{", ","], resolve_provider=True),
    )
    def completion(params: types.CompletionParams) -> types.CompletionList:
        document = server.document(params.text_document.uri)
        if not document.now.is_spec:
            return types.CompletionList(False, [])
        found = offers(
            document.text, document.text.offset(_position(params)), document.last, server.grammar
        )
        place = _range(document.text, found.start, found.end)
        capabilities = server.client_capabilities.text_document
        item = (
            capabilities.completion.completion_item
            if capabilities and capabilities.completion
            else None
        )
        snippets = bool(item and item.snippet_support)
        server.offered = found.offers
        return types.CompletionList(
            False,
            [_item(offer, number, place, snippets) for number, offer in enumerate(found.offers)],
        )

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    def resolved(item: types.CompletionItem) -> types.CompletionItem:
        # What an item means is sent for the one that is looked at, not for all the layers that there are.
        if (
            isinstance(item.data, int)
            and item.data < len(server.offered)
            and server.offered[item.data].label == item.label
        ):
            item.documentation = types.MarkupContent(
                types.MarkupKind.Markdown, server.offered[item.data].words
            )
        return item

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        document = server.document(params.text_document.uri)
        offset = document.was(document.text.offset(_position(params)))
        found = (
            hover(document.last, offset, server.grammar)
            if offset is not None and document.now.is_spec
            else None
        )
        if found is None:
            return None
        line = _range(document.last.text, found.start, found.end)
        contents = types.MarkupContent(types.MarkupKind.Markdown, found.words)
        return types.Hover(contents, line if document.last is document.now else None)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def defined(params: types.DefinitionParams) -> types.Location | None:
        document = server.document(params.text_document.uri)
        offset = document.was(document.text.offset(_position(params)))
        found = (
            definition(document.last, offset, server.grammar)
            if offset is not None and document.now.is_spec
            else None
        )
        if found is None:
            return None
        if found.path:
            return types.Location(
                _uri(found.path), types.Range(types.Position(0, 0), types.Position(0, 0))
            )
        return types.Location(document.uri, _range(document.last.text, found.start, found.end))

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def inlay(params: types.InlayHintParams) -> list[types.InlayHint]:
        document = server.document(params.text_document.uri)
        start, end = (
            document.text.offset(Position(place.line, place.character))
            for place in (params.range.start, params.range.end)
        )
        return [
            types.InlayHint(
                _at(document.text, hint.offset),
                hint.label,
                types.InlayHintKind.Type,
                tooltip=hint.words,
                padding_left=True,
            )
            for hint in document.hints(start, end)
        ]

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        document = server.document(params.text_document.uri)
        edit = reformatted(document.now)
        return (
            [types.TextEdit(_range(document.text, *edit[:2]), edit.text)]
            if edit is not None
            else []
        )

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix])
    )
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.document(params.text_document.uri)
        start, end = (
            document.text.offset(Position(place.line, place.character))
            for place in (params.range.start, params.range.end)
        )
        found = []
        for diagnostic in server.wanted(document):
            first, last = _stretch(document.now, diagnostic)
            edits = fix(document.now, diagnostic) if first <= end and start <= last else []
            if edits:
                change = types.WorkspaceEdit(
                    {
                        document.uri: [
                            types.TextEdit(_range(document.text, *edit[:2]), edit.text)
                            for edit in edits
                        ]
                    }
                )
                about = [_diagnostic(document.now, diagnostic)]
                title = f"Fix: {diagnostic.hint or diagnostic.message}"
                found.append(
                    types.CodeAction(
                        title, types.CodeActionKind.QuickFix, about, is_preferred=True, edit=change
                    )
                )
        return found

    return server


# Into the editor's words.


def _diagnostic(analysis: Analysis, diagnostic: Diagnostic) -> types.Diagnostic:
    message = diagnostic.message
    if diagnostic.span is not None and diagnostic.span.path:
        message = (
            f"{diagnostic.span.path}:{diagnostic.span.line}:{diagnostic.span.column}: {message}"
        )
    message += "".join(
        f"\n{word}: {words}"
        for word, words in (("note", diagnostic.note), ("help", diagnostic.hint))
        if words
    )
    return types.Diagnostic(
        range=_range(analysis.text, *_stretch(analysis, diagnostic)),
        message=message,
        severity=types.DiagnosticSeverity.Error
        if diagnostic.is_error
        else types.DiagnosticSeverity.Warning,
        code=diagnostic.code,
        source="mergecli",
        tags=[types.DiagnosticTag.Unnecessary] if diagnostic.code.startswith("unused-") else None,
        related_information=[
            types.DiagnosticRelatedInformation(_location(analysis, related.span), related.message)
            for related in diagnostic.related
        ],
    )


def _stretch(analysis: Analysis, diagnostic: Diagnostic) -> tuple[int, int]:
    """Where a finding is shown: what is wrong in a file that is included, at the name of that file."""
    span = diagnostic.span
    if span is None:
        return 0, 0
    if not span.path:
        start, end = _of(analysis, span)
        return start, end if end > start else min(end + 1, len(analysis.text.text))
    for spot in analysis.spots:
        if (
            spot.is_key
            and spot.scalar.value == "spec"
            and type(spot.value) is Scalar
            and spot.steps[:1] == ("branches",)
        ):
            folder = os.path.dirname(analysis.path)
            if (
                os.path.normpath(os.path.join(folder, str(spot.value.value))) == span.path
                or len(analysis.source.included) > 1
            ):
                return _of(analysis, spot.value.span)
    return 0, 0


def _location(analysis: Analysis, span: Span) -> types.Location:
    """A place in this text, or in one that it includes."""
    if not span.path:
        return types.Location(_uri(analysis.path), _range(analysis.text, *_of(analysis, span)))
    included = Text(analysis.source.of(span).text, analysis.text.units)
    return types.Location(
        _uri(span.path), _range(included, included.start(span), included.end(span))
    )


def _of(analysis: Analysis, span: Span) -> tuple[int, int]:
    return analysis.text.start(span), analysis.text.end(span)


def _item(offer: Offer, number: int, place: types.Range, snippets: bool) -> types.CompletionItem:
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


def _position(
    params: types.TextDocumentPositionParams
    | types.CompletionParams
    | types.HoverParams
    | types.DefinitionParams,
) -> Position:
    return Position(params.position.line, params.position.character)


def _at(text: Text, offset: int) -> types.Position:
    return types.Position(*text.position(offset))


def _range(text: Text, start: int, end: int) -> types.Range:
    return types.Range(_at(text, start), _at(text, end))


def _path(uri: str) -> str:
    """The path of a text as its messages have it: from the working folder if it lies there."""
    path = to_fs_path(uri) or uri.rsplit("/", 1)[-1]
    shown = os.path.relpath(path) if os.path.isabs(path) else path
    return path if shown.startswith(os.pardir) else shown


def _uri(path: str) -> str:
    return from_fs_path(os.path.abspath(path)) or path
