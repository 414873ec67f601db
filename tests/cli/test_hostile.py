"""Hostile input through the command line: nothing injected, nothing hanging, nothing half-written."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest
from click.testing import CliRunner
from running import ROOT, run

from mergecli.cli.main import cli

GOOD = "input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n"

# Escape sequences and lines. -----------------------------------------------------------------------

#: Sets the title of a terminal, reverses text, begins commands and headings, ends quotes.
NASTY = "\x1b]0;x\x07\x9b31m\u202e\u2066\n::error::x\r\n# Approved\u2028|`<b>&\"'##[error]x"
#: At the start of a line: a workflow command, a heading, a reference to a team.
BEGINS = re.compile(r"^\s*(::(error|warning)(?! file=)|# Approved)", re.M)
REPORTS = ("full", "concise", "json", "jsonl", "github", "gitlab", "junit", "sarif")


def nasty_spec(units: int) -> str:
    """Return a sound spec with hostile names."""

    def name(start: str) -> str:
        return json.dumps(start + NASTY)

    return f"""name: {name("=HYPERLINK(1)")}
branches:
  {name("a")}: {{input: [8], layers: [{{Dense: {{units: {units}, name: {name("::error::")}}}}}]}}
  {name("@b")}: {{input: {{shape: [8], name: {name("in")}}}, layers: [{{Dense: 4}}]}}
merge: {{Concatenate: {{name: {name("m")}}}}}
head: [{{Dense: {{units: 2, name: {name("=1+")}}}}}]
outputs: {{{name("o")}: {name("=1+")}}}
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(nasty_spec(3))
    (tmp_path / f"b{NASTY.replace('/', '_')}.yaml").write_text(nasty_spec(5))
    quoted = json.dumps(NASTY)
    (tmp_path / "bad.yaml").write_text(
        f"input: [8]\nlayers: [{{Dense: {{units: 3, {quoted}: 4}}}}, {{{quoted}: 3}}]\n{quoted}: 3\n"
    )
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path


def assert_clean(text: str) -> None:
    hidden = {c for c in text if not c.isprintable() and c not in "\t\n\xa0"}
    assert not hidden, text
    assert not BEGINS.search(text), text


def commands() -> list[list[str]]:
    specs = ["a.yaml", f"b{NASTY}.yaml"]
    found = [["diff", "--format", form, *specs] for form in ("text", "json", "markdown", "mermaid")]
    for spec in (*specs, "bad.yaml", f"missing{NASTY}.yaml"):
        found += [["summary", "--format", f, spec] for f in ("text", "json", "csv", "markdown")]
        found += [["validate", "--format", form, spec] for form in REPORTS]
        found += [["plot", spec, "-o", f"out.{form}"] for form in ("svg", "dot", "mmd", "html")]
        found += [
            ["plot", spec, "--style", "paper", "-o", f"out.{form}"] for form in ("svg", "tex")
        ]
        found += [["export", spec, "--to", form] for form in ("spec", "python", "keras-json")]
        found += [["fmt", "--check", spec], ["merge", spec, "good.yaml"], ["import", spec]]
    found += [
        ["plot", "a.yaml", "-o", f"{NASTY}.mmd"],
        ["summary", "--set", f"{NASTY}=1", "a.yaml"],
    ]
    found += [["layers", NASTY], ["explain", NASTY], [NASTY], ["validate", "--select", NASTY, "."]]
    return found


@pytest.mark.parametrize("arguments", commands(), ids=lambda words: " ".join(words)[:24])
def test_a_nasty_string_is_escaped_wherever_it_is_written(
    arguments: list[str], folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    result = CliRunner().invoke(cli, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    # `main` prints wrong usage through the same functions; `CliRunner` does not come to it.
    assert_clean(result.stdout)
    if result.exit_code != 2:
        assert_clean(result.stderr)
    for path in folder.glob("out.*"):
        # Lines mean nothing in a page.
        assert_clean(path.read_text().replace("\n", " "))


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "set"],
        ["validate", "--select", NASTY, "a.yaml"],
        ["plot", "a.yaml", "-o", NASTY],
        [NASTY],
        ["summary", "--set", NASTY, "a.yaml"],
        ["validate", f"::error::{NASTY}.yaml", "good.yaml"],
    ],
    ids=lambda words: words[0][:8],
)
def test_wrong_usage_is_escaped(arguments: list[str], folder: pathlib.Path) -> None:
    (folder / "set").mkdir()
    (folder / "set" / "good.yaml").write_text(GOOD)
    (folder / "set" / "pyproject.toml").write_text(
        '[tool.mergecli]\n"' + "".join(f"\\u{ord(c):04x}" for c in NASTY) + '" = 3\n'
    )
    result = run(*arguments, cwd=folder, GITHUB_ACTIONS="")
    assert result.returncode in (2, 3)
    assert_clean(result.stdout)
    assert_clean(result.stderr)


