"""Keras's `layers/core`."""

import re
from typing import Annotated, Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from mergecli.catalog.arguments import ArgumentError, Choice, Integer, Number, Truth, Words
from mergecli.catalog.config_quirks import Config, Quirk
from mergecli.catalog.fields import (
    DTYPES,
    FLOAT8,
    Activation,
    Constraint,
    Flag,
    Initializer,
    Policy,
    Positive,
    Real,
    Regularizer,
    Text,
)
from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.layers.quantization import only_int8, quantized, scale_of
from mergecli.catalog.list_arguments import Integers
from mergecli.catalog.shapes import Shape, ShapeError, product, text
from mergecli.catalog.tensors import Inputs, Tensor, has_dtype
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import Weight

LoraRank = Annotated[Optional[int], Integer(0, none=True)]
LoraAlpha = Annotated[Optional[int], Integer(0, none=True)]
#: Arguments that take Python objects which no file can hold: only their default may be written.
Nothing = Annotated[None, Choice(None)]


@Quirk
def _input_shape(config: Config) -> Config:
    """Return the shape without the batch axis where the batch size is open, under either name that Keras has for it."""
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if isinstance(shape, dict) and shape.get("class_name") in ("__tuple__", "TensorShape"):
        shape = shape.get("items")
    if isinstance(shape, list) and shape[:1] == [None]:
        return {**config, "batch_shape": None, "shape": shape[1:]}
    return {**config, "batch_shape": shape}


class InputLayer(Layer):
    """Where data enters the model: `keras.Input`.

    >>> InputLayer(shape=[32, 32, 1]).results(Inputs(()))[0].shape
    (None, 32, 32, 1)
    """

    config_quirk = _input_shape

    without = ("activity_regularizer", "trainable", "autocast")
    rule = "the batch size, then `shape`"
    newer = {"ragged": "3.9"}

    shape: Annotated[Any, Integers(0, gaps=True)] = None
    batch_size: Annotated[Optional[int], Integer(0, none=True)] = None
    dtype: Annotated[Optional[str], Policy((*DTYPES, "int"))] = None
    sparse: Annotated[Optional[bool], Truth(none=True)] = None
    ragged: Annotated[Optional[bool], Truth(none=True)] = None
    batch_shape: Annotated[Any, Integers(0, gaps=True)] = None
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
        shape = (self.batch_size, *self.shape) if self.shape is not None else self.batch_shape
        return (Tensor(shape, self.compute_dtype),)


class Dense(Layer):
    """Every input feature to every unit, along the last axis.

    >>> Dense(units=3).shape((None, 8))
    (None, 3)
    """

    volume = "plain"
    changed = {"3.15": "the factors of `lora_rank` have the dtype of the kernel"}
    computes_quantized = True
    mask = MaskBehaviour.PASSES
    min_ndim = 2
    activated = True
    last_axis_only = True
    rule = "the last axis becomes `units`"
    newer = {"lora_alpha": "3.10", "quantization_config": "3.13"}

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
        return lora_check(self.lora_rank, self.kernel_constraint, self.quantization)

    def shape(self, x: Shape) -> Shape:
        return (*x[:-1], self.units)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        kernel = self.weight("kernel", inputs.shapes[0][-1], self.units, quantized=True)
        bias = [self.weight("bias", self.units)] if self.use_bias else []
        return lora_weights(self, quantized(self, kernel, (self.units,)), bias, self.lora_rank)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return product((*inputs.shapes[0][1:], self.units))


class Equation(NamedTuple):
    """The three terms of an einsum, one letter an axis; `left` or `right` says where an ellipsis stands for more axes."""

    inputs: str
    kernel: str
    output: str
    left: bool
    right: bool

    @classmethod
    def of(cls, text: str) -> "Optional[Equation]":
        """The equation in one of the three forms of Keras, None otherwise.

        >>> Equation.of("...x,xy->...y")
        Equation(inputs='x', kernel='xy', output='y', left=True, right=False)
        """
        match = re.fullmatch(
            r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?", text
        )
        if match is None:
            return None
        before, inputs, after, kernel, left, output, right = match.groups()
        if (before, after) != (left, right) or (before and after) or (after and len(inputs) < 2):
            return None
        return cls(inputs, kernel, output, bool(left), bool(right))


