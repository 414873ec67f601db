"""Candidates -> rows, in order, in this process or in several, in pieces that fit the memory."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, deque
from itertools import islice
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, NamedTuple, Sequence, Union

from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Source
from mergecli.screening.plotting import Pair, points_of
from mergecli.screening.rows import Row, split_row
from mergecli.screening.screener import Screener, Subject
from mergecli.screening.selection import Selection
from mergecli.screening.space import RandomSpace, Space
from mergecli.screening.writing import lines

if TYPE_CHECKING:
    from concurrent.futures import Future

#: How many candidates the first piece has, and how many a piece may have.
FIRST_PIECE, LARGEST_PIECE = 16, 20_000
#: How many pieces wait for each process, so that none has to wait for work.
PIECES_AHEAD = 2

Candidates = Union[Space, RandomSpace]


class Task(Record):
    """A sweep; it can be sent to another process.

    Attributes:
        subject: The spec.
        candidates: The candidates; None if they are rows of a file.
        selection: Which rows are kept.
        declared: The names of the variables of the spec.
        columns: The columns of a row.
        form: The format in which rows are written; empty if they are only kept.
        keeps_rows: Whether rows that are written are kept, too.
        plotted: The columns of a plot of all candidates, if one is wanted.
    """

    subject: Subject
    candidates: Candidates | None
    selection: Selection
    declared: tuple[str, ...]
    columns: tuple[str, ...]
    form: str = ""
    keeps_rows: bool = False
    plotted: Pair | None = None


class Piece(NamedTuple):
    """Some candidates in a row.

    Attributes:
        start, size: The number of the first one, and how many there are.
        rows: Their rows, if they are from a file.
    """

    start: int
    size: int
    rows: list[Mapping[str, object]] | None = None


class Result(NamedTuple):
    """What screening a piece has given.

    Attributes:
        start, done: The number of the first candidate, and how many there are.
        verdicts: How many candidates have each verdict.
        message: The message of the first candidate with an error; None if there is none.
        rows: The rows that are kept, if they are not written at once.
        written: How many rows are written in `text`.
        text: The rows that are kept, as they are written.
        seconds: How long it took.
        points: The candidates of a plot with their two columns.
    """

    start: int
    done: int
    verdicts: Mapping[str, int]
    message: str | None
    rows: list[Row]
    written: int
    text: str
    seconds: float
    points: Sequence[tuple[int, float, float]] = ()


class Worker:
    """Screens pieces of a sweep in one process.

    Args:
        task: The sweep.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        Source.allow_outside = Source.allow_outside or task.subject.allow_outside
        self.screener = Screener(task.subject)

    def screen(self, piece: Piece) -> Result:
        """Screen the candidates of a piece."""
        start = time.perf_counter()
        task, selection = self.task, self.task.selection
        verdicts: Counter[str] = Counter()
        message: str | None = None
        kept: list[Row] = []
        for row in self.rows(piece):
            verdicts[row.facts.verdict] += 1
            if message is None and row.facts.codes:
                message = row.facts.message
            if selection.keeps(row):
                kept.append(row)
        points = points_of(kept, task.plotted) if task.plotted is not None else ()
        if selection.is_reduced:
            kept = selection.reduce(kept)
        text, count = "", len(kept)
        if task.form and not selection.is_reduced:
            text = lines(kept, task.form, task.columns)
            kept = kept if task.keeps_rows else []
        seconds = time.perf_counter() - start
        return Result(
            piece.start, piece.size, verdicts, message, kept, count, text, seconds, points
        )

    def rows(self, piece: Piece) -> Iterator[Row]:
        """Yield the row of each candidate of a piece."""
        facts, space = self.screener.facts, self.task.candidates
        if space is not None:
            for number in range(piece.start, piece.start + piece.size):
                variables = space[number]
                yield Row(number, variables, facts(variables))
        for number, cells in enumerate(piece.rows or (), piece.start):
            variables, extra = split_row(cells, self.task.declared)
            yield Row(number, variables, facts(variables), extra)


class Pieces:
    """The candidates of a sweep in pieces whose size follows from how long they take.

    Args:
        task: The sweep.
        start: The number of the first candidate.
        rows: The rows from that number on, if the candidates are from a file.
        seconds: How long a piece should take.
    """

    def __init__(
        self, task: Task, start: int, rows: Iterable[Mapping[str, object]], seconds: float
    ) -> None:
        self.task, self.next, self.seconds = task, start, seconds
        self._rows = iter(rows)
        self._size = FIRST_PIECE

    def take(self) -> Piece | None:
        """Return the next piece; None after the last candidate."""
        space = self.task.candidates
        rows = None
        count = self._size
        if space is None:
            rows = list(islice(self._rows, count))
            count = len(rows)
        else:
            count = min(count, len(space) - self.next)
        if count <= 0:
            return None
        piece = Piece(self.next, count, rows)
        self.next += count
        return piece

    def learn(self, result: Result) -> None:
        """Adapt the size of the next pieces to how long one has taken."""
        rate = result.done / max(result.seconds, 1e-6)
        wanted = int(rate * self.seconds)
        self._size = max(FIRST_PIECE, min(wanted, 4 * self._size, LARGEST_PIECE))


def run(task: Task, pieces: Pieces, jobs: int = 1) -> Iterator[Result]:
    """Screen all pieces, and yield their results in order.

    Args:
        task: The sweep.
        pieces: Its candidates.
        jobs: How many processes work; with 1, this one does.

    Raises:
        RuntimeError: A process has ended before its work was done.
    """
    if jobs > 1:
        yield from _run_processes(task, pieces, jobs)
        return
    worker = Worker(task)
    while (piece := pieces.take()) is not None:
        result = worker.screen(piece)
        pieces.learn(result)
        yield result


def _run_processes(task: Task, pieces: Pieces, jobs: int) -> Iterator[Result]:
    from concurrent.futures import ProcessPoolExecutor  # start-up
    from concurrent.futures.process import BrokenProcessPool  # start-up
    from multiprocessing import get_context  # start-up

    # A fork starts at once, but one of a process with threads may hang.
    can_fork = hasattr(os, "fork") and threading.active_count() == 1
    context = get_context("fork" if can_fork else "spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(task,)) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            while True:
                while len(waiting) < jobs * PIECES_AHEAD and (piece := pieces.take()) is not None:
                    waiting.append(pool.submit(_screen, piece))
                if not waiting:
                    break
                # The rows are in order, so the first piece is waited for; others are held meanwhile.
                result = waiting.popleft().result()
                pieces.learn(result)
                yield result
        except BrokenProcessPool:
            raise RuntimeError("a process ended before its work was done") from None
        finally:
            for future in waiting:
                future.cancel()


#: The worker of a process that `--jobs` has started.
_worker: Worker | None = None


def _begin(task: Task) -> None:
    """Prepare a process."""
    import gc  # start-up
    import signal  # start-up

    global _worker
    gc.set_threshold(100_000)
    # Ctrl-C ends the process that has started this one, which ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = Worker(task)


def _screen(piece: Piece) -> Result:
    assert _worker is not None
    return _worker.screen(piece)
