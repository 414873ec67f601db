"""What a call of a layer needs beside its inputs and its results: memory while it runs, and what its gradient reads.

This is how Keras's layers are computed by TensorFlow on a CPU, which other backends resemble. `tools/memory.py` compares it with
real runs.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any, Callable, Dict, NamedTuple, Optional, Sequence, Tuple

from mergecli.catalog.layer import Layer
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.weights import size_of


class Buffers(NamedTuple):
    """The memory of a call, in bytes for one sample.

    Attributes:
        view: Its result is its first input.
        in_place: Its result can be written over an input that nothing else reads.
        inputs: Its gradient reads the inputs.
        result: Its gradient reads the results.
        kept: The further values that its gradient reads.
        scratch: What exists only while it runs, beside inputs and results.
        in_stages: It makes `scratch` of its inputs, and then its result of that alone.
    """

    view: bool = False
    in_place: bool = False
    inputs: bool = False
    result: bool = False
    kept: int = 0
    scratch: int = 0
    in_stages: bool = False


NEW = Buffers()
VIEW = Buffers(view=True)
IN_PLACE = Buffers(in_place=True)
READS_INPUTS = Buffers(inputs=True)
READS_BOTH = Buffers(inputs=True, result=True)
IN_PLACE_FROM_RESULT = Buffers(in_place=True, result=True)

#: Activation functions whose gradient is computed from their result, in place.
_FROM_RESULT = frozenset(
    "relu relu6 sigmoid tanh elu selu exponential softmax log_softmax hard_sigmoid".split()
)
#: For other functions how many values as large as the input the gradient reads beside it.
_FURTHER = {"leaky_relu": 0, "softplus": 0, "softsign": 0, "silu": 0, "gelu": 2}

#: The functions of layers that are named after them, and of operations that have no activation function's name.
_OF_CLASSES = {
    **{name: name for name in ("relu", "elu", "softmax")},
    **dict.fromkeys(("exp", "sqrt", "rsqrt", "tanh", "sigmoid"), "exponential"),
    **dict.fromkeys(("leakyrelu", "square", "abs", "absolute", "log", "sin", "cos"), "leaky_relu"),
}


def bytes_of(tensor: Tensor) -> Optional[int]:
    """Return the size of a tensor for one sample in bytes; None where a size is not known.

    >>> bytes_of(Tensor((None, 3), "float16")), bytes_of(Tensor((None, None)))
    (6, None)
    """
    shape, dtype = tensor
    if shape is None:
        return None
    sizes = shape[1:]
    if None in sizes:
        return None
    return prod(sizes) * (4 if dtype == "float32" else size_of(dtype))  # type: ignore[arg-type]


def buffers(layer: Layer, inputs: Inputs, results: Sequence[Tensor], training: bool) -> Buffers:
    """Return the memory that a call needs.

    Args:
        layer: The layer.
        inputs: What it is called on; all sizes aside from the batch are known.
        results: What it gives.
        training: Whether the model is trained.
    """
    size = sum([bytes_of(result) or 0 for result in results])
    return rule(type(layer))(layer, inputs, size, training)  # type: ignore[arg-type]


#: Returns the memory that a call needs, of which the bytes of all results are given.
Rule = Callable[[Layer, Inputs, int, bool], Buffers]


def _always(result: Buffers) -> Rule:
    return lambda layer, inputs, size, training: result


def _activation(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    name = _function(layer)
    if name is None:
        return VIEW
    if name in _FROM_RESULT:
        return IN_PLACE_FROM_RESULT
    further = _FURTHER.get(name, 2) * size
    return Buffers(in_place=not further, inputs=True, kept=further, scratch=size)


def _function(layer: Layer) -> Optional[str]:
    """Return the name of an activation layer's function; None for one that changes nothing."""
    activation = getattr(layer, "activation", "")
    if activation is None or (activation and isinstance(activation, str)):
        return layer.function
    own = _OF_CLASSES.get(type(layer).__name__.lower())
    return own or layer.function or "unknown"