class EinsumDense(Layer):
    """Every input feature to every unit, along the axes that an einsum equation names.

    >>> EinsumDense("abc,cd->abd", output_shape=[10, 16], bias_axes="d").shape((None, 10, 8))
    (None, 10, 16)
    """

    volume = "plain"
    changed = {"3.15": "the factors of `lora_rank` have the dtype of the kernel"}
    computes_quantized = True
    newer = {
        "lora_alpha": "3.10",
        "gptq_unpacked_column_size": "3.12",
        "quantization_config": "3.13",
    }

    rule = "the batch, then `output_shape`; axes under an ellipsis stay"

    equation: Text
    output_shape: Annotated[Any, Integers(1, gaps=True, single=True)]
    activation: Activation = None
    bias_axes: Annotated[Optional[str], Words(none=True)] = None
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Initializer = "zeros"
    kernel_regularizer: Regularizer = None
    bias_regularizer: Regularizer = None
    kernel_constraint: Constraint = None
    bias_constraint: Constraint = None
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None
    gptq_unpacked_column_size: Annotated[Optional[int], Integer(none=True)] = None
    quantization_config: Nothing = None

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        return (len(x),)

    def check(self) -> Iterator[ArgumentError]:
        yield from lora_check(self.lora_rank, self.kernel_constraint, self.quantization)
        terms = Equation.of(self.equation)
        if terms is None:
            yield ArgumentError(
                "must be `ab,bc->ac`, `...ab,bc->...ac` or `ab...,bc->ac...`, of any letters",
                argument="equation",
            )
            return
        free = sorted(set(terms.output) - set(terms.inputs + terms.kernel)) + sorted(
            set(terms.kernel) - set(terms.inputs + terms.output)
        )
        if free:
            yield ArgumentError(f"has `{free[0]}` in one term only", argument="equation")
        if len(set(terms.output)) < len(terms.output):
            yield ArgumentError("has a letter twice after the arrow", argument="equation")
        wanted, given = len(terms.output) - (not terms.left), len(self.sizes())
        if given != wanted and not (terms.left and given == wanted - 1):
            reason = "" if terms.left else ", as the first is the batch"
            yield ArgumentError(
                f"must have {wanted} sizes for `{terms.output}`{reason}; it has {given}",
                argument="output_shape",
            )
        if self.bias_axes is not None and not (
            self.bias_axes and set(self.bias_axes) <= set(terms.output)
        ):
            yield ArgumentError(
                f"must be some of the letters after the arrow, `{terms.output}`",
                argument="bias_axes",
            )

    def sizes(self) -> Shape:
        return (self.output_shape,) if isinstance(self.output_shape, int) else self.output_shape

    def letters(
        self, x: Shape
    ) -> Tuple[Equation, Dict[str, Optional[int]], Dict[str, Optional[int]], Shape]:
        """The terms, the sizes of the input's letters and of the output's letters, and the sizes under the ellipsis.

        Raises:
            ShapeError: the input has not the axes that the equation names, or the sizes disagree.
        """
        terms = Equation.of(self.equation)
        assert terms is not None
        more = len(x) - len(terms.inputs)
        # With a size less, nothing is under an ellipsis on the left: the first letter is the batch.
        is_full = terms.left and len(self.sizes()) == len(terms.output)
        is_open = terms.right or is_full
        if more < is_full or (more and not is_open):
            least = " at least" if is_open else ""
            raise ShapeError(
                f"takes{least} {len(terms.inputs) + is_full} dimensions, {{0}} has {len(x)}: {text(x)}",
                code="input-rank", inputs=(0,), argument="equation",
            )  # fmt: skip
        own = x[more:] if terms.left else x[: len(terms.inputs)]
        there = self.sizes() if is_full else (x[0], *self.sizes())
        before, after = dict(zip(terms.inputs, own)), dict(zip(terms.output, there))
        for letter in terms.inputs:
            if after.get(letter) is not None and after[letter] != before[letter]:
                raise ShapeError(
                    f"keeps axis `{letter}`, which is {before[letter]} in {{0}}, {text(x)}, but {after[letter]} in `output_shape`",
                    inputs=(0,), argument="output_shape",
                )  # fmt: skip
        return terms, before, after, x[:more] if terms.left else x[len(terms.inputs) :]

    def shape(self, x: Shape) -> Shape:
        terms, _, after, rest = self.letters(x)
        # Keras says the axes under an ellipsis on the left in reverse, the batch aside, though the model keeps their order.
        return (
            (*rest[:1], *rest[:0:-1], *after.values()) if terms.left else (*after.values(), *rest)
        )

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        """Return the kernel and the bias.

        Raises:
            ShapeError: It is quantized, and its `equation` has `...`.
        """
        terms, before, after, rest = self.letters(inputs.shapes[0])
        kernel = self.weight(
            "kernel",
            *(after[letter] if letter in after else before[letter] for letter in terms.kernel),
            quantized=True,
            summed=tuple(i for i, letter in enumerate(terms.kernel) if letter not in after),
        )
        bias = []
        if self.bias_axes is not None:
            biased = terms.output[min(map(terms.output.index, self.bias_axes)) :]
            ones = () if terms.left else (1,) * len(rest)
            bias = [
                self.weight(
                    "bias",
                    *(after[letter] if letter in self.bias_axes else 1 for letter in biased),
                    *ones,
                )
            ]
        scale: Shape = ()
        if self.quantization == "int8":
            if terms.left or terms.right:
                raise ShapeError(
                    "knows int8 only without `...` in its `equation`",
                    code="wrong-value",
                    argument="dtype",
                )
            scale = scale_of(terms.inputs, terms.kernel, terms.output, kernel.shape)
        return lora_weights(self, quantized(self, kernel, scale), bias, self.lora_rank)

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        terms, before, after, rest = self.letters(inputs.shapes[0])
        sizes = {
            letter: size if size is not None else after.get(letter)
            for letter, size in {**after, **before}.items()
        }
        if not terms.left:
            sizes.pop(terms.inputs[0])
        return product((*sizes.values(), *(rest[1:] if terms.left else rest)))


