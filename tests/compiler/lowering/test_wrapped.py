"""Models in `TimeDistributed`: their results and weights, and those that it cannot apply."""

from __future__ import annotations

import pathlib

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source


def check(model: str, before: str = "") -> Compiled:
    text = f"{before}input: [5, 4]\nlayers:\n  - TimeDistributed: {{layer: {{{model}}}}}\n"
    return compile_spec(Source(text, "a.yaml"))


def only(model: str) -> Diagnostic:
    (found,) = check(model).errors
    return found


def test_layers_are_applied_to_each_step_with_one_set_of_weights() -> None:
    network = check("input: [4], layers: [{Dense: 3}, {Dense: 2}]").network
    assert network is not None
    assert network.results[-1][0].shape == (None, 5, 2)
    # 4 * 3 + 3 and 3 * 2 + 2: the number of steps adds none.
    sizes = [weight.shape for weight in network.weights[-1]]
    assert sizes == [(4, 3), (3,), (3, 2), (2,)]


def test_the_model_sees_the_variables_of_its_spec() -> None:
    network = check("input: [4], layers: [{Dense: $n}]", "vars: {n: 6}\n").network
    assert network is not None
    assert network.results[-1][0].shape == (None, 5, 6)


def test_output_ends_the_model_at_a_layer() -> None:
    network = check(
        "input: [4], layers: [{Dense: {units: 3, name: mid}}, {Dense: 2}], output: mid"
    ).network
    assert network is not None
    assert network.results[-1][0].shape == (None, 5, 3)


def test_a_model_of_two_inputs_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "two.yaml").write_text(
        "inputs: {a: [4], b: [4]}\nlayers: [{Add: , from: [a, b]}]\n"
    )
    text = "input: [5, 4]\nlayers: [{TimeDistributed: {layer: {spec: two.yaml}}}]\n"
    (found,) = compile_spec(Source(text, str(tmp_path / "a.yaml"))).errors
    assert found.code == "input-count"
    assert "two.yaml` has 2 inputs, `a` and `b`; " in found.message


def test_a_name_with_a_slash_is_refused() -> None:
    found = only("input: [4], layers: [{Dense: 3}], name: a/b")
    assert found.message == "the name of a model must not be empty or contain `/`"


def test_an_error_in_the_model_is_at_its_own_place() -> None:
    found = only("input: [4], layers: [{Dense: -3}]")
    assert found.message.startswith("`Dense.units` ")
    assert found.span is not None
    assert (found.span.line, found.span.column) == (3, 60)


def test_steps_that_the_model_does_not_take_are_refused() -> None:
    found = only("input: [7], layers: [{Dense: 3}]")
    assert "takes (None, 7)" in found.message
