"""Specs and saved models that the command line names: find, read and check them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping

import click

from mergecli.catalog.versions import NEWEST, Version
from mergecli.cli import terminal
from mergecli.cli.options import reread_custom_layers
from mergecli.compiler.pipeline import Compiled, compile_model, compile_spec, is_model
from mergecli.compiler.settings import Configs, installed_keras, places
from mergecli.diagnostics.diagnostic import Diagnostic, error, ordered
from mergecli.diagnostics.reports.text_report import full
from mergecli.diagnostics.source import Source, Unreadable

if TYPE_CHECKING:
    from mergecli.diagnostics.reports import FileReport
    from mergecli.importers.modules import CustomLayers
    from mergecli.ir.graph import Network


class Checked:
    """The result of checking one path.

    Attributes:
        path: What to call the input in messages.
        compiled: The compiled spec or model; None where it could not be read.
        problem: Why it could not be read.
    """

    def __init__(self, path: str, compiled: Compiled | None, problem: Unreadable | None) -> None:
        self.path, self.compiled, self.problem = path, compiled, problem

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """The diagnostics of the input, or the one that says why it could not be read."""
        if self.compiled is not None:
            return self.compiled.diagnostics
        assert self.problem is not None
        return [
            error(self.problem.span, self.problem.code, self.problem.message, self.problem.hint)
        ]

    @property
    def source(self) -> Source | None:
        """The text of the input, if it could be read."""
        return self.compiled.source if self.compiled is not None else None

    @property
    def unreadable(self) -> bool:
        """Whether the bytes could not be read. Bytes that are not text are an error of the spec."""
        return self.problem is not None and self.problem.code != "not-utf8"

    @property
    def network(self) -> Network:
        """The network; without one, the program ends with the exit code that says why."""
        if self.compiled is None or self.compiled.network is None:
            sys.exit(terminal.EXIT_UNREADABLE if self.unreadable else terminal.EXIT_ERRORS)
        return self.compiled.network


def display_name(path: str, stdin_filename: str | None) -> str:
    """Return what to call an input in messages; `-` is standard input."""
    return (stdin_filename or "<stdin>") if path == "-" else path


def target_of(path: str, target: Version | None, stdin_filename: str | None = None) -> Version:
    """Return the version of Keras for which an input is checked.

    Args:
        path: The file; `-` is standard input.
        target: The value of `--keras`, which takes precedence.
        stdin_filename: What to call standard input.

    Raises:
        ConfigError: The settings of its folder are wrong.
    """
    if target is not None:
        return target
    return Configs().of_file(path, stdin_filename).keras or installed_keras()


def check(
    path: str,
    stdin_filename: str | None = None,
    variables: Mapping[str, object] | None = None,
    custom_layers: CustomLayers | None = None,
    target: Version = NEWEST,
) -> Checked:
    """Read and check a spec.

    Args:
        path: The file; `-` is standard input.
        stdin_filename: What to call standard input.
        variables: Values for the spec's variables.
        custom_layers: The user's own layers.
        target: The version of Keras for which it must be valid.
    """
    try:
        source = Source.read(path, stdin_filename)
    except Unreadable as problem:
        return Checked(display_name(path, stdin_filename), None, problem)
    compiled = compile_spec(source, variables, custom_layers, target)
    return Checked(display_name(path, stdin_filename), compiled, None)


def check_model(
    path: str,
    variables: Mapping[str, object] | None = None,
    drawn: bool = False,
    target: Version = NEWEST,
) -> Checked:
    """Read and check a saved model, which may only be `drawn` or listed.

    Args:
        path: The file.
        variables: Values for the variables of a spec.
        drawn: Whether it is only drawn or listed.
        target: The version of Keras for which it must be valid.

    Raises:
        click.UsageError: There are values for variables, which only specs have.
    """
    if variables:
        raise click.UsageError("--set is for specs; a saved model has no variables")
    try:
        return Checked(path, compile_model(path, drawn=drawn, target=target), None)
    except Unreadable as problem:
        return Checked(path, None, problem)


class Dependencies:
    """The files and folders on which the last output depends, for `--watch`.

    Attributes:
        files: The files that were read or looked for.
        folders: The folders that were searched for specs.
        checked: What was checked last.
    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.checked: Checked | None = None
        self._changed: set[str] = set()
        self._kept: dict[str, tuple[frozenset[str], FileReport]] = {}
        self._settings: dict[str, tuple[str, ...]] = {}

    def begin(self, changed: Iterable[str]) -> None:
        """Forget all files and folders, as a new output is made because some of them changed."""
        self.files, self.folders, self._changed = set(), set(), set(changed)

    def add(self, checked: Checked, custom_layers: CustomLayers) -> frozenset[str]:
        """Record what was checked, and return the files on which it depends."""
        self.checked = checked
        folder = os.path.dirname(checked.path)
        if folder not in self._settings:
            self._settings[folder] = tuple(places(folder))
        named = checked.compiled.source.named if checked.compiled is not None else ()
        files = frozenset((checked.path, *named, *custom_layers.files, *self._settings[folder]))
        self.files |= files
        return files

    def keep(self, path: str, files: frozenset[str], report: FileReport) -> None:
        """Keep the report of a spec until one of these files changes."""
        self._kept[path] = files, report

    def known(self, path: str) -> FileReport | None:
        """Return the report of a spec that was kept, if it is still valid."""
        files, report = self._kept.get(path, (frozenset(), None))
        if report is None or files & self._changed:
            self._kept.pop(path, None)
            return None
        self.files |= files
        return report