class Embedding(Layer):
    """Integers below `input_dim` to vectors of `output_dim`.

    >>> Embedding(1000, 16).shape((None, 20))
    (None, 20, 16)
    """

    changed = {"3.15": "the factors of `lora_rank` have the dtype of the kernel"}
    computes_quantized = True
    looks_up = True
    mask = MaskBehaviour.NONZERO
    rule = "`output_dim` after all axes"
    newer = {"lora_alpha": "3.10", "quantization_config": "3.13"}

    input_dim: Positive
    output_dim: Positive
    embeddings_initializer: Initializer = "uniform"
    embeddings_regularizer: Regularizer = None
    embeddings_constraint: Constraint = None
    mask_zero: Flag = False
    lora_rank: LoraRank = None
    lora_alpha: LoraAlpha = None
    quantization_config: Nothing = None

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check that the integers can be compared with the one that is masked.

        Raises:
            ShapeError: TensorFlow does not compare floats of 8 bits.
        """
        if self.mask_zero and dtypes[0] in FLOAT8 and Backend.choose() == "tensorflow":
            raise ShapeError(
                f"compares integers with 0 for `mask_zero`, {has_dtype(inputs, 0, dtypes[0])}",
                code="wrong-type",
                inputs=(0,),
                hint="convert it first, with `ops.cast: {dtype: int32}`",
            )

    def check(self) -> Iterator[ArgumentError]:
        return lora_check(self.lora_rank, self.embeddings_constraint)

    def shape(self, x: Shape) -> Shape:
        return (*x, self.output_dim)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        only_int8(self)
        kernel = self.weight("embeddings", self.input_dim, self.output_dim, quantized=True)
        return lora_weights(self, quantized(self, kernel, (self.input_dim,)), [], self.lora_rank)


class ReversibleEmbedding(Embedding):
    """An embedding that also goes back: `call: {reverse: true}` gives a score for each integer.

    >>> ReversibleEmbedding(1000, 16).results(Inputs.of((None, 20, 16))._replace(options={"reverse": True}))[0].shape
    (None, 20, 1000)
    """

    computes_quantized = True
    mask = MaskBehaviour.NONE
    rule = "`output_dim` after all axes; in reverse the last axis becomes `input_dim`"
    options = {**Layer.options, "reverse": Truth()}
    since = "3.12"

    tie_weights: Flag = True
    reverse_dtype: Annotated[Optional[str], Policy(tuple(DTYPES))] = None
    logit_soft_cap: Annotated[Optional[float], Number(0, none=True, above=True)] = None

    def check(self) -> Iterator[ArgumentError]:
        yield from super().check()
        # A kernel of int8 gets its factors before the other one is made.
        if self.lora_rank and not self.tie_weights and self.quantization != "int8":
            yield ArgumentError("cannot be used without `tie_weights`", argument="lora_rank")

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the vectors, or the logits where it is called with `reverse`.

        Raises:
            ShapeError: It goes back from another number of features.
        """
        if not inputs.options.get("reverse"):
            return super().results(inputs)
        x = self.single(inputs).shape
        assert x is not None
        if x[-1] not in (None, self.output_dim):
            raise ShapeError(
                f"goes back from {self.output_dim} features, {{0}} has {x[-1]}: {text(x)}",
                inputs=(0,),
                argument="output_dim",
            )
        return (Tensor((*x[:-1], self.input_dim), self.compute_dtype),)

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        weights = list(super().weights(inputs))
        if not self.tie_weights:
            reverse = self.weight(
                "reverse_embeddings",
                self.output_dim,
                self.input_dim,
                by="embeddings",
                quantized=True,
            )
            weights += quantized(self, reverse, (self.input_dim,))
        return weights

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        return (
            product((*inputs.shapes[0][1:], self.input_dim)) if inputs.options.get("reverse") else 0
        )


