"""Ignore comments: where they are comments, what they are about, and what becomes of those that ignore nothing."""

from __future__ import annotations

import pathlib

import pytest
from click.testing import CliRunner, Result

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.syntax import libyaml
from mergecli.syntax.comments import comments


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in compile_spec(Source(text, "spec.yaml")).diagnostics]


def suppressed(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in compile_spec(Source(text, "spec.yaml")).suppressed]


IDLE = (
    "inputs:\n  left: [8]{end}\n{above}  right: [8]{mark}\nlayers:\n  - Dense: 4\n    from: left\n"
)


def idle(end: str = "", above: str = "", mark: str = "") -> str:
    return IDLE.format(end=end, above=above, mark=mark)


COMMENT = "# mergecli: ignore[unused-input] it is for later"


@pytest.mark.parametrize(
    "text",
    [
        idle(mark=f"  {COMMENT}"),
        idle(mark="  # to come. # mergecli: ignore[unused-input]"),
        idle(mark="  #mergecli:ignore[ unused-input ]"),
        idle(mark="\t# mergecli: ignore[single-merge,unused-input]").replace("single-merge,", ""),
        idle(above=f"  {COMMENT}\n"),
        idle(above=f"{COMMENT}\n\n  # and another comment\n"),
        f"# what it is\n{COMMENT}\n{idle()}",
        f"%YAML 1.2\n---\n{COMMENT}\n{idle()}",
        f"\ufeff{COMMENT}\n{idle()}".replace("\n", "\r\n").lstrip("\ufeff"),
    ],
)
def test_a_comment_ignores_what_it_is_about(text: str) -> None:
    assert codes(text) == []
    assert suppressed(text) == ["unused-input"]


@pytest.mark.parametrize(
    "text",
    [
        idle(end=f"  {COMMENT}"),  # the line before
        idle(mark="  # mergecli: ignore[single-merge]"),  # another code
        idle(above="# mergecli: ignore[unused-input]\n  more: [8]\n").replace(
            "  - Dense: 4\n    from: left", "  - Add: {}\n    from: [left, more]"
        ),
    ],
)
def test_a_comment_ignores_nothing_else(text: str) -> None:
    assert sorted(codes(text)) == ["unused-ignore", "unused-input"]


