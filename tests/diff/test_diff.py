"""`mergecli diff`: what is said of two models, in every format, and how it ends."""

from __future__ import annotations

import json
import os
import pathlib
import random
import re
import subprocess
import sys
import textwrap

import mutations
import pytest
from click.testing import CliRunner, Result
from diff_cases import CASES, between
from running import ROOT, SPECS, run

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff import compare
from mergecli.diff.model import unfold

FORMATS = {"text": "txt", "json": "json", "markdown": "md", "mermaid": "mmd"}


def invoke(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["diff", *map(str, arguments)], input=stdin)


# What is printed. ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", CASES, ids=lambda path: path.name.split(".")[0])
@pytest.mark.parametrize("form", FORMATS)
def test_golden(
    old: pathlib.Path, form: str, rewrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(old.parent)
    case = old.name.split(".")[0]
    result = invoke(f"{case}.old.yaml", f"{case}.new.yaml", "--format", form)
    golden = old.with_name(f"{case}.{FORMATS[form]}")
    assert (result.exit_code, result.stderr) == (1, "")
    if rewrite:
        golden.write_text(result.stdout, encoding="utf-8")
    assert result.stdout == golden.read_text(encoding="utf-8")


def test_the_readme_shows_what_is_printed(rewrite: bool) -> None:
    path = ROOT / "docs" / "reference" / "commands.md"
    shown = (ROOT / "tests" / "golden" / "diff" / "review.txt").read_text(encoding="utf-8")
    if rewrite:
        text = path.read_text(encoding="utf-8")
        path.write_text(
            re.sub(
                r"(```text\n)(?:review\.old|REVIEW).*?(```)",
                lambda m: m[1] + shown + m[2],
                text,
                flags=re.S,
            ),
            encoding="utf-8",
        )
    assert f"```text\n{shown}```" in path.read_text(encoding="utf-8")


def test_colour_only_where_it_is_wanted() -> None:
    old, new = CASES[0], CASES[0].with_name(CASES[0].name.replace("old", "new"))
    assert "\033[" not in invoke(old, new).stdout
    colored = invoke(old, new, "--color").stdout
    assert "\033[32m+ added" in colored
    assert re.sub(r"\033\[\d+m", "", colored) == invoke(old, new).stdout


def test_several_formats_in_one_run(tmp_path: pathlib.Path) -> None:
    old, new = CASES[0], CASES[0].with_name(CASES[0].name.replace("old", "new"))
    result = invoke(
        old,
        new,
        "--format",
        "text",
        "--format",
        f"markdown={tmp_path}/a.md",
        "--format",
        f"json={tmp_path}/a.json",
    )
    assert result.exit_code == 1 and result.stdout.startswith(str(old))
    assert (tmp_path / "a.md").read_text().startswith("**`")
    assert json.loads((tmp_path / "a.json").read_text())["same"] is False


# How it ends. ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n")
    (tmp_path / "b.yaml").write_text("input: [8]\nlayers: [{Dense: {units: 5, name: out}}]\n")
    (tmp_path / "bad.yaml").write_text("input: [8]\nlayers: [{Dens: 4}]\n")
    (tmp_path / "bad.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "code", "stderr"),
    [
        (["a.yaml", "a.yaml"], 0, "a.yaml and a.yaml are the same model\n"),
        (["a.yaml", "b.yaml"], 1, ""),
        (["a.yaml", "bad.yaml"], 3, "bad.yaml:2:11: error[unknown-layer]"),
        (["a.yaml", "bad.json"], 3, "bad.json: error[not-a-model]"),
        (["missing.yaml", "bad.yaml"], 3, "missing.yaml: error[not-found]"),
        (["nowhere:a.yaml", "a.yaml"], 3, "nowhere:a.yaml: error[not-found]"),
        (["a.yaml"], 2, "between two models"),
        (["a.yaml", "b.yaml", "b.yaml"], 2, "between two models"),
        (["-", "-"], 2, "only one side"),
        (["a.yaml", "b.yaml", "--format", "xml"], 2, "There is no format 'xml'"),
        (["a.yaml", "b.yaml", "--format", "json", "--format", "text"], 2, "only one format"),
        (["a.yaml", "b.yaml", "--format", "json=b.yaml"], 2, "would overwrite"),
    ],
    ids=str,
)
def test_exit_codes(arguments: list[str], code: int, stderr: str, folder: pathlib.Path) -> None:
    before = (folder / "b.yaml").read_text()
    result = invoke(*arguments)
    assert result.exit_code == code, result.output
    assert stderr in result.stderr and "Traceback" not in result.output
    assert (result.stdout == "") == (code != 1)
    assert (folder / "b.yaml").read_text() == before


def test_quiet_and_standard_input(folder: pathlib.Path) -> None:
    assert (invoke("-q", "a.yaml", "b.yaml").output, invoke("-q", "a.yaml", "a.yaml").output) == (
        "",
        "",
    )
    result = invoke("a.yaml", "-", stdin=(folder / "b.yaml").read_text())
    assert result.exit_code == 1 and result.stdout.startswith("a.yaml -> <stdin>\n")


def test_variables_count_for_both_sides(folder: pathlib.Path) -> None:
    (folder / "v.yaml").write_text(
        "vars: {n: 1}\ninput: [8]\nlayers: [{Dense: {units: $n, name: out}}]\n"
    )
    assert invoke("v.yaml", "a.yaml").exit_code == 1
    assert invoke("v.yaml", "v.yaml", "--set", "n=4").exit_code == 0


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_heavy_is_loaded(form: str) -> None:
    code = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: sys.stderr.write('\\n' + json.dumps(sorted({m.split('.')[0] for m in sys.modules}))))\n"
        f"sys.argv = ['mergecli', 'diff', {str(CASES[0])!r}, {str(SPECS[0])!r}, '--format', {form!r}]\n"
        "from mergecli.cli.main import main\nmain()\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout
    heavy = {
        "keras",
        "tensorflow",
        "jax",
        "torch",
        "numpy",
        "pydot",
        "graphviz",
        "pygraphviz",
        "h5py",
        "rich",
        "dataclasses",
    }
    assert not set(json.loads(result.stderr.splitlines()[-1])) & heavy


