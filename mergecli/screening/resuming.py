"""Outputs of sweeps that can be continued, and the header that says of which sweep one is.

The header is a file beside the output, `FILE.sweep`, so that the output has nothing but rows.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any, Iterable, Sequence

from mergecli.diagnostics import files
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.version import __version__
from mergecli.screening.plotting import Cloud
from mergecli.screening.rows import NUMBER, CandidateFacts, Row
from mergecli.screening.running import Task
from mergecli.screening.space import SpaceError
from mergecli.screening.writing import csv_header

#: What is added to the path of an output for the path of its header.
HEADER = ".sweep"
#: The rows of a Parquet file are collected in a file of this ending beside it.
COLLECTED = ".jsonl"
_BLOCK = 1 << 16


class Header(Record):
    """What is known of an output.

    Attributes:
        digest: Of which sweep it is.
        done: How many candidates are screened, where the rows are known only at the end; else 0.
        kept: The rows that may be among those to write, of these candidates.
        cloud: What a plot shows of these candidates.
        is_complete: Whether it has all rows.
    """

    digest: str
    done: int
    kept: Sequence[Row]
    cloud: Cloud
    is_complete: bool


def digest(task: Task, paths: Iterable[str], rows: str | None) -> str:
    """Return what distinguishes a sweep from others: its spec, files, space, options and version.

    Args:
        task: The sweep.
        paths: The files that the spec names.
        rows: The path of the file of rows, if candidates are from one.

    Raises:
        OSError: The file of rows cannot be read.
    """
    space = task.candidates.description if task.candidates is not None else _hash_of(rows or "")
    named = [[path, _hash_of(path) if os.path.isfile(path) else ""] for path in sorted(paths)]
    settings = {name: repr(value) for name, value in sorted(task.subject.settings.items())}
    known = [
        __version__,
        task.subject.text,
        named,
        settings,
        space,
        task.selection.description,
        task.columns,
        task.form,
        task.plotted,
    ]
    return hashlib.sha256(json.dumps(known, default=str).encode()).hexdigest()


def _hash_of(path: str) -> str:
    hashed = hashlib.sha256()
    with files.open_regular(path) as file:
        while block := file.read(_BLOCK):
            hashed.update(block)
    return hashed.hexdigest()


class Output:
    """The file that rows are written to.

    Attributes:
        path: The file.
        rows_path: Where rows are collected: the file, or one beside it for Parquet.
        start: The number of the first candidate that is not done.
        kept: The rows that may be among those to write, of the candidates before that number.
        cloud: What a plot shows of these candidates.
        is_complete: Whether there is nothing left to do.
    """

    def __init__(self, path: str, task: Task, mark: str, restart: bool = False) -> None:
        """Read what is there already, and begin a new file where nothing is.

        Args:
            path: The file.
            task: The sweep.
            mark: What `digest` returns.
            restart: Whether to begin again, whatever is there.

        Raises:
            SpaceError: The file is there, and is not of this sweep.
            Unwritable: It cannot be written.
        """
        self.path, self.task, self.digest = path, task, mark
        self.rows_path = path + COLLECTED if task.form == "parquet" else path
        self.start, self.kept, self.is_complete = 0, list[Row](), False
        self.cloud = Cloud()
        header = None if restart else read_header(path + HEADER)
        if header is not None and header.digest == mark:
            self._resume(header)
        elif os.path.exists(path) and not restart:
            raise SpaceError(
                f"{path} exists and is not of this sweep; --restart replaces it, or name another"
            )
        else:
            files.prepare(path)
            self._write_header()
            self._begin()

    def _begin(self) -> None:
        files.write(self.rows_path, self._first_line())

    def _first_line(self) -> str:
        return csv_header(self.task.columns) if self.task.form == "csv" else ""

    def _resume(self, header: Header) -> None:
        self.is_complete = header.is_complete and os.path.exists(self.path)
        if self.is_complete:
            return
        if self.task.selection.is_reduced:
            self.start, self.kept, self.cloud = header.done, list(header.kept), header.cloud
            self._begin()
            return
        if not os.path.exists(self.rows_path):
            self._begin()
            return
        last = files.cut_last_line(self.rows_path).decode("utf-8")
        if not last or last == self._first_line().rstrip("\n"):
            self._begin()
        else:
            cell = last.split(",", 1)[0] if self.task.form == "csv" else json.loads(last)[NUMBER]
            self.start = int(cell) + 1

    def append(self, text: str) -> None:
        """Write lines to the end of the file.

        Raises:
            Unwritable: They cannot be written.
        """
        files.append(self.rows_path, text)

    def checkpoint(self, done: int, kept: Sequence[Row], cloud: Cloud) -> None:
        """Record how far a sweep has come whose rows are known only at the end."""
        self._write_header(done, kept, cloud)

    def complete(self) -> None:
        """Record that all rows are written.

        Raises:
            Unwritable: The file cannot be written.
        """
        if self.task.form == "parquet":
            from mergecli.screening.parquet import convert  # optional

            convert(self.rows_path, self.path, self.task.columns)
            os.remove(self.rows_path)
        self._write_header(is_complete=True)

    def _write_header(
        self,
        done: int = 0,
        kept: Sequence[Row] = (),
        cloud: Cloud | None = None,
        is_complete: bool = False,
    ) -> None:
        known = {
            "mergecli": __version__,
            "sweep": self.digest,
            "complete": is_complete,
            "done": done,
            "kept": [[row.candidate, row.variables, row.facts, row.extra] for row in kept],
            "cloud": [cloud.points, cloud.stride] if cloud is not None else [],
        }
        files.write(self.path + HEADER, json.dumps(known, default=str) + "\n")


def read_header(path: str) -> Header | None:
    """Return a header; None if there is none, or none that can be read."""
    try:
        with files.open_regular(path) as file:
            known: dict[str, Any] = json.loads(file.read())
        kept = [
            Row(number, variables, CandidateFacts(facts[0], tuple(facts[1]), *facts[2:]), extra)
            for number, variables, facts, extra in known["kept"]
        ]
        cloud = Cloud(*known["cloud"])
        return Header(known["sweep"], known["done"], kept, cloud, known["complete"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None
