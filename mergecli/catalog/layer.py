"""Layer: the base class of all layers, which has two facts, its shapes and its weights."""

import re
from contextlib import contextmanager
from enum import Enum
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from mergecli.catalog.aliases import activation_name
from mergecli.catalog.arguments import (
    DTYPES,
    FLOATS,
    INITIALIZERS,
    Argument,
    DType,
    Flag,
    Regularizer,
    Truth,
    Words,
)
from mergecli.catalog.config_quirks import Quirk
from mergecli.catalog.families import FAMILY_OF
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.shapes import Shape, ShapeError, product, text

if TYPE_CHECKING:
    from mergecli.catalog.initializers import Initializer


class Weight(NamedTuple):
    """One variable of a layer."""

    name: str
    shape: Shape
    trainable: bool = True
    dtype: str = "float32"


class Tensor(NamedTuple):
    """What a call gives: a shape, None when no rule knows it, and a dtype."""

    shape: Optional[Shape]
    dtype: Optional[str] = "float32"


class MaskBehaviour(Enum):
    """Which mask Keras computes for the first result of a layer, in calls of `keras.ops`."""

    #: None that is known.
    NONE = "none"
    #: That of the first tensor.
    PASSES = "passes"
    #: `logical_or` of those of all tensors.
    JOINS = "joins"
    #: Those of all tensors one behind the other, each in its tensor's shape, and then `any` along the last axis.
    CONCATENATES = "concatenates"
    #: That of the first tensor, converted to a tensor.
    CONVERTS = "converts"
    #: `not_equal(x, 0)`, where its argument `mask_zero` is true.
    NONZERO = "nonzero"
    #: `any(not_equal(x, mask_value))` along the last axis.
    MARKS = "marks"


UNKNOWN = Tensor(None, None)
#: The elements that a backend can count.
MOST = 2**63 - 1
#: The initializers by which a weight of floats can begin, whatever its shape.
EASY = frozenset(
    name for name in INITIALIZERS if not name.lower().startswith(("identity", "orthogonal", "stft"))
)


