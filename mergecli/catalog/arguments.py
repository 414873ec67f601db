"""What an argument accepts, said once: the check, the words of its message, the normal form of its value, its JSON Schema.

A check takes a plain value (or an object that the parser has built from a mapping) and gives back its normal form: a
size as a tuple, a padding as pairs. It knows nothing of places or layers.
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Dict,
    Iterable,
    Literal,
    Optional,
    Sequence,
    Tuple,
    Union,
)

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

#: Keys and indices that lead from a value to one in it.
Path = Tuple[Union[str, int], ...]


class ArgumentError(Exception):
    """A value that an argument does not accept.

    `message` is a whole clause when it has no `{found}`-part to add; `argument` the argument's name; `path` leads into a
    list or mapping to the offending element; `hint` says how to fix it.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "wrong-value",
        argument: Optional[str] = None,
        path: Path = (),
        hint: Optional[str] = None,
        words: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        self.message, self.code, self.argument = message, code, argument
        self.path, self.hint, self.words = path, hint, words


class Argument:
    """Accepts everything; the base of what accepts less."""

    #: What it accepts, behind "must be".
    words = "a value"
    #: The role of the objects that may stand here as `{Class: {argument: value}}`, such as "regularizer".
    role: Optional[str] = None
    #: Names that may stand here as text.
    names: Sequence[str] = ()
    #: Whether it takes a mapping from any keys to objects of the role.
    keyed = False
    #: Whether it takes a model where it takes a layer.
    models = False

    def check(self, value: object) -> object:
        """The value's normal form.

        Raises:
            ArgumentError: the value is not accepted.
        """
        return value

    def refuse(
        self, code: str = "wrong-type", path: Path = (), hint: Optional[str] = None
    ) -> ArgumentError:
        return ArgumentError(
            f"must be {self.words}", code=code, path=path, hint=hint, words=self.words
        )

    def schema(self) -> JsonDict:
        """The JSON Schema of what it accepts, as far as such a schema can tell; of variables it knows nothing."""
        return {}


class Integer(Argument):
    """A whole number within bounds; truth values are none."""

    def __init__(
        self,
        low: Optional[int] = None,
        high: Optional[int] = None,
        none: bool = False,
        also: Tuple[int, ...] = (),
    ) -> None:
        self.low, self.high, self.none, self.also = low, high, none, also

    @property
    def words(self) -> str:  # type: ignore[override]
        if self.low == 1:
            words = "a positive integer"
        elif self.low == 0:
            words = "an integer of 0 or more"
        elif self.low is not None:
            words = f"an integer of {self.low} or more"
        else:
            words = "an integer"
        if self.high is not None:
            words += " below 2**63" if self.high == 2**63 - 1 else f", at most {self.high}"
        words += "".join(f" or {number}" for number in self.also)
        return words + (" or null" if self.none else "")

    def check(self, value: object) -> object:
        if type(value) is int:
            if (
                (self.low is None or value >= self.low)
                and (self.high is None or value <= self.high)
            ) or value in self.also:
                return value
            raise self.refuse("wrong-value")
        if value is None and self.none:
            return value
        raise self.refuse()

    def schema(self) -> JsonDict:
        low = None if self.low is None else min((self.low, *self.also))
        return _given(type=_types("integer", none=self.none), minimum=low, maximum=self.high)


