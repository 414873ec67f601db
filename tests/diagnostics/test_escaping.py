"""Strings from files, made safe for terminals, Markdown, spreadsheets, workflows and XML."""

from __future__ import annotations

import pytest

from mergecli.diagnostics import escaping


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("dense é", "dense é"),
        ("a\r\nb\u2028c", "a b c"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("  ::error::x", "  \\x3a:error::x"),
        ("a::b", "a::b"),
        ("x ##[error]y", "x ##\\x5berror]y"),
    ],
)
def test_a_line_neither_controls_the_terminal_nor_commands_a_workflow(text: str, safe: str) -> None:
    assert escaping.line(text) == safe


def test_each_line_of_a_block_is_made_safe_and_stays_a_line() -> None:
    assert escaping.block("a\n\n::b\n\x07c") == "a\n\n\\x3a:b\n\\x07c"


def test_what_cannot_be_seen_is_replaced_and_white_space_is_kept() -> None:
    assert escaping.visible("a\tb\r\nc\x00\u200bd\xa0") == "a\tb\r\nc\ufffd\ufffdd\xa0"


def test_json_stays_json_of_the_same_value() -> None:
    assert escaping.escaped_json('{\n "é": "\u202e\U000e0001"}') == (
        '{\n "é": "\\u202e\\udb40\\udc01"}'
    )


def test_backticks_at_the_ends_of_inline_code_are_kept_apart_from_its_fence() -> None:
    assert escaping.markdown_code("`a``b`") == "``` `a``b` ```"
    assert escaping.markdown_code("a\nb|c") == "`a b\\|c`"


def test_markdown_mentions_nobody_and_begins_no_heading() -> None:
    assert escaping.markdown("# @team *x* [y]\nz") == "\\# \\@team \\*x\\* \\[y\\] z"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "  ="])
def test_a_cell_is_no_formula_even_after_white_space(start: str) -> None:
    assert escaping.csv_cell(f"{start}1")[0] == "'"
    assert escaping.csv_cell(f"a{start}1")[0] == "a"


def test_a_workflow_command_is_not_ended_and_its_properties_are_not_either() -> None:
    assert escaping.workflow_command("100%\r\na:b") == "100%25%0D%0Aa:b"
    assert escaping.workflow_command("a:b,c", ",:") == "a%3Ab%2Cc"


def test_no_character_of_tex_keeps_its_meaning() -> None:
    assert escaping.tex("\\a{b}$^_~%#&") == (
        r"\textbackslash{}a\{b\}\$\textasciicircum{}\_\textasciitilde{}\%\#\&"
    )
    assert escaping.tex("a\n\nb\x07--é漢") == (
        r"a  b\mergecliunicode{65533}-{}-{}\'{e}\mergecliunicode{28450}"
    )


def test_xml_escapes_an_ampersand_once_and_keeps_line_breaks_of_attributes() -> None:
    assert escaping.xml("&lt; <\x1b>") == "&amp;lt; &lt;\ufffd&gt;"
    assert escaping.xml_attribute('"a\n\tb\r"') == "&quot;a&#10;&#9;b&#13;&quot;"
