"""The stages of a check: what comes out of one, and what an error leaves out."""

from __future__ import annotations

import gc

import pytest
from running import SPECS

from mergecli.compiler.pipeline import compile_model, compile_spec, is_model
from mergecli.diagnostics.diagnostic import MOST_DIAGNOSTICS
from mergecli.diagnostics.source import Source, Unreadable


def test_a_text_that_cannot_be_parsed_has_neither_tree_nor_network() -> None:
    compiled = compile_spec(Source("input: [4\n", "a.yaml"))
    assert (compiled.tree, compiled.network, compiled.partial) == (None, None, None)
    assert [found.code for found in compiled.errors] == ["syntax"]


def test_an_error_leaves_a_partial_network_for_editors() -> None:
    text = "input: [4]\nlayers: [{Dense: 3}, {Dense: -1}]\n"
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is None
    assert compiled.partial is not None
    assert [results[0].shape for results in compiled.partial.results][:2] == [
        (None, 4),
        (None, 3),
    ]


def test_diagnostics_come_in_the_order_of_their_places() -> None:
    text = "budget: {parms: 1}\ninput: [4]\nlayers: [{Dense: -1}, {Dnse: 1}]\n"
    compiled = compile_spec(Source(text, "a.yaml"))
    places = [(d.span.line, d.span.column) for d in compiled.diagnostics if d.span is not None]
    assert len(places) == 3
    assert places == sorted(places)


def test_a_suppressed_error_still_leaves_no_network() -> None:
    text = """input: [4]
layers:
  # mergecli: ignore[wrong-value]
  - Dense: -1
"""
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is None
    assert compiled.diagnostics == []
    assert [found.code for found in compiled.suppressed] == ["wrong-value"]
    assert compiled.errors == compiled.suppressed


def test_after_so_many_diagnostics_one_says_that_there_are_more() -> None:
    entries = "  - Dense: -1\n" * (MOST_DIAGNOSTICS + 5)
    compiled = compile_spec(Source(f"input: [4]\nlayers:\n{entries}", "a.yaml"))
    assert len(compiled.diagnostics) == MOST_DIAGNOSTICS + 1
    last = compiled.diagnostics[-1]
    assert last.is_error
    assert last.code == "too-large"


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("a.keras", True),
        ("A.H5", True),
        ("a.yaml", False),
        ("keras", False),
        ("a.keras.yaml", False),
    ],
)
def test_a_saved_model_is_known_by_its_ending(path: str, wanted: bool) -> None:
    assert is_model(path) is wanted


def test_a_saved_model_that_is_not_there_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        compile_model("missing.keras")


def test_how_a_value_is_read_elsewhere_is_not_told_if_it_is_wrong_anyway() -> None:
    text = "input: [8]\nlayers: [{{Dropout: {}}}]\n"
    right = compile_spec(Source(text.format("{rate: 0.5, seed: 010}"), "a.yaml"))
    assert [found.code for found in right.diagnostics] == ["leading-zero"]
    wrong = compile_spec(Source(text.format("010"), "a.yaml"))
    assert [found.is_error for found in wrong.diagnostics] == [True]


def test_a_check_leaves_no_cycles() -> None:
    """What a check of a sound spec makes is freed at once, so the collector has nothing to do."""
    for path in SPECS:
        compile_spec(Source.read(str(path)))
    gc.collect()
    # What other tests have left is not looked at again and again.
    gc.freeze()
    gc.disable()
    try:
        for path in SPECS:
            compile_spec(Source.read(str(path)))
            assert gc.collect() == 0, path.stem
    finally:
        gc.enable()
        gc.unfreeze()
