"""Network -> keras.Model. Keras is imported by the functions here, never by the module."""

from __future__ import annotations

from typing import Any

from mergecli.layers.base import Kind


def keras_object(value: Any) -> Any:
    """An argument's value as Keras takes it: kinds become Keras's objects."""
    if isinstance(value, Kind):
        import keras

        module = getattr(keras, value.module)
        return getattr(module, type(value).__name__)(**{name: keras_object(given) for name, given in value.given.items()})
    if isinstance(value, list):
        return [keras_object(item) for item in value]
    return value
