"""Settings that hold while a model is built."""

from __future__ import annotations

import pytest

from mergecli.runtime.keras_settings import no_weights


@pytest.mark.keras
def test_weights_that_are_left_out_are_not_allocated_later() -> None:
    """Keras allocates what it still has on its list at the end of each stateless scope."""
    import keras

    with no_weights(keras):
        layer = keras.layers.Dense(3)
        layer.build((None, 4))
    with keras.StatelessScope():
        pass
    assert layer.kernel._value is None
