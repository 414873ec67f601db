"""The formats of `validate`: each is read by what it is made for, or by its schema."""

from __future__ import annotations

import json
import os
import pathlib
import re
import stat
import xml.etree.ElementTree as ElementTree

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft4Validator
from junitparser import JUnitXml
from running import ROOT

from mergecli.catalog.versions import version_text
from mergecli.cli.main import cli
from mergecli.compiler.settings import installed_keras
from mergecli.diagnostics.reports import REPORTS

#: The version for which files are checked.
KERAS = version_text(installed_keras())
GOOD = "input: [8]\nlayers: [{Dense: 4}]\n"
BAD = "input: [8]\nlayers: [{Dens: 4}]\n"
IDLE = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: 4, from: a}]\n"
MERGED = "branches:\n  a: {input: [8, 8], layers: [{Dense: 4}]}\n  b: {input: [8], layers: [{Dense: 5}]}\nmerge: Concatenate\n"
#: A name with all that means something in the formats, and a value that XML cannot hold.
ODD = "odd, 100%: <é>&'\".yaml"
CONTROL = 'input: [8]\nlayers: [{Dense: {units: "]]>&\\u0001\\u001b[31m\\uFFFF"}}]\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    for name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "empty").mkdir()
    files = {"good": GOOD, "bad": BAD, "idle": IDLE, "merged": MERGED}
    for name, text in files.items():
        (tmp_path / "specs" / f"{name}.yaml").write_text(text)
    (tmp_path / "specs" / ODD).write_text(CONTROL)
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    return tmp_path


def invoke(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["validate", *arguments], input=stdin)


def rendered(form: str, *paths: str) -> str:
    return invoke("--format", form, *paths).stdout


EVERYTHING = ("specs", "missing.yaml", "latin.yaml")


# SARIF.


