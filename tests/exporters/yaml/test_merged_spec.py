"""The spec that merges models."""

from __future__ import annotations

import pathlib

import pytest

from mergecli.exporters.yaml.merged_spec import Merge, MergeError, merged


@pytest.fixture
def paths(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("")
    for name, units in (("a", 3), ("b", 4)):
        (tmp_path / f"{name}.yaml").write_text(f"input: [8]\nlayers: [{{Dense: {units}}}]\n")
    return ["a.yaml", "b.yaml"]


def test_names_that_clash_get_the_prefix_of_their_branch(paths: list[str]) -> None:
    assert (
        merged(paths, Merge(name="joined"), None)
        == """name: merged
branches:
  a:
    spec: a.yaml
  b:
    spec: b.yaml
    prefix: b_
merge:
  Concatenate: {name: joined}
"""
    )


def test_two_copies_of_one_file_are_two_branches(paths: list[str]) -> None:
    text = merged(["a.yaml", "a.yaml"], Merge(method="add"), None)
    assert "  a:\n" in text and "  a_2:\n" in text and "merge: Add\n" in text


def test_paths_are_relative_to_the_folder_of_the_file(paths: list[str]) -> None:
    text = merged(paths, Merge(folder="specs/merged"), None)
    assert "spec: ../../a.yaml" in text


def test_freezing_all_branches_leaves_those_that_are_named(paths: list[str]) -> None:
    text = merged(paths, Merge(freeze=True, trainable={"b": True}), None)
    assert text.count("trainable: false") == 1 and text.count("trainable: true") == 1


@pytest.mark.parametrize(
    "merge, option",
    [
        (Merge(method="sum"), "method"),
        (Merge(method="add", axis=1), "axis"),
        (Merge(prefixes=["x_"]), "prefix"),
        (Merge(outputs={"c": "dense"}), "output"),
        (Merge(variables={"c": {"width": 3}}), "set"),
        (Merge(trainable={"c": False}), "trainable"),
    ],
)
def test_an_option_that_does_not_fit_is_named(paths: list[str], merge: Merge, option: str) -> None:
    with pytest.raises(MergeError) as caught:
        merged(paths, merge, None)
    assert caught.value.option == option
