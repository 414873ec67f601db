"""A concrete syntax tree of a text, with anchors, aliases, quotes, brackets and comments."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Any

from mergecli.syntax.yaml_reader import Event

#: Anchors and tags before a value.
_PROPERTY = re.compile(r"!<[^>]*>|&[A-Za-z0-9_-]*|![^ \t\n,\[\]{}]*")
_GAP = re.compile(r"(?:[ \t\n]+(?:#[^\n]*)?)*")


#: Stands for a text that is not computed yet.
UNKNOWN = "\0"


#: In place of empty lists, of which each value would have several; it is never extended.
NOTHING: list[Any] = []


class FormatNode:
    """A value: a scalar or an alias with its text, or a collection with its slots; 0-based."""

    __slots__ = (
        "column", "compact", "dangling", "end", "flow", "inside", "kind", "last", "line", "one", "owner",
        "pinned", "properties", "role", "slots", "start", "style", "text", "value", "waits",
    )  # fmt: skip

    def __init__(self, kind: str, owner: Slot | None) -> None:
        self.kind, self.owner = kind, owner
        self.properties = self.text = self.style = self.value = ""
        self.start = self.end = self.line = self.last = self.column = 0
        #: Whether it is written in brackets or braces, and whether it is inside such.
        self.flow = self.inside = False
        #: Whether it is written in brackets or braces on one line.
        self.compact = False
        self.slots: list[Slot] = [] if kind in ("sequence", "mapping") else NOTHING
        #: Comments after the last slot; None is an empty line.
        self.dangling: list[str | None] = NOTHING
        #: Its role in a spec, and whether it keeps its lines, as a comment applies to one of them.
        self.role = ""
        self.pinned = False
        #: Whether it is a mapping whose last key has no value yet.
        self.waits = False
        #: Its text on one line; None if it needs more; `UNKNOWN` until it is computed.
        self.one: str | None = UNKNOWN

    @property
    def nothing(self) -> bool:
        """Whether, after a class, it means that there are no arguments."""
        return (
            not self.slots
            and not self.properties
            and (self.kind == "mapping" or (self.kind == "scalar" and not self.text))
        )


class Slot:
    """A key with its value, or an item of a list, with its comments."""

    __slots__ = ("before", "blank", "closing", "key", "parent", "trailing", "value")

    value: FormatNode

    def __init__(self, parent: FormatNode | None, key: FormatNode | None) -> None:
        self.parent, self.key = parent, key
        #: Comments before it; None is an empty line.
        self.before: list[str | None] = NOTHING
        #: Comments at the end of its line, and those after the bracket that ends its value.
        self.trailing: list[str] = NOTHING
        self.closing: list[str] = NOTHING
        #: Whether an empty line is before it.
        self.blank = False

    @property
    def line(self) -> int:
        return (self.key or self.value).line

    @property
    def column(self) -> int:
        return (
            self.parent.column
            if self.key is None and self.parent is not None and not self.parent.flow
            else (self.key or self.value).column
        )


class Token:
    """A token that a comment may belong to; `closes` is the collection that ends with it."""

    __slots__ = ("closes", "line", "slot", "start")

    def __init__(self, start: int, line: int, slot: Slot, closes: FormatNode | None = None) -> None:
        self.start, self.line, self.slot, self.closes = start, line, slot, closes


class Page:
    """A document: its root, its tokens in order, and the ranges of its scalars."""

    def __init__(self, text: str, events: list[Event]) -> None:
        self.text = text
        self.lines = text.split("\n")
        #: Where each line begins.
        self.starts = [0, *accumulate(len(line) + 1 for line in self.lines[:-1])]
        self.tokens: list[Token] = []
        self.scalars: list[tuple[int, int]] = []
        #: Where the document begins, after `---`, and whether that is written.
        self.begin = 0
        self.explicit = False
        #: Whether there are anchors, and the lines to which suppressing comments apply.
        self.linked = False
        self.protected: frozenset[int] = frozenset()
        self.root = Slot(None, None)
        self._build(events)

    def _build(self, events: list[Event]) -> None:
        #: The collections that are not closed yet.
        stack: list[FormatNode] = []
        for event in events:
            if event.kind == "begin":
                self.begin, self.explicit = event.end.index, True
            elif event.kind == "end":
                self._close(stack.pop(), event, stack[-1] if stack else None)
            else:
                self._open(event, stack)

    def _close(self, node: FormatNode, event: Event, parent: FormatNode | None) -> None:
        """End a collection."""
        node.end = event.end.index
        node.compact = node.flow and event.end.line == node.line
        if node.flow and event.end.index > event.start.index and node.text:
            node.last = event.end.line
            token = Token(event.end.index - 1, event.end.line, self._owner(node), node)
            self.tokens.append(token)
        if parent is not None:
            parent.last = max(parent.last, node.last)

    def _open(self, event: Event, stack: list[FormatNode]) -> None:
        """Add a scalar or an alias, or begin a collection."""
        parent = stack[-1] if stack else None
        node = FormatNode(event.kind, None)
        node.inside = parent is not None and (parent.flow or parent.inside)
        self._place(node, event)
        if parent is not None:
            parent.last = max(parent.last, node.last)
            if parent.kind == "mapping" and not parent.waits:
                self._add_key(parent, node)
                return
        slot = self._slot(parent)
        slot.value, node.owner = node, slot
        if event.kind in ("sequence", "mapping"):
            if (slot.key is None and parent is not None) or (node.flow and node.text):
                self.tokens.append(Token(node.start, node.line, slot))
            stack.append(node)
        elif node.text or node.properties:
            line = node.line if node.style in ("|", ">") else node.last
            self.tokens.append(Token(node.start, line, slot))

    def _add_key(self, mapping: FormatNode, key: FormatNode) -> None:
        """Add a key, whose slot waits for the value."""
        slot = Slot(mapping, key)
        key.owner = slot
        mapping.slots.append(slot)
        mapping.waits = True
        self.tokens.append(Token(key.start, key.last, slot))

    def _slot(self, parent: FormatNode | None) -> Slot:
        """Return the slot for the next value in a collection."""
        if parent is None:
            return self.root
        if parent.kind == "sequence":
            parent.slots.append(Slot(parent, None))
        parent.waits = False
        return parent.slots[-1]

    @staticmethod
    def _owner(node: FormatNode) -> Slot:
        assert node.owner is not None
        return node.owner

    def _place(self, node: FormatNode, event: Event) -> None:
        """Set the place, the properties and the text of a node."""
        start, end = event.start.index, event.end.index
        node.line, node.column, node.last = event.start.line, event.start.column, event.end.line
        node.start, node.end, node.style = start, end, event.style
        place = start
        if event.kind != "alias" and (event.anchor is not None or event.tag is not None):
            place = self._properties(node, event)
        if event.kind in ("sequence", "mapping"):
            node.flow = event.style == "flow"
            # A pair in a list, as in `[a: 1]`, has no braces of its own.
            node.text = self.text[end - 1 : end] if node.flow and end > place else ""
            node.last = node.line
        elif place < end:
            node.text, node.value = self.text[place:end], event.value
            if event.kind == "scalar":
                self._add_scalar(node, event, place)
        else:
            node.last = node.line
        if event.anchor is not None:
            self.linked = True

    def _properties(self, node: FormatNode, event: Event) -> int:
        """Read the anchor and the tag of a node; return the offset of its value."""
        text, start = self.text, event.start.index
        place: int = start
        properties = []
        match = _PROPERTY.match(text, place)
        while match:
            properties.append(match[0])
            gap: Any = _GAP.match(text, match.end())
            place = gap.end()
            match = _PROPERTY.match(text, place)
        node.properties = " ".join(properties)
        if place != start and place < len(text):
            node.line = event.start.line + text.count("\n", start, place)
            node.column = place - text.rfind("\n", 0, place) - 1
        return place

    def _add_scalar(self, node: FormatNode, event: Event, place: int) -> None:
        """Record the range of a scalar, in which a `#` does not begin a comment."""
        end = event.end.index
        if event.style not in ("|", ">"):
            self.scalars.append((place, end))
            return
        # The first line of a block scalar may have a comment.
        self.scalars.append((self.text.find("\n", place, end) + 1 or end, end))
        last = event.end.line - 1 if event.end.column == 0 else event.end.line
        node.last = max(node.line, last)
