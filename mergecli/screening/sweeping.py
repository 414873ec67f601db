"""A sweep as a whole: the spec and the options are checked, then the rows come in order."""

from __future__ import annotations

import itertools
from typing import Iterable, Iterator, Mapping, Sequence

from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink, has_errors
from mergecli.diagnostics.source import Source
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.screening.plotting import Pair
from mergecli.screening.rows import Row, split_row
from mergecli.screening.running import Candidates, Pieces, Result, Task, run
from mergecli.screening.screener import Subject
from mergecli.screening.selection import Selection, columns_of
from mergecli.screening.space import Space, SpaceError
from mergecli.syntax import ast, parser
from mergecli.syntax.yaml_reader import read

#: How long a piece takes, in seconds, so that the progress is seen and little is lost.
PIECE_SECONDS = 0.5


def declared_variables(
    source: Source,
) -> tuple[tuple[ast.Variable, ...], list[Diagnostic]]:
    """Return the variables that a spec declares, and the errors if it is not a spec at all."""
    tree, diagnostics = read(source)
    sink = DiagnosticSink()
    spec = parser.parse(tree, sink) if tree is not None else None
    if spec is None:
        return (), [*diagnostics, *sink]
    own = [d for d in sink if has_errors([d])]
    return spec.variables, own if not spec.variables else []


def check_names(names: Iterable[str], declared: Sequence[str]) -> None:
    """Check that a spec declares variables.

    Raises:
        SpaceError: It does not.
    """
    for name in names:
        if name not in declared:
            known = f"there are {listed(declared, 'and')}" if declared else "the spec declares none"
            hint = did_you_mean(name, declared) or known
            raise SpaceError(f"the spec has no variable `{name}`; {hint}")


class Sweep:
    """A sweep whose options are checked.

    Attributes:
        task: What is screened.
        total: The number of candidates; None if they are rows of a file.
        ignored: The columns of a file of rows that are not variables.
    """

    def __init__(
        self,
        subject: Subject,
        declared: Sequence[str],
        candidates: Candidates | None,
        rows: Iterator[Mapping[str, object]] | None,
        selection: Selection,
        form: str = "",
        keeps_rows: bool = False,
        plotted: Pair | None = None,
    ) -> None:
        """Check the names of variables and columns.

        Args:
            subject: The spec.
            declared: The names of its variables.
            candidates: The candidates.
            rows: The candidates as rows of a file, instead.
            selection: Which rows are kept.
            form: The format in which rows are written.
            keeps_rows: Whether rows that are written are kept, too.
            plotted: The columns of a plot of all candidates, if one is wanted.

        Raises:
            SpaceError: There is no such variable or column, or a row has none of the variables.
        """
        extra: list[str] = []
        if candidates is not None:
            space = candidates if isinstance(candidates, Space) else candidates.space
            names = list(space.axes)
            check_names(names, declared)
        else:
            names, extra, rows = _names_of(rows or iter(()), declared)
        self.ignored = extra
        columns = tuple(columns_of(names, extra))
        selection.check(columns)
        self.task = Task(subject, candidates, selection, tuple(declared), columns, form, keeps_rows)
        self.task = self.task._replace(plotted=plotted)
        self.total = candidates.size if candidates is not None else None
        self._rows = rows

    def results(
        self, start: int = 0, jobs: int = 1, scheduler: str | None = None
    ) -> Iterator[Result]:
        """Yield what screening each piece gives, in order.

        Args:
            start: The number of the first candidate.
            jobs: How many processes work.
            scheduler: The address of a Dask scheduler, whose workers work instead.
        """
        rows = itertools.islice(self._rows or (), start, None)
        if scheduler is None:
            yield from run(self.task, Pieces(self.task, start, rows, PIECE_SECONDS), jobs)
            return
        from mergecli.screening import distributing  # optional

        pieces = Pieces(self.task, start, rows, distributing.SECONDS)
        yield from distributing.run_distributed(self.task, pieces, scheduler)

    def rows(self, jobs: int = 1) -> Iterator[Row]:
        """Yield the rows that are kept, in order."""
        selection, kept = self.task.selection, list[Row]()
        for result in self.results(jobs=jobs):
            if not selection.is_reduced:
                yield from result.rows
            else:
                kept = selection.reduce([*kept, *result.rows])
        yield from selection.finish(kept)


def _names_of(
    rows: Iterator[Mapping[str, object]], declared: Sequence[str]
) -> tuple[list[str], list[str], Iterator[Mapping[str, object]]]:
    """Return the variables and the other columns of the first row, and all rows.

    Raises:
        SpaceError: It has no variables.
    """
    first = next(rows, None)
    if first is None:
        return [], [], iter(())
    variables, extra = split_row(first, declared)
    if not variables:
        known = f"it declares {listed(declared, 'and')}" if declared else "it declares none"
        columns = listed(list(map(str, first)), "and")
        raise SpaceError(f"no column of the rows is a variable of the spec: {columns}; {known}")
    return list(variables), list(extra), itertools.chain([first], rows)