def sarif(*paths: str) -> dict:
    log = json.loads(rendered("sarif", *paths))
    schema = json.loads(
        (ROOT / "tests" / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")
    )
    assert [
        f"{list(e.absolute_path)}: {e.message}" for e in Draft4Validator(schema).iter_errors(log)
    ] == []
    (run,) = log["runs"]
    return run


def test_sarif_of_every_error_case_is_valid() -> None:
    run = sarif(*map(str, sorted((ROOT / "tests" / "errors").glob("*.yaml"))))
    assert len(run["results"]) > 80


def test_sarif_says_where_what_and_why() -> None:
    run = sarif(*EVERYTHING)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [
        "concat-shape",
        "not-utf8",
        "unknown-layer",
        "unused-input",
        "wrong-type",
    ]
    assert run["columnKind"] == "unicodeCodePoints"
    result = next(result for result in run["results"] if result["ruleId"] == "concat-shape")
    assert rules[result["ruleIndex"]]["id"] == "concat-shape"
    assert "same number of dimensions" in rules[result["ruleIndex"]]["help"]["text"]
    assert result["level"] == "error"
    (location,) = result["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/merged.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 4, "startColumn": 8, "endLine": 4, "endColumn": 19},
    }
    assert [related["message"]["text"] for related in result["relatedLocations"]] == [
        "`a` ends here as (None, 8, 4)",
        "`b` ends here as (None, 5)",
    ]
    assert {result["level"] for result in run["results"] if result["ruleId"] == "unused-input"} == {
        "warning"
    }


def test_sarif_addresses_are_relative_and_escaped(folder: pathlib.Path) -> None:
    uris = [
        r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for r in sarif(str(folder / "specs"))["results"]
    ]
    assert uris == [
        "specs/bad.yaml",
        "specs/idle.yaml",
        "specs/merged.yaml",
        "specs/odd%2C%20100%25%3A%20%3C%C3%A9%3E%26%27%22.yaml",
    ]
    with_root = sarif(str(ROOT / "tests" / "errors" / "wrong-type.yaml"))["results"][0][
        "locations"
    ][0]["physicalLocation"]
    assert with_root["artifactLocation"] == {
        "uri": (ROOT / "tests" / "errors" / "wrong-type.yaml").as_uri()
    }


def test_a_file_that_cannot_be_read_is_a_notification() -> None:
    run = sarif(*EVERYTHING)
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["descriptor"] == {"id": "not-found", "index": 0}
    assert run["tool"]["driver"]["notifications"][0]["id"] == "not-found"
    assert "not-found" not in {result["ruleId"] for result in run["results"]}
    assert sarif("specs")["invocations"][0]["executionSuccessful"] is True


def test_fingerprints_stay_when_lines_move_and_differ_between_twins(folder: pathlib.Path) -> None:
    def prints() -> list[str]:
        return [
            result["partialFingerprints"]["mergecli/v1"]
            for result in sarif("twins.yaml")["results"]
        ]

    twins = "input: [8]\nlayers:\n  - Dens: 4\n  - Dens: 4\n"
    (folder / "twins.yaml").write_text(twins)
    before = prints()
    assert len(set(before)) == 2
    (folder / "twins.yaml").write_text("# moved\n\n" + twins)
    assert prints() == before
    assert [
        entry["fingerprint"] for entry in json.loads(rendered("gitlab", "twins.yaml"))
    ] == before
    (folder / "twins.yaml").write_text(
        twins.replace("Dens: 4\n  - Dens: 4", "Dens: 4\n  - Dens: 5")
    )
    assert set(prints()) != set(before)


# JUnit.


def test_junit_is_read_by_a_reader(folder: pathlib.Path) -> None:
    (folder / "found.xml").write_text(rendered("junit", *EVERYTHING), encoding="utf-8")
    report = JUnitXml.fromfile(str(folder / "found.xml"))
    assert (report.tests, report.failures, report.errors) == (7, 4, 1)
    (suite,) = list(report)
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (7, 4, 1, 0)
    cases = {case.name: case for case in suite}
    assert list(cases) == [
        f"specs/{name}" for name in ("bad.yaml", "good.yaml", "idle.yaml", "merged.yaml", ODD)
    ] + [
        "missing.yaml",
        "latin.yaml",
    ]
    assert cases["specs/good.yaml"].is_passed
    assert cases["specs/idle.yaml"].is_passed
    assert "warning[unused-input]" in cases["specs/idle.yaml"].system_out
    (failure,) = cases["specs/bad.yaml"].result
    assert (failure.type, failure.message) == ("unknown-layer", "unknown layer `Dens`")
    assert failure.text.startswith("specs/bad.yaml:2:11: error[unknown-layer]")
    assert cases["missing.yaml"].is_error
    assert "]]>&\\x01" in cases[f"specs/{ODD}"].result[0].message


def test_warnings_fail_in_junit_when_they_count() -> None:
    tree = ElementTree.fromstring(invoke("--strict", "--format", "junit", "specs/idle.yaml").stdout)
    assert tree.get("failures") == "1"
    assert tree.find("testsuite/testcase/failure").get("type") == "unused-input"


# GitLab.


def test_gitlab_has_what_gitlab_needs() -> None:
    entries = json.loads(rendered("gitlab", *EVERYTHING))
    assert all(
        {"description", "check_name", "fingerprint", "severity", "location"} == set(entry)
        for entry in entries
    )
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 6
    by_code = {entry["check_name"]: entry for entry in entries}
    assert by_code["unknown-layer"]["location"] == {
        "path": "specs/bad.yaml",
        "lines": {"begin": 2, "end": 2},
    }
    assert by_code["unknown-layer"]["severity"] == "major"
    assert by_code["unused-input"]["severity"] == "minor"
    assert by_code["not-found"]["location"]["lines"] == {"begin": 1}


# GitHub.

COMMAND = re.compile(r"^::(error|warning|notice) ([^:]*)::(.*)$")


def commands(text: str) -> list[tuple[str, dict[str, str], str]]:
    """Workflow commands as the runner reads them."""

    def unescaped(value: str) -> str:
        for escape, character in (
            ("%0D", "\r"),
            ("%0A", "\n"),
            ("%3A", ":"),
            ("%2C", ","),
            ("%25", "%"),
        ):
            value = value.replace(escape, character)
        return value

    found = [COMMAND.match(line) for line in text.splitlines() if line.startswith("::")]
    assert all(found)
    return [
        (
            match[1],
            {k: unescaped(v) for k, v in (pair.split("=", 1) for pair in match[2].split(","))},
            unescaped(match[3]),
        )
        for match in found
        if match is not None
    ]


def test_annotations_are_escaped() -> None:
    found = commands(rendered("github", *EVERYTHING))
    assert [properties["file"] for _, properties, _ in found] == [
        "specs/bad.yaml", "specs/idle.yaml", "specs/merged.yaml", f"specs/{ODD}", "missing.yaml", "latin.yaml",
    ]  # fmt: skip
    severity, properties, message = found[0]
    assert severity == "error"
    assert properties == {
        "file": "specs/bad.yaml", "line": "2", "endLine": "2", "col": "11", "endColumn": "14", "title": "mergecli unknown-layer",
    }  # fmt: skip
    assert message == "unknown layer `Dens`\nhelp: did you mean `Dense`?"


def test_annotations_come_by_themselves_on_github(
    monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path
) -> None:
    assert commands(invoke("specs/bad.yaml").stdout) == []
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    plain = invoke("specs/bad.yaml", "specs/idle.yaml")
    assert plain.stdout.startswith("specs/bad.yaml:2:11: error[unknown-layer]")
    assert [(severity, p["line"]) for severity, p, _ in commands(plain.stdout)] == [
        ("error", "2"),
        ("warning", "1"),
    ]
    for form in ("json", "jsonl", "sarif", "gitlab"):
        # A program that reads standard output must not see them; the runner reads both streams.
        other = invoke("specs/bad.yaml", "--format", form)
        json.loads(other.stdout)
        assert len(commands(other.stderr)) == 1
    once = invoke("specs/bad.yaml", "--format", "github")
    assert len(commands(once.stdout)) == 1
    assert commands(once.stderr) == []
    assert len(commands(invoke("specs/bad.yaml", "--format", "sarif=out.sarif").stdout)) == 1
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert commands(invoke("specs/bad.yaml").stdout) == []


def test_annotations_are_relative_to_the_checkout(
    monkeypatch: pytest.MonkeyPatch, folder: pathlib.Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder))
    monkeypatch.chdir(folder / "specs")
    assert commands(invoke("bad.yaml").stdout)[0][1]["file"] == "specs/bad.yaml"
    assert (
        sarif("bad.yaml")["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"][
            "uri"
        ]
        == "specs/bad.yaml"
    )
    assert json.loads(rendered("json", "bad.yaml"))[0]["path"] == "bad.yaml"


