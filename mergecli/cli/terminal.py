"""What all commands share at the edge: which files, which colour, which exit code."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterable, Iterator, NoReturn

import click

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.compiler.settings import ConfigError, codes
from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.diagnostics.files import Unwritable
from mergecli.diagnostics.source import Source, Unreadable

if TYPE_CHECKING:
    from mergecli.importers.modules import CustomLayers

EXIT_ERRORS, EXIT_USAGE, EXIT_UNREADABLE, EXIT_BUG, EXIT_MISSING = 1, 2, 3, 4, 5

color_option = click.option(
    "--color/--no-color",
    default=None,
    help="Colour or not; by default NO_COLOR, FORCE_COLOR and the terminal decide.",
)
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    callback=lambda ctx, parameter, texts: settings_of(texts),
    help="Override a variable of the spec; the value is YAML; repeatable.",
)
import_option = click.option(
    "--import",
    "modules",
    multiple=True,
    metavar="MODULE",
    callback=lambda ctx, parameter, modules: customs_of(modules),
    expose_value=True,
    help="A module with layers of your own, registered with Keras; only `build` and `verify` run it; repeatable.",
)
watch_option = click.option(
    "--watch",
    is_flag=True,
    help="Answer anew at each save of the spec or a file that it names, until Ctrl-C.",
)
theme_option = click.option(
    "--theme",
    type=click.Choice(["light", "dark", "auto", "print"]),
    default="auto",
    show_default=True,
    help="Colours of the picture; `auto` is light, and in an SVG follows the reader; `print` has none.",
)
rankdir_option = click.option(
    "--rankdir",
    type=click.Choice(["TB", "LR", "BT", "RL"]),
    default="TB",
    show_default=True,
    help="Where the picture leads to.",
)
verbose_option = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    help="Show the traceback of an internal error.",
)
stdin_option = click.option(
    "--stdin-filename", metavar="NAME", help="What to call standard input in messages."
)


class WrongUsage(click.ClickException):
    """A configuration file is wrong, or an output cannot be written."""

    exit_code = EXIT_USAGE


@contextmanager
def usage_errors() -> Iterator[None]:
    """Report a wrong configuration file and an output that cannot be written as wrong usage.

    Raises:
        WrongUsage: With the message of the error.
    """
    try:
        yield
    except (ConfigError, Unwritable) as problem:
        raise WrongUsage(str(problem)) from None


class Checked:
    """What came of one path: a compiled spec, or the reason why it could not be read."""

    def __init__(self, path: str, compiled: Compiled | None, problem: Unreadable | None) -> None:
        self.path, self.compiled, self.problem = path, compiled, problem

    @property
    def diagnostics(self) -> list[Diagnostic]:
        if self.compiled is not None:
            return self.compiled.diagnostics
        assert self.problem is not None
        return [
            error(self.problem.span, self.problem.code, self.problem.message, self.problem.hint)
        ]

    @property
    def source(self) -> Source | None:
        return self.compiled.source if self.compiled is not None else None

    @property
    def unreadable(self) -> bool:
        """Whether the bytes could not be had; bytes that are no text are an error of the spec."""
        return self.problem is not None and self.problem.code != "not-utf8"


def complete_code(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The codes that begin with what is typed, for the shell; behind a comma the next one begins."""
    from mergecli.diagnostics.codes import CODES

    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in CODES if name.startswith(last)]


def codes_of(values: Iterable[str]) -> frozenset[str]:
    """Return the codes of `--select` or `--ignore`, each value one or several separated by commas.

    Raises:
        click.UsageError: One of them does not exist.
    """
    try:
        return codes(values)
    except ConfigError as problem:
        raise click.UsageError(str(problem)) from None


def settings_of(texts: tuple[str, ...]) -> dict[str, Any]:
    """`NAME=VALUE` pairs, the values typed as YAML."""
    from mergecli.syntax.yaml_reader import read

    settings = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{text!r} is not NAME=VALUE.", param_hint="'--set'")
        tree, problems = read(Source(value, "--set")) if value.strip() else (None, [])
        if problems:
            raise click.BadParameter(
                f"{value!r} is not YAML: {problems[0].message}.", param_hint="'--set'"
            )
        settings[name] = tree.data() if tree is not None else ""
    return settings


def customs_of(modules: tuple[str, ...]) -> CustomLayers:
    """The layers that modules define, without running these."""
    from mergecli.importers.modules import CustomLayers, NoModule, named

    if not modules:
        return CustomLayers()
    try:
        return named(modules)
    except NoModule as problem:
        raise click.BadParameter(f"{problem}.", param_hint="'--import'") from None


def again(customs: CustomLayers | None, seen: object) -> CustomLayers:
    """The layers that the modules define now, if whoever watches has `seen` them before."""
    if customs is None or seen is None or not customs.modules:
        return customs or customs_of(())
    return customs_of(customs.modules)


def check_installed(picture: bool = False, saves: Iterable[str] = ()) -> None:
    """End the program, and say what to install, if Keras, its backend or what draws a `picture` or writes a file is missing."""
    from mergecli.runtime import backend

    try:
        backend.check_installed(picture, saves)
    except backend.NotInstalled as missing:
        note(f"mergecli: {missing.what}; {missing.way}")
        sys.exit(EXIT_MISSING)


def keras() -> Any:
    """Keras, loaded quietly; the program ends, and says what to install, if that cannot be."""
    from mergecli.runtime import backend

    check_installed()
    try:
        return backend.load()
    except ImportError as missing:
        note(f"mergecli: Keras cannot be loaded: {missing}; KERAS_BACKEND chooses another backend")
        sys.exit(EXIT_MISSING)


def bug(path: str, words: str, verbose: bool) -> NoReturn:
    """Keras has refused, or built otherwise, what the checks let pass."""
    first = words if verbose else words.strip().split("\n\n")[0].replace("\n", " ")
    note(
        f"{path}: this spec passed the checks, but Keras disagrees. This is a bug of mergecli, please report it with the spec."
    )
    note(f"    Keras: {first}")
    sys.exit(EXIT_BUG)


def import_customs(customs: CustomLayers) -> dict[str, Any]:
    """Run the modules of the user's layers, which may stand in the working directory; gives the classes by name."""
    from importlib import import_module

    import keras

    if customs.modules and "" not in sys.path:
        sys.path.insert(0, "")
    found = {}
    for name in customs.modules:
        try:
            module = import_module(name)
        except Exception as problem:
            note(
                f"mergecli: the module {name} cannot be imported: {type(problem).__name__}: {problem}"
            )
            sys.exit(EXIT_USAGE)
        found.update(
            {
                key: value
                for key, value in vars(module).items()
                if isinstance(value, type) and issubclass(value, keras.Layer)
            }
        )
    return found


def check(
    path: str,
    name: str | None = None,
    settings: dict[str, Any] | None = None,
    customs: CustomLayers | None = None,
) -> Checked:
    """Read and check one path, `-` being standard input; `settings` override variables, `customs` are layers of the user's."""
    shown = (name or "<stdin>") if path == "-" else path
    try:
        source = Source.read(path, name)
    except Unreadable as problem:
        return Checked(shown, None, problem)
    return Checked(shown, compile_spec(source, settings, customs), None)


class Walk:
    """The specs among some paths: each file, and of each folder the specs in it, hidden folders left out."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        self.specs: list[str] = []
        #: All folders that were looked into, those without specs, and those that cannot be looked into.
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


def emit(text: str) -> None:
    """Print a result on standard output."""
    sys.stdout.write(text)
