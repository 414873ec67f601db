"""The writer of specs: models written out, in short, and merges of models."""

from __future__ import annotations

from mergecli.exporters.yaml.writer import compiling, merging


def test_a_merge_of_models_has_one_line_for_each_key_of_a_branch() -> None:
    text = merging(
        "both",
        {"left": {"spec": "a.yaml", "freeze": True}, "right": {"spec": "b.yaml"}},
        {"Concatenate": {"axis": 1}},
        [{"Dense": {"units": 3}}, {"Flatten": {}}],
    )
    assert text.splitlines() == [
        "name: both",
        "branches:",
        "  left:",
        "    spec: a.yaml",
        "    freeze: true",
        "  right:",
        "    spec: b.yaml",
        "merge:",
        "  Concatenate: {axis: 1}",
        "head:",
        "  - Dense: {units: 3}",
        "  - Flatten",
    ]


def test_a_merge_without_arguments_or_head_is_one_line_at_the_end() -> None:
    text = merging("m", {"a": {"spec": "a.yaml"}}, {"Add": {}}, [])
    assert text == "name: m\nbranches:\n  a:\n    spec: a.yaml\nmerge: Add\n"


def test_a_model_that_is_not_compiled_has_no_such_section() -> None:
    assert compiling(None) == []


def test_arguments_of_compile_that_are_not_given_are_left_out() -> None:
    given = {"optimizer": "adam", "loss": None, "metrics": ["mae"]}
    assert compiling(given) == ["compile: {optimizer: adam, metrics: [mae]}"]
