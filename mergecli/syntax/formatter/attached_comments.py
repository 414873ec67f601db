"""Comments, attached to the value or key after them, or to that at whose line end they are."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from mergecli.diagnostics.source import Source
from mergecli.syntax.comments import MARKER, CommentTargets
from mergecli.syntax.formatter.tree import FormatNode, Page, Slot, Token

_COMMENT = re.compile(r"(?:(?<=[ \t\n])|\A)#[^\n]*")


class _Comment:
    def __init__(self, page: Page, start: int, text: str) -> None:
        self.start, self.text = start, text.rstrip()
        self.line = bisect_right(page.starts, start) - 1
        before = page.starts[self.line]
        self.column = start - before
        self.alone = not page.text[before:start].strip(" \t")
        self.spaced = self.alone and _blank(page, self.line)


def attach(page: Page) -> list[str]:
    """Attach each comment to a part of the page; return those on the line of `---`."""
    comments = _comments(page)
    _pin(page, comments)
    _space(page)
    verbatim = _verbatim(page.root.value) if page.protected else []
    return _attach(page, [c for c in comments if not _is_within(c.start, verbatim)])


def _attach(page: Page, comments: list[_Comment]) -> list[str]:
    starts = [token.start for token in page.tokens]
    first = page.tokens[0].line if page.tokens else 0
    on_marker = []
    gap, floor = -1, None
    for comment in comments:
        place = bisect_left(starts, comment.start)
        last, token = _around_place(page.tokens, place)
        if gap != place:
            gap, floor = place, None
        if last is not None and not comment.alone and last.line == comment.line:
            _put_at_end(last, comment)
        elif last is None and not comment.alone and page.explicit and comment.line < first:
            on_marker.append(comment.text)
        elif token is not None and token.closes is not None:
            _put_before_end(token, token.closes, comment)
        else:
            floor = _put_between(page, comment, last, token, floor) or floor
    return on_marker


def _is_within(offset: int, ranges: list[tuple[int, int]]) -> bool:
    if not ranges:
        return False
    start, end = ranges[bisect_left(ranges, (offset, 0)) - 1]
    return start < offset < end


def _put_at_end(last: Token, comment: _Comment) -> None:
    """Put a comment at the end of the line of a token."""
    closed = last.closes
    is_closing = closed is not None and closed.line < comment.line
    if is_closing:
        last.slot.closing = [*last.slot.closing, comment.text]
    else:
        last.slot.trailing = [*last.slot.trailing, comment.text]


def _around_place(tokens: list[Token], place: int) -> tuple[Token | None, Token | None]:
    """Return the tokens before and at an index, None where there is none."""
    return (
        tokens[place - 1] if place else None,
        tokens[place] if place < len(tokens) else None,
    )


def _put_before_end(token: Token, node: FormatNode, comment: _Comment) -> None:
    """Put a comment before the bracket that ends a collection."""
    if node.slots:
        node.dangling = _put(node.dangling, comment)
    else:
        token.slot.before = _put(token.slot.before, comment)


def _put_between(
    page: Page,
    comment: _Comment,
    last: Token | None,
    token: Token | None,
    floor: FormatNode | None,
) -> FormatNode | None:
    """Attach a comment on its own line between two tokens.

    Returns:
        The collection that now has it, if any.
    """
    home = _home(comment, last, token, floor)
    if token is None and (home is None or MARKER in comment.text):
        # At the end it applies to no value, and must not come before one.
        home = page.root.value
    if home is not None:
        home.dangling = _put(home.dangling, comment)
        return home
    if token is not None:
        token.slot.before = _put(token.slot.before, comment)
        return page.root.value
    return None


def _comments(page: Page) -> list[_Comment]:
    if "#" not in page.text:
        return []
    scalars = page.scalars
    ends = [end for _, end in scalars]
    comments = []
    for match in _COMMENT.finditer(page.text, page.begin):
        place = bisect_left(ends, match.start() + 1)
        if place == len(scalars) or match.start() < scalars[place][0]:
            comments.append(_Comment(page, match.start(), match[0]))
    return comments


def _put(comments: list[str | None], comment: _Comment) -> list[str | None]:
    comments = comments or []
    if comment.spaced:
        comments.append(None)
    comments.append(comment.text)
    return comments


def _home(
    comment: _Comment, last: Token | None, token: Token | None, floor: FormatNode | None
) -> FormatNode | None:
    """Return the collection before a comment that it belongs to by its indentation.

    Returns:
        The collection; None if the comment belongs to the token after it.
    """
    if last is None:
        return None
    around = _around(token.slot) if token is not None else []
    if token is not None and (
        MARKER in comment.text or comment.column <= token.slot.column or floor in around
    ):
        return None
    closed = [node for node in _around(last.slot) if node not in around and _is_block(node)]
    if floor in closed:
        closed = closed[closed.index(floor) :]
    return _fitting(closed, comment)


def _fitting(closed: list[FormatNode], comment: _Comment) -> FormatNode | None:
    """Return the collection that ends before a comment and has its indentation."""
    columns = [node.column for node in closed if node.column <= comment.column]
    if not columns:
        return closed[-1] if closed else None
    # A list may have the same indentation as its key; a comment after an empty line is not in it.
    nearest = [node for node in closed if node.column == max(columns)]
    return nearest[-1 if comment.spaced else 0]


def _is_block(node: FormatNode) -> bool:
    """Whether a collection is written in block style, without brackets."""
    return not node.flow and not node.inside


def _around(slot: Slot) -> list[FormatNode]:
    """Return the collections that a slot is in, the innermost first."""
    around = []
    node = slot.parent
    while node is not None:
        around.append(node)
        node = node.owner.parent if node.owner is not None else None
    return around


def _blank(page: Page, line: int) -> bool:
    return line > 0 and not page.lines[line - 1].strip()


def _space(page: Page) -> None:
    """Record the slots with an empty line before them."""
    lines = page.lines
    blank = {number for number, line in enumerate(lines, 1) if not line.strip()}
    stack = [page.root.value]
    while blank and stack:
        for slot in stack.pop().slots:
            first = slot.key or slot.value
            if first.line in blank and first.line < len(lines):
                slot.blank = not lines[first.line][: first.column].strip(" -?")
            if slot.value.slots:
                stack.append(slot.value)


def _pin(page: Page, comments: list[_Comment]) -> None:
    """Record the collections that keep their lines, as a comment suppresses a diagnostic on one."""
    directives = [comment for comment in comments if MARKER in comment.text]
    if not directives:
        return
    targets = CommentTargets(Source(page.text, ""))
    numbers = (targets.line_of(comment.line + 1, comment.column + 1) for comment in directives)
    page.protected = frozenset(number - 1 for number in numbers if number is not None)
    lines = [*sorted(page.protected), len(page.lines)]
    stack = [page.root.value]
    while stack:
        node = stack.pop()
        slot = node.owner
        begin = slot.line if slot is not None else node.line
        node.pinned = lines[bisect_left(lines, begin)] <= node.last
        stack += [slot.value for slot in node.slots]


def _verbatim(root: FormatNode) -> list[tuple[int, int]]:
    """Return the ranges that stay as they are written, with their comments."""
    ranges = []
    stack = [root]
    while stack:
        node = stack.pop()
        if stays(node):
            ranges.append((node.start, node.end))
        else:
            stack += [slot.value for slot in node.slots]
    return sorted(ranges)


def stays(node: FormatNode) -> bool:
    """Whether a collection is in brackets over several lines, which it must keep."""
    return node.pinned and node.flow and node.last > node.line
