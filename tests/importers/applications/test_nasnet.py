"""NASNet: cells that see the two before them, and the images that they need."""

from __future__ import annotations

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.importers.applications.nasnet import NASNetLarge, NASNetMobile
from mergecli.importers.keras import graph
from mergecli.ir.inference import infer


def test_the_last_cell_has_six_times_the_filters() -> None:
    network, _ = infer(graph(NASNetMobile(include_top=False).saved()))
    (output,) = network.graph.outputs.targets
    # A normal cell joins six results of 44 * 4 filters; 224 is halved five times.
    assert network.tensors(output)[0].shape == (None, 7, 7, 6 * 44 * 4)


def test_cells_are_numbered_over_all_stacks_and_reductions_stand_between() -> None:
    names = [call.name for call in NASNetMobile().saved().calls]
    normal = [name for name in names if name.startswith("normal_concat")]
    assert [int(name.rpartition("_")[2]) for name in normal] == [
        0,
        1,
        2,
        3,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
        12,
    ]
    reduction = [name.partition("concat_")[2] for name in names if "reduction_concat" in name]
    assert reduction == ["stem_1", "stem_2", "reduce_4", "reduce_8"]


def test_a_wider_result_from_before_is_halved_in_two_ways() -> None:
    calls = {call.name: call for call in NASNetMobile().saved().calls}
    first, second = calls["adjust_avg_pool_1_stem_2"], calls["adjust_avg_pool_2_stem_2"]
    assert calls[second.sources[0].name].cls == "Cropping2D"
    # Both begin at the same result; the second is moved by one place.
    shifted = calls[calls[second.sources[0].name].sources[0].name]
    assert shifted.cls == "ZeroPadding2D" and shifted.sources == first.sources


def test_only_in_the_large_one_a_cell_skips_the_result_before_a_smaller_one() -> None:
    for model, name, seen in (
        (NASNetMobile(), "adjust_relu_1_5", "normal_concat_3"),
        (NASNetLarge(), "adjust_relu_1_7", "normal_concat_4"),
    ):
        (call,) = [item for item in model.saved().calls if item.name == name]
        assert [source.name for source in call.sources] == [seen]


def test_only_the_small_one_has_a_size_without_its_top() -> None:
    assert NASNetMobile(include_top=False).image() == (224, 224, 3)
    assert NASNetLarge(include_top=False).image() == (None, None, 3)
    assert NASNetLarge().image() == (331, 331, 3)


def test_weights_to_download_need_known_sizes() -> None:
    with pytest.raises(ArgumentErrors) as caught:
        NASNetMobile(include_top=False, input_shape=[None, None, 3], weights="imagenet")
    assert [error.argument for error in caught.value.errors] == ["input_shape", "weights"]
