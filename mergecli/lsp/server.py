"""The language server over the protocol: what an editor asks, and the answers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from functools import partial
from json import JSONDecodeError
from typing import Any, Callable

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from mergecli.catalog.versions import Version
from mergecli.compiler.settings import ConfigError, Configs, installed_keras
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.version import __version__
from mergecli.importers.modules import CustomLayers
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.code_actions import Replacement, fix, fix_all, ignore
from mergecli.lsp.completion import Offer, offers
from mergecli.lsp.deadline import Deadline, bounded
from mergecli.lsp.definition import definition
from mergecli.lsp.document import Document
from mergecli.lsp.formatting import reformatted
from mergecli.lsp.hover import hover
from mergecli.lsp.navigation import QUESTIONS, REQUEST_FAILED
from mergecli.lsp.protocol import (
    completion_item,
    diagnostic_of,
    extent,
    offset_of,
    path_of,
    position_at,
    range_of,
    text_edit,
    uri_of,
    workspace_edit,
)
from mergecli.lsp.schema_grammar import Grammar
from mergecli.lsp.text import Text

#: A check that takes no more seconds ends before the next key of a fast typist.
PROMPT = 0.1
#: Seconds in which states that an editor has already sent are received, so that only the last of
#: them is checked; and the most seconds to wait for a pause in typing.
RECEIVED, LONGEST_PAUSE = 0.003, 1.0
#: Seconds from the start until completion is prepared: the file that is open has its diagnostics before.
LATER = 0.5
#: The kind of the action that applies all fixes; editors can run it when a file is saved.
FIX_ALL = "source.fixAll.mergecli"


class Server(LanguageServer):
    """A server for the files that an editor has open.

    Args:
        customs: The user's own layers.
        target: The version of Keras for all files; None where the settings of each decide.
    """

    def __init__(self, customs: CustomLayers, target: Version | None = None) -> None:
        # An editor that sends changed stretches and this side need not agree on what a line is; the whole text leaves no doubt.
        super().__init__(
            "mergecli", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full
        )
        self.customs, self.grammar = customs, Grammar(customs)
        self.target = target
        self.documents: dict[str, Document] = {}
        #: What `pyproject.toml` files say, and which errors in them were reported.
        self.configs = Configs()
        self.reported: set[str] = set()
        #: What was offered last.
        self.offered: list[Offer] = []

    def document(self, uri: str) -> Document:
        """An open text; an empty one if it is not open."""
        return self.documents.get(uri) or self.new_document(uri)

    def new_document(self, uri: str) -> Document:
        """Return a text of which nothing is known yet."""
        path = path_of(uri)
        return Document(uri, path, self.customs, lambda: self.target_of(path))

    def target_of(self, path: str) -> Version:
        """Return the version of Keras for which a file is checked; wrong settings are reported with it."""
        with contextlib.suppress(ConfigError):
            return self.target or self.configs.of_file(path).keras or installed_keras()
        return installed_keras()

    def take(self, uri: str, text: str, version: int | None) -> None:
        """Another state of a text: what is wrong with it is published as soon as there is time."""
        document = self.documents.setdefault(uri, self.new_document(uri))
        document.change(
            text,
            version,
            types.PositionEncodingKind(self.workspace.position_encoding or "utf-16").value,
        )
        self.check(document)

    def check(self, document: Document) -> None:
        """Publish what is wrong with a text as soon as no other state of it has been received."""
        state = document.state

        def publish() -> None:
            # Only the last of several states in a row is checked.
            if document.state == state and self.documents.get(document.uri) is document:
                self.publish(document)

        asyncio.get_running_loop().call_later(pause_after(document.seconds), publish)

    def wanted(self, document: Document) -> list[Diagnostic]:
        """What is found in a text and is to be reported, as the nearest `pyproject.toml` says."""
        try:
            return self.configs.of_file(document.path).reported(document.now.diagnostics)
        except ConfigError as problem:
            if str(problem) not in self.reported:
                self.reported.add(str(problem))
                self.window_show_message(
                    types.ShowMessageParams(types.MessageType.Error, str(problem))
                )
            return document.now.diagnostics

    @bounded
    def publish(self, document: Document) -> None:
        try:
            diagnostics = [
                diagnostic_of(document.now, diagnostic) for diagnostic in self.wanted(document)
            ]
        except Exception as problem:
            # A bug of ours in one text must not end the server.
            reason = f"{type(problem).__name__}: {problem}"
            words = f"mergecli failed on this file; please report it with the file: {reason}"
            diagnostics = [
                types.Diagnostic(
                    range_of(document.text, 0, 0),
                    words,
                    types.DiagnosticSeverity.Error,
                    "internal",
                    source="mergecli",
                )
            ]
        self.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        )


def pause_after(seconds: float) -> float:
    """Return the seconds from a change to its check, by those that the last check took.

    >>> pause_after(0.05), pause_after(0.5), pause_after(2.0)
    (0.003, 0.4, 1.0)
    """
    return min(max(seconds - PROMPT, RECEIVED), LONGEST_PAUSE)


def serve(customs: CustomLayers, target: Version | None = None) -> None:
    """Answer on standard input and output until the editor ends it."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Log())
    handler.addFilter(_is_logged)
    logging.getLogger("pygls").addHandler(handler)
    Deadline.install()
    make(customs, target).start_io()