def test_no_cell_of_a_table_is_a_formula(folder: pathlib.Path) -> None:
    import csv

    text = CliRunner().invoke(cli, ["summary", "--format", "csv", "a.yaml"]).stdout
    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert any("=1+" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


# Pictures. ------------------------------------------------------------------------------------------


def test_very_many_long_arrows_are_not_laid_out(folder: pathlib.Path) -> None:
    lines = ["inputs: {a: [8]}", "layers:", "  - {Dense: {units: 8, name: d0}, from: a}"]
    for i in range(1, 80):
        sources = ", ".join(f"d{k}" for k in range(i))
        lines.append(f"  - {{Add: {{name: d{i}}}, from: [{sources}, a]}}")
    (folder / "chain.yaml").write_text("\n".join(lines) + "\n")
    result = CliRunner().invoke(cli, ["plot", "chain.yaml", "-o", "out.svg", "--detail", "layer"])
    assert result.exit_code == 0, result.output
    assert "too many arrows" in result.stderr


@pytest.mark.parametrize("shape", ["to one box", "from one box", "side by side", "past each other"])
def test_very_many_boxes_side_by_side_are_not_laid_out(shape: str) -> None:
    """For each pair of a rank Graphviz needs memory: 5,000 boxes would need several GiB."""
    from mergecli.exporters.pictures.graphviz import WIDEST_RANK, TooManyArrows, _check_arrows

    def text(count: int) -> str:
        lines = {
            "to one box": "  a{0} -> end",
            "from one box": "  start -> b{0}",
            "side by side": "  a{0} -> b{0}",
            "past each other": "  a{0} -> b{0}\n  b{0} -> c{0}\n  a{0} -> c{0}",
        }
        arrows = (lines[shape].format(number) for number in range(count))
        return "digraph model {\n" + "\n".join(arrows) + "\n}\n"

    with pytest.raises(TooManyArrows, match="too many boxes or arrows side by side"):
        _check_arrows(text(WIDEST_RANK + 1))
    _check_arrows(text(WIDEST_RANK // 2))


def test_layers_that_share_an_input_with_later_ones_are_drawn(folder: pathlib.Path) -> None:
    (folder / "cross.yaml").write_text(
        "inputs: {a: [8]}\nlayers:\n"
        + "".join(f"  - {{Dense: {{units: 8, name: d{i}}}, from: a}}\n" for i in range(40))
        + f"  - {{Add: {{name: s}}, from: [{', '.join(f'd{i}' for i in range(40))}]}}\n"
    )
    result = CliRunner().invoke(cli, ["plot", "cross.yaml", "-o", "out.svg"])
    assert result.exit_code == 0, result.output


# Settings. ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[tool.mergecli]\nx = " + "[" * 5000 + "]" * 5000,
        "[tool.mergecli]\n" + ".".join(["a"] * 20_000) + " = 1\n",
        "[" + ".".join(["a"] * 20_000) + "]\n[tool.mergecli]\n",
    ],
    ids=["deep", "key", "header"],
)
def test_hostile_settings_are_wrong_usage(text: str, folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").write_text(text)
    result = CliRunner().invoke(cli, ["validate", "good.yaml"])
    assert result.exit_code == 2, result.output
    assert "pyproject.toml: " in result.stderr


# Special files. -------------------------------------------------------------------------------------


@pytest.fixture(params=["pipe", "device", "socket"])
def special(request: pytest.FixtureRequest, folder: pathlib.Path) -> str:
    """A file that is not a regular one, by another name for each use."""
    path = folder / "special"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "device":
        path.symlink_to("/dev/zero")
    else:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("special")
    for name in ("s.yaml", "s.keras", "s.json", "s.h5"):
        (folder / name).symlink_to(path)
    return "special"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate", "s.yaml"], 3),
        (["validate", "walked"], 3),
        (["validate", "include.yaml"], 1),
        (["validate", "model.yaml"], 1),
        (["summary", "s.keras"], 3),
        (["summary", "s.json"], 3),
        (["summary", "s.h5"], 3),
        (["import", "s.keras"], 3),
        (["fmt", "s.yaml"], 3),
        (["diff", "s.yaml", "good.yaml"], 3),
        (["validate", "set"], 2),
    ],
)
def test_only_regular_files_are_read(
    arguments: list[str], code: int, special: str, folder: pathlib.Path
) -> None:
    for name in ("walked", "set"):
        (folder / name).mkdir()
        (folder / name / "good.yaml").write_text(GOOD)
    (folder / "walked" / "s.yaml").symlink_to(folder / special)
    (folder / "set" / "pyproject.toml").symlink_to(folder / special)
    head = "merge: Add\n"
    (folder / "include.yaml").write_text(
        "branches: {a: {spec: s.yaml}, b: {spec: good.yaml}}\n" + head
    )
    (folder / "model.yaml").write_text(
        "branches: {a: {model: s.keras}, b: {spec: good.yaml}}\n" + head
    )
    if arguments[0] == "validate":
        arguments = [*arguments, "--allow-outside"]
    result = run(*arguments, cwd=folder)
    assert result.returncode == code, result.stdout + result.stderr
    assert "is not a regular file" in result.stdout + result.stderr


