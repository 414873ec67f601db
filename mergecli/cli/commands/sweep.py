"""`mergecli sweep`."""

from __future__ import annotations

import io
import os
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Iterator, Mapping, Sequence

import click

from mergecli.cli import inputs, options, terminal
from mergecli.cli.progress import Progress
from mergecli.cli.reports import same_file
from mergecli.compiler.choices import choices_of
from mergecli.diagnostics import files
from mergecli.diagnostics.files import open_regular
from mergecli.diagnostics.source import Source
from mergecli.screening import plotting
from mergecli.screening.emitting import Emitter
from mergecli.screening.resuming import Output, digest
from mergecli.screening.rows import ERROR, OK, OVER_BUDGET, Row, read_rows
from mergecli.screening.running import Candidates, Result
from mergecli.screening.screener import Subject
from mergecli.screening.selection import Objective, Selection
from mergecli.screening.space import RandomSpace, Space, SpaceError, parse_axis
from mergecli.screening.sweeping import Sweep, check_names, declared_variables
from mergecli.screening.writing import FORMATS, csv_header, lines

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mergecli.catalog.versions import Version

    class _Options(options.SpecOptions):
        """The options of the command."""

        assignments: tuple[str, ...]
        random: int | None
        seed: int
        rows: str | None
        where: str
        top: int | None
        by: str | None
        pareto: str | None
        output: str | None
        form: str
        restart: bool
        batch: int
        jobs: int
        dask: str | None
        emit: str | None
        plots: tuple[str, ...]
        quiet: bool


#: How often the state of a sweep is written whose rows are known only at the end, in seconds.
CHECKPOINT_SECONDS = 10


@click.command()
@click.argument("spec", metavar="SPEC")
@click.argument("assignments", nargs=-1, metavar="[NAME=VALUES]...")
@click.option(
    "--random", type=click.IntRange(1), metavar="N", help="Take N random candidates, none twice."
)
@click.option(
    "--seed", type=options.SEED, default=0, show_default=True, help="Which random candidates."
)
@click.option(
    "--rows", metavar="FILE", help="Candidates from a CSV or JSONL file; - is standard input."
)
@click.option(
    "--where", default="", metavar="EXPRESSION", help="Keep rows for which it holds: 'macs < 5e6'."
)
@click.option(
    "--top", type=click.IntRange(1), metavar="N", help="Keep the N best rows by --by, best first."
)
@click.option("--by", metavar="COLUMN", help="Small values first; max:COLUMN large ones first.")
@click.option(
    "--pareto",
    metavar="A,B",
    help="Keep the rows that no other one beats in all of these columns; max:COLUMN for large ones.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help=f"Write rows here: .{', .'.join(FORMATS)}; continued if it is there already.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="The rows on standard output.",
)
@click.option("--restart", is_flag=True, help="Begin again, though the output is there.")
@click.option(
    "--batch",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="The samples in a batch, for the memory that is taken at once.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many processes work.",
)
@click.option(
    "--dask",
    metavar="ADDRESS",
    help="Let the workers of this Dask scheduler work: tcp://host:8786.",
)
@click.option(
    "--plot",
    "plots",
    multiple=True,
    metavar="FILE",
    help=f"Draw the candidates that are ok and the front of two --pareto columns: .{', .'.join(plotting.FORMS)}; repeatable.",
)
@click.option("--emit", metavar="DIR", help="Write the kept candidates as specs into this folder.")
@click.option("-q", "--quiet", is_flag=True, help="No progress and no summary line.")
@options.verbose_option
@options.spec_options
def sweep(spec: str, **choices: Unpack[_Options]) -> None:
    """Check many candidates of a spec, with other values of its variables, and print what each costs.

    VALUES are a,b,c or LOW:HIGH or LOW:HIGH:STEP; without NAME=VALUES, variables have the `choices` in the spec.
    Exit code 0: there are rows; 1: all candidates have errors, or none is kept; 2: wrong usage; 3: a file could not be read.

    \f

    Raises:
        click.UsageError: Options that do not fit together or the spec.
    """
    try:
        _Run(spec, choices).run()
    except SpaceError as problem:
        raise click.UsageError(str(problem)) from None


