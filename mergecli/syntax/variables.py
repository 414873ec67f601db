"""Variables and expressions: `$name` and `$(…)` in a tree, replaced by their values.

Expressions have numbers, strings, arithmetic, comparisons, `a if c else b` and a few functions; the
size of their values is bounded. They cannot run code: the text is parsed, and each node of it is
computed here.
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from typing import TYPE_CHECKING, Any, Callable, Iterator

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.syntax.quoting import describe
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from typing import Mapping as MappingType

    #: The values of variables.
    Names = MappingType[str, object]

#: The most bits of a number, and the most characters of a string or an expression.
MOST_BITS = MOST_CHARACTERS = 4096
#: What the variables of a spec and of those that it includes may cost together, in microseconds: one
#: for a character that is parsed and for a step of a computation, and more for what takes memory.
MOST_WORK = 1_000_000
_VALUE_COST, _CHARACTERS_PER_STEP = 8, 16
#: Stands for a value that could not be computed, which is already reported.
BROKEN: object = type(
    "Broken", (), {"__repr__": lambda self: "?", "__deepcopy__": lambda self, memo: self}
)()
#: The most digits to which `round` rounds, and the most items of a computed list.
MOST_DIGITS, MOST_ITEMS = 400, 100_000
_DOLLAR = re.compile(r"\$(?:(\$)|([A-Za-z_]\w*)|(\())")
#: The strings and the names of an expression, and the names that Python has a meaning for.
_WORD = re.compile(r"""'[^']*'|"[^"]*"|\b([A-Za-z_]\w*)""")
_KEYWORDS = frozenset(("if", "else", "and", "or", "not", "true", "false", "null"))
_BINARY: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.AST], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: operator.not_,
}
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_COMPARE: dict[type[ast.AST], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "round": round,
    "int": int,
    "abs": abs,
}


class ExpressionError(Exception):
    """An expression is wrong; with a hint where there is one."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


class Work:
    """What the variables of a spec have cost so far; too much ends their computation.

    Attributes:
        left: How many steps are left.
        is_spent: Whether it is reported that there are none.
        parsed: The expressions that were parsed, by their text.
    """

    __slots__ = ("is_spent", "left", "parsed")

    def __init__(self) -> None:
        self.left, self.is_spent = MOST_WORK, False
        self.parsed: dict[str, ast.expr] = {}

    def spend(self, steps: int) -> None:
        """Count steps before they are done.

        Raises:
            TooMuchWork: There are too many.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork("the variables of this spec expand to too much")


class TooMuchWork(ExpressionError):
    """The variables of a spec cost too much together."""


class UnknownVariable(ExpressionError):
    """An expression names a variable that does not exist."""

    def __init__(self, name: str, names: Names) -> None:
        known = f"there are {listed(names, 'and')}" if names else "declare it under `vars:`"
        super().__init__(f"there is no variable `{name}`", known)
        self.name = name


def evaluate(text: str, names: Names, work: Work | None = None) -> object:
    """Return the value of an expression.

    Args:
        text: The expression.
        names: The values of the variables.
        work: What it may cost.

    >>> evaluate("width * 2 + 1", {"width": 64}), evaluate("'same' if n > 1 else 'valid'", {"n": 1})
    (129, 'valid')

    Raises:
        ExpressionError: It is not an expression, has an unknown name, or its value is too large.
    """
    if len(text) > MOST_CHARACTERS:
        message = f"the expression is longer than {MOST_CHARACTERS:,} characters"
        raise ExpressionError(message)
    work = work or Work()
    tree = work.parsed.get(text)
    if tree is None:
        work.spend(len(text))
        tree = work.parsed[text] = _parsed(text)
    try:
        return _value(tree, names, work)
    except ExpressionError:
        raise
    except ZeroDivisionError:
        raise ExpressionError(f"`{_short(text)}` divides by zero") from None
    except RecursionError:
        raise ExpressionError(f"`{_short(text)}` is nested too deeply") from None
    except (TypeError, ValueError, OverflowError) as problem:
        raise ExpressionError(f"`{_short(text)}` cannot be computed: {problem}") from None


def _parsed(text: str) -> ast.expr:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"`{_short(text)}` is not a valid expression") from None


def _value(node: ast.expr, names: Names, work: Work) -> object:
    work.spend(1)
    # What may be nested as deep as an expression is long is not in functions of its own, since the
    # depth of calls is limited.
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _value(node.left, names, work), _value(node.right, names, work)
        _check_operands(node.op, left, right)
        return _bounded(_BINARY[type(node.op)](left, right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand, names, work))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, names, work) else node.orelse, names, work)
    if type(node) in _OTHER:
        return _OTHER[type(node)](node, names, work)
    raise _unsupported(node)


