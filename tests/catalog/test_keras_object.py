"""Classes whose arguments are annotated fields: their order, their defaults and their errors."""

from __future__ import annotations

from typing import Annotated, Any, Iterator

import pytest

from mergecli.catalog.arguments import ArgumentError, Integer, Truth
from mergecli.catalog.keras_object import MOST_ERRORS, ArgumentErrors, KerasObject
from mergecli.catalog.list_arguments import Size

# Classes are made by `kind`: in the body of a class here annotations would be strings.
Count = Annotated[int, Integer(1)]
Flag = Annotated[bool, Truth()]
Pair = Annotated[Any, Size(2)]


def kind(*bases: type[KerasObject], abstract: bool = False, **body: Any) -> type[KerasObject]:
    """A class with the fields `fields` and other attributes."""
    fields = body.pop("fields", {})
    body = {"__annotations__": fields, "__module__": __name__, **body}
    made: type[KerasObject] = type("Made", bases or (KerasObject,), body, abstract=abstract)
    return made


BASE = kind(abstract=True, fields={"verbose": Flag, "size": Pair}, verbose=False, size=1)
BASE.common = {"verbose": BASE.arguments["verbose"]}


def test_required_arguments_come_first_and_those_of_the_role_last() -> None:
    made = kind(BASE, fields={"rate": Count, "units": Count}, rate=2)
    assert list(made.arguments) == ["units", "rate", "size", "verbose"]
    assert made.required == ("units",)
    assert made(3).explicit == {"units": 3}


def test_a_default_is_changed_without_an_annotation_and_gets_its_normal_form() -> None:
    made = kind(BASE, size=3)
    assert (vars(BASE)["size"], vars(made)["size"]) == ((1, 1), (3, 3))
    assert (BASE.defaults["size"], made.defaults["size"]) == (1, 3)
    assert list(made.arguments) == ["size", "verbose"]


def test_an_argument_of_the_base_can_be_left_out() -> None:
    made = kind(BASE, without=("size",))
    assert list(made.arguments) == ["verbose"] and "size" not in made.defaults
    with pytest.raises(ArgumentErrors, match="size: is not an argument"):
        made(size=2)


def test_the_first_of_two_bases_has_the_last_word() -> None:
    one, other = kind(fields={"size": Pair}, size=1), kind(fields={"size": Pair}, size=2)
    assert kind(one, other).defaults["size"] == 1
    assert kind(other, one).defaults["size"] == 2


def test_all_errors_are_told_at_once_each_with_its_argument() -> None:
    made = kind(fields={"units": Count, "size": Pair, "last": Count}, size=1)
    with pytest.raises(ArgumentErrors) as caught:
        made(0, size=[1, 0], unit=3)
    assert [(error.argument, error.code, error.path) for error in caught.value.errors] == [
        ("units", "wrong-value", ()),
        ("size", "wrong-value", (1,)),
        ("unit", "unknown-argument", ()),
        ("last", "missing-argument", ()),
    ]


def test_arguments_are_checked_together_only_where_each_is_right() -> None:
    def check(self: Any) -> Iterator[ArgumentError]:
        yield ArgumentError(f"found {self.units + 1}", argument="units")

    made = kind(fields={"units": Count}, check=check)
    with pytest.raises(ArgumentErrors, match=r"^units: found 4$"):
        made(3)
    with pytest.raises(ArgumentErrors, match=r"^units: must be a positive integer$"):
        made("3")


def test_thousands_of_unknown_arguments_are_not_all_told() -> None:
    with pytest.raises(ArgumentErrors) as caught:
        kind()(**{f"a{number}": 1 for number in range(3 * MOST_ERRORS)})
    assert MOST_ERRORS <= len(caught.value.errors) <= MOST_ERRORS + 1


def test_an_object_is_shown_with_what_was_written() -> None:
    made = kind(fields={"size": Pair, "units": Count}, size=1)
    assert repr(made(2, size=[1, 2])) == "Made(units=2, size=[1, 2])"
    assert vars(made(2, size=[1, 2]))["size"] == (1, 2)