# What is the same. -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_spec_is_what_it_comes_to(path: pathlib.Path) -> None:
    """Variables, blocks, repetitions, branches and included models are notations; what they expand to is the same model."""
    from mergecli.exporters.yaml.writer import expanded

    compiled = compile_spec(Source.read(str(path)))
    assert compiled.network is not None
    again = compile_spec(Source(expanded(compiled.network), str(path)))
    assert again.network is not None
    found = compare(unfold(compiled.network), unfold(again.network))
    assert found.same, found
    assert found.loading.whole is True and found.loading.loaded == found.loading.needed


SAME = [
    (
        "Dense: 4",
        "Dense: {units: 4, use_bias: true, activation: linear, kernel_initializer: GlorotUniform, dtype: float32}",
    ),
    (
        "Conv2D: {filters: 2, kernel_size: 3}",
        "Conv2D: {kernel_size: [3, 3], filters: 2, strides: 1, padding: valid, dilation_rate: [1, 1]}",
    ),
    ("Dense: {units: 4, activation: swish}", "Dense: {units: 4, activation: silu}"),
    (
        "Dense: {units: 4, kernel_initializer: he_normal}",
        "Dense: {units: 4, kernel_initializer: {HeNormal: {}}}",
    ),
    (
        "Dense: {units: 4, kernel_regularizer: l2}",
        "Dense: {units: 4, kernel_regularizer: {L2: {l2: 0.01}}}",
    ),
    ("MaxPool2D", "MaxPooling2D: {pool_size: 2, data_format: null}"),
    ("MaxPooling2D: 3", "MaxPooling2D: {pool_size: [3, 3], strides: 3}"),
    ("Softmax: {axis: 1}", "Softmax: {axis: [1]}"),
    ("RandomBrightness: 0.2", "RandomBrightness: {factor: [-0.2, 0.2]}"),
    (
        "TimeDistributed: {layer: {Dense: 3}}",
        "TimeDistributed: {layer: {Dense: {units: 3, name: other}}}",
    ),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_ways_to_write_an_argument(one: str, other: str) -> None:
    text = "name: x\ninput: [8, 8, 3]\nlayers:\n  - {ENTRY}\n"
    assert between(text.replace("{ENTRY}", one), text.replace("{ENTRY}", other)).same


def test_lanes_names_of_specs_and_of_branches_are_no_difference() -> None:
    old = "name: one\nbranches:\n  a: {input: {shape: [8], name: i}, layers: [{Dense: {units: 4, name: d}}]}\nhead: [{Dense: {units: 2, name: e}}]\n"
    new = "input: {shape: [8], name: i}\nlayers: [{Dense: {units: 4, name: d}}, {Dense: {units: 2, name: e}}]\n"
    assert between(old, new).same


@pytest.mark.keras
def test_models_in_models_and_layers_of_the_user(tmp_path: pathlib.Path) -> None:
    """What is in a nested model is compared layer by layer, and so are arguments of layers that no rule knows."""
    part = "input: [8]\nlayers: [{Dense: {units: 4, name: deep}}]\n"
    whole = "branches: {a: {spec: part.yaml, nested: true, layers: [{'mine>Own': {size: 3, name: own}}]}}\n"
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part.yaml").write_text(
            part if name == "old" else part.replace("4", "5")
        )
        (tmp_path / name / "whole.yaml").write_text(
            whole if name == "old" else whole.replace("3", "7")
        )
    (tmp_path / "mine.py").write_text(
        "import keras\n\n\n@keras.saving.register_keras_serializable(package='mine')\nclass Own(keras.layers.Layer):\n    pass\n"
    )
    result = run(
        "diff",
        "old/whole.yaml",
        "new/whole.yaml",
        "--import",
        "mine",
        "--format",
        "json",
        cwd=tmp_path,
    )
    assert result.returncode == 1, result.stderr
    found = json.loads(result.stdout)
    assert [(one["layer"], one["changes"]) for one in found["changed"]] == [
        ("part.deep", [{"what": "units", "old": 4, "new": 5}]),
        ("own", [{"what": "size", "old": 3, "new": 7}]),
    ]
    assert found["totals"]["new"]["parameters"] is None


