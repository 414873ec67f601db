"""The language server, as an editor sees it: over the protocol, with a real client."""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import random
import re
import subprocess
import sys
from typing import Any, Awaitable, Callable

import pytest
from editor import Editor, applied, marked
from lsprotocol import types
from running import ROOT, SPECS
from worst_specs import FILES, WORST

from mergecli.diagnostics.source import Span
from mergecli.importers.modules import CustomLayers
from mergecli.lsp.analysis import Analysis, looks_like_a_spec
from mergecli.lsp.completion import offers
from mergecli.lsp.deadline import Deadline
from mergecli.lsp.definition import definition
from mergecli.lsp.document import Document
from mergecli.lsp.formatting import reformatted
from mergecli.lsp.hover import hover
from mergecli.lsp.schema_grammar import Grammar
from mergecli.lsp.text import Text

SPEC = """\
vars: {width: 64}
blocks:
  residual:
    params: {filters: 64}
    layers:
      - Conv2D: {filters: $filters, kernel_size: 3, padding: same, name: conv}
      - Add: {}
        from: [conv, input]
branches:
  image:
    input: {shape: [32, 32, 3], name: pixels}
    layers:
      - Conv2D: {filters: 3, kernel_size: 3, padding: same, name: first}   # a comment
      - residual: {filters: 3}
        as: stage
      - Dense:
          units: $width
      - Flatten
      - Dense: 10
  facts: {input: [8], layers: [{Dense: 10}, {Dense: {units: 4, name: last}}]}
merge: Concatenate
head: [{Dense: 4}, {Add: {}, from: [previous, facts]}]
"""
START = "input: [32, 32, 3]\nlayers:\n"
PATH = {**os.environ, "PYTHONPATH": str(ROOT)}

Talk = Callable[[Editor], Awaitable[Any]]


