"""What all applications refuse, what they say of weights, and how their models end."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.importers.applications.base import WeightsFile
from mergecli.importers.applications.mobilenet import MobileNetV3Small
from mergecli.importers.applications.resnet import ResNet50


def errors(**arguments: Any) -> list[ArgumentError]:
    with pytest.raises(ArgumentErrors) as caught:
        ResNet50(**arguments)
    return list(caught.value.errors)


@pytest.mark.parametrize("value", [None, "imagenet", "ImageNet", "a.h5", "b.weights.json"])
def test_weights_are_nothing_a_download_or_a_file(value: object) -> None:
    assert WeightsFile().check(value) == value


@pytest.mark.parametrize(
    ("value", "hint"),
    [("random", "write `null` for initial weights"), ("a.ckpt", "it ends with `.weights.h5`")],
)
def test_other_weights_are_refused_with_a_way_out(value: str, hint: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        WeightsFile().check(value)
    assert (caught.value.hint or "").startswith(hint)


def test_the_image_has_the_size_of_the_weights_only_with_the_top() -> None:
    assert ResNet50().image() == (224, 224, 3)
    assert ResNet50(include_top=False).image() == (None, None, 3)
    assert tuple(ResNet50(include_top=False, input_shape=[32, 40, 1]).image()) == (32, 40, 1)


@pytest.mark.parametrize(
    ("shape", "path", "reason"),
    [
        ([31, 32, 3], (0,), "must have at least 32 rows and columns"),
        ([32, 31, 3], (1,), "must have at least 32 rows and columns"),
        ([None, 64, 3], (0,), "must have known sizes with `include_top`"),
        ([64, None, 3], (1,), "must have known sizes with `include_top`"),
        ([64, 64, None], (2,), "must have a known number of channels"),
    ],
)
def test_an_image_that_does_not_go_through_is_refused_at_its_size(
    shape: list[int | None], path: tuple[int, ...], reason: str
) -> None:
    (error,) = errors(input_shape=shape)
    assert (error.argument, error.path, error.message) == ("input_shape", path, reason)


def test_channels_in_front_are_recognized() -> None:
    (error,) = errors(input_shape=[3, 224, 225])
    assert error.hint == "channels stand last: `[224, 225, 3]`"


def test_a_download_is_refused_with_the_call_that_gives_the_file() -> None:
    (error,) = errors(weights="imagenet", include_top=False, pooling="avg")
    assert error.argument == "weights" and error.hint is not None
    assert (
        'keras.applications.ResNet50(include_top=False, weights="imagenet")'
        '.save_weights("resnet50.weights.h5")' in error.hint
    )


def test_a_download_that_keras_does_not_have_gives_no_way_out() -> None:
    found = errors(weights="imagenet", classes=10, input_shape=[64, 64, 3])
    assert [error.argument for error in found] == ["classes", "input_shape", "weights"]
    assert found[-1].hint is None
    assert "must be `[224, 224, 3]`" in found[1].message.replace("'", "`")


def test_weights_go_only_with_a_softmax_or_the_numbers_before_it() -> None:
    (error,) = errors(weights="a.h5", classifier_activation="relu")
    assert error.argument == "classifier_activation"
    assert ResNet50(weights="a.h5", classifier_activation="linear").weights == "a.h5"
    assert ResNet50(weights="a.h5", include_top=False, classifier_activation="relu").weights


@pytest.mark.parametrize(
    ("pooling", "end"), [(None, "conv5_block3_out"), ("avg", "avg_pool"), ("max", "max_pool")]
)
def test_without_its_top_a_model_ends_as_pooling_says(pooling: str | None, end: str) -> None:
    saved = ResNet50(include_top=False, pooling=pooling).saved()
    assert saved.outputs[0].name == saved.calls[-1].name == end


def test_a_model_without_a_name_of_its_own_is_called_functional() -> None:
    assert ResNet50(name=None).saved().name == "functional"
    assert MobileNetV3Small(name="mine").saved().name == "mine"