class Number(Argument):
    """A number within bounds, which belong to it unless it must lie `above` or `below` them; truth values are none.

    A few of Keras's checks take `decimal` numbers only, 1.0 but not 1.
    """

    def __init__(
        self,
        low: Optional[float] = None,
        high: Optional[float] = None,
        none: bool = False,
        above: bool = False,
        below: bool = False,
        decimal: bool = False,
        finite: bool = False,
    ) -> None:
        self.low, self.high, self.none, self.above, self.below, self.decimal = (
            low,
            high,
            none,
            above,
            below,
            decimal,
        )
        self.finite = finite

    @property
    def words(self) -> str:  # type: ignore[override]
        words = "a decimal number" if self.decimal else "a number"
        if self.low is not None and self.high is not None:
            if self.above:
                words += (
                    f" above {self.low:g} and below {self.high:g}"
                    if self.below
                    else f" above {self.low:g}, at most {self.high:g}"
                )
            else:
                words += f" from {self.low:g} to {self.high:g}"
        elif self.low is not None:
            words += f" above {self.low:g}" if self.above else f" of {self.low:g} or more"
        elif self.high is not None:
            words += f" of {self.high:g} or less"
        return words + (" or null" if self.none else "")

    def check(self, value: object) -> object:
        if type(value) is float or (type(value) is int and not self.decimal):
            if self.low is not None and (
                not value > self.low if self.above else not value >= self.low
            ):
                raise self.refuse("wrong-value")
            if self.high is not None and (
                not value < self.high if self.below else not value <= self.high
            ):
                raise self.refuse("wrong-value")
            if self.finite and not abs(value) <= 1.7976931348623157e308:
                raise self.refuse("wrong-value", hint="it must be finite")
            return value
        if value is None and self.none:
            return value
        raise self.refuse()

    def schema(self) -> JsonDict:
        low, high = (
            "exclusiveMinimum" if self.above else "minimum",
            "exclusiveMaximum" if self.below else "maximum",
        )
        return _given(type=_types("number", none=self.none), **{low: self.low, high: self.high})


class Truth(Argument):
    """true or false, and null where Keras has it as a default."""

    def __init__(self, none: bool = False) -> None:
        self.none = none
        self.words = "true, false or null" if none else "true or false"

    def check(self, value: object) -> object:
        if value is True or value is False or (value is None and self.none):
            return value
        raise self.refuse()

    def schema(self) -> JsonDict:
        return {"type": _types("boolean", none=self.none)}


class Words(Argument):
    """A text; `without` are characters that it may not hold."""

    def __init__(self, without: str = "", none: bool = False) -> None:
        self.without, self.none = without, none
        self.words = "a text" + (f" without `{without}`" if without else "")

    def check(self, value: object) -> object:
        if isinstance(value, str):
            if any(character in value for character in self.without):
                raise self.refuse("wrong-value")
            return value
        if value is None and self.none:
            return value
        raise self.refuse()

    def schema(self) -> JsonDict:
        return _given(
            type=_types("string", none=self.none),
            pattern=f"^[^{self.without}]*$" if self.without else None,
        )


class ScopeName(Words):
    """A name that TensorFlow can give to a scope of its graph, as it does for what takes part in fitting."""

    def __init__(self, root: bool = False, none: bool = True) -> None:
        super().__init__(none=none)
        self.root = root
        self.words = "a text of letters, digits and `_.>-`" + (
            " that begins with a letter or digit" if root else ""
        )

    def check(self, value: object) -> object:
        if isinstance(value, str) and value:
            import re  # start-up

            if not re.fullmatch("[A-Za-z0-9_.>-]+", value) or (self.root and value[0] in "_>-"):
                raise self.refuse("wrong-value")
        return super().check(value)

    def schema(self) -> JsonDict:
        return {
            **super().schema(),
            "pattern": "^([A-Za-z0-9.][A-Za-z0-9_.>-]*)?$" if self.root else "^[A-Za-z0-9_.>-]*$",
        }


class Choice(Argument):
    """One of a few values; `fold` ignores the case of texts, as some of Keras's checks do."""

    def __init__(self, *values: bool | int | float | str | None, fold: bool = False) -> None:
        self.values, self.fold = values, fold
        self.names = tuple(value for value in values if isinstance(value, str))
        shown = [
            "null" if v is None else str(v).lower() if isinstance(v, bool) else f"`{v}`"
            for v in values
        ]
        self.words = " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)

    def check(self, value: object) -> object:
        if self.fold and isinstance(value, str):
            value = value.lower()
        for known in self.values:
            if value == known and type(value) is type(known):
                return value
        raise self.refuse("wrong-value" if isinstance(value, str) else "wrong-type")

    def schema(self) -> JsonDict:
        known: JsonDict = {"enum": list(self.values)}
        return {"anyOf": [known, folded_names(self.names)]} if self.fold else known


