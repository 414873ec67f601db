"""What all commands share at the edge: which files, which colour, how a file is written."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Iterator

import click

from mergecli.compiler import Compiled, compile_source
from mergecli.diagnostic import Diagnostic, error
from mergecli.source import Source, Unreadable

EXIT_ERRORS, EXIT_USAGE, EXIT_UNREADABLE, EXIT_BUG, EXIT_MISSING = 1, 2, 3, 4, 5

color_option = click.option(
    "--color/--no-color", default=None, help="Colour or not; by default NO_COLOR, FORCE_COLOR and the terminal decide."
)
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    callback=lambda ctx, parameter, texts: settings_of(texts),
    help="Override a variable of the spec; the value is YAML; repeatable.",
)
stdin_option = click.option("--stdin-filename", metavar="NAME", help="What to call standard input in messages.")


class Checked:
    """What came of one path: a compiled spec, or the reason why it could not be read."""

    def __init__(self, path: str, compiled: Compiled | None, problem: Unreadable | None) -> None:
        self.path, self.compiled, self.problem = path, compiled, problem

    @property
    def diagnostics(self) -> list[Diagnostic]:
        if self.compiled is not None:
            return self.compiled.diagnostics
        assert self.problem is not None
        return [error(self.problem.span, self.problem.code, self.problem.message, self.problem.hint)]

    @property
    def source(self) -> Source | None:
        return self.compiled.source if self.compiled is not None else None

    @property
    def unreadable(self) -> bool:
        """Whether the bytes could not be had; bytes that are no text are an error of the spec."""
        return self.problem is not None and self.problem.code != "not-utf8"


def settings_of(texts: tuple[str, ...]) -> dict[str, Any]:
    """`NAME=VALUE` pairs, the values typed as YAML."""
    from mergecli.reader import read

    settings = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="'--set'")
        tree, problems = read(Source(value, "--set")) if value.strip() else (None, [])
        if problems:
            raise click.BadParameter(f"{value!r} is not YAML: {problems[0].message}.", param_hint="'--set'")
        settings[name] = tree.data() if tree is not None else ""
    return settings


def check(path: str, name: str | None = None, settings: dict[str, Any] | None = None) -> Checked:
    """Read and check one path, `-` being standard input; `settings` override variables."""
    shown = (name or "<stdin>") if path == "-" else path
    try:
        source = Source.read(path, name)
    except Unreadable as problem:
        return Checked(shown, None, problem)
    return Checked(shown, compile_source(source, settings), None)


def expand(paths: tuple[str, ...]) -> Iterator[str]:
    """Each path, a folder as the specs in it, hidden folders left out."""
    for path in paths:
        if path != "-" and os.path.isdir(path):
            for folder, folders, files in os.walk(path):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for name in sorted(files):
                    if name.endswith((".yaml", ".yml")):
                        yield os.path.normpath(os.path.join(folder, name))
        else:
            yield path


def colored(choice: bool | None, stream: object) -> bool:
    """`--color` before `NO_COLOR` before `FORCE_COLOR` before what the stream is."""
    if choice is not None:
        return choice
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return bool(getattr(stream, "isatty", lambda: False)()) and os.environ.get("TERM") != "dumb"


def note(message: str) -> None:
    """A line on standard error."""
    click.echo(message, err=True)


class Unwritable(click.ClickException):
    """An output cannot be written."""

    exit_code = EXIT_USAGE

    def __init__(self, path: str, problem: OSError) -> None:
        super().__init__(f"cannot write {path}: {problem.strerror or problem}")


def prepare(path: str) -> str:
    """Make the folder of an output, and see that it can be written into, before any work is done."""
    folder = os.path.dirname(path) or "."
    try:
        os.makedirs(folder, exist_ok=True)
        import tempfile

        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise Unwritable(path, problem) from None
    return path


def beside(path: str) -> str:
    """A new name in the folder of an output, with the same ending."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{os.getpid()}-{os.urandom(4).hex()}-{name}")


def put(pairs: list[tuple[str, str]]) -> None:
    """Rename what was written beside its place to its place."""
    import shutil

    for temporary, path in pairs:
        old = None
        try:
            if os.path.isdir(temporary) and os.path.isdir(path):
                # A folder cannot be replaced in one step.
                old = beside(path)
                os.rename(path, old)
            os.replace(temporary, path)
        except OSError as problem:
            if old is not None and not os.path.exists(path):
                os.rename(old, path)
            raise Unwritable(path, problem) from None
        if old is not None:
            shutil.rmtree(old)


def write(path: str, text: str) -> None:
    """Write a text beside its place and rename it."""
    prepare(path)
    temporary = beside(path)
    try:
        with open(temporary, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        put([(temporary, path)])
    except OSError as problem:
        raise Unwritable(path, problem) from None
    finally:
        discard([temporary])


def discard(paths: list[str]) -> None:
    """Remove what is left of temporary files."""
    import shutil

    for path in paths:
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.exists(path):
            os.remove(path)


def emit(text: str) -> None:
    """Print a result on standard output."""
    sys.stdout.write(text)


Tell = Callable[[str], None]
