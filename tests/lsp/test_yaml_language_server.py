"""The schema in an editor: the real yaml-language-server completes, explains and marks with it."""

from __future__ import annotations

import asyncio
import os
import pathlib
import shutil
import subprocess
from typing import Any, Awaitable, Callable

import pytest
from editor import Editor, marked

from mergecli.exporters.json_schema import text

pytestmark = pytest.mark.slow

#: The newest that runs on Node 18 and later.
SERVER = "yaml-language-server@1"
SETTINGS = {
    "yaml": {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}
}
HEAD = "# yaml-language-server: $schema=mergecli.schema.json\n"
START = HEAD + "input: [32, 32, 3]\nlayers:\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of the server, installed for these tests."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("server")
    command = ["npm", "install", "--no-fund", "--no-audit", "--prefix", str(folder), SERVER]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if result.returncode:
        words = f"npm cannot install {SERVER}: {result.stderr.strip()[-200:]}"
        pytest.fail(words) if os.environ.get("CI") else pytest.skip(words)
    return [
        "node",
        str(folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"),
        "--stdio",
    ]


@pytest.fixture
def edit(
    server: list[str], tmp_path: pathlib.Path
) -> Callable[[Callable[[Editor], Awaitable[Any]]], Any]:
    """Runs a conversation with the server, which has a spec open beside the schema."""

    def run(talk: Callable[[Editor], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            async with Editor(*server, settings=SETTINGS) as editor:
                assert await editor.open(tmp_path / "spec.yaml", START + "  - Flatten\n") == []
                return await talk(editor)

        (tmp_path / "mergecli.schema.json").write_text(text(), encoding="utf-8")
        return asyncio.run(whole())

    return run


def test_a_misspelled_key_alone_is_marked(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        for body, wanted in {
            "  - Dense: {units: 8, activaton: relu}\n": ["activaton"],
            "  - Droput: 0.5\n": ["Droput"],
            "  - Dense: {units: 8}\n    form: x\n": ["form"],
            "  - Dense: {units: eight}\n": ["eight"],
            "  - Dense: {units: 8, activation: relo}\n": ["relo"],
            "  - Conv2D: {filters: 8, kernel_size: [3, 3, 3]}\n": ["[3, 3, 3]"],
            "  - Bidirectional: {layer: {LSTM: {units: 4, unit: 4}}}\n": ["unit"],
            "  - Dense: {units: 8, kernel_regularizer: {L3: 0.1}}\n": ["L3"],
            "  - Flatten\n  - residual: 3\n  - Dense: $width\n  - ops.add: {}\n    from: [a, 1]\n": [],
        }.items():
            found = await editor.change(START + body)
            assert [marked(START + body, diagnostic.range) for diagnostic in found] == wanted
        body = HEAD + "branches:\n  a: {input: [8], layer: []}\n"
        assert [marked(body, diagnostic.range) for diagnostic in await editor.change(body)] == [
            "layer"
        ]

    edit(talk)


def test_messages_say_what_is_needed(edit: Any) -> None:
    async def talk(editor: Editor) -> list[str]:
        found = await editor.change(
            START + "  - Dense: {units: eight}\n  - Flaten\n  - Dense: 3\n    actvation: relu\n"
        )
        return [diagnostic.message for diagnostic in found]

    assert edit(talk) == [
        "must be a positive integer",
        "there is no such layer, or it needs arguments",
        "an entry has no such key; arguments are written below their layer",
    ]


def test_layers_are_completed(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        for body in ("  - |\n", "  - Den|\n", "  - Flatten\n  - C|\n"):
            found = await editor.complete(START + body)
            assert {"Dense", "Conv2D", "LSTM", "ops.relu6", "Flatten"} <= set(found)
        dense = (await editor.complete(START + "  - Den|\n"))["Dense"]
        assert "Every input feature to every unit" in dense.documentation.value  # type: ignore[union-attr]
        # No default is put in: a snippet of all arguments would be longer than what one meant to write.
        assert "activation" not in (dense.insert_text or "")
        assert {"LSTM", "Dense"} <= set(
            await editor.complete(START + "  - Bidirectional:\n      layer:\n        L|\n")
        )
        assert {"from", "call", "repeat"} <= set(
            await editor.complete(START + "  - Flatten: {}\n    f|\n")
        )

    edit(talk)


def test_arguments_are_completed(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        for body in (
            "  - Conv2D:\n      fil|\n",
            "  - Conv2D: {fil|}\n",
            "  - Conv2D:\n      filters: 8\n      ker|\n",
        ):
            assert {"kernel_size", "padding", "activation", "name"} <= set(
                await editor.complete(START + body)
            )
        found = await editor.complete(START + "  - Dense:\n      kernel_regularizer:\n        L|\n")
        assert set(found) == {"L1", "L2", "L1L2", "OrthogonalRegularizer"}
        assert {"training"} <= set(
            await editor.complete(START + "  - Dropout: 0.5\n    call:\n      t|\n")
        )

    edit(talk)


def test_values_are_completed(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        assert {"relu", "softmax"} <= set(
            await editor.complete(START + "  - Dense:\n      units: 8\n      activation: |\n")
        )
        assert {"relu", "softmax"} <= set(await editor.complete(START + "  - Activation: |\n"))
        assert set(await editor.complete(START + "  - MaxPooling2D:\n      padding: s|\n")) == {
            "valid",
            "same",
        }
        assert {"he_normal"} <= set(
            await editor.complete(START + "  - Dense: {units: 8, kernel_initializer: h|}\n")
        )
        assert {"true", "false"} <= set(
            await editor.complete(START + "  - Dense: {units: 8, use_bias: |}\n")
        )

    edit(talk)


def test_sections_are_completed(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        assert {"branches", "merge", "heads", "vars", "budget", "compile"} <= set(
            await editor.complete(HEAD + "|")
        )
        assert {"input", "from", "layers", "application", "prefix"} <= set(
            await editor.complete(HEAD + "branches:\n  a:\n    |\n")
        )
        assert set(await editor.complete(HEAD + "budget:\n  p|\n")) == {
            "parameters",
            "trainable",
            "size",
            "macs",
            "batch",
            "memory",
            "training_memory",
        }

    edit(talk)


def test_hovers_explain(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        shown = await editor.hover(START + "  - De|nse: {units: 8}\n")
        assert (
            "#### Dense" in shown
            and "**Shape**: the last axis becomes `units`" in shown
            and "- Dense: 3" in shown
        )
        assert "A positive integer; required" in await editor.hover(
            START + "  - Dense: {un|its: 8}\n"
        )
        shown = await editor.hover(START + "  - Dense: {units: 8, acti|vation: relu}\n")
        assert "null by default" in shown and "* `gelu`" in shown and "||" not in shown
        assert "`$name`" in await editor.hover(HEAD + "va|rs: {width: 4}\ninput: [8]\nlayers: []\n")

    edit(talk)