# All of them.


@pytest.mark.parametrize("form", sorted(REPORTS))
def test_a_name_that_is_no_text_is_written(form: str, folder: pathlib.Path) -> None:
    """File names are bytes; one that is not UTF-8 must not break a report."""
    name = b"caf\xe9.yaml".decode("utf-8", "surrogateescape")
    (folder / name).write_text(BAD)
    result = invoke(name, "--format", f"{form}=report")
    assert (result.exit_code, result.exception.__class__) == (1, SystemExit)
    assert (folder / "report").read_bytes()


@pytest.mark.parametrize("form", sorted(REPORTS))
def test_nothing_found_is_a_report_too(form: str) -> None:
    result = invoke("specs/good.yaml", "--format", form)
    assert result.exit_code == 0
    if form in ("json", "jsonl"):
        assert json.loads(result.stdout) == (
            [{"path": "specs/good.yaml", "keras": KERAS, "diagnostics": []}]
            if form == "json"
            else {"path": "specs/good.yaml", "keras": KERAS, "diagnostics": []}
        )
    elif form == "gitlab":
        assert json.loads(result.stdout) == []
    elif form == "sarif":
        assert sarif("specs/good.yaml")["results"] == []
    elif form == "junit":
        assert ElementTree.fromstring(result.stdout).get("tests") == "1"
    else:
        assert result.stdout == ""


def test_control_characters_do_not_reach_the_terminal() -> None:
    for form in ("full", "concise"):
        assert not re.search("[\x00-\x09\x0b-\x1f]", rendered(form, f"specs/{ODD}"))


def test_all_formats_in_one_run(folder: pathlib.Path) -> None:
    names = [name for name in REPORTS if name != "full"]
    result = invoke(
        *EVERYTHING,
        "--format",
        "full",
        *(part for name in names for part in ("--format", f"{name}=out/{name}")),
    )
    assert result.exit_code == 3
    assert result.stdout == rendered("full", *EVERYTHING)
    for name in names:
        assert (folder / "out" / name).read_text(encoding="utf-8") == rendered(name, *EVERYTHING)


