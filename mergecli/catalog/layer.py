"""Layer: the base class of all layers, which has two facts, its shapes and its weights."""

import re
from enum import Enum
from functools import cache, lru_cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Dict,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Type,
)

from mergecli.catalog.aliases import activation_name
from mergecli.catalog.arguments import Argument, Truth, Words
from mergecli.catalog.config_quirks import Quirk
from mergecli.catalog.families import FAMILY_OF
from mergecli.catalog.fields import FLOAT8, FLOATS, DType, Flag, Regularizer
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.shapes import Shape, ShapeError, text
from mergecli.catalog.tensors import Inputs, Tensor, before_mask, bind, check_strings, single
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import (
    Weight,
    begins_always,
    check_beginning,
    check_countable,
    check_penalized,
    check_trained,
    regularizer_of,
)

if TYPE_CHECKING:
    from mergecli.catalog.initializers import Initializer


#: For some backends the values of arguments that they cannot run.
Unsupported = Mapping[str, Mapping[str, Sequence[object]]]
#: Tensors of a call that are not computed with.
_ASIDE = frozenset(
    ("mask", "query_mask", "value_mask", "key_mask", "attention_mask", "initial_state", "states")
)
#: What PyTorch has no sparse tensors for, and what only TensorFlow has them for.
NOT_SPARSE_IN_TORCH: Unsupported = {"torch": {"sparse": (True,)}}
SPARSE_IN_TENSORFLOW: Unsupported = {"jax": {"sparse": (True,)}, "torch": {"sparse": (True,)}}
NOT_SYNCHRONIZED: Unsupported = {name: {"synchronized": (True,)} for name in ("jax", "torch")}

#: The backends that a hint may name.
_BACKENDS = ("tensorflow", "jax", "torch")


class MaskBehaviour(Enum):
    """Which mask Keras computes for the first result of a layer, in calls of `keras.ops`."""

    #: None that is known.
    NONE = "none"
    #: That of the first tensor.
    PASSES = "passes"
    #: `logical_or` of those of all tensors.
    JOINS = "joins"
    #: Those of all tensors one after the other, each in its tensor's shape, and then `any` along
    #: the last axis.
    CONCATENATES = "concatenates"
    #: That of the first tensor, converted to a tensor.
    CONVERTS = "converts"
    #: `not_equal(x, 0)`, where its argument `mask_zero` is true.
    NONZERO = "nonzero"
    #: `any(not_equal(x, mask_value))` along the last axis.
    MARKS = "marks"


#: The dtypes of results and of weights under the policies that are not dtypes.
COMPUTE_DTYPES = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
VARIABLE_DTYPES = {"mixed_float16": "float32", "mixed_bfloat16": "float32"}
#: The dtypes that Keras casts to a layer's compute dtype.
AUTOCAST = frozenset((*FLOATS, *FLOAT8))