@pytest.mark.parametrize(
    "name",
    [
        f'"{COMMENT}"',
        f"'it is {COMMENT}'",
        "a#mergecli:ignore[unused-input]",  # a `#` without a blank before it
        f'"begins\n      {COMMENT}\n      ends"',
        f"|\n      {COMMENT}\n",
        f">-\n      text\n\n      {COMMENT}",
    ],
)
@pytest.mark.parametrize("c_parser", [True, False])
def test_only_a_real_comment_counts(
    name: str, c_parser: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not c_parser:
        monkeypatch.setattr(libyaml, "c_parser", None)
    text = f"x-note:\n  text: {name}\n  more: 1\ninput: [8]\nlayers: [{{Dense: 4}}]\n"
    assert comments(Source(text, "spec.yaml"), "mergecli:") == []
    assert codes(text) == []


@pytest.mark.parametrize("c_parser", [True, False])
def test_comments_are_found_behind_any_scalar(
    c_parser: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not c_parser:
        monkeypatch.setattr(libyaml, "c_parser", None)
    text = (
        "a: | # mergecli: 1\n  # mergecli: no\n# mergecli: 3\nb: 'x # mergecli: no' # mergecli: 4\n"
        "c: [1, # mergecli: 5\n  層, '#'] # mergecli: 6\n\"d # mergecli: no\": >+\n  text\n\n# mergecli: 10\ne: &x !!str f # mergecli: 11\n"
    )
    assert [
        (line, comment) for line, _, comment in comments(Source(text, "spec.yaml"), "mergecli:")
    ] == [(line, f"# mergecli: {line}") for line in (1, 3, 4, 5, 6, 10, 11)]


def test_two_on_one_line_are_told_apart() -> None:
    text = "inputs: {left: [8], right: [8]}  # mergecli: ignore[unused-input]\nlayers: [{Dense: {units: 4, name: a b}, from: left}]\n"
    assert codes(text) == ["unsafe-name"]
    assert codes(text.replace("left}]", "left}]  # mergecli: ignore[unsafe-name]")) == []


def test_a_finding_about_the_whole_file_is_ignored_by_the_whole_file() -> None:
    large = "blocks: {b: {layers: [{Dense: 4, repeat: 101}]}}\ninput: [8]\nlayers: [{b: {}, repeat: 100}]\n"
    assert codes(large) == ["too-large"]
    assert codes("# mergecli: ignore[too-large]\n" + large) == []
    assert codes(large + "# mergecli: ignore[too-large]\n") == ["too-large"]


def test_nothing_is_called_unused_where_errors_hide_what_may_come() -> None:
    assert codes(idle(mark=f" {COMMENT}").replace("Dense: 4", "Dens: 4")) == ["unknown-layer"]
    assert codes(idle(mark=" # mergecli: ignore[unused-inptu]").replace("Dense: 4", "Dens: 4")) == [
        "unused-ignore",
        "unknown-layer",
    ]


@pytest.mark.parametrize(
    ("comment", "message", "hint"),
    [
        (
            "ignore[unused-inptu]",
            "unknown code `unused-inptu`",
            "did you mean `unused-input`?",
        ),
        ("ignore[zzz]", "unknown code `zzz`", "for a list, run: mergecli explain"),
        (
            "ignore",
            "this comment ignores nothing, since it has no code in brackets",
            "write `# mergecli: ignore[code] reason`",
        ),
        (
            "ignore[]",
            "this comment ignores nothing, since it has no code in brackets",
            "write `# mergecli: ignore[code] reason`",
        ),
        (
            "disable=all",
            "this comment ignores nothing, since it has no code in brackets",
            "write `# mergecli: ignore[code] reason`",
        ),
    ],
)
def test_what_is_wrong_with_a_comment(comment: str, message: str, hint: str) -> None:
    (diagnostic,) = compile_spec(
        Source(f"input: [8]\nlayers: [{{Dense: 4}}]  # mergecli: {comment}\n", "spec.yaml")
    ).diagnostics
    assert (diagnostic.code, diagnostic.severity, diagnostic.message, diagnostic.help) == (
        "unused-ignore",
        "warning",
        message,
        hint,
    )


def test_comments_of_an_included_file_are_about_that_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    part = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: {units: 4, name: p q}, from: a}]\n"
    whole = "branches:\n  p: {spec: part.yaml}\n  q: {input: [8], layers: [{Dense: {units: 4, name: r s}}]}\nmerge: Concatenate\n"
    pathlib.Path("part.yaml").write_text(part)
    pathlib.Path("whole.yaml").write_text(whole)

    def found() -> list[str]:
        lines = invoke("validate", "--format", "concise", "whole.yaml").stdout.splitlines()
        return [line.split(": ")[0] + " " + line.split("[")[1].split("]")[0] for line in lines]

    before = found()
    assert "part.yaml:2:35 unsafe-name" in before
    assert "whole.yaml:3:53 unsafe-name" in before
    pathlib.Path("part.yaml").write_text("# mergecli: ignore[unsafe-name, empty]\n" + part)
    assert found() == [
        line.replace("part.yaml:1", "part.yaml:2")
        for line in before
        if "unsafe-name" not in line or "whole" in line
    ]
    pathlib.Path("whole.yaml").write_text("# mergecli: ignore[unsafe-name]\n" + whole)
    assert not [line for line in found() if "whole" in line]
    pathlib.Path("part.yaml").write_text(part)
    assert "part.yaml:2:35 unsafe-name" in found()


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.keras
def test_an_ignored_error_is_not_reported_but_nothing_is_built(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("spec.yaml").write_text(
        "input: [8]\nlayers:\n  - MyLayer: 4  # mergecli: ignore[unknown-layer] ours\n  - Dense: 4\n"
    )
    assert invoke("validate", "--strict", "spec.yaml").exit_code == 0
    for command in ("build", "summary"):
        result = invoke(command, "spec.yaml")
        assert result.exit_code == 1
        assert "spec.yaml:3:5: error[unknown-layer]: unknown layer `MyLayer`" in result.stderr


def test_an_ignored_warning_is_not_told_by_any_command(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pathlib.Path("spec.yaml").write_text(idle(mark=f" {COMMENT}"))
    assert invoke("summary", "spec.yaml").stderr == ""
    pathlib.Path("spec.yaml").write_text(idle())
    assert "unused-input" in invoke("summary", "spec.yaml").stderr
