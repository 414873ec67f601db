"""Errors of the structure of a YAML text: each in words of ours, with a hint and a safe fix."""

from __future__ import annotations

import re
from itertools import product

import pytest
import yaml

from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_structure import unclosed

#: Values that are not YAML, or not everywhere.
VALUES = (
    "[1, 2]]", "{a: 1}}", "[1, 2", "{a: 1", '"abc', "'abc", '"a"b', "'a' b", "'it's'", '"say "hi""', "@x", "%x", "`x`",
    "*x", "&x", "*", "&", "!x 3", "!<x 3", "!a!b 3", "!!", "key: value: x", "- - :", "- 3", "? x", ": x", "x:", "[a: b: c]",
    "{a: b: c}", "[a b: c", "[,]", "[1,,2]", "{,}", '"\\d"', '"\\x1"', '"\\u12"', "| x", ">9x", "|0", ",x", "]", "}", ",", ":", "?",
    "[1, 2)", "{a: [1, 2}", "[{a: 1]", "[1, 2].", "[1, 2], 3", "{a: 1} b", "{a: 1 b: 2}", "{- a: 1}", "&a *a", "&a &b c",
    "\ufeffx: y", "[8]\u2028b: c", "a;", "[1];", "<<<<<<< HEAD", "--- x: y", "... x", "{{ x }}", "//", "= 3",
)  # fmt: skip
#: Where in a spec they are written.
PLACES = (
    "input: [8]\nlayers:\n  - Dense: {}\n  - Dense: 2\n",
    "input: [8]\nlayers: [{{Dense: {}}}, {{Dense: 2}}]\n",
    "input: [8]\nlayers:\n  - Dense: 4\n  - {}\n",
    "input: [8]\nlayers:\n  - Dense:\n      units: 4\n      name: {}\n",
    "input: [8]\n{}\nlayers:\n  - Dense: 2\n",
    "input: [8]\nlayers:\n  - Dense: 2\n{}: 3\n",
    "{}\ninput: [8]\nlayers:\n  - Dense: 2\n",
    "input: {}\nlayers:\n  - Dense: 2\n",
    "{}",
)
#: Words of the two parsers.
RAW = re.compile(
    r"did not find|could not find|but found|but got|while (parsing|scanning)|<block end"
    r"|stream|token|not allowed in this context|<document|simple key|indicator"
)


def fixed(text: str, diagnostic: Diagnostic) -> str:
    """Return a text with the edits of a diagnostic, which stay within lines."""
    lines = text.split("\n")
    for edit in sorted(diagnostic.fix, key=lambda edit: edit.span, reverse=True):
        line = lines[edit.span.line - 1]
        start, end = edit.span.column - 1, edit.span.end_column - 1
        lines[edit.span.line - 1] = line[:start] + edit.text + line[end:]
    return "\n".join(lines)


@pytest.mark.parametrize("parser", ["libyaml", "PyYAML"])
def test_no_error_has_words_of_the_parser(parser: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "__with_libyaml__", parser == "libyaml")
    errors = 0
    for value, place in product(VALUES, PLACES):
        text = place.format(value)
        tree, diagnostics = read(Source(text, ""))
        if tree is not None:
            continue
        errors += 1
        diagnostic = diagnostics[-1]
        assert not RAW.search(f"{diagnostic.message} {diagnostic.help}"), text
        assert "not valid YAML" not in diagnostic.message, text
        assert diagnostic.help, text
        assert diagnostic.span is not None
        assert 1 <= diagnostic.span.line <= text.count("\n") + 2
    assert errors > 300


