"""The plot of a sweep: all candidates by two columns, and their front."""

from __future__ import annotations

import os
import shlex
from typing import Iterable, Sequence

from mergecli.diagnostics import files
from mergecli.diagnostics.silence import silence
from mergecli.exporters.formats import PICTURES, PictureOptions, check_installed
from mergecli.exporters.pictures.scatter import Point, Scatter
from mergecli.screening.rows import OK, Row
from mergecli.screening.screener import Subject, check
from mergecli.screening.selection import Objective
from mergecli.screening.space import SpaceError
from mergecli.syntax.quoting import flow

#: The formats of plots.
FORMS = ("svg", "png", "html")
#: The most points of a plot beside the front, and the most pictures in a page.
MOST_POINTS, MOST_PICTURES = 4_000, 40

Pair = tuple[Objective, Objective]


def form_of(path: str) -> str:
    """Return the format of a plot by the ending of its file.

    Raises:
        SpaceError: It has another ending.
        MissingDependencyError: What draws it is not installed.
    """
    form = os.path.splitext(path)[1].lower().removeprefix(".")
    if form not in FORMS:
        raise SpaceError(f"{path!r} does not end in .{', .'.join(FORMS)}")
    if form != "svg":
        check_installed(PICTURES, form)
    return form


def points_of(rows: Iterable[Row], pair: Pair) -> list[tuple[int, float, float]]:
    """Return the number and the two columns of each row without errors that has both."""
    found = []
    for row in rows:
        x, y = pair[0].value(row), pair[1].value(row)
        if row.facts.verdict == OK and x is not None and y is not None:
            found.append((row.candidate, pair[0].sign * x, pair[1].sign * y))
    return found


class Cloud:
    """The points of a plot; of very many every second, fourth and so on is kept.

    Attributes:
        points: The numbers of candidates, with the values of both columns.
        stride: Of how many candidates one is kept.
    """

    def __init__(self, points: Iterable[tuple[int, float, float]] = (), stride: int = 1) -> None:
        self.points = [(number, x, y) for number, x, y in points]
        self.stride = stride

    def add(self, points: Sequence[tuple[int, float, float]]) -> None:
        """Add points."""
        self.points += [point for point in points if point[0] % self.stride == 0]
        while len(self.points) > MOST_POINTS:
            self.stride *= 2
            self.points = [point for point in self.points if point[0] % self.stride == 0]


def write(
    path: str, subject: Subject, pair: Pair, cloud: Cloud, front: Sequence[Row], total: int
) -> None:
    """Draw the plot of a sweep.

    Args:
        path: The file.
        subject: The spec.
        pair: The columns.
        cloud: The candidates.
        front: Those of the front.
        total: How many candidates there are.

    Raises:
        Unwritable: The file cannot be written.
    """
    best = [
        Point(number, x, y, _values(row))
        for row, (number, x, y) in zip(front, points_of(front, pair))
    ]
    points = [Point(*point) for point in cloud.points]
    count = f"{total:,} candidates, {len(best):,} on the front"
    title = f"{subject.source().stem}: {count}"
    scatter = Scatter(points, best, (pair[0].column, pair[1].column), title)
    form = form_of(path)
    if form == "png":
        from mergecli.exporters.pictures.graphviz import draw_placed  # start-up

        with silence():
            data = draw_placed(scatter.dot())
        _write(path, data)
    elif form == "svg":
        files.write(path, scatter.svg())
    else:
        from mergecli.exporters.page.scatter_page import page  # start-up

        pictures = {row.candidate: _picture(subject, row) for row in front[:MOST_PICTURES]}
        commands = {row.candidate: _command(subject, row) for row in front[MOST_PICTURES:]}
        files.write(path, page(scatter, pictures, commands))


def _write(path: str, data: bytes) -> None:
    temporary = files.temporary_path(path)
    try:
        files.write_temporary(temporary, data, path)
        files.move([(temporary, path)])
    finally:
        files.remove([temporary])


def _values(row: Row) -> str:
    return ", ".join(f"{name} {flow(value)}" for name, value in row.variables.items())


def _picture(subject: Subject, row: Row) -> bytes:
    """Return the picture of a candidate as SVG."""
    network = check(subject, row.variables).network
    assert network is not None
    options = PictureOptions("auto", "light", "TB", "parameters", None, [])
    data: bytes = PICTURES["svg"].load()(network, "svg", options)
    return data


def _command(subject: Subject, row: Row) -> str:
    values = {**subject.settings, **row.variables}
    sets = [f"--set {shlex.quote(f'{name}={flow(value)}')}" for name, value in values.items()]
    return f"mergecli plot {shlex.quote(subject.path)} {' '.join(sets)}"
