"""`--fix` and `--diff`: what is fixed, what is not, and that the rest of the file is unchanged."""

from __future__ import annotations

import os
import pathlib
import re
import stat
import subprocess

import pytest
from click.testing import CliRunner, Result
from running import ROOT, SPECS

from mergecli.cli.main import cli
from mergecli.compiler.fixes import fix
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

BAD = (
    "input: [8]  # a comment\nlayers:\n  - Dense: {units: '4' , activaton : relu}\n  - Droput: 0.5"
)
GOOD = (
    "input: [8]  # a comment\nlayers:\n  - Dense: {units: 4 , activation : relu}\n  - Dropout: 0.5"
)


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["validate", *arguments], input=stdin)


def fixed(text: str, **settings: object) -> str:
    return fix(compile_spec(Source(text, "spec.yaml"), settings), settings).compiled.source.text


def line(entry: str) -> str:
    """A spec with one entry."""
    shape = "[32, 32, 3]" if re.search("onv|Reshape|Flatten", entry) else "[8]"
    return f"input: {shape}\nlayers:\n  - {entry}\n"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        # Values of another type.
        ('Dense: {units: "64"}', "Dense: {units: 64}"),
        ("Dense: '64'", "Dense: 64"),
        ("Conv2D: {filters: 8, kernel_size: (3, 3)}", "Conv2D: {filters: 8, kernel_size: [3, 3]}"),
        ("Conv2D: {filters: 8, kernel_size: 3, strides: (2,2), name: c}", "Conv2D: {filters: 8, kernel_size: 3, strides: [2, 2], name: c}"),
        ("Reshape: (32, 96)", "Reshape: [32, 96]"),
        ("Dense: {units: 8, activation: None}", "Dense: {units: 8, activation: null}"),
        ("Dense: {units: 8, use_bias: 'True'}", "Dense: {units: 8, use_bias: True}"),
        ("Dense: {units: 8, use_bias: no}  # no", "Dense: {units: 8, use_bias: false}  # no"),
        ("Dense: {units: 8, use_bias: on}", "Dense: {units: 8, use_bias: true}"),
        ("Dense: {units: 8, name: 007}", 'Dense: {units: 8, name: "007"}'),
        ("Dense: 1_000", "Dense: 1000"),
        ("Dense: 64,", "Dense: 64"),
        ("Dense: 8.0", "Dense: 8"),
        ("Dense(units=64, activation='relu')", "Dense: {units: 64, activation: relu}"),
        # Names with one slip.
        ("Dens: 8", "Dense: 8"),
        ("'Dens': 8", "'Dense': 8"),
        ("&a !!map {&k Dens: &v '8'}", "&a !!map {&k Dense: &v 8}"),
        ("dense: 8", "Dense: 8"),
        ("conv_2d: {filters: 8, kernel_size: 3}", "Conv2D: {filters: 8, kernel_size: 3}"),
        ("Conv2D: {filters: 8, kernal_size: 3}", "Conv2D: {filters: 8, kernel_size: 3}"),
        ('Conv2D: {filters: 8, kernel_size: 3, padding: "smae"}', 'Conv2D: {filters: 8, kernel_size: 3, padding: "same"}'),
        ("Dense: {units: 8, activation: rleu}", "Dense: {units: 8, activation: relu}"),
        ("Dense: {units: 8, kernel_regularizer: {L2: {l2: '0.1'}}}", "Dense: {units: 8, kernel_regularizer: {L2: {l2: 0.1}}}"),
        ("LeakyReLU: {alpha: 0.1}", "LeakyReLU: {negative_slope: 0.1}"),
        ("Dropout: 0.5\n    call: {trainig: true}", "Dropout: 0.5\n    call: {training: true}"),
        ("Dropout: 0.5\n    frm: input", "Dropout: 0.5\n    from: input"),
        # Layers as Python has them, and what is glued.
        ("Dense(64)", "Dense: 64"),
        ("keras.layers.Flatten", "Flatten"),
        ("Dense:64", "Dense: 64"),
        ("Dense: {units:64, use_bias: true}", "Dense: {units: 64, use_bias: true}"),
        # Entries in the form of other programs.
        ("{type: Dense, units: 8, name: x}", "{Dense: {units: 8, name: x}}"),
        ('type: dense\n    units: 8  # wide\n    name: "x"', 'Dense:\n      units: 8  # wide\n      name: "x"'),
        ("{class_name: Dense, config: {units: 8}}", "{Dense: {units: 8}}"),
        ("class_name: Dense\n    config:\n      units: 8", "Dense:\n      units: 8"),
        ("type: Flatten", "Flatten"),
        ("{type: Dense, units: 8, from: input}", "{Dense: {units: 8}, from: input}"),
        ("keras.layers.Dense: 8", "Dense: 8"),
        ("Dense: {units: 8, kernel_regularizer: l2(0.01)}", "Dense: {units: 8, kernel_regularizer: {L2: {l2: 0.01}}}"),
        ("Dense: {units: 8, kernel_regularizer: {class_name: L2, config: {l2: 0.01}}}", "Dense: {units: 8, kernel_regularizer: {L2: {l2: 0.01}}}"),
        ("Conv2D: {filters: 8, kernel_size: 3x3}", "Conv2D: {filters: 8, kernel_size: [3, 3]}"),
        ("Dense: {units: 8, dtype: double}", "Dense: {units: 8, dtype: float64}"),
        ("LayerNormalization: {axis: - 1}", "LayerNormalization: {axis: -1}"),
        ("Dense: {units: 8, name: a: b}  # mergecli: ignore[unsafe-name]", 'Dense: {units: 8, name: "a: b"}  # mergecli: ignore[unsafe-name]'),
        ("tf.keras.layers.Dense: {units: 8}", "Dense: {units: 8}"),
        ("layers.Dense: 8", "Dense: 8"),
        ("tf.abs", "ops.abs"),
        ("Conv2D: {nb_filter: 8, kernel_size: 3, border_mode: same}", "Conv2D: {filters: 8, kernel_size: 3, padding: same}"),
        # Comments that ignore nothing.
        ("Dense: 8  # mergecli: ignore[unused-input] not any more", "Dense: 8"),
        ("Dense: {units: 8, name: a b}  # mergecli: ignore[empty, unsafe-name,syntax] so", "Dense: {units: 8, name: a b}  # mergecli: ignore[unsafe-name] so"),
        ("Dense: 8\n  # mergecli: ignore[unused-input]\n  - Dense: 8", "Dense: 8\n  - Dense: 8"),
    ],
)  # fmt: skip
def test_what_is_fixed(wrong: str, right: str) -> None:
    assert compile_spec(Source(line(wrong), "spec.yaml")).diagnostics
    assert compile_spec(Source(line(right), "spec.yaml")).diagnostics == []
    assert fixed(line(wrong)) == line(right)