class Inputs(NamedTuple):
    """What a layer is called on: tensors, whether they come as a list, and the call's options that are no tensors.

    `keywords`, if any, names the call argument of each tensor; a name that stands several times takes a list.
    """

    tensors: Tuple[Tensor, ...]
    listed: bool = False
    keywords: Tuple[str, ...] = ()
    options: Dict[str, Any] = {}

    @classmethod
    def of(cls, *shapes: Shape, dtype: str = "float32") -> "Inputs":
        """Tensors of these shapes; several come as a list."""
        return cls(tuple(Tensor(shape, dtype) for shape in shapes), listed=len(shapes) > 1)

    @property
    def shapes(self) -> Tuple[Shape, ...]:
        return tuple(tensor.shape for tensor in self.tensors)  # type: ignore[misc]


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

    Most kinds take one tensor and define `shape`; a kind that takes or gives several defines `results`.
    """

    role = "layer"
    module = "layers"
    #: The number of dimensions that an input must have, at the least or exactly (Keras's `InputSpec`).
    ndim: ClassVar[Optional[int]] = None
    min_ndim: ClassVar[Optional[int]] = None
    #: The result has the input's dtype, instead of the layer's compute dtype.
    keeps_dtype: ClassVar[bool] = False
    #: It also takes strings when it runs; other layers compute, which only numbers allow.
    takes_strings: ClassVar[bool] = False
    #: It takes strings and numbers in one list.
    mixes_strings: ClassVar[bool] = False
    #: It hands on a list of tensors, each as it is.
    passes_lists: ClassVar[bool] = False
    #: What `call:` may hold.
    options: ClassVar[Mapping[str, Argument]] = {"training": Truth(none=True)}
    #: The tensors that a call takes by name, each with the least and most there may be of it. A call without names gives
    #: the first; a kind without `takes` has one tensor and no name for it.
    takes: ClassVar[Dict[str, Tuple[int, int]]] = {}
    #: What Keras calls the tensors of a kind without `takes`, and whether they may come with a `mask`.
    first: ClassVar[str] = "inputs"
    masked: ClassVar[bool] = False
    #: Keras's class, where `keras.layers` has it under another name: automatic names and saved models say this one.
    keras_name: ClassVar[str] = ""
    #: The shape rule in words.
    rule: ClassVar[str] = ""
    #: Whether it is frozen by what it is part of, with all that is in it, whatever it says itself.
    frozen: bool = False

    #: The family in which it is listed, such as `rnn`; empty when it is in none.
    family: ClassVar[str] = ""
    #: Which mask Keras computes for its result.
    mask: ClassVar[MaskBehaviour] = MaskBehaviour.NONE
    #: How its config differs from the arguments of its constructor, if it does.
    config_quirk: ClassVar[Optional[Quirk]] = None
    #: Arguments without which Keras reads no config of it, even where they have their default.
    needed_in_config: ClassVar[Tuple[str, ...]] = ()
    #: Whether a recurrent layer gives its output and its states as one flat list.
    flat_states: ClassVar[bool] = False
    #: Whether a single result of it comes in a list.
    gives_list: ClassVar[bool] = False
    #: Whether a call is in training if nothing says so; None where that depends on the model's own call.
    training_default: ClassVar[Optional[bool]] = None
    #: The order in which a formatted spec has the first arguments, where the classes of a family do not have them in
    #: the same order in Keras; the others follow in Keras's order. A class has only some of them.
    argument_order: ClassVar[Tuple[str, ...]] = ()

    # Facts from which warnings follow: Keras accepts more than anyone means.
    #: Its result comes out of its argument `activation`.
    activated: ClassVar[bool] = False
    #: It is an activation function and nothing else.
    activates: ClassVar[bool] = False
    #: What it makes of several tensors: it "joins" them along its axis, "adds" them up in some way, or "scales" one by others.
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
        policy = (self.dtype or "float32").rpartition("_from_")[2]
        return {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16", "int": "int64"}.get(
            policy, policy
        )

    @property
    def variable_dtype(self) -> str:
        """The dtype of weights, as the policy has it."""
        policy = (self.dtype or "float32").rpartition("_from_")[2]
        return {"mixed_float16": "float32", "mixed_bfloat16": "float32", "int": "int64"}.get(
            policy, policy
        )

    @property
    def quantization(self) -> Optional[str]:
        """What kernels are kept or trained in, where the policy says so: `int8` or `float8`."""
        return (self.dtype or "").rpartition("_from_")[0] or None

    @property
    def function(self) -> Optional[str]:
        """The activation function that its result comes out of, by its name in Keras; None when there is none that has a name alone."""
        activation: Any = getattr(self, "activation", None) if self.activated else None
        if isinstance(activation, str):
            return activation_name(activation)
        return activation.function if isinstance(activation, Layer) else None

    def results(self, inputs: Inputs) -> Tuple[Tensor, ...]:
        """Return the tensors that a call gives.

        Args:
            inputs: What it is called on; all shapes are known, each with the batch axis first.

        Raises:
            ShapeError: Keras would refuse the call.
        """
        if self.passes_lists and inputs.listed:
            return tuple(
                result
                for x in inputs.tensors
                for result in self.results(inputs._replace(tensors=(x,), listed=False))
            )
        x = self.single(inputs)
        dtype = self.cast(x.dtype) if self.keeps_dtype else self.compute_dtype
        return (Tensor(self.shape(x.shape), dtype),)  # type: ignore[arg-type]

    def check_strings(self, inputs: Inputs) -> None:
        """Check that the layer does not compute with strings, which Keras finds out when it runs.

        Args:
            inputs: What it is called on.

        Raises:
            ShapeError: One of the inputs is of strings, or strings and numbers are joined.
        """
        strings = [index for index, x in enumerate(inputs.tensors) if x.dtype == "string"]
        if not strings:
            return
        if not self.takes_strings:
            raise ShapeError(
                f"takes numbers, {{{strings[0]}}} has dtype string",
                code="wrong-type",
                inputs=strings[:1],
                hint="turn the strings into numbers first, with `StringLookup`, `Hashing` or"
                " `TextVectorization`",
            )
        others = [
            index for index, x in enumerate(inputs.tensors) if x.dtype not in ("string", None)
        ]
        if others and inputs.listed and not inputs.keywords and not self.mixes_strings:
            raise ShapeError(
                f"cannot join strings with numbers: {{{strings[0]}}} has dtype string,"
                f" {{{others[0]}}} has {inputs.tensors[others[0]].dtype}",
                code="wrong-type",
                inputs=(strings[0], others[0]),
                hint="turn the strings into numbers first, with `StringLookup`, `Hashing` or"
                " `TextVectorization`",
            )

    def check_in_model(self, inputs: Inputs) -> None:
        """Check what Keras refuses of a layer in a model, though not of one in another layer.

        Args:
            inputs: What it is called on, for which `results` gives results.

        Raises:
            ShapeError: Keras cannot build a model with it.
        """

    def unnamed(self, inputs: Inputs) -> Inputs:
        """The same inputs without names, which a kind without `takes` has no use for; a mask, which stands last, is gone.

        Raises:
            ShapeError: a name is unknown.
        """
        if not inputs.keywords or self.takes:
            return inputs
        names = (self.first, "mask") if self.masked else (self.first,)
        for index, name in enumerate(inputs.keywords):
            if name not in names:
                raise ShapeError(
                    f"takes no tensor `{name}`",
                    code="input-count",
                    inputs=(index,),
                    hint=f"it takes {prose_list(names)}",
                )
        many = inputs.keywords.count(self.first)
        masks = range(many, len(inputs.keywords))
        if not many:
            raise ShapeError(
                f"needs a tensor as `{self.first}`", code="input-count", inputs=tuple(masks)
            )
        if len(masks) > 1:
            raise ShapeError(
                f"takes one tensor as `mask`, not a list of {len(masks)}",
                code="input-count",
                inputs=tuple(masks),
            )
        if masks:
            self.check_rank(inputs.shapes[0])
        for index in masks:
            x, mask = inputs.shapes[0], inputs.shapes[index]
            if not self.masks(x, mask):
                raise ShapeError(
                    f"cannot use {{{index}}} as a mask: {text(mask)} for {text(x)}",
                    inputs=(index, 0),
                )
        return Inputs(inputs.tensors[:many], many > 1, (), inputs.options)

    def masks(self, x: Shape, mask: Shape) -> bool:
        """Return whether a mask fits; Keras checks that when the model runs."""
        return True

    def single(self, inputs: Inputs) -> Tensor:
        """The one tensor of a layer that takes one, its number of dimensions checked."""
        if len(inputs.tensors) != 1 or inputs.keywords or inputs.listed:
            many = len(inputs.tensors)
            raise ShapeError(
                f"takes one tensor, not {'a list of ' if inputs.listed else ''}{many}",
                code="input-count",
                hint="join them first, with `Concatenate` or another merging layer"
                if many > 1
                else "write it without brackets",
            )
        self.check_rank(inputs.tensors[0].shape)  # type: ignore[arg-type]
        return inputs.tensors[0]

    def named(self, inputs: Inputs) -> Dict[str, List[int]]:
        """Which of the inputs are declared under each name of `takes`, as many as it allows.

        Raises:
            ShapeError: a name is missing, unknown, or has another number of tensors.
        """
        first = next(iter(self.takes))
        found: Dict[str, List[int]] = {name: [] for name in self.takes}
        needed = [name for name, (least, _) in self.takes.items() if least]
        hint = "list them: `from: [a, b]`" if self.takes[first][0] > 1 else None
        if len(needed) > 1:
            hint = f"name them: `from: {{{', '.join(f'{name}: …' for name in needed)}}}`"
        for index, name in enumerate(inputs.keywords or [first] * len(inputs.tensors)):
            if name not in found:
                raise ShapeError(
                    f"takes no tensor `{name}`",
                    code="input-count",
                    inputs=(index,),
                    hint=f"it takes {prose_list(self.takes)}",
                )
            found[name].append(index)
        for name, (least, most) in self.takes.items():
            many = len(found[name])
            if not many and least and inputs.keywords:
                raise ShapeError(f"needs a tensor as `{name}`", code="input-count", hint=hint)
            if not least <= many <= most or (name == first and most == 1 and inputs.listed):
                is_list = inputs.listed or many > 1
                count = f"a list of {many}" if is_list else "one" if many else "none"
                raise ShapeError(
                    f"takes {_tensors(least, most)} as `{name}`, not {count}",
                    code="input-count",
                    inputs=tuple(found[name]),
                    hint=hint,
                )
        return found

    def check_rank(self, shape: Shape) -> None:
        wanted = self.ndim if self.ndim is not None else self.min_ndim
        if wanted is None or len(shape) == wanted or (self.ndim is None and len(shape) > wanted):
            return
        least = "" if self.ndim is not None else " at least"
        raise ShapeError(
            f"takes{least} {wanted} dimensions, {{0}} has {len(shape)}: {text(shape)}",
            code="input-rank",
            inputs=(0,),
        )

    def shape(self, x: Shape) -> Shape:
        """Return the shape of the result for an input of shape `x`, both with the batch axis; by default the same."""
        return x

    def weights(self, inputs: Inputs) -> Sequence[Weight]:
        """Return the variables that Keras creates when it builds the layer for these inputs, in Keras's order."""
        return ()

    def pinned(self, x: Shape) -> Tuple[Optional[int], ...]:
        """What of the shape of a first input each further one must have, too, besides what the weights demand."""
        return ()

    def penalizes(self) -> bool:
        """Whether it adds to the loss of a model that is fitted, as a regularizer does."""
        for name, value in self.explicit.items():
            argument = self.arguments.get(name)
            if argument is not None and argument.role == "regularizer" and value is not None:
                return True
            if any(
                isinstance(inner, Layer) and inner.penalizes()
                for inner in (value if isinstance(value, list) else [value])
            ):
                return True
        return False

    def macs(self, inputs: Inputs, results: Sequence[Tensor]) -> Optional[int]:
        """Return the number of multiply-accumulate operations for one sample; None when a size is not known."""
        return 0

    def weight(
        self,
        name: str,
        *shape: Optional[int],
        trainable: bool = True,
        begins: "str | Initializer | None" = None,
        by: str = "",
        quantized: bool = False,
    ) -> Weight:
        """A weight in this layer's dtype, unless it is `quantized`. It begins as the argument `by`, or of its own name, says, or else as `begins`.

        Raises:
            ShapeError: a size is not known, so Keras cannot create the weight; or it cannot begin so.
        """
        if None in shape:
            raise ShapeError(
                f"needs a known size to create the weight `{name}`: {text(shape)}",
                code="unknown-dimension",
                inputs=(0,),
            )
        if (product(shape) or 0) > MOST:
            raise ShapeError(
                f"is too large: no backend can count the elements of the weight `{name}`, {text(shape)}",
                code="wrong-value",
            )
        own = name.rsplit("/", 1)[-1]
        argument = None
        for name_of in (by, f"{own}_initializer", f"{own.removesuffix('_kernel')}_initializer"):
            if name_of in self.arguments:
                argument, begins = name_of, getattr(self, name_of)
                break
        dtype = self.variable_dtype
        if quantized and self.quantization == "int8":
            begins = None  # as zeros, whatever the argument says
        easy = (
            begins is None
            or begins in EASY
            or (begins == "orthogonal" and len(shape) > 1 and dtype != "bfloat16")
        )
        if begins is not None and (not easy or dtype not in FLOATS):
            self._check_beginning(begins, argument, Weight(own, shape, dtype=dtype))
        return Weight(name, shape, trainable and self.trainable, dtype)

    def _check_beginning(
        self, begins: "str | Initializer", argument: Optional[str], weight: Weight
    ) -> None:
        from mergecli.catalog.initializers import initializer  # start-up

        beginning = initializer(begins) if isinstance(begins, str) else begins
        mismatch = beginning.mismatch(weight.shape, weight.dtype)  # type: ignore[arg-type]
        if mismatch:
            called = begins if isinstance(begins, str) else type(begins).__name__
            raise ShapeError(
                f"cannot begin `{weight.name}` as `{called}`, which {mismatch}: it is {text(weight.shape)} of {weight.dtype}",
                code="wrong-value", argument=argument,
            )  # fmt: skip

    def cast(self, dtype: Optional[str]) -> Optional[str]:
        """The dtype in which the layer sees an input: floats become its compute dtype."""
        return self.compute_dtype if self.autocast and dtype in FLOATS else dtype


