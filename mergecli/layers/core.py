"""Keras's `layers/core`."""

from typing import Annotated, Any, Iterator, List, Optional, Sequence, Tuple

from mergecli.layers.arguments import (
    DTYPES,
    Activation,
    ArgumentError,
    Choice,
    Constraint,
    Flag,
    Initializer,
    Integer,
    Integers,
    Policy,
    Positive,
    Real,
    Regularizer,
    Truth,
    Words,
)
from mergecli.layers.base import Inputs, Layer, Tensor, Weight
from mergecli.shapes import Shape, product

LoraRank = Annotated[Optional[int], Integer(0, none=True)]
LoraAlpha = Annotated[Optional[int], Integer(0, none=True)]
#: Arguments that take Python objects which no file can hold: only their default may be written.
Nothing = Annotated[None, Choice(None)]


class InputLayer(Layer):
    """Where data enters the model: `keras.Input`.

    >>> InputLayer(shape=[32, 32, 1]).results(Inputs(()))[0].shape
    (None, 32, 32, 1)
    """

    without = ("activity_regularizer", "trainable", "autocast")
    rule = "the batch size, then `shape`"

    shape: Annotated[Any, Integers(0, gaps=True, none=True)] = None  # type: ignore[assignment]
    batch_size: Annotated[Optional[int], Integer(0, none=True)] = None
    dtype: Annotated[Optional[str], Policy(tuple(DTYPES))] = None
    sparse: Annotated[Optional[bool], Truth(none=True)] = None
    ragged: Annotated[Optional[bool], Truth(none=True)] = None
    batch_shape: Annotated[Any, Integers(0, gaps=True, none=True)] = None
    name: Annotated[Optional[str], Words(without="/", none=True)] = None
    optional: Flag = False

    def check(self) -> Iterator[ArgumentError]:
        if self.shape is None and self.batch_shape is None:
            yield ArgumentError("is missing", code="missing-argument", argument="shape")
        elif self.batch_shape is not None:
            for other in ("shape", "batch_size"):
                if getattr(self, other) is not None:
                    yield ArgumentError("goes with `shape`, not with `batch_shape`" if other == "batch_size" else
                                        "and `batch_shape` say the same; keep one", argument=other)  # fmt: skip
        if self.sparse and self.ragged:
            yield ArgumentError("cannot be true together with `sparse`", argument="ragged")

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        shape = (self.batch_size, *self.shape) if self.shape is not None else self.batch_shape  # type: ignore[misc]
        return (Tensor(shape, self.dtype or "float32"),)


class Dense(Layer):
    """Every input feature to every unit, along the last axis.

    >>> Dense(units=3).shape((None, 8))
    (None, 3)
    """

    min_ndim = 2
    rule = "the last axis becomes `units`"

    units: Positive
    activation: Activation = None
    use_bias: Flag = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    activity_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None
    quantization_config: Nothing = None

    def check(self) -> Iterator[ArgumentError]:
        return lora_check(self, self.kernel_constraint)

    def shape(self, x: Shape) -> Shape:
        return (*x[:-1], self.units)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        kernel = self.weight("kernel", inputs.shapes[0][-1], self.units)
        bias = [self.weight("bias", self.units)] if self.use_bias else []
        return lora_weights(self, kernel, bias, self.lora_rank)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return product((*inputs.shapes[0][1:], self.units))


class Embedding(Layer):
    """Whole numbers below `input_dim` to vectors of `output_dim`.

    >>> Embedding(1000, 16).shape((None, 20))
    (None, 20, 16)
    """

    rule = "`output_dim` behind all axes"

    input_dim: Positive
    output_dim: Positive
    embeddings_initializer: Initializer = "uniform"
    embeddings_regularizer: Regularizer = None
    embeddings_constraint: Constraint = None
    mask_zero: Flag = False
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None
    quantization_config: Nothing = None

    def check(self) -> Iterator[ArgumentError]:
        return lora_check(self, self.embeddings_constraint)

    def shape(self, x: Shape) -> Shape:
        return (*x, self.output_dim)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        return lora_weights(self, self.weight("embeddings", self.input_dim, self.output_dim), [], self.lora_rank)


class Identity(Layer):
    """What comes in goes out.

    >>> Identity().shape((None, 8))
    (None, 8)
    """

    rule = "as it is"
    keeps_dtype = True


class Masking(Layer):
    """Marks time steps in which every feature is `mask_value`, so that later layers skip them.

    >>> Masking(mask_value=0.0).shape((None, 10, 8))
    (None, 10, 8)
    """

    rule = "as it is"

    mask_value: Real = 0.0


def lora_check(layer: Any, constraint: Any) -> Iterator[ArgumentError]:
    """LoRA factors cannot keep a constraint on the product."""
    if layer.lora_rank and constraint is not None:
        yield ArgumentError("cannot be used with a constraint on the same weight", argument="lora_rank")


def lora_weights(layer: Layer, kernel: Weight, bias: List[Weight], rank: Optional[int]) -> Sequence[Weight]:
    """A kernel, frozen and with its two low-rank factors where `rank` is set (Keras's `enable_lora`)."""
    if not rank:
        return [kernel, *bias]
    name = kernel.name
    return [
        *bias,
        layer.weight(f"lora_{name}_a", *kernel.shape[:-1], rank)._replace(dtype="float32"),
        layer.weight(f"lora_{name}_b", rank, kernel.shape[-1])._replace(dtype="float32"),
        kernel._replace(trainable=False),
    ]
