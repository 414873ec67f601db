"""The command line as a contract: exit codes, streams, formats, files."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result
from running import ROOT, SPECS, run

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

GOOD = "input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n"
BAD = "input: [8]\nlayers: [{Dens: 4}]\n"
IDLE = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: 4, from: a}]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    (tmp_path / "idle.yaml").write_text(IDLE)
    return tmp_path


def invoke(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


@pytest.mark.keras
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate", "good.yaml"], 0),
        (["validate", "bad.yaml"], 1),
        (["validate", "good.yaml", "bad.yaml"], 1),
        (["validate", "idle.yaml"], 0),
        (["validate", "--strict", "idle.yaml"], 1),
        (["validate"], 2),
        (["validate", "empty"], 2),
        (["validate", "--format", "xml", "good.yaml"], 2),
        (["validate", "--format", "json", "--format", "full", "good.yaml"], 2),
        (["validate", "missing.yaml", "bad.yaml"], 3),
        (["summary", "good.yaml"], 0),
        (["summary", "bad.yaml"], 1),
        (["summary", "empty"], 3),
        (["summary", "missing.yaml"], 3),
        (["build", "bad.yaml"], 1),
        (["build", "empty"], 3),
        (["build", "missing.yaml"], 3),
        (["build", "good.yaml", "--plot", "a.bmp"], 2),
        (["build", "good.yaml", "--no-plot", "--plot", "a.png"], 2),
        (["build", "good.yaml", "--rankdir", "XX"], 2),
        (["vaildate", "good.yaml"], 2),
    ],
    ids=str,
)
def test_exit_codes(arguments: list[str], code: int, folder: pathlib.Path) -> None:
    (folder / "empty").mkdir()
    result = invoke(*arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output


def test_a_missing_file_and_its_neighbour() -> None:
    result = invoke("validate", "godo.yaml")
    assert (
        result.stdout == "godo.yaml: error[not-found]: no such file; did you mean `good.yaml`?\n\n"
    )


def test_a_folder_is_walked_in_order_without_hidden_ones(folder: pathlib.Path) -> None:
    for path in (
        "specs/b.yml",
        "specs/a.yaml",
        "specs/deep/c.yaml",
        "specs/.hidden/d.yaml",
        "specs/notes.txt",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(GOOD)
    result = invoke("validate", "specs", "--format", "json")
    assert [entry["path"] for entry in json.loads(result.stdout)] == [
        "specs/a.yaml",
        "specs/b.yml",
        "specs/deep/c.yaml",
    ]


def test_standard_input_has_a_name() -> None:
    result = invoke("validate", "-", "--stdin-filename", "pipe.yaml", stdin=BAD)
    assert result.stdout.startswith("pipe.yaml:2:11: error[unknown-layer]")


def test_json_is_the_contract_s(folder: pathlib.Path) -> None:
    (entry,) = json.loads(invoke("validate", "bad.yaml", "--format", "json").stdout)
    (diagnostic,) = entry["diagnostics"]
    assert entry["path"] == "bad.yaml"
    assert diagnostic == {
        "code": "unknown-layer", "severity": "error", "message": "unknown layer `Dens`", "help": "did you mean `Dense`?", "note": None,
        "line": 2, "column": 11, "end_line": 2, "end_column": 15, "related": [],
    }  # fmt: skip


def test_one_line_of_json_a_file() -> None:
    lines = invoke("validate", "good.yaml", "bad.yaml", "--format", "jsonl").stdout.splitlines()
    assert [len(json.loads(line)["diagnostics"]) for line in lines] == [0, 1]


def test_several_formats_in_one_run(folder: pathlib.Path) -> None:
    result = invoke(
        "validate", "bad.yaml", "--format", "concise", "--format", "json=out/found.json"
    )
    assert result.stdout == "bad.yaml:2:11: error[unknown-layer]: unknown layer `Dens`\n"
    assert json.loads((folder / "out" / "found.json").read_text())[0]["path"] == "bad.yaml"


def test_the_closing_line_is_on_standard_error() -> None:
    result = invoke("validate", "good.yaml", "bad.yaml", "idle.yaml")
    assert result.stderr.startswith("1 error, 1 warning in 2 of 3 files (")
    assert invoke("validate", "-q", "bad.yaml").stderr == ""


def test_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\033[" not in invoke("validate", "bad.yaml").stdout
    assert "\033[" in invoke("validate", "bad.yaml", "--color").stdout
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\033[" in CliRunner().invoke(cli, ["validate", "bad.yaml"], color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033[" not in CliRunner().invoke(cli, ["validate", "bad.yaml"], color=True).stdout
    assert (
        "\033[" in CliRunner().invoke(cli, ["validate", "bad.yaml", "--color"], color=True).stdout
    )


def test_summary_json_is_the_contract_s() -> None:
    summary = json.loads(
        invoke("summary", str(ROOT / "specs" / "two_branch.yaml"), "--format", "json").stdout
    )
    assert summary["name"] == "merged model"
    assert summary["inputs"][0] == {
        "name": "Input_a",
        "shape": [None, 32, 32, 1],
        "dtype": "float32",
    }
    assert summary["outputs"] == [
        {"name": "output_layer", "shape": [None, 32, 32, 16], "dtype": "float32"}
    ]
    assert summary["layers"][0] == {
        "name": "a_layer_1", "class": "Dense", "branch": "a", "from": ["Input_a"], "output_shapes": [[None, 32, 32, 64]],
        "parameters": 128, "trainable_parameters": 128, "macs": 65536, "line": 8,
    }  # fmt: skip
    assert (summary["parameters"], summary["trainable_parameters"], summary["weight_bytes"]) == (
        22032,
        22032,
        88128,
    )


def test_an_alias_is_reported_at_its_anchor_once(folder: pathlib.Path) -> None:
    (folder / "alias.yaml").write_text(
        "x-tower: &tower\n  - Dens: 4\nbranches:\n  a: {input: [8], layers: *tower}\n  b: {input: [8], layers: *tower}\nmerge: Add\n"
    )
    assert (
        invoke("validate", "-q", "alias.yaml", "--format", "concise").stdout
        == "alias.yaml:2:5: error[unknown-layer]: unknown layer `Dens`\n"
    )


def test_windows_line_ends_and_a_byte_order_mark(folder: pathlib.Path) -> None:
    (folder / "windows.yaml").write_bytes(b"\xef\xbb\xbf" + BAD.replace("\n", "\r\n").encode())
    result = invoke("validate", "-q", "windows.yaml")
    assert (
        result.stdout.splitlines()[0]
        == "windows.yaml:2:11: error[unknown-layer]: unknown layer `Dens`"
    )
    assert result.stdout.splitlines()[1] == "  2 | layers: [{Dens: 4}]"


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{" * 100_000,
        "a: " * 100_000,
        "- " * 100_000,
        "&a " * 1000,
        "!" * 10_000,
        "? " * 10_000,
    ],
)
def test_hostile_nesting_gets_an_answer(text: str) -> None:
    result = invoke("validate", "-q", "-", stdin=text)
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_closed_pipe_is_silent() -> None:
    command = f"{sys.executable} -m mergecli summary {ROOT}/specs/u_net.yaml | true; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(
        ["bash", "-c", command],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert result.stderr == ""
    assert result.stdout.strip() in {"0", "141"}


def test_an_internal_error_is_one_line(folder: pathlib.Path) -> None:
    (folder / "sitecustomize.py").write_text(
        "import mergecli.compiler.lint\nmergecli.compiler.lint.GRAPH_RULES = [lambda graph: 1 / 0]\n"
    )
    result = run("validate", "good.yaml", PYTHONPATH=f"{folder}:{ROOT}")
    assert result.returncode == 70
    first, last = result.stderr.splitlines()
    assert first == "good.yaml: internal error while checking this file"
    assert last.startswith("mergecli: internal error: ZeroDivisionError")


@pytest.mark.keras
@pytest.mark.parametrize("command", ["build", "validate", "summary"])
def test_every_command_explains_itself(command: str) -> None:
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown"])
def test_golden_summaries(spec: pathlib.Path, form: str, rewrite: bool) -> None:
    result = invoke("summary", str(spec), "--format", form)
    assert (result.exit_code, result.stderr) == (0, "")
    golden = ROOT / "tests" / "golden" / f"{spec.stem}.summary.{form}"
    if rewrite:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(result.stdout, encoding="utf-8")
    assert result.stdout == golden.read_text(encoding="utf-8")


def test_every_example_of_the_catalogue_is_right() -> None:
    """What `mergecli layers NAME` shows can be pasted: its arguments are accepted."""
    from mergecli.catalog import registry
    from mergecli.catalog.reference import example
    from mergecli.compiler.pipeline import compile_spec
    from mergecli.diagnostics.source import Source

    wrong = {}
    for name, kind in registry.layers().items():
        shown = example(kind)
        if kind.__name__ == "InputLayer" or not shown:
            continue
        found = compile_spec(
            Source(f"input: [8, 8, 3]\nlayers:\n  {shown}\n", "example.yaml")
        ).errors
        # The example's own input is another one; only its arguments are judged.
        codes = {
            "syntax",
            "unknown-argument",
            "missing-argument",
            "wrong-type",
            "wrong-value",
            "unknown-layer",
        }
        guilty = [
            d.message
            for d in found
            if d.code in codes
            and "dtype" not in d.message
            and "takes" not in d.message
            and "from" not in d.message
        ]
        if guilty:
            wrong[name] = (shown, guilty)
    assert wrong == {}


@pytest.mark.keras
def test_init_gives_a_spec_without_faults(folder: pathlib.Path) -> None:
    from mergecli.runtime.build import build

    printed = invoke("init")
    written = invoke("init", "new.yaml")
    assert printed.exit_code == written.exit_code == 0
    assert (folder / "new.yaml").read_text() == printed.stdout
    assert invoke("validate", "--strict", "new.yaml").exit_code == 0
    assert invoke("fmt", "--check", "new.yaml").exit_code == 0
    network = compile_spec(Source(printed.stdout, "new.yaml")).network
    assert network is not None and build(network).output_shape == (None, 1)


def test_init_overwrites_nothing(folder: pathlib.Path) -> None:
    result = invoke("init", "good.yaml")
    assert result.exit_code == 2 and "good.yaml already exists" in result.stderr
    assert (folder / "good.yaml").read_text() == GOOD
    assert invoke("init", "new.json").exit_code == 2


def test_summary_of_a_saved_model(folder: pathlib.Path) -> None:
    model = str(ROOT / "tests" / "errors" / "parts" / "encoder.json")
    result = invoke("summary", model, "--format", "json")
    assert result.exit_code == 0
    facts = json.loads(result.stdout)
    assert (facts["name"], facts["parameters"], [row["name"] for row in facts["layers"]]) == (
        "encoder",
        58,
        ["hidden", "pooled", "label"],
    )
    # It is listed, as nothing of it runs; it is not made into anything.
    unsafe = str(ROOT / "tests" / "errors" / "parts" / "unsafe.json")
    listed = invoke("summary", unsafe)
    assert listed.exit_code == 0 and "warning[unsafe-model]" in listed.stderr
    refused = invoke("export", unsafe, "--to", "python")
    assert refused.exit_code == 1 and "error[unsafe-model]" in refused.stderr
    assert invoke("summary", "missing.keras").exit_code == 3
    assert invoke("summary", model, "--set", "a=1").exit_code == 2


def test_layers_shows_applications() -> None:
    page = invoke("layers", "MobileNetV2").stdout
    assert "  alpha                  a number above 0; 1.0 by default\n" in page
    assert "(None, 224, 224, 3) -> (None, 1000), 3,538,984 parameters\n" in page
    facts = json.loads(invoke("layers", "VGG16", "--json").stdout)
    assert facts["results"][1] == {
        "include_top": False,
        "input": "(None, None, None, 3)",
        "output": "(None, None, None, 512)",
        "parameters": 14_714_688,
    }
    assert "did you mean `MobileNetV2`" in invoke("layers", "MobilNetV2").stderr
