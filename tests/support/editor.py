"""An editor without a window: it talks to a language server over its standard input and output, as editors do."""

from __future__ import annotations

import asyncio
import pathlib
from typing import Any, Iterable

from lsprotocol import types
from pygls.lsp.client import LanguageClient

#: Seconds after which a server is taken for dead.
PATIENCE = 60


class Editor:
    """A client of the server that a command starts; use it with `async with`.

    `settings` are what the server is told when it asks for its configuration. `|` in a text is where the cursor stands.
    """

    def __init__(
        self,
        *command: str,
        settings: dict[str, Any] | None = None,
        encodings: list[str] | None = None,
    ) -> None:
        self.command, self.settings, self.encodings = command, settings or {}, encodings
        self.client = LanguageClient("editor", "1")
        self.found: dict[str, list[types.Diagnostic]] = {}
        self.published = asyncio.Event()
        self.version = 0
        self.messages: list[str] = []
        self.uri = ""

    async def __aenter__(self) -> Editor:
        client = self.client

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            self.found[params.uri] = list(params.diagnostics)
            if params.uri == self.uri and params.version in (None, self.version):
                self.published.set()

        @client.feature(types.WORKSPACE_CONFIGURATION)
        def configuration(params: types.ConfigurationParams) -> list[Any]:
            return [self.settings.get(item.section or "") for item in params.items]

        @client.feature(types.WINDOW_SHOW_MESSAGE)
        def message(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)

        for method in (
            types.CLIENT_REGISTER_CAPABILITY,
            types.WINDOW_LOG_MESSAGE,
            types.TELEMETRY_EVENT,
        ):
            client.feature(method)(lambda params: None)
        await client.start_io(*self.command)
        general = types.GeneralClientCapabilities(position_encodings=self.encodings)  # type: ignore[arg-type]
        capabilities = types.ClientCapabilities(
            general=general,
            workspace=types.WorkspaceClientCapabilities(configuration=True),
            text_document=types.TextDocumentClientCapabilities(
                completion=types.CompletionClientCapabilities(
                    completion_item=types.ClientCompletionItemOptions(
                        snippet_support=True, documentation_format=[types.MarkupKind.Markdown]
                    )
                ),
                hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            ),
        )
        self.answer = await client.initialize_async(
            types.InitializeParams(capabilities=capabilities, process_id=None)
        )
        client.initialized(types.InitializedParams())
        return self

    async def __aexit__(self, *problem: object) -> None:
        await asyncio.wait_for(self.client.shutdown_async(None), PATIENCE)
        self.client.exit(None)
        await self.client.stop()

    async def open(self, path: pathlib.Path, text: str) -> list[types.Diagnostic]:
        """Show a text as the file at `path`; gives what the server finds in it."""
        self.uri = path.as_uri()
        self.published.clear()
        item = types.TextDocumentItem(
            uri=self.uri, language_id="yaml", version=self.version, text=text
        )
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.diagnostics()

    async def change(self, text: str) -> list[types.Diagnostic]:
        """Put another text in place of the whole; gives what the server finds in it."""
        self.send(text)
        return await self.diagnostics()

    def send(self, text: str) -> None:
        """Put another text in place of the whole, without waiting for an answer."""
        self.version += 1
        self.published.clear()
        whole = types.TextDocumentContentChangeWholeDocument(text=text)
        document = types.VersionedTextDocumentIdentifier(version=self.version, uri=self.uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))

    async def diagnostics(self) -> list[types.Diagnostic]:
        """What the server finds in the text, as soon as it says so."""
        await asyncio.wait_for(self.published.wait(), PATIENCE)
        return self.found[self.uri]

    async def complete(self, text: str) -> dict[str, types.CompletionItem]:
        """The completions at the cursor `|`, by their labels."""
        position = await self.at(text)
        document = types.TextDocumentIdentifier(self.uri)
        result = await self.client.text_document_completion_async(
            types.CompletionParams(document, position)
        )
        items = result.items if isinstance(result, types.CompletionList) else result or []
        return {item.label: item for item in items}

    async def hover(self, text: str) -> str:
        """What is shown at the cursor `|`."""
        position = await self.at(text)
        result = await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(self.uri), position)
        )
        return result.contents.value if result is not None else ""  # type: ignore[union-attr]

    async def definition(self, text: str) -> types.Location | None:
        """Where what stands at the cursor `|` is given."""
        position = await self.at(text)
        params = types.DefinitionParams(types.TextDocumentIdentifier(self.uri), position)
        result = await self.client.text_document_definition_async(params)
        assert result is None or isinstance(result, types.Location)
        return result

    async def fixes(self, text: str) -> list[types.CodeAction]:
        """The fixes at the cursor `|`."""
        actions = await self.actions(text, types.CodeActionKind.QuickFix)
        return [action for action in actions if action.is_preferred]

    async def actions(self, text: str, *only: str) -> list[types.CodeAction]:
        """All actions at the cursor `|`, or those of some kinds."""
        position = await self.at(text)
        context = types.CodeActionContext(self.found[self.uri], only or None)
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(self.uri), types.Range(position, position), context
        )
        return [
            action
            for action in await self.client.text_document_code_action_async(params) or []
            if isinstance(action, types.CodeAction)
        ]

    async def formatted(self, text: str) -> str:
        """A text as it is when the edits of formatting are made."""
        await self.change(text)
        params = types.DocumentFormattingParams(
            types.TextDocumentIdentifier(self.uri), types.FormattingOptions(2, True)
        )
        return applied(text, await self.client.text_document_formatting_async(params) or [])

    async def hints(self, lines: int = 1000) -> list[types.InlayHint]:
        """The inlay hints of the first lines."""
        params = types.InlayHintParams(
            types.TextDocumentIdentifier(self.uri),
            types.Range(types.Position(0, 0), types.Position(lines, 0)),
        )
        return list(await self.client.text_document_inlay_hint_async(params) or [])

    async def at(self, text: str) -> types.Position:
        """Show a text without its cursor `|`; gives the cursor's place."""
        before, cursor, after = text.partition("|")
        assert cursor, "the text has no cursor"
        await self.change(before + after)
        lines = before.split("\n")
        return types.Position(len(lines) - 1, len(lines[-1]))


def applied(text: str, edits: Iterable[types.TextEdit]) -> str:
    """A text with edits made in it, in UTF-16 units."""
    lines = text.encode("utf-16-le").split("\n".encode("utf-16-le"))
    starts = [sum(len(line) + 2 for line in lines[:number]) for number in range(len(lines))]

    def offset(position: types.Position) -> int:
        return starts[position.line] + 2 * position.character

    data = text.encode("utf-16-le")
    for edit in sorted(edits, key=lambda edit: -offset(edit.range.start)):
        data = (
            data[: offset(edit.range.start)]
            + edit.new_text.encode("utf-16-le")
            + data[offset(edit.range.end) :]
        )
    return data.decode("utf-16-le")


def marked(text: str, span: types.Range) -> str:
    """The part of a text that a range stands for, in UTF-16 units."""
    lines = [line.encode("utf-16-le") for line in text.split("\n")]
    assert span.start.line == span.end.line, "the range has several lines"
    return lines[span.start.line][2 * span.start.character : 2 * span.end.character].decode(
        "utf-16-le"
    )