def _is_logged(record: logging.LogRecord) -> bool:
    """Return whether a record is logged: why a request is refused is answered, and no error of the server."""
    problem = record.exc_info[1] if record.exc_info else None
    return not isinstance(problem, JsonRpcException) or problem.code != REQUEST_FAILED


class _Log(logging.Formatter):
    """What the protocol library logs, without a traceback where the editor is wrong."""

    def format(self, record: logging.LogRecord) -> str:
        problem = record.exc_info[1] if record.exc_info else None
        message = record.getMessage()
        # Of a message that does not fit the protocol, the library logs the traceback as text.
        first = message.split("\n")[0]
        if first == "Unable to deserialize message":
            return f"mergecli: {first}"
        if isinstance(problem, (JsonRpcException, JSONDecodeError)):
            record.exc_info = record.exc_text = None
            return line(f"mergecli: {message}: {problem}")
        return super().format(record)


def make(customs: CustomLayers, target: Version | None = None) -> Server:
    """Return a server with all its features."""
    server = Server(customs, target)
    for name, options, handler in FEATURES:
        server.feature(name, options)(bounded(handler))
    for name, options, answer in QUESTIONS:
        server.feature(name, options)(bounded(partial(_answer, server, answer)))
    return server


def _answer(server: Server, answer: Callable[[Document, Any], Any], params: Any) -> Any:
    """Answer a request about a document."""
    return answer(server.document(params.text_document.uri), params)


# Files that are opened, changed and closed. The protocol library passes the server as `ls`.


def initialized(ls: Server, params: types.InitializedParams) -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(_load_checks)
    loop.call_later(LATER, _load_grammar, ls)


def _load_checks() -> None:
    """Load what the first diagnostics need."""
    text = Text("input: [8, 8, 3]\nlayers: [{Conv2D: {filters: 8, kernel_size: 3}}, Flatten]")
    Analysis(text, "").diagnostics  # noqa: B018


def _load_grammar(server: Server) -> None:
    """Load what completion needs before it is asked for."""
    server.grammar.document  # noqa: B018
    # The objects so far stay, and the garbage collector need not look at them again; for others,
    # many short pauses are better than a long one.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 100)


def opened(ls: Server, params: types.DidOpenTextDocumentParams) -> None:
    document = params.text_document
    ls.configs = Configs()
    ls.take(document.uri, document.text, document.version)


def changed(ls: Server, params: types.DidChangeTextDocumentParams) -> None:
    if params.content_changes:
        document = params.text_document
        ls.take(document.uri, params.content_changes[-1].text, document.version)


