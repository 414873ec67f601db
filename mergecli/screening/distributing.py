"""Pieces of a sweep on the workers of a Dask scheduler, in order, though workers may be lost."""

from __future__ import annotations

import pickle
import threading
from collections import deque
from typing import TYPE_CHECKING, Iterator

from mergecli.diagnostics.installing import MissingDependencyError, install_command, missing
from mergecli.screening.running import Piece, Pieces, Result, Task, Worker

if TYPE_CHECKING:
    from distributed import Client, Future

#: How long a piece takes, in seconds: long enough that sending it costs nothing.
SECONDS = 3
#: How many pieces wait for each thread of the workers.
PIECES_AHEAD = 2
#: How often a piece is sent again after workers that had it were lost.
MOST_ATTEMPTS = 20
#: How long to wait for the scheduler, in seconds.
TIMEOUT = 30


class NoScheduler(OSError):
    """There is no Dask scheduler at an address."""


def check_installed() -> None:
    """Check that Dask can be used; nothing is imported.

    Raises:
        MissingDependencyError: It is not installed.
    """
    lacking = missing(("dask", "distributed"))
    if lacking:
        command = install_command(lacking)
        raise MissingDependencyError(
            f"`{lacking[0]}`, which --dask needs, is not installed", command
        )


def run_distributed(task: Task, pieces: Pieces, address: str) -> Iterator[Result]:
    """Screen all pieces with the workers of a scheduler, and yield their results in order.

    A worker must have the same version of mergecli installed, and the files that the spec names.

    Args:
        task: The sweep.
        pieces: Its candidates.
        address: The address of the scheduler, such as `tcp://host:8786`.

    Raises:
        NoScheduler: There is none.
    """
    from distributed import Client  # optional

    try:
        client = Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as problem:
        raise NoScheduler(0, f"there is no Dask scheduler at {address}: {problem}") from None
    with client:
        yield from _results(client, pickle.dumps(task), pieces)


def _results(client: Client, task: bytes, pieces: Pieces) -> Iterator[Result]:
    waiting: deque[tuple[Piece, Future]] = deque()
    threads = max(1, sum(client.nthreads().values()))
    while True:
        while len(waiting) < threads * PIECES_AHEAD and (piece := pieces.take()) is not None:
            waiting.append((piece, _submit(client, task, piece)))
        if not waiting:
            return
        piece, future = waiting.popleft()
        result = _finished(client, task, piece, future)
        pieces.learn(result)
        threads = max(1, sum(client.nthreads().values()))
        yield result


def _submit(client: Client, task: bytes, piece: Piece) -> Future:
    # A piece is computed again if its worker is lost, so it must not be the same task as before.
    return client.submit(screen, task, piece, pure=False)


def _finished(client: Client, task: bytes, piece: Piece, future: Future) -> Result:
    """Return the result of a piece, which is sent again while workers that have it are lost."""
    from concurrent.futures import CancelledError  # start-up

    from distributed import KilledWorker  # optional

    for _ in range(MOST_ATTEMPTS):
        try:
            result: Result = future.result()
            return result
        except (KilledWorker, CancelledError):
            future = _submit(client, task, piece)
    result = future.result()
    return result


#: The last worker of each thread, with its task.
_threads = threading.local()


def screen(task: bytes, piece: Piece) -> Result:
    """Screen a piece; this runs in a worker of Dask, where many pieces have the same task."""
    if getattr(_threads, "task", None) != task:
        _threads.task, _threads.worker = task, Worker(pickle.loads(task))
    worker: Worker = _threads.worker
    return worker.screen(piece)