@pytest.mark.parametrize(
    "target", ["specs/bad.yaml", "./specs/../specs/bad.yaml", "link.yaml", "hard.yaml"]
)
@pytest.mark.parametrize("path", ["specs", "specs/bad.yaml"])
def test_a_report_never_overwrites_what_is_checked(
    target: str, path: str, folder: pathlib.Path
) -> None:
    (folder / "link.yaml").symlink_to("specs/bad.yaml")
    (folder / "hard.yaml").hardlink_to(folder / "specs" / "bad.yaml")
    result = invoke(path, "--format", f"json={target}")
    assert result.exit_code == 2
    assert "would overwrite" in result.stderr
    assert (folder / "specs" / "bad.yaml").read_text() == BAD


def test_two_reports_do_not_share_a_file() -> None:
    result = invoke("specs", "--format", "json=out", "--format", "sarif=./out")
    assert (result.exit_code, "twice" in result.stderr) == (2, True)


def test_a_report_that_cannot_be_written_is_told_before_the_work(folder: pathlib.Path) -> None:
    result = invoke("specs", "--format", "full", "--format", "json=specs")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot write specs" in result.stderr


def test_pipes_and_links_stay_what_they_are(folder: pathlib.Path) -> None:
    os.mkfifo(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    (folder / "real.json").write_text("old")
    (folder / "link.json").symlink_to("real.json")
    assert (
        invoke("specs/bad.yaml", "--format", "concise=pipe", "--format", "json=link.json").exit_code
        == 1
    )
    assert (
        os.read(reader, 1000)
        == b"specs/bad.yaml:2:11: error[unknown-layer]: unknown layer `Dens`\n"
    )
    os.close(reader)
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_text())[0]["path"] == "specs/bad.yaml"


def test_an_unknown_format_names_the_nearest() -> None:
    result = invoke("specs", "--format", "sarf")
    assert (result.exit_code, "did you mean `sarif`?" in result.stderr) == (2, True)


def test_an_empty_folder_is_mentioned() -> None:
    result = invoke("empty", "specs/good.yaml")
    assert result.exit_code == 0
    assert result.stderr.startswith("note: no *.yaml or *.yml in empty\n")
    assert invoke("empty").exit_code == 2


def test_the_closing_line_says_how_to_learn_more() -> None:
    assert re.fullmatch(
        r"3 errors, 1 warning in 4 of 5 files \(\d+\.\d\d s\)\. Explain one: mergecli explain unknown-layer\n",
        invoke("specs").stderr,
    )
    assert re.fullmatch(r"1 file, no errors \(\d+\.\d\d s\)\n", invoke("specs/good.yaml").stderr)


def test_reports_name_the_version_of_keras() -> None:
    command = ("--keras", "3.10", "specs/good.yaml", "--format")
    (file,) = json.loads(invoke(*command, "json").stdout)
    assert file["keras"] == "3.10"
    (run,) = json.loads(invoke(*command, "sarif").stdout)["runs"]
    assert run["properties"] == {"keras": "3.10"}
    suite = ElementTree.fromstring(invoke(*command, "junit").stdout).find("testsuite")
    assert suite is not None
    assert [node.attrib for node in suite.iter("property")] == [{"name": "keras", "value": "3.10"}]
    assert "1 file, no errors for Keras 3.10 (" in invoke(*command, "full").stderr
    assert "Keras" not in invoke("--keras", "3.15", "specs/good.yaml").stderr


def test_files_may_have_different_versions(folder: pathlib.Path) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "a.yaml").write_text(GOOD)
    (folder / "old" / "pyproject.toml").write_text('[tool.mergecli]\nkeras = "3.9"\n')
    (folder / "pyproject.toml").write_text('[tool.mergecli]\nkeras = "3.14"\n')
    result = invoke("specs/good.yaml", "old", "--format", "json")
    assert [file["keras"] for file in json.loads(result.stdout)] == ["3.14", "3.9"]
    assert "for Keras 3.14, 3.9 (" in result.stderr
