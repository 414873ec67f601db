"""A layer that is applied twice: mergecli's verdict on the second call is Keras's."""

from __future__ import annotations

from typing import Any

import known_layers as known
import oracle
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs
from mergecli.ir.inference import check_again
from mergecli.runtime.keras_settings import no_weights

#: Kinds that Keras applies to what its weights do not fit, without a complaint even when it runs, and what it then computes.
CARELESS = {
    "Dot": "an unknown size against a known one, which Keras refuses of the first call alone",
    "GroupQueryAttention": "a part of the features",
    "RMSNormalization": "the last axis scaled, whatever its `axis` is",
}
#: Layers of these families keep nothing of what they are applied to.
STATELESS = ("preprocessing", "image_preprocessing", "categorical_preprocessing")
KINDS = [
    name
    for name, kind in known.KINDS
    if name != "InputLayer" and not kind.__module__.endswith(STATELESS)
]


@pytest.fixture(autouse=True)
def clean() -> Any:
    """Leave nothing behind of layers that Keras has made in part."""
    import keras

    yield
    keras.utils.clear_session()


def runs(kind: type[Layer], arguments: dict[str, Any], calls: list[Inputs]) -> bool:
    """Whether Keras computes both calls on numbers: some mistakes it finds only then."""
    import keras
    import numpy

    from mergecli.runtime.build import keras_object

    layer = getattr(keras.layers, kind.__name__)(
        **{name: keras_object(value) for name, value in arguments.items()}
    )
    for inputs in calls:
        tensors = [
            numpy.zeros([size or 2 for size in tensor.shape], tensor.dtype)
            for tensor in inputs.tensors
        ]
        try:
            if inputs.keywords:
                grouped: dict[str, Any] = {}
                for name, tensor in zip(inputs.keywords, tensors):
                    grouped.setdefault(name, []).append(tensor)
                layer(
                    **{n: t if len(t) > 1 else t[0] for n, t in grouped.items()}, **inputs.options
                )
            else:
                layer(tensors if inputs.listed else tensors[0], **inputs.options)
        except Exception:
            return False
    return True


def of_keras(kind: type[Layer], arguments: dict[str, Any], calls: list[Inputs]) -> Any:
    """The results of the second call of one Keras layer, or None when Keras refuses it."""
    import keras

    from mergecli.runtime.build import keras_object

    with no_weights(keras):
        layer = getattr(keras.layers, kind.__name__)(
            **{name: keras_object(value) for name, value in arguments.items()}
        )
        for number, inputs in enumerate(calls):
            tensors = [
                keras.KerasTensor(tensor.shape, dtype=tensor.dtype) for tensor in inputs.tensors
            ]
            try:
                if inputs.keywords:
                    grouped: dict[str, Any] = {}
                    for name, tensor in zip(inputs.keywords, tensors):
                        grouped.setdefault(name, []).append(tensor)
                    result = layer(
                        **{n: t if len(t) > 1 else t[0] for n, t in grouped.items()},
                        **inputs.options,
                    )
                else:
                    result = layer(tensors if inputs.listed else tensors[0], **inputs.options)
            except Exception:
                assume(number == 1)
                return None
        return [tuple(tensor.shape) for tensor in keras.tree.flatten(result)]


def of_mergecli(kind: type[Layer], arguments: dict[str, Any], calls: list[Inputs]) -> Any:
    layer = kind(**arguments)
    first, second = calls
    weights = layer.weights(first)
    try:
        results = layer.results(second)
        check_again("layer", layer, first, weights, second)
    except ShapeError:
        return None
    return [tensor.shape for tensor in results]


@st.composite
def changed(draw: Any, inputs: Inputs) -> Inputs:
    """The same inputs with some sizes changed, or now and then with another number of dimensions."""

    def other(shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        new = [
            draw(st.sampled_from([size, size, size, size and size + 1, size and size * 2, None]))
            for size in shape
        ]
        if draw(st.integers(0, 9)) == 0:
            new.insert(1, draw(st.integers(1, 4)))
        return tuple(new)

    return inputs._replace(
        tensors=tuple(tensor._replace(shape=other(tensor.shape)) for tensor in inputs.tensors)
    )  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KINDS)
def test_a_second_call(name: str) -> None:
    kind = dict(known.KINDS)[name]

    @settings(
        max_examples=12,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def judge(data: Any) -> None:
        arguments, first = data.draw(known.calls(kind))
        assume("stateful" not in repr(arguments))
        ours, theirs = (
            oracle.of_mergecli(kind, arguments, first),
            oracle.of_keras(kind, arguments, first),
        )
        assume(ours.accepted and theirs.accepted)
        second = data.draw(changed(first))
        # What Keras says of the second inputs alone is the business of the other tests.
        alone_ours, alone_theirs = (
            oracle.of_mergecli(kind, arguments, second),
            oracle.of_keras(kind, arguments, second),
        )
        assume(alone_ours.accepted == alone_theirs.accepted)
        ours, theirs = (
            verdict(kind, arguments, [first, second]) for verdict in (of_mergecli, of_keras)
        )
        if ours is None and theirs is not None:
            # Keras spreads weights of size 1, which it has made for a size of 1, over what comes; hardly anyone means it.
            assume(not any(1 in weight.shape for weight in kind(**arguments).weights(first)))
            assert name in CARELESS or not runs(kind, arguments, [first, second]), (
                "refused",
                arguments,
                first,
                second,
            )
        else:
            assert ours == theirs, (arguments, first, second)

    judge()


@pytest.mark.parametrize("shared", [0, -1, 1, 2, [1, 2], [0, 1]])
@pytest.mark.parametrize("second", [(None, 2, 2), (None, 4, 3), (None, None, 3), (None, 2, None)])
def test_slopes_pin_the_axes_that_keras_pins(shared: Any, second: tuple[int | None, ...]) -> None:
    """`shared_axes` counts the axis of the batch for the input, and not for the weight."""
    kind = dict(known.KINDS)["PReLU"]
    arguments = {"shared_axes": shared}
    calls = [oracle.inputs((None, 2, 3)), oracle.inputs(second)]
    assert of_mergecli(kind, arguments, calls) == of_keras(kind, arguments, calls)