class Size(Argument):
    """A whole number, or one for each of `rank` dimensions. Normal form: a tuple of `rank` numbers."""

    def __init__(self, rank: int, low: int = 1, none: bool = False) -> None:
        self.rank, self.low, self.none = rank, low, none
        number = "a positive integer" if low == 1 else f"an integer of {low} or more"
        self.words = f"{number} or a list of {rank}" + (" or null" if none else "")

    def check(self, value: object) -> object:
        if type(value) is int:
            if value < self.low:
                raise self.refuse("wrong-value")
            return (value,) * self.rank
        if value is None and self.none:
            return value
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if len(value) != self.rank:
            raise self.refuse("wrong-value")
        for index, item in enumerate(value):
            if type(item) is not int:
                raise self.refuse(path=(index,))
            if item < self.low:
                raise self.refuse("wrong-value", path=(index,))
        return tuple(value)

    def schema(self) -> JsonDict:
        items: JsonDict = {"type": "integer", "minimum": self.low}
        return {
            **items,
            "type": _types("integer", "array", none=self.none),
            "items": items,
            **_length(self.rank),
        }


class Pairs(Argument):
    """What to take from or add to both ends of each of `rank` dimensions. Normal form: `rank` pairs.

    A number goes to all ends; a list has for each dimension a number for both ends or a pair.
    """

    def __init__(self, rank: int) -> None:
        self.rank, self.pair = rank, Size(2, low=0)
        self.words = f"an integer of 0 or more, a list of {rank} of them, or a list of {rank} pairs"

    def check(self, value: object) -> object:
        if type(value) is int:
            if value < 0:
                raise self.refuse("wrong-value")
            return ((value, value),) * self.rank
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if len(value) != self.rank:
            raise self.refuse("wrong-value")
        pairs = []
        for index, item in enumerate(value):
            try:
                pairs.append(self.pair.check(item))
            except ArgumentError as problem:
                raise self.refuse(problem.code, path=(index, *problem.path)) from None
        return tuple(pairs)

    def schema(self) -> JsonDict:
        return {
            "type": ["integer", "array"],
            "minimum": 0,
            "items": self.pair.schema(),
            **_length(self.rank),
        }


class Integers(Argument):
    """A list of whole numbers, or nulls where `gaps` allows them; a single number too where `single` does. Normal form: a tuple."""

    def __init__(
        self,
        low: Optional[int] = None,
        gaps: bool = False,
        single: bool = False,
        none: bool = False,
        length: Optional[int] = None,
    ) -> None:
        self.low, self.gaps, self.single, self.none, self.length = low, gaps, single, none, length
        number = Integer(low).words
        plural = (
            "integers"
            if low is None
            else "positive integers"
            if low == 1
            else f"integers of {low} or more"
        )
        self.words = (
            f"{number} or " if single else ""
        ) + f"a list of {length or ''} {plural}".replace("  ", " ")
        self.words += " (null where a size is not known)" if gaps else ""
        self.words += " or null" if none else ""

    def check(self, value: object) -> object:
        if value is None and self.none:
            return value
        if self.single and type(value) is int:
            if self.low is not None and value < self.low:
                raise self.refuse("wrong-value")
            return value
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if self.length is not None and len(value) != self.length:
            raise self.refuse("wrong-value")
        for index, item in enumerate(value):
            if item is None and self.gaps:
                continue
            if type(item) is not int:
                raise self.refuse(path=(index,))
            if self.low is not None and item < self.low:
                raise self.refuse("wrong-value", path=(index,))
        return tuple(value)

    def schema(self) -> JsonDict:
        types = _types("array", *["integer"] * self.single, none=self.none)
        items = Integer(self.low, none=self.gaps).schema()
        return {
            **_given(type=types, minimum=self.low if self.single else None),
            "items": items,
            **_length(self.length),
        }