def test_a_path_with_nul_is_an_error_of_the_spec(folder: pathlib.Path) -> None:
    for role in ("spec", "model"):
        (folder / "nul.yaml").write_text(
            f'branches: {{a: {{{role}: "a\\0.{"yaml" if role == "spec" else "keras"}"}}}}\nmerge: Add\n'
        )
        result = CliRunner().invoke(cli, ["validate", "nul.yaml"])
        assert result.exit_code == 1, result.output
        assert "NUL" in result.output


def test_process_substitution_is_read(folder: pathlib.Path) -> None:
    command = f"{sys.executable} -m mergecli validate <(cat good.yaml)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, timeout=60)
    assert result.returncode == 0


# Outputs. -------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize("form", ["summary", "export", "plot"])
def test_an_output_keeps_its_permissions_and_its_link(form: str, folder: pathlib.Path) -> None:
    arguments = {
        "summary": ["validate", "good.yaml", "--format", "json=out"],
        "export": ["export", "good.yaml", "--to", "python", "-o", "out"],
        "plot": ["plot", "good.yaml", "-o", "out.mmd"],
    }[form]
    link = folder / ("out.mmd" if form == "plot" else "out")
    (folder / "there").mkdir()
    target = folder / "there" / "target"
    target.write_text("old")
    target.chmod(0o600)
    link.symlink_to(target)
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert link.is_symlink() and target.read_text() != "old"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (folder / "there").iterdir()] == ["target"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_no_temporary_file(name: str, folder: pathlib.Path) -> None:
    program = (
        "import os, signal\nfrom mergecli.cli import terminal\nfrom mergecli.diagnostics import files\n"
        # Under `nohup`, which the tests may run under, the signal stays ignored.
        f"signal.signal(signal.{name}, signal.SIG_DFL)\n"
        "files.before_writing = terminal.handle_signals\n"
        f"files.move = lambda pairs: os.kill(os.getpid(), signal.{name})\n"
        "files.write('new', 'text')\n"
    )
    before = sorted(os.listdir(folder))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=folder, env=environment, timeout=60)
    assert result.returncode == 128 + getattr(signal, name)
    assert sorted(os.listdir(folder)) == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fontconfig is asked on Linux")
def test_a_picture_that_is_printed_leaves_nothing_at_a_signal(
    folder: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    program = (
        "import os, signal, sys\nfrom mergecli.cli.main import main\n"
        "from mergecli.exporters.pictures import fonts, graphviz\n"
        "def ended(*rest, **more):\n"
        "    assert fonts.provide() and os.listdir(os.environ['TMPDIR'])\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "graphviz.rendered = ended\n"
        "sys.argv = ['mergecli', 'plot', 'good.yaml', '--format', 'svg']\nmain()\n"
    )
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=folder, env=environment, timeout=60)
    assert result.returncode == 128 + signal.SIGTERM
    assert os.listdir(tmp_path / "tmp") == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["summary", "validate", "schema", "layers"])
