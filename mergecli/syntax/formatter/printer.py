"""Prints an ordered tree: values on one line if they fit, else on several."""

from __future__ import annotations

import re

from mergecli.syntax.formatter.attached_comments import stays
from mergecli.syntax.formatter.tree import UNKNOWN, FormatNode, Page, Slot
from mergecli.syntax.quoting import quoted
from mergecli.syntax.yaml_scalars import resolve

#: The width of a line in characters, up to which a value is put in brackets.
WIDTH = 100
#: YAML keys with more characters than this must begin with `?`.
_LONGEST_KEY = 1000
#: Strings that need no quotes; and those that YAML 1.1 reads as other values.
_WORD = re.compile(r"[A-Za-z_$/][A-Za-z0-9_$./()*+%=@<>-]*( [A-Za-z0-9_$./()*+%=@<>-]+)*")
_YAML_1_1 = frozenset("y n yes no on off true false null".split())
#: Characters that a string without quotes may have, but not inside brackets.
_LOOSE = re.compile(r"[\[\]{},?]|^:|:(?![A-Za-z0-9/])")
#: The roles of collections that are not put on one line unless they are written so.
_OPEN = frozenset("top branches heads blocks layers inputs entry body".split())


def scalar(node: FormatNode) -> str:
    """Return the text of a scalar with only the quotes that it needs.

    >>> node = FormatNode("scalar", None)
    >>> node.style, node.text = "'", "'a: b'"
    >>> scalar(node)
    '"a: b"'
    """
    text, style = node.text, node.style
    if style in ("'", '"') and "\n" not in text and "!" not in node.properties:
        value = _unquoted(text, style)
        if _needs_no_quotes(value):
            text = value
        elif value or text == "''":
            text = f'"{value}"'
    elif not style and text == "-":
        text = '"-"'  # outside of braces it would begin a list
    return _with(node, text)


def _unquoted(text: str, style: str) -> str:
    """Return the value of a scalar in quotes; "" if other quotes would need escapes."""
    if style == '"':
        return text[1:-1] if "\\" not in text else ""
    value = text[1:-1].replace("''", "'")
    return value if '"' not in value and "\\" not in value and value.isprintable() else ""


def _needs_no_quotes(value: str) -> bool:
    return (
        _WORD.fullmatch(value) is not None
        and value.lower() not in _YAML_1_1
        and isinstance(resolve(value), str)
    )


