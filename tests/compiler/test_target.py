"""A check for an older Keras: what it does not have is an error with its place."""

from __future__ import annotations

import json
import pathlib

import pytest
from click.testing import CliRunner

from mergecli import api
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.versions import NEWEST, Version
from mergecli.cli.main import cli
from mergecli.compiler.pipeline import compile_model, compile_spec
from mergecli.diagnostics.source import Source

SPEC = """\
input: [32, 32, 3]
layers:
  - Conv2D: {filters: 4, kernel_size: 3, lora_alpha: 2, lora_rank: 2}
  - AdaptiveMaxPooling2D: 4
"""


def errors(text: str, target: Version) -> list[tuple[int, int, str]]:
    """Return the line, the column and the message of each error."""
    return [
        (error.span.line, error.span.column, error.message)
        for error in compile_spec(Source(text, "a.yaml"), target=target).errors
        if error.span is not None and error.code == "newer-keras"
    ]


def test_a_class_and_an_argument_have_their_places() -> None:
    assert errors(SPEC, (3, 9)) == [
        (3, 54, "`Conv2D.lora_alpha` needs Keras 3.10; the target is Keras 3.9"),
        (4, 5, "`AdaptiveMaxPooling2D` needs Keras 3.13; the target is Keras 3.9"),
    ]
    assert [message for *_, message in errors(SPEC, (3, 12))] == [
        "`AdaptiveMaxPooling2D` needs Keras 3.13; the target is Keras 3.12"
    ]
    assert errors(SPEC, (3, 13)) == errors(SPEC, NEWEST) == errors(SPEC, (4, 0)) == []


def test_a_name_has_a_version() -> None:
    text = "input: [8]\nlayers: [{Dense: {units: 2, activation: sparse_sigmoid}}]\n"
    message = "`activation: sparse_sigmoid` of `Dense` needs Keras 3.10; the target is Keras 3.9"
    assert errors(text, (3, 9)) == [(2, 41, message)]
    assert errors(text, (3, 10)) == []


def test_objects_in_arguments_are_checked_too() -> None:
    wrapped = (
        "input: [5, 8, 8, 3]\nlayers: [{TimeDistributed: {layer: {AdaptiveMaxPooling2D: 4}}}]\n"
    )
    assert errors(wrapped, (3, 12)) == [
        (2, 36, "`AdaptiveMaxPooling2D` needs Keras 3.13; the target is Keras 3.12")
    ]
    model = "input: [5, 8, 8, 3]\nlayers: [{TimeDistributed: {layer: {input: [8, 8, 3], layers: [{AdaptiveMaxPooling2D: 4}]}}}]\n"
    assert [message for *_, message in errors(model, (3, 12))] == [
        "`AdaptiveMaxPooling2D` needs Keras 3.13; the target is Keras 3.12"
    ]


def test_an_unused_input_has_a_version() -> None:
    text = "inputs: {a: [8], b: [8]}\nlayers: [{Dense: 2, from: a}]\n"
    message = "`b`, an input of which nothing is made, needs Keras 3.14; the target is Keras 3.13"
    assert errors(text, (3, 13)) == [(1, 18, message)]
    assert errors(text, (3, 14)) == []


@pytest.mark.parametrize(
    "text",
    [
        "inputs: {a: [4], b: [4]}\nlayers:\n- ops.polar:\n  from: [a, b]\n",
        "inputs: {a: [4], b: {batch_shape: [4]}}\nlayers:\n- ops.batch_normalization: {axis: 1}\n  from: [a, b, b]\n",
    ],
)
def test_what_older_versions_only_wire_needs_one_that_runs_it(text: str) -> None:
    ((line, _, message),) = errors(text, (3, 10))
    assert line == 3 and message.endswith("cannot be run in a model before Keras 3.11")
    assert errors(text, (3, 11)) == []


def test_all_objects_of_a_graph_know_their_target() -> None:
    text = "input: [5, 8]\nlayers: [{Bidirectional: {layer: {LSTM: {units: 2, kernel_initializer: {Constant: {value: 1}}}}}}]\n"
    network = compile_spec(Source(text, "a.yaml"), target=(3, 9)).network
    assert network is not None
    outer = network.graph.nodes[-1].layer
    assert outer is not None
    inner = outer.explicit["layer"]
    assert [
        value.keras_version for value in (outer, inner, inner.explicit["kernel_initializer"])
    ] == [(3, 9)] * 3
    assert KerasObject.keras_version == NEWEST