@pytest.mark.parametrize(
    "text",
    [
        line("Conv4D: {filters: 8, kernel_size: 3}"),  # could be three
        line("Dens8: 8"),  # another number is another thing
        line("Linear: 8"),  # a guess
        line("Concat"),  # a guess
        line("nn.Linear: 8"),  # its first argument is another one
        line("name: x\n    type: Dense\n    units: 8"),  # the class is not the first key
        line("Dense: {units: 8.5}"),
        line("Dense: 1,000"),  # one, or a thousand
        line("Dropout: 0,5"),
        line("Dropout: 50%"),
        line("Dropout: 50"),
        line("Dense: 1:30"),
        line("Dense: {units: eight}"),
        line("Dense: {units: 8, activation: somethingelse}"),
        line("Dense: 8\n    from: inptu"),  # another wiring is another model
        "input: [8]\nlayers: [{Dense: {units: 4, name: a}}, {Dense: {units: 4, name: b}}]\noutputs: aa\n",
        "input: [8]\nvars: {w: '64'}\nlayers: [{Dense: $w}]\n",  # what is wrong stands elsewhere
        "input: [8]\nvars: {act: rleu}\nlayers: [{Dense: {units: 4, activation: $act}}]\n",
        "branches:\n  a: {input: [8], layers: [{Dense: 4}]}\n  b: {input: [8], layers: [{Dense: 5}]}\nmerge: Add\n",
        "input: [8]\nlayers:\n  - Dense:\n\tunits: 4\n",  # depends on how wide a tab is
        "input: [8]\ndescription: |\n  text\nlayers:\n\t- Dense: 4\n",  # a tab might be content
    ],
)
def test_what_is_not_safe_is_not_fixed(text: str) -> None:
    assert compile_spec(Source(text, "spec.yaml")).errors
    assert fixed(text) == text


