"""Arguments that accept several values: sizes, paddings, lists, arrays, mappings, and alternatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple

from mergecli.catalog.arguments import (
    Argument,
    ArgumentError,
    Integer,
    Path,
    keywords,
    schema_length,
    schema_type,
)

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict


class Size(Argument):
    """An integer, or one for each of `rank` dimensions.

    Normal form: a tuple of `rank` numbers.
    """

    def __init__(self, rank: int, low: int = 1, none: bool = False) -> None:
        self.rank, self.low, self.none = rank, low, none
        number = "a positive integer" if low == 1 else f"an integer of {low} or more"
        self.words = f"{number} or a list of {rank}" + (" or null" if none else "")

    def check(self, value: object) -> object:
        """Return a number for each dimension.

        Raises:
            ArgumentError: It is not a number, or a list of one for each dimension.
        """
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
            "type": schema_type("integer", "array", none=self.none),
            "items": items,
            **schema_length(self.rank),
        }


class Pairs(Argument):
    """What to take from or add to both ends of each of `rank` dimensions.

    Normal form: `rank` pairs.

    A number goes to all ends; a list has for each dimension a number for both ends or a pair.
    """

    def __init__(self, rank: int) -> None:
        self.rank, self.pair = rank, Size(2, low=0)
        self.words = f"an integer of 0 or more, a list of {rank} of them, or a list of {rank} pairs"

    def check(self, value: object) -> object:
        """Return a pair for each dimension.

        Raises:
            ArgumentError: It is not a number, or a list of numbers or pairs, one for each
                dimension.
        """
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
            **schema_length(self.rank),
        }


class Integers(Argument):
    """A list of integers, or nulls where `gaps` allows them; a single number too where
    `single` does. Normal form: a tuple.
    """

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
        """Return the integers as a tuple; a single one, where that is accepted, as it is.

        Raises:
            ArgumentError: It is not a list of such integers.
        """
        if value is None and self.none:
            return value
        if self.single and type(value) is int:
            return self._bounded(value, ())
        if not isinstance(value, (list, tuple)):
            raise self.refuse()
        if self.length is not None and len(value) != self.length:
            raise self.refuse("wrong-value")
        for index, item in enumerate(value):
            if item is not None or not self.gaps:
                self._bounded(item, (index,))
        return tuple(value)

    def _bounded(self, value: object, path: Path) -> int:
        if type(value) is not int:
            raise self.refuse(path=path)
        if self.low is not None and value < self.low:
            raise self.refuse("wrong-value", path=path)
        return value

    def schema(self) -> JsonDict:
        types = schema_type("array", *["integer"] * self.single, none=self.none)
        items = Integer(self.low, none=self.gaps).schema()
        return {
            **keywords(type=types, minimum=self.low if self.single else None),
            "items": items,
            **schema_length(self.length),
        }


class List(Argument):
    """A list of what another argument accepts, such as numbers or layers.

    Normal form: a tuple of their normal forms.
    """

    def __init__(
        self, of: Argument, plural: str, length: Optional[int] = None, none: bool = False
    ) -> None:
        self.of, self.length, self.none = of, length, none
        self.role, self.names = of.role, of.names
        self.words = (
            "a list of " + (f"{length} " if length else "") + plural + (" or null" if none else "")
        )

    def check(self, value: object) -> object:
        """Return the normal forms of the items as a tuple.

        Raises:
            ArgumentError: It is not a list, has another length, or an item is not accepted.
        """
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
            "type": schema_type("array", none=self.none),
            "items": self.of.schema(),
            **schema_length(self.length),
        }


class Either(Argument):
    """What one of several arguments accepts."""

    def __init__(self, *arguments: Argument) -> None:
        self.arguments = arguments
        self.role = next((argument.role for argument in arguments if argument.role), None)
        self.names = tuple(name for argument in arguments for name in argument.names)
        self.words = " or ".join(argument.words for argument in arguments)

    def check(self, value: object) -> object:
        """Return the normal form by the first argument that accepts the value.

        Raises:
            ArgumentError: None of them does; the error is that of the closest one.
        """
        problems = []
        for argument in self.arguments:
            try:
                return argument.check(value)
            except ArgumentError as problem:
                problems.append(problem.detached())
        # The alternative that the value comes closest to says where it is wrong.
        closest = max(
            problems, key=lambda problem: (len(problem.path), problem.code == "wrong-value")
        )
        raise self.refuse(closest.code, path=closest.path, hint=closest.hint)

    def schema(self) -> JsonDict:
        return {"anyOf": [argument.schema() for argument in self.arguments]}


class Array(Argument):
    """A number, or an array of numbers as a list, or as lists of one length in a list.

    Normal form: nested tuples.
    """

    def __init__(self, none: bool = False) -> None:
        self.none = none
        self.words = "a number or a list of numbers" + (" or null" if none else "")

    def check(self, value: object) -> object:
        """Return the number, or nested tuples of numbers.

        Raises:
            ArgumentError: It is not an array of numbers.
        """
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
            "type": schema_type("number", "array", none=self.none),
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

    Only a `strict` list must lie within the bounds; Keras is content if another reaches into them.
    With `above` the low bound itself is out of bounds.
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
        """Return the number, or a pair of the least and the most.

        Raises:
            ArgumentError: It is neither, or out of bounds.
        """
        if value is None and self.none:
            return value
        if not isinstance(value, (list, tuple)):
            return self._bounded(self._number(value, ()), ())
        ends = tuple(self._number(end, (index,)) for index, end in enumerate(value))
        if len(ends) != 2:
            raise self.refuse("wrong-value")
        if self.strict:
            return tuple(self._bounded(end, (index,)) for index, end in enumerate(ends))
        if ends[0] > self.high or ends[1] < self.low:
            raise self.refuse("wrong-value")
        return ends

    def _number(self, value: object, path: Path) -> float:
        if type(value) is int or (type(value) is float and not self.whole):
            return value
        raise self.refuse(path=path)

    def _bounded(self, number: float, path: Path) -> float:
        if self.low <= number <= self.high and not (self.above and number == self.low):
            return number
        raise self.refuse("wrong-value", path=path)

    def schema(self) -> JsonDict:
        kind = "integer" if self.whole else "number"
        bounds = {"exclusiveMinimum" if self.above else "minimum": self.low, "maximum": self.high}
        items: JsonDict = {"type": kind, **(bounds if self.strict else {})}
        return {
            "type": schema_type(kind, "array", none=self.none),
            **bounds,
            "items": items,
            **schema_length(2),
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
        """Return the mapping.

        Raises:
            ArgumentError: It is not one, has another key, or a value is not accepted.
        """
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
            "type": schema_type("object", none=self.none),
            "properties": inside,
            "additionalProperties": False,
        }