@pytest.mark.parametrize(
    ("text", "message", "wanted"),
    [
        ("a: [1, 2]]\n", "this `]` closes nothing", "a: [1, 2]\n"),
        ("a: {b: 1}}\n", "this `}` closes nothing", "a: {b: 1}\n"),
        ("a: [{b: [1, 2]]}, 3]\n", "this `]` closes nothing", "a: [{b: [1, 2]}, 3]\n"),
        ("a: ]\n", "this `]` closes nothing", "a: \n"),
        ("a: {b: [1}\n", "the `[` opened here is never closed", "a: {b: [1]}\n"),
        (
            "a: [1];\n",
            "expected the end of the line after the value, found a semicolon",
            "a: [1]\n",
        ),
        ("a: [1],\n", "expected the end of the line after the value, found a comma", "a: [1]\n"),
        ("a: [1], 2\n", "a list in one line needs brackets", "a: [[1], 2]\n"),
        ("a: {b: 1 c: 2}\n", "expected a comma before the key `c`", "a: {b: 1, c: 2}\n"),
        ('a: {b: [1] "c": 2}\n', 'expected `,` or `}`, found `"`', 'a: {b: [1], "c": 2}\n'),
        ("A: b: 1\n", "the arguments of `A` need braces in one line", "A: {b: 1}\n"),
        ("a: [{A: b: 1}]\n", "the arguments of `A` need braces in one line", "a: [{A: {b: 1}}]\n"),
        (
            "a: 'it's'\n",
            "expected the end of the string at its closing quote, found `s`",
            'a: "it\'s"\n',
        ),
        (
            'a: "x "y""\n',
            "expected the end of the string at its closing quote, found `y`",
            "a: 'x \"y\"'\n",
        ),
        ("a: `b`\n", "a value cannot begin with a backtick", 'a: "b"\n'),
        ("a: @b # c\n", "a value cannot begin with `@`", 'a: "@b" # c\n'),
        ("a: {b: @c}\n", "a value cannot begin with `@`", 'a: {b: "@c"}\n'),
        ("- a\nb: 1\n", "expected an entry with `- ` as in line 1, found a key", "- a\n- b: 1\n"),
        ("\ufeffa: 1\n\ufeffb: 2\n", "the invisible character U+FEFF is not allowed here", None),
    ],
)
def test_a_fix_is_made_where_the_text_can_be_read_with_it(
    text: str, message: str, wanted: str | None
) -> None:
    _, diagnostics = read(Source(text, ""))
    assert [diagnostic.message for diagnostic in diagnostics] == [message]
    result = fixed(text, diagnostics[0])
    assert wanted in (None, result)
    tree, problems = read(Source(result, ""))
    assert tree is not None
    assert problems == []


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("a:\n  - b\n  * c\n", None, None),
        ("a: [\n  {b: 1}\n  {c: 2}\n]\n", "expected a comma at the end of line 2, before the next value",
         "end line 2 with a comma: `{b: 1},`"),
        ("a: [1, 2)\n", "the `[` opened here is never closed", "end it with `]` instead of `)`"),
        ("a: [1] b: 2\n", "expected the end of the line after `]`, found the key `b`", "begin a new line for `b`"),
        ("b:\n  c: 1\n  - d\n", "expected a key as in line 2, found an entry of a list",
         "begin line 2 with a dash too: `- c: …`"),
        ("  a: 1\nb: 2\n", "this line is indented less than the first one, line 1",
         "begin line 1 with no more spaces than this one"),
        ("%YAML 1.2\na: 1\n", "expected `---` after line 1, which begins with `%`", "write `---` before it, or remove line 1"),
        ("a: |\n   b\n  c\nd: 1\n", "this line is indented less than the string that begins below line 1",
         "indent all lines of the string equally"),
        ("a: [\n", "the `[` opened here is never closed", "add a `]` after its last value"),
    ],
)  # fmt: skip
def test_a_hint_names_what_to_write(text: str, message: str | None, hint: str | None) -> None:
    _, diagnostics = read(Source(text, ""))
    if message is not None:
        assert [(d.message, d.help) for d in diagnostics] == [(message, hint)]


def test_many_brackets_are_one_error() -> None:
    for text in (
        "]" * 50_000,
        "a: " + "]" * 50_000,
        "a: [" + "}" * 50_000,
        "a: {b: " + "]" * 50_000,
    ):
        _, diagnostics = read(Source(text, ""))
        assert len(diagnostics) == 1


def test_brackets_in_quotes_and_comments_are_not_open() -> None:
    assert unclosed("a: ['[', \"{\", 3] # [") is None
    assert unclosed("a: it's [1") == 8
    assert unclosed("a: {b: [1, {c: 2}") == 7
