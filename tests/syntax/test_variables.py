"""Variables, blocks and repetitions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from running import ROOT

from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import facts
from mergecli.syntax.variables import ExpressionError, evaluate, fill

RESNET = ROOT / "specs" / "resnet50.yaml"


def network(text: str, **settings: Any) -> Any:
    compiled = compile_spec(Source(text, "a.yaml"), settings)
    assert compiled.diagnostics == [], compiled.diagnostics
    return compiled.network


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9",
        "'a' * 1000000000",
        "2 ** 100000",
        "__import__('os')",
        "().__class__",
        "[1] * 9",
        "lambda: 1",
        "(" * 1000,
        "1 / 0",
        "x",
        "f'{1}'",
        "1 if",
        "min()",
    ],
)
def test_expressions_cannot_run_code_or_blow_up(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text, {})


@given(st.text(max_size=60))
def test_no_text_breaks_the_evaluator(text: str) -> None:
    for attempt in (
        lambda: evaluate(text, {"width": 64}),
        lambda: fill(text, {"width": 64}),
        lambda: fill(f"$({text})", {"width": 64}),
    ):
        try:
            attempt()
        except ExpressionError as problem:
            assert problem.message


@given(
    st.integers(-50, 50), st.integers(-50, 50), st.sampled_from(["+", "-", "*", "<", "<=", "=="])
)
def test_arithmetic_is_python_s(a: int, b: int, sign: str) -> None:
    assert evaluate(f"a {sign} b", {"a": a, "b": b}) == eval(f"a {sign} b", {"a": a, "b": b})


def test_a_variable_alone_keeps_its_type() -> None:
    spec = "vars: {sizes: [3, 5], act: relu, deep: 2, half: $(deep / 4)}\ninput: [8, 8, 3]\nlayers:\n  - Conv2D: {filters: 4, kernel_size: $sizes, activation: $act, name: 'conv_$act'}\n  - Dropout: $half\n"
    (conv, dropout) = [node.layer for node in network(spec).parts()][1:]
    assert (conv.kernel_size, conv.name, dropout.rate) == ((3, 5), "conv_relu", 0.5)


def test_repetitions_count_from_0() -> None:
    found = network(
        "input: [8]\nlayers:\n  - Dense: {units: $(8 * (i + 1)), name: fc_$i}\n    repeat: 3\n"
    )
    assert [(node.name, node.layer.units) for node in found.parts()[1:]] == [
        ("fc_0", 8),
        ("fc_1", 16),
        ("fc_2", 24),
    ]


BLOCK = """
blocks:
  tower:
    params: {units: 8}
    layers:
      - Dense: {units: $units, name: fc}
      - Dense: $units
      - Add: {}
        from: [fc, previous]
"""


def test_names_in_a_block_are_local() -> None:
    found = network(
        BLOCK + "input: [8]\nlayers: [tower, {tower: 4}, {tower: {units: 2}, as: last}]\n"
    )
    assert [node.name for node in found.parts()[1:]] == [
        "tower_fc", "tower_dense", "tower_add", "tower_1_fc", "tower_1_dense", "tower_1_add", "last_fc", "last_dense", "last_add",
    ]  # fmt: skip


def test_an_instance_can_be_referred_to() -> None:
    spec = (
        BLOCK
        + "input: [8]\nlayers:\n  - tower: 4\n    as: one\n  - tower: 4\n    as: two\n    repeat: 2\n  - Add: {}\n    from: [one, two]\n"
    )
    found = network(spec)
    assert [found.graph.reference(source) for source in found.parts()[-1].sources] == [
        "one_add",
        "two_1_add",
    ]


def test_expanding_by_hand_gives_the_same_network() -> None:
    short = network(
        BLOCK
        + "vars: {n: 3}\ninput: [8]\nlayers:\n  - tower: {units: $(n + 1)}\n    as: t\n    repeat: $n\n"
    )
    lines = []
    for number in range(3):
        lines += [
            f"  - Dense: {{units: 4, name: t_{number}_fc}}",
            f"  - Dense: {{units: 4, name: t_{number}_dense}}",
        ]
        lines += [
            f"  - Add: {{name: t_{number}_add}}",
            f"    from: [t_{number}_fc, t_{number}_dense]",
        ]
    long = network("input: [8]\nlayers:\n" + "\n".join(lines))

    def without_lines(found: Any) -> Any:
        return [{**row, "line": 0} for row in facts(found)["layers"]]

    assert without_lines(short) == without_lines(long)


def test_settings_override_variables_typed_as_yaml() -> None:
    spec = "vars: {width: 64, act: relu}\ninput: [8]\nlayers: [{Dense: {units: $width, activation: $act}}]\n"
    result = CliRunner().invoke(
        cli,
        ["summary", "-", "--set", "width=128", "--set", "act=tanh", "--format", "json"],
        input=spec,
    )
    assert json.loads(result.stdout)["parameters"] == 9 * 128
    result = CliRunner().invoke(cli, ["validate", "-q", "-", "--set", "widht=128"], input=spec)
    assert result.exit_code == 1
    assert (
        "error[unknown-variable]: the spec has no variable `widht` to set\n    = help: did you mean `width`?"
        in result.stdout
    )
    assert CliRunner().invoke(cli, ["validate", "-", "--set", "width"], input=spec).exit_code == 2
    assert (
        CliRunner().invoke(cli, ["validate", "-q", "-", "--set", "width=[1"], input=spec).exit_code
        == 2
    )


@pytest.mark.keras
def test_resnet50_by_blocks_has_its_parameters() -> None:
    from tools import applications

    found = network(RESNET.read_text(encoding="utf-8"))
    assert found.count() == applications.build("ResNet50").count_params() == 25_636_712


@pytest.mark.parametrize(
    "blocks",
    [
        "{a: {layers: [{b: {}, repeat: 9000}]}, b: {layers: [{a: {}, repeat: 9000}]}}",
        "{a: {layers: [{from: x, repeat: 9000}]}}",
        "{a: {layers: [{Dens: 1, repeat: 9000}]}}",
    ],
)
def test_what_is_wrong_is_not_repeated_without_end(blocks: str) -> None:
    """81 million entries that make no layer: each would be a message."""
    compiled = compile_spec(
        Source(f"blocks: {blocks}\ninput: [4]\nlayers: [{{a: {{}}, repeat: 9000}}]\n", "a.yaml")
    )
    assert "too-large" in {found.code for found in compiled.diagnostics}
