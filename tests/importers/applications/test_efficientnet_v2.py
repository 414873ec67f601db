"""EfficientNetV2: fused blocks, sizes by name, and how pixels are prepared."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.efficientnet_v2 import (
    EfficientNetV2B0,
    EfficientNetV2B2,
    EfficientNetV2M,
    EfficientNetV2S,
)


def layer(model: Application, name: str) -> Any:
    (found,) = [call.layer for call in model.saved().calls if call.name == name]
    return found


def names(model: Application) -> list[str]:
    return [call.name for call in model.saved().calls]


def test_the_first_three_stacks_are_fused() -> None:
    depthwise = [name for name in names(EfficientNetV2B0()) if name.endswith("dwconv2")]
    # The last three of (1, 2, 2, 3, 5, 8) blocks.
    assert len(depthwise) == 16 and depthwise[0] == "block4a_dwconv2"
    fused = layer(EfficientNetV2B0(), "block2a_expand_conv")
    assert (tuple(fused.kernel_size), tuple(fused.strides), fused.filters) == ((3, 3), (2, 2), 64)
    point = layer(EfficientNetV2B0(), "block4a_expand_conv")
    assert tuple(point.kernel_size) == (1, 1)


def test_only_the_larger_sizes_have_a_seventh_stack() -> None:
    assert not [name for name in names(EfficientNetV2S()) if name.startswith("block7")]
    assert layer(EfficientNetV2M(), "block7e_project_conv").filters == 512


def test_filters_are_the_nearest_multiple_of_eight() -> None:
    # 32 * 1.1 = 35.2 and 48 * 1.1 = 52.8, and 1280 * 1.1 = 1408.
    assert layer(EfficientNetV2B2(), "stem_conv").filters == 32
    assert layer(EfficientNetV2B2(), "block3a_project_conv").filters == 56
    assert layer(EfficientNetV2B2(), "top_conv").filters == 1408


def test_the_name_decides_the_architecture_and_no_other_is_taken() -> None:
    model = EfficientNetV2B0(name="efficientnetv2-s")
    assert layer(model, "stem_conv").filters == 24 and model.saved().name == "efficientnetv2-s"
    with pytest.raises(ArgumentErrors) as caught:
        EfficientNetV2B0(name="mine")
    (error,) = caught.value.errors
    assert error.argument == "name"
    assert error.hint == "Keras reads the architecture from this name"


def test_small_sizes_normalize_pixels_and_large_ones_bring_them_to_one() -> None:
    assert names(EfficientNetV2B0())[:2] == ["rescaling", "normalization"]
    large = EfficientNetV2S()
    assert names(large)[:2] == ["rescaling", "stem_conv"]
    assert (layer(large, "rescaling").scale, layer(large, "rescaling").offset) == (1 / 128, -1)
    grey = EfficientNetV2B0(include_top=False, input_shape=[64, 64, 1])
    assert "normalization" not in names(grey)
    assert names(EfficientNetV2S(include_preprocessing=False))[0] == "stem_conv"
