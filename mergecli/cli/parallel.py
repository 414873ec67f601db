"""Work on many files in several processes, with the results in order."""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Iterator, Sequence, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

#: More processes than this wait for the one that writes the reports.
MOST_JOBS = 16
#: How many files a process works on at a time, and how many such pieces wait for each process.
PIECE, PIECES_AHEAD = 25, 3

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def cores() -> int:
    """Return how many processes can work at the same time here."""
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(count, MOST_JOBS)


def mapped(
    function: Callable[[_Item], _Result], items: Sequence[_Item], jobs: int
) -> Iterator[_Result]:
    """Yield the result of a function for each item, in order.

    Where processes cannot be forked, all work is done in this one.

    Args:
        function: The function; its results are sent between processes.
        items: The items. At most a few pieces of them are worked on ahead.
        jobs: How many processes work; with 1, this one does.

    Raises:
        RuntimeError: A process has ended before its work was done.
    """
    # A fork of a process with threads may hang.
    if jobs < 2 or not hasattr(os, "fork") or threading.active_count() > 1:
        yield from map(function, items)
        return
    from concurrent.futures import ProcessPoolExecutor  # start-up
    from concurrent.futures.process import BrokenProcessPool  # start-up
    from multiprocessing import get_context  # start-up

    def work(start: int) -> list[_Result]:
        return [function(item) for item in items[start : start + PIECE]]

    global _work
    _work = work
    with ProcessPoolExecutor(jobs, get_context("fork"), initializer=_begin) as pool:
        waiting: deque[Future[list[_Result]]] = deque()
        try:
            for start in range(0, len(items), PIECE):
                waiting.append(pool.submit(_do, start))
                if len(waiting) >= jobs * PIECES_AHEAD:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        except BrokenProcessPool:
            raise RuntimeError("a process ended before its work was done") from None
        finally:
            for future in waiting:
                future.cancel()


#: What the processes do, which they inherit when they are forked.
_work: Callable[[int], list[Any]] | None = None


def _begin() -> None:
    """Prepare a process."""
    import gc  # start-up
    import signal  # start-up

    # What exists already is never garbage, and is not copied by looking for some.
    gc.freeze()
    # Ctrl-C ends the process that has started this one, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _do(start: int) -> list[Any]:
    assert _work is not None
    return _work(start)
