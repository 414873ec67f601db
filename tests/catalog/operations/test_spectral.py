"""Operations that go from signals to frequencies: the lengths that they give."""

from __future__ import annotations

import pytest
from layer_shapes import shapes_of

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.operations.spectral import FFT, IRFFT, ISTFT, RFFT, STFT, ExtractSequences
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def test_a_complex_tensor_is_two_of_one_shape() -> None:
    with pytest.raises(ShapeError, match="takes a real and an imaginary part, not 1"):
        FFT().results(Inputs((Tensor((None, 8)),), listed=True))
    with pytest.raises(ShapeError, match="takes parts of one shape"):
        shapes_of(FFT(), (None, 8), (None, 4))
    with pytest.raises(ShapeError, match="needs axes of a known size"):
        shapes_of(FFT(), (8, None), (8, None))


def test_half_of_the_frequencies_are_enough_for_real_numbers() -> None:
    assert shapes_of(RFFT(fft_length=6), (None, None)) == [(None, 4), (None, 4)]
    assert shapes_of(IRFFT(), (None, None), (None, None)) == [(None, None)]


def test_windows_are_counted() -> None:
    assert shapes_of(STFT(8, 4, 8, center=False), (None, 32)) == [(None, 7, 5)] * 2
    assert shapes_of(ISTFT(8, 4, 8, length=30), (2, 9, 5), (2, 9, 5)) == [(2, 30)]
    with pytest.raises(ShapeError, match="does not fit: a window of 8"):
        ExtractSequences(8, 4).shape((None, 4))
    with pytest.raises(ArgumentErrors, match="must be at least `sequence_length`, 8"):
        STFT(8, 4, 4)
