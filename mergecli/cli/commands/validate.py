"""`mergecli validate`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Callable

import click

from mergecli.cli import reports as output
from mergecli.cli import terminal
from mergecli.cli.terminal import EXIT_ERRORS, EXIT_UNREADABLE
from mergecli.compiler import settings as config
from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.diagnostics.reports import REPORTS, FileReport
from mergecli.importers.modules import CustomLayers

if TYPE_CHECKING:
    from mergecli.cli.fix_run import Fixes
    from mergecli.cli.watching import Seen


@click.command(short_help="Check specs; mend what can be mended.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    shell_complete=lambda context, parameter, incomplete: [
        name for name in REPORTS if name.startswith(incomplete)
    ],
    help=f"{', '.join(REPORTS)}; repeat it to write several, each to a FILE.",
)
@click.option(
    "--select",
    multiple=True,
    metavar="CODE",
    shell_complete=terminal.complete_code,
    help="Report these codes only; repeatable.",
)
@click.option(
    "--ignore",
    multiple=True,
    metavar="CODE",
    shell_complete=terminal.complete_code,
    help="Do not report these codes; repeatable.",
)
@click.option("--strict/--no-strict", default=None, help="Warnings fail, too.")
@click.option(
    "--fix",
    is_flag=True,
    help="Mend in the files what can be mended for certain; what is left is reported.",
)
@click.option("--diff", is_flag=True, help="Show what --fix would do, and write nothing.")
@terminal.watch_option
@click.option("-q", "--quiet", is_flag=True, help="No closing line.")
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def validate(
    paths: tuple[str, ...],
    formats: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    strict: bool | None,
    fix: bool,
    diff: bool,
    watch: bool,
    quiet: bool,
    settings: dict[str, Any],
    modules: CustomLayers,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Check specs: files, folders (walked for *.yaml and *.yml) or - for standard input.

    Keras is never imported. Exit code 0: no errors; 1: errors; 2: nothing to check; 3: an input could not be read.
    """
    selected = terminal.codes_of(select) if select else None
    ignored = terminal.codes_of(ignore)

    def answer(seen: Seen | None = None) -> None:
        start = time.perf_counter()
        configs = config.Configs()
        customs = terminal.again(modules, seen)
        walk = terminal.Walk(paths)
        specs = walk.specs
        if seen is not None:
            seen.folders.update(walk.folders)
        if not specs and not walk.closed:
            raise click.UsageError(f"nothing to check: no *.yaml or *.yml in {', '.join(paths)}")
        fixes = None
        if fix or diff:
            from mergecli.cli.fix_run import Fixes

            fixes = Fixes(paths, fix, diff)
        reports = _reports(formats, configs, specs, color, fixes)
        tally = Tally()
        broken: Exception | None = None
        for folder in walk.empty:
            terminal.note(f"note: no *.yaml or *.yml in {folder}")
        for problem in walk.closed:
            report = FileReport(
                problem.filename,
                None,
                [error(None, "unreadable", problem.strerror or str(problem))],
                True,
            )
            tally.add(report)
            reports.add(report)
        for path, chosen in [
            (path, configs.of_file(path, stdin_filename).over(selected, ignored, strict))
            for path in specs
        ]:
            known = seen.known(path) if seen is not None else None
            if known is not None:
                tally.add(known)
                reports.add(known)
                continue
            try:
                checked = terminal.check(path, stdin_filename, settings, customs)
                if fixes is not None:
                    checked = fixes.apply(path, checked, chosen.wants, settings, customs)
                fixable = (
                    _fixable(checked, chosen.wants, settings, customs)
                    if reports.offers_fixes
                    else []
                )
            except Exception as bug:
                # One in one file must not keep the others from being checked.
                broken = broken or bug
                terminal.note(f"{path}: mergecli stumbled over this file")
                continue
            diagnostics = (
                checked.diagnostics if checked.unreadable else chosen.reported(checked.diagnostics)
            )
            report = FileReport(
                checked.path, checked.source, diagnostics, checked.unreadable, chosen.strict
            )
            report.fixable = fixable
            if seen is not None:
                seen.keep(path, seen.add(checked, customs), report)
            tally.add(report)
            reports.add(report)
        reports.end()
        if broken is not None:
            raise broken
        if fixes is not None:
            fixes.end(quiet)
        if not quiet:
            sys.stdout.flush()
            terminal.note(tally.closing(len(specs) + len(walk.closed), time.perf_counter() - start))
        if tally.unreadable:
            sys.exit(EXIT_UNREADABLE)
        if tally.failed:
            sys.exit(EXIT_ERRORS)

    if not watch:
        return answer()
    from mergecli.cli import watching

    watching.check(paths)
    if fix or diff:
        raise click.UsageError("--watch looks on while you write; leave --fix and --diff out")
    watching.watch(answer, quiet)


def _fixable(
    checked: terminal.Checked,
    wants: Callable[[str], bool],
    settings: dict[str, Any],
    customs: CustomLayers,
) -> list[Diagnostic]:
    """Return the diagnostics that have a safe fix."""
    if checked.compiled is None or not any(diagnostic.fix for diagnostic in checked.diagnostics):
        return []
    from mergecli.compiler.fixes import fix

    return fix(checked.compiled, settings, customs, wants).fixed


def _reports(
    formats: tuple[str, ...],
    configs: config.Configs,
    specs: list[str],
    color: bool | None,
    fixes: Fixes | None,
) -> output.Output:
    wanted = [output.wanted(text) for text in formats]
    if fixes is not None and fixes.prints:
        if any(not path for _, path in wanted):
            raise click.UsageError(
                f"standard output is taken by {fixes.prints}; give the format a file: FORMAT=FILE"
            )
        # The text or the difference goes to standard output, what is left to be said beside it.
        shown = "" if fixes.diff else "full"
        return output.Output([*wanted, *[(shown, "")] * bool(shown)], specs, color, sys.stderr)
    return output.Output(
        wanted or [(configs.of_folder().format or "full", "")], specs, color, sys.stdout
    )


class Tally:
    """What was found in all files, in numbers."""

    def __init__(self) -> None:
        self.errors = self.warnings = self.bad = 0
        self.unreadable = self.failed = False
        self.code: str | None = None

    def add(self, report: FileReport) -> None:
        if not report.diagnostics:
            return
        errors = [diagnostic for diagnostic in report.diagnostics if diagnostic.is_error]
        self.errors += len(errors)
        self.warnings += len(report.diagnostics) - len(errors)
        self.bad += 1
        self.unreadable = self.unreadable or report.unreadable
        if errors and not self.failed:
            self.code = errors[0].code
        self.failed = self.failed or bool(errors) or report.strict
        self.code = self.code or report.diagnostics[0].code

    def closing(self, files: int, seconds: float) -> str:
        from mergecli.diagnostics.reports.terminal import closing

        line = closing(self.errors, self.warnings, self.bad, files, seconds)
        return f"{line}. Explain one: mergecli explain {self.code}" if self.code else line
