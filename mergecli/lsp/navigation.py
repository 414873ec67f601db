"""What an editor asks of the names and the structure of a spec, in the types of the protocol.

Each answer takes the open document and the parameters of the request; `QUESTIONS` lists them for the server.
"""

from __future__ import annotations

from typing import Any, Callable

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from mergecli.lsp import tokens as words
from mergecli.lsp.document import Document
from mergecli.lsp.links import links
from mergecli.lsp.occurrences import Occurrence, occurrence_at, same_name
from mergecli.lsp.outline import Symbol, folds, is_comment, outline
from mergecli.lsp.protocol import offset_of, range_of, uri_of, workspace_edit
from mergecli.lsp.renaming import CannotRename, renamable, rename
from mergecli.lsp.text import Text

#: The code of the protocol for a request that is valid but cannot be answered.
REQUEST_FAILED = -32803
_KINDS = {
    "section": types.SymbolKind.Key,
    "input": types.SymbolKind.Interface,
    "branch": types.SymbolKind.Module,
    "head": types.SymbolKind.Module,
    "block": types.SymbolKind.Function,
    "layer": types.SymbolKind.Class,
    "variable": types.SymbolKind.Variable,
}


def references(document: Document, params: types.ReferenceParams) -> list[types.Location]:
    """Answer where the name at a place is used."""
    return [
        types.Location(document.uri, range_of(document.text, other.start, other.end))
        for other in _occurrences(document, params.position)
        if params.context.include_declaration or not other.is_definition
    ]


def highlights(
    document: Document, params: types.DocumentHighlightParams
) -> list[types.DocumentHighlight]:
    """Answer which words of the text are the same name."""
    return [
        types.DocumentHighlight(
            range_of(document.text, other.start, other.end),
            types.DocumentHighlightKind.Write
            if other.is_definition
            else types.DocumentHighlightKind.Read,
        )
        for other in _occurrences(document, params.position)
    ]


def _occurrences(document: Document, position: types.Position) -> list[Occurrence]:
    """Return the occurrences of the name at a place; none while the text cannot be read."""
    if not document.now.is_spec:
        return []
    occurrence = occurrence_at(document.now, offset_of(document.text, position))
    return same_name(document.now, occurrence) if occurrence is not None else []


def prepare_rename(
    document: Document, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder:
    """Answer what would be renamed.

    Raises:
        JsonRpcException: There is no name at the place.
    """
    try:
        occurrence = renamable(document.now, offset_of(document.text, params.position))
    except CannotRename as reason:
        raise JsonRpcException(str(reason), REQUEST_FAILED) from None
    place = range_of(document.text, occurrence.start, occurrence.end)
    return types.PrepareRenamePlaceholder(place, occurrence.name.name)


def renamed(document: Document, params: types.RenameParams) -> types.WorkspaceEdit:
    """Answer with the edits of a rename.

    Raises:
        JsonRpcException: There is no name at the place, or the new one cannot be used.
    """
    try:
        edits = rename(document.now, offset_of(document.text, params.position), params.new_name)
    except CannotRename as reason:
        raise JsonRpcException(str(reason), REQUEST_FAILED) from None
    return workspace_edit(document.uri, document.text, edits)


def symbols(document: Document, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    """Answer with the outline, that of the last readable state."""
    text = document.last.text
    return [_symbol(text, symbol) for symbol in outline(document.last)]


def _symbol(text: Text, symbol: Symbol) -> types.DocumentSymbol:
    return types.DocumentSymbol(
        symbol.name,
        _KINDS[symbol.what],
        range_of(text, symbol.start, symbol.end),
        range_of(text, text.start(symbol.key.span), text.end(symbol.key.span)),
        symbol.detail or None,
        children=[_symbol(text, child) for child in symbol.children],
    )


def folding(document: Document, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
    """Answer with what can be folded."""
    text = document.last.text
    return [
        types.FoldingRange(
            first,
            last,
            kind=types.FoldingRangeKind.Comment if is_comment(text.line(first)) else None,
        )
        for first, last in folds(document.last)
    ]


def document_links(
    document: Document, params: types.DocumentLinkParams
) -> list[types.DocumentLink]:
    """Answer with the files that the text names."""
    return [
        types.DocumentLink(range_of(document.text, link.start, link.end), uri_of(link.path))
        for link in links(document.now)
    ]


def semantic_tokens(
    document: Document, params: types.SemanticTokensParams
) -> types.SemanticTokens | None:
    """Answer what the words are; nothing while the text cannot be read, so that the editor keeps the last answer."""
    if document.now.tree is None:
        return None
    return types.SemanticTokens(words.encoded(document.text, words.tokens(document.now)))


#: The requests: method, options, and the function that answers.
QUESTIONS: tuple[tuple[str, Any, Callable[[Document, Any], Any]], ...] = (
    (types.TEXT_DOCUMENT_REFERENCES, None, references),
    (types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, None, highlights),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, None, prepare_rename),
    (types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True), renamed),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, None, symbols),
    (types.TEXT_DOCUMENT_FOLDING_RANGE, None, folding),
    (types.TEXT_DOCUMENT_DOCUMENT_LINK, None, document_links),
    (
        types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL,
        types.SemanticTokensLegend(words.TYPES, words.MODIFIERS),
        semantic_tokens,
    ),
)