class Identity(Layer):
    """What comes in goes out.

    >>> Identity().shape((None, 8))
    (None, 8)
    """

    takes_strings = True
    mask = MaskBehaviour.PASSES
    rule = "as it is"
    keeps_dtype = True
    image = "keeps"
    passes_lists = True


class Masking(Layer):
    """Marks time steps in which every feature is `mask_value`, so that later layers skip them.

    >>> Masking(mask_value=0.0).shape((None, 10, 8))
    (None, 10, 8)
    """

    mask = MaskBehaviour.MARKS
    min_ndim = 1
    rule = "as it is"
    bool_runs_as = "int32"

    mask_value: Real = 0.0


def lora_check(
    rank: Optional[int], constraint: object, quantization: Optional[str] = None
) -> Iterator[ArgumentError]:
    """LoRA factors cannot keep a constraint on the product, and are not computed in float8."""
    if rank and quantization == "float8":
        yield ArgumentError("cannot be used with a policy of float8", argument="lora_rank")
    if rank and constraint is not None:
        yield ArgumentError(
            "cannot be used with a constraint on the same weight", argument="lora_rank"
        )


def lora_weights(
    layer: Layer, kernels: List[Weight], bias: List[Weight], rank: Optional[int]
) -> Sequence[Weight]:
    """A kernel and what belongs to it, frozen and with its two low-rank factors where `rank` is set (Keras's `enable_lora`)."""
    if not rank:
        return [*kernels, *bias]
    kernel, *others = kernels
    name = kernel.name
    first = f"lora_{name}_a", (*kernel.shape[:-1], rank)
    second = f"lora_{name}_b", (rank, kernel.shape[-1])
    if layer.keras_version >= (3, 15):
        factors = [Weight(*one, layer.trainable, "float32") for one in (first, second)]
    else:
        factors = [
            layer.weight(first[0], *first[1], begins="he_uniform"),
            layer.weight(second[0], *second[1]),
        ]
    return [*others, *bias, *factors, kernel._replace(trainable=False)]