def test_all_references_in_a_list_are_quoted_at_once() -> None:
    spec = "input: [4, 8]\nlayers:\n  - LSTM: {units: 8, return_state: true, name: a}\n"
    wrong = spec + "  - {Add: {}, from: [a[0], a[1] , a[2]]}\n"
    assert fixed(wrong) == spec + '  - {Add: {}, from: ["a[0]", "a[1]" , "a[2]"]}\n'


def test_a_fix_that_causes_a_new_diagnostic_is_not_applied() -> None:
    """After the misspelled layer the shapes do not fit, which is known only when it is a layer."""
    text = "input: [8]\nlayers:\n  - Dens: 4\n  - Reshape: [3, 3]\n  - Dense: {units: '4'}\n"
    result = fix(compile_spec(Source(text, "spec.yaml")))
    assert result.compiled.source.text == text.replace("'4'", "4")
    assert [d.code for d in result.fixed] == ["wrong-type"]
    assert [d.code for d in result.left] == ["unknown-layer"]


def test_what_tabs_have_hidden_is_fixed_in_turn() -> None:
    assert fixed("input: [8]\nlayers:\n\t- Dens: '4'\n\t\t# a\tcomment\n\t- Dense: 4\t#\t\n") == (
        "input: [8]\nlayers:\n  - Dense: 4\n    # a\tcomment\n  - Dense: 4\t#\t\n"
    )
    deeper = "input: [8]\nlayers:\n\t- Dense:\n\t\t\tunits: 4\n"
    assert compile_spec(Source(fixed(deeper), "spec.yaml")).diagnostics == []


def test_a_value_of_an_alias_is_fixed_once_at_its_anchor() -> None:
    text = "x-units: &units '8'\ninput: [8]\nlayers: [{Dense: *units}, {Dense: *units}]\n"
    assert fixed(text) == text.replace("'8'", "8")


def test_variables_count_as_they_are_set() -> None:
    text = "vars: {w: 8}\ninput: [8]\nlayers: [{Dense: {units: $w, use_bias: no}}]\n"
    assert fixed(text, w=16) == text.replace("no", "false")


