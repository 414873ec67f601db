"""What the commands that run Keras share: load it, run the user's modules, report what it refuses."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Iterable, Iterator, NoReturn, Sequence

from mergecli.catalog.versions import NEWEST
from mergecli.cli import inputs, terminal
from mergecli.compiler.pipeline import compile_spec
from mergecli.compiler.settings import installed_keras
from mergecli.diagnostics.backends import BACKENDS, DEFAULT, VARIABLE, Choice
from mergecli.diagnostics.diagnostic import error
from mergecli.diagnostics.escaping import block
from mergecli.diagnostics.reports.text_report import full
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.runtime import backend

if TYPE_CHECKING:
    from mergecli.cli.options import SpecOptions


def check_installed(picture: bool = False, saves: Iterable[str] = ()) -> Choice:
    """End the program, and say what to install, if something that is needed is missing.

    Args:
        picture: Whether a picture is drawn.
        saves: The files into which a model is saved.

    Returns:
        The backend of Keras.
    """
    with terminal.missing_dependencies():
        return backend.check_installed(picture, saves)


def load_keras(choice: Choice, quiet: bool = False) -> ModuleType:
    """Return Keras, loaded without its messages; end the program, and say why, if that fails.

    Args:
        choice: The backend.
        quiet: Whether not to say that it is another one than Keras's default.
    """
    if not choice.origin and choice.name != DEFAULT and not quiet:
        terminal.note(
            f"note: TensorFlow is not installed, so Keras uses {BACKENDS[choice.name]}; "
            f"{VARIABLE}={choice.name} chooses it without this note"
        )
    with terminal.missing_dependencies():
        return backend.load(choice)


def import_modules(custom_layers: CustomLayers) -> dict[str, type]:
    """Run the modules of the user's layers, which may be in the working directory.

    Returns:
        The layer classes that they define, by name.
    """
    import keras  # optional

    if custom_layers.modules and "" not in sys.path:
        sys.path.insert(0, "")
    classes: dict[str, type] = {}
    for name in custom_layers.modules:
        try:
            module = import_module(name)
        except Exception as problem:
            terminal.note(
                f"mergecli: the module {name} cannot be imported: {type(problem).__name__}: {problem}"
            )
            sys.exit(terminal.EXIT_USAGE)
        classes.update(
            {
                key: value
                for key, value in vars(module).items()
                if isinstance(value, type) and issubclass(value, keras.Layer)
            }
        )
    return classes


def check_specs(specs: Sequence[str], reading: SpecOptions) -> list[inputs.Checked]:
    """Return specs that are checked for their target, and for the installed Keras, which builds them.

    All are reported; if one has errors or cannot be read, the program ends.

    Args:
        specs: The files; `-` is standard input.
        reading: How to read them.
    """
    name = reading["stdin_filename"]
    variables, custom_layers = reading["variables"], reading["custom_layers"]
    checked = []
    for path in specs:
        target = inputs.target_of(path, reading["target"], name)
        checked.append(inputs.check(path, name, variables, custom_layers, target))
    for result in checked:
        inputs.report(result, reading["color"])
    if any(result.unreadable for result in checked):
        sys.exit(terminal.EXIT_UNREADABLE)
    if any(result.compiled is None or result.compiled.network is None for result in checked):
        sys.exit(terminal.EXIT_ERRORS)
    return [_for_installed(result, reading) for result in checked]


def _for_installed(checked: inputs.Checked, reading: SpecOptions) -> inputs.Checked:
    """Return an input that is checked for the installed Keras.

    Its errors end the program; without `--keras` and settings they are reported already.
    """
    compiled, installed = checked.compiled, installed_keras()
    assert compiled is not None
    if min(compiled.target, NEWEST) == min(installed, NEWEST):
        return checked
    variables, custom_layers = reading["variables"], reading["custom_layers"]
    again = compile_spec(compiled.source, variables, custom_layers, installed)
    result = inputs.Checked(checked.path, again, None)
    if again.network is None:
        inputs.report(result, reading["color"])
        sys.exit(terminal.EXIT_ERRORS)
    return result


@contextmanager
def build_errors(
    path: str, source: Source | None, color: bool | None, verbose: bool
) -> Iterator[None]:
    """Report what can go wrong when Keras builds a spec, and end the program with its exit code.

    Args:
        path: What to call the spec in messages.
        source: The text of the spec.
        color: The value of `--color`.
        verbose: Whether to show all that Keras says.
    """
    from mergecli.runtime import build  # start-up
    from mergecli.runtime.layer_weights import NoWeights  # start-up

    try:
        with terminal.missing_dependencies():
            yield
    except build.Refusal as problem:
        diagnostic = error(problem.node.span, "refused", problem.message, problem.hint)
        terminal.show(full(source, path, [diagnostic], terminal.colored(color, sys.stderr)))
        sys.exit(terminal.EXIT_ERRORS)
    except NoWeights as problem:
        terminal.note(f"{path}: {problem}")
        sys.exit(terminal.EXIT_UNREADABLE)
    except build.Disagreement as problem:
        _report_bug(path, str(problem), verbose)


def _report_bug(path: str, message: str, verbose: bool) -> NoReturn:
    """Report that Keras refused, or built otherwise, what passed the checks, and end the program."""
    shown = message if verbose else message.strip().split("\n\n")[0].replace("\n", " ")
    terminal.note(
        f"{path}: this spec passed the checks, but Keras disagrees. This is a bug of mergecli, please report it with the spec."
    )
    terminal.show(f"    Keras: {block(shown)}")
    sys.exit(terminal.EXIT_BUG)
