"""Options that several commands share, and how their values are read."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Callable, Collection, Iterable, Mapping, TypeVar

import click

from mergecli.catalog.versions import BadVersion, Version, parse_version
from mergecli.compiler.settings import ConfigError, codes
from mergecli.diagnostics.codes import CODES
from mergecli.diagnostics.source import Source, Unreadable
from mergecli.diagnostics.suggestions import did_you_mean

if TYPE_CHECKING:
    from typing import Protocol, TypedDict

    from mergecli.importers.modules import CustomLayers
    from mergecli.ir.latency import Device

    class SpecOptions(TypedDict):
        """What `spec_options` gives to a command."""

        variables: Mapping[str, object]
        custom_layers: CustomLayers
        target: Version | None
        stdin_filename: str | None
        color: bool | None

    class _Decorator(Protocol):
        def __call__(self, command: _Function, /) -> _Function: ...


_Function = TypeVar("_Function", bound=Callable[..., object])


def _read_device(ctx: click.Context, parameter: click.Parameter, path: str | None) -> Device | None:
    """Return the device that a file describes.

    Raises:
        click.BadParameter: The file cannot be read, or does not describe one.
    """
    if path is None:
        return None
    from mergecli.ir.latency import Device  # start-up

    try:
        return Device.parse(Source.read(path).text)
    except Unreadable as problem:
        raise click.BadParameter(f"{path}: {problem.message}") from None
    except ValueError as problem:
        raise click.BadParameter(f"{path}: not a measured machine: {problem}") from None


def read_variables(assignments: tuple[str, ...]) -> dict[str, object]:
    """Return the variables that `NAME=VALUE` assignments set, the values read as YAML.

    Raises:
        click.BadParameter: An assignment has another form, or its value is not YAML.
    """
    variables = {}
    for assignment in assignments:
        name, separator, value = assignment.partition("=")
        if not separator or not name:
            raise click.BadParameter(f"{assignment!r} is not NAME=VALUE.", param_hint="'--set'")
        variables[name] = read_value(value, "--set", empty="")
    return variables


def read_value(text: str, option: str, empty: object) -> object:
    """Return the value of an option that is written in YAML.

    Args:
        text: The YAML.
        option: The option, for messages.
        empty: The value of an empty text.

    Raises:
        click.BadParameter: The text is not YAML.
    """
    from mergecli.syntax.yaml_reader import read  # start-up

    tree, problems = read(Source(text, option)) if text.strip() else (None, [])
    if problems:
        raise click.BadParameter(
            f"{text!r} is not YAML: {problems[0].message}.", param_hint=f"'{option}'"
        )
    return tree.data() if tree is not None else empty


def read_custom_layers(modules: tuple[str, ...]) -> CustomLayers:
    """Return the layers that modules define, without running the modules.

    Raises:
        click.BadParameter: A module does not exist.
    """
    from mergecli.importers.modules import CustomLayers, NoModule, layers_of  # start-up

    if not modules:
        return CustomLayers()
    try:
        return layers_of(modules)
    except NoModule as problem:
        raise click.BadParameter(f"{problem}.", param_hint="'--import'") from None


def reread_custom_layers(custom_layers: CustomLayers, watched: bool) -> CustomLayers:
    """Return the layers of the same modules; with `--watch` these are read again."""
    if not watched or not custom_layers.modules:
        return custom_layers
    return read_custom_layers(custom_layers.modules)


def read_target(text: str | None) -> Version | None:
    """Return the version of Keras that `--keras` names; None without it.

    Raises:
        click.BadParameter: It is not a version, or not one that is supported.
    """
    if text is None:
        return None
    try:
        return parse_version(text)
    except BadVersion as problem:
        raise click.BadParameter(f"{problem}.", param_hint="'--keras'") from None


def read_codes(values: Iterable[str]) -> frozenset[str]:
    """Return the codes of `--select` or `--ignore`.

    Args:
        values: One code each, or several separated by commas.

    Raises:
        click.UsageError: A code does not exist.
    """
    try:
        return codes(values)
    except ConfigError as problem:
        raise click.UsageError(str(problem)) from None


def complete_code(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the codes that complete the last of some codes separated by commas, for the shell."""
    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in CODES if name.startswith(last)]


def _group(*options: _Decorator) -> _Decorator:
    """Return a decorator that adds options in this order."""

    def add(command: _Function) -> _Function:
        for option in reversed(options):
            command = option(command)
        return command

    return add


color_option = click.option(
    "--color/--no-color",
    default=None,
    help="Colour or not; by default NO_COLOR, FORCE_COLOR and the terminal decide.",
)
set_option = click.option(
    "--set",
    "variables",
    multiple=True,
    metavar="NAME=VALUE",
    callback=lambda context, parameter, assignments: read_variables(assignments),
    help="Override a variable of the spec; the value is YAML; repeatable.",
)
import_option = click.option(
    "--import",
    "custom_layers",
    multiple=True,
    metavar="MODULE",
    callback=lambda context, parameter, modules: read_custom_layers(modules),
    help="A module with layers of your own, registered with Keras; only `build`, `verify` and `measure` run it; repeatable.",
)

