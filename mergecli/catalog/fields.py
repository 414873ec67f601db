"""The types of the fields of classes: what Keras's arguments accept, with the names that Keras
knows.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Iterable,
    Literal,
    Optional,
    Sequence,
    Tuple,
    Union,
)

from mergecli.catalog.arguments import Argument, Choice, Integer, Number, SeedInteger, Truth, Words
from mergecli.catalog.list_arguments import Integers, Size

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict


class Object(Argument):
    """An object of a role, such as a regularizer: by one of its names, or as `{Class: {argument:
    value}}`.
    """

    #: Names that count in any case, in lower case.
    folded: Sequence[str] = ()

    def __init__(
        self,
        role: str,
        names: Iterable[str] = (),
        none: bool = True,
        words: Optional[str] = None,
        models: bool = False,
    ) -> None:
        self.role, self.names, self.none, self.models = role, tuple(names), none, models
        self.words = words or ("an " if role[0] in "aeiou" else "a ") + role + (
            " or null" if none else ""
        )

    def check(self, value: object) -> object:
        """Return the name or the object.

        Raises:
            ArgumentError: It is neither a known name nor an object of the role.
        """
        if value is None and self.none:
            return value
        if isinstance(value, str) and self.names:
            if value in self.names or value.lower() in self.folded:
                return value
            raise self.refuse("wrong-value")
        if getattr(value, "role", None) == self.role:
            return value
        raise self.refuse()

    #: The definition that says what may stand here, null included.
    @property
    def definition(self) -> str:
        """What a schema calls the definition of what may stand here, null included."""
        return "layer-or-model" if self.models else str(self.role).replace(" ", "-")

    def schema(self) -> JsonDict:
        return {
            "$ref": f"#/$defs/{self.definition}",
            **({} if self.none else {"type": ["string", "object"]}),
        }


class Objects(Object):
    """A list of objects of a role; where `single`, one object too."""

    def __init__(self, role: str, words: str, single: bool = False) -> None:
        super().__init__(role, none=False, words=words)
        self.single = single

    def check(self, value: object) -> object:
        """Return the objects as a list; a single one, where that is accepted, as it is.

        Raises:
            ArgumentError: It is not a list of objects of the role, or an empty one.
        """
        if not isinstance(value, (list, tuple)):
            if self.single:
                return super().check(value)
            raise self.refuse()
        if not value:
            raise self.refuse("wrong-value")
        for index, item in enumerate(value):
            if getattr(item, "role", None) != self.role:
                raise self.refuse(path=(index,))
        return list(value)

    def schema(self) -> JsonDict:
        listed: JsonDict = {"type": "array", "items": super().schema(), "minItems": 1}
        return {"anyOf": [super().schema(), listed]} if self.single else listed


class Function(Object):
    """An activation: a function's name, or a layer such as `{LeakyReLU: {negative_slope: 0.1}}`."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__("layer", names, words="an activation")

    definition = "activation"


class Policy(Argument):
    """A dtype, or a dtype policy such as `mixed_float16` or `int8_from_float32`."""

    words = "a dtype or a dtype policy"
    normalizes = True

    def __init__(self, names: Sequence[str], quantized: bool = False) -> None:
        self.names, self.quantized = names, quantized

    def check(self, value: object) -> object:
        """Return the name of the dtype or policy.

        Raises:
            ArgumentError: It is not one that can be used here.
        """
        value = _policy_name(value) if self.quantized else value
        if value is None or (isinstance(value, str) and value in self.names):
            return value
        if self.quantized and isinstance(value, str):
            mode, _, source = value.partition("_from_")
            if mode in ("int8", "float8") and (source in self.names or source in DTYPES):
                if mode == "int8" and source in ("float16", "mixed_float16"):
                    raise self.refuse(
                        "wrong-value", hint="int8 does not go with float16; with bfloat16 it does"
                    )
                return value
            if mode.partition("/")[0] in ("int4", "gptq", "awq"):
                raise self.refuse(
                    "wrong-value",
                    hint="quantize the model after its training: what Keras makes of it depends on its version",
                )
        raise self.refuse("wrong-value" if isinstance(value, str) else "wrong-type")

    def schema(self) -> JsonDict:
        known: JsonDict = {"enum": [*self.names, None]}
        if not self.quantized:
            return known
        return {
            "anyOf": [
                known,
                {
                    "type": "string",
                    "pattern": f"^(int8|float8)_from_({'|'.join({**dict.fromkeys(self.names), **DTYPES})})$",
                },
                {
                    "type": "object",
                    "properties": {"DTypePolicy": {"type": "object", "required": ["name"]}},
                    "required": ["DTypePolicy"],
                    "additionalProperties": False,
                },
            ]
        }


def _policy_name(value: object) -> object:
    """Return the name in `{DTypePolicy: {name: mixed_float16}}`, and any other value as it is."""
    if isinstance(value, dict) and list(value) == ["DTypePolicy"]:
        arguments = value["DTypePolicy"]
        if isinstance(arguments, dict) and list(arguments) == ["name"]:
            return arguments["name"]
    return value


