"""`mergecli validate`."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import click

from mergecli.commands import config, terminal
from mergecli.commands.terminal import EXIT_ERRORS, EXIT_UNREADABLE
from mergecli.customs import Customs
from mergecli.diagnostic import ERROR, error
from mergecli.report import Found

#: Each format with its file in `report/` and the function there that renders it.
FORMATS = {
    "full": ("text", "render"),
    "concise": ("text", "render_concise"),
    "json": ("data", "render"),
    "jsonl": ("data", "render_lines"),
    "github": ("github", "render"),
    "gitlab": ("gitlab", "render"),
    "junit": ("junit", "render"),
    "sarif": ("sarif", "render"),
}
#: What needs no list of all files: whoever checks thousands gets each as it is known.
STREAMED = ("full", "concise", "jsonl", "github")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="FORMAT[=FILE]",
    shell_complete=lambda context, parameter, incomplete: [name for name in FORMATS if name.startswith(incomplete)],
    help=f"{', '.join(FORMATS)}; repeat it to write several, each to a FILE.",
)
@click.option("--select", multiple=True, metavar="CODE", shell_complete=terminal.complete_code, help="Report these codes only; repeatable.")
@click.option(
    "--ignore", multiple=True, metavar="CODE", shell_complete=terminal.complete_code, help="Do not report these codes; repeatable."
)
@click.option("--strict/--no-strict", default=None, help="Warnings fail, too.")
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
    quiet: bool,
    settings: dict[str, Any],
    modules: Customs,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Check specs: files, folders (walked for *.yaml and *.yml) or - for standard input.

    Keras is never imported. Exit code 0: no errors; 1: errors; 2: nothing to check; 3: an input could not be read.
    """
    start = time.perf_counter()
    selected = config.codes(select) if select else None
    ignored = config.codes(ignore)
    configs = config.Configs()
    walk = terminal.Walk(paths)
    specs = walk.specs
    if not specs and not walk.closed:
        raise click.UsageError(f"nothing to check: no *.yaml or *.yml in {', '.join(paths)}")
    output = Output([_format(text) for text in formats] or [(configs.of_folder().format or "full", "")], specs, color)
    tally = Tally()
    broken: Exception | None = None
    for folder in walk.empty:
        terminal.note(f"note: no *.yaml or *.yml in {folder}")
    for problem in walk.closed:
        found = Found(problem.filename, None, [error(None, "unreadable", problem.strerror or str(problem))], True)
        tally.add(found)
        output.add(found)
    for path, chosen in [(path, configs.of_file(path, stdin_filename).over(selected, ignored, strict)) for path in specs]:
        try:
            checked = terminal.check(path, stdin_filename, settings, modules)
        except Exception as bug:
            # One in one file must not keep the others from being checked.
            broken = broken or bug
            terminal.note(f"{path}: mergecli stumbled over this file")
            continue
        diagnostics = checked.diagnostics if checked.unreadable else chosen.reported(checked.diagnostics)
        found = Found(checked.path, checked.source, diagnostics, checked.unreadable, chosen.strict)
        tally.add(found)
        output.add(found)
    output.end()
    if broken is not None:
        raise broken
    if not quiet:
        sys.stdout.flush()
        terminal.note(tally.closing(len(specs) + len(walk.closed), time.perf_counter() - start))
    if tally.unreadable:
        sys.exit(EXIT_UNREADABLE)
    if tally.failed:
        sys.exit(EXIT_ERRORS)


class Tally:
    """What was found in all files, in numbers."""

    def __init__(self) -> None:
        self.errors = self.warnings = self.bad = 0
        self.unreadable = self.failed = False
        self.code: str | None = None

    def add(self, found: Found) -> None:
        if not found.diagnostics:
            return
        errors = [diagnostic for diagnostic in found.diagnostics if diagnostic.severity == ERROR]
        self.errors += len(errors)
        self.warnings += len(found.diagnostics) - len(errors)
        self.bad += 1
        self.unreadable = self.unreadable or found.unreadable
        if errors and not self.failed:
            self.code = errors[0].code
        self.failed = self.failed or bool(errors) or found.strict
        self.code = self.code or found.diagnostics[0].code

    def closing(self, files: int, seconds: float) -> str:
        from mergecli.report.text import closing

        line = closing(self.errors, self.warnings, self.bad, files, seconds)
        return f"{line}. Explain one: mergecli explain {self.code}" if self.code else line


class Output:
    """Where the reports go: one to standard output, others into files, and annotations beside them on GitHub Actions."""

    def __init__(self, wanted: list[tuple[str, str]], specs: list[str], color: bool | None) -> None:
        shown = [name for name, path in wanted if not path]
        if len(shown) > 1:
            raise click.UsageError("only one format can go to standard output; give the others a file: FORMAT=FILE")
        self.shown = shown[0] if shown else ""
        self.files = [(name, path) for name, path in wanted if path]
        self.color = color
        self.found: list[Found] = []
        self.annotations: list[str] | None = None
        if os.environ.get("GITHUB_ACTIONS") == "true" and self.shown != "github":
            self.annotations = []
        taken: set[str] = set()
        inputs = {os.path.realpath(path) for path in specs if path != "-"} if self.files else set()
        for name, path in self.files:
            real = os.path.realpath(path)
            if real in inputs or any(os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other) for other in inputs):
                raise click.UsageError(f"--format {name}={path} would overwrite a file that is to be checked")
            if real in taken:
                raise click.UsageError(f"{path} would be written twice")
            taken.add(real)
            terminal.prepare(path)

    def add(self, found: Found) -> None:
        """One more file is checked."""
        if self.shown in STREAMED:
            terminal.emit(self.render(self.shown, [found], terminal.colored(self.color, sys.stdout)))
        if self.annotations is not None and found.diagnostics:
            self.annotations.append(self.render("github", [found]))
        if self.files or (self.shown and self.shown not in STREAMED):
            self.found.append(found)

    def end(self) -> None:
        """All files are checked."""
        for name, path in self.files:
            terminal.write(path, self.render(name, self.found))
        if self.shown and self.shown not in STREAMED:
            terminal.emit(self.render(self.shown, self.found))
        if self.annotations:
            # GitHub reads both streams; what a program reads from standard output must stay clean.
            stream = sys.stdout if self.shown in ("", "full", "concise") else sys.stderr
            stream.write("".join(self.annotations))

    def render(self, name: str, found: list[Found], color: bool = False) -> str:
        from importlib import import_module

        module, function = FORMATS[name]
        render = getattr(import_module(f"mergecli.report.{module}"), function)
        if module == "text":
            text: str = render(found, color)
            return text
        # What CI servers show beside a change is known to them by its path in the checkout.
        text = render(found, os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR") or "")
        return text


def _format(text: str) -> tuple[str, str]:
    name, separator, path = text.partition("=")
    if name not in FORMATS:
        from mergecli.names import did_you_mean

        hint = did_you_mean(name, FORMATS) or f"there are {', '.join(FORMATS)}"
        raise click.BadParameter(f"There is no format {name!r}; {hint}", param_hint="'--format'")
    if separator and not path:
        raise click.BadParameter(f"{text!r} names no file.", param_hint="'--format'")
    return name, path