class Writer:
    """Writes a page, line by line."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.out: list[str] = []
        #: The number of lines after the last block scalar whose empty lines at the end count.
        self.kept = -1

    def document(self) -> list[str]:
        """Return the lines of the document."""
        root = self.page.root
        node = root.value
        self.comments(root.before, 0)
        if node.slots:
            node.slots[-1].trailing = [*node.slots[-1].trailing, *root.closing]
            if node.properties:
                node.slots[0].before = [*node.slots[0].before, *root.trailing]
                root.trailing = []
            self.collection(node, 0, "", root.trailing)
        else:
            self.line(flow(node) or "", [*root.trailing, *root.closing], 0)
            self.comments(node.dangling, 0)
        return self.out

    # Lines.

    def blank(self) -> None:
        if self.out and self.out[-1] and len(self.out) != self.kept:
            self.out.append("")

    def comments(self, comments: list[str | None], indent: int, blank_lines: bool = True) -> None:
        for comment in comments:
            if comment is not None:
                self.out.append(" " * indent + comment)
            elif blank_lines:
                self.blank()

    def line(self, text: str, trailing: list[str], indent: int) -> None:
        """Write a line with its comments: the last at its end, others before it."""
        self.comments([*trailing[:-1]], indent)
        self.out.append(f"{text}  {trailing[-1]}" if trailing else text)

    # Values on several lines.

    def collection(self, node: FormatNode, indent: int, prefix: str, trailing: list[str]) -> None:
        """Write a list or mapping.

        Args:
            node: The collection.
            indent: Its indentation.
            prefix: The text before it on its first line, if it does not start a line.
            trailing: The comments of its first line.
        """
        slots = node.slots
        if node.properties:
            self.line(f"{prefix or ' ' * indent}{node.properties}", trailing, indent)
            prefix, trailing = "", []
        start = len(self.out)
        for number, slot in enumerate(slots):
            first = bool(prefix) and not number
            lead = prefix if first else " " * indent
            self.above(slot, node.role == "top", not number, first, len(lead) - len(lead.lstrip()))
            own = trailing if not number else []
            if node.kind == "mapping":
                self.pair(slot, indent, lead, own)
            else:
                self.value(slot, f"{lead}-", indent + 2, [*own, *slot.trailing])
        if len(self.out) > start or not slots:
            self.comments(node.dangling, indent)

    def above(self, slot: Slot, at_top: bool, is_first: bool, shared: bool, indent: int) -> None:
        """Write the comments and the empty line before a slot.

        Args:
            slot: The slot.
            at_top: Whether its collection is the whole document.
            is_first: Whether it is the first of its collection.
            shared: Whether its line begins with the key or dash of the collection.
            indent: The indentation of the comments.
        """
        before = slot.before
        if is_first and not at_top:
            before = before[1:] if before[:1] == [None] else before
        elif slot.blank and not before:
            self.blank()
        if shared:
            before = [comment for comment in before if comment is not None]
        self.comments(before, indent)
        if slot.blank and before and (not is_first or at_top):
            self.blank()

    def pair(self, slot: Slot, indent: int, lead: str, trailing: list[str]) -> None:
        assert slot.key is not None
        key = _key(slot.key)
        if len(key) > _LONGEST_KEY:
            self.out.append(f"{lead}? {key}")
            head = " " * indent + ":"
        else:
            head = f"{lead}{key} :" if slot.key.kind == "alias" else f"{lead}{key}:"
        self.value(slot, head, indent + 2, [*trailing, *slot.trailing])

    def value(self, slot: Slot, head: str, inner: int, trailing: list[str]) -> None:
        """Write a value after its key, or after the dash of a list."""
        node = slot.value
        outer = len(head) - len(head.lstrip())
        if node.kind in ("scalar", "alias"):
            self.scalar(node, slot, head, inner, trailing, outer)
            return
        bare = _bare(node) if slot.key is None or node.role == "entry" else None
        if bare is not None:
            inside = node.slots[0]
            self.line(
                f"{head} {bare}",
                [*trailing, *inside.trailing, *inside.closing, *slot.closing],
                outer,
            )
            return
        if stays(node):
            self.verbatim(node, slot, head, inner, [*trailing, *slot.closing], outer)
            return
        one = flow(node)
        if one is not None and _stays_on_line(slot, len(head) + 1 + len(one)):
            trailing = [*trailing, *slot.closing]
            if slot.key is not None and node.pinned and node.line > slot.key.line:
                self.line(head, [], outer)
                self.line(" " * inner + one, trailing, inner)
            else:
                self.line(f"{head} {one}", trailing, outer)
            return
        # There is no bracket any more to which the comments after it could belong.
        node.slots[-1].trailing = [*node.slots[-1].trailing, *slot.closing]
        if slot.key is None and slot.parent is not None:
            self.collection(node, inner, f"{head} ", trailing)
        else:
            self.line(f"{head} {node.properties}" if node.properties else head, trailing, outer)
            properties, node.properties = node.properties, ""
            self.collection(node, inner, "", [])
            node.properties = properties

    def scalar(
        self, node: FormatNode, slot: Slot, head: str, inner: int, trailing: list[str], outer: int
    ) -> None:
        if node.style in ("|", ">"):
            self.block_scalar(node, slot, head, inner, trailing, outer)
            return
        if "\n" in node.text:
            first, *rest = _rows(node)
            self.comments([*trailing[:-1]], outer)
            self.out.append(f"{head} {first}")
            self.out += [" " * inner + row if row else "" for row in rest]
            if trailing:
                self.out[-1] += f"  {trailing[-1]}"
            return
        text = scalar(node)
        if not text:
            self.line(head, trailing, outer)
        elif node.pinned and slot.key is not None and node.line > slot.key.line:
            self.line(head, [], outer)
            self.line(" " * inner + text, trailing, inner)
        else:
            self.line(f"{head} {text}", trailing, outer)

    def block_scalar(
        self, node: FormatNode, slot: Slot, head: str, inner: int, trailing: list[str], outer: int
    ) -> None:
        """Write a block scalar: its lines as they are, except for their indentation."""
        top, _, body = node.text.partition("\n")
        mark = top.split("#")[0].strip()
        digit = re.search("[0-9]", mark)
        keep = "+" in mark
        rows = body.split("\n")
        if not rows[-1].strip(" "):
            rows.pop()
        if digit:
            # The indentation is relative to the collection around it.
            parent = slot.parent
            depth = (parent.column if parent is not None else 0) + int(digit[0])
        else:
            depth = _depth(rows)
        if not keep:
            while rows and len(rows[-1]) <= depth and not rows[-1].strip(" "):
                rows.pop()
        ending = re.sub("[^+-]", "", mark)
        if rows and node.end == len(self.page.text) and not self.page.text.endswith("\n"):
            # At the end of a file without a last line feed the scalar has none, either.
            ending, keep = "-", False
        mark = mark[0] + ("2" if digit else "") + ending
        self.line(f"{head} {_with(node, mark)}", trailing, outer)
        self.out += [" " * inner + row[depth:] if len(row) > depth else "" for row in rows]
        if keep:
            self.kept = len(self.out)

    def verbatim(
        self, node: FormatNode, slot: Slot, head: str, inner: int, trailing: list[str], outer: int
    ) -> None:
        """Write a collection that keeps its lines, moved to its new indentation."""
        first, *rest = self.page.text[node.start : node.end].split("\n")
        self.comments([*trailing[:-1]], outer)
        is_separate = slot.key is not None and node.line > slot.key.line
        if is_separate:
            self.out.append(head)
            head = " " * (inner - 1)
        shift = len(head) + 1 - node.column
        self.out.append(f"{head} {first}".rstrip())
        for row in rest:
            bare = row.strip(" \t")
            self.out.append(
                " " * max(inner, len(row) - len(row.lstrip(" \t")) + shift) + bare if bare else ""
            )
        if trailing:
            self.out[-1] += f"  {trailing[-1]}"


def _depth(rows: list[str]) -> int:
    """Return the indentation of a block scalar: that of its first line with content."""
    for row in rows:
        if row.strip(" "):
            return len(row) - len(row.lstrip(" "))
    return max(map(len, rows), default=0)


def _stays_on_line(slot: Slot, width: int) -> bool:
    """Whether the list or mapping of a slot is put on one line, which would have this width."""
    node = slot.value
    if node.pinned:
        return node.flow
    # An item of a list has a line of its own, without braces.
    is_open = node.role in _OPEN and (slot.key is None or not node.compact)
    return not node.slots or (not is_open and width <= WIDTH)


def flow(node: FormatNode) -> str | None:
    """Return a value on one line, as inside brackets; None if that is impossible."""
    if node.one == UNKNOWN:
        node.one = _flow(node)
    return node.one


def _flow(node: FormatNode) -> str | None:
    if node.kind == "alias":
        return node.text
    if node.kind == "scalar":
        return _flow_scalar(node)
    in_flow = node.pinned and node.flow
    is_open = node.role in _OPEN and not (in_flow or node.compact)
    if _has(node.dangling) or (is_open and node.slots):
        return None
    parts = []
    for slot in node.slots:
        is_free = in_flow or not slot.value.pinned
        part = _flow_slot(slot, node.kind) if is_free and not _has_comments(slot) else None
        if part is None:
            return None
        parts.append(part)
    text = ", ".join(parts)
    return _with(node, f"[{text}]" if node.kind == "sequence" else f"{{{text}}}")


def _has_comments(slot: Slot) -> bool:
    return bool(slot.trailing or slot.closing or _has(slot.before))


def _has(comments: list[str | None]) -> bool:
    """Whether there is a comment, not only empty lines."""
    return any(comment is not None for comment in comments)


def _flow_scalar(node: FormatNode) -> str | None:
    is_block = "\n" in node.text or node.style in ("|", ">")
    if is_block or (not node.text and node.properties):
        return None
    is_loose = not node.style and not node.inside and _LOOSE.search(node.text)
    return None if is_loose else scalar(node)


def _flow_slot(slot: Slot, kind: str) -> str | None:
    """Return an item, or a key with its value, on one line."""
    value = (_bare(slot.value) if slot.key is None else None) or flow(slot.value)
    if value is None or (kind == "sequence" and not value):
        return None
    if slot.key is None:
        return value
    key = _key(slot.key)
    is_plain = "\n" not in slot.key.text and bool(slot.key.text)
    if len(key) > _LONGEST_KEY or (is_plain and flow(slot.key) is None):
        return None
    if slot.key.kind == "alias":
        return f"{key} : {value}"
    # A key without a value has no colon, which would give it the value null.
    return f"{key}: {value}" if value else _alone(key)


def _with(node: FormatNode, text: str) -> str:
    """Return a text after the anchor and tag of its node."""
    return f"{node.properties} {text}" if node.properties and text else node.properties or text


def _bare(node: FormatNode) -> str | None:
    """Return the class of an entry that has nothing else; None for others."""
    if node.role != "entry" or node.kind != "mapping" or len(node.slots) != 1:
        return None
    slot = node.slots[0]
    key, value = slot.key, slot.value
    comments = node.dangling or slot.before or value.dangling
    pinned = node.pinned or value.pinned
    if comments or pinned or node.properties or key is None or not value.nothing:
        return None
    if key.kind != "scalar" or key.properties or key.text == "<<":
        return None
    return _alone(_key(key))


def _rows(node: FormatNode) -> list[str]:
    """Return the lines of a multi-line scalar, without indentation and trailing spaces."""
    rows = []
    for number, row in enumerate(node.text.split("\n")):
        bare = (
            row.rstrip(" \t") if node.style == "" or not row.rstrip(" \t").endswith("\\") else row
        )
        rows.append(bare.lstrip(" \t") if number else bare)
    rows[0] = _with(node, rows[0])
    return rows


def _alone(key: str) -> str:
    """Return a key without a value, quoted if it would look as if it had one."""
    return f'"{key}"' if key.endswith(":") else key


def _key(key: FormatNode) -> str:
    """Return the text of a key, on one line and never empty."""
    if not key.text:
        return _with(key, "null")
    if "\n" not in key.text:
        return scalar(key)
    one = FormatNode("scalar", None)
    one.properties, one.style = key.properties, '"'
    one.text = quoted(key.value)
    return scalar(one)
