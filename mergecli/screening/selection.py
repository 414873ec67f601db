"""Which rows are kept: those for which an expression holds, the first by a column, a Pareto front."""

from __future__ import annotations

from typing import Iterable, Sequence

from mergecli.diagnostics.record import Record
from mergecli.screening.rows import FACTS, NUMBER, OK, Row, column_of
from mergecli.screening.space import SpaceError
from mergecli.syntax.variables import (
    MOST_WORK,
    ExpressionError,
    UnknownVariable,
    Work,
    evaluate,
)

#: What is written before a column that is to be large.
MAXIMIZE = "max:"


class Objective(Record):
    """A column, and whether small or large values are wanted.

    Attributes:
        column: The name of the column.
        sign: 1 if small values are wanted, -1 if large ones are.
    """

    column: str
    sign: int = 1

    @classmethod
    def parse(cls, text: str) -> Objective:
        """Return an objective as it is written: `macs`, or `max:score`."""
        is_largest = text.startswith(MAXIMIZE)
        return cls(text.removeprefix(MAXIMIZE).removeprefix("min:"), -1 if is_largest else 1)

    def value(self, row: Row) -> float | None:
        """Return the value to minimize; None if the row has no number in the column."""
        value = cell(row, self.column)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            return None
        return self.sign * value


def cell(row: Row, column: str) -> object:
    """Return the value of a column of a row; None if it has no such column."""
    if column in FACTS:
        return getattr(row.facts, column)
    if column in row.variables:
        return row.variables[column]
    return row.columns.get(column)


class Selection:
    """The rows to keep.

    Attributes:
        where: An expression over the columns, in the language of specs; empty for all rows.
        top, by: How many rows to keep, and by which objective.
        pareto: The objectives of the front to keep.
    """

    def __init__(
        self,
        where: str = "",
        top: int | None = None,
        by: Objective | None = None,
        pareto: Sequence[Objective] = (),
    ) -> None:
        self.where, self.top, self.by, self.pareto = where, top, by, tuple(pareto)
        self._work = Work()

    @property
    def is_reduced(self) -> bool:
        """Whether the rows are known only when all candidates are."""
        return self.top is not None or bool(self.pareto)

    @property
    def description(self) -> object:
        """What distinguishes this selection from others, as plain values."""
        objectives = [(one.column, one.sign) for one in (*self.pareto, self.by) if one is not None]
        return [self.where, self.top, objectives]

    def check(self, columns: Iterable[str]) -> None:
        """Check the names in the expression and the objectives.

        Args:
            columns: The columns that rows have.

        Raises:
            SpaceError: There is no such column, or the expression is wrong.
        """
        known = list(columns)
        for objective in (*self.pareto, self.by):
            if objective is not None and objective.column not in known:
                raise SpaceError(_no_column(objective.column, known))
        if self.where:
            try:
                evaluate(self.where, dict.fromkeys(known, 1))
            except UnknownVariable as problem:
                raise SpaceError(_no_column(problem.name, known)) from None
            except ExpressionError as problem:
                if "cannot be computed" not in problem.message:
                    hint = f"; {problem.hint}" if problem.hint else ""
                    raise SpaceError(f"--where: {problem.message}{hint}") from None

    def keeps(self, row: Row) -> bool:
        """Whether the expression holds for a row; what is compared with nothing does not hold."""
        if not self.where:
            return True
        self._work.left = MOST_WORK
        try:
            return bool(evaluate(self.where, row.columns, self._work))
        except ExpressionError:
            return False

    def reduce(self, rows: Iterable[Row]) -> list[Row]:
        """Return those of some rows that may be among the ones to keep of all, in order.

        Args:
            rows: Rows that the expression keeps: those that were reduced before, and new ones.
        """
        # Only candidates that can be built are chosen.
        rows = (row for row in rows if row.facts.verdict == OK)
        if self.pareto:
            return front(rows, self.pareto)
        return self.finish(rows)

    def finish(self, rows: Iterable[Row]) -> list[Row]:
        """Return the rows to keep of all that `reduce` has left."""
        if self.top is not None and self.by is not None:
            return first(rows, self.top, self.by)
        return list(rows)


def _no_column(name: str, known: Sequence[str]) -> str:
    from mergecli.diagnostics.suggestions import did_you_mean, listed  # start-up

    hint = did_you_mean(name, known) or f"there are {listed(known, 'and')}"
    return f"there is no column `{name}`; {hint}"


def first(rows: Iterable[Row], count: int, by: Objective) -> list[Row]:
    """Return the first rows by an objective, the best one first; of equal ones the earlier."""
    import heapq  # start-up

    keyed = ((value, row.candidate, row) for row in rows if (value := by.value(row)) is not None)
    return [row for _, _, row in heapq.nsmallest(count, keyed, key=lambda item: item[:2])]


def front(rows: Iterable[Row], objectives: Sequence[Objective]) -> list[Row]:
    """Return the rows that no other one beats in all objectives; of equal ones the first."""
    kept: list[tuple[tuple[float, ...], Row]] = []
    for row in rows:
        point = tuple(one.value(row) for one in objectives)
        known = tuple(value for value in point if value is not None)
        if len(known) < len(point) or any(_beats(other, known) for other, _ in kept):
            continue
        kept = [pair for pair in kept if not _beats(known, pair[0])]
        kept.append((known, row))
    return [row for _, row in kept]


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether a point is nowhere worse than another one."""
    return all(a <= b for a, b in zip(one, other))


def columns_of(variables: Iterable[str], extra: Iterable[str] = ()) -> list[str]:
    """Return the columns of rows with these variables and other columns, in order."""
    own = list(map(column_of, variables))
    return [NUMBER, *own, *(name for name in extra if name not in own), *FACTS]