def _constant(node: ast.Constant, names: Names, work: Work) -> object:
    if not isinstance(node.value, (int, float, str, bool, type(None))):
        raise _unsupported(node)
    return _bounded(node.value)


def _name(node: ast.Name, names: Names, work: Work) -> object:
    if node.id in _WORDS and node.id not in names:
        return _WORDS[node.id]
    value = lookup(node.id, names)
    if isinstance(value, (str, list, dict)):
        # Comparing, adding or searching it takes as many steps.
        work.spend(len(value))
    return value


def _boolean(node: ast.BoolOp, names: Names, work: Work) -> bool:
    values = (_value(part, names, work) for part in node.values)
    return all(values) if isinstance(node.op, ast.And) else any(values)


def _comparison(node: ast.Compare, names: Names, work: Work) -> bool:
    if not all(type(op) in _COMPARE for op in node.ops):
        raise _unsupported(node)
    left = _value(node.left, names, work)
    for op, part in zip(node.ops, node.comparators):
        right = _value(part, names, work)
        if not _COMPARE[type(op)](left, right):
            return False
        left = right
    return True


def _call(node: ast.Call, names: Names, work: Work) -> object:
    name = node.func.id if isinstance(node.func, ast.Name) else None
    if name not in _FUNCTIONS or node.keywords:
        raise _unsupported(node)
    values = [_value(part, names, work) for part in node.args]
    if name == "round" and len(values) == 2:
        _check_digits(values[1])
    return _bounded(_FUNCTIONS[name](*values))


_OTHER: dict[type[ast.AST], Callable[[Any, Names, Work], object]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.Call: _call,
}


def _unsupported(node: ast.AST) -> ExpressionError:
    known = "numbers, strings, + - * / // % **, comparisons, `a if c else b`, and "
    known += listed(_FUNCTIONS, "and")
    message = f"`{_short(ast.unparse(node))}` is not supported in expressions"
    return ExpressionError(message, f"use {known}")


def lookup(name: str, names: Names) -> object:
    """Return the value of a variable.

    Raises:
        UnknownVariable: No variable has the name.
    """
    if name not in names:
        raise UnknownVariable(name, names)
    return names[name]


def _check_operands(op: ast.AST, left: object, right: object) -> None:
    """Check what an operator is applied to, and the size of a result before it is computed.

    Raises:
        ExpressionError: It has no meaning in a spec, or would be too large.
    """
    if isinstance(op, ast.Pow):
        if (
            isinstance(left, int)
            and isinstance(right, int)
            and left.bit_length() * max(right, 0) > MOST_BITS
        ):
            raise ExpressionError("the number would be too large")
    elif isinstance(op, ast.Mult):
        items, times = (right, left) if isinstance(left, int) else (left, right)
        if not isinstance(items, (str, list)) or not isinstance(times, int):
            return
        if len(items) * max(times, 0) > MOST_CHARACTERS:
            what = "string" if isinstance(items, str) else "list"
            raise ExpressionError(f"the {what} would be too long")
    elif isinstance(op, ast.Mod) and isinstance(left, str):
        raise ExpressionError("a string cannot be formatted with `%`", "write `$name` in a string")


def _check_digits(digits: object) -> None:
    """Check the second argument of `round`.

    Raises:
        ExpressionError: Python would compute with a power of ten of as many digits.
    """
    if isinstance(digits, int) and abs(digits) > MOST_DIGITS:
        raise ExpressionError(f"`round` takes at most {MOST_DIGITS} digits")


def _bounded(value: object) -> object:
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        raise ExpressionError("the number is too large")
    if isinstance(value, str) and len(value) > MOST_CHARACTERS:
        raise ExpressionError("the string is too long")
    if isinstance(value, list) and len(value) > MOST_ITEMS:
        raise ExpressionError("the list is too long")
    if isinstance(value, complex):
        raise ExpressionError("the number is not real")
    return value


def broken(value: object) -> bool:
    """Whether a plain value contains one that could not be computed."""
    if isinstance(value, list):
        return any(map(broken, value))
    return any(map(broken, value.values())) if isinstance(value, dict) else value is BROKEN


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "…"