# Single changes. -------------------------------------------------------------------------------------------------------


def test_a_single_change_is_named_exactly() -> None:
    """Each of many random changes of random models is found, and nothing besides."""
    for old, mutation in mutations.random_mutations(seed=3, count=320, layers=14):
        found = between(old.text(), mutation.spec.text())
        what = f"{mutation.kind} {mutation.name} {mutation.details}\n{old.text()}\n{mutation.spec.text()}"
        assert not found.same, what
        added, removed = (
            [lone.call.name for lone in found.added],
            [lone.call.name for lone in found.removed],
        )
        changed = {pair.new.name: pair for pair in found.changed}
        if mutation.kind == "removed":
            assert (added, removed, [*changed]) == ([], [mutation.name], []), what
        elif mutation.kind in ("inserted", "added"):
            assert (added, removed, [*changed]) == (["extra"], [], []), what
            assert found.added[0].sources == [mutation.details[0]], what
        else:
            name = mutation.details[0] if mutation.kind == "renamed" else mutation.name
            assert (added, removed, [*changed]) == ([], [], [name]), what
            pair = changed[name]
            if mutation.kind in ("argument", "dtype", "input"):
                assert [tuple(change) for change in pair.changes] == [mutation.details], what
                assert pair.sources is None and not pair.renamed, what
            elif mutation.kind == "renamed":
                assert (
                    pair.renamed
                    and pair.before == mutation.name
                    and not pair.changes
                    and pair.sources is None
                ), what
            else:
                assert pair.sources is not None and not pair.renamed and not pair.changes, what
                assert (pair.sources[0][0], pair.sources[1][0]) == mutation.details, what
        if mutation.kind in ("renamed", "rewired", "argument"):
            assert not found.consequences, what


