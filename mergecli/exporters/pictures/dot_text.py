"""The statements of a DOT text, and how strings are written in it."""

from __future__ import annotations

import re

#: What is a string in DOT without quotes, unless it is a keyword.
_PLAIN = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*|-?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)")
_KEYWORDS = frozenset(("node", "edge", "graph", "digraph", "subgraph", "strict"))
#: A quote, with or without a backslash before it, after backslashes that mean themselves.
_QUOTE = re.compile(r'((?:\\{2})*)\\?"')
_ESCAPED = r'\1\\"'


class Statements:
    """The statements between the braces of a graph or subgraph."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def defaults(self, what: str, **attributes: str) -> None:
        """Add default attributes; `what` is "graph", "node" or "edge"."""
        self.lines.append(f"\t{what} [{_assignments(attributes)}]\n")

    def attributes(self, **attributes: str) -> None:
        """Add attributes of the graph or subgraph itself."""
        self.lines.append(f"\t{_assignments(attributes)}\n")

    def node(self, name: str, label: str, **attributes: str) -> None:
        self.lines.append(f"\t{quoted(name)}{_attributes({'label': label, **attributes})}\n")

    def edge(self, tail: str, head: str, **attributes: str) -> None:
        self.lines.append(f"\t{quoted(tail)} -> {quoted(head)}{_attributes(attributes)}\n")

    def subgraph(self, name: str, inner: Statements) -> None:
        """Add a subgraph with these statements."""
        self.lines.append(f"\tsubgraph {quoted(name)} {{\n")
        self.lines += [f"\t{line}" for line in inner.lines]
        self.lines.append("\t}\n")

    def digraph(self, name: str) -> str:
        """Return the text of a directed graph with these statements."""
        return f"digraph {quoted(name)} {{\n{''.join(self.lines)}}}\n"


def quoted(text: str) -> str:
    r"""Return a string as DOT has it, in quotes where it needs them; one in `<…>` is HTML.

    >>> quoted("a1"), quoted("-4.2"), quoted("<<B>a</B>>"), quoted("a b"), quoted("")
    ('a1', '-4.2', '<<B>a</B>>', '"a b"', '""')
    >>> print(quoted('a "b"'), quoted("node"))
    "a \"b\"" "node"
    """
    if text[:1] == "<" and text[-1] == ">":
        return text
    if _PLAIN.fullmatch(text) and text.lower() not in _KEYWORDS:
        return text
    if '"' in text:
        text = _QUOTE.sub(_ESCAPED, text)
    return f'"{text}"'


def _attributes(attributes: dict[str, str]) -> str:
    """Return the attributes of a node or an edge, its label first."""
    label = f"label={quoted(attributes.pop('label'))} " if "label" in attributes else ""
    return f" [{label}{_assignments(attributes)}]"


def _assignments(attributes: dict[str, str]) -> str:
    return " ".join(f"{name}={quoted(value)}" for name, value in sorted(attributes.items()))
