"""Preprocessing of numbers and sound: what is spread, learned, framed, and run one after the other."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.preprocessing import (
    MelSpectrogram,
    Normalization,
    Pipeline,
    Rescaling,
    STFTSpectrogram,
    unplaced,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def weights(layer: Any, shape: Shape) -> list[tuple[str, Shape, bool, str]]:
    return [tuple(one) for one in layer.weights(Inputs.of(shape))]


def test_a_scale_spreads_over_the_input_but_does_not_widen_it() -> None:
    assert Rescaling([1.0, 2.0, 3.0]).shape((None, 8, 3)) == (None, 8, 3)
    for scale in ([1.0, 2.0], [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]):
        with pytest.raises(ShapeError, match="cannot spread numbers") as caught:
            Rescaling(1.0, offset=scale).shape((None, 1, 3))
        assert caught.value.argument == "offset"


@pytest.mark.parametrize(
    ("axis", "kept"), [(-1, (3,)), ([3, 1], (8, 3)), (None, ()), ([-1, 1], (8, 3))]
)
def test_a_normalization_learns_a_mean_for_each_place_along_its_axes(
    axis: object, kept: Shape
) -> None:
    assert weights(Normalization(axis=axis), (None, 8, 9, 3)) == [
        ("mean", kept, False, "float32"),
        ("variance", kept, False, "float32"),
        ("count", (), False, "int64"),
    ]


def test_a_given_mean_is_no_weight_and_fits_the_axis() -> None:
    layer = Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0])
    assert weights(layer, (None, 2)) == []
    with pytest.raises(ShapeError, match=r"a mean \(2,\) over the kept axes \(3,\)"):
        layer.shape((None, 3))
    with pytest.raises(ShapeError, match="needs a known size on axis 1") as unknown:
        layer.shape((None, None))
    assert unknown.value.code == "unknown-dimension"
    with pytest.raises(ShapeError, match=r"names an axis of \{0\} twice"):
        Normalization(axis=[1, -1]).shape((None, 3))


def test_a_mel_spectrogram_mirrors_half_a_frame_at_each_end() -> None:
    layer = MelSpectrogram(fft_length=64, sequence_stride=10, num_mel_bins=8)
    # (samples + stride + 1) // stride
    assert layer.shape((None, 99)) == (None, 8, 11)
    assert layer.shape((98,)) == (8, 10)
    assert layer.shape((None, None)) == (None, 8, None)
    assert layer.shape((None, 33)) == (None, 8, 4)
    with pytest.raises(ShapeError, match=r"mirrors 32 samples at each end, \{0\} has 32"):
        layer.shape((None, 32))
    with pytest.raises(ShapeError, match="with or without a batch"):
        layer.results(Inputs.of((None, 99, 1)))


@pytest.mark.parametrize(
    ("arguments", "before", "after"),
    [
        # 300 samples are transformed as 512, which have 257 frequencies.
        ({"frame_length": 300}, (None, 1000, 2), (None, 5, 514)),
        ({"frame_length": 300, "fft_length": 400}, (None, 1000, 1), (None, 5, 201)),
        ({"frame_length": 8, "frame_step": 3, "mode": "stft"}, (None, 20, 1), (None, 5, 10)),
        ({"frame_length": 8, "expand_dims": True}, (None, 16, 2), (None, 3, 5, 2)),
        (
            {"frame_length": 8, "data_format": "channels_first", "padding": "same"},
            (None, 2, 17),
            (None, 10, 5),
        ),
    ],
)
def test_frames_of_sound_become_frequencies(
    arguments: dict[str, Any], before: Shape, after: Shape
) -> None:
    assert STFTSpectrogram(**arguments).shape(before) == after


def test_a_frame_has_kernels_for_the_parts_that_the_mode_needs() -> None:
    both = [
        ("real_kernel", (8, 1, 5), True, "float32"),
        ("imag_kernel", (8, 1, 5), True, "float32"),
    ]
    assert weights(STFTSpectrogram(frame_length=8), (None, 16, 2)) == both
    assert weights(STFTSpectrogram(frame_length=8, mode="imag"), (None, 16, 2)) == both[1:]
    with pytest.raises(ShapeError, match=r"takes frames of 8 samples, \{0\} has 7"):
        STFTSpectrogram(frame_length=8).shape((None, 7, 1))
    with pytest.raises(ShapeError, match=r"takes floats, \{0\} has dtype int32"):
        STFTSpectrogram(frame_length=8).results(Inputs.of((None, 16, 1), dtype="int32"))


def test_layers_in_a_pipeline_follow_each_other() -> None:
    line = Pipeline([Rescaling(2.0), Dense(5), Normalization()])
    inputs = Inputs.of((None, 4), dtype="int32")
    assert line.results(inputs) == (Tensor((None, 5), "float32"),)
    assert [(name, shape) for name, shape, *_ in weights(line, (None, 4))] == [
        ("layers/1/kernel", (4, 5)),
        ("layers/1/bias", (5,)),
        ("layers/2/mean", (5,)),
        ("layers/2/variance", (5,)),
        ("layers/2/count", ()),
    ]
    assert line.macs(inputs, line.results(inputs)) == 20


def test_a_pipeline_names_the_layer_that_fails() -> None:
    line = Pipeline([Rescaling(2.0), STFTSpectrogram(frame_length=8)])
    with pytest.raises(ShapeError) as caught:
        line.results(Inputs.of((None, 7, 1)))
    assert caught.value.message == (
        "fails in `STFTSpectrogram`, its layer 2: takes frames of 8 samples, what it gets has 7: "
        "(None, 7, 1)"
    )
    assert caught.value.argument == "layers"
    assert unplaced("{0} against {12}") == "what it gets against what it gets"


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        (Normalization, {"mean": 1.0}, "variance: is missing: it goes with `mean`"),
        (Normalization, {"mean": [1.0, 2.0], "variance": [1.0]}, "variance: must have as many"),
        (Normalization, {"axis": None, "mean": [1.0], "variance": [1.0]}, "mean: has 1 dimensions"),
        (MelSpectrogram, {"fft_length": 8, "sequence_length": 9}, "must be at most `fft_length`"),
        (STFTSpectrogram, {"frame_length": 8, "frame_step": 9}, "frame_step: must be at most"),
        (STFTSpectrogram, {"frame_length": 8, "fft_length": 7}, "fft_length: must be at least"),
        (STFTSpectrogram, {"frame_length": 1}, "frame_step: is missing"),
        (Pipeline, {"layers": []}, "layers: must not be empty"),
    ],
)
def test_what_is_wrong_with_the_arguments(
    kind: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        kind(**arguments)
