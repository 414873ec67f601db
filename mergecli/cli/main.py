"""The command line: the list of commands, and how the program ends."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from contextlib import suppress
from importlib import import_module
from keyword import iskeyword

import click

from mergecli.cli.terminal import handle_signals, usage_errors
from mergecli.diagnostics import files
from mergecli.diagnostics.escaping import line
from mergecli.diagnostics.suggestions import did_you_mean
from mergecli.diagnostics.version import __version__

#: The commands in the order of `--help`, with what it says about them, so that it loads none.
COMMANDS = {
    "init": "Print a commented spec to start from.",
    "build": "Build specs with Keras, draw and save the models.",
    "validate": "Check specs, and fix them.",
    "fmt": "Write specs in the canonical form.",
    "summary": "Print layers, shapes, parameters and MACs.",
    "plot": "Draw the architecture of a spec or a saved model, without Keras.",
    "sweep": "Screen many candidates: what each costs.",
    "diff": "Say what changed between two models.",
    "merge": "Print the spec that merges models.",
    "import": "Print a saved model as a spec.",
    "export": "Write code, Keras's JSON, charts or a spec.",
    "verify": "Prove that a merge computes as its sources.",
    "measure": "Run a model, and compare its latency with the estimate.",
    "layers": "List layers, or show one.",
    "explain": "Explain a code of a message.",
    "schema": "Print the JSON Schema of the language.",
    "lsp": "Run a language server for editors.",
}
#: Stands for exit code 2 after memory was exhausted.
_NO_MEMORY = -1


class Commands(click.Group):
    """Loads a command's module when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        # No file and no function of Python can be called as a keyword is.
        own = f"{name}_" if iskeyword(name) else name
        command: click.Command = getattr(import_module(f"mergecli.cli.commands.{own}"), own)
        command.short_help = COMMANDS[name]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        files.before_writing = handle_signals
        with usage_errors():
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS)
            ctx.fail(
                f"No such command {args[0]!r}." + (f" {hint[0].upper()}{hint[1:]}" if hint else "")
            )
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"mergecli {__version__}")
        ctx.exit()


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version",
    is_flag=True,
    callback=_version,
    expose_value=False,
    is_eager=True,
    help="Show the version.",
)
def cli() -> None:
    """Describe Keras architectures as YAML files; check, merge, build and draw them."""


def main() -> None:
    """Run the program and end with an exit code of the contract."""
    # A check makes many small objects and hardly a cycle: looking for cycles often would cost a fifth of its time.
    gc.set_threshold(100_000)
    verbose = "-v" in sys.argv or "--verbose" in sys.argv
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        stream = getattr(sys, name)
        if stream is None:
            # A closed stream: what goes there goes nowhere.
            setattr(sys, name, open(os.devnull, "w" if number else "r"))  # noqa: SIM115
        elif number:
            stream.reconfigure(errors="backslashreplace")
    try:
        if "_MERGECLI_COMPLETE" in os.environ:
            cli.main(prog_name="mergecli")
        # Not `cli.main`, which would take a closed pipe for an error.
        with cli.make_context("mergecli", sys.argv[1:]) as context:
            cli.invoke(context)
        code = _flushed(0)
    except click.exceptions.Exit as end:
        code = _flushed(end.exit_code)
    except SystemExit as end:
        code = _flushed(end.code if isinstance(end.code, int) else 1)
    except click.ClickException as problem:
        from mergecli.cli.terminal import show_problem  # start-up

        show_problem(problem)
        code = problem.exit_code
    except (KeyboardInterrupt, click.Abort):
        code = 130
    except BrokenPipeError:
        # What is left in the buffer has no reader; closing it must not complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except MemoryError:
        # What takes the memory is freed when this block ends, so the message is printed after it.
        code = _NO_MEMORY
    except OSError as problem:
        print(line(f"mergecli: {problem.strerror or problem}"), file=sys.stderr)
        code = 2
    except Exception as problem:
        if verbose:
            import traceback  # start-up

            traceback.print_exc()
        words = line(str(problem).split("\n")[0])
        print(
            f"mergecli: internal error: {type(problem).__name__}: {words}. Please report it with the spec; -v shows more.",
            file=sys.stderr,
        )
        code = 70
    if code == _NO_MEMORY:
        print("mergecli: there is not enough memory", file=sys.stderr)
        code = 2
    _end(code)


def _flushed(code: int) -> int:
    if sys.stdout.closed:
        return code
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as problem:
        print(f"mergecli: cannot write standard output: {problem.strerror}", file=sys.stderr)
        return 2
    return code


def _end(code: int) -> None:
    """End the process at once.

    Python would take every module and object down piece by piece, which gives nothing: a fifth of
    the time of a small check, and far longer with TensorFlow.
    """
    if sys.getprofile() or sys.gettrace():
        # A profiler or debugger needs the frames below this one.
        sys.exit(code)
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        # The language server has closed its streams.
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
