"""Deadlines for the work of the language server, so that one text cannot stop it.

The work is done in the main thread, as the answer to a keystroke must not wait for another thread.
When its time is over, a timer interrupts that thread with a signal, whose handler raises.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from functools import wraps
from types import FrameType
from typing import Callable, ParamSpec, TypeVar

#: Seconds that the check of a text, or the answer to a request, may take.
SECONDS = 2.0
#: A signal that nothing else uses; Windows knows few.
_SIGNAL = signal.Signals["SIGALRM" if hasattr(signal, "SIGALRM") else "SIGBREAK"]

_P = ParamSpec("_P")
_R = TypeVar("_R")


class TooSlow(BaseException):
    """The time for some work is over. It is not an `Exception`, so that no check handles it."""


class Deadline:
    """A context whose body raises `TooSlow` after some seconds.

    After a deadline inside it, the outer one begins anew. Without `install`,
    bodies may take any time.

    Args:
        seconds: How long the body may take.
    """

    _active: list[Deadline] = []
    _installed = False

    __slots__ = ("_end", "_seconds", "_timer")

    def __init__(self, seconds: float | None = None) -> None:
        self._seconds = SECONDS if seconds is None else seconds
        self._end = 0.0
        self._timer: threading.Timer | None = None

    @classmethod
    def install(cls) -> None:
        """Handle the signal of deadlines; the main thread calls it."""
        signal.signal(_SIGNAL, _interrupted)
        cls._installed = True

    def __enter__(self) -> None:
        if self._active:
            self._active[-1]._stop()
        self._active.append(self)
        self._start()

    def __exit__(self, *problem: object) -> None:
        self._active.pop()
        self._stop()
        if self._active:
            self._active[-1]._start()

    def _start(self) -> None:
        self._end = time.monotonic() + self._seconds
        if not self._installed:
            return
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_REAL, self._seconds)
        else:  # a timer of Python costs a thread
            self._timer = threading.Timer(self._seconds, _thread.interrupt_main, [_SIGNAL])
            self._timer.start()

    def _stop(self) -> None:
        if sys.platform != "win32":
            if self._installed:
                signal.setitimer(signal.ITIMER_REAL, 0)
        elif self._timer is not None:
            self._timer.cancel()

    @classmethod
    def check(cls) -> None:
        """Raise if the time of the innermost deadline is over.

        Raises:
            TooSlow: It is.
        """
        if cls._active and time.monotonic() >= cls._active[-1]._end:
            raise TooSlow


def _interrupted(number: int, frame: FrameType | None) -> None:
    # A timer that ends just after its work interrupts something else, which goes on.
    Deadline.check()


def bounded(answer: Callable[_P, _R]) -> Callable[_P, _R | None]:
    """Return a function that gives None if the answer takes too long."""

    @wraps(answer)
    def answer_in_time(*args: _P.args, **kwargs: _P.kwargs) -> _R | None:
        try:
            with Deadline():
                return answer(*args, **kwargs)
        except TooSlow:
            return None

    return answer_in_time
