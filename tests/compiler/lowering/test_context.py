"""The state of lowering: names that are reserved, limits, and files that a spec may name."""

from __future__ import annotations

import pathlib

import pytest

from mergecli.compiler.lowering.context import (
    MOST_LAYERS,
    BlockScope,
    Lowering,
    Names,
    PendingUse,
    Project,
    Sources,
    TooLarge,
)
from mergecli.diagnostics.source import Source, Span, Unreadable
from mergecli.ir.graph import GraphBuilder, Location

HERE = Span(3, 1, 3, 5)


def project(source: Source) -> Project:
    return Project(source, None, lambda *_: pytest.fail(), lambda *_: pytest.fail())


def lowering() -> Lowering:
    source = Source("input: [4]\n", "a.yaml")
    return Lowering(source, project(source), [])


def test_a_name_in_a_block_has_the_prefix_of_its_instance() -> None:
    context = lowering()
    assert context.scoped("dense") == "dense"
    context.scope = BlockScope("left_block", None)
    assert context.scoped("dense") == "left_block_dense"


def test_a_use_in_a_block_names_a_layer_of_that_instance() -> None:
    call = GraphBuilder("a").call("use", None, Location(HERE), None)
    assert PendingUse(call, "dense", HERE, "", None).name == "dense"
    assert PendingUse(call, "dense", HERE, "block_1", None).name == "block_1_dense"


def test_names_that_mean_something_else_are_reserved() -> None:
    names = Names()
    names.ends["branch"] = None
    names.inputs["image"] = 0
    names.instances["block"] = Sources((0,))
    # A layer of that name is found elsewhere.
    names.taken["dense"] = 1
    reserved = ("branch", "image", "block", "merge", "previous", "dense", "other")
    assert [name for name in reserved if names.is_reserved(name)] == list(reserved[:5])


def test_as_many_layers_as_allowed_are_added_and_not_one_more() -> None:
    context = lowering()
    context.added = MOST_LAYERS - 1
    context.grow(HERE)
    with pytest.raises(TooLarge) as caught:
        context.grow(HERE)
    assert caught.value.span == HERE
    assert "10,000" in caught.value.message


def test_work_that_is_spent_is_reported_once() -> None:
    context = lowering()
    with pytest.raises(TooLarge) as first:
        context.spend(10**12, HERE)
    with pytest.raises(TooLarge) as second:
        context.spend(10**12, HERE)
    assert (first.value.span, second.value.span) == (HERE, None)


def test_only_what_is_not_listed_in_the_text_counts_against_the_limit() -> None:
    context = lowering()
    context.globals = context.variables
    context.new_call("Dense", None, Location(HERE), None, "a_")
    assert context.added == 0
    context.variables = {"i": 0}
    context.new_call("ops.expand_dims", None, Location(HERE), None, "a_")
    assert context.added == 1
    assert context.names.prefixes == ["a_dense", "a_expand_dims"]


def test_a_file_is_found_beside_the_spec_that_names_it(tmp_path: pathlib.Path) -> None:
    (tmp_path / "words.txt").write_text("a\n")
    source = Source("", str(tmp_path / "a.yaml"))
    find = project(source).finder(source)
    assert pathlib.Path(find("words.txt")) == tmp_path / "words.txt"
    assert str(tmp_path / "words.txt") in source.named


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing.txt", "not-found"),
        ("https://example.org/words.txt", "not-found"),
        ("a\0b", "not-found"),
        ("/etc/hostname", "outside-project"),
    ],
)
def test_what_is_no_file_of_the_project_is_refused(
    tmp_path: pathlib.Path, name: str, code: str
) -> None:
    source = Source("", str(tmp_path / "a.yaml"))
    with pytest.raises(Unreadable) as caught:
        project(source).finder(source)(name)
    assert caught.value.code == code