class _Run:
    """One sweep."""

    def __init__(self, spec: str, choices: _Options) -> None:
        self.choices = choices
        if choices["output"] is not None and same_file(choices["output"], spec):
            raise click.UsageError(f"{spec} would be overwritten")
        target = inputs.target_of(spec, choices["target"], choices["stdin_filename"])
        self.source = self._read(spec, target)
        settings = choices["variables"]
        variables, _ = declared_variables(self.source)
        self.declared = [str(variable.key.value) for variable in variables]
        candidates = self._candidates(choices_of(variables, settings))
        self.subject = Subject(
            self.source.text,
            self.source.path,
            settings,
            choices["custom_layers"],
            Source.allow_outside,
            choices["batch"],
            target,
        )
        form, rows, selection = self._form(), self._rows(), self._selection()
        self.sweep = Sweep(
            self.subject,
            self.declared,
            candidates,
            rows,
            selection,
            form,
            keeps_rows=choices["emit"] is not None,
            plotted=self._plotted(selection.pareto),
        )

    def _read(self, spec: str, target: Version) -> Source:
        """Return the spec, with the files that it names, as far as its defaults tell.

        If it cannot be read as one, the program ends with its errors.
        """
        choices = self.choices
        checked = inputs.check(
            spec,
            choices["stdin_filename"],
            choices["variables"],
            choices["custom_layers"],
            target,
        )
        if checked.source is None or (
            checked.compiled is not None and checked.compiled.tree is None
        ):
            inputs.report(checked, choices["color"])
            sys.exit(terminal.EXIT_UNREADABLE if checked.unreadable else terminal.EXIT_ERRORS)
        return checked.source

    def _candidates(self, known: Mapping[str, object]) -> Candidates | None:
        choices = self.choices
        if choices["rows"] is not None:
            if choices["assignments"] or choices["random"]:
                raise SpaceError("--rows has the candidates; give no values and no --random")
            return None
        axes = dict(known)
        if choices["assignments"]:
            axes = dict(map(self._axis, choices["assignments"]))
            check_names(axes, self.declared)
            for name in axes:
                if name in choices["variables"]:
                    raise SpaceError(f"`{name}` is fixed by --set and has values, too")
        if not axes:
            raise SpaceError(
                "there is nothing to vary; write NAME=VALUES, such as width=32,64,96,"
                " or `choices` in the spec"
            )
        space = Space(axes)  # type: ignore[arg-type]
        if choices["random"]:
            return RandomSpace(space, choices["random"], choices["seed"])
        return space

    def _axis(self, assignment: str) -> tuple[str, object]:
        name, separator, text = assignment.partition("=")
        if not separator or not name:
            raise SpaceError(f"{assignment!r} is not NAME=VALUES")
        return name, parse_axis(text, fine=self.choices["random"] is not None)

    def _rows(self) -> Iterator[dict[str, object]] | None:
        path = self.choices["rows"]
        if path is None:
            return None
        if path == "-":
            return read_rows(sys.stdin, path)
        try:
            file = open_regular(path)
        except OSError as problem:
            code, reason = "unreadable", problem.strerror or str(problem)
            if isinstance(problem, FileNotFoundError):
                code, reason = "not-found", "no such file"
            elif isinstance(problem, IsADirectoryError):
                code, reason = "is-folder", "is a folder, not a file of rows"
            terminal.note(f"{path}: error[{code}]: {reason}")
            sys.exit(terminal.EXIT_UNREADABLE)
        return read_rows(io.TextIOWrapper(file, encoding="utf-8-sig"), path)

    def _selection(self) -> Selection:
        choices = self.choices
        if (choices["top"] is None) != (choices["by"] is None):
            raise SpaceError("--top and --by belong together: --top 10 --by macs")
        by = Objective.parse(choices["by"]) if choices["by"] is not None else None
        pareto = [Objective.parse(part.strip()) for part in (choices["pareto"] or "").split(",")]
        return Selection(choices["where"], choices["top"], by, pareto if choices["pareto"] else ())

    def _plotted(self, pareto: Sequence[Objective]) -> plotting.Pair | None:
        """Return the columns of the plots, if some are wanted."""
        if not self.choices["plots"]:
            return None
        if len(pareto) != 2:
            raise SpaceError("--plot draws the two columns of --pareto: --pareto macs,parameters")
        for path in self.choices["plots"]:
            with terminal.missing_dependencies():
                plotting.form_of(path)
            files.prepare(path)
        return pareto[0], pareto[1]

    def _form(self) -> str:
        output = self.choices["output"]
        if output is None:
            return self.choices["form"]
        ending = os.path.splitext(output)[1].lower().removeprefix(".")
        if ending not in FORMATS:
            raise SpaceError(f"{output!r} does not end in .{', .'.join(FORMATS)}")
        if ending == "parquet":
            from mergecli.screening.parquet import check_installed  # start-up

            with terminal.missing_dependencies():
                check_installed()
        return ending

    def run(self) -> None:
        """Screen all candidates, write the rows, and end the program if there are none."""
        start = time.perf_counter()
        output = self._output()
        if output is not None and output.is_complete:
            has_more = bool(self.choices["plots"]) or self.choices["emit"] is not None
            more = ", so nothing is drawn or emitted; add --restart" if has_more else ""
            self._note(f"{output.path} is complete{more}")
            return
        writer = _Writer(self.sweep, output, self._emitter())
        first = output.start if output is not None else 0
        progress = Progress(self.sweep.total, first, self.choices["quiet"])
        try:
            with terminal.missing_dependencies():
                if self.choices["dask"] is not None:
                    from mergecli.screening.distributing import check_installed  # optional

                    check_installed()
            jobs, scheduler = self.choices["jobs"], self.choices["dask"]
            for result in self.sweep.results(first, jobs, scheduler):
                writer.add(result)
                progress.add(result.done)
        finally:
            progress.end()
        writer.end()
        if self.choices["plots"] and self.sweep.task.plotted is not None:
            front = self.sweep.task.selection.reduce(writer.kept)
            total = first + sum(writer.verdicts.values())
            pair = self.sweep.task.plotted
            for path in self.choices["plots"]:
                plotting.write(path, self.subject, pair, writer.cloud, front, total)
        self._close(writer, first, time.perf_counter() - start)

    def _output(self) -> Output | None:
        path, rows = self.choices["output"], self.choices["rows"]
        if path is None:
            return None
        if rows == "-":
            # What comes from a pipe comes once.
            return Output(path, self.sweep.task, os.urandom(8).hex(), self.choices["restart"])
        mark = digest(self.sweep.task, self.source.named, rows)
        return Output(path, self.sweep.task, mark, self.choices["restart"])

    def _emitter(self) -> Emitter | None:
        folder = self.choices["emit"]
        if folder is None:
            return None
        named = bool(self.source.named)
        return Emitter(self.source, named, folder, self.choices["variables"])

    def _close(self, writer: _Writer, first: int, seconds: float) -> None:
        """Print the summary line, and end the program if no row is kept."""
        verdicts = writer.verdicts
        total = sum(verdicts.values())
        failed = not writer.written and (not first or self.sweep.task.selection.is_reduced)
        if verdicts[ERROR] == total and total and not first:
            failed = True
        if not self.choices["quiet"]:
            terminal.flush()
            counts = [f"{verdicts[OK]:,} ok"]
            counts += [f"{verdicts[OVER_BUDGET]:,} over budget"] * bool(verdicts[OVER_BUDGET])
            counts += [f"{verdicts[ERROR]:,} with errors"] * bool(verdicts[ERROR])
            before = f" after the first {first:,}" if first else ""
            rate = f"{seconds:.1f} s, {total / max(seconds, 1e-9):,.0f}/s"
            plural = "" if total == 1 else "s"
            terminal.note(
                f"{total:,} candidate{plural}{before}: {', '.join(counts)};"
                f" {writer.written:,} row{'' if writer.written == 1 else 's'} ({rate})"
            )
            if failed and writer.message is not None:
                terminal.note(f"the first error: {writer.message}")
        if failed:
            sys.exit(terminal.EXIT_ERRORS)

    def _note(self, text: str) -> None:
        if not self.choices["quiet"]:
            terminal.note(text)


