"""What is reported: `--select`, `--ignore`, `--strict`, and the same in `[tool.mergecli]` of a pyproject.toml."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result
from running import ROOT

from mergecli.catalog.versions import NEWEST, OLDEST
from mergecli.cli.main import cli
from mergecli.compiler.settings import installed_keras

#: Two warnings, and with `Dens` an error in their place.
TWO = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: {units: 4, name: a b}, from: a}]\n"
BAD = "input: [8]\nlayers: [{Dens: 4}]\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    (tmp_path / "repo" / "specs" / "deep").mkdir(parents=True)
    for place in ("", "specs", "specs/deep"):
        (tmp_path / "repo" / place / "two.yaml").write_text(TWO)
    (tmp_path / "repo" / "bad.yaml").write_text(BAD)
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def invoke(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, arguments, input=stdin)


def codes(*arguments: str, stdin: str | None = None) -> list[str]:
    result = invoke("validate", "--format", "concise", *arguments, stdin=stdin)
    assert result.exit_code in (0, 1), result.output
    return [line.split("[")[1].split("]")[0] for line in result.stdout.splitlines()]


def configure(place: pathlib.Path, text: str) -> None:
    (place / "pyproject.toml").write_text(f"[project]\nname = 'x'\n\n[tool.mergecli]\n{text}\n")


# The command line.


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["unused-input", "unsafe-name"]),
        (["--select", "unused-input"], ["unused-input"]),
        (["--select", "unused-input,unsafe-name"], ["unused-input", "unsafe-name"]),
        (["--select", "unused-input", "--select", " unsafe-name"], ["unused-input", "unsafe-name"]),
        (["--ignore", "unused-input"], ["unsafe-name"]),
        (["--ignore", "unused-input, unsafe-name"], []),
        (["--select", "unused-input", "--ignore", "unused-input"], []),
        (["--select", "empty"], []),
    ],
    ids=str,
)
def test_what_is_selected_and_ignored(arguments: list[str], found: list[str]) -> None:
    assert codes("two.yaml", *arguments) == found


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["two.yaml", "--strict"], 1),
        (["two.yaml", "--no-strict"], 0),
        (["two.yaml", "--strict", "--ignore", "unused-input"], 1),
        (["two.yaml", "--strict", "--ignore", "unused-input,unsafe-name"], 0),
        (["bad.yaml", "--ignore", "unknown-layer"], 0),
        (["bad.yaml", "--select", "unknown-layer"], 1),
        (["missing.yaml", "--ignore", "not-found"], 3),
        (["missing.yaml", "--select", "empty"], 3),
        (["two.yaml", "--select", "unused-inptu"], 2),
        (["two.yaml", "--ignore", ""], 2),
    ],
    ids=str,
)
def test_the_exit_code_follows_what_is_reported(arguments: list[str], code: int) -> None:
    assert invoke("validate", *arguments).exit_code == code


def test_an_unknown_code_names_the_nearest() -> None:
    for option in ("--select", "--ignore"):
        result = invoke("validate", "two.yaml", option, "unused-input,unused-inptu")
        assert (
            result.exit_code,
            "no code `unused-inptu`; did you mean `unused-input`?" in result.stderr,
        ) == (2, True)


def test_shells_complete_codes_behind_commas() -> None:
    completer = ShellComplete(cli, {}, "mergecli", "_MERGECLI_COMPLETE")
    assert [
        item.value for item in completer.get_completions(["validate", "--select"], "empty,concat")
    ] == ["empty,concat-shape"]


# The file.


def test_a_section_above_a_file_counts_for_it(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(folder, 'ignore = ["unused-input"]')
    assert codes("specs/deep/two.yaml") == ["unsafe-name"]
    monkeypatch.chdir(folder.parent)
    assert codes("repo/specs/deep/two.yaml", str(folder / "two.yaml")) == [
        "unsafe-name",
        "unsafe-name",
    ]


def test_the_nearest_section_counts_alone(folder: pathlib.Path) -> None:
    configure(folder, 'ignore = ["unused-input"]\nstrict = true')
    configure(folder / "specs", 'ignore = ["unsafe-name"]')
    (folder / "specs" / "deep" / "pyproject.toml").write_text("[tool.other]\nname = 'mergecli'\n")
    assert codes("two.yaml") == ["unsafe-name"]
    assert codes("specs/two.yaml") == ["unused-input"]
    assert codes("specs/deep/two.yaml") == ["unused-input"]
    assert invoke("validate", "specs").exit_code == 0
    assert invoke("validate", "specs", "two.yaml").exit_code == 1


def test_standard_input_lies_where_it_is_said_to_lie(folder: pathlib.Path) -> None:
    configure(folder, 'ignore = ["unused-input"]')
    configure(folder / "specs", 'ignore = ["unsafe-name"]')
    assert codes("-", stdin=TWO) == ["unsafe-name"]
    assert codes("-", "--stdin-filename", "specs/other.yaml", stdin=TWO) == ["unused-input"]


@pytest.mark.parametrize(
    "text",
    [
        "[tool.mergecli]\nstrict = true",
        "[ tool . mergecli ]\nstrict = true",
        "[tool]\nmergecli = {strict = true}",
        "[tool]\nmergecli.strict = true",
        "tool.mergecli.strict = true",
        "tool.'mergecli'.strict = true",
        '[tool."mergecli"]\r\nstrict = true\r\n',
    ],
)
def test_every_way_to_write_the_section_in_toml(text: str, folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert invoke("validate", "two.yaml").exit_code == 1


def test_the_command_line_wins(folder: pathlib.Path) -> None:
    configure(
        folder,
        'select = ["unused-input"]\nignore = ["unsafe-name"]\nstrict = true\nformat = "json"',
    )
    assert codes("two.yaml") == ["unused-input"]
    assert codes("two.yaml", "--select", "unsafe-name") == ["unsafe-name"]
    assert codes("two.yaml", "--ignore", "unused-input") == []
    assert invoke("validate", "two.yaml").exit_code == 1
    assert invoke("validate", "two.yaml", "--no-strict").exit_code == 0
    assert invoke("validate", "two.yaml").stdout.startswith("[\n")
    assert invoke("validate", "two.yaml", "--format", "full").stdout.startswith(
        "two.yaml:1:18: warning"
    )


def test_warnings_that_are_ignored_are_told_by_no_command_but_errors_by_all(
    folder: pathlib.Path,
) -> None:
    configure(folder, 'ignore = ["unused-input", "unknown-layer"]')
    assert "unsafe-name" in invoke("summary", "two.yaml").stderr
    assert "unused-input" not in invoke("summary", "two.yaml").stderr
    assert invoke("validate", "bad.yaml").exit_code == 0
    result = invoke("summary", "bad.yaml")
    assert (result.exit_code, "error[unknown-layer]" in result.stderr) == (1, True)


def test_the_output_folder_is_relative_to_the_file_that_names_it(
    folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mergecli.compiler.settings import Configs

    configure(folder, 'output-dir = "pictures"')
    assert Configs().of_folder().output_dir == "pictures"
    monkeypatch.chdir(folder / "specs" / "deep")
    assert Configs().of_folder().output_dir == "../../pictures"


@pytest.mark.keras
def test_build_takes_the_output_folder_from_there(folder: pathlib.Path) -> None:
    configure(folder, 'output-dir = "two.yaml"')
    assert "cannot write two.yaml/architecture.png" in invoke("build", "two.yaml").stderr
    assert (
        "cannot write bad.yaml/architecture.png"
        in invoke("build", "two.yaml", "-o", "bad.yaml").stderr
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("strcit = true", "has no key `strcit`; did you mean `strict`?"),
        ("output_dir = 'x'", "did you mean `output-dir`?"),
        ("zzz = 1", "there are `select`, `ignore`, `strict`, `output-dir`, `format` and `keras`"),
        ("import = ['my_layers']", "a folder must not decide what code runs"),
        ("select = 'unused-input'", "must be a list of codes"),
        ("ignore = [1]", "must be a list of codes"),
        ("ignore = ['unused-inptu']", "no code `unused-inptu`; did you mean `unused-input`?"),
        ("strict = 1", "must be true or false"),
        ("output-dir = true", "must be a string"),
        ("format = 'sarf'", "did you mean `sarif`?"),
        ("format = 'sarif=../out.sarif'", "name files on the command line"),
        ("strict = yes", "is not valid TOML"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "summary"])
def test_a_wrong_section_is_wrong_usage(
    text: str, words: str, command: str, folder: pathlib.Path
) -> None:
    configure(folder, text)
    result = invoke(command, "two.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: pyproject.toml: ")
    assert words in result.stderr


def test_a_section_that_is_no_table(folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").write_text("[tool]\nmergecli = 1\n")
    assert invoke("validate", "two.yaml").exit_code == 2


@pytest.mark.parametrize(
    ("text", "loaded"),
    [("[project]\nname = 'mergecli'\n[tool.ruff]\n", False), ("[tool.mergecli]\n", True)],
)
def test_toml_is_loaded_only_for_a_section(text: str, loaded: bool, folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").write_text(text)
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from click.testing import CliRunner; from mergecli.cli.main import cli\n"
        "assert CliRunner().invoke(cli, ['validate', 'two.yaml']).exit_code == 0\n"
        "print('tomllib' in sys.modules or 'tomli' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
        == f"{loaded}\n"
    )


def _install(folder: pathlib.Path, line: str) -> str:
    path = folder / "keras" / "src" / "version.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"from keras.src.api_export import keras_export\n\n# The version.\n{line}\n")
    return str(folder)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ('__version__ = "3.10.0"', (3, 10)),
        ('__version__ = "3.16.0.dev2026112803"', (3, 16)),
        # An older one is taken for the oldest; a file that says nothing is none.
        ('__version__ = "2.15.0"', OLDEST),
        ("__version__ = version()", NEWEST),
    ],
)
def test_the_version_of_a_folder(
    line: str, version: tuple[int, int], tmp_path: pathlib.Path
) -> None:
    assert installed_keras([_install(tmp_path, line)]) == version


def test_the_first_of_the_folders_of_python_counts(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _install(tmp_path / "a", '__version__ = "3.9.2"')
    second = _install(tmp_path / "b", '__version__ = "3.12.1"')
    assert installed_keras([str(tmp_path), second, first]) == (3, 12)
    monkeypatch.syspath_prepend(first)
    assert installed_keras() == (3, 9)
    monkeypatch.chdir(second)
    monkeypatch.syspath_prepend("")
    assert installed_keras() == (3, 12)


def test_without_keras_it_is_the_newest(tmp_path: pathlib.Path) -> None:
    assert installed_keras([]) == NEWEST
    assert installed_keras([str(tmp_path), "a.zip", "a\0b"]) == NEWEST