class List(Argument):
    """A list of what another argument accepts, such as numbers or layers. Normal form: a tuple of their normal forms."""

    def __init__(
        self, of: Argument, plural: str, length: Optional[int] = None, none: bool = False
    ) -> None:
        self.of, self.length, self.none = of, length, none
        self.role, self.names = of.role, of.names
        self.words = (
            "a list of " + (f"{length} " if length else "") + plural + (" or null" if none else "")
        )

    def check(self, value: object) -> object:
        if value is None and self.none:
            return value
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if self.length is not None and len(value) != self.length:
            raise self.refuse("wrong-value")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(self.of.check(item))
            except ArgumentError as problem:
                raise self.refuse(problem.code, path=(index, *problem.path)) from None
        return tuple(items)

    def schema(self) -> JsonDict:
        return {
            "type": _types("array", none=self.none),
            "items": self.of.schema(),
            **_length(self.length),
        }


class Either(Argument):
    """What one of several arguments accepts."""

    def __init__(self, *arguments: Argument) -> None:
        self.arguments = arguments
        self.role = next((argument.role for argument in arguments if argument.role), None)
        self.names = tuple(name for argument in arguments for name in argument.names)
        self.words = " or ".join(argument.words for argument in arguments)

    def check(self, value: object) -> object:
        problems = []
        for argument in self.arguments:
            try:
                return argument.check(value)
            except ArgumentError as problem:
                problems.append(problem)
        # The alternative that the value comes closest to says where it is wrong.
        closest = max(
            problems, key=lambda problem: (len(problem.path), problem.code == "wrong-value")
        )
        raise self.refuse(closest.code, path=closest.path, hint=closest.hint)

    def schema(self) -> JsonDict:
        return {"anyOf": [argument.schema() for argument in self.arguments]}


class Array(Argument):
    """A number, or an array of numbers as a list, or as lists of one length in a list. Normal form: nested tuples."""

    def __init__(self, none: bool = False) -> None:
        self.none = none
        self.words = "a number or a list of numbers" + (" or null" if none else "")

    def check(self, value: object) -> object:
        if type(value) is int or type(value) is float or (value is None and self.none):
            return value
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if not value:
            raise self.refuse("wrong-value")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(Array().check(item))
            except ArgumentError as problem:
                raise self.refuse(problem.code, path=(index, *problem.path)) from None
            if extent(items[index]) != extent(items[0]):
                raise self.refuse(
                    "wrong-value", path=(index,), hint="the lists in a list must have one length"
                )
        return tuple(items)

    def schema(self) -> JsonDict:
        return {
            "type": _types("number", "array", none=self.none),
            "items": {"$ref": "#/$defs/array"},
            "minItems": 1,
        }


def extent(array: object) -> Tuple[int, ...]:
    """The shape of an array of nested tuples.

    >>> extent(((1, 2, 3), (4, 5, 6))), extent(7)
    ((2, 3), ())
    """
    return (len(array), *extent(array[0])) if isinstance(array, tuple) else ()


class Factor(Argument):
    """How far a random change goes: a number within bounds, or a list of the least and the most.

    Only a `strict` list must lie within the bounds; Keras is content if another reaches into them. With `above` the low
    bound itself is out of bounds.
    """

    def __init__(
        self,
        low: int,
        high: int,
        strict: bool = False,
        above: bool = False,
        whole: bool = False,
        none: bool = False,
    ) -> None:
        self.low, self.high, self.strict, self.above, self.whole, self.none = (
            low,
            high,
            strict,
            above,
            whole,
            none,
        )
        number, plural = ("an integer", "integers") if whole else ("a number", "numbers")
        bounds = f"above {low} up to {high}" if above else f"from {low} to {high}"
        self.words = f"{number} {bounds} or a list of two {plural}" + (" or null" if none else "")

    def check(self, value: object) -> object:
        if value is None and self.none:
            return value
        listed = isinstance(value, (list, tuple))
        ends: list[float] = []
        for index, end in enumerate(value if isinstance(value, (list, tuple)) else [value]):
            if type(end) is not int and (self.whole or type(end) is not float):
                raise self.refuse(path=(index,) if listed else ())
            ends.append(end)
        if listed and len(ends) != 2:
            raise self.refuse("wrong-value")
        if listed and not self.strict:
            if ends[0] > self.high or ends[1] < self.low:
                raise self.refuse("wrong-value")
            return tuple(ends)
        for index, end in enumerate(ends):
            if not self.low <= end <= self.high or (self.above and end == self.low):
                raise self.refuse("wrong-value", path=(index,) if listed else ())
        return tuple(ends) if listed else value

    def schema(self) -> JsonDict:
        kind = "integer" if self.whole else "number"
        bounds = {"exclusiveMinimum" if self.above else "minimum": self.low, "maximum": self.high}
        items: JsonDict = {"type": kind, **(bounds if self.strict else {})}
        return {
            "type": _types(kind, "array", none=self.none),
            **bounds,
            "items": items,
            **_length(2),
        }