def _linear(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    """A layer of sums of products, then a bias and an activation in place."""
    activation = getattr(layer, "activation", None)
    if activation is None:
        return READS_INPUTS
    name = layer.function
    if name is None and isinstance(activation, str):
        return READS_INPUTS
    if name in _FROM_RESULT:
        return READS_BOTH
    return Buffers(inputs=True, kept=size + _FURTHER.get(name or "", 2) * size, scratch=size)


def _separable(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    linear = _linear(layer, inputs, size, training)
    channels = -1 if getattr(layer, "data_format", None) != "channels_first" else 1
    per_filter = size // max(getattr(layer, "filters", 1), 1)
    depthwise = (
        per_filter * (inputs.shapes[0][channels] or 0) * getattr(layer, "depth_multiplier", 1)
    )
    kept, scratch = linear.kept + depthwise, linear.scratch + depthwise
    return Buffers(False, False, True, linear.result, kept, scratch, in_stages=True)


def _normalization(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    """Batch normalization computes in 32 bits."""
    wide = size * 4 // size_of(layer.compute_dtype)
    cast = wide if wide > size else 0
    if not training or not layer.trainable:
        return Buffers(in_place=True, scratch=cast)
    return Buffers(inputs=not cast, kept=cast, scratch=wide)


def _layer_normalization(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    wide = size * 4 // size_of(layer.compute_dtype)
    return Buffers(inputs=True, kept=wide, scratch=wide)


def _dropout(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    if not training or not getattr(layer, "rate", 1.0):
        return VIEW
    count = size // size_of(layer.compute_dtype)
    return Buffers(kept=count, scratch=4 * count)


def _heads(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    """Attention: the projections of query, key and value, the scores, and what they select."""
    width = size_of(layer.compute_dtype)
    query, value = inputs.shapes[0], inputs.shapes[min(1, len(inputs.shapes) - 1)]
    heads = int(getattr(layer, "num_heads", 0) or getattr(layer, "num_query_heads", 1))
    key = int(getattr(layer, "key_dim", 0) or getattr(layer, "head_dim", 1))
    places = prod(n or 1 for n in query[1:-1])
    others = prod(n or 1 for n in value[1:-1])
    values = int(getattr(layer, "value_dim", None) or key)
    projected = (places * key + others * (key + values) + places * values) * heads * width
    scores = heads * places * others * width
    dropped = (scores + scores // width) if getattr(layer, "dropout", 0) and training else 0
    return Buffers(inputs=True, kept=projected + scores + dropped, scratch=projected + scores)


def _attention(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    query, value = inputs.shapes[0], inputs.shapes[min(1, len(inputs.shapes) - 1)]
    scores = (query[1] or 1) * (value[1] or 1) * size_of(layer.compute_dtype)
    return Buffers(inputs=True, kept=scores, scratch=scores)


def _recurrent(layer: Layer, inputs: Inputs, size: int, training: bool) -> Buffers:
    """A loop over the steps: the inputs with time first, and of each step its states and gates."""
    x = inputs.shapes[0]
    width = size_of(layer.compute_dtype)
    steps, units = (x[1] or 1), getattr(layer, "units", None)
    outer = bytes_of(inputs.tensors[0]) or 0
    if not isinstance(units, int):
        return Buffers(inputs=True, kept=outer + 4 * size, scratch=2 * outer)
    gates = getattr(layer, "gates", 1)
    states = getattr(layer, "kept", 1)
    each = steps * units * width
    return Buffers(kept=2 * outer + each * (3 * gates + 2 * states), scratch=2 * outer + each)


def _bidirectional(layer: Any, inputs: Inputs, size: int, training: bool) -> Buffers:
    both = [
        buffers(one, inputs, one.results(inputs), training)
        for one in (layer.layer, layer.backward_layer or layer.layer)
    ]
    extra = 0 if layer.merge_mode is None else size
    return Buffers(
        inputs=True,
        kept=sum(one.kept for one in both),
        scratch=sum(one.scratch for one in both) + extra,
    )


def _time_distributed(layer: Any, inputs: Inputs, size: int, training: bool) -> Buffers:
    """A copy of the layer for each step, and a stack of the results."""
    step = layer.step(inputs)
    one = buffers(layer.layer, step, layer.layer.results(step), training)
    steps = inputs.shapes[0][1] or 1
    return one._replace(
        view=False,
        in_place=False,
        result=False,
        kept=steps * one.kept + size * one.result,
        scratch=one.scratch + size,
    )


_READS_BOTH = _UNKNOWN = _always(READS_BOTH)
#: The rules, each with the names of its classes. A class that is not named has the rule of its nearest base that is.
_CLASSES: Tuple[Tuple[Rule, str], ...] = (
    (_activation, "Activation ReLU LeakyReLU ELU PReLU Softmax Unary Glu"),
    (_linear, "Conv ConvTranspose DepthwiseConv Dense EinsumDense"),
    (_separable, "SeparableConv"),
    (_normalization, "BatchNormalization"),
    (
        _layer_normalization,
        "LayerNormalization RMSNormalization GroupNormalization UnitNormalization Normalize",
    ),
    (_dropout, "Dropout AlphaDropout GaussianDropout GaussianNoise SpatialDropout"),
    (_always(VIEW), "Flatten Reshape Identity ActivityRegularization Placeholder"),
    (_always(VIEW), "Ravel ExpandDims Squeeze StopGradient"),
    (_READS_BOTH, "MaxPooling1D MaxPooling2D MaxPooling3D"),
    (_READS_BOTH, "GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D"),
    (_READS_BOTH, "AdaptiveMaxPooling1D AdaptiveMaxPooling2D AdaptiveMaxPooling3D Max Min"),
    (_always(NEW), "Pool GlobalPool AdaptivePool Spatial Permute RepeatVector Concatenate"),
    (_always(NEW), "Preprocessing Stack Transpose Swapaxes Moveaxis Split Pad Resize"),
    (_always(NEW), "GetItem Tile Repeat Flip Roll Mean Sum BroadcastTo Cast"),
    (_always(IN_PLACE), "Add Average Subtract Negative"),
    (_always(Buffers(in_place=True, inputs=True)), "Multiply Maximum Minimum Binary"),
    (_always(READS_INPUTS), "Dot Embedding Product Einsum Masking"),
    (_heads, "Heads"),
    (_attention, "Attention"),
    (_recurrent, "Recurrent"),
    (_bidirectional, "Bidirectional"),
    (_time_distributed, "TimeDistributed"),
)
_RULES: Dict[str, Rule] = {name: rule for rule, names in _CLASSES for name in names.split()}


@cache
def rule(cls: type) -> Rule:
    """Return the rule for a class, which is that of its nearest base that has one."""
    return next(
        (_RULES[base.__name__] for base in cls.__mro__ if base.__name__ in _RULES), _UNKNOWN
    )
