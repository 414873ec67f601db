"""Quantities with units: `5M`, `20 MB`."""

from __future__ import annotations

import re

_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
_BYTES = {"ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def amount(value: object, size: bool) -> int | None:
    """Return a quantity as an integer.

    Args:
        value: A number, or a string with a number and a unit.
        size: Whether it is a number of bytes, so that `B` and `KiB` are units.

    Returns:
        The number, in bytes for a size; None if it is not a quantity.

    >>> amount("5M", False), amount("1.5k", False), amount(64, False), amount("5X", False)
    (5000000, 1500, 64, None)
    >>> amount("20MB", True), amount("1 MiB", True)
    (20000000, 1048576)
    """
    if type(value) is int or type(value) is float:
        return int(value) if 0 <= value < 1e18 and value == int(value) else None
    if not isinstance(value, str):
        return None
    pattern = r"(\d+(?:\.\d+)?)\s*([kmgtb]?i?)(b?)"
    match = re.fullmatch(pattern, value.strip(), re.IGNORECASE)
    if match is None:
        return None
    unit = match[2].lower()
    if size and unit == "b" and not match[3]:
        unit = ""
    factor = _BYTES.get(unit) if size and unit.endswith("i") else _FACTORS.get(unit)
    if factor is None or (match[3] and not size):
        return None
    count = float(match[1]) * factor
    return int(count) if count < 1e18 else None