def load_input(
    path: str,
    variables: Mapping[str, object],
    custom_layers: CustomLayers,
    target: Version | None,
    stdin_filename: str | None,
    color: bool | None,
    dependencies: Dependencies | None = None,
    drawn: bool = False,
) -> tuple[Network, Source | None]:
    """Return the network of a spec or a saved model, and the text of a spec.

    Diagnostics go to standard error, and errors end the program.

    Args:
        path: The spec, `-` for standard input, or the saved model.
        variables: Values for the spec's variables.
        custom_layers: The user's own layers.
        target: The value of `--keras`.
        stdin_filename: What to call standard input.
        color: The value of `--color`.
        dependencies: With `--watch`, where to record the files that were read.
        drawn: Whether it is only drawn or listed, as a saved model may be that is not to be loaded.
    """
    custom_layers = reread_custom_layers(custom_layers, dependencies is not None)
    target = target_of(path, target, stdin_filename)
    if path != "-" and is_model(path):
        checked = check_model(path, variables, drawn, target)
    else:
        checked = check(path, stdin_filename, variables, custom_layers, target)
    if dependencies is not None:
        dependencies.add(checked, custom_layers)
    report(checked, color)
    network = checked.network
    assert checked.compiled is not None
    return network, checked.source if checked.compiled.saved is None else None


def report(checked: Checked, color: bool | None) -> None:
    """Print the diagnostics of an input on standard error."""
    shown = report_text(checked, terminal.colored(color, sys.stderr))
    if shown:
        terminal.show(shown)


def report_text(checked: Checked, color: bool = False) -> str:
    """Return the diagnostics of an input as text.

    Errors are included even where a comment or a setting suppresses them, because they end the
    program.
    """
    suppressed = checked.compiled.suppressed if checked.compiled is not None else ()
    shown = ordered(
        [
            *checked.diagnostics,
            *(diagnostic for diagnostic in suppressed if diagnostic.is_error),
        ]
    )
    shown = Configs().of_file(checked.path).reported(shown, errors=True)
    if not shown:
        return ""
    return full(checked.source, checked.path, shown, color)


class SpecWalk:
    """The specs among some paths: each file, and the specs in each folder that is not hidden.

    Attributes:
        specs: The paths of the specs.
        folders: All folders that were searched.
        empty: The folders among the paths without a spec.
        closed: Why some folders could not be searched.
    """

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.specs: list[str] = []
        self.folders: list[str] = []
        self.empty: list[str] = []
        self.closed: list[OSError] = []
        for path in paths:
            if path != "-" and os.path.isdir(path):
                before = len(self.specs) + len(self.closed)
                self.specs.extend(self._walk(path))
                if before == len(self.specs) + len(self.closed):
                    self.empty.append(path)
            else:
                self.specs.append(path)

    def _walk(self, path: str) -> Iterator[str]:
        for folder, folders, files in os.walk(path, onerror=self.closed.append):
            self.folders.append(folder)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                if name.endswith((".yaml", ".yml")):
                    yield os.path.normpath(os.path.join(folder, name))


def closed_folder(problem: OSError) -> Diagnostic:
    """Return the diagnostic of a folder that cannot be searched."""
    return error(None, "unreadable", problem.strerror or str(problem))
