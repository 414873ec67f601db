"""Which layer of one model is which of another."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff.matching import match
from mergecli.diff.model import Model, unfold


def model(*layers: str) -> Model:
    text = "input: [8]\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return unfold(network)


def pairs(old: Model, new: Model) -> dict[str, str]:
    found = match(old, new).forth
    return {old.calls[a].name: new.calls[b].name for a, b in found.items()}


def test_layers_with_the_same_chosen_name_and_class_are_the_same() -> None:
    old = model("Dense: {units: 3, name: a}", "Dense: {units: 4, name: b}")
    new = model("Dense: {units: 4, name: b}", "Dense: {units: 3, name: a}")
    assert pairs(old, new) == {"input": "input", "a": "a", "b": "b"}


def test_an_inserted_layer_does_not_shift_the_others() -> None:
    old = model("Dense: 3", "Dense: 4", "Dense: 5")
    new = model("Dense: 3", "Dense: 9", "Dense: 4", "Dense: 5")
    assert pairs(old, new) == {
        "input": "input", "dense": "dense", "dense_1": "dense_2", "dense_2": "dense_3",
    }  # fmt: skip


def test_a_layer_that_was_only_renamed_is_found_by_its_place() -> None:
    old = model("Dense: {units: 3, name: a}", "ReLU: {name: r}")
    new = model("Dense: {units: 3, name: z}", "ReLU: {name: r}")
    assert pairs(old, new)["a"] == "z"


def test_an_argument_that_changed_leaves_a_layer_the_same() -> None:
    old, new = model("Dense: 3", "ReLU"), model("Dense: 30", "ReLU")
    assert pairs(old, new)["dense"] == "dense"


def test_what_one_side_lacks_has_no_pair() -> None:
    old, new = model("Dense: 3", "Dropout: 0.5", "ReLU"), model("Dense: 3", "ReLU")
    found = match(old, new)
    removed, added = found.left()
    assert [call.name for call in removed] == ["dropout"] and added == []
    assert {new: old for old, new in found.forth.items()} == found.back


def graph(*inputs: str, between: str = "") -> Model:
    branches = "".join(
        f"  {name}:\n    input: {{shape: [{size}], name: {name}}}\n"
        f"    layers: [{between}{{Dense: {{units: {size}, name: d{place}}}}}]\n"
        for place, (name, size) in enumerate(one.split() for one in inputs)
    )
    text = f"branches:\n{branches}merge: Concatenate\n"
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return unfold(network)


def test_a_renamed_input_of_the_same_shape_is_the_same_input() -> None:
    inserted = graph("z 8", "y 5", between="{Rescaling: 2}, ")
    assert pairs(graph("a 8", "b 5"), inserted)["a"] == "z"
    assert pairs(graph("a 8", "b 5"), inserted)["b"] == "y"


def test_an_input_of_another_name_and_shape_is_another_input() -> None:
    inserted = graph("z 9", "y 5", between="{Rescaling: 2}, ")
    assert "a" not in pairs(graph("a 8", "b 5"), inserted)