@pytest.fixture
def edit(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs a conversation with a server that has `SPEC` open."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(talk: Talk, *options: str, encodings: list[str] | None = None) -> Any:
        async def whole() -> Any:
            async with Editor(
                sys.executable, "-m", "mergecli", "lsp", *options, encodings=encodings
            ) as editor:
                await editor.open(tmp_path / "spec.yaml", SPEC)
                answer = await talk(editor)
                assert editor.messages == []
                return answer

        return asyncio.run(whole())

    return run


def at(here: str, cursor: str) -> str:
    """`SPEC` with a cursor: `here` is replaced by `cursor`, which has the `|`."""
    assert SPEC.count(here) >= 1
    return SPEC.replace(here, cursor, 1)


# Diagnostics.


def test_findings_are_those_of_validate(edit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case of `errors/`: the same codes, at the same lines of the text."""
    folder = ROOT / "tests" / "errors"
    monkeypatch.chdir(folder)

    async def talk(editor: Editor) -> None:
        for path in sorted(folder.glob("*.yaml")):
            try:
                text = path.read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                continue
            # An older Keras than the installed one is meant in one of them.
            if not looks_like_a_spec(text) or path.stem in ("empty", "newer-keras"):
                continue
            found = await editor.open(path, text)
            said = re.findall(
                r"^(\S+?\.yaml)(?::(\d+):\d+)?: \w+\[([\w-]+)\]",
                path.with_suffix(".out").read_text("utf-8"),
                re.MULTILINE,
            )
            assert sorted(str(diagnostic.code) for diagnostic in found) == sorted(
                code for _, _, code in said
            ), path.name
            here = [(diagnostic.range.start.line + 1, diagnostic.code) for diagnostic in found]
            for name, line, code in said:
                assert name != path.name or (int(line or 1), code) in here, path.name
            editor.client.text_document_did_close(
                types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri))
            )

    edit(talk)


def test_a_finding_is_told_whole(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        text = (
            START
            + "  - Dense: {units: 8, name: a}\n  - Dense: {unts: 8}\n  - Dense: {units: 4, name: a}\n"
        )
        misspelled, twice = await editor.change(text)
        assert marked(text, misspelled.range) == "unts"
        assert misspelled.code == "unknown-argument" and misspelled.source == "mergecli"
        assert misspelled.severity == types.DiagnosticSeverity.Error
        assert misspelled.message.endswith("help: did you mean `units`? It is required and missing")
        (first,) = twice.related_information or []
        assert first.location.range.start.line == 2 and first.message == "first here"
        (idle,) = await editor.change("inputs: {a: [8], b: [8]}\nlayers: [{Dense: 4, from: a}]\n")
        assert idle.severity == types.DiagnosticSeverity.Warning and list(idle.tags or ()) == [
            types.DiagnosticTag.Unnecessary
        ]

    edit(talk)


def test_what_is_mended_is_gone(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        assert len(await editor.change("input: [8]\nlayers:\n  - Dnse: 8\n")) == 1
        assert await editor.change("input: [8]\nlayers:\n  - Dense: 8\n") == []
        editor.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri))
        )

    edit(talk)


def test_findings_in_an_included_file_are_shown_where_it_is_named(
    edit: Any, tmp_path: pathlib.Path
) -> None:
    async def talk(editor: Editor) -> None:
        part = tmp_path / "part.yaml"
        part.write_text("input: [8]\nlayers: [{Dense: {units: 0}}]\n")
        text = "branches:\n  a: {spec: part.yaml}\n  b: {input: [8]}\nmerge: Concatenate\n"
        (found,) = await editor.change(text)
        assert (
            marked(text, found.range) == "part.yaml"
            and "part.yaml:2:26: `Dense.units`" in found.message
        )
        part.write_text("input: [8]\nlayers: [{Dense: {units: 4}}]\n")
        editor.published.clear()
        editor.client.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(part.as_uri()))
        )
        assert await editor.diagnostics() == []
        place = await editor.definition(text.replace("part.y", "part|.y"))
        assert place is not None and place.uri == part.as_uri()

    edit(talk)


@pytest.mark.parametrize(("encoding", "size"), [("utf-8", 1), ("utf-16", 2), ("utf-32", 4)])
def test_places_are_in_the_units_of_the_editor(edit: Any, encoding: str, size: int) -> None:
    text = "input: [8]\nlayers:\n  - Dense: {name: 😀é, unts: 4}\n"
    units = (
        len(
            text.splitlines()[2]
            .partition("unts")[0]
            .encode(encoding if size == 1 else f"{encoding}-le")
        )
        // size
    )

    async def talk(editor: Editor) -> None:
        assert editor.answer.capabilities.position_encoding == encoding
        found = await editor.change(text)
        place = next(
            diagnostic.range for diagnostic in found if diagnostic.code == "unknown-argument"
        )
        assert (place.start.character, place.end.character) == (units, units + 4)
        await editor.change(text.replace("unts", "units"))
        params = types.HoverParams(
            types.TextDocumentIdentifier(editor.uri), types.Position(2, units + 2)
        )
        shown = await editor.client.text_document_hover_async(params)
        assert shown is not None and shown.range is not None
        assert (shown.range.start.character, shown.range.end.character) == (units, units + 5)

    edit(talk, encodings=[encoding])


def test_what_is_certain_is_mended(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        for cursor, right in [
            ("  - Dn|se: 8   # 😀\n", "  - Dense: 8   # 😀\n"),
            ("  - Dense: {name: 😀, un|ts: 8}\n", "  - Dense: {name: 😀, units: 8}\n"),
            (
                "  - Conv2D: {filters: 3, kernel_size: |(3, 3)}\n",
                "  - Conv2D: {filters: 3, kernel_size: [3, 3]}\n",
            ),
        ]:
            text = START + cursor.replace("|", "")
            (action,) = await editor.fixes(START + cursor)
            assert (
                action.kind == types.CodeActionKind.QuickFix
                and action.edit is not None
                and action.edit.changes is not None
            )
            assert action.title.startswith("Fix: ") and action.diagnostics
            mended = applied(text, action.edit.changes[editor.uri])
            assert mended == START + right
            assert [
                diagnostic.code
                for diagnostic in await editor.change(mended)
                if diagnostic.severity == types.DiagnosticSeverity.Error
            ] == []
        # What cannot be known is not offered.
        assert await editor.fixes(START + "  - Xyz|zy: 8\n") == []

    edit(talk)


def test_pyproject_says_what_is_reported(edit: Any, tmp_path: pathlib.Path) -> None:
    async def talk(editor: Editor) -> None:
        text = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: 4, from: a}]\n"
        assert [diagnostic.code for diagnostic in await editor.change(text)] == ["unused-input"]
        (tmp_path / "pyproject.toml").write_text('[tool.mergecli]\nignore = ["unused-input"]\n')
        assert await editor.open(tmp_path / "other.yaml", text) == []
        (tmp_path / "pyproject.toml").write_text("[tool.mergecli]\nignor = []\n")
        assert [
            diagnostic.code for diagnostic in await editor.open(tmp_path / "third.yaml", text)
        ] == ["unused-input"]
        assert ["ignor" in message for message in editor.messages] == [True]
        editor.messages.clear()

    edit(talk)


# Completion.


#: A model in a layer, which sees no layers around it.
IN_LAYER = """\
input: [5, 4]
layers:
  - Dense: {units: 4, name: outer}
  - TimeDistributed:
      layer:
        input: [4]
        layers:
          - Dense: {units: 4, name: one}
          - Flatten
          - ReLU: {}
            from: one
  - ReLU: {}
    from: outer
"""


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        (START + "  - |\n", {"Dense", "ops.relu6", "from"}, {"units", "branches"}),
        (START + "  - Den|\n", {"Dense", "Conv2D"}, set()),
        (START + "  - Den|\n  - Flatten\n", {"Dense"}, set()),
        (START + "  - Den|: 4\n", {"Dense"}, set()),
        (START + "  - Dense: {|}\n", {"units", "activation", "name"}, {"Dense"}),
        (START + "  - Dense: {units: 8, |\n  - Flatten\n", {"activation"}, {"units"}),
        (START + "  - Dense: {act|, units: 8}\n", {"activation"}, {"units"}),
        (START + "  - Dense:\n      |\n", {"units"}, {"branches"}),
        (START + "  - Dense:\n      units: 8\n      |\n  - Flatten\n", {"activation"}, {"units"}),
        (START + "  - Dense: 8\n    |\n", {"from", "call", "repeat"}, {"Conv2D", "units"}),
        (
            START + "  - Dense: {units: 8, activation: |}\n",
            {"relu", "softmax", "LeakyReLU"},
            {"units"},
        ),
        (START + "  - Dense: {units: 8, activation: re|\n  - Flatten\n", {"relu"}, set()),
        (START + "  - Dense: {units: 8, use_bias: |}\n", {"true", "false"}, set()),
        (START + "  - MaxPooling2D: {padding: |}\n", {"valid", "same"}, set()),
        (START + "  - Dense: {units: 8, kernel_regularizer: |}\n", {"L2", "l2"}, {"Dense"}),
        (START + "  - Dense: {units: 8, kernel_regularizer: {L2: {|}}}\n", {"l2"}, {"units"}),
        (START + "  - Bidirectional:\n      layer:\n        L|\n", {"LSTM"}, {"units"}),
        (
            START + "  - Bidirectional: {layer: {LSTM: {un|}}}\n",
            {"units", "return_sequences"},
            {"layer"},
        ),
        (
            START + "  - TimeDistributed: {layer: {|}}\n",
            {"Dense", "input", "layers", "spec", "application"},
            {"units", "nested", "branches"},
        ),
        (
            START + "  - TimeDistributed:\n      layer:\n        input: [4]\n        |\n",
            {"layers", "output"},
            {"input", "budget"},
        ),
        (START + "  - TimeDistributed: {layer: {application: |}}\n", {"MobileNetV2"}, {"Dense"}),
        (
            START + "  - TimeDistributed: {layer: {application: VGG16, with: {|}}}\n",
            {"include_top"},
            set(),
        ),
        (
            IN_LAYER.replace("from: one", "from: |"),
            {"one", "input", "previous"},
            {"outer", "dense"},
        ),
        (IN_LAYER.replace("from: outer", "from: |"), {"outer", "input"}, {"one"}),
        (IN_LAYER.replace("- Flatten", "- F|latten"), {"Flatten", "Dense"}, {"layers"}),
        (START + "  - Activation: |\n", {"gelu"}, set()),
        (START + "  - Dropout: 0.5\n    call: {|}\n", {"training"}, {"use_causal_mask"}),
        (START + "  - Dropout: 0.5\n    call: {training: |}\n", {"true", "false"}, set()),
        (
            START + "  - Dense: {units: 8, name: foo}\n  - Flatten: {}\n    from: |\n",
            {"foo", "previous", "input"},
            {"flatten", "units"},
        ),
        (
            START + "  - Dense: {units: 8, name: foo}\n  - Add: {}\n    from: [foo, |]\n",
            {"foo", "input"},
            {"add"},
        ),
        (START + "  - Dense: {units: 8, name: foo}\n  - use: |\n", {"foo"}, set()),
        (START + "  - Dense: 8\noutputs: |\n", {"dense", "input"}, {"units"}),
        (START + "  - Attention: {}\n    from: {query: |}\n", {"input"}, set()),
        (
            START + "  - MultiHeadAttention: {num_heads: 2, key_dim: 2}\n    from: {|: input}\n",
            {"query", "value"},
            {"input"},
        ),
        ("|", {"branches", "input", "vars"}, {"Dense"}),
        ("na|", {"name"}, set()),
        ("branches:\n  a:\n    |\n", {"input", "application"}, {"merge"}),
        ("branches:\n  a: {application: |}\n", {"MobileNetV2"}, set()),
        (
            "branches:\n  a: {application: MobileNetV2, with: {|}}\n",
            {"include_top", "alpha"},
            set(),
        ),
        ("budget: {|}\n", {"parameters", "macs"}, set()),
        ("input: {|}\n", {"shape", "dtype"}, set()),
        (at("$filters", "$|"), {"$filters", "$width"}, {"filters"}),
        (at("$width", "$(w|)"), {"width"}, {"filters", "$width"}),
        (at("- Flatten", "- res|"), {"residual", "Dense"}, set()),
        (at("[conv, input]", "[|, input]"), {"conv", "input", "previous"}, {"first", "image"}),
        (
            at("[previous, facts]", "[|]"),
            {"image", "facts", "merge", "first", "stage", "last", "pixels"},
            {"conv", "residual"},
        ),
        (
            at("merge: Concatenate", "merge: {Concatenate: {}, from: [|]}"),
            {"image", "facts"},
            {"merge"},
        ),
    ],
)
def test_completion(text: str, wanted: set[str], unwanted: set[str]) -> None:
    found = {offer.label for offer in complete(text)}
    assert wanted <= found
    assert not unwanted & found


GRAMMAR = Grammar()


def complete(text: str, before: str = SPEC) -> list[Any]:
    """What is offered at a cursor of a text that came after another one."""
    document = Document("file:///spec.yaml", "spec.yaml", CustomLayers())
    offset = text.index("|")
    for state in (before, text.replace("|", "")):
        document.change(state, None, "utf-16")
        assert document.now
    return offers(document.text, offset, document.last, GRAMMAR).offers


def test_completion_over_the_protocol(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        text = START + "  - Flatten\n  - De|n\n"
        found = await editor.complete(text)
        item = found["Dense"]
        assert isinstance(item.text_edit, types.TextEdit)
        assert marked(text.replace("|", ""), item.text_edit.range) == "Den"
        assert (
            item.text_edit.new_text == "Dense: ${1:units}"
            and item.insert_text_format == types.InsertTextFormat.Snippet
        )
        assert found["Conv2D"].text_edit.new_text == "Conv2D: {filters: $1, kernel_size: $2}"  # type: ignore[union-attr]
        assert found["Flatten"].text_edit.new_text == "Flatten"  # type: ignore[union-attr]
        whole = await editor.client.completion_item_resolve_async(item)
        assert "**Shape**: the last axis becomes `units`" in whole.documentation.value  # type: ignore[union-attr]

    edit(talk)


def test_layers_of_the_user_are_offered(
    edit: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_layers.py").write_text("class Swirl: pass\n")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(tmp_path)]))

    async def talk(editor: Editor) -> None:
        assert await editor.change(START + "  - Swirl: {speed: 3}\n") == []

    edit(talk, "--import", "my_layers")


# Hover, hints, definition.


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            at("Conv2D: {filters: 3", "Con|v2D: {filters: 3"),
            ["(None, 32, 32, 3) → (None, 32, 32, 3)", "84 parameters", "`first`", "**Shape**"],
        ),
        (at("- Flatten", "- Fla|tten"), ["(None, 65536)", "All axes after the batch into one."]),
        (at("filters: 3, kernel", "fil|ters: 3, kernel"), ["A positive integer; required"]),
        (at("residual: {", "resid|ual: {"), ["2 layers, 84 parameters", "(None, 32, 32, 3)"]),
        (at("$width", "$wi|dth"), ["`width` is `64`"]),
        (at("$filters", "$fil|ters"), ["`filters` is `64` by default"]),
        (at("[conv, input]", "[co|nv, input]"), ["`conv` is Conv2D", "(None, 32, 32, 3)"]),
        (at("facts]", "fac|ts]"), ["`facts` is Dense `last`", "(None, 4)"]),
        (at("[previous", "[prev|ious"), ["(None, 4)"]),
        (at("  image:", "  im|age:"), ["(None, 10)", "6 layers"]),
        (at("merge:", "mer|ge:"), ["joins the results of all branches"]),
        (IN_LAYER.replace("layer:\n", "lay|er:\n"), ["A layer or a model; required"]),
        (
            IN_LAYER.replace("        layers:", "        lay|ers:"),
            ["Layers, each applied to the one before it."],
        ),
        (IN_LAYER.replace("- TimeD", "- Time|D"), ["(None, 5, 4) → (None, 5, 4)", "20 parameters"]),
        (at("params:", "par|ams:"), ["Parameters with their defaults"]),
        (at("padding: same, name: first", "padding: sa|me, name: first"), ["`valid` or `same`"]),
        (
            "branches:\n  a: {application: Mob|ileNet}\n",
            ["layers", "4,253,864 parameters", "(None, 1000)"],
        ),
    ],
)
def test_hover(text: str, wanted: list[str]) -> None:
    document = Document("file:///spec.yaml", "spec.yaml", CustomLayers())
    document.change(text.replace("|", ""), None, "utf-16")
    found = hover(document.now, text.index("|"), GRAMMAR)
    assert found is not None
    assert [words for words in wanted if words not in found.words] == []


def test_the_shape_stands_behind_every_layer(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        await editor.change(SPEC)
        lines = SPEC.splitlines()
        for hint in sorted(
            await editor.hints(), key=lambda hint: (-hint.position.line, -hint.position.character)
        ):
            line = lines[hint.position.line]
            lines[hint.position.line] = (
                f"{line[: hint.position.character]} «{hint.label}»{line[hint.position.character :]}"
            )
        assert (
            "\n".join(lines[4:])
            == """\
    layers:
      - Conv2D: {filters: $filters, kernel_size: 3, padding: same, name: conv} «(None, 32, 32, 3)»
      - Add: {} «(None, 32, 32, 3)»
        from: [conv, input]
branches:
  image:
    input: {shape: [32, 32, 3], name: pixels}
    layers:
      - Conv2D: {filters: 3, kernel_size: 3, padding: same, name: first} «(None, 32, 32, 3)»   # a comment
      - residual: {filters: 3} «(None, 32, 32, 3)»
        as: stage
      - Dense: «(None, 32, 32, 64)»
          units: $width
      - Flatten «(None, 65536)»
      - Dense: 10 «(None, 10)»
  facts: {input: [8], layers: [{Dense: 10 «(None, 10)»}, {Dense: {units: 4, name: last} «(None, 4)»}]}
merge: Concatenate «(None, 14)»
head: [{Dense: 4 «(None, 4)»}, {Add: {} «(None, 4)», from: [previous, facts]}]"""
        )
        assert [hint.position.line for hint in await editor.hints(6)] == [5]

    edit(talk)


def test_hints_stay_while_a_line_is_typed(edit: Any) -> None:
    """In the middle of a word a text may not be YAML; all other lines keep what is known of them."""

    async def talk(editor: Editor) -> None:
        text = START + "  - Flatten\n  - Dense: 8\n  - Dense: 4\n"
        await editor.change(text)
        broken = START + "  - Flatten\n  - Dense: [8\n  - Dropout: 0.5\n  - Dense: 4\n"
        assert [diagnostic.code for diagnostic in await editor.change(broken)] == ["syntax"]
        assert [(hint.position.line, hint.label) for hint in await editor.hints()] == [
            (2, "(None, 3072)"),
            (5, "(None, 4)"),
        ]
        assert "(None, 3072) → " not in await editor.hover(broken.replace("[8", "[|8"))
        shown = await editor.hover(broken.replace("Dense: 4", "Den|se: 4"))
        assert "(None, 4)" in shown

    edit(talk)


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        (at("[conv, input]", "[co|nv, input]"), 5, "conv"),
        (at("input]", "inp|ut]"), 2, "residual"),
        (at("residual: {", "resid|ual: {"), 2, "residual"),
        (at("$width", "$wid|th"), 0, "width"),
        (at("$filters", "$fil|ters"), 3, "filters"),
        (at("facts]", "fac|ts]"), 19, "facts"),
        (at("[previous", "[prev|ious"), 21, "Dense"),
        (START + "  - Dense: {units: 4, name: foo}\n  - use: f|oo\n", 2, "foo"),
        (IN_LAYER.replace("from: one", "from: o|ne"), 7, "one"),
        (START + "  - Dense: 4\n  - Flatten\noutputs: [den|se]\n", 2, "Dense"),
        (
            START
            + "  - LSTM: {units: 4, name: r, return_state: true}\n  - Flatten: {}\n    from: r[|1]\n",
            2,
            "r",
        ),
    ],
)
def test_definition(edit: Any, text: str, line: int, word: str) -> None:
    document = Document("file:///spec.yaml", "spec.yaml", CustomLayers())
    document.change(text.replace("|", ""), None, "utf-16")
    found = definition(document.now, text.index("|"), GRAMMAR)
    assert found is not None
    assert document.text.text[found.start : found.end] == word
    assert document.text.position(found.start).line == line


def test_definition_over_the_protocol(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        place = await editor.definition(at("[conv, input]", "[co|nv, input]"))
        assert place is not None and place.uri == editor.uri and marked(SPEC, place.range) == "conv"
        assert await editor.definition(at("padding", "pad|ding")) is None

    edit(talk)


# What it leaves alone, and what it survives.


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", True),
        ("name: x\n", True),
        ("input: [8]\nlayer: []\n", True),
        ("x-common: 1\ninput: [8]\n", True),
        ("name: ci\non: push\njobs: {}\n", False),
        ("name: a\ndescription: b\ninputs: {}\nruns: {}\n", False),
        ("services:\n  web: {image: x}\n", False),
        ("- hosts: all\n", False),
    ],
)
def test_other_yaml_files_are_left_alone(text: str, wanted: bool) -> None:
    assert looks_like_a_spec(text) == wanted


def test_nothing_is_said_of_other_files(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        text = "name: ci\non: push\njobs: {build: {steps: [|]}}\n"
        assert await editor.change(text.replace("|", "")) == []
        assert (
            await editor.complete(text) == {}
            and await editor.hover(text) == ""
            and await editor.hints() == []
        )

    edit(talk)


JUNK = ["\t", "{", "}", "[", "]", ":", "- ", "\n", '"', "'", "#", "&a ", "*a", "<<: *a", "$(", "\u2028", "\r", "\x85", "😀", "\ud800", "|", "\0", "---\n", "? ", "\ufeff"]  # fmt: skip


def test_it_survives_any_text(edit: Any) -> None:
    """Every beginning of a spec, and specs with rubbish in them: an answer to each, from one server."""
    dice = random.Random(7)
    texts = [SPEC[:end] for end in range(0, len(SPEC), 23)]
    for path in SPECS:
        text = path.read_text(encoding="utf-8")
        for _ in range(4):
            place = dice.randrange(len(text))
            texts.append(text[:place] + dice.choice(JUNK) + text[place + dice.randrange(9) :])
    texts += [f"{START}  - Dense: {junk}" for junk in JUNK]

    async def talk(editor: Editor) -> None:
        for text in texts:
            await editor.change(text)
            lines = text.split("\n")
            params = types.CompletionParams(
                types.TextDocumentIdentifier(editor.uri),
                types.Position(len(lines) - 1, len(lines[-1])),
            )
            await editor.client.text_document_completion_async(params)
            await editor.client.text_document_hover_async(
                types.HoverParams(params.text_document, types.Position(3, 4))
            )
            await editor.client.text_document_definition_async(
                types.DefinitionParams(params.text_document, types.Position(3, 20))
            )
            await editor.hints()
        assert not [found for found in editor.found[editor.uri] if found.code == "internal"]
        assert await editor.change(SPEC) == []

    edit(talk)


def test_a_bug_of_ours_does_not_end_it(tmp_path: pathlib.Path) -> None:
    """A check that raises is told in the editor; the next text is answered as if nothing had been."""
    program = (
        "import mergecli.lsp.analysis as analysis\n"
        "real = analysis.compile_spec\n"
        "def stumble(source, *more):\n"
        "    if 'stumble' in source.text: raise KeyError('oops')\n"
        "    return real(source, *more)\n"
        "analysis.compile_spec = stumble\n"
        "from mergecli.importers.modules import CustomLayers\nfrom mergecli.lsp.server import serve\nserve(CustomLayers())\n"
    )

    async def talk() -> None:
        async with Editor(sys.executable, "-c", program) as editor:
            (found,) = await editor.open(
                tmp_path / "spec.yaml", "name: stumble\ninput: [8]\nlayers: []\n"
            )
            assert "please report it" in found.message and "oops" in found.message
            assert await editor.change(SPEC) == []

    asyncio.run(talk())


def test_positions_go_there_and_back() -> None:
    text = "a😀\r\né\u2028b\rc\x85d\n\n😀"
    for units in ("utf-8", "utf-16", "utf-32"):
        lines = Text(text, units)
        for offset in range(len(text) + 1):
            if text[offset - 1 : offset + 1] != "\r\n":
                assert lines.offset(lines.position(offset)) == offset
    # The reader and an editor end lines at the same places.
    assert Text(text).position(Text(text).place(3, 1)) == (2, 0)
    assert Text("\ufeffab").start(Span(1, 2, 1, 3)) == 2


# Formatting.


def test_a_text_is_formatted_as_the_command_does(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        messy = "# 😀\nlayers: [ Dense: 4 ]   # four\ninput: [8]\nname: 'm'  \n"
        neat = "# 😀\nname: m\ninput: [8]\nlayers: [{Dense: 4}]  # four\n"
        assert await editor.formatted(messy) == neat
        # What cannot be read stays, and so does what is no spec.
        for text in (neat, "input: [8\nlayers: []\n", "name:   ci\non: push\n"):
            assert await editor.formatted(text) == text

    edit(talk)


def test_formatting_leaves_alone_what_stays() -> None:
    text = "input: [8]\nlayers:\n  - Dense: {units:  4}\n  - Flatten\n"
    edit = reformatted(Analysis(Text(text), "spec.yaml"))
    assert edit is not None and (text[edit.start : edit.end], edit.text) == (
        "  - Dense: {units:  4}\n",
        "  - Dense: {units: 4}\n",
    )


# The command.


def test_without_pygls_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv = ['mergecli', 'lsp']\nfrom mergecli.cli.main import main\nmain()"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=PATH,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 5
    assert (
        result.stderr
        == f"mergecli: the language server needs pygls; install it: {sys.executable} -m pip install pygls\n"
    )


def test_it_ends_with_its_editor() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mergecli", "lsp"],
        capture_output=True,
        env=PATH,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert result.returncode == 0 and result.stdout == b""


def test_wrong_messages_get_no_traceback_and_a_clean_end_is_zero() -> None:
    def message(**content: object) -> bytes:
        body = json.dumps({"jsonrpc": "2.0", **content}).encode()
        return b"Content-Length: %d\r\n\r\n" % len(body) + body

    place = {"textDocument": {"uri": "file:///a.yaml"}, "position": {"line": -1, "character": "x"}}
    start = {"line": 0, "character": 0}
    session = [
        message(id=1, method="initialize", params={"capabilities": {}}),
        message(method="initialized", params={}),
        message(id=2, method="textDocument/hover", params=place),
        message(id=3, method="completionItem/resolve", params={"label": "x", "data": -1}),
        message(id=5, method="textDocument/prepareRename", params={**place, "position": start}),
        b"Content-Length: 5\r\n\r\n{abc}",
        message(id=4, method="shutdown"),
        message(method="exit"),
    ]
    result = subprocess.run(
        [sys.executable, "-m", "mergecli", "lsp"],
        capture_output=True,
        env=PATH,
        input=b"".join(session),
        timeout=60,
    )
    assert result.returncode == 0
    assert b"Traceback" not in result.stderr
    # Why a rename is refused is for the user, and answered.
    assert b"there is no name here" in result.stdout
    assert b"there is no name here" not in result.stderr


# Specs that take long.

#: A server for which specs with the word `endless` take forever.
SLOW = """
import sys
from mergecli.lsp import analysis, deadline, server
deadline.SECONDS = analysis.SECONDS = 0.3
def endless(function):
    def stand_in(first, *arguments):
        while "endless" in str(getattr(first, "text", "")):
            pass
        return function(first, *arguments)
    return stand_in
analysis.compile_spec = endless(analysis.compile_spec)

sys.argv = ["mergecli", "lsp"]
from mergecli.cli.main import main
main()
"""


def test_a_text_that_takes_long_does_not_stop_the_server(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    async def talk() -> None:
        async with Editor(sys.executable, "-c", SLOW) as editor:
            assert (
                await editor.open(tmp_path / "good.yaml", START + "  - Flatten\n  - Dense: 3\n")
                == []
            )
            (slow,) = await editor.open(tmp_path / "slow.yaml", START + "  - Dense: endless\n")
            assert slow.code == "too-large"
            assert (
                slow.message
                == "this text takes longer than 0.3 seconds to check, so it is not checked"
            )
            assert (slow.range.start.line, slow.range.start.character) == (0, 0)
            # It is not checked again for each question, and what is asked has no answer.
            assert await editor.hover(START + "  - Den|se: endless\n") == ""
            (wrong,) = await editor.change(START + "  - Dens: 3\n")
            assert wrong.code == "unknown-layer"
            (again,) = await editor.open(tmp_path / "good.yaml", START + "  - Flatte\n")
            assert again.code == "unknown-layer"

    asyncio.run(talk())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keys", "references", "included often", "splits", "words"])
def test_the_worst_specs_are_answered(name: str, tmp_path: pathlib.Path, edit: Any) -> None:
    for path, text in FILES.items():
        (tmp_path / path).write_text(text())

    async def talk(editor: Editor) -> None:
        make, code = WORST[name]
        diagnostics = await editor.open(tmp_path / "worst.yaml", make())
        # On a slow machine the check may end at its deadline.
        assert {code, "too-large"} & {diagnostic.code for diagnostic in diagnostics}
        (wrong,) = await editor.open(tmp_path / "other.yaml", START + "  - Dens: 3\n")
        assert wrong.code == "unknown-layer"

    edit(talk)


def test_a_text_that_is_larger_than_a_spec_is_not_checked() -> None:
    analysis = Analysis(Text(START + "# comment\n" * 500_000), "a.yaml")
    assert [d.message for d in analysis.diagnostics] == [
        "this text is larger than 4 MiB, so it is not checked"
    ]
    assert Analysis(Text("on: push\n" + "# comment\n" * 500_000), "a.yaml").diagnostics == []


def test_work_within_its_deadline_is_not_interrupted() -> None:
    with Deadline(60), Deadline(60):
        pass
    assert not Deadline._active


# Actions and navigation.


def test_a_warning_can_be_ignored_and_all_fixes_applied_at_once(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        text = "inputs: {a: [8], b|: [8]}\nlayers:\n  - Dense: {units: 4}   # four\n    from: a\n"
        (action,) = await editor.actions(text)
        assert action.title == "Ignore `unused-input` on this line"
        assert action.edit is not None and action.edit.changes is not None
        ignored = applied(text.replace("|", ""), action.edit.changes[editor.uri])
        assert "b: [8]}  # mergecli: ignore[unused-input]\n" in ignored
        assert await editor.change(ignored) == []
        wrong = START + "  - Dn|se: 8\n  - Conv2D: {filters: 3, kernl_size: 3}\n  - Flaten\n"
        titles = [action.title for action in await editor.actions(wrong)]
        assert titles == ["Fix: did you mean `Dense`?", "Fix all that can be fixed"]
        (whole,) = await editor.actions(wrong, "source.fixAll")
        assert whole.edit is not None and whole.edit.changes is not None
        fixed = applied(wrong.replace("|", ""), whole.edit.changes[editor.uri])
        assert "- Dense: 8\n" in fixed and "kernel_size" in fixed and "Flatten" in fixed
        assert await editor.actions(wrong, "refactor") == []

    edit(talk)


def test_a_second_warning_of_a_line_joins_the_comment(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        text = "inputs: {a: [8], b|: [8]}  # mergecli: ignore[no-layers]\nlayers: [{Dense: 4, from: a}]\n"
        titles = {action.title: action for action in await editor.actions(text)}
        action = titles["Ignore `unused-input` on this line"]
        assert action.edit is not None and action.edit.changes is not None
        ignored = applied(text.replace("|", ""), action.edit.changes[editor.uri])
        assert "# mergecli: ignore[no-layers, unused-input]\n" in ignored

    edit(talk)


def test_a_code_leads_to_its_page(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        (diagnostic,) = await editor.change("input: [8]\nlayers: [Dnse]\n")
        assert diagnostic.code_description is not None
        page = pathlib.Path(diagnostic.code_description.href.removeprefix("file://"))
        assert page.read_text("utf-8").startswith("# Keras has no such layer")

    edit(talk)


def test_an_editor_can_ask_for_names_and_structure(edit: Any) -> None:
    async def talk(editor: Editor) -> None:
        capabilities = editor.answer.capabilities
        assert capabilities.references_provider and capabilities.document_highlight_provider
        assert capabilities.document_symbol_provider and capabilities.folding_range_provider
        assert capabilities.document_link_provider and capabilities.semantic_tokens_provider
        assert capabilities.rename_provider
        place = types.TextDocumentIdentifier(editor.uri)
        symbols = await editor.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(place)
        )
        assert [s.name for s in symbols or ()] == ["vars", "blocks", "branches", "merge", "head"]
        position = await editor.at(at("name: last", "name: l|ast"))
        change = await editor.client.text_document_rename_async(
            types.RenameParams(place, position, "end")
        )
        assert change is not None and change.changes is not None
        assert "name: end" in applied(SPEC, change.changes[editor.uri])

    edit(talk)
