"""Settings of Keras and Python that hold while a model is built."""

from __future__ import annotations

import contextlib
import inspect
import sys
from typing import TYPE_CHECKING, Iterator, Sequence

if TYPE_CHECKING:
    from types import ModuleType


@contextlib.contextmanager
def deep_graphs(nodes: int) -> Iterator[None]:
    """Raise the recursion limit for Keras, which needs some frames for each layer."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 4 * nodes + 1000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


@contextlib.contextmanager
def usual_defaults(keras: ModuleType) -> Iterator[None]:
    """Use the defaults of Keras instead of `keras.json`: a spec gives the same model everywhere."""
    config = keras.config
    layout, floats = config.image_data_format(), config.floatx()
    config.set_image_data_format("channels_last")
    config.set_floatx("float32")
    try:
        yield
    finally:
        config.set_image_data_format(layout)
        config.set_floatx(floats)


@contextlib.contextmanager
def _set_aside(key: str) -> Iterator[None]:
    """Let Keras forget one of the things that it keeps for the whole process, and have it back afterwards."""
    from keras.src.backend.common import global_state  # optional

    before = global_state.get_global_attribute(key)
    global_state.set_global_attribute(key, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(key, before)


@contextlib.contextmanager
def no_weights(keras: ModuleType) -> Iterator[None]:
    """Make layers without allocating their weights.

    Keras keeps a list of weights to allocate, and would do so with the next layer of the process
    whose shape it infers. Those that are made here are taken off it.

    Raises:
        NotImplementedError: The installed Keras always allocates weights.
    """
    scope = keras.StatelessScope
    if "initialize_variables" not in inspect.signature(scope.__init__).parameters:
        raise NotImplementedError("this Keras always initialises its variables")
    with _set_aside("uninitialized_variables"), scope(initialize_variables=False):
        yield


@contextlib.contextmanager
def fresh_names() -> Iterator[None]:
    """Automatic names of layers as in a process that has made none; Keras counts them over the whole process."""
    with _set_aside("object_name_uids"):
        yield


@contextlib.contextmanager
def zero_weights(keras: ModuleType) -> Iterator[None]:
    """Make zeros of all random weights: those of a file replace them, and random numbers take time and memory."""
    random = ("Orthogonal", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling")
    classes = [getattr(keras.initializers, name) for name in random]
    usual = [cls.__call__ for cls in classes]

    def zeros(self: object, shape: Sequence[int], dtype: str | None = None) -> object:
        found: object = keras.ops.zeros(shape, dtype)
        return found

    for cls in classes:
        cls.__call__ = zeros
    try:
        yield
    finally:
        for cls, method in zip(classes, usual):
            cls.__call__ = method
