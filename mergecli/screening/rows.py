"""Rows: what is known of a candidate, its columns, and candidates from a file."""

from __future__ import annotations

import json
from itertools import chain
from typing import IO, Final, Iterable, Iterator, Literal, Mapping, NamedTuple

from mergecli.diagnostics.source import Source
from mergecli.screening.space import SpaceError
from mergecli.syntax.yaml_reader import read

#: The verdicts about a candidate.
Verdict = Literal["ok", "over-budget", "error"]
OK: Final = "ok"
OVER_BUDGET: Final = "over-budget"
ERROR: Final = "error"


class CandidateFacts(NamedTuple):
    """What a check of a candidate comes to.

    Attributes:
        verdict: "ok", "over-budget" if only budgets are exceeded, or "error".
        codes: The codes of the errors, each once.
        message: The message of the first error; None without errors.
        layers: The number of layers. This and the numbers below are None after an error.
        parameters: The sum of all parameters; None where one is not known without Keras.
        trainable_parameters: How many of them are trained.
        macs: Multiply-accumulates for one sample; None where a size is not known.
        weight_bytes: The size of all weights in bytes.
        activation_bytes: The size of all results for one sample in bytes.
        memory_bytes: The most bytes that are taken at once in inference, for a batch.
        training_memory_bytes: The most that are taken in training.
    """

    verdict: Verdict
    codes: tuple[str, ...] = ()
    message: str | None = None
    layers: int | None = None
    parameters: int | None = None
    trainable_parameters: int | None = None
    macs: int | None = None
    weight_bytes: int | None = None
    activation_bytes: int | None = None
    memory_bytes: int | None = None
    training_memory_bytes: int | None = None


#: The columns of a row beside the variables and those that a file of rows has.
FACTS = CandidateFacts._fields
#: The columns that are numbers.
NUMBERS = FACTS[3:]
NUMBER = "candidate"


class Row(NamedTuple):
    """A candidate and what is known of it.

    Attributes:
        candidate: Its number in the sweep, from 0.
        variables: The values of its variables.
        facts: What a check of it comes to.
        extra: The other columns of its row, where rows come from a file.
    """

    candidate: int
    variables: Mapping[str, object]
    facts: CandidateFacts
    extra: Mapping[str, object] = {}

    @property
    def columns(self) -> dict[str, object]:
        """All columns by their names, in order."""
        cells: dict[str, object] = {NUMBER: self.candidate}
        for name, value in self.variables.items():
            cells[column_of(name)] = value
        for name, value in self.extra.items():
            cells.setdefault(name, value)
        cells.update(zip(FACTS, self.facts))
        return cells


def column_of(variable: str) -> str:
    """Return the column of a variable: its name, or `vars.name` if a fact has that name.

    >>> column_of("width"), column_of("layers")
    ('width', 'vars.layers')
    """
    return f"vars.{variable}" if variable in FACTS or variable == NUMBER else variable


def read_rows(stream: IO[str], path: str) -> Iterator[dict[str, object]]:
    """Yield the rows of a CSV or a JSONL file, one at a time.

    The form is that of the file's ending; of standard input, that of its first character. The cells
    of a CSV file are YAML, so that `1` is a number and `relu` is a string.

    Args:
        stream: The file.
        path: Its path, for messages; `-` is standard input.

    Raises:
        SpaceError: A row has another form.
    """
    first = stream.readline()
    lines = chain([first], stream)
    if path.endswith(".jsonl") or (not path.endswith(".csv") and first.lstrip().startswith("{")):
        yield from _json_rows(lines, path)
    else:
        yield from _csv_rows(lines, path)


def _json_rows(lines: Iterator[str], path: str) -> Iterator[dict[str, object]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as problem:
            raise SpaceError(f"{path}:{number}: not JSON: {problem}") from None
        if not isinstance(row, dict):
            raise SpaceError(f"{path}:{number}: a row must be an object, found {line.strip():.40}")
        yield row


def _csv_rows(lines: Iterator[str], path: str) -> Iterator[dict[str, object]]:
    import csv  # start-up

    reader = csv.reader(lines)
    header = next(reader, None)
    if not header:
        raise SpaceError(f"{path}: a file of rows begins with a line of column names")
    header = [name.strip() for name in header]
    values: dict[str, object] = {}
    for cells in reader:
        if not cells:
            continue
        if len(cells) != len(header):
            message = f"expected {len(header)} cells, found {len(cells)}"
            raise SpaceError(f"{path}:{reader.line_num}: {message}")
        if len(values) > 10_000:
            values.clear()
        for cell in cells:
            if cell not in values:
                values[cell] = _cell(cell)
        yield {name: values[cell] for name, cell in zip(header, cells)}


def _cell(text: str) -> object:
    """Return the value of a cell, which is YAML; a string where it is not."""
    tree, problems = read(Source(text, "cell")) if text.strip() else (None, [])
    return text if problems or tree is None else tree.data()


def split_row(
    row: Mapping[str, object], declared: Iterable[str]
) -> tuple[dict[str, object], dict[str, object]]:
    """Return the variables in a row of a file, and its other columns.

    The facts of an earlier sweep are left out, since they are determined again.

    Args:
        row: The row.
        declared: The names of the variables of the spec.
    """
    own = {column_of(name): name for name in declared}
    variables = {own[name]: value for name, value in row.items() if name in own}
    extra = {
        name: value
        for name, value in row.items()
        if name not in own and name not in FACTS and name != NUMBER
    }
    return variables, extra