def substitute(tree: Tree, names: Names, sink: DiagnosticSink, work: Work | None = None) -> Tree:
    """Return a tree with every `$name` and `$(…)` replaced.

    Args:
        tree: The tree; it is returned itself if it has no variables.
        names: The values of the variables.
        sink: Receives what is wrong.
        work: What it may cost.
    """
    work = work or Work()
    if type(tree) is Scalar:
        if not isinstance(tree.value, str) or "$" not in tree.value:
            return tree
        try:
            value = fill(tree.value, names, work)
            return tree_at(value, tree, work)
        except TooMuchWork as problem:
            # What else is too much is a consequence.
            if not work.is_spent:
                sink.error(tree.span, "too-large", problem.message, "write fewer or smaller values")
                work.is_spent = True
        except ExpressionError as problem:
            hint = problem.hint
            if isinstance(problem, UnknownVariable):
                hint = did_you_mean(problem.name, names, sink.searches) or hint
            sink.error(tree.span, "expression", problem.message, hint)
        sink.broken = True
        return Scalar(BROKEN, tree.raw, True, tree.start, tree.end)
    if type(tree) is Sequence:
        items = [substitute(item, names, sink, work) for item in tree.items]
        if all(new is old for new, old in zip(items, tree.items)):
            return tree
        sequence = Sequence(tree.start)
        sequence.items, sequence.end, sequence.size = items, tree.end, tree.size
        return sequence
    assert type(tree) is Mapping
    entries = [(key, substitute(value, names, sink, work)) for key, value in tree.entries]
    if all(new is old for (_, new), (_, old) in zip(entries, tree.entries)):
        return tree
    mapping = Mapping(tree.start)
    mapping.entries, mapping.end, mapping.size = entries, tree.end, tree.size
    return mapping


def fill(text: str, names: Names, work: Work | None = None) -> object:
    """Return a string with its variables and expressions replaced.

    If it is nothing else than one of them, the value keeps its type.

    >>> fill("$width", {"width": 64}), fill("$(width // 2)", {"width": 64})
    (64, 32)
    >>> fill("conv_$i", {"i": 2}), fill("5 $$", {})
    ('conv_2', '5 $')

    Raises:
        ExpressionError: A variable is unknown, an expression is wrong, or there are too many.
    """
    parts: list[str | _Part] = []
    position = 0
    work = work or Work()
    while True:
        match = _DOLLAR.search(text, position)
        if match is None:
            break
        work.spend(1)
        if len(parts) > 2 * MOST_CHARACTERS:
            raise ExpressionError("the string has too many variables")
        if match.start() > position:
            parts.append(text[position : match.start()])
        position = match.end()
        if match[1]:
            parts.append("$")
        elif match[2]:
            parts.append(_Part(lookup(match[2], names)))
        else:
            end = _closing(text, match.end())
            parts.append(_Part(evaluate(text[match.end() : end], names, work)))
            position = end + 1
    if position < len(text):
        parts.append(text[position:])
    if len(parts) == 1 and isinstance(parts[0], _Part):
        return parts[0].value
    for part in parts:
        if isinstance(part, _Part) and isinstance(part.value, (list, dict)):
            raise ExpressionError(f"{describe(part.value)} cannot be inserted into a string")
    text = "".join(str(part.value) if isinstance(part, _Part) else part for part in parts)
    return _bounded(text)


def used_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a string uses a variable, or a function, as offsets of its name.

    >>> text = "$width x $(depth * 2 if mode == 'deep' else 1) $$"
    >>> [text[start:end] for start, end in used_in(text)]
    ['width', 'depth', 'mode']
    """
    position = 0
    while match := _DOLLAR.search(text, position):
        position = match.end()
        if match[2]:
            yield match.span(2)
        elif match[3]:
            try:
                end = _closing(text, position)
            except ExpressionError:
                return
            for word in _WORD.finditer(text, position, end):
                if word[1] and word[1] not in _KEYWORDS:
                    yield word.span(1)
            position = end + 1


class _Part:
    """A value inside a string."""

    def __init__(self, value: object) -> None:
        self.value = value


def _closing(text: str, start: int) -> int:
    depth, quote = 1, ""
    for index in range(start, len(text)):
        character = text[index]
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if not depth:
                return index
    raise ExpressionError(f"`$({_short(text[start:])}` has no closing parenthesis")


def tree_at(value: object, at: Scalar, work: Work | None = None) -> Tree:
    """Return a plain value as a tree at the place of the variable.

    Args:
        value: The value.
        at: The variable.
        work: What it may cost.

    Raises:
        TooMuchWork: It is too large.
    """
    if work is not None:
        work.spend(_VALUE_COST)
    if isinstance(value, (list, tuple)):
        sequence = Sequence(at.start)
        sequence.items, sequence.end = [tree_at(item, at, work) for item in value], at.end
        return sequence
    if isinstance(value, dict):
        if work is not None:
            work.spend(_VALUE_COST * len(value))
        mapping = Mapping(at.start)
        mapping.entries = [
            (Scalar(key, str(key), True, at.start, at.end), tree_at(item, at, work))
            for key, item in value.items()
        ]
        mapping.end = at.end
        return mapping
    if work is not None and isinstance(value, str):
        work.spend(len(value) // _CHARACTERS_PER_STEP)
    return Scalar(value, at.raw, True, at.start, at.end)