def test_a_full_disk_is_named(command: str, folder: pathlib.Path) -> None:
    arguments = [command, "good.yaml"] if command == "summary" else [command]
    arguments += ["bad.yaml"] if command == "validate" else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "mergecli", *arguments],
            cwd=folder, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
    assert result.returncode == 2
    assert "cannot write standard output: No space left on device" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("place", ["../out", "/tmp/out", "a/../../out"])
def test_settings_cannot_put_outputs_elsewhere(place: str, folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").write_text(f'[tool.mergecli]\noutput-dir = "{place}"\n')
    result = CliRunner().invoke(cli, ["validate", "good.yaml"])
    assert result.exit_code == 2
    assert "must be inside its folder" in result.stderr


# Included files. ------------------------------------------------------------------------------------

SECRET = "root:$6$secret:19000:0:99999:7:::\n"
INCLUDE = "branches: {a: {spec: PATH}, b: {spec: PATH, prefix: b_}}\nmerge: Add\n"


@pytest.fixture
def project(folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A project with a spec in a folder of it, and files outside of it."""
    top = folder / "project"
    (top / "specs").mkdir(parents=True)
    (top / "pyproject.toml").write_text("")
    (top / "shared.yaml").write_text(GOOD)
    (top / "notes.yaml").write_text(SECRET)
    (folder / "shadow").write_text(SECRET)
    (top / "link.yaml").symlink_to(folder / "good.yaml")
    monkeypatch.chdir(top)
    return top


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../shared.yaml", ""),
        ("../link.yaml", "outside-project"),
        ("../../good.yaml", "outside-project"),
        ("../../shadow", "outside-project"),
        ("/etc/passwd", "outside-project"),
        ("../notes.yaml", "wrong-type"),
    ],
)
def test_an_included_file_is_in_the_project_and_a_spec(
    path: str, code: str, project: pathlib.Path
) -> None:
    (project / "specs" / "a.yaml").write_text(INCLUDE.replace("PATH", path))
    result = CliRunner().invoke(cli, ["validate", "specs/a.yaml"])
    assert result.exit_code == bool(code), result.output
    assert f"error[{code}]" in result.output or not code
    assert "secret" not in result.output and "root:" not in result.output


def test_files_outside_of_the_project_can_be_allowed(project: pathlib.Path) -> None:
    (project / "specs" / "a.yaml").write_text(INCLUDE.replace("PATH", "../../good.yaml"))
    result = CliRunner().invoke(cli, ["validate", "--allow-outside", "specs/a.yaml"])
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(cli, ["validate", "specs/a.yaml"])
    assert result.exit_code == 1, result.output


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../words.txt", ""),
        ("../missing.txt", "not-found"),
        ("/etc/passwd", "outside-project"),
        ("../../shadow", "outside-project"),
        ("gs://bucket/words.txt", "not-found"),
        ("http://localhost/words.txt", "not-found"),
        ("/dev/zero", "outside-project"),
    ],
)
@pytest.mark.parametrize("layer", ["{StringLookup: {vocabulary: PATH}}",
                                   "{TextVectorization: {vocabulary: PATH}}"])  # fmt: skip
def test_a_vocabulary_is_a_file_of_the_project(
    layer: str, path: str, code: str, project: pathlib.Path
) -> None:
    (project / "words.txt").write_text("a\nb\n")
    text = f"input: {{shape: [1], dtype: string}}\nlayers: [{layer.replace('PATH', path)}]\n"
    (project / "specs" / "a.yaml").write_text(text)
    result = CliRunner().invoke(cli, ["validate", "specs/a.yaml"])
    assert result.exit_code == bool(code), result.output
    assert f"error[{code}]" in result.output or not code


MODEL = {
    "class_name": "Sequential",
    "keras_version": "3.8.0",
    "config": {
        "name": "m",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": "i"}},
            {"class_name": "Dense", "config": {"units": 3, "name": "d"}},
        ],
    },
}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../missing.h5", "not-found"),
        ("../../shadow", "outside-project"),
        ("/etc/passwd", "outside-project"),
        ("/dev/zero", "outside-project"),
        ("http://localhost/a.h5", "not-found"),
        ("a\\0.h5", "not-found"),
    ],
)
@pytest.mark.parametrize("part", ["model: m.json", "application: MobileNetV2, output: Conv1"])
def test_weights_are_a_file_of_the_project(
    part: str, path: str, code: str, project: pathlib.Path
) -> None:
    (project / "specs" / "m.json").write_text(json.dumps(MODEL))
    path += ".weights.h5" if part.startswith("application") else ""
    (project / "specs" / "a.yaml").write_text(
        f'branches:\n  a: {{{part}, layers: [Flatten], with: {{weights: "{path}"}}}}\n'
        "  b: {input: [3], layers: [Dense: 4]}\nmerge: Concatenate\n"
    )
    result = CliRunner().invoke(cli, ["validate", "specs/a.yaml"])
    assert result.exit_code == 1, result.output
    assert f"error[{code}]" in result.output, result.output
    if code == "outside-project":
        result = CliRunner().invoke(cli, ["validate", "--allow-outside", "specs/a.yaml"])
        assert "outside-project" not in result.output


# Revisions. -----------------------------------------------------------------------------------------


def test_a_file_named_like_a_revision_hides_no_change(folder: pathlib.Path) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "good.yaml"], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    (folder / "good.yaml").write_text(GOOD.replace("4", "5"))
    (folder / "HEAD:good.yaml").write_text(GOOD.replace("4", "5"))
    result = CliRunner().invoke(cli, ["diff", "HEAD:good.yaml", "good.yaml"])
    assert result.exit_code == 2, result.output
    assert "name the file as ./HEAD:good.yaml" in result.stderr
    result = CliRunner().invoke(cli, ["diff", "./HEAD:good.yaml", "good.yaml"])
    assert result.exit_code == 0, result.output


# Names. ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["svg", "pdf", "html", "mmd"])
def test_very_long_names_are_drawn(form: str, folder: pathlib.Path) -> None:
    long = '"' + "n" * 99_999 + '\\""'
    (folder / "long.yaml").write_text(
        f"name: {long}\ninput: [8]\nlayers: [{{Dense: {{units: 3, name: {long}}}}}]\n"
    )
    result = CliRunner().invoke(cli, ["plot", "long.yaml", "-o", f"out.{form}"])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    "text",
    [
        "input: [8]\nlayers:\n  - Dense: {null: 4, units: 3}\n",
        "input: [8]\nlayers:\n  - Dense:\n      : 4\n",
        "~: 3\ninput: [8]\nlayers: [Flatten]\n",
        "input: [8]\nlayers:\n  - {? : Dense, ? ~ : 4}\n",
        "input: [8]\nlayers:\n  - Dense: {units: 3,&name: out}\n",
        "input: [8]\nlayers: [{Dense: -}, -, {- : 3}]\n",
        "? \n: {? '': 3}\ninput: [8]\nlayers: [Flatten]\n",
        "vars: {~: 3, null: 4}\nblocks: {~: {layers: [Flatten], params: {~: 3}}}\ninput: {~: 8}\n",
    ],
)
def test_keys_that_are_null_are_formatted(text: str, folder: pathlib.Path) -> None:
    path = folder / "null.yaml"
    path.write_text(text)
    for arguments in (["validate"], ["fmt", "--diff"], ["fmt"], ["fmt", "--check"], ["summary"]):
        result = CliRunner().invoke(cli, [*arguments, "null.yaml"])
        assert isinstance(result.exception, (SystemExit, type(None))), result.exception
    assert result.exit_code == 1, result.output
    # What `fmt` cannot read it leaves alone; what it writes it does not change again.
    result = CliRunner().invoke(cli, ["fmt", "--check", "null.yaml"])
    assert "would rewrite" not in result.output
    assert result.exit_code == 0 or path.read_text() == text


def test_a_text_with_every_private_character_is_read(folder: pathlib.Path) -> None:
    private = "".join(map(chr, range(0xE000, 0xF900)))
    (folder / "private.yaml").write_text(f"# {private}\x85\n{GOOD}", encoding="utf-8")
    for arguments in (["validate"], ["fmt", "--diff"], ["summary"]):
        result = CliRunner().invoke(cli, [*arguments, "private.yaml"])
        assert result.exit_code == 0, result.output
