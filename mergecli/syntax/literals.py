"""Corrections of values written as in Python, YAML 1.1 or a spreadsheet.

A correction is suggested only after the argument has accepted it.
"""

from __future__ import annotations

import ast
import re
from typing import Iterator, NamedTuple

from mergecli.syntax.quoting import flow
from mergecli.syntax.yaml_scalars import Plain, resolve
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: The most characters of a string that is read as a tuple, a call or a number.
LONGEST = 400
_WORDS: dict[str, tuple[bool | float | None, str]] = {
    **dict.fromkeys(("None", "none", "NONE", "nil", "Nil", "NIL", "undefined"), (None, "null")),
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON", "y", "Y"), (True, "true")),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF", "n", "N"), (False, "false")),
    **dict.fromkeys(("inf", "Inf", "infinity", "Infinity", "+inf"), (float("inf"), ".inf")),
    **dict.fromkeys(("-inf", "-Inf", "-infinity", "-Infinity"), (float("-inf"), "-.inf")),
    **dict.fromkeys(("nan", "NaN", "NAN"), (float("nan"), ".nan")),
}
#: Dtypes by their names in Python and other languages.
_DTYPES = {
    "str": "string",
    "text": "string",
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "int": "int32",
    "integer": "int32",
    "long": "int64",
    "boolean": "bool",
    "byte": "uint8",
}
_TEXT = "write"
_FRACTION = "write a fraction instead of a percentage"


class Candidate(NamedTuple):
    """A correction: the value, the reason, and how it is written in YAML."""

    value: object
    reason: str
    written: str


def candidates(tree: Tree) -> Iterator[Candidate]:
    """Yield corrections of a value that was refused, the most likely first."""
    if type(tree) is Sequence:
        yield from _of_list(tree)
    elif type(tree) is Scalar:
        value = tree.value
        if isinstance(value, str):
            yield from _of_text(tree, value.strip())
        else:
            yield from _of_value(value, tree.raw)


def listing(tree: Tree) -> list[object]:
    """Return the values of a list, of a mapping with keys only, or of a string with commas.

    Returns:
        The plain values; an empty list for any other value.
    """
    if type(tree) is Sequence:
        return [item.data() for item in tree.items]
    if type(tree) is Mapping:
        return [key.value for key, _ in tree.entries]
    if (
        type(tree) is Scalar
        and isinstance(tree.value, str)
        and "," in tree.value
        and len(tree.value) <= LONGEST
    ):
        return (
            _nested(
                tree.value
                if tree.value[0] in "([" and tree.value[-1] in ")]"
                else f"[{tree.value}]"
            )
            or []
        )
    return []


def certain(tree: Scalar, candidate: Candidate) -> bool:
    """Whether a correction has only one meaning; separators in numbers differ between countries."""
    if candidate.reason == _FRACTION:
        return False
    text = tree.value.strip().rstrip(",;") if isinstance(tree.value, str) else ""
    return not (type(candidate.value) in (int, float) and re.search("[,:%' ]", text))


def _of_value(value: object, raw: str) -> Iterator[Candidate]:
    if type(value) is float and value.is_integer() and abs(value) < 1e15:
        yield Candidate(
            int(value), "write an integer without a decimal point or exponent", str(int(value))
        )
    if type(value) is int and abs(value) < 2**53:
        yield Candidate(float(value), "write a decimal number", str(float(value)))
    if type(value) is int and value in (0, 1):
        word = "true" if value else "false"
        yield Candidate(bool(value), "write a boolean as a word", word)
    if type(value) is int or type(value) is float:
        if 5 <= value <= 100:
            yield Candidate(value / 100, _FRACTION, f"{value / 100:g}")
        yield Candidate([value], "write a list, even for one value", f"[{raw}]")
    if raw:
        yield Candidate(raw, "quote it", f'"{raw}"')


def _of_list(tree: Sequence) -> Iterator[Candidate]:
    items = tree.items
    if len(items) == 1 and type(items[0]) is Scalar:
        yield Candidate(items[0].data(), "remove the brackets around one value", items[0].raw)
    # YAML splits `[(1, 1), (2, 2)]` at every comma.
    if len(items) < LONGEST and all(type(item) is Scalar for item in items):
        raws = [item.raw for item in items if type(item) is Scalar]
        if any(raw.startswith("(") for raw in raws):
            yield from _of_tuple(f"[{', '.join(raws)}]")


def _of_text(tree: Scalar, text: str) -> Iterator[Candidate]:
    if not text or len(text) > LONGEST:
        return
    plain = resolve(text)
    if not isinstance(plain, str) and not tree.plain:
        quoted = tree.end.column - tree.start.column == len(tree.raw) + 2
        written = str(plain) if type(plain) is int and "x" not in text and "o" not in text else text
        yield Candidate(plain, "remove the quotes" if quoted else "remove the tag", written)
    if text.endswith((",", ";")):
        yield from _without_ending(tree, text)
        return
    if text[0] in "([":
        yield from _of_tuple(text)
    elif "," in text:
        yield from _of_tuple(f"[{text}]")
    if text in _WORDS:
        yield Candidate(_WORDS[text][0], _TEXT, _WORDS[text][1])
    dtype = re.sub(r"^(np|numpy|tf|torch|jnp)\.", "", text)
    if dtype != text or dtype in _DTYPES:
        dtype = _DTYPES.get(dtype, dtype)
        yield Candidate(dtype, _TEXT, dtype)
    if re.fullmatch(r"\d{1,6}( ?[xX×*] ?\d{1,6}|\s+\d{1,6})+", text):
        sizes = [int(size) for size in re.findall(r"\d+", text)]
        yield Candidate(sizes, "write a list in brackets", flow(sizes))
    yield from _of_number(text)
    closed = text.rstrip(")]}\"' ")
    if closed and closed != text and not re.search(r"[(\[{]", text):
        reason = f"remove the `{text[len(closed) :].strip()}` at the end"
        yield Candidate(resolve(closed), reason, closed)


