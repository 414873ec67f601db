"""What an argument accepts, said once: the check, the words of its message, the normal form of its
value, its JSON Schema.

A check takes a plain value, or an object that was made of a mapping, and returns its normal form.
It knows nothing of places or layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Iterable, Mapping, Optional, Sequence, Tuple, Union

from mergecli.catalog.versions import Backend

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

#: Keys and indices that lead from a value to one in it.
Path = Tuple[Union[str, int], ...]


class ArgumentError(Exception):
    """A value that an argument does not accept.

    `message` is a whole clause when it has no `{found}`-part to add; `argument` the argument's
    name; `path` leads into a list or mapping to the offending element; `hint` says how to fix it.
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

    def detached(self) -> ArgumentError:
        """Return the error without the frames in which it was raised, one of which may keep it.

        A frame that keeps an error which leads to the frame is a reference cycle.
        """
        self.__context__ = None
        return self.with_traceback(None)


class Argument:
    """Accepts everything; the base of what accepts less."""

    #: What it accepts, after "must be".
    words = "a value"
    #: The role of the objects that may stand here as `{Class: {argument: value}}`, such as
    #: "regularizer".
    role: Optional[str] = None
    #: Names that may stand here as text.
    names: Sequence[str] = ()
    #: Whether it takes a mapping from any keys to objects of the role.
    keyed = False
    #: Whether it takes a model where it takes a layer.
    models = False
    #: Whether Keras gets its normal form where a mapping was written.
    normalizes = False

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
        """The JSON Schema of what it accepts, as far as such a schema can tell; of variables it
        knows nothing.
        """
        return {}


class Integer(Argument):
    """An integer within bounds; truth values are none."""

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
        """Return the integer.

        Raises:
            ArgumentError: It is not one within the bounds.
        """
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
        return keywords(type=schema_type("integer", none=self.none), minimum=low, maximum=self.high)


class SeedInteger(Integer):
    """A seed, which a backend keeps as an integer of its own range.

    Args:
        ranges: For each backend its least and its greatest seed; TensorFlow has 64 bits.
    """

    def __init__(self, ranges: Mapping[str, Tuple[int, int]]) -> None:
        super().__init__(high=2**63 - 1, none=True)
        self.ranges = ranges

    def check(self, value: object) -> object:
        """Return the seed.

        Raises:
            ArgumentError: It is not one, or the backend cannot keep it.
        """
        if type(value) is int and not 0 <= value < 2**31:
            backend = Backend.choose()
            low, high = self.ranges.get(backend, (value, value))
            if not low <= value <= high:
                message = f"must be from {low} to {high} with the backend `{backend}`"
                raise ArgumentError(message, hint="seeds from 0 to 2147483647 fit each backend")
        return super().check(value)


class Number(Argument):
    """A number within bounds, which belong to it unless it must lie `above` or `below` them; truth
    values are none.

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
        """Return the number.

        Raises:
            ArgumentError: It is not one within the bounds.
        """
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
        return keywords(
            type=schema_type("number", none=self.none), **{low: self.low, high: self.high}
        )


class Truth(Argument):
    """true or false, and null where Keras has it as a default."""

    def __init__(self, none: bool = False) -> None:
        self.none = none
        self.words = "true, false or null" if none else "true or false"

    def check(self, value: object) -> object:
        """Return the truth value.

        Raises:
            ArgumentError: It is not one.
        """
        if value is True or value is False or (value is None and self.none):
            return value
        raise self.refuse()

    def schema(self) -> JsonDict:
        return {"type": schema_type("boolean", none=self.none)}


class Words(Argument):
    """A text; `without` are characters that it may not hold."""

    def __init__(self, without: str = "", none: bool = False) -> None:
        self.without, self.none = without, none
        self.words = "a string" + (f" without `{without}`" if without else "")

    def check(self, value: object) -> object:
        """Return the string.

        Raises:
            ArgumentError: It is not one, or has a character that it must not have.
        """
        if isinstance(value, str):
            if any(character in value for character in self.without):
                raise self.refuse("wrong-value")
            return value
        if value is None and self.none:
            return value
        raise self.refuse()

    def schema(self) -> JsonDict:
        return keywords(
            type=schema_type("string", none=self.none),
            pattern=f"^[^{self.without}]*$" if self.without else None,
        )


class ScopeName(Words):
    """A name that TensorFlow can give to a scope of its graph, as it does for what takes part in
    fitting.
    """

    def __init__(self, root: bool = False, none: bool = True) -> None:
        super().__init__(none=none)
        self.root = root
        self.words = "a string of letters, digits and `_.>-`" + (
            " that begins with a letter or digit" if root else ""
        )

    def check(self, value: object) -> object:
        """Return the name.

        Raises:
            ArgumentError: TensorFlow cannot give it to a scope.
        """
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
    """One of a few values; `fold` ignores the case of strings, as some of Keras's checks do."""

    def __init__(self, *values: bool | int | float | str | None, fold: bool = False) -> None:
        self.values, self.fold = values, fold
        self.names = tuple(value for value in values if isinstance(value, str))
        shown = [
            "null" if v is None else str(v).lower() if isinstance(v, bool) else f"`{v}`"
            for v in values
        ]
        self.words = " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)

    def check(self, value: object) -> object:
        """Return the value of the list that is meant.

        Raises:
            ArgumentError: It is not one of them.
        """
        if self.fold and isinstance(value, str):
            value = value.lower()
        for known in self.values:
            if value == known and type(value) is type(known):
                return value
        raise self.refuse("wrong-value" if isinstance(value, str) else "wrong-type")

    def schema(self) -> JsonDict:
        known: JsonDict = {"enum": list(self.values)}
        return {"anyOf": [known, folded_names(self.names)]} if self.fold else known


def schema_type(*types: str, none: bool) -> Json:
    """What JSON Schema calls `type`: one name, or several."""
    names = [*types, *["null"] * none]
    return names if len(names) > 1 else names[0]


def schema_length(length: Optional[int]) -> Dict[str, int]:
    """That a list has this length, if any."""
    return {} if length is None else {"minItems": length, "maxItems": length}


def keywords(**keywords: Json) -> JsonDict:
    """The keywords that are not None."""
    return {name: value for name, value in keywords.items() if value is not None}


def folded_names(names: Iterable[str]) -> JsonDict:
    """Names in any case."""
    letters = ("".join(f"[{c.upper()}{c}]" if c.islower() else c for c in name) for name in names)
    return {"type": "string", "pattern": f"^({'|'.join(letters)})$"}
