"""Each layer and operation by itself on each dtype, with its smallest arguments and with one more of them.

Random models rarely meet a value that matters for one dtype; these cases meet each once.
"""

from __future__ import annotations

from typing import Any, Iterator, Sequence

import oracle
from dtype_samples import samples

from mergecli.catalog import arguments as a
from mergecli.catalog.fields import Function
from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import Inputs
from tools.accepted_dtypes import INTEGERS
from tools.random_models.cases import Case, Step

#: A model of these is run, and its spec is written once.
_DRESS = 30
#: Arguments about which there are tests of their own, or which only some processors have.
_LEFT_OUT = frozenset(
    "activity_regularizer autocast data_format dtype flash_attention name trainable use_cudnn".split()
)
#: Functions that differ in the dtypes that they take.
_FUNCTIONS = ("relu", "softmax", "gelu", "glu")
#: The most values of an argument: windows have many names.
_MOST_VALUES = 8


def varied(layer: Layer) -> Iterator[dict[str, Any]]:
    """Yield arguments of a layer, each with a value that it does not have."""
    for name, argument in type(layer).arguments.items():
        now = getattr(layer, name, None)
        if name in _LEFT_OUT:
            continue
        if isinstance(argument, a.Truth):
            yield {name: not now}
        elif isinstance(argument, (a.Choice, Function)):
            values = argument.values if isinstance(argument, a.Choice) else _FUNCTIONS
            yield from ({name: value} for value in values[:_MOST_VALUES] if value != now)


def cases(dtypes: Sequence[str]) -> Iterator[Case]:
    """Yield a case of each class, each of its variations and each dtype.

    Args:
        dtypes: What the inputs hold, but for those that are indices, which hold `int32`.
    """
    for name, arguments, layer, inputs in samples():
        if name in oracle.MISSING:
            continue
        for changed in ({}, *varied(layer)):
            for dtype in dtypes:
                yield _case(layer, name, {**arguments, **changed}, inputs, dtype)


def _case(layer: Layer, name: str, arguments: dict[str, Any], inputs: Inputs, dtype: str) -> Case:
    """Return the case of a single layer."""
    integers = INTEGERS.get(name, ())
    tensors = [
        tensor._replace(dtype="int32" if place in integers else dtype)
        for place, tensor in enumerate(inputs.tensors)
    ]
    places = tuple(range(len(tensors)))
    step = Step(type(layer), arguments, places, inputs.listed, inputs.keywords, inputs.options)
    return Case(tensors, [step], [], _DRESS)