# The arguments of every layer follow those of a class, so that a single value is the kind's first argument.
Layer.common = dict(Layer.arguments)


@contextmanager
def remap_inputs(places: Sequence[int]) -> Iterator[None]:
    """Report errors of an inner computation at the inputs of the outer one.

    Args:
        places: The index in the outer inputs of each inner input.

    Raises:
        ShapeError: the inner computation raises one; its inputs are those of the outer computation.
    """
    try:
        yield
    except ShapeError as error:
        raise ShapeError(
            error.message.format(*(f"{{{place}}}" for place in places)),
            code=error.code,
            inputs=[places[index] for index in error.inputs],
            argument=error.argument,
            hint=error.hint,
        ) from None


def prose_list(names: Iterable[str]) -> str:
    """Return names in backquotes, separated by commas."""
    return ", ".join(f"`{name}`" for name in names)


def parameters(weights: Iterable[Weight]) -> int:
    """Return how many numbers the weights hold."""
    return sum(product(weight.shape) or 0 for weight in weights)


def size_of(dtype: Optional[str]) -> int:
    """Return the bytes of one value of a dtype; 4 where it is not known."""
    return DTYPES.get(dtype or "float32", 4)


def _tensors(least: int, most: float) -> str:
    """Say how many tensors are taken.

    >>> _tensors(1, 1), _tensors(1, 2), _tensors(2, float("inf"))
    ('one tensor', '1 or 2 tensors', 'at least 2 tensors')
    """
    if most == 1:
        return "one tensor"
    return f"{least} or {most} tensors" if most == least + 1 else f"at least {least} tensors"
