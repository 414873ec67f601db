"""ResNet and ResNetV2: their blocks, where they halve the image, and their parameters."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.importers.applications.base import Application
from mergecli.importers.applications.resnet import ResNet50, ResNet50V2, ResNet101, ResNet152V2
from mergecli.importers.keras import graph
from mergecli.ir.inference import infer


def halved(model: Application) -> list[str]:
    """Return the convolutions after the stem that move by two."""
    return [
        call.name
        for call in model.saved().calls
        if call.cls == "Conv2D" and tuple(call.layer.strides) == (2, 2)  # type: ignore[union-attr]
    ][1:]


def layer(model: Application, name: str) -> Any:
    (found,) = [call.layer for call in model.saved().calls if call.name == name]
    return found


def test_the_first_version_halves_where_a_stack_begins_and_the_second_where_it_ends() -> None:
    stacks = (3, 4, 5)
    assert sorted(halved(ResNet50())) == sorted(
        f"conv{stack}_block1_{conv}_conv" for stack in stacks for conv in (0, 1)
    )
    ends = ["conv2_block3_2_conv", "conv3_block4_2_conv", "conv4_block6_2_conv"]
    assert halved(ResNet50V2()) == ends


@pytest.mark.parametrize(("model", "blocks"), [(ResNet50, 16), (ResNet101, 33), (ResNet152V2, 50)])
def test_each_block_is_one_sum(model: type[Application], blocks: int) -> None:
    assert [call.cls for call in model().saved().calls].count("Add") == blocks


def test_blocks_are_four_times_as_wide_at_their_end() -> None:
    model = ResNet50()
    assert layer(model, "conv3_block2_2_conv").filters == 128
    assert layer(model, "conv3_block2_3_conv").filters == 512
    assert layer(model, "conv1_bn").epsilon == pytest.approx(1.001e-5)


def test_convolutions_before_a_normalization_have_no_bias_in_the_second_version_alone() -> None:
    assert layer(ResNet50(), "conv2_block1_1_conv").use_bias is True
    assert layer(ResNet50V2(), "conv2_block1_1_conv").use_bias is False
    assert layer(ResNet50V2(), "conv2_block1_3_conv").use_bias is True


@pytest.mark.parametrize("model", [ResNet50, ResNet50V2])
def test_the_image_is_32_times_smaller_at_the_end(model: type[Application]) -> None:
    network, _ = infer(graph(model(include_top=False, input_shape=[64, 96, 3]).saved()))
    (output,) = network.graph.outputs.targets
    assert network.tensors(output)[0].shape == (None, 2, 3, 2048)
