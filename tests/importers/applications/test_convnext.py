"""ConvNeXt: its stages, the models in it, and what its name decides."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.convnext import ConvNeXtBase, ConvNeXtTiny
from mergecli.importers.keras.saved_model import SavedCall


def call(model: Application, name: str) -> SavedCall:
    (found,) = [item for item in model.saved().calls if item.name == name]
    return found


def test_every_layer_begins_with_the_name_of_the_model() -> None:
    names = [item.name for item in ConvNeXtTiny(name="mine").saved().calls]
    assert names[0] == "mine_prestem_normalization" and names[-1] == "mine_head_dense"
    assert all(name.startswith(("mine_", "add")) for name in names)
    # 3 + 3 + 9 + 3 blocks.
    assert sum(name.startswith("add") for name in names) == 18


def test_the_stem_normalizes_after_its_convolution_and_the_others_before() -> None:
    model = ConvNeXtTiny()
    orders = [
        [inner.cls for inner in call(model, f"convnext_tiny_{name}").nested.calls]  # type: ignore[union-attr]
        for name in ("stem", "downsampling_block_0")
    ]
    assert orders == [["Conv2D", "LayerNormalization"], ["LayerNormalization", "Conv2D"]]


def test_a_block_is_wide_in_the_middle_and_convolves_each_channel_by_itself() -> None:
    model = ConvNeXtBase()
    block = "convnext_base_stage_2_block_26_"
    conv: Any = call(model, f"{block}depthwise_conv").layer
    assert (conv.filters, conv.groups, tuple(conv.kernel_size)) == (512, 512, (7, 7))
    wide: Any = call(model, f"{block}pointwise_conv_1").layer
    narrow: Any = call(model, f"{block}pointwise_conv_2").layer
    assert (wide.units, narrow.units) == (2048, 512)
    scale: Any = call(model, f"{block}layer_scale").layer
    # 224 / 4 / 2 / 2 = 14 rows and columns in the third stage.
    assert list(scale.output_shape) == [14, 14, 512]
    assert scale.kernel_initializer.value == 1e-6


def test_pixels_are_normalized_only_where_there_are_three_channels() -> None:
    for arguments in ({"include_preprocessing": False}, {"input_shape": [64, 64, 1]}):
        classes = [item.cls for item in ConvNeXtTiny(include_top=False, **arguments).saved().calls]  # type: ignore[arg-type]
        assert "Normalization" not in classes
    norm: Any = call(ConvNeXtTiny(), "convnext_tiny_prestem_normalization").layer
    # 0.485 * 255 and (0.229 * 255) ** 2
    assert norm.mean[0] == pytest.approx(123.675) and norm.variance[0] == pytest.approx(3409.976025)


def test_weights_to_download_need_the_name_of_the_size() -> None:
    with pytest.raises(ArgumentErrors) as caught:
        ConvNeXtTiny(weights="imagenet", name="mine")
    assert [error.argument for error in caught.value.errors] == ["name", "weights"]
    assert "must hold `convnext_tiny`" in caught.value.errors[0].message
