"""A text that is open in an editor, and what is known of it while it is typed."""

from __future__ import annotations

import time
from typing import Callable, Iterator

from mergecli.catalog.versions import Version
from mergecli.compiler.settings import installed_keras
from mergecli.importers.modules import CustomLayers
from mergecli.lsp.analysis import Analysis, History
from mergecli.lsp.hints import Hint, hints
from mergecli.lsp.text import Text


class Document:
    """An open text. It is looked at when something is asked of it, once for each state.

    While a text cannot be read, as in the middle of a word, `good` is what was known of the last state that could.

    Args:
        uri: Its address.
        path: Its path.
        customs: The user's own layers.
        target: Returns the version of Keras for which it is checked, as the settings are at that time.
    """

    def __init__(
        self,
        uri: str,
        path: str,
        customs: CustomLayers,
        target: Callable[[], Version] = installed_keras,
    ) -> None:
        self.uri, self.path, self.customs, self.target = uri, path, customs, target
        self.text = Text("")
        self.version: int | None = None
        #: How many states there were, and how many seconds of a processor the last look took.
        self.state = 0
        self.seconds = 0.0
        self.good: Analysis | None = None
        self._now: Analysis | None = None
        #: What is remembered of the states so far, and the target that it is for.
        self._history = History()
        self._aim: Version | None = None

    def change(self, text: str, version: int | None, units: str) -> None:
        """Take another state of the text."""
        self.text, self.version = Text(text, units), version
        self.forget()

    def forget(self) -> None:
        """Look again, as a file that the text includes may have changed."""
        self.state += 1
        self._now = None

    @property
    def now(self) -> Analysis:
        """What is known of the text as it is."""
        if self._now is None:
            start = time.thread_time()
            target = self.target()
            if target != self._aim:
                self._history, self._aim = History(), target
            self._now = Analysis(self.text, self.path, self.customs, target, self._history)
            self.seconds = time.thread_time() - start
            if self._now.tree is not None:
                self.good = self._now
        return self._now

    @property
    def last(self) -> Analysis:
        """What is known of the text, or else of the last state that could be read."""
        return self.now if self.now.tree is not None or self.good is None else self.good

    def was(self, offset: int) -> int | None:
        """Where an offset of the text was in the last state that could be read; None if its line has changed."""
        return Moves(self.text, self.last.text).of(offset)

    def hints(self, start: int, end: int) -> Iterator[Hint]:
        """The hints between two offsets; those of lines that cannot be read are as they were."""
        if not self.now.is_spec:
            return
        if self.last is self.now:
            yield from hints(self.now, start, end)
            return
        moves = Moves(self.last.text, self.text)
        for hint in hints(self.last, 0, len(self.last.text.text)):
            offset = moves.of(hint.offset)
            if offset is not None and start <= offset <= end:
                yield hint._replace(offset=offset)


class Moves:
    """Where the places of one text are in another, found by the lines that both have at their begin and their end.

    >>> moves = Moves(Text("a\\nb\\nc"), Text("a\\nx\\ny\\nc"))
    >>> moves.of(0), moves.of(2), moves.of(4)
    (0, None, 6)
    """

    def __init__(self, old: Text, new: Text) -> None:
        self.text, self.further = old.text, len(new.text) - len(old.text)
        a, b = old.text.split("\n"), new.text.split("\n")
        most = min(len(a), len(b))
        self.first = next((index for index in range(most) if a[index] != b[index]), most)
        self.last = len(a) - next(
            (index for index in range(most - self.first) if a[-1 - index] != b[-1 - index]),
            most - self.first,
        )

    def of(self, offset: int) -> int | None:
        """Where an offset is; None if its line has changed."""
        line = self.text.count("\n", 0, offset)
        return offset if line < self.first else offset + self.further if line >= self.last else None
