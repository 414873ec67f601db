"""The progress of a long run: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time

#: How often the line is drawn again, in seconds, and how wide its bar is.
INTERVAL, WIDTH = 0.2, 24


class Progress:
    """Shows how much is done, how fast, and how long the rest takes, on standard error.

    Args:
        total: How much there is to do; None if that is not known.
        done: How much was done before.
        quiet: Whether to show nothing.
    """

    def __init__(self, total: int | None, done: int = 0, quiet: bool = False) -> None:
        self.total, self.done, self.first = total, done, done
        self.start = self.drawn = time.monotonic()
        self.is_shown = not quiet and sys.stderr.isatty()

    def add(self, count: int) -> None:
        """Count what is done, and draw the line if the last one is old."""
        self.done += count
        now = time.monotonic()
        if self.is_shown and now - self.drawn >= INTERVAL:
            self.drawn = now
            sys.stderr.write("\r\x1b[K" + self.line(now - self.start))
            sys.stderr.flush()

    def line(self, seconds: float) -> str:
        """Return the line.

        Args:
            seconds: How long the run has taken so far.
        """
        rate = (self.done - self.first) / max(seconds, 1e-9)
        speed = f"{rate:,.0f}/s"
        if self.total is None:
            return f"{self.done:,}  {speed}"
        share = self.done / self.total if self.total else 1
        bar = ("━" * int(share * WIDTH)).ljust(WIDTH, "─")
        left = duration((self.total - self.done) / rate) if rate else "?"
        return f"{bar} {self.done:,} of {self.total:,}  {speed}  {left} left"

    def end(self) -> None:
        """Remove the line."""
        if self.is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def duration(seconds: float) -> str:
    """Return a time for a person.

    >>> duration(8.2), duration(75), duration(7300), duration(200000)
    ('8 s', '1 min 15 s', '2 h 1 min', '2 d 7 h')
    """
    whole = int(seconds)
    for size, unit, small, smaller in (
        (86_400, "d", 3_600, "h"),
        (3_600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small} {smaller}"
    return f"{whole} s"
