"""InceptionV3 and InceptionResNetV2: their cells, shapes and sums."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.importers.applications.base import Application
from mergecli.importers.applications.inception import InceptionResNetV2, InceptionV3
from mergecli.importers.keras import graph
from mergecli.importers.keras.saved_model import SavedCall
from mergecli.ir.inference import infer


def call(model: Application, name: str) -> SavedCall:
    (found,) = [item for item in model.saved().calls if item.name == name]
    return found


def shapes(model: Application) -> dict[str, Any]:
    """Return the shapes of the results, without the batch, by the names of the layers."""
    network, _ = infer(graph(model.saved()))
    return {
        node.name: (results[0].shape or ())[1:]
        for node, results in zip(network.graph.nodes, network.results)
    }


def test_the_cells_of_the_third_inception_have_the_channels_of_their_paths() -> None:
    found = shapes(InceptionV3())
    # Sums of the last filters of the paths; a path that only pools keeps all channels.
    assert found["mixed0"] == (35, 35, 64 + 64 + 96 + 32)
    assert found["mixed3"] == (17, 17, 384 + 96 + 288)
    assert found["mixed8"] == (8, 8, 320 + 192 + 768)
    assert found["mixed10"] == (8, 8, 320 + 768 + 768 + 192)


def test_a_convolution_has_no_bias_and_its_normalization_no_scale() -> None:
    conv: Any = call(InceptionV3(), "conv2d").layer
    norm: Any = call(InceptionV3(), "batch_normalization").layer
    assert (conv.use_bias, norm.scale, norm.axis) == (False, False, 3)


def test_residual_blocks_are_scaled_before_they_are_added() -> None:
    model = InceptionResNetV2()
    calls = [item for item in model.saved().calls if item.cls == "ops.multiply"]
    # 10 blocks at 0.17, 20 at 0.1, 9 at 0.2 and the last at 1.
    factors = [item.sources[1].constant for item in calls]
    assert factors == [0.17] * 10 + [0.1] * 20 + [0.2] * 9 + [1.0]
    assert (calls[0].name, calls[1].name) == (
        "custom_scale_layer_scaled",
        "custom_scale_layer_1_scaled",
    )
    names = [item.name for item in model.saved().calls]
    assert "block8_9_ac" in names and "block8_10_ac" not in names


def test_the_image_becomes_smaller_twice_after_the_stem() -> None:
    found = shapes(InceptionResNetV2(include_top=False, input_shape=[299, 299, 3]))
    assert found["mixed_5b"] == (35, 35, 96 + 64 + 96 + 64)
    assert found["mixed_6a"] == (17, 17, 384 + 384 + 320)
    assert found["mixed_7a"] == (8, 8, 384 + 288 + 320 + 1088)
    assert found["conv_7b_ac"] == (8, 8, 1536)


@pytest.mark.parametrize("model", [InceptionV3, InceptionResNetV2])
def test_an_image_below_75_is_refused(model: type[Application]) -> None:
    with pytest.raises(ArgumentErrors) as caught:
        model(include_top=False, input_shape=[75, 74, 3])
    (error,) = caught.value.errors
    assert (error.path, error.message) == ((1,), "must have at least 75 rows and columns")
