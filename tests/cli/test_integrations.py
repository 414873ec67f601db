"""Hooks of pre-commit, the GitHub Action and its problem matcher, each tried as it will be used."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from jsonschema import Draft4Validator
from pre_commit.clientlib import load_manifest
from running import ROOT, run

pytestmark = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("bash")),
    reason="hooks and actions need git and bash, which are not installed",
)
BAD = "input: [8]\nlayers: [{Dens: 4}]\n"
IDLE = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: 4, from: a}]\n"
PARTS = (
    "mergecli",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "action.yml",
    ".pre-commit-hooks.yaml",
)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed is run, not what the surroundings point at."""
    monkeypatch.delenv("PYTHONPATH", raising=False)


def git(*arguments: str, cwd: pathlib.Path) -> str:
    identity = (
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.com",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "commit.gpgsign=false",
    )
    return subprocess.run(
        ["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """This working tree as a repository: its tag `old` says another version."""
    folder = tmp_path_factory.mktemp("remote") / "mergecli"
    folder.mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    git("init", cwd=folder)
    initial = folder / "mergecli" / "diagnostics" / "version.py"
    text = initial.read_text(encoding="utf-8")
    for version, tag in (('"0.0.7"', "old"), (None, "new")):
        initial.write_text(
            re.sub(r'(__version__ = )".*"', rf"\1{version}", text) if version else text,
            encoding="utf-8",
        )
        git("add", "-A", cwd=folder)
        git("commit", "-m", tag, cwd=folder)
        git("tag", tag, cwd=folder)
    return folder


@pytest.fixture
def user(tmp_path: pathlib.Path) -> pathlib.Path:
    """A repository of somebody who has specs."""
    (tmp_path / "work" / "specs").mkdir(parents=True)
    work = tmp_path / "work"
    for name in ("inception", "u_net"):
        shutil.copy(ROOT / "specs" / f"{name}.yaml", work / "specs")
    (work / "specs" / "bad.yaml").write_text(BAD)
    (work / "other.yaml").write_text(BAD)
    git("init", cwd=work)
    git("add", "-A", cwd=work)
    return work


# pre-commit.


def test_the_hooks_are_a_manifest_of_pre_commit() -> None:
    hooks = {hook["id"]: hook for hook in load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    assert {name: hook["entry"] for name, hook in hooks.items()} == {
        "mergecli-validate": "mergecli validate",
        "mergecli-fix": "mergecli validate --fix",
        "mergecli-fmt": "mergecli fmt --skip-broken",
    }
    assert all(
        hook["language"] == "python" and hook["additional_dependencies"] == []
        for hook in hooks.values()
    )


def try_repo(
    repository: pathlib.Path, hook: str, cwd: pathlib.Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "pre_commit",
        "try-repo",
        str(repository),
        hook,
        "--ref",
        "new",
        *arguments,
    ]
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "GITHUB_ACTIONS")
    }
    env["PRE_COMMIT_HOME"] = str(cwd.parent / "pre-commit")
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)


@pytest.mark.slow
def test_the_checking_hook(repository: pathlib.Path, user: pathlib.Path) -> None:
    result = try_repo(repository, "mergecli-validate", user, "--all-files")
    assert result.returncode == 1, result.stdout
    assert "specs/bad.yaml:2:11: error[unknown-layer]: unknown layer `Dens`" in result.stdout
    assert "other.yaml" not in result.stdout
    assert f"1 error in 1 of {len(list((user / 'specs').iterdir()))} files" in result.stdout
    assert (
        "Passed"
        in try_repo(repository, "mergecli-validate", user, "--files", "specs/u_net.yaml").stdout
    )


@pytest.mark.slow
def test_the_fixing_hook(repository: pathlib.Path, user: pathlib.Path) -> None:
    result = try_repo(repository, "mergecli-fix", user, "--all-files")
    assert result.returncode == 1, result.stdout
    assert "files were modified by this hook" in result.stdout
    assert git("diff", "--name-only", cwd=user) == "specs/bad.yaml\n"
    assert (user / "specs" / "bad.yaml").read_text() == BAD.replace("Dens", "Dense")
    git("add", "-A", cwd=user)
    assert try_repo(repository, "mergecli-fix", user, "--all-files").returncode == 0


@pytest.mark.slow
def test_the_formatting_hook(repository: pathlib.Path, user: pathlib.Path) -> None:
    (user / "specs" / "bad.yaml").write_text("layers: [Dense: 4]\ninput: [8]\n")
    result = try_repo(repository, "mergecli-fmt", user, "--all-files")
    assert result.returncode == 1, result.stdout
    assert "rewrote specs/bad.yaml" in result.stdout
    assert (user / "specs" / "bad.yaml").read_text() == "input: [8]\nlayers: [{Dense: 4}]\n"
    assert (user / "other.yaml").read_text() == BAD


# The action.

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]


class Runner:
    """As much of GitHub's runner as shell steps need: a file for outputs, and expressions in `env`."""

    def __init__(self, repository: pathlib.Path, work: pathlib.Path, **inputs: str) -> None:
        self.work, self.temp = work, work.parent / "runner"
        self.temp.mkdir(exist_ok=True)
        defaults = {name: value["default"] for name, value in ACTION["inputs"].items()}
        assert not set(inputs) - set(defaults)
        self.values = {f"inputs.{name}": value for name, value in {**defaults, **inputs}.items()}
        self.values |= {
            "github.action_path": str(repository),
            "github.server_url": f"file://{repository.parent}",
        }
        self.values["github.action_repository"] = repository.name
        self.env = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "NO_COLOR", "FORCE_COLOR")
        }
        self.env |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(work),
            "RUNNER_TEMP": str(self.temp),
        }
        # No `GITHUB_ENV`: a variable that is written there reaches every later step of the job.
        self.env["GITHUB_OUTPUT"] = str(self.temp / "GITHUB_OUTPUT")
        (self.temp / "GITHUB_OUTPUT").write_text("")

    @property
    def mergecli(self) -> str:
        """The program that the first step has installed."""
        return self.values["steps.install.outputs.mergecli"]

    def run(self, step: dict) -> subprocess.CompletedProcess[str]:
        env = {
            name: re.sub(r"\$\{\{ (.+?) \}\}", lambda match: self.values[match[1]], text)
            for name, text in step["env"].items()
        }
        script = self.temp / "step.sh"
        script.write_text(step["run"])
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        result = subprocess.run(
            command, cwd=self.work, env={**self.env, **env}, capture_output=True, text=True
        )
        for name, value in self.read("GITHUB_OUTPUT").items():
            self.values[f"steps.{step['id']}.outputs.{name}"] = value
        return result

    def read(self, name: str) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.temp / name).read_text().splitlines())

    def outputs(self, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        """Run the check with other inputs."""
        self.values |= {f"inputs.{name}": value for name, value in inputs.items()}
        (self.temp / "GITHUB_OUTPUT").write_text("")
        return self.run(STEPS[1]), self.read("GITHUB_OUTPUT")


@pytest.mark.slow
def test_the_action_s_steps_as_written(repository: pathlib.Path, user: pathlib.Path) -> None:
    runner = Runner(repository, user)
    assert runner.run(STEPS[0]).returncode == 0
    assert os.path.isabs(runner.mergecli)
    # What is installed has its data with it.
    assert (
        "the file has no document"
        in subprocess.run([runner.mergecli, "explain"], capture_output=True, text=True).stdout
    )

    result, outputs = runner.outputs()
    assert result.returncode == 1
    assert "specs/bad.yaml:2:11: error[unknown-layer]: unknown layer `Dens`" in result.stdout
    assert (
        "\n::error file=specs/bad.yaml,line=2,endLine=2,col=11,endColumn=14,title=mergecli unknown-layer::"
        in result.stdout
    )
    assert outputs == {"sarif": "mergecli.sarif"}
    log = json.loads((user / "mergecli.sarif").read_text())
    schema = json.loads(
        (ROOT / "tests" / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")
    )
    assert list(Draft4Validator(schema).iter_errors(log)) == []
    assert len(log["runs"][0]["results"]) == 1

    (user / "specs" / "bad.yaml").write_text(IDLE)
    assert runner.outputs()[0].returncode == 0
    assert runner.outputs(strict="true")[0].returncode == 1
    result, outputs = runner.outputs(
        paths="specs/u_*.yaml\nspecs/inception.yaml", sarif="out/found.sarif"
    )
    assert (result.returncode, outputs) == (0, {"sarif": "out/found.sarif"})
    assert "2 files, no errors" in result.stderr

    # Nothing is uploaded of a run that has not taken place, and no path is an option or a command.
    for paths in ("empty", "--help", "$(touch injected)", "; touch injected"):
        result, outputs = runner.outputs(paths=paths)
        assert result.returncode in (2, 3)
        assert outputs == ({} if result.returncode == 2 else {"sarif": "out/found.sarif"})
    assert not (user / "injected").exists()


@pytest.mark.slow
def test_the_action_installs_another_version(repository: pathlib.Path, user: pathlib.Path) -> None:
    runner = Runner(repository, user, version="old")
    result = runner.run(STEPS[0])
    assert result.returncode == 0, result.stderr
    assert (
        subprocess.run([runner.mergecli, "--version"], capture_output=True, text=True).stdout
        == "mergecli 0.0.7\n"
    )


def test_the_action_uploads_what_the_check_has_written() -> None:
    assert [step.get("uses", "shell") for step in STEPS] == [
        "shell",
        "shell",
        "github/codeql-action/upload-sarif@5d4e8d1aca955e8d8589aabd499c5cae939e33c7",
    ]
    assert STEPS[2]["with"]["sarif_file"] == "${{ steps.check.outputs.sarif }}"
    assert STEPS[1]["id"] == "check"
    assert "steps.check.outputs.sarif != ''" in STEPS[2]["if"]
    # Inputs reach scripts as variables, never as text of the script.
    assert not any("${{" in step.get("run", "") for step in STEPS)
    assert all(step["shell"] == "bash" for step in STEPS[:2])


def test_the_problem_matcher_reads_every_message(tmp_path: pathlib.Path) -> None:
    (matcher,) = json.loads(
        (ROOT / ".github" / "problem-matcher.json").read_text(encoding="utf-8")
    )["problemMatcher"]
    (pattern,) = matcher["pattern"]
    cases = ROOT / "tests" / "errors"
    files = sorted(path.name for path in cases.glob("*.yaml"))
    found = run(
        "validate",
        *files,
        "missing.yaml",
        "--format",
        f"json={tmp_path}/found.json",
        "--format",
        "full",
        cwd=cases,
    )
    expected = [
        (
            d.get("path", entry["path"]),
            d["line"],
            d["column"],
            d["severity"],
            d["code"],
            d["message"],
        )
        for entry in json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
        for d in entry["diagnostics"]
    ]
    matches = [
        match for line in found.stdout.splitlines() if (match := re.search(pattern["regexp"], line))
    ]
    names = ("file", "line", "column", "severity", "code", "message")
    read = [tuple(match[pattern[name]] for name in names) for match in matches]
    assert len(read) > 100
    assert read == [
        (path, line and str(line), column and str(column), *rest)
        for path, line, column, *rest in expected
    ]


def how_to(name: str) -> tuple[str, list]:
    """A page of the documentation, and its blocks of YAML."""
    text = (ROOT / "docs" / "how-to" / name).read_text(encoding="utf-8")
    return text, [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.S)]


def test_the_documentation_of_the_hooks_shows_what_there_is() -> None:
    text, examples = how_to("pre-commit.md")
    hooks = {hook["id"] for hook in load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    for example in examples:
        assert {hook["id"] for hook in example["repos"][0]["hooks"]} < hooks
    assert all(f"`{hook}`" in text for hook in hooks)


def test_the_documentation_of_the_action_shows_what_there_is() -> None:
    text, (workflow, *_) = how_to("github.md")
    steps = workflow["jobs"]["specs"]["steps"]
    used = next(step for step in steps if "mergecli" in step["uses"])
    assert set(used["with"]) <= set(ACTION["inputs"])
    for name in ACTION["inputs"]:
        assert f"`{name}`" in text


def test_the_documentation_of_gitlab_shows_what_there_is() -> None:
    _, (gitlab, *_) = how_to("gitlab.md")
    assert (
        "mergecli validate specs --format full --format gitlab=gl-code-quality.json --format junit=junit.xml"
        in gitlab["specs"]["script"]
    )
    assert gitlab["specs"]["artifacts"]["reports"] == {
        "codequality": "gl-code-quality.json",
        "junit": "junit.xml",
    }


def test_the_formatting_hook_leaves_broken_files_to_the_other(tmp_path: pathlib.Path) -> None:
    """One finding is reported once: `mergecli-fix` has the report."""
    (tmp_path / "a.yaml").write_text("input: [8\n")
    (tmp_path / "b.yaml").write_bytes(b"\xff\n")
    result = run("fmt", "--skip-broken", "a.yaml", "b.yaml", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "")
    assert re.fullmatch(r"nothing done \(.*\)\n", result.stderr)
    result = run("validate", "--fix", "a.yaml", cwd=tmp_path)
    assert result.returncode == 1
    assert "error[syntax]" in result.stdout
