"""The units of figures with volumes."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.network_scene import scene_of
from mergecli.exporters.pictures.paper.stages import layers
from mergecli.exporters.pictures.paper.units import Flow, flow


def units(text: str, compact: bool = False) -> Flow:
    network = compile_spec(Source(text, "model.yaml")).network
    assert network is not None
    return flow(network, scene_of(network, layers(network)), compact, whole=False)


CONV = "{{Conv2D: {{filters: {}, kernel_size: 3, padding: same, name: {}}}}}"
CHAIN = f"""
input: [64, 32, 3]
layers: [{CONV.format(4, "a")}, {CONV.format(16, "b")}, MaxPooling2D, {{Conv2DTranspose: {{filters: 8, kernel_size: 2, strides: 2}}}}, Flatten, {{Dense: 7}}]
"""
RESIDUAL = f"""
input: [16, 16, 8]
layers:
  - {CONV.format(8, "a")}
  - {CONV.format(8, "b")}
  - Add: {{name: sum}}
    from: [b, a]
  - {CONV.format(8, "c")}
"""


def test_layers_of_one_size_touch() -> None:
    result = units(CHAIN)
    assert [len(unit.slabs) for unit in result.units] == [1, 2, 1, 1, 1]
    assert [unit.lines for unit in result.units] == [
        ["64×32", "×3"], ["64×32", "×16"], ["32×16", "×16"], ["64×32", "×8"], ["7"]
    ]  # fmt: skip
    assert result.arrows == [(0, 1), (1, 2), (2, 3), (3, 4)] and not result.skips


def test_lengths_are_square_roots_and_shades_are_roles() -> None:
    result = units(CHAIN)
    image, pooled, raised = (result.units[number].slabs[-1] for number in (1, 2, 3))
    assert image.height / pooled.height == pytest.approx(2**0.5, rel=0.01)
    assert image.height / image.depth == pytest.approx(2**0.5 / 0.22, rel=0.01)
    first, second = result.units[1].slabs
    assert second.width / first.width == pytest.approx(2, rel=0.01)
    assert (image.role, pooled.role, raised.role) == ("plain", "smaller", "larger")
    assert result.units[-1].slabs[0].depth == 0


def test_channels_may_be_first() -> None:
    result = units(
        "input: [3, 64, 64]\nlayers: [{Conv2D: {filters: 8, kernel_size: 1, data_format: channels_first}}]\n"
    )
    assert result.units[-1].lines == ["64²", "×8"]


def test_a_sum_is_a_disc_that_an_arrow_skips_to() -> None:
    result = units(RESIDUAL)
    assert [unit.symbol for unit in result.units] == ["", "", "+", ""]
    assert result.skips == [(result.units[1].keys[0], result.units[2].keys[0])]


def test_a_compact_figure_has_no_disc_where_one_path_leads() -> None:
    result = units(RESIDUAL, compact=True)
    assert [len(unit.slabs) for unit in result.units] == [1, 3]
    keys = result.units[1].keys
    assert result.skips == [(keys[0], keys[2])]


def test_several_inputs_and_outputs_have_their_names() -> None:
    result = units(f"""
branches:
  one: {{input: {{shape: [8, 8, 1], name: left}}, layers: [{CONV.format(2, "a")}]}}
  two: {{input: {{shape: [8, 8, 1], name: right}}, layers: [{CONV.format(2, "b")}]}}
merge: Concatenate
""")
    lines = [line for unit in result.units for line in unit.lines]
    assert "left" in lines and "right" in lines
    assert [unit.symbol for unit in result.units][-1] == "c"


def test_the_label_names_layers_that_volumes_do_not_show() -> None:
    result = units(
        "input: [4, 8, 8, 3]\nlayers: [{ConvLSTM2D: {filters: 2, kernel_size: 3}}, Flatten, {LayerNormalization: {}}, {Reshape: [2, 36]}, {LSTM: 4}]\n"
    )
    assert [unit.lines[-1] for unit in result.units if unit.lines[-1][0] not in "×4"] == [
        "Reshape",
        "LSTM",
    ]
