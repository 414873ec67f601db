"""EfficientNet: its blocks and filters in each size, and what is left out in training."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.efficientnet import EfficientNetB0, EfficientNetB3


def layer(model: Application, name: str) -> Any:
    (found,) = [call.layer for call in model.saved().calls if call.name == name]
    return found


def names(model: Application, ending: str) -> list[str]:
    return [call.name for call in model.saved().calls if call.name.endswith(ending)]


def test_a_larger_size_is_wider_and_deeper_and_rounds_up() -> None:
    # Blocks (1, 2, 2, 3, 3, 4, 1) times 1 and, rounded up, 1.4: (2, 3, 3, 5, 5, 6, 2).
    assert len(names(EfficientNetB0(), "dwconv")) == 16
    assert len(names(EfficientNetB3(), "dwconv")) == 26
    # 32 * 1.2 = 38.4 and 320 * 1.2 = 384.
    assert layer(EfficientNetB3(), "stem_conv").filters == 40
    assert layer(EfficientNetB3(), "block7a_project_conv").filters == 384
    assert layer(EfficientNetB3(), "top_conv").filters == 1536


def test_blocks_are_left_out_more_often_towards_the_end() -> None:
    model = EfficientNetB0()
    # The third of 16 blocks: 0.2 * 2 / 16; the fifteenth: 0.2 * 14 / 16.
    assert layer(model, "block2b_drop").rate == pytest.approx(0.025)
    assert layer(model, "block6d_drop").rate == pytest.approx(0.175)
    assert list(layer(model, "block2b_drop").noise_shape) == [None, 1, 1, 1]
    # Only blocks that keep the shape are left out: the first of each stack is not.
    assert not names(model, "a_drop")


def test_the_first_block_is_not_widened_and_squeezes_a_quarter_of_its_channels() -> None:
    model = EfficientNetB0()
    assert names(model, "expand_conv")[0] == "block2a_expand_conv"
    assert layer(model, "block1a_se_reduce").filters == 8
    assert layer(model, "block1a_se_expand").filters == 32
    # 16 channels come in, six times as many are in the middle.
    assert layer(model, "block2a_se_reduce").filters == 4
    assert layer(model, "block2a_se_expand").filters == 96


def test_values_before_the_classes_are_dropped_as_the_size_has_it() -> None:
    rates = [layer(model(), "top_dropout").rate for model in (EfficientNetB0, EfficientNetB3)]
    assert rates == [0.2, 0.3]


def test_downloaded_weights_need_the_whole_model() -> None:
    with pytest.raises(ArgumentErrors) as caught:
        EfficientNetB0(weights="imagenet")
    (error,) = caught.value.errors
    assert error.hint is not None and error.hint.endswith(
        '.save("efficientnetb0.keras")`, and write `model: efficientnetb0.keras` instead'
    )
