"""Specs in a revision of git: their names, and what is beside them."""

from __future__ import annotations

import pathlib

import pytest

from mergecli.cli.git import Revised, Revision, split


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("HEAD:a.yaml", ("HEAD", "a.yaml")),
        ("v1:a:b.yaml", ("v1", "a:b.yaml")),
        (":a.yaml", ("", "a.yaml")),
        ("HEAD:", None),
        ("a.yaml", None),
        ("--output:a.yaml", None),
    ],
)
def test_the_first_colon_separates_a_revision_and_no_option_is_one(
    text: str,
    parts: tuple[str, str] | None,
    tmp_path: pathlib.Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert split(text) == parts


def test_what_is_beside_a_spec_is_in_its_revision() -> None:
    source = Revised("", "HEAD:specs/a.yaml", Revision("HEAD"))
    assert source.beside("b.yaml") == "HEAD:specs/b.yaml"
    assert source.beside("../c.yaml") == "HEAD:c.yaml"
    assert source.beside("/d.yaml") == "/d.yaml"


def test_a_spec_in_the_index_names_files_of_the_index() -> None:
    assert Revised("", ":specs/a.yaml", Revision("")).beside("../b.yaml") == ":b.yaml"


def test_a_spec_in_a_revision_reads_nothing_out_of_the_repository() -> None:
    source = Revised("", "HEAD:specs/a.yaml", Revision("HEAD"))
    assert source.may_read(source.beside("../c.yaml"))
    assert not source.may_read(source.beside("../../c.yaml"))
    assert not source.may_read(source.beside("/etc/c.yaml"))


def test_only_an_included_spec_has_a_label() -> None:
    revision = Revision("HEAD")
    assert Revised("", "HEAD:a.yaml", revision).label == ""
    assert Revised("", "HEAD:a.yaml", revision, True).label == "HEAD:a.yaml"


def test_a_path_from_the_top_of_the_repository_stays_as_it_is() -> None:
    assert Revision("HEAD").full("specs/../a.yaml") == "specs/../a.yaml"
