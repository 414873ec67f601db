"""The values of plain scalars in YAML 1.2, and those in YAML 1.1."""

from __future__ import annotations

import re
from typing import Union

#: The value of a scalar.
Plain = Union[bool, int, float, str, None]

_INT = re.compile(r"[-+]?[0-9]+$")
_OTHER_INT = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_WORDS: dict[str, bool | float | None] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS.update(dict.fromkeys(("true", "True", "TRUE"), True))
_WORDS.update(dict.fromkeys(("false", "False", "FALSE"), False))
for _sign, _value in (("", float("inf")), ("+", float("inf")), ("-", float("-inf"))):
    _WORDS.update({_sign + word: _value for word in (".inf", ".Inf", ".INF")})
_WORDS.update({word: float("nan") for word in (".nan", ".NaN", ".NAN")})
#: Integers with as many digits are numbers without a value: CPython does not convert more than 4,300
#: digits to and from text, and no value in a spec is that large.
_MOST_DIGITS = 400
_FIRST = frozenset("0123456789+-.")


def resolve(raw: str) -> Plain:
    """Return the value of a plain scalar in the core schema of YAML 1.2.

    >>> resolve("no"), resolve("1e-3"), resolve("1:30")
    ('no', 0.001, '1:30')
    >>> resolve("0o17"), resolve("True"), resolve("~")
    (15, True, None)
    """
    if raw in _WORDS:
        return _WORDS[raw]
    if raw[0] in _FIRST:
        if _INT.match(raw):
            return int(raw) if len(raw) < _MOST_DIGITS else float(raw)
        if _FLOAT.match(raw):
            return float(raw)
        if _OTHER_INT.match(raw):
            return int(raw, 0) if len(raw) < _MOST_DIGITS else float("inf")
    return raw


_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+$")


def has_leading_zero(raw: str) -> bool:
    """Whether YAML 1.1 reads an integer as octal that YAML 1.2 reads as decimal.

    >>> has_leading_zero("017"), has_leading_zero("0"), has_leading_zero("0.5")
    (True, False, False)
    """
    return _LEADING_ZERO.match(raw) is not None


def octal_of(raw: str) -> int | None:
    """Return the value of an integer with leading zeros in YAML 1.1; None if it is a string there.

    >>> octal_of("017"), octal_of("-010"), octal_of("09")
    (15, -8, None)
    """
    digits = raw.lstrip("+-")
    if len(digits) >= _MOST_DIGITS or set(digits) & {"8", "9"}:
        return None
    return int(digits, 8) * (-1 if raw[0] == "-" else 1)