class _Writer:
    """Writes rows to a file or to standard output, and counts.

    Attributes:
        verdicts: How many candidates have each verdict.
        written: How many rows are written.
        message: The message of the first candidate with an error.
    """

    def __init__(self, sweep: Sweep, output: Output | None, emitter: Emitter | None) -> None:
        self.task, self.output, self.emitter = sweep.task, output, emitter
        self.verdicts: Counter[str] = Counter()
        self.written = 0
        self.message: str | None = None
        self.kept: list[Row] = list(output.kept) if output is not None else []
        self.cloud = output.cloud if output is not None else plotting.Cloud()
        self.checked = time.monotonic()
        if output is None and self.task.form == "csv":
            terminal.emit(csv_header(self.task.columns))

    def add(self, result: Result) -> None:
        """Add what a piece has given."""
        self.verdicts.update(result.verdicts)
        self.message = self.message or result.message
        self.cloud.add(result.points)
        selection = self.task.selection
        if not selection.is_reduced:
            self.written += result.written
            self._write(result.text)
            self._emit(result.rows)
            return
        self.kept = selection.reduce([*self.kept, *result.rows])
        now = time.monotonic()
        if self.output is not None and now - self.checked >= CHECKPOINT_SECONDS:
            self.checked = now
            self.output.checkpoint(result.start + result.done, self.kept, self.cloud)

    def end(self) -> None:
        """Write what is known only at the end."""
        selection = self.task.selection
        if selection.is_reduced:
            rows = selection.finish(self.kept)
            self.written = len(rows)
            self._write(lines(rows, self.task.form, self.task.columns))
            self._emit(rows)
        if self.output is not None:
            self.output.complete()

    def _write(self, text: str) -> None:
        if not text:
            return
        if self.output is not None:
            self.output.append(text)
        else:
            terminal.emit(text)

    def _emit(self, rows: Sequence[Row]) -> None:
        for row in rows if self.emitter is not None else ():
            assert self.emitter is not None
            self.emitter.write(row)
