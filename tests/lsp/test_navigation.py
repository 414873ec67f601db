"""Names and structure over the protocol, as an editor asks for them."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
from editor import applied, marked

pytest.importorskip("pygls")
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from mergecli.importers.modules import CustomLayers
from mergecli.lsp.document import Document
from mergecli.lsp.navigation import QUESTIONS
from mergecli.lsp.server import FEATURES
from mergecli.lsp.tokens import TYPES

SPEC = """\
branches:
  a: {input: [8], layers: [{Dense: {units: 4, name: x}}]}
  b: {spec: part.yaml}
merge: {Concatenate: {}, from: [x, b]}
head: [{Dense: 1, from: x}]
"""


@pytest.fixture
def document(tmp_path: pathlib.Path) -> Document:
    (tmp_path / "part.yaml").write_text("input: [8]\nlayers: [{Dense: 4}]\n")
    path = tmp_path / "spec.yaml"
    document = Document(path.as_uri(), str(path), CustomLayers(()))
    document.change(SPEC, 1, "utf-16")
    return document


def ask(document: Document, method: str, parameters: type, *more: Any, at: str = "") -> Any:
    """The answer to a request, at the cursor `|` of a part of the text."""
    answer = {name: function for name, _, function in QUESTIONS}[method]
    place = types.TextDocumentIdentifier(document.uri)
    if not at:
        return answer(document, parameters(place, *more))
    before, _, after = at.partition("|")
    offset = SPEC.index(before + after) + len(before)
    lines = SPEC[:offset].split("\n")
    position = types.Position(len(lines) - 1, len(lines[-1]))
    return answer(document, parameters(place, position, *more))


def references(document: Document, at: str, declaration: bool) -> list[types.Location]:
    context = types.ReferenceContext(declaration)
    parameters = lambda place, position: types.ReferenceParams(context, place, position)  # noqa: E731
    return ask(document, types.TEXT_DOCUMENT_REFERENCES, parameters, at=at)  # type: ignore[arg-type, no-any-return]


def test_no_request_is_answered_twice() -> None:
    names = [name for name, _, _ in (*FEATURES, *QUESTIONS)]
    assert len(names) == len(set(names))


def test_references_lead_to_every_use(document: Document) -> None:
    result = references(document, "name: |x", True)
    assert [place.range.start.line for place in result] == [1, 3, 4]
    assert {marked(SPEC, place.range) for place in result} == {"x"}
    assert len(references(document, "from: [|x", False)) == 2
    assert references(document, "Dense|: 1", True) == []


def test_highlights_tell_the_definition_from_the_uses(document: Document) -> None:
    result = ask(
        document,
        types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT,
        types.DocumentHighlightParams,
        at="name: |x",
    )
    write, read = types.DocumentHighlightKind.Write, types.DocumentHighlightKind.Read
    assert [highlight.kind for highlight in result] == [write, read, read]


def test_a_name_is_renamed_everywhere(document: Document) -> None:
    place = ask(
        document, types.TEXT_DOCUMENT_PREPARE_RENAME, types.PrepareRenameParams, at="from: [|x"
    )
    assert place.placeholder == "x" and marked(SPEC, place.range) == "x"
    edit = ask(document, types.TEXT_DOCUMENT_RENAME, types.RenameParams, "deep", at="from: [|x")
    expected = SPEC.replace("name: x", "name: deep").replace("[x,", "[deep,")
    expected = expected.replace("from: x", "from: deep")
    assert applied(SPEC, edit.changes[document.uri]) == expected


def test_what_cannot_be_renamed_is_a_failed_request(document: Document) -> None:
    for method, parameters, more, at in (
        (types.TEXT_DOCUMENT_PREPARE_RENAME, types.PrepareRenameParams, (), "De|nse: 1"),
        (types.TEXT_DOCUMENT_RENAME, types.RenameParams, ("b",), "  |a: {"),
    ):
        with pytest.raises(JsonRpcException) as failure:
            ask(document, method, parameters, *more, at=at)
        assert failure.value.code == -32803 and failure.value.message


def test_the_outline_has_the_branches(document: Document) -> None:
    result = ask(document, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams)
    assert [symbol.name for symbol in result] == ["branches", "merge", "head"]
    branches = result[0].children
    assert [(s.name, s.kind, s.detail) for s in branches] == [
        ("a", types.SymbolKind.Module, "(None, 4)"),
        ("b", types.SymbolKind.Module, "(None, 4)"),
    ]
    document.change(SPEC + "x: [", 2, "utf-16")
    again = ask(document, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams)
    assert again == result


def test_sections_can_be_folded(document: Document) -> None:
    result = ask(document, types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams)
    assert [(fold.start_line, fold.end_line) for fold in result] == [(0, 2)]


def test_an_editor_can_fold_comments_alone(document: Document) -> None:
    document.change(f"# one\n# two\n{SPEC}", 2, "utf-16")
    result = ask(document, types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams)
    kinds = {(fold.start_line, fold.end_line): fold.kind for fold in result}
    assert kinds == {(0, 1): types.FoldingRangeKind.Comment, (2, 4): None}


def test_the_names_of_files_are_links(document: Document, tmp_path: pathlib.Path) -> None:
    (link,) = ask(document, types.TEXT_DOCUMENT_DOCUMENT_LINK, types.DocumentLinkParams)
    assert marked(SPEC, link.range) == "part.yaml"
    assert link.target == (tmp_path / "part.yaml").as_uri()
    (tmp_path / "part.yaml").unlink()
    assert ask(document, types.TEXT_DOCUMENT_DOCUMENT_LINK, types.DocumentLinkParams) == []


def test_words_have_types(document: Document) -> None:
    method, parameters = types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, types.SemanticTokensParams
    numbers = ask(document, method, parameters).data
    assert numbers[:10] == [
        0,
        0,
        8,
        TYPES.index("keyword"),
        0,
        1,
        2,
        1,
        TYPES.index("namespace"),
        1,
    ]
    document.change(SPEC + "x: [", 2, "utf-16")
    assert ask(document, method, parameters) is None


def test_a_text_that_is_not_a_spec_has_none_of_it(tmp_path: pathlib.Path) -> None:
    document = Document((tmp_path / "ci.yaml").as_uri(), "ci.yaml", CustomLayers(()))
    document.change(
        SPEC.replace("branches", "jobs").replace("merge", "on").replace("head", "x"), 1, "utf-16"
    )
    assert ask(document, types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, types.DocumentSymbolParams) == []
    assert ask(document, types.TEXT_DOCUMENT_FOLDING_RANGE, types.FoldingRangeParams) == []
    assert references(document, "name: |x", True) == []
