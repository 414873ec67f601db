"""A comparison in words."""

from __future__ import annotations

from mergecli.catalog.tensors import Tensor
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff import Change, Comparison, compare, wording
from mergecli.diff.model import unfold


def compared(old: str, new: str) -> Comparison:
    models = []
    for layers in (old, new):
        text = f"input: [8]\nlayers: [{layers}]\n"
        network = compile_spec(Source(text, "a.yaml")).network
        assert network is not None
        models.append(unfold(network))
    return compare(*models)


def test_a_change_shows_both_values_and_what_was_absent() -> None:
    assert wording.change(Change("units", 64, 128)) == "units: 64 -> 128"
    assert wording.change(Change("activation", None, "relu")) == "activation: null -> relu"
    assert (
        wording.change(Change("jit_compile", None, True), "unset") == "jit_compile: unset -> true"
    )


def test_only_dtypes_other_than_float32_are_shown() -> None:
    assert wording.tensor(Tensor((None, 8), "float32")) == "(None, 8)"
    assert wording.tensor(Tensor((None, 8), "int64")) == "(None, 8) int64"


def test_an_added_layer_says_where_it_stands() -> None:
    (entry,) = wording.entries(compared("{Dense: 3}", "{Dense: 3}, {Dropout: 0.5}"))
    assert (entry.mark, entry.name, entry.cls) == ("+", "dropout", "Dropout")
    assert entry.details[0] == "after dense, produces the output dropout"
    assert "Dropout: {rate: 0.5}" in entry.details


def test_a_changed_layer_shows_its_parameters() -> None:
    (entry,) = wording.entries(
        compared("{Dense: {units: 3, name: d}}", "{Dense: {units: 4, name: d}}")
    )
    assert entry.mark == "~"
    assert entry.details == ["units: 3 -> 4", "(None, 3) -> (None, 4)", "parameters: 27 -> 36"]


def test_sums_show_the_difference_with_its_sign() -> None:
    rows = wording.table(compared("{Dense: 4}", "{Dense: 3}"))
    assert ("parameters", "36", "27", "-9") in rows
    assert ("layers", "1", "1", "") in rows


def test_the_numbers_of_differences_are_counted_by_change() -> None:
    assert wording.counts(compared("{Dense: 4}", "{Dense: 4}")) == "the same model"
    found = compared(
        "{Dense: {units: 4, name: d}}, ReLU", "{Dense: {units: 5, name: d}}, ReLU, Flatten"
    )
    assert wording.counts(found).startswith("1 added, 1 changed")