def saved(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    # Other files may include the file, and a `pyproject.toml` may have changed.
    ls.configs = Configs()
    for document in ls.documents.values():
        if document.uri != params.text_document.uri and document.last.source.included:
            document.forget()
            ls.check(document)


def closed(ls: Server, params: types.DidCloseTextDocumentParams) -> None:
    ls.documents.pop(params.text_document.uri, None)
    ls.text_document_publish_diagnostics(
        types.PublishDiagnosticsParams(params.text_document.uri, [])
    )


# Questions.


def completion(ls: Server, params: types.CompletionParams) -> types.CompletionList:
    document = ls.document(params.text_document.uri)
    if not document.now.is_spec:
        return types.CompletionList(False, [])
    text = document.text
    start, end, ls.offered = offers(
        text, offset_of(text, params.position), document.last, ls.grammar
    )
    place, snippets = range_of(text, start, end), _takes_snippets(ls)
    items = (
        completion_item(offer, number, place, snippets) for number, offer in enumerate(ls.offered)
    )
    return types.CompletionList(False, list(items))


def _takes_snippets(server: Server) -> bool:
    """Whether the editor knows snippets."""
    capabilities = server.client_capabilities.text_document
    completion = capabilities.completion if capabilities else None
    item = completion.completion_item if completion else None
    return bool(item and item.snippet_support)


def resolved(ls: Server, item: types.CompletionItem) -> types.CompletionItem:
    # The documentation is sent for the selected item only, not for all layers.
    number = item.data
    if isinstance(number, int) and 0 <= number < len(ls.offered):
        offer = ls.offered[number]
        if offer.label == item.label:
            item.documentation = types.MarkupContent(types.MarkupKind.Markdown, offer.words)
    return item


def hovered(ls: Server, params: types.HoverParams) -> types.Hover | None:
    document, offset = _asked(ls, params)
    result = hover(document.last, offset, ls.grammar) if offset is not None else None
    if result is None:
        return None
    place = range_of(document.last.text, result.start, result.end)
    contents = types.MarkupContent(types.MarkupKind.Markdown, result.words)
    return types.Hover(contents, place if document.last is document.now else None)


def defined(ls: Server, params: types.DefinitionParams) -> types.Location | None:
    document, offset = _asked(ls, params)
    result = definition(document.last, offset, ls.grammar) if offset is not None else None
    if result is None:
        return None
    if result.path:
        start = types.Position(0, 0)
        return types.Location(uri_of(result.path), types.Range(start, start))
    return types.Location(document.uri, range_of(document.last.text, result.start, result.end))


def _asked(
    server: Server, params: types.HoverParams | types.DefinitionParams
) -> tuple[Document, int | None]:
    """Return the document and the offset, in its last readable state, that a question is about.

    The offset is None where the text is not a spec or its line has changed since.
    """
    document = server.document(params.text_document.uri)
    offset = document.was(offset_of(document.text, params.position))
    return document, offset if document.now.is_spec else None


def inlay(ls: Server, params: types.InlayHintParams) -> list[types.InlayHint]:
    document = ls.document(params.text_document.uri)
    return [
        types.InlayHint(
            position_at(document.text, hint.offset),
            hint.label,
            types.InlayHintKind.Type,
            tooltip=hint.words,
            padding_left=True,
        )
        for hint in document.hints(*_offsets(document, params.range))
    ]


def formatting(ls: Server, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    document = ls.document(params.text_document.uri)
    edit = reformatted(document.now)
    return [text_edit(document.text, edit)] if edit is not None else []


def actions(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    document = ls.document(params.text_document.uri)
    start, end = _offsets(document, params.range)
    fixed, ignored = [], []
    for diagnostic in ls.wanted(document) if _wants(params, types.CodeActionKind.QuickFix) else ():
        first, last = extent(document.now, diagnostic)
        if first <= end and start <= last:
            title = f"Fix: {diagnostic.help or diagnostic.message}"
            fixed += _action(document, diagnostic, title, fix(document.now, diagnostic), True)
            comment = ignore(document.now, diagnostic)
            title = f"Ignore `{diagnostic.code}` on this line"
            ignored += _action(document, diagnostic, title, [comment] if comment else [], False)
    whole = fix_all(document.now) if _wants(params, FIX_ALL) else None
    if whole is not None:
        edits = workspace_edit(document.uri, document.text, [whole])
        ignored.append(types.CodeAction("Fix all that can be fixed", FIX_ALL, edit=edits))
    return fixed + ignored


def _wants(params: types.CodeActionParams, wanted: str) -> bool:
    """Whether an editor asks for actions of a kind, or of one that includes it."""
    only = params.context.only
    return not only or any(wanted == kind or wanted.startswith(f"{kind}.") for kind in only)


def _action(
    document: Document, diagnostic: Diagnostic, title: str, edits: list[Replacement], is_fix: bool
) -> list[types.CodeAction]:
    """Return the action that makes some edits for a diagnostic; nothing if there are none."""
    if not edits:
        return []
    action = types.CodeAction(
        title,
        types.CodeActionKind.QuickFix,
        [diagnostic_of(document.now, diagnostic)],
        is_preferred=is_fix,
        edit=workspace_edit(document.uri, document.text, edits),
    )
    return [action]


def _offsets(document: Document, place: types.Range) -> tuple[int, int]:
    return offset_of(document.text, place.start), offset_of(document.text, place.end)


#: The features of the server: method, options, and the function that answers.
FEATURES: tuple[tuple[str, Any, Callable[..., Any]], ...] = (
    (types.INITIALIZED, None, initialized),
    (types.TEXT_DOCUMENT_DID_OPEN, None, opened),
    (types.TEXT_DOCUMENT_DID_CHANGE, None, changed),
    (types.TEXT_DOCUMENT_DID_SAVE, None, saved),
    (types.TEXT_DOCUMENT_DID_CLOSE, None, closed),
    (
        types.TEXT_DOCUMENT_COMPLETION,
        types.CompletionOptions([" ", ":", "$", "[", "{", ","], resolve_provider=True),
        completion,
    ),
    (types.COMPLETION_ITEM_RESOLVE, None, resolved),
    (types.TEXT_DOCUMENT_HOVER, None, hovered),
    (types.TEXT_DOCUMENT_DEFINITION, None, defined),
    (types.TEXT_DOCUMENT_INLAY_HINT, None, inlay),
    (types.TEXT_DOCUMENT_FORMATTING, None, formatting),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL]),
        actions,
    ),
)