def _without_ending(tree: Scalar, text: str) -> Iterator[Candidate]:
    """Yield corrections of a string with a comma or semicolon at its end."""
    shorter = text.rstrip(",; ")
    if not shorter:
        return
    reason = f"remove the `{text[-1]}` at the end"
    inner = Scalar(resolve(shorter), shorter, True, tree.start, tree.end)
    if isinstance(inner.value, str):
        yield from _of_text(inner, shorter)
        yield Candidate(shorter, reason, shorter)
    else:
        yield Candidate(inner.value, reason, shorter)
        yield from _of_value(inner.value, shorter)


def _of_number(text: str) -> Iterator[Candidate]:
    value = number(text)
    if value is not None:
        reason = _FRACTION if text.endswith("%") else _TEXT
        yield Candidate(value, reason, f"{value:g}" if isinstance(value, float) else str(value))


def number(text: str) -> int | float | None:
    """Return the number in a string of YAML 1.1, or with separators; None if there is none.

    >>> number("1_000"), number("1:30"), number("0b101"), number("-0x1F")
    (1000, 90, 5, -31)
    >>> number("1,000"), number("0,5"), number("50%"), number("64px")
    (1000, 0.5, 0.5, None)
    """
    value: Plain = None
    if re.fullmatch(r"[-+]?(0x_*[0-9a-fA-F][0-9a-fA-F_]*|0b_*[01][01_]*|0o_*[0-7][0-7_]*)", text):
        value = int(text.replace("_", ""), 0)
    elif re.fullmatch(r"[-+]?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?", text):
        value = resolve(text.replace("_", ""))
    elif re.fullmatch(r"[-+]?[0-9]+(:[0-5]?[0-9])+", text):
        value = 0
        for part in text.lstrip("+-").split(":"):
            value = 60 * value + int(part)
        value = -value if text[0] == "-" else value
    elif re.fullmatch(r"[-+]?[0-9]{1,3}([,' ][0-9]{3})+", text):
        value = resolve(re.sub("[,' ]", "", text))
    elif re.fullmatch(r"[-+]?[0-9]+,[0-9]+", text):
        value = resolve(text.replace(",", "."))
    elif re.fullmatch(r"[0-9]+(\.[0-9]+)? ?%", text):
        value = float(text.rstrip("% ")) / 100
    return None if isinstance(value, str) else value


def _of_tuple(text: str) -> Iterator[Candidate]:
    """Yield corrections of a Python tuple, or of several in a list."""
    parsed = _nested(text)
    if parsed is not None:
        yield Candidate(parsed, "write a list in brackets", flow(parsed))
        if len(parsed) == 1 and not isinstance(parsed[0], list):
            yield Candidate(parsed[0], "remove the brackets around one value", flow(parsed[0]))


def _nested(text: str) -> list[object] | None:
    """Parse parentheses and brackets as lists; return None if they do not match."""
    stack: list[list[object]] = [[]]
    word = ""

    def end() -> None:
        nonlocal word
        if word.strip():
            stack[-1].append(_unquoted(word.strip()))
        word = ""

    for character in text:
        if character in "([":
            if word.strip() or len(stack) > 8:
                return None
            stack.append([])
        elif character in ")]":
            end()
            if len(stack) == 1:
                return None
            done = stack.pop()
            stack[-1].append(done)
        elif character == ",":
            end()
        else:
            word += character
    return (
        stack[0][0]
        if len(stack) == 1
        and len(stack[0]) == 1
        and not word.strip()
        and isinstance(stack[0][0], list)
        else None
    )


def _unquoted(word: str) -> object:
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"":
        return word[1:-1]
    return _WORDS[word][0] if word in ("None",) else resolve(word)


def called(text: str) -> tuple[str, list[object], dict[str, object]] | None:
    """Parse a call of Python.

    Returns:
        Its name without modules, and its positional and named arguments; None if the text is not a
        call with plain arguments.

    >>> called("layers.Conv2D(32, (3, 3), padding='same')")
    ('Conv2D', [32, [3, 3]], {'padding': 'same'})
    """
    if len(text) > LONGEST or not text.endswith(")"):
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        if not isinstance(tree, ast.Call) or any(keyword.arg is None for keyword in tree.keywords):
            return None
        name = (
            tree.func.attr
            if isinstance(tree.func, ast.Attribute)
            else tree.func.id
            if isinstance(tree.func, ast.Name)
            else None
        )
        positional = [_plain(argument) for argument in tree.args]
        named = {str(keyword.arg): _plain(keyword.value) for keyword in tree.keywords}
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    return (name, positional, named) if name is not None else None


def _plain(node: ast.expr | None) -> object:
    """Return the plain data that an expression of Python is, with tuples as lists.

    `ast.literal_eval` would leave reference cycles.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_plain(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        return {str(_plain(key)): _plain(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
        number = node.operand.value if isinstance(node.operand, ast.Constant) else None
        if type(number) is int or type(number) is float:
            return -number if isinstance(node.op, ast.USub) else number
    elif isinstance(node, ast.Constant):
        constant = node.value
        if constant is None or isinstance(constant, (bool, int, float, str)):
            return constant
    raise ValueError(node)


def replaced(tree: Tree, offending: Tree, value: object) -> object:
    """Return the plain value of a tree in which `value` replaces one part."""
    if tree is offending:
        return value
    if type(tree) is Sequence:
        return [replaced(item, offending, value) for item in tree.items]
    if type(tree) is Mapping:
        return {key.value: replaced(item, offending, value) for key, item in tree.entries}
    return tree.data()
