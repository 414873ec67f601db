"""`mergecli validate`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple

import click

from mergecli.catalog.versions import Version, version_text
from mergecli.cli import inputs, options, terminal
from mergecli.cli.reports import ReportWriter, Tally
from mergecli.compiler.settings import Config, Configs, installed_keras
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports import REPORTS, FileReport
from mergecli.importers.modules import CustomLayers

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from mergecli.cli.fix_run import FixRun

    class _Rest(options.SpecOptions):
        """The options that are used as they are written."""

        paths: tuple[str, ...]
        strict: bool | None
        fix: bool
        diff: bool
        jobs: int | None
        quiet: bool


#: More specs than this are worth the start of processes.
MANY = 300


class _Options(NamedTuple):
    """What the command line asks for."""

    paths: tuple[str, ...]
    formats: list[tuple[str, str]]
    selected: frozenset[str] | None
    ignored: frozenset[str]
    strict: bool | None
    fix: bool
    diff: bool
    jobs: int | None
    quiet: bool
    variables: Mapping[str, object]
    custom_layers: CustomLayers
    target: Version | None
    stdin_filename: str | None
    color: bool | None


class _Outcome(NamedTuple):
    """What checking one file gave; without a report where there was an internal error."""

    report: FileReport | None
    notes: list[str]
    bug: Exception | None = None


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=options.INPUT)
@options.formats_option(REPORTS)
@options.codes_option("--select", "Report these codes only; repeatable.")
@options.codes_option("--ignore", "Do not report these codes; repeatable.")
@click.option("--strict/--no-strict", default=None, help="Fail on warnings, too.")
@click.option(
    "--fix",
    is_flag=True,
    help="Apply all safe fixes, and report the remaining diagnostics.",
)
@click.option("--diff", is_flag=True, help="Show what --fix would change; write nothing.")
@options.watch_option
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1),
    help=f"How many processes work; by default one, and above {MANY} specs one for each core.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print no summary line.")
@options.backend_option
@options.verbose_option
@options.spec_options
def validate(
    formats: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    watch: bool,
    **rest: Unpack[_Rest],
) -> None:
    """Check specs: files, folders (walked for *.yaml and *.yml) or - for standard input.

    Keras is never imported. Exit code 0: no errors; 1: errors; 2: nothing to check; 3: an input could not be read.

    \f

    Raises:
        click.UsageError: Options that do not fit together, or nothing to check.
    """
    wanted = _Options(
        selected=options.read_codes(select) if select else None,
        ignored=options.read_codes(ignore),
        formats=[options.read_format(text, REPORTS) for text in formats],
        **rest,
    )
    if not watch:
        return _run(wanted)
    from mergecli.cli import watching  # start-up

    watching.check(wanted.paths)
    if wanted.fix or wanted.diff:
        raise click.UsageError("--watch cannot be used with --fix or --diff")
    watching.watch(lambda dependencies: _run(wanted, dependencies), wanted.quiet)


def _run(wanted: _Options, dependencies: inputs.Dependencies | None = None) -> None:
    """Check all files once, report, and end the program if something is wrong."""
    start = time.perf_counter()
    run = _Run(wanted, dependencies)
    run.check_all()
    if not wanted.quiet:
        terminal.flush()
        walk = run.walk
        count = len(walk.specs) + len(walk.closed)
        terminal.note(run.tally.closing(count, time.perf_counter() - start))
    if run.tally.unreadable:
        sys.exit(terminal.EXIT_UNREADABLE)
    if run.tally.failed:
        sys.exit(terminal.EXIT_ERRORS)


class _Run:
    """One check of all files."""

    def __init__(self, wanted: _Options, dependencies: inputs.Dependencies | None) -> None:
        self.wanted, self.dependencies = wanted, dependencies
        self.configs = Configs()
        self.installed: Version | None = None
        self.custom_layers = options.reread_custom_layers(
            wanted.custom_layers, dependencies is not None
        )
        self.walk = inputs.SpecWalk(wanted.paths)
        if dependencies is not None:
            dependencies.folders.update(self.walk.folders)
        if not self.walk.specs and not self.walk.closed:
            raise click.UsageError(
                f"nothing to check: no *.yaml or *.yml in {', '.join(wanted.paths)}"
            )
        self.fixes: FixRun | None = None
        if wanted.fix or wanted.diff:
            from mergecli.cli.fix_run import FixRun  # start-up

            self.fixes = FixRun(wanted.paths, wanted.fix, wanted.diff)
        self.writer = self._writer()
        self.tally = Tally()
        #: The notes about the file that is checked.
        self.notes: list[str] = []

    def check_all(self) -> None:
        """Check and report all files; an internal error in one does not prevent the others.

        Raises:
            Exception: The first internal error, after all files are checked.
        """
        wanted = self.wanted
        for folder in self.walk.empty:
            terminal.note(f"note: no *.yaml or *.yml in {folder}")
        for closed in self.walk.closed:
            self._add(FileReport(closed.filename, None, [inputs.closed_folder(closed)], True))
        broken: Exception | None = None
        # Every configuration is read before the first file is checked: a wrong one ends the run.
        tasks = [
            (
                path,
                self.configs.of_file(path, wanted.stdin_filename).over(
                    wanted.selected, wanted.ignored, wanted.strict
                ),
            )
            for path in self.walk.specs
        ]
        for task, outcome in zip(tasks, self._outcomes(tasks)):
            if outcome.report is None and outcome.bug is None:
                # Another process has had an internal error, which this one repeats to report it.
                outcome = self._attempt(task)
            for note in outcome.notes:
                terminal.note(note)
            if outcome.report is not None:
                self._add(outcome.report)
            else:
                broken = broken or outcome.bug
                terminal.note(f"{task[0]}: internal error while checking this file")
        self.writer.end()
        if broken is not None:
            raise broken
        if self.fixes is not None:
            self.fixes.end(wanted.quiet)

    def _outcomes(self, tasks: list[tuple[str, Config]]) -> Iterator[_Outcome]:
        """Yield the outcome of each file, in order, from several processes where that is faster."""
        jobs = self.wanted.jobs or (1 if len(tasks) <= MANY else 0)
        # Other processes have no standard input, and what they change stays theirs.
        alone = self.fixes is not None or self.dependencies is not None
        if jobs == 1 or alone or "-" in self.wanted.paths:
            return map(self._attempt, tasks)
        from mergecli.cli import parallel  # start-up

        jobs = jobs or parallel.cores()
        return parallel.mapped(lambda task: self._attempt(task)._replace(bug=None), tasks, jobs)

    def _attempt(self, task: tuple[str, Config]) -> _Outcome:
        """Check one file, unless its report is known, and keep an internal error."""
        path, config = task
        self.notes = []
        if self.dependencies is not None:
            known = self.dependencies.known(path)
            if known is not None:
                return _Outcome(known, [])
        try:
            checked, report = self._check(path, config)
        except MemoryError:
            raise
        except Exception as bug:
            return _Outcome(None, self.notes, bug)
        if self.dependencies is not None:
            files = self.dependencies.add(checked, self.custom_layers)
            self.dependencies.keep(path, files, report)
        return _Outcome(report, self.notes)

    def _add(self, report: FileReport) -> None:
        self.tally.add(report)
        self.writer.add(report)

    def _check(self, path: str, config: Config) -> tuple[inputs.Checked, FileReport]:
        """Check one file, with its fixes applied if that is wanted."""
        wanted = self.wanted
        target = wanted.target or config.keras or self._installed()
        checked = inputs.check(
            path, wanted.stdin_filename, wanted.variables, self.custom_layers, target
        )
        if self.fixes is not None:
            checked = self.fixes.apply(
                path, checked, config.wants, wanted.variables, self.custom_layers
            )
        self._check_choices(checked)
        diagnostics = checked.diagnostics
        if not checked.unreadable:
            diagnostics = config.reported(diagnostics)
        report = FileReport(
            checked.path, checked.source, diagnostics, checked.unreadable, config.strict
        )
        report.keras = version_text(target) if not checked.unreadable else None
        report.fixable = self._fixable(checked, config) if self.writer.offers_fixes else []
        return checked, report

    def _check_choices(self, checked: inputs.Checked) -> None:
        """Check a spec for the choices of its variables, too, if it has any."""
        compiled, wanted = checked.compiled, self.wanted
        if compiled is None or "choices" not in compiled.source.text:
            return
        from mergecli.compiler.choices import MOST_COMBINATIONS, Choices, check_choices  # start-up

        choices = Choices(compiled, wanted.variables)
        checked.compiled = check_choices(choices, self.custom_layers)
        if choices.is_sampled and not wanted.quiet:
            count = f"{MOST_COMBINATIONS} of {choices.count:,} combinations of choices"
            self.notes.append(f"note: {checked.path}: {count} are checked")

    def _installed(self) -> Version:
        """Return the version of the installed Keras, which is looked up once."""
        if self.installed is None:
            self.installed = installed_keras()
        return self.installed

    def _fixable(self, checked: inputs.Checked, config: Config) -> list[Diagnostic]:
        """Return the diagnostics that have a safe fix."""
        if checked.compiled is None or not any(d.fix for d in checked.diagnostics):
            return []
        from mergecli.compiler.fixes import fix  # start-up

        return fix(checked.compiled, self.wanted.variables, self.custom_layers, config.wants).fixed

    def _writer(self) -> ReportWriter:
        """Return where the reports go; `--fix` and `--diff` may need standard output."""
        formats, color = self.wanted.formats, self.wanted.color
        if self.fixes is not None and self.fixes.prints:
            if any(not path for _, path in formats):
                raise click.UsageError(
                    f"standard output is taken by {self.fixes.prints}; give the format a file: FORMAT=FILE"
                )
            shown = [] if self.fixes.diff else [("full", "")]
            return ReportWriter([*formats, *shown], self.walk.specs, color, sys.stderr)
        formats = formats or [(self.configs.of_folder().format or "full", "")]
        return ReportWriter(formats, self.walk.specs, color, sys.stdout)