class FloatPolicy(Policy):
    """A dtype in which losses and metrics can be computed, or null."""

    words = "a dtype of floats"

    def __init__(self) -> None:
        super().__init__((*FLOATS, "mixed_float16", "mixed_bfloat16"))


# `threshold` cannot be used as the name of an activation: Keras takes it, and when the model runs
# misses its two values.
ACTIVATIONS = tuple(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink
    """.split()
)
# `constant` cannot be used as the name of an initializer: Keras refuses it without its value, and
# takes `{Constant: {value: 0.5}}`.
INITIALIZERS = tuple(
    """
    GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal LecunUniform Ones
    Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT STFTInitializer TruncatedNormal VarianceScaling
    Zeros glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform normal one ones
    orthogonal random_normal random_uniform stft truncated_normal uniform variance_scaling zero zeros
    """.split()
)
#: The names that came later, with their versions of Keras.
NEWER_NAMES = {"sparse_sigmoid": "3.10"}
REGULARIZERS = tuple(
    """
    L1 L1L2 L2 OrthogonalRegularizer l1 l1l2 l2 orthogonal_regularizer
    """.split()
)
CONSTRAINTS = tuple(
    """
    MaxNorm MinMaxNorm NonNeg UnitNorm max_norm min_max_norm non_neg unit_norm
    """.split()
)
#: The windows of `scipy.signal` that need no parameters, by all their names.
WINDOWS = tuple(
    """
    bart barthann bartlett bkh black blackharr blackman blackmanharris blk bman bmn bohman box boxcar brt brthan bth cosine
    exponential flat flattop flt halfcosine ham hamm hamming han hann lanczos nut nutl nuttall ones par parz parzen poisson rect
    rectangular sinc taylor taylorwin tri triang triangle tuk tukey
    """.split()
)
#: How many bytes a value of each dtype takes; a text's size is not known.
DTYPES = {
    "float16": 2, "float32": 4, "float64": 8, "uint8": 1, "uint16": 2, "uint32": 4, "uint64": 8, "int8": 1, "int16": 2,
    "int32": 4, "int64": 8, "bfloat16": 2, "bool": 1, "string": 0, "float8_e4m3fn": 1, "float8_e5m2": 1, "complex64": 8,
    "complex128": 16,
}  # fmt: skip
FLOATS = ("float16", "float32", "float64", "bfloat16")
FLOAT8 = ("float8_e4m3fn", "float8_e5m2")
COMPLEX = ("complex64", "complex128")
POLICIES = (
    *(dtype for dtype in DTYPES if dtype not in ("int8", *FLOAT8)),
    "int",
    "mixed_float16",
    "mixed_bfloat16",
)
Whole = Annotated[int, Integer()]
Positive = Annotated[int, Integer(1)]
NonNegative = Annotated[int, Integer(0)]
Real = Annotated[float, Number()]
Rate = Annotated[float, Number(0, 1)]
Flag = Annotated[bool, Truth()]
Text = Annotated[str, Words()]
Penalty = Annotated[Optional[float], Number(0, none=True, finite=True)]
#: A seed of an initializer or operation; PyTorch takes the last 32 bits.
Seed = Annotated[Optional[int], SeedInteger({"jax": (0, 2**32 - 1)})]
#: A seed of a layer, which has a variable for it.
LayerSeed = Annotated[
    Optional[int], SeedInteger({"jax": (0, 2**32 - 1), "torch": (-(2**31), 2**31 - 1)})
]
Axis = Annotated[int, Integer()]
Axes = Annotated[Any, Integers(single=True)]
Size1 = Annotated[Any, Size(1)]
Size2 = Annotated[Any, Size(2)]
Size3 = Annotated[Any, Size(3)]
Activation = Annotated[Any, Function(ACTIVATIONS)]
Initializer = Annotated[Any, Object("initializer", INITIALIZERS)]
Regularizer = Annotated[Any, Object("regularizer", REGULARIZERS)]
Constraint = Annotated[Any, Object("constraint", CONSTRAINTS)]
LayerObject = Annotated[Any, Object("layer", none=False)]
LayerOrModel = Annotated[Any, Object("layer", none=False, words="a layer or a model", models=True)]
OptionalLayer = Annotated[Any, Object("layer")]
DType = Annotated[Optional[str], Policy(POLICIES, quantized=True)]
DataFormat = Annotated[
    Optional[Literal["channels_last", "channels_first"]],
    Choice(None, "channels_last", "channels_first", fold=True),
]
Padding = Annotated[str, Choice("valid", "same", fold=True)]
StrictPadding = Annotated[str, Choice("valid", "same")]
ShapeOf = Annotated[Any, Integers(0, gaps=True)]
Anything = Annotated[Any, Argument()]
OneOrMore = Union[int, Tuple[int, ...]]
