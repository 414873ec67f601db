"""Choices of variables: how they are written, and that each combination is checked."""

from __future__ import annotations

import pytest

import mergecli
from mergecli.compiler.choices import MOST_COMBINATIONS, Choices
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

SPEC = """\
vars:
  width: {choices: [32, 64, 128], default: 64}
  act: {choices: [relu, gelu]}
input: [16, 64]
layers:
  - Dense: {units: $width, activation: $act}
  - Reshape: [16, 64]
"""


def test_an_ordinary_check_takes_the_default() -> None:
    network = compile_spec(Source(SPEC, "x.yaml")).network
    assert network is not None
    layer = network.graph.nodes[1].layer
    assert layer is not None
    assert layer.explicit == {"units": 64, "activation": "relu"}
    assert mergecli.summary(source=SPEC).parameters == 64 * 64 + 64


def test_each_combination_is_checked_and_an_error_reported_once() -> None:
    diagnostics = mergecli.check(source=SPEC)
    assert [diagnostic.code for diagnostic in diagnostics] == ["shape-mismatch"]
    assert diagnostics[0].note is not None
    assert diagnostics[0].note.endswith("with `width` 32, `act` relu")
    assert mergecli.check(source=SPEC, variables={"width": 64}) == []


def test_a_sample_of_many_has_each_choice() -> None:
    text = "vars:\n" + "".join(f"  v{n}: {{choices: [1, 2, 3, 4]}}\n" for n in range(6))
    compiled = compile_spec(Source(text + "input: [8]\nlayers: [{Dense: $v0}]\n", "x.yaml"))
    choices = Choices(compiled, {"v5": 1})
    combinations = list(choices.combinations())
    assert choices.count == 4**5
    assert choices.is_sampled
    assert len({tuple(one.items()) for one in combinations}) == MOST_COMBINATIONS
    for name in choices.values:
        assert {one[name] for one in combinations} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{choices: []}", "`choices` must be a list of values"),
        ("{choices: 8}", "`choices` must be a list of values"),
        ("{choices: [8], default: 9}", "the default must be one of the choices"),
        ("{choices: [8], defualt: 8}", "defualt"),
    ],
)
def test_wrong_choices(value: str, message: str) -> None:
    spec = f"vars: {{width: {value}}}\ninput: [4]\nlayers: [{{Dense: 3}}]\n"
    (diagnostic,) = mergecli.check(source=spec)
    assert message in diagnostic.message


def test_a_mapping_without_choices_is_a_value() -> None:
    spec = "vars: {w: {filters: 8, kernel_size: 3}}\ninput: [8, 8, 3]\nlayers: [{Conv2D: $w}]\n"
    assert mergecli.check(source=spec) == []
