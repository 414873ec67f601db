"""`mergecli validate`."""

from __future__ import annotations

import sys
import time
from typing import Any, Callable

import click

from mergecli.commands import terminal
from mergecli.commands.terminal import EXIT_ERRORS, EXIT_UNREADABLE, Checked
from mergecli.customs import Customs
from mergecli.diagnostic import ERROR

FORMATS = ("full", "concise", "json", "jsonl")


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format", "formats", multiple=True, metavar="FORMAT[=FILE]", help=f"{', '.join(FORMATS)}; repeat it to write several, each to a FILE."
)
@click.option("--strict", is_flag=True, help="Warnings fail, too.")
@click.option("-q", "--quiet", is_flag=True, help="No closing line.")
@terminal.verbose_option
@terminal.set_option
@terminal.import_option
@terminal.stdin_option
@terminal.color_option
def validate(
    paths: tuple[str, ...],
    formats: tuple[str, ...],
    strict: bool,
    quiet: bool,
    settings: dict[str, Any],
    modules: Customs,
    stdin_filename: str | None,
    color: bool | None,
) -> None:
    """Check specs: files, folders (walked for *.yaml and *.yml) or - for standard input.

    Keras is never imported. Exit code 0: no errors; 1: errors; 2: nothing to check; 3: an input could not be read.
    """
    wanted = [_format(text) for text in formats] or [("full", None)]
    if sum(path is None for _, path in wanted) > 1:
        raise click.UsageError("only one format can go to standard output; give the others a file: FORMAT=FILE")
    start = time.perf_counter()
    found: list[Checked] = []
    errors = warnings = bad = 0
    unreadable = False
    broken: Exception | None = None
    # Text needs no list of all files; a program that checks thousands gets each as it is known.
    streamed = [name for name, path in wanted if path is None and name in ("full", "concise", "jsonl")]
    keep = [pair for pair in wanted if pair[1] is not None or pair[0] == "json"]
    count = 0
    for path in terminal.expand(paths):
        count += 1
        try:
            checked = terminal.check(path, stdin_filename, settings, modules)
        except Exception as problem:
            # A bug of ours in one file must not keep the others from being checked.
            broken = broken or problem
            terminal.note(f"{path}: mergecli stumbled over this file")
            continue
        diagnostics = checked.diagnostics
        failed = sum(diagnostic.severity == ERROR for diagnostic in diagnostics)
        errors += failed
        warnings += len(diagnostics) - failed
        bad += bool(diagnostics)
        unreadable = unreadable or checked.unreadable
        for name in streamed:
            terminal.emit(RENDER[name]([checked], terminal.colored(color, sys.stdout)))
        if keep:
            found.append(checked)
    if not count:
        raise click.UsageError(f"nothing to check: no *.yaml or *.yml in {', '.join(paths)}")
    for name, file in keep:
        rendered = RENDER[name](found, False)
        if file is None:
            terminal.emit(rendered)
        else:
            terminal.write(file, rendered)
    if broken is not None:
        raise broken
    if not quiet:
        from mergecli.report.text import closing

        sys.stdout.flush()
        terminal.note(closing(errors, warnings, bad, count, time.perf_counter() - start))
    if unreadable:
        sys.exit(EXIT_UNREADABLE)
    if errors or (strict and warnings):
        sys.exit(EXIT_ERRORS)


def _format(text: str) -> tuple[str, str | None]:
    name, separator, path = text.partition("=")
    if name not in FORMATS:
        raise click.BadParameter(f"{name!r} is none of {', '.join(FORMATS)}.", param_hint="'--format'")
    if separator and not path:
        raise click.BadParameter(f"{text!r} names no file.", param_hint="'--format'")
    return name, path or None


def _full(found: list[Checked], color: bool) -> str:
    from mergecli.report.text import full

    return "".join(full(c.source, c.path, c.diagnostics, color) + "\n" for c in found if c.diagnostics)


def _concise(found: list[Checked], color: bool) -> str:
    from mergecli.report.text import concise

    return "".join(concise(c.path, c.diagnostics, color) for c in found)


def _json(found: list[Checked], color: bool) -> str:
    from mergecli.report.data import as_json, file_object

    return as_json([file_object(c.path, c.diagnostics) for c in found])


def _json_lines(found: list[Checked], color: bool) -> str:
    from mergecli.report.data import as_json_lines, file_object

    return as_json_lines([file_object(c.path, c.diagnostics) for c in found])


RENDER: dict[str, Callable[[list[Checked], bool], str]] = {"full": _full, "concise": _concise, "json": _json, "jsonl": _json_lines}
