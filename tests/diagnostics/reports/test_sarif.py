"""SARIF logs of reports that are made by hand: rules, places, and files that cannot be read."""

from __future__ import annotations

import json
from typing import Any

from mergecli.diagnostics.diagnostic import error, warning
from mergecli.diagnostics.reports import FileReport
from mergecli.diagnostics.reports.sarif import render
from mergecli.diagnostics.source import Source, Span


def run_of(*reports: FileReport) -> dict[str, Any]:
    (run,) = json.loads(render(reports))["runs"]
    return dict(run)


def test_each_rule_is_listed_once_and_results_point_to_it() -> None:
    place = Span(1, 1, 1, 2)
    found = [
        warning(place, "unused-input", "w"),
        error(place, "empty", "e"),
        error(Span(2, 1, 2, 2), "empty", "e"),
    ]
    run = run_of(FileReport("a.yaml", Source("ab\ncd\n", "a.yaml"), found, False))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["empty", "unused-input"]
    assert [(r["ruleIndex"], r["level"]) for r in run["results"]] == [
        (1, "warning"),
        (0, "error"),
        (0, "error"),
    ]


def test_the_message_has_the_help_after_it_where_there_is_one() -> None:
    found = [error(None, "empty", "nothing here", "write a layer"), error(None, "empty", "nothing")]
    results = run_of(FileReport("a.yaml", None, found, False))["results"]
    assert [r["message"]["text"] for r in results] == ["nothing here. write a layer", "nothing"]


def test_a_finding_without_a_place_has_no_region() -> None:
    run = run_of(FileReport("a b.yaml", None, [error(None, "empty", "e")], False))
    (location,) = run["results"][0]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "a%20b.yaml", "uriBaseId": "%SRCROOT%"}
    }


def test_what_is_unreadable_is_no_result_and_its_rule_is_apart() -> None:
    run = run_of(FileReport("a.yaml", None, [error(None, "not-found", "no such file")], True))
    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "no such file"


def test_a_run_that_finds_nothing_is_successful() -> None:
    run = run_of(FileReport("a.yaml", None, [], False))
    assert run["results"] == []
    assert run["invocations"][0]["executionSuccessful"] is True
    assert "notifications" not in run["tool"]["driver"]
