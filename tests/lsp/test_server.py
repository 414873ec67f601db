"""The server of the editor, asked without a protocol; `test_lsp.py` talks to it as an editor does."""

from __future__ import annotations

import pathlib

import pytest

pytest.importorskip("pygls")
from mergecli.importers.modules import CustomLayers
from mergecli.lsp.document import Document
from mergecli.lsp.server import FEATURES, Server, make


def opened(server: Server, path: pathlib.Path, text: str) -> Document:
    document = Document(path.as_uri(), str(path), server.customs)
    server.documents[document.uri] = document
    document.change(text, 1, "utf-16")
    return document


def test_no_feature_is_registered_twice() -> None:
    names = [name for name, _, _ in FEATURES]
    assert len(names) == len(set(names))
    assert {"textDocument/completion", "textDocument/hover", "textDocument/formatting"} <= set(
        names
    )


def test_asking_for_a_text_that_is_not_open_does_not_open_it() -> None:
    server = make(CustomLayers(()))
    assert server.document("file:///nowhere.yaml").uri == "file:///nowhere.yaml"
    assert server.documents == {}


def test_what_is_wrong_is_what_the_check_finds(tmp_path: pathlib.Path) -> None:
    server = make(CustomLayers(()))
    document = opened(server, tmp_path / "a.yaml", "input: [8]\nlayers: [Dens]\n")
    assert [diagnostic.code for diagnostic in server.wanted(document)] == ["unknown-layer"]


def test_settings_beside_a_file_say_what_is_reported(tmp_path: pathlib.Path) -> None:
    text = "input: [8]\nlayers: [{Dense: {units: 1, activation: softmax}}]\n"
    server = make(CustomLayers(()))
    (code,) = {d.code for d in server.wanted(opened(server, tmp_path / "a.yaml", text))}
    (tmp_path / "pyproject.toml").write_text(f'[tool.mergecli]\nignore = ["{code}"]\n')
    server = make(CustomLayers(()))
    assert server.wanted(opened(server, tmp_path / "a.yaml", text)) == []
