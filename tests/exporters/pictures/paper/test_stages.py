"""Which layers share a volume."""

from __future__ import annotations

import pytest
from running import ROOT

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.folding import Group
from mergecli.exporters.pictures.paper.stages import is_convolutional, layers, shown, stages
from mergecli.ir.graph import Network


def network(text: str) -> Network:
    result = compile_spec(Source(text, "model.yaml")).network
    assert result is not None
    return result


def of(name: str) -> Network:
    path = ROOT / "specs" / f"{name}.yaml"
    result = compile_spec(Source(path.read_text(encoding="utf-8"), str(path))).network
    assert result is not None
    return result


def classes(net: Network, groups: list[Group]) -> list[list[str]]:
    return [[net.graph.nodes[row[0]].cls for row in group.rows] for group in groups]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("u_net", True), ("multi_modal", True), ("two_branch", False), ("siamese", False), ("video", False)],
)  # fmt: skip
def test_volumes_show_convolutional_networks(name: str, expected: bool) -> None:
    assert is_convolutional(of(name)) == expected


def test_what_normalizes_activates_or_prepares_belongs_to_the_layer_before() -> None:
    net = network(
        "input: [8, 8, 3]\nlayers: [{Conv2D: {filters: 4, kernel_size: 3}}, BatchNormalization, ReLU, Flatten, {Dense: 2}]\n"
    )
    assert classes(net, layers(net)) == [
        ["InputLayer"],
        ["Conv2D", "BatchNormalization", "ReLU", "Flatten"],
        ["Dense"],
    ]


def test_a_stage_is_all_of_one_size() -> None:
    net = network("branches: {m: {application: ResNet50}}")
    groups = stages(net)
    sizes = []
    for group in groups:
        call = shown(net, [row[0] for row in group.rows])
        sizes.append((net.results[call.index][0].shape or ())[1:])
    assert sizes == [
        (224, 224, 3), (112, 112, 64), (56, 56, 256), (28, 28, 512), (14, 14, 1024), (7, 7, 2048), (2048,), (1000,)
    ]  # fmt: skip
    assert sorted(row[0] for group in groups for row in group.rows) == sorted(
        call.index for call in net.parts()
    )


@pytest.mark.parametrize("name", ["NASNetMobile", "MobileNetV3Small"])
def test_there_are_no_stages_that_would_hide_sizes(name: str) -> None:
    assert stages(network(f"branches: {{m: {{application: {name}}}}}")) == []
    assert stages(of("u_net")) == []