def test_a_model_does_not_differ_from_itself() -> None:
    chance = random.Random(5)
    for _ in range(40):
        made = mutations.spec(chance, 14)
        for named in (True, False):
            assert between(made.text(named), made.text(named)).same


def test_changes_of_layers_without_names() -> None:
    """Where nobody names layers, a change in the middle is found by what surrounds it, though the numbers after it move on."""
    for old, mutation in mutations.random_mutations(seed=4, count=200, layers=10):
        if mutation.kind == "renamed":
            continue
        found = between(old.text(False), mutation.spec.text(False))
        assert not found.same
        numbers = (len(found.added), len(found.removed), len(found.changed))
        if mutation.kind == "removed":
            assert numbers == (0, 1, 0), (mutation, old.text(False), mutation.spec.text(False))
        elif mutation.kind in ("inserted", "added"):
            assert numbers == (1, 0, 0), (mutation, old.text(False), mutation.spec.text(False))
            assert found.added[0].call.cls == "GaussianNoise"
        else:
            assert numbers == (0, 0, 1), (mutation, old.text(False), mutation.spec.text(False))


# Git. ------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def repository(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_PAGER": "cat",
    }.items():
        monkeypatch.setenv(name, value)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "somebody")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "somebody@example.org")
    git("init", "-q", "-b", "main")
    (tmp_path / "specs" / "parts").mkdir(parents=True)
    (tmp_path / "specs" / "part.yaml").write_text(
        "input: [8]\nlayers: [{Dense: {units: 4, name: inner}}]\n"
    )
    (tmp_path / "specs" / "whole.yaml").write_text(
        "branches:\n  a: {spec: part.yaml}\n  b: {spec: parts/../part.yaml, prefix: b_}\nmerge: {Add: {name: sum}}\n"
    )
    git("add", ".")
    git("commit", "-qm", "first")
    (tmp_path / "specs" / "part.yaml").write_text(
        "input: [8]\nlayers: [{Dense: {units: 6, name: inner}}]\n"
    )
    return tmp_path