class Keys(Argument):
    """A mapping with some of these keys."""

    def __init__(self, none: bool = False, **arguments: Argument) -> None:
        self.arguments, self.none = arguments, none
        self.words = (
            "a mapping with "
            + ", ".join(f"`{name}`" for name in arguments)
            + (" or null" if none else "")
        )

    def check(self, value: object) -> object:
        if value is None and self.none:
            return value
        if not isinstance(value, dict):
            raise self.refuse()
        for key, item in value.items():
            if key not in self.arguments:
                raise self.refuse("wrong-value", path=(key,))
            try:
                self.arguments[key].check(item)
            except ArgumentError as problem:
                raise ArgumentError(
                    f"`{key}` {problem.message}", code=problem.code, path=(key, *problem.path)
                ) from None
        return value

    def schema(self) -> JsonDict:
        inside = {name: argument.schema() for name, argument in self.arguments.items()}
        return {
            "type": _types("object", none=self.none),
            "properties": inside,
            "additionalProperties": False,
        }


class Object(Argument):
    """An object of a role, such as a regularizer: by one of its names, or as `{Class: {argument: value}}`."""

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

    def __init__(self, names: Sequence[str], quantized: bool = False) -> None:
        self.names, self.quantized = names, quantized

    def check(self, value: object) -> object:
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
            ]
        }


def _types(*types: str, none: bool) -> Json:
    """What JSON Schema calls `type`: one name, or several."""
    names = [*types, *["null"] * none]
    return names if len(names) > 1 else names[0]


def _length(length: Optional[int]) -> Dict[str, int]:
    """That a list has this length, if any."""
    return {} if length is None else {"minItems": length, "maxItems": length}


def _given(**keywords: Json) -> JsonDict:
    """The keywords that are not None."""
    return {name: value for name, value in keywords.items() if value is not None}


def folded_names(names: Iterable[str]) -> JsonDict:
    """Names in any case."""
    letters = ("".join(f"[{c.upper()}{c}]" if c.islower() else c for c in name) for name in names)
    return {"type": "string", "pattern": f"^({'|'.join(letters)})$"}


class FloatPolicy(Policy):
    """A dtype in which losses and metrics can be computed, or null."""

    words = "a dtype of floats"

    def __init__(self) -> None:
        super().__init__((*FLOATS, "mixed_float16", "mixed_bfloat16"))


# `threshold` cannot be used as the name of an activation: Keras takes it, and when the model runs misses its two values.
ACTIVATIONS = tuple(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink
    """.split()
)
# `constant` cannot be used as the name of an initializer: Keras refuses it without its value, and takes `{Constant: {value: 0.5}}`.
INITIALIZERS = tuple(
    """
    GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer LecunNormal LecunUniform Ones
    Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT STFTInitializer TruncatedNormal VarianceScaling
    Zeros glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform normal one ones
    orthogonal random_normal random_uniform stft truncated_normal uniform variance_scaling zero zeros
    """.split()
)
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
POLICIES = (
    *(dtype for dtype in DTYPES if dtype not in ("int8", "float8_e4m3fn", "float8_e5m2")),
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
Seed = Annotated[Optional[int], Integer(high=2**63 - 1, none=True)]
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