DAMAGE = [
    (r"\bBatchNormalization\b", "BatchNormalisation"),
    (r"\bConv2D\b", "Conv2d"),
    (r"\bconcatenate\b|\bConcatenate\b", "Concatenat"),
    (r"(\{units|Conv2D: \{filters): (\d+)", r'\1: "\2"'),
    (r"padding: same", "paddin: same"),
    (r"activation: relu", "activation: rleu"),
    (r"(?m)^layers:", "layer:"),
    (r"(?m)^( +)  - ", "\\1\t- "),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize(("pattern", "wrong"), DAMAGE[:-1])
def test_a_spec_that_was_damaged_is_the_old_one_again(
    spec: pathlib.Path, pattern: str, wrong: str
) -> None:
    text = spec.read_text(encoding="utf-8")
    damaged = re.sub(pattern, wrong, text)
    assert damaged == text or compile_spec(Source(damaged, spec.name)).errors
    assert fixed(damaged) == text


@pytest.mark.parametrize(
    "case", sorted((ROOT / "tests" / "errors").glob("*.yaml")), ids=lambda path: path.stem
)
def test_no_fix_makes_anything_worse_and_a_second_run_changes_nothing(
    case: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case.parent)
    try:
        before = compile_spec(Source.read(case.name))
    except Exception as problem:
        assert getattr(problem, "code", None) == "not-utf8"
        return
    result = fix(before)
    assert (
        len(result.compiled.errors) <= len(before.errors)
        or before.diagnostics[0].code == "tab-indent"
    )
    assert len(result.fixed) == 0 or result.compiled.source.text != before.source.text
    again = fix(result.compiled)
    assert again.fixed == []
    assert again.compiled.source.text == result.compiled.source.text


# The command.


def test_fix_writes_the_file_and_reports_what_is_left(folder: pathlib.Path) -> None:
    (folder / "bad.yaml").write_text(BAD + "\n  - Dense: eight\n")
    result = invoke("--fix", "--format", "concise", "bad.yaml")
    assert (folder / "bad.yaml").read_text() == GOOD + "\n  - Dense: eight\n"
    assert result.stdout.startswith("bad.yaml:5:12: error[wrong-type]")
    assert result.stdout.count("\n") == 1
    assert result.stderr.splitlines()[0] == "fixed 3 problems in 1 file"
    assert result.exit_code == 1


def test_fix_of_all_there_is_ends_well(folder: pathlib.Path) -> None:
    result = invoke("--fix", "bad.yaml")
    assert (result.exit_code, result.stdout) == (0, "")
    assert invoke("--fix", "bad.yaml").stderr.startswith("1 file, no errors")


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_bytes_stay(mark: bytes, end: str, folder: pathlib.Path) -> None:
    tail = f'{end}x-note: "\u00e9\u2028层"  # trailing \t {end}{end}'
    text = (BAD + tail).replace("\n", end) if end != "\n" else BAD + tail
    (folder / "bad.yaml").write_bytes(mark + text.encode())
    assert invoke("--fix", "bad.yaml").exit_code == 0
    expected = text.replace(BAD.replace("\n", end), GOOD.replace("\n", end))
    assert (folder / "bad.yaml").read_bytes() == mark + expected.encode()


def test_permissions_stay_and_nothing_is_left_beside(folder: pathlib.Path) -> None:
    (folder / "bad.yaml").chmod(0o640)
    invoke("--fix", "bad.yaml")
    assert stat.S_IMODE((folder / "bad.yaml").stat().st_mode) == 0o640
    assert os.listdir(folder) == ["bad.yaml"]


def test_a_file_without_fixes_is_not_written(folder: pathlib.Path) -> None:
    (folder / "eight.yaml").write_text("input: [8]\nlayers: [{Dense: eight}]\n")
    before = (folder / "eight.yaml").stat()
    invoke("--fix", "eight.yaml")
    after = (folder / "eight.yaml").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_only_what_is_reported_is_fixed(folder: pathlib.Path) -> None:
    invoke("--fix", "--select", "unknown-layer", "bad.yaml")
    assert (folder / "bad.yaml").read_text() == BAD.replace("Droput", "Dropout")
    invoke("--fix", "--ignore", "unknown-argument", "bad.yaml")
    assert "activaton" in (folder / "bad.yaml").read_text()
    assert "units: 4 ," in (folder / "bad.yaml").read_text()


def test_an_included_file_is_not_touched(folder: pathlib.Path) -> None:
    (folder / "whole.yaml").write_text(
        "branches:\n  a: {spec: bad.yaml}\n  b: {input: [4], layers: [{Dens: 4}]}\nmerge: Add\n"
    )
    result = invoke("--fix", "whole.yaml", "--format", "concise")
    assert (folder / "bad.yaml").read_text() == BAD
    assert "{Dense: 4}" in (folder / "whole.yaml").read_text()
    assert "bad.yaml:4:5: error[unknown-layer]" in result.stdout


def test_a_link_in_a_folder_is_not_followed_but_a_named_one_is(folder: pathlib.Path) -> None:
    (folder / "specs").mkdir()
    (folder / "specs" / "link.yaml").symlink_to(folder / "bad.yaml")
    result = invoke("--fix", "specs")
    assert (folder / "bad.yaml").read_text() == BAD
    assert "not fixed, as it is a link" in result.stderr
    assert result.exit_code == 1
    assert invoke("--fix", "specs/link.yaml").exit_code == 0
    assert (folder / "bad.yaml").read_text() == GOOD
    assert (folder / "specs" / "link.yaml").is_symlink()


def test_a_file_that_changes_meanwhile_is_left_alone(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mergecli.cli import fix_run as fixes

    real = fixes.fix

    def slow(*arguments: object) -> object:
        (folder / "bad.yaml").write_text(BAD + "\n# edited\n")
        return real(*arguments)

    monkeypatch.setattr(fixes, "fix", slow)
    (folder / "other.yaml").write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    result = invoke("--fix", "bad.yaml", "other.yaml")
    assert "cannot write bad.yaml: it has changed since it was read" in result.stderr
    assert result.exit_code == 2
    assert (folder / "bad.yaml").read_text() == BAD + "\n# edited\n"
    assert sorted(os.listdir(folder)) == ["bad.yaml", "other.yaml"]


def test_standard_input_goes_through(folder: pathlib.Path) -> None:
    result = invoke("--fix", "-", stdin=b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").encode())
    assert result.stdout_bytes == b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert result.exit_code == 0
    left = invoke("--fix", "-", stdin="input: [8]\nlayers: [{Dense: eight}]\n")
    assert left.stdout == "input: [8]\nlayers: [{Dense: eight}]\n"
    assert "<stdin>:2:18: error[wrong-type]" in left.stderr
    assert left.exit_code == 1
    assert invoke("--fix", "-", stdin=GOOD).stdout == GOOD


def test_the_difference_can_be_applied(folder: pathlib.Path) -> None:
    result = invoke("--diff", "bad.yaml")
    assert (folder / "bad.yaml").read_text() == BAD
    assert result.exit_code == 1
    assert result.stdout.startswith(
        "--- bad.yaml\n+++ bad.yaml\n@@ -1,4 +1,4 @@\n input: [8]  # a comment\n"
    )
    assert result.stderr.splitlines()[0] == "would fix 3 problems in 1 file"
    subprocess.run(["git", "apply", "-p0"], input=result.stdout, text=True, check=True, cwd=folder)
    assert (folder / "bad.yaml").read_text() == GOOD
    assert invoke("--diff", "bad.yaml").stdout == ""
    assert invoke("--diff", "-", "--stdin-filename", "x.yaml", stdin=BAD).stdout.startswith(
        "--- x.yaml\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--fix", "--diff", "bad.yaml"],
        ["--fix", "-", "bad.yaml"],
        ["--diff", "bad.yaml", "--format", "json"],
        ["--fix", "-", "--format", "full"],
    ],
)
def test_what_excludes_each_other_is_wrong_usage(
    arguments: list[str], folder: pathlib.Path
) -> None:
    result = invoke(*arguments, stdin=BAD)
    assert (result.exit_code, result.stdout) == (2, "")
    assert (folder / "bad.yaml").read_text() == BAD


def test_a_report_beside_a_difference(folder: pathlib.Path) -> None:
    invoke("--diff", "bad.yaml", "--format", "concise=found.txt")
    assert (folder / "found.txt").read_text().count("\n") == 3


def test_sarif_has_the_fixes_that_were_tried(folder: pathlib.Path) -> None:
    import json

    (folder / "bad.yaml").write_text(
        "input: [8]\nlayers:\n  - Dens: 4\n  - Reshape: [3, 3]\n  - Dense: {units: '4'}\n"
    )
    results = json.loads(invoke("--format", "sarif", "bad.yaml").stdout)["runs"][0]["results"]
    fixes = {result["ruleId"]: result.get("fixes") for result in results}
    assert fixes["unknown-layer"] is None
    (change,) = fixes["wrong-type"][0]["artifactChanges"]
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 5, "startColumn": 20, "endLine": 5, "endColumn": 23},
            "insertedContent": {"text": "4"},
        }
    ]
