"""The path to a place in a text that is being edited and need not be complete YAML."""

from __future__ import annotations

from mergecli.syntax.yaml_reader import Event, events


class Cursor:
    """How a scalar is reached.

    Attributes:
        steps: The keys and indices that lead to the scalar.
        is_key: Whether it is a key.
        around: The keys of the mapping around the one that holds it, as far as they precede it.
        before: The part of the scalar before the mark.
        beside: The keys of the mapping that holds it.
    """

    __slots__ = ("around", "before", "beside", "is_key", "steps")

    def __init__(
        self, steps: tuple[str | int, ...], is_key: bool, around: tuple[str, ...], before: str
    ) -> None:
        self.steps, self.is_key, self.around, self.before = steps, is_key, around, before
        self.beside: tuple[str, ...] = ()


def cursor_at(text: str, mark: str) -> Cursor | None:
    """Find the scalar that holds a mark.

    Args:
        text: The text; after the mark it need not be valid YAML.
        mark: A string that occurs once in it.

    Returns:
        The path to the scalar, None if it is unknown.
    """
    finder = _Finder(mark)
    for event in events(text):
        if not (finder.end() if event.kind == "end" else finder.node(event)):
            break
    cursor = finder.cursor
    if cursor is not None and finder.depth and len(finder.keys) == finder.depth:
        cursor.beside = tuple(finder.keys[-1])
    return cursor


class _Finder:
    """Follows the events; each method returns whether to go on."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        #: For each open collection the key or index of the current value, None where a key comes
        #: next, and its keys.
        self.steps: list[str | int | None] = []
        self.keys: list[list[str]] = []
        self.cursor: Cursor | None = None
        #: The number of open collections around the cursor.
        self.depth = 0

    def end(self) -> bool:
        if self.cursor is not None and len(self.steps) == self.depth:
            return False
        self.steps.pop()
        self.keys.pop()
        # The closed collection was the value of a key.
        if self.steps and not isinstance(self.steps[-1], int):
            self.steps[-1] = None
        return True

    def node(self, event: Event) -> bool:
        steps = self.steps
        is_key = bool(steps) and steps[-1] is None
        if steps and isinstance(steps[-1], int):
            steps[-1] += 1
        if self.mark in event.value and self.cursor is None:
            self.place(event.value, is_key)
        elif is_key:
            self.keys[-1].append(event.value)
        if event.kind in ("sequence", "mapping"):
            steps.append(None if event.kind == "mapping" else -1)
            self.keys.append([])
            return not is_key
        if steps and not isinstance(steps[-1], int):
            steps[-1] = event.value if is_key else None
        return True

    def place(self, value: str, is_key: bool) -> None:
        path = tuple(step for step in self.steps if step is not None)
        around = tuple(self.keys[-2]) if len(self.keys) > 1 else ()
        self.cursor = Cursor(path, is_key, around, value.partition(self.mark)[0])
        self.depth = len(self.steps)