keras_option = click.option(
    "--keras",
    "target",
    metavar="VERSION",
    callback=lambda context, parameter, text: read_target(text),
    help="Check for this version of Keras; by default that of the settings, or the installed one.",
)


def _allow_outside(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    Source.allow_outside = value


outside_option = click.option(
    "--allow-outside",
    is_flag=True,
    expose_value=False,
    callback=_allow_outside,
    help="Let specs name files outside of their project.",
)
watch_option = click.option(
    "--watch",
    is_flag=True,
    help="Run again whenever the spec or a file that it names is saved, until Ctrl-C.",
)


class ServingCommand(click.Command):
    """A command whose option `--serve` may stand without its port, also before the arguments."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        for place, word in enumerate(args):
            if word == "--":
                break
            if word == "--serve" and not "".join(args[place + 1 : place + 2]).isdigit():
                args[place] = "--serve=0"
        return super().parse_args(ctx, args)


def serve_option(help: str) -> _Decorator:
    """Return the option `--serve [PORT]` of a `ServingCommand`.

    Args:
        help: What the page follows.
    """
    return click.option(
        "--serve",
        type=click.IntRange(0, 65535),
        metavar="[PORT]",
        help=f"Show the page at an address of this machine only, by default at a free port; {help}",
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
    help="Direction of the picture.",
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


def _select_backend(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None or "mergecli.diagnostics.backends" in sys.modules:
        from mergecli.diagnostics.backends import select  # start-up

        select(value)


#: Keras's names of its backends.
BACKEND_NAMES = ("tensorflow", "jax", "torch", "openvino", "numpy")
backend_option = click.option(
    "--backend",
    type=click.Choice(BACKEND_NAMES),
    expose_value=False,
    callback=_select_backend,
    help="The backend of Keras; by default KERAS_BACKEND, keras.json or what is installed decides.",
)
SEED = click.IntRange(0, 2**32 - 1)
#: A file or folder; one that cannot be read is reported, and does not keep others from being checked.
INPUT = click.Path(readable=False)
batch_option = click.option(
    "--batch",
    type=click.IntRange(1, 2**31),
    default=1,
    show_default=True,
    metavar="N",
    help="The samples in a batch, for memory and latency.",
)
device_option = click.option(
    "--device",
    metavar="FILE",
    callback=_read_device,
    help="A machine that `measure -o FILE` has measured, for the estimated latency.",
)

#: How to read a spec: `variables`, `custom_layers`, `target`, `stdin_filename` and `color`.
spec_options = _group(
    set_option, import_option, keras_option, stdin_option, outside_option, color_option
)
#: How a picture looks: `theme` and `rankdir`.
picture_options = _group(theme_option, rankdir_option)


def formats_option(names: Collection[str]) -> _Decorator:
    """Return the option `--format FORMAT[=FILE]` of a command that writes these formats."""
    return click.option(
        "--format",
        "formats",
        multiple=True,
        metavar="FORMAT[=FILE]",
        shell_complete=lambda context, parameter, incomplete: [
            name for name in names if name.startswith(incomplete)
        ],
        help=f"{', '.join(names)}; repeat it to write several, each to a FILE.",
    )


def json_option(help: str) -> _Decorator:
    """Return the option `--format text|json` of a command, with `--json` as another spelling.

    Args:
        help: What the formats hold.
    """

    def add(command: _Function) -> _Function:
        command = click.option("--json", "form", flag_value="json", hidden=True)(command)
        choice = click.Choice(["text", "json"])
        return click.option(
            "--format", "form", type=choice, default="text", show_default=True, help=help
        )(command)

    return add


def codes_option(name: str, help: str) -> _Decorator:
    """Return an option that takes codes of diagnostics, such as `--select`."""
    return click.option(
        name, multiple=True, metavar="CODE", shell_complete=complete_code, help=help
    )


def read_format(text: str, names: Collection[str]) -> tuple[str, str]:
    """Return the format and the file of `FORMAT` or `FORMAT=FILE`.

    Args:
        text: The value of `--format`.
        names: The formats that exist.

    Returns:
        The format, and the file, which is empty for standard output.

    Raises:
        click.BadParameter: There is no such format, or no file after `=`.
    """
    name, separator, path = text.partition("=")
    if name not in names:
        hint = did_you_mean(name, names) or f"there are {', '.join(names)}"
        raise click.BadParameter(f"There is no format {name!r}; {hint}", param_hint="'--format'")
    if separator and not path:
        raise click.BadParameter(f"{text!r} names no file.", param_hint="'--format'")
    return name, path


def refuse_repeated(paths: Iterable[str]) -> None:
    """Refuse outputs that are the same file.

    Raises:
        click.UsageError: A file would be written twice.
    """
    seen: set[str] = set()
    for path in map(os.path.realpath, paths):
        if path in seen:
            raise click.UsageError(f"{path} would be written twice")
        seen.add(path)
