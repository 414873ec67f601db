"""The three MobileNets: their filters, names and sizes, and what `alpha` may be."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.mobilenet import (
    MobileNet,
    MobileNetV2,
    MobileNetV3Large,
    MobileNetV3Small,
    eights,
)
from mergecli.importers.keras import graph
from mergecli.importers.keras.saved_model import SavedCall
from mergecli.ir.inference import infer


def call(model: Application, name: str) -> SavedCall:
    (found,) = [item for item in model.saved().calls if item.name == name]
    return found


def argument(model: Application, name: str, key: str) -> Any:
    return getattr(call(model, name).layer, key)


def names(model: Application) -> list[str]:
    return [item.name for item in model.saved().calls]


@pytest.mark.parametrize(
    ("filters", "wanted"), [(0.1, 8), (8, 8), (11.9, 16), (12, 16), (44, 48), (16, 16), (19.9, 24)]
)
def test_filters_are_multiples_of_eight_and_lose_at_most_a_tenth(
    filters: float, wanted: int
) -> None:
    assert eights(filters) == wanted


def test_the_first_mobilenet_rounds_filters_down_and_has_its_size_in_its_name() -> None:
    model = MobileNet(alpha=0.3, input_shape=[160, 128, 3], classes=7)
    assert model.saved().name == "mobilenet_0.30_160"
    # 32 * 0.3 = 9.6, and 1024 * 0.3 = 307.2.
    assert argument(model, "conv1", "filters") == 9
    assert argument(model, "conv_pw_13", "filters") == 307
    assert argument(model, "conv_preds", "filters") == 7


def test_an_alpha_that_leaves_no_filter_is_refused() -> None:
    assert argument(MobileNet(alpha=1 / 32), "conv1", "filters") == 1
    with pytest.raises(ArgumentErrors) as caught:
        MobileNet(alpha=0.03)
    (error,) = caught.value.errors
    assert (error.argument, error.hint) == ("alpha", "1/32 or more")


def test_the_second_narrows_its_last_convolution_never_but_widens_it() -> None:
    assert argument(MobileNetV2(alpha=0.35), "Conv_1", "filters") == 1280
    # 1280 * 1.4 = 1792, a multiple of 8.
    assert argument(MobileNetV2(alpha=1.4), "Conv_1", "filters") == 1792
    # 32 * 0.35 = 11.2: the next multiple of 8 is 8, which is below nine tenths of it.
    assert argument(MobileNetV2(alpha=0.35), "Conv1", "filters") == 16


def test_the_second_adds_only_where_shape_and_filters_stay() -> None:
    added = [name for name in names(MobileNetV2()) if name.endswith("_add")]
    # Stacks of 1, 2, 3, 4, 3, 3, 1 blocks: all but the first of each.
    assert added == [f"block_{number}_add" for number in (2, 4, 5, 7, 8, 9, 11, 12, 14, 15)]


def test_minimalistic_has_no_squeezing_and_windows_of_three() -> None:
    small = MobileNetV3Small(minimalistic=True)
    assert not [name for name in names(small) if "squeeze" in name or "hard" in name]
    assert argument(small, "expanded_conv_10_depthwise", "kernel_size") == (3, 3)
    usual = MobileNetV3Small()
    assert argument(usual, "expanded_conv_10_depthwise", "kernel_size") == (5, 5)
    # Six times 96 filters, a quarter of them squeezed.
    assert argument(usual, "expanded_conv_10_squeeze_excite_conv", "filters") == 144


def test_the_third_drops_nothing_at_rate_zero_and_scales_pixels_only_if_asked() -> None:
    large = MobileNetV3Large(dropout_rate=0, include_preprocessing=False)
    classes = [item.cls for item in large.saved().calls]
    assert "Dropout" not in classes and "Rescaling" not in classes
    usual = [item.cls for item in MobileNetV3Large().saved().calls]
    assert usual[0] == "Rescaling" and usual.count("Dropout") == 1


def test_the_third_takes_images_of_any_size_with_its_top() -> None:
    model = MobileNetV3Small(classes=5)
    network, _ = infer(graph(model.saved()))
    (output,) = network.graph.outputs.targets
    assert network.tensors(output)[0].shape == (None, 5)
