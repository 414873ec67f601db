"""What people write by habit, and the way out: each is followed, and leads out."""

from __future__ import annotations

import re

import pytest
from running import ROOT

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source, decode
from mergecli.syntax.literals import called, flow, number

FOLDER = ROOT / "tests" / "errors"
CASES = sorted(path.name for path in FOLDER.glob("*.yaml"))
#: Corrections that are to be written in place of what is underlined.
REASONS = (
    "in YAML, write a colon and a space", "write a list", "write a fraction", "write a boolean", "write an integer",
    "in YAML 1.2 this is a string", "remove the `,` at the end",
    "remove the brackets", "add a space after the colon", "quote it", "remove the quotes", "remove the tag", "write",
)  # fmt: skip


def mended(source: Source, diagnostic: Diagnostic) -> str | None:
    """The text after what a finding proposes; None where it proposes nothing to be written."""
    hint = (diagnostic.help or "").removeprefix("remove the `,` at the end")
    _, _, written = hint.partition("`")
    if (
        not written.endswith("`")
        or "`" in written[:-1]
        or not (diagnostic.help or "").startswith(REASONS)
        or diagnostic.span is None
    ):
        return None
    written = written[:-1]
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", source.text)
    line, column, end_line, end = diagnostic.span[:4]
    if line != end_line or "…" in written or diagnostic.code == "unused-ignore":
        return None
    old = lines[line - 1][column - 1 : end - 1]
    # A value is proposed with its argument's name, and follows it.
    before = re.search(r"([a-z_]+): *$", lines[line - 1][: column - 1])
    if before and written.startswith(f"{before[1]}: "):
        written = written[len(before[1]) + 2 :]
    assert written != old
    lines[line - 1] = lines[line - 1][: column - 1] + written + lines[line - 1][end - 1 :]
    return "".join(lines)


def test_every_way_out_of_the_golden_cases_leads_out() -> None:
    followed = 0
    for case in CASES:
        data = (FOLDER / case).read_bytes()
        if case.startswith("not-utf8"):
            continue
        source = Source(decode(data), case)
        diagnostics = compile_spec(source).diagnostics
        for found in diagnostics:
            text = mended(source, found)
            if text is None:
                continue
            followed += 1
            after = compile_spec(Source(text, case)).diagnostics
            still = [
                d
                for d in after
                if (d.code, d.span and d.span[:2]) == (found.code, found.span and found.span[:2])
            ]
            assert still == [], f"{case}: {found.help}"
            assert sum(d.code == found.code for d in after) < sum(
                d.code == found.code for d in diagnostics
            ), f"{case}: {found.help}"
    assert followed > 60


@pytest.mark.parametrize(
    "text",
    ["64px", "1_", "_1", "1:99", "0x", "0b2", "1,00,000", "1 00", "--1", "", "1e", "%", "1.2.3"],
)
def test_what_is_no_number_stays_a_text(text: str) -> None:
    assert number(text) in (None, 1)


@pytest.mark.parametrize(
    "text",
    [
        "Dense(",
        "Dense(*x)",
        "Dense(**x)",
        "Dense(f(x))",
        "Dense(a=b)",
        "(1)(2)",
        "Dense(1j)",
        "Dense(b'a')",
        "Dense({1})",
        "Dense({**a})",
        "Dense(-'a')",
        "Dense(--1)",
        "Dense(1 + 2)",
        "(" * 300 + ")" * 300,
        "f(" * 99 + ")" * 99,
    ],
)
def test_what_is_no_plain_call_is_none(text: str) -> None:
    assert called(text) is None


@pytest.mark.parametrize(
    "value",
    [
        3,
        "a b",
        "64",
        "",
        "true",
        "x: y",
        "#",
        [1, [None, True]],
        {"a": ["b", 1.5]},
        "it's",
        'a "b" \\ c',
        float("inf"),
        "- x",
    ],
)
def test_flow_style_is_read_back(value: object) -> None:
    from mergecli.syntax.yaml_reader import read

    tree, problems = read(Source(f"x: {flow(value)}\n", "a.yaml"))
    assert problems == [] and tree is not None
    assert tree.data() == {"x": value}