def test_a_branch_of_an_included_spec_says_where(tmp_path: pathlib.Path) -> None:
    (tmp_path / "part.yaml").write_text(SPEC)
    text = "branches:\n  a: {spec: part.yaml}\n  b: {input: [4, 4, 4]}\nmerge: Add\n"
    (_, second) = compile_spec(Source(text, str(tmp_path / "a.yaml")), target=(3, 9)).errors
    assert second.span is not None and second.span.path.endswith("part.yaml")
    assert second.note is not None and "included" in second.note


def test_a_saved_model_has_a_target(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "m.json"
    exported = CliRunner().invoke(cli, ["export", "-", "--to", "keras-json"], input=SPEC)
    assert exported.exit_code == 0, exported.output
    path.write_text(exported.stdout)
    assert compile_model(str(path), target=NEWEST).network is not None
    found = compile_model(str(path), target=(3, 12))
    assert found.network is None
    assert [error.message for error in found.errors] == [
        "`AdaptiveMaxPooling2D` needs Keras 3.13; the target is Keras 3.12"
    ]


@pytest.mark.parametrize(
    "command",
    [
        ["validate", "a.yaml"],
        ["summary", "a.yaml"],
        ["plot", "a.yaml", "--format", "dot"],
        ["export", "a.yaml", "--to", "python"],
        ["build", "a.yaml", "--no-plot"],
        ["diff", "a.yaml", "a.yaml"],
        ["merge", "a.yaml", "a.yaml"],
        ["import", "a.json"],
        ["verify", "a.yaml"],
    ],
    ids=lambda command: command[0],
)
def test_each_command_has_a_target(
    command: list[str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(SPEC)
    exported = CliRunner().invoke(cli, ["export", "-", "--to", "keras-json"], input=SPEC)
    (tmp_path / "a.json").write_text(exported.stdout)
    message = "`AdaptiveMaxPooling2D` needs Keras 3.13; the target is Keras 3.12"
    result = CliRunner().invoke(cli, [*command, "--keras", "3.12"])
    assert result.exit_code != 0
    assert message in result.output + result.stderr
    (tmp_path / "pyproject.toml").write_text('[tool.mergecli]\nkeras = "3.12.1"\n')
    result = CliRunner().invoke(cli, command)
    assert result.exit_code != 0
    assert message in result.output + result.stderr
    result = CliRunner().invoke(cli, [*command, "--keras", "3.7"])
    assert result.exit_code == 2
    assert "Keras 3.7 is not supported; the oldest is 3.8" in result.stderr


def test_the_option_takes_precedence_over_the_settings(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(SPEC)
    (tmp_path / "pyproject.toml").write_text('[tool.mergecli]\nkeras = "3.9"\n')
    assert CliRunner().invoke(cli, ["validate", "a.yaml"]).exit_code == 1
    assert CliRunner().invoke(cli, ["validate", "a.yaml", "--keras", "3.16"]).exit_code == 0


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("3.10", 'must be a string, such as "3.10"'),
        ('"3.7"', "Keras 3.7 is not supported; the oldest is 3.8"),
        ('"newest"', "expected a version of Keras such as 3.10, found `newest`"),
    ],
)
def test_wrong_settings(
    value: str, message: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(SPEC)
    (tmp_path / "pyproject.toml").write_text(f"[tool.mergecli]\nkeras = {value}\n")
    result = CliRunner().invoke(cli, ["validate", "a.yaml"])
    assert result.exit_code == 2
    assert message in result.stderr


def test_the_api_takes_a_version() -> None:
    assert [d.code for d in api.check(source=SPEC, keras="3.12")] == ["newer-keras"]
    assert api.check(source=SPEC, keras="3.13") == []
    with pytest.raises(api.SpecError, match="needs Keras"):
        api.summary(source=SPEC, keras="3.10")
    with pytest.raises(ValueError, match="the oldest is"):
        api.check(source=SPEC, keras="3.1")
    assert json.dumps(api.summary(source=SPEC, keras="3.13").parameters)


#: A rule that changed: a layer on a shape, the last version before the change, and what that says.
CHANGED = [
    ("{Discretization: {bin_boundaries: [0.0], output_mode: one_hot}}", "[4, 5]", (3, 13), "(None, 4, 5) float32", "(None, 4, 5, 2) float32"),
    ("{Discretization: {bin_boundaries: [0.0]}}", "[4]", (3, 11), "(None, 4) int64", "(None, 4) int32"),
    ("{DepthwiseConv2D: {kernel_size: 3, strides: 2, dilation_rate: 2}}", "[9, 9, 2]", (3, 14), "newer-keras", "(None, 3, 3, 2) float32"),
    ("{SeparableConv1D: {filters: 3, kernel_size: 3, strides: 2, dilation_rate: 2}}", "[9, 2]", (3, 14), "newer-keras", "(None, 3, 3) float32"),
    ("{IntegerLookup: {vocabulary: [1, 2], output_mode: count}}", "{shape: [4, 5], dtype: int64}", (3, 13), "(None, 3) float32", "(None, 4, 3) float32"),
    ("{IntegerLookup: {vocabulary: [1, 2], output_mode: one_hot}}", "{shape: [4], dtype: int64}", (3, 13), "(None, 3) float32", "(None, 4, 3) float32"),
    ("{TextVectorization: {vocabulary: [a], output_mode: count, split: null}}", "{shape: [4, 5], dtype: string}", (3, 13), "(None, 2) float32", "(None, 4, 2) float32"),
    ("{ops.argmax: {axis: 1, keepdims: true}}", "[4, 5]", (3, 13), "(None, 4, 5) int32", "(None, 1, 5) int32"),
    ("{ops.argmin: {axis: 1, keepdims: true}}", "[4, 5]", (3, 13), "(None, 4, 5) int32", "(None, 1, 5) int32"),
    ("{ops.logsumexp: {axis: 1}}", "[4, 5]", (3, 10), "newer-keras", "(None, 5) float32"),
    ("{ops.sort: {axis: null}}", "{batch_shape: [4, 5]}", (3, 13), "newer-keras", "(20,) float32"),
    ("{ops.argsort: {axis: null}}", "[4, 5]", (3, 14), "newer-keras", "(None,) int32"),
    ("{ops.inner: {}, from: [input, input]}", "[4]", (3, 14), "() float32", "(None, None) float32"),
    ("{ops.istft: {sequence_length: 5, sequence_stride: 5, fft_length: 7, length: 7}, from: [input, input]}", "[1, 3]", (3, 13), "(None, 1) float32", "(None, 7) float32"),
    ("{Conv1DTranspose: {filters: 2, kernel_size: 2, strides: 2, output_padding: 0}}", "[4, 1]", (3, 10), "newer-keras", "(None, 8, 2) float32"),
    ("{ops.glu: {axis: -1}}", "[4, 6]", (3, 11), "(None, 4, 6) float32", "(None, 4, 3) float32"),
    ("{Reshape: [null]}", "[4]", (3, 14), "newer-keras", "(None, None) float32"),
    ("{Reshape: [null]}", "[null]", (3, 14), "newer-keras", "(None, None) float32"),
    ("{ops.logsumexp: {axis: [1]}}", "[4, 5]", (3, 8), "(None, 5) float32", "(None, 5) float32"),
    ("{Normalization: {axis: 1, mean: [1.0, 2.0], variance: [1.0, 2.0]}}", "[2, 4]", (3, 13), "shape-mismatch", "(None, 2, 4) float32"),
    ("{Normalization: {axis: -1, mean: [1.0, 2.0], variance: [1.0, 2.0]}}", "[4, 2]", (3, 13), "(None, 4, 2) float32", "(None, 4, 2) float32"),
    ("{ops.moments: {axes: 1}}", "[4, 5]", (3, 10), "newer-keras", "(None, 5) float32, (None, 5) float32"),
    ("{ops.split: {indices_or_sections: [2]}}", "[4]", (3, 13), "newer-keras", "(2, 4) float32, (None, 4) float32"),
    ("{ops.split: {indices_or_sections: [2], axis: 1}}", "[4]", (3, 13), "(None, 2) float32, (None, 2) float32", "(None, 2) float32, (None, 2) float32"),
    ("{Attention: {}, from: [input, input]}", "[4, 3, 2]", (3, 14), "newer-keras", "(None, 4, 3, 2) float32"),
    ("{AdditiveAttention: {}, from: [input, input]}", "[4, 3, 2]", (3, 14), "(None, 4, 3, 2) float32", "(None, 4, 3, 2) float32"),
    ("{ops.reshape: -1}", "{batch_shape: [4, 5]}", (3, 14), "newer-keras", "(20,) float32"),
    ("{ops.left_shift: {}, from: [input, 3]}", "{shape: [4], dtype: int32}", (3, 9), "newer-keras", "(None, 4) int32"),
    ("{ops.trace: {axis1: 1, axis2: 2}}", "{shape: [4, 4], dtype: uint8}", (3, 11), "(None,) int32", "(None,) uint32"),
    ("{ops.take_along_axis: {}, from: [input, input]}", "{batch_shape: [4], dtype: int32}", (3, 14), "newer-keras", "(4,) int32"),
    ("{ops.unravel_index: {shape: [2, 2]}}", "{shape: [4], dtype: int32}", (3, 10), "newer-keras", "(None, 4) int32, (None, 4) int32"),
    ("{ops.full: {shape: [4]}}", "{batch_shape: []}", (3, 10), "newer-keras", "(4,) float32"),
    ("{ops.argpartition: {kth: 1, axis: null}}", "{batch_shape: [4, 5]}", (3, 14), "newer-keras", "(20,) int32"),
    ("{ops.cross: {}, from: [input, input]}", "[4, 3]", (3, 13), "(None, 3, 4) float32", "(None, 4, 3) float32"),
    ("{ops.cross: {axisc: 0}, from: [input, input]}", "[4, 3]", (3, 13), "(3, None, 4) float32", "(3, None, 4) float32"),
    ("{ops.cross: {}, from: [input, input]}", "{batch_shape: [2]}", (3, 13), "() float32", "axis-range"),
    ("{ops.image.extract_patches: {size: 2, strides: 1}}", "[4, 4, 1]", (3, 13), "newer-keras", "(None, 3, 3, 4) float32"),
    ("{ops.image.extract_patches: {size: [2, 2, 2]}}", "[4, 4, 4, 1]", (3, 13), "newer-keras", "(None, 2, 2, 2, 8) float32"),
    ("{ops.slice: {shape: [-1]}, from: [input, input]}", "{batch_shape: [1], dtype: int32}", (3, 13), "newer-keras", "(None,) int32"),
    ("{ops.rms_normalization: {}}", "{shape: [4], dtype: float16}", (3, 10), "(None, 4) float32", "(None, 4) float16"),
    ("{ops.rms_normalization: {}, from: [input, input]}", "[4]", (3, 10), "newer-keras", "(None, 4) float32"),
    ("{ops.searchsorted: {}, from: [input, input]}", "{batch_shape: [null]}", (3, 11), "newer-keras", "(None,) int64"),
    ("{ops.matmul: {}, from: [input, input]}", "{batch_shape: [3]}", (3, 14), "(1, 1) float32", "() float32"),
    ("{ops.max: {axis: [-2, -1]}}", "[4, 5]", (3, 11), "(4,) float32", "(None,) float32"),
    ("{ops.max: {axis: [-1, -3]}}", "[4, 5]", (3, 11), "newer-keras", "(4,) float32"),
    ("{ops.max: {axis: [1, 2]}}", "[4, 5]", (3, 11), "(None,) float32", "(None,) float32"),
    ("{ops.moments: {axes: [-2, -1]}}", "[4, 5]", (3, 11), "(4,) float32, (4,) float32", "(None,) float32, (None,) float32"),
    ("{ops.array: {}}", "{shape: [4], dtype: int32}", (3, 10), "(None, 4) float32", "(None, 4) int32"),
    ("{ops.convert_to_tensor: {dtype: int8}}", "{shape: [4], dtype: int32}", (3, 10), "(None, 4) int8", "(None, 4) int8"),
    ("RandomGrayscale", "[8, 8, 3]", (3, 10), "unsupported-layer", "(None, 8, 8, 3) float32"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape", "last", "before", "after"), CHANGED)
def test_a_rule_that_changed(
    layer: str, shape: str, last: Version, before: str, after: str
) -> None:
    text = f"input: {shape}\nlayers: [{layer}]\n"
    assert _result(text, last) == before
    assert _result(text, (last[0], last[1] + 1)) == after
    assert _result(text, NEWEST) == after


def _result(text: str, target: Version) -> str:
    """Return the shapes and dtypes that the last layer gives, or the code of the error."""
    compiled = compile_spec(Source(text, "a.yaml"), target=target)
    if compiled.errors:
        (error,) = compiled.errors
        return error.code
    assert compiled.network is not None
    return ", ".join(f"{tensor.shape} {tensor.dtype}" for tensor in compiled.network.results[-1])


ATTENTION = """\
inputs: {{q: {q}, v: {v}}}
layers:
  - {layer}
    from: {sources}
    call: {{return_attention_scores: true}}
outputs: [{outputs}]
"""


def test_scores_of_attention_that_changed() -> None:
    given = {
        "layer": "Attention: {name: a, score_mode: concat}",
        "sources": "[q, v]",
        "outputs": '"a[0]", "a[1]"',
    }
    text = ATTENTION.format(q="[2, 3, 8]", v="[2, 5, 8]", **given)
    assert _result(text, (3, 14)) == "(None, 2, 3, 8) float32, (None, 2, 2) float32"
    assert _result(text, (3, 15)) == "(None, 2, 3, 8) float32, (None, 2, 3, 5) float32"
    given = {
        "layer": "GroupQueryAttention: {name: a, head_dim: 4, num_query_heads: 4, num_key_value_heads: 2}",
        "sources": "{query: q, value: v}",
        "outputs": "a",
    }
    text = ATTENTION.format(q="[3, 8]", v="[5, 8]", **given)
    assert _result(text, (3, 14)) == "(None, 3, 8) float32"
    assert _result(text, (3, 15)) == "(None, 3, 8) float32, (None, 4, 3, 5) float32"


def test_a_causal_mask_that_changed() -> None:
    text = """\
input: [3, 4]
layers:
  - MultiHeadAttention: {num_heads: 2, key_dim: 2, attention_axes: [-3, -2]}
    from: {query: input, value: input}
    call: {use_causal_mask: true}
"""
    assert _result(text, (3, 14)) == "shape-mismatch"
    assert _result(text, (3, 15)) == "(None, 3, 4) float32"
    one = text.replace("[-3, -2]", "[-2]")
    assert _result(one, (3, 14)) == _result(one, (3, 15)) == "(None, 3, 4) float32"


def test_a_sweep_has_a_target() -> None:
    spec = "vars: {width: 4}\ninput: [32, 32, 3]\nlayers: [{AdaptiveMaxPooling2D: $width}]\n"
    space = {"width": [2, 4]}
    old = [row.codes for row in api.sweep(source=spec, space=space, keras="3.12")]
    assert old == [("newer-keras",)] * 2
    assert [row.codes for row in api.sweep(source=spec, space=space, keras="3.13")] == [()] * 2


SHARED = """\
inputs: {{a: {a}, b: {b}}}
layers:
  - {layer}
    from: a
  - use: shared
    as: second
    from: b
outputs: [shared, second]
"""


@pytest.mark.parametrize(
    ("layer", "a", "b", "since"),
    [
        ("Reshape: {target_shape: [-1, 2], name: shared}", "[8]", "[12]", (3, 12)),
        ("SpectralNormalization: {layer: {Dense: 2}, name: shared}", "[5, 3]", "[4, 3]", (3, 11)),
        ("Reshape: {target_shape: [-1, 2], name: shared}", "[null]", "[12]", (3, 8)),
        ("SpectralNormalization: {layer: {Dense: 2}, name: shared}", "[5, 3]", "[5, 3]", (3, 8)),
    ],
)
def test_layers_that_are_applied_to_other_sizes(layer: str, a: str, b: str, since: Version) -> None:
    text = SHARED.format(layer=layer, a=a, b=b)
    for target in ((3, 8), (3, 10), (3, 11), (3, 12), NEWEST):
        codes = [error.code for error in compile_spec(Source(text, "a.yaml"), target=target).errors]
        assert codes == (["shape-mismatch"] if target < since else [])


def test_weights_of_several_axes_that_changed() -> None:
    text = "input: [3, 4]\nlayers: [{LayerNormalization: {axis: [2, 1], center: false}}]\n"
    for target, shape in (((3, 13), (4, 3)), ((3, 14), (3, 4))):
        network = compile_spec(Source(text, "a.yaml"), target=target).network
        assert network is not None
        assert [weight.shape for weight in network.weights[-1]] == [shape]
