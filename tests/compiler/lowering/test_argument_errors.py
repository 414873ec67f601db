"""What is said of wrong arguments: the message, the hint, and the fix where one is safe."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source


def only(entry: str) -> Diagnostic:
    """The one error in a model with a single layer."""
    text = f"input: [8]\nlayers:\n  - {entry}\n"
    (found,) = compile_spec(Source(text, "a.yaml")).diagnostics
    assert found.is_error
    return found


def test_an_argument_in_place_of_the_required_one_is_told_once() -> None:
    found = only("Dense: {unit: 4}")
    assert (found.code, found.message) == (
        "unknown-argument",
        "`Dense` has no argument `unit`",
    )
    assert found.help == "did you mean `units`? It is required and missing"
    assert [edit.text for edit in found.fix] == ["units"]


def test_a_colon_without_a_space_is_put_right() -> None:
    found = only("Dense: {units:4}")
    assert found.help == "add a space after the colon: `units: 4`"
    assert [edit.text for edit in found.fix] == ["units: 4"]


def test_a_call_of_python_is_shown_as_an_entry() -> None:
    found = only("Dense(4, activation='relu')")
    assert found.code == "unknown-layer"
    assert found.help == "write `Dense: {units: 4, activation: relu}`"
    assert [edit.text for edit in found.fix] == ["Dense: {units: 4, activation: relu}"]


def test_a_comma_in_a_number_is_told_as_what_it_starts() -> None:
    found = only("Dense: {units: 1,000}")
    assert found.help == "a comma starts another argument: `units: 1000`"


def test_a_number_as_a_regularizer_needs_its_class() -> None:
    found = only("Dense: {units: 4, kernel_regularizer: 0.01}")
    assert found.help == "name the class: `{L2: 0.01}`"
    assert found.span is not None
    assert (found.span.line, found.span.column) == (3, 43)


def test_a_regularizer_as_a_call_becomes_an_object() -> None:
    found = only("Dense: {units: 4, kernel_regularizer: l2(0.01)}")
    assert found.help == "write `{L2: {l2: 0.01}}`"
    assert [edit.text for edit in found.fix] == ["{L2: {l2: 0.01}}"]


def test_an_argument_that_belongs_beside_the_layer_is_sent_there() -> None:
    found = only("Dense: {units: 4, training: true}")
    assert found.help == "write it next to the layer: `call: {training: …}`"


def test_a_layer_of_nobody_may_be_one_of_the_users_own() -> None:
    found = only("Zzyzxq")
    assert found.message == "unknown layer `Zzyzxq`"
    assert found.help == "for a layer of your own, name its module: --import MODULE"
    assert found.fix == ()


def test_a_name_with_its_module_is_written_without_it() -> None:
    found = only("Dense: {units: 4, activation: keras.activations.relu}")
    assert found.help == "write `relu`"
    assert [edit.text for edit in found.fix] == ["relu"]


def test_a_name_with_a_slip_is_put_right() -> None:
    found = only("Dense: {units: 4, activation: rleu}")
    assert found.help is not None
    assert "`relu`" in found.help