def git(*arguments: str) -> str:
    result = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_a_revision_and_what_it_includes(
    repository: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = invoke("HEAD:specs/whole.yaml", "specs/whole.yaml", "--format", "json")
    assert result.exit_code == 1, result.output
    changed = json.loads(result.stdout)["changed"]
    assert [(one["layer"], one["changes"]) for one in changed] == [
        ("inner", [{"what": "units", "old": 4, "new": 6}]),
        ("b_inner", [{"what": "units", "old": 4, "new": 6}]),
    ]
    assert invoke("HEAD:specs/whole.yaml", "main:./specs/whole.yaml").exit_code == 0
    monkeypatch.chdir(repository / "specs" / "parts")
    assert invoke("HEAD:../whole.yaml", "HEAD:specs/whole.yaml").exit_code == 0
    assert invoke("HEAD:../part.yaml", "../part.yaml").exit_code == 1
    assert invoke(":specs/part.yaml", "HEAD:specs/part.yaml").exit_code == 0


def test_what_a_revision_does_not_have(repository: pathlib.Path) -> None:
    result = invoke("HEAD:specs/hole.yaml", "specs/part.yaml")
    assert result.exit_code == 3
    assert result.stderr.startswith(
        "HEAD:specs/hole.yaml: error[not-found]: path 'specs/hole.yaml' does not exist in 'HEAD'"
    )
    assert invoke("HEAD:specs", "specs/part.yaml").exit_code == 3
    (repository / "specs" / "whole.yaml").write_text("branches:\n  a: {spec: gone.yaml}\n")
    git("commit", "-qam", "second")
    result = invoke("HEAD:specs/whole.yaml", "specs/part.yaml")
    assert result.exit_code == 3
    assert result.stderr.startswith(
        "HEAD:specs/whole.yaml:2:13: error[not-found]: there is no file `HEAD:specs/gone.yaml`"
    )


def test_git_diff_shows_models(repository: pathlib.Path) -> None:
    """As the documentation says: a line in `.gitattributes`, one in the configuration."""
    (repository / ".gitattributes").write_text("specs/*.yaml diff=mergecli\n")
    git("config", "diff.mergecli.command", f"PYTHONPATH={ROOT} {sys.executable} -m mergecli diff")
    (repository / "specs" / "new.yaml").write_text("input: [8]\nlayers: [{Dense: 3}]\n")
    (repository / "specs" / "whole.yaml").unlink()
    git("add", ".")
    shown = git("diff", "--cached")
    assert (
        "a/specs/part.yaml -> b/specs/part.yaml\n1 changed, outputs changed\n\n~ changed inner (Dense)\n    units: 4 -> 6\n"
        in shown
    )
    assert "specs/new.yaml: added, a model of 1 layer\n" in shown
    assert "specs/whole.yaml: removed, a model of 3 layers\n" in shown
    git("commit", "-qm", "second")
    git("mv", "specs/part.yaml", "specs/piece.yaml")
    (repository / "specs" / "piece.yaml").write_text(
        "# a\ninput: [8]\nlayers: [{Dense: {units: 6, name: inner}}]\n"
    )
    (repository / "specs" / "new.yaml").write_text("input: [8]\nlayers: [{Dens: 3}]\n")
    git("add", ".")
    shown = git("diff", "--cached", "-M20%")
    assert "a/specs/part.yaml -> b/specs/piece.yaml\n\nthe same model, written otherwise\n" in shown
    assert "b/specs/new.yaml: no model, as said on standard error\n" in shown


def test_the_comment_of_the_readme(repository: pathlib.Path) -> None:
    """The script in the documented workflow writes what changed since the branch left its base, and nothing for the rest."""
    readme = (ROOT / "docs" / "how-to" / "pull-request-comments.md").read_text(encoding="utf-8")
    block = next(
        block for block in re.findall(r"```yaml\n(.*?)```", readme, re.S) if "merge-base" in block
    )
    script = textwrap.dedent(re.search(r"run: \|\n(.*?)      - run", block, re.S)[1])  # type: ignore[index]
    git("branch", "other")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("commit", "-qam", "second")
    (repository / "bin").mkdir()
    (repository / "bin" / "mergecli").write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m mergecli "$@"\n'
    )
    (repository / "bin" / "mergecli").chmod(0o755)
    environment = {
        **os.environ,
        "GITHUB_BASE_REF": "main",
        "PATH": f"{repository / 'bin'}:{os.environ['PATH']}",
    }
    result = subprocess.run(
        ["bash", "-e", "-c", script], env=environment, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    comment = (repository / "comment.md").read_text()
    assert (
        comment.startswith("**`")
        and ":specs/part.yaml` → `specs/part.yaml`**: 1 changed, outputs changed" in comment
    )
    assert comment.count("**`") == 1


def test_without_git_a_revision_is_refused(folder: pathlib.Path) -> None:
    result = run("diff", "HEAD:a.yaml", "a.yaml", cwd=folder, PATH="/nowhere")
    assert (result.returncode, result.stderr.splitlines()[0]) == (
        3, "HEAD:a.yaml: error[not-found]: git is not installed, which a revision needs",
    )  # fmt: skip


@pytest.mark.keras
def test_how_a_saved_model_was_compiled_is_compared(tmp_path: pathlib.Path) -> None:
    import mergecli

    text = """name: c
input: [4]
layers: [{Dense: {units: 3, activation: softmax, name: out}}]
compile: {optimizer: {Adam: {learning_rate: 1e-3}}, loss: sparse_categorical_crossentropy, metrics: [accuracy]}
"""
    spec, saved = tmp_path / "c.yaml", tmp_path / "c.keras"
    spec.write_text(text)
    mergecli.load(str(spec)).save(saved)
    assert invoke(spec, saved).exit_code == 0
    spec.write_text(text.replace("1e-3", "1e-2"))
    changed = invoke(saved, spec)
    assert changed.exit_code == 1 and "optimizer" in changed.stdout