@cache
def snake_case(name: str) -> str:
    """Return a class name as Keras turns it into a layer name.

    >>> snake_case("Conv2D"), snake_case("BatchNormalization"), snake_case("LSTM")
    ('conv2d', 'batch_normalization', 'lstm')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


class Layer(KerasObject, abstract=True):
    """A layer: what it makes of shapes, and which weights it then has.

    Most layers take one tensor and define `shape`; those of several tensors define `results`.
    """

    role = "layer"
    module = "layers"
    #: The dimensions that an input must have, exactly or at least (Keras's `InputSpec`).
    ndim: ClassVar[Optional[int]] = None
    min_ndim: ClassVar[Optional[int]] = None
    #: The result has the input's dtype, instead of the layer's compute dtype.
    keeps_dtype: ClassVar[bool] = False
    #: It computes nothing with a single tensor, of any dtype.
    keeps_single: ClassVar[bool] = False
    #: It joins the first two of its tensors, then the result with the next one, and so on.
    joins_in_turn: ClassVar[bool] = False
    #: It also takes strings when it runs; other layers compute, which only numbers allow.
    takes_strings: ClassVar[bool] = False
    #: A backend runs it on no tensors of float32, or not of all shapes, or takes other dtypes for one of them, or it
    #: gives other dtypes than Keras declares, so that calls on float32 are looked up, too.
    refuses_floats: ClassVar[bool] = False
    #: The dtype that it gives when a model runs, where Keras declares another one.
    runs_as: ClassVar[Optional[str]] = None
    #: The dtype of its results when it runs on truth values, if it keeps other dtypes and not that one.
    bool_runs_as: ClassVar[Optional[str]] = None
    #: It takes strings and numbers in one list.
    mixes_strings: ClassVar[bool] = False
    #: It computes under quantized policies such as `int8_from_float32`; others fail when they run.
    computes_quantized: ClassVar[bool] = False
    #: The order of its tensors matters; a picture numbers them.
    ordered: ClassVar[bool] = False
    #: It hands on a list of tensors, each as it is.
    passes_lists: ClassVar[bool] = False
    #: What `call:` may hold.
    options: ClassVar[Mapping[str, Argument]] = {"training": Truth(none=True)}
    #: The tensors that a call takes by name, each with the least and most there may be of it. A call without names gives
    #: the first; a kind without `takes` has one tensor and no name for it.
    takes: ClassVar[Dict[str, Tuple[int, int]]] = {}
    #: The name of the tensors of a layer without `takes`, and whether it takes a `mask`.
    first: ClassVar[str] = "inputs"
    masked: ClassVar[bool] = False
    #: Keras's class where `keras.layers` has another name: in automatic names and saved models.
    keras_name: ClassVar[str] = ""
    #: The shape rule in words.
    rule: ClassVar[str] = ""
    #: Whether it is frozen by what it is part of, with all that is in it, whatever it says itself.
    frozen: bool = False

    #: The family in which it is listed, such as `rnn`; empty when it is in none.
    family: ClassVar[str] = ""
    #: For layers whose results a figure draws as volumes: "smaller" or "larger" than those before
    #: them, or "plain". Empty for others.
    volume: ClassVar[str] = ""
    #: Which mask Keras computes for its result.
    mask: ClassVar[MaskBehaviour] = MaskBehaviour.NONE
    #: Whether it may give attention scores that carry the mask with which they were computed.
    masks_scores: ClassVar[bool] = False
    #: For some backends the values of arguments with which they cannot run it.
    unsupported: ClassVar[Unsupported] = {}
    #: How its config differs from the arguments of its constructor, if it does.
    config_quirk: ClassVar[Optional[Quirk]] = None
    #: The order of axes in which Keras 1 keeps its kernels, for each of them, by `data_format`.
    keras_1_kernels: ClassVar[Mapping[str, Sequence[Tuple[int, ...]]]] = {}
    #: How many of its kernels, the first ones, Theano applies turned around.
    theano_kernels: ClassVar[int] = 0
    #: Arguments without which Keras reads no config of it, even where they have their default.
    needed_in_config: ClassVar[Tuple[str, ...]] = ()
    #: Whether a recurrent layer gives its output and its states as one flat list.
    flat_states: ClassVar[bool] = False
    #: Whether a single result of it comes in a list.
    gives_list: ClassVar[bool] = False
    #: Whether a call is in training by default; None where that depends on the model's call.
    training_default: ClassVar[Optional[bool]] = None
    #: The order in which a formatted spec has the first arguments, where the classes of a family do not have them in
    #: the same order in Keras; the others follow in Keras's order. A class has only some of them.
    argument_order: ClassVar[Tuple[str, ...]] = ()

    # Facts from which warnings follow: Keras accepts more than anyone means.
    #: Its result comes out of its argument `activation`.
    activated: ClassVar[bool] = False
    #: It is an activation function and nothing else.
    activates: ClassVar[bool] = False
    #: What it is called in a chain of layers, where that is not its class.
    brief: ClassVar[Optional[str]] = None
    #: It "joins" several tensors along its axis, "adds" them up, or "scales" one by others.
    merging: ClassVar[Optional[str]] = None
    #: It "gives" an image, a volume or a sequence of them, or it "keeps" what it gets one.
    image: ClassVar[Optional[str]] = None
    #: It looks at the last axis alone, at each place of the others on its own.
    last_axis_only: ClassVar[bool] = False
    #: It makes one axis of all but the batch.
    flattens: ClassVar[bool] = False
    #: It takes integers, each as the place of a vector.
    looks_up: ClassVar[bool] = False
    #: The argument without which it does not run before `adapt` has learned it from data.
    learned: ClassVar[str] = ""
    #: It sets a share of the values to zero while training.
    drops: ClassVar[bool] = False
    #: Each call computes the penalty of `activity_regularizer`.
    penalized: ClassVar[bool] = True
    #: It multiplies each input with a kernel before they meet.
    projects: ClassVar[bool] = False

    activity_regularizer: Regularizer = None
    trainable: Flag = True
    dtype: DType = None
    autocast: Flag = True
    name: Annotated[Optional[str], Words(without="/", none=True)] = None

    def __init_subclass__(cls, abstract: bool = False, aliases: Tuple[str, ...] = ()) -> None:
        super().__init_subclass__(abstract, aliases)
        cls.family = FAMILY_OF.get(cls.__module__, "")

    @property
    def compute_dtype(self) -> str:
        """The dtype of results, as the policy has it."""
        if self.dtype is None:
            return "float32"
        policy = self.dtype.rpartition("_from_")[2]
        return Backend.integer() if policy == "int" else COMPUTE_DTYPES.get(policy, policy)

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights, as the policy has it."""
        if self.dtype is None:
            return "float32"
        policy = self.dtype.rpartition("_from_")[2]
        return Backend.integer() if policy == "int" else VARIABLE_DTYPES.get(policy, policy)

    @property
    def quantization(self) -> Optional[str]:
        """What kernels are kept or trained in, where the policy says so: `int8` or `float8`."""
        return (self.dtype or "").rpartition("_from_")[0] or None

    @property
    def function(self) -> Optional[str]:
        """The name of the activation function of its result; None where no name alone says it."""
        activation: Any = getattr(self, "activation", None) if self.activated else None
        if isinstance(activation, str):
            return activation_name(activation)
        return activation.function if isinstance(activation, Layer) else None

    @property
    def makes_mask(self) -> bool:
        """Whether its result has a mask that none of its inputs has."""
        is_nonzero = self.mask is MaskBehaviour.NONZERO and getattr(self, "mask_zero", False)
        return is_nonzero or self.mask is MaskBehaviour.MARKS

    @property
    def keeps_mask(self) -> bool:
        """Whether its first result has the mask that its class computes."""
        return True

    @property
    def uses_mask(self) -> bool:
        """Whether a call of it takes a `mask`."""
        return self.masked or "mask" in self.takes

    @property
    def first_tensor(self) -> str:
        """The name of the first tensor that a call of it takes."""
        return next(iter(self.takes), self.first)

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the tensors that a call gives.

        Args:
            inputs: What it is called on; all shapes are known, each with the batch axis first.

        Raises:
            ShapeError: Keras would refuse the call.
        """
        if self.passes_lists and inputs.listed:
            each = [inputs._replace(tensors=(x,), listed=False) for x in inputs.tensors]
            return tuple(result for one in each for result in self.results(one))
        x = self.single(inputs)
        dtype = self.cast(x.dtype) if self.keeps_dtype else self.compute_dtype
        return (Tensor(self.shape(x.shape), dtype),)  # type: ignore[arg-type]

    def computed_with(self, inputs: Inputs) -> Sequence[int]:
        """Return the inputs whose dtypes decide what the layer computes in, by place."""
        names = inputs.keywords or ("",) * len(inputs.tensors)
        return [place for place, name in enumerate(names) if name not in _ASIDE]

    def check_run(self, inputs: Inputs, dtypes: Sequence[Optional[str]]) -> None:
        """Check what the backend cannot run though Keras builds it, for dtypes and shapes that depend on each other.

        Args:
            inputs: What the layer is called on, for which `results` gives results.
            dtypes: The dtypes of the inputs when the model runs.

        Raises:
            ShapeError: The backend cannot run it.
        """

    def check_penalty(
        self, results: Sequence[Tensor], dtypes: Sequence[Optional[str]], first: Optional[str]
    ) -> None:
        """Check that the backend can compute the penalty that `activity_regularizer` puts on the results.

        Args:
            results: The results, as `results` gives them.
            dtypes: The dtypes of the inputs when the model runs.
            first: That of the first result.

        Raises:
            ShapeError: It cannot.
        """
        given: Any = self.activity_regularizer
        if given is None or not self.penalized:
            return
        penalty = regularizer_of(given)
        # The dtype is sure where it is that of all inputs, they are cast to it, and a run has it, too.
        seen = {first, *(self.cast(dtype) for dtype in dtypes)} if self.autocast else set()
        for tensor in results:
            if not tensor.shape:
                continue
            dtype = tensor.dtype if seen == {tensor.dtype} else None
            mismatch = penalty.mismatch(tensor.shape, dtype)
            if mismatch:
                of = f" of {dtype}" if dtype else ""
                raise ShapeError(
                    f"cannot penalize its result by `{type(penalty).__name__}`, which {mismatch}: it is {text(tensor.shape)}{of}",
                    code="wrong-value", argument="activity_regularizer",
                )  # fmt: skip

    def check_strings(self, inputs: Inputs) -> None:
        """Check that the layer does not compute with strings; see `tensors.check_strings`.

        Raises:
            ShapeError: One of the inputs is of strings, or strings and numbers are joined.
        """
        is_kept = self.keeps_single and len(inputs.tensors) == 1
        check_strings(inputs, self.takes_strings or is_kept, self.mixes_strings)

    def check_in_model(self, inputs: Inputs) -> None:
        """Check what Keras refuses of a layer in a model, though not of one in another layer.

        Args:
            inputs: What it is called on, for which `results` gives results.

        Raises:
            ShapeError: Keras cannot build a model with it.
        """

    def traced_results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the tensors that a call gives where a backend traces it, as in a `Pipeline`; see `results`.

        Raises:
            ShapeError: Keras would refuse the call.
        """
        return self.results(inputs)

    def traced(self, inputs: Inputs, dtype: Optional[str]) -> Optional[str]:
        """Return the dtype of the results where a backend traces a training, as in a `Pipeline`.

        Args:
            inputs: What it is called on, for which `results` gives results.
            dtype: The dtype of the results when the model runs.

        Raises:
            ShapeError: The backend cannot trace it.
        """
        return dtype

    def run_dtypes(
        self, results: Sequence[Tensor], first: Optional[str]
    ) -> Tuple[Optional[str], ...]:
        """Return the dtypes of all results when the model runs, None where not known.

        Args:
            results: The results, as Keras declares them.
            first: The dtype of the first one when the model runs; None if it is not known.
        """
        declared = results[0].dtype
        # Others, such as the places of the largest values, have dtypes of their own.
        return tuple([first if x.dtype == declared else x.dtype for x in results])

    def scores_mask(self, inputs: Inputs) -> Optional[Shape]:
        """Return the shape of the mask that Keras leaves on the second result, the scores of an attention.

        Args:
            inputs: What the layer is called on, with the masks that Keras hands on.
        """
        return None

    def check_activation(self, results: Sequence[Tensor]) -> None:
        """Check that the activation function can be applied to what the layer gives.

        Raises:
            ShapeError: It is `glu`, which halves the last axis, of an odd size.
        """
        if not self.activated or getattr(self, "activation", None) != "glu":
            return
        shape = results[0].shape
        if shape and shape[-1] is not None and shape[-1] % 2:
            raise ShapeError(
                f"cannot halve the last axis as `glu` does: the result is {text(shape)}",
                argument="activation",
            )

    def check_backend(self, backend: str) -> None:
        """Check that a backend has what the arguments ask for.

        Args:
            backend: Keras's name of the backend.

        Raises:
            ShapeError: It does not; Keras builds the layer, and cannot run it.
        """
        for argument, values in self.unsupported.get(backend, {}).items():
            value = getattr(self, argument)
            if value in values:
                others = [name for name in _BACKENDS if not self._refuses(name, argument, value)]
                names = " or ".join(f"`{name}`" for name in others)
                written = {True: "true", None: "null"}.get(value, value)
                raise ShapeError(
                    f"cannot be run by the backend `{backend}` with `{argument}: {written}`",
                    code="wrong-value",
                    argument=argument,
                    hint=f"{'name a value' if value is None else 'take another value'}, or the backend {names}",
                )

    def _refuses(self, backend: str, argument: str, value: object) -> bool:
        return value in self.unsupported.get(backend, {}).get(argument, ())

    def check_policy(self) -> None:
        """Check that the layer, and those in it, can be run under their dtype policies.

        Raises:
            ShapeError: The policy is quantized, and Keras has no such computation of the layer.
        """
        if self.dtype is not None and self.quantization is not None and not self.computes_quantized:
            raise ShapeError(
                f"cannot be run in {self.quantization}, which Keras does in `Dense`,"
                " `EinsumDense`, `Embedding` and `ReversibleEmbedding`",
                code="wrong-value",
                argument="dtype",
                hint="leave out `dtype`, and quantize the model after its training",
            )
        for name in _inner_arguments(type(self)):  # type: ignore[arg-type]
            inner = getattr(self, name, None)
            for layer in inner if isinstance(inner, list) else [inner]:
                if isinstance(layer, Layer):
                    self._check_inner_policy(name, layer)

    def _check_inner_policy(self, argument: str, layer: "Layer") -> None:
        """Check that a layer in this one can be run under its dtype policy.

        Raises:
            ShapeError: It cannot.
        """
        try:
            layer.check_policy()
        except ShapeError as problem:
            message = f"has a `{type(layer).__name__}` that {problem.message}"
            raise ShapeError(
                message, code=problem.code, argument=argument, hint=problem.hint
            ) from None

    def unnamed(self, inputs: Inputs) -> Inputs:
        """Return the inputs without names and mask, where the layer has no `takes`.

        Raises:
            ShapeError: A name is unknown, or the mask does not fit.
        """
        if not inputs.keywords or self.takes:
            return inputs
        many = before_mask(inputs, self.first, self.masked)
        if many < len(inputs.keywords):
            x, mask = inputs.shapes[0], inputs.shapes[many]
            self.check_rank(x)
            if not self.masks(x, mask):
                message = f"cannot use {{{many}}} as a mask: {text(mask)} for {text(x)}"
                raise ShapeError(message, inputs=(many, 0))
        return Inputs(inputs.tensors[:many], many > 1, (), inputs.options)

    def masks(self, x: Shape, mask: Shape) -> bool:
        """Return whether a mask fits; Keras checks that when the model runs."""
        return True

    def single(self, inputs: Inputs) -> Tensor:
        """Return the one tensor of a layer that takes one.

        Raises:
            ShapeError: There are more, or it has another number of dimensions.
        """
        x = single(inputs)
        self.check_rank(x.shape)  # type: ignore[arg-type]
        return x

    def named(self, inputs: Inputs) -> Dict[str, List[int]]:
        """Return which of the inputs are declared under each name of `takes`.

        Raises:
            ShapeError: A name is missing, unknown, or has another number of tensors.
        """
        return bind(self.takes, inputs)

    def check_rank(self, shape: Shape) -> None:
        """Check the number of dimensions of an input.

        Raises:
            ShapeError: The layer takes another one.
        """
        wanted = self.ndim if self.ndim is not None else self.min_ndim
        if wanted is None or len(shape) == wanted or (self.ndim is None and len(shape) > wanted):
            return
        least = "" if self.ndim is not None else " at least"
        message = f"takes{least} {wanted} dimensions, {{0}} has {len(shape)}: {text(shape)}"
        raise ShapeError(message, code="input-rank", inputs=(0,))

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the result for an input of shape `x`; by default the same."""
        return x

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        """Return the variables that Keras creates for these inputs, in Keras's order."""
        return ()

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        """Return the sizes of a first input that further ones must share, weights aside."""
        return ()

    def penalizes(self) -> bool:
        """Whether it adds to the loss of a model that is fitted, as a regularizer does."""
        for name, value in self.explicit.items():
            argument = self.arguments.get(name)
            if argument is not None and argument.role == "regularizer" and value is not None:
                return True
            inside = value if isinstance(value, list) else [value]
            if any(isinstance(inner, Layer) and inner.penalizes() for inner in inside):
                return True
        return False

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        """Return the multiply-accumulate operations for one sample; None if a size is unknown."""
        return 0

    def weight(
        self,
        name: str,
        *shape: Optional[int],
        trainable: bool = True,
        begins: "str | Initializer | None" = None,
        by: str = "",
        quantized: bool = False,
        summed: Optional[Tuple[int, ...]] = None,
    ) -> Weight:
        """Return a weight in this layer's dtype, unless it is `quantized`.

        It begins and is penalized as the arguments of the name `by`, or of its own name, say, or else begins as `begins`. Of the kernel of an einsum,
        `summed` are the axes that are summed over.

        Raises:
            ShapeError: A size is not known, or it cannot begin so.
        """
        check_countable(name, shape)
        own = name.rsplit("/", 1)[-1]
        argument = _argument_for("initializer", type(self), own, by)  # type: ignore[arg-type]
        if argument is not None:
            begins = getattr(self, argument)
        dtype = self.variable_dtype
        is_kept = quantized and self.quantization == "int8"
        if is_kept:
            begins = None  # as zeros, whatever the argument says
        if begins is None and dtype not in FLOATS:
            begins = "zeros"
        if begins is not None and not begins_always(begins, shape, dtype):
            check_beginning(begins, argument, Weight(own, shape, dtype=dtype), summed)
        if trainable and self.trainable and not is_kept and not self.frozen:
            penalty = _argument_for("regularizer", type(self), own, by)  # type: ignore[arg-type]
            if penalty is not None and getattr(self, penalty) is not None:
                check_penalized(getattr(self, penalty), penalty, Weight(own, shape, dtype=dtype))
        if trainable and not self.trainable and not is_kept:
            # Keras asks the backend for a weight that is trained, and freezes it then.
            check_trained((Weight(own, shape, True, dtype),))
        return Weight(name, shape, trainable and self.trainable, dtype)

    def cast(self, dtype: Optional[str]) -> Optional[str]:
        """The dtype in which the layer sees an input: floats become its compute dtype."""
        return self.compute_dtype if self.autocast and dtype in AUTOCAST else dtype


# The arguments of every layer follow those of a class, so that a single value is the first argument
# of the class.
Layer.common = dict(Layer.arguments)


@cache
def _inner_arguments(cls: Type[Layer]) -> Tuple[str, ...]:
    """Return the names of the layers that a layer of a class may have in it."""
    names = ("layer", "cell", "cells", "forward_layer", "backward_layer")
    return tuple(name for name in names if name in cls.arguments or hasattr(cls, name))


@lru_cache(maxsize=4096)
def _argument_for(role: str, cls: Type[Layer], own: str, by: str) -> Optional[str]:
    """Return the argument of a class that is a weight's `initializer` or `regularizer`; None if there is none."""
    names = (f"{by}_{role}", f"{own}_{role}", f"{own.removesuffix('_kernel')}_{role}")
    return next((known for known in names if known in cls.arguments), None)


def spec_name(cls: Type[KerasObject]) -> str:
    """The name by which a spec calls a class."""
    return cls.keras_name if issubclass(cls, Layer) and cls.module == "ops" else cls.__name__
