"""`mergecli explain`."""

from __future__ import annotations

import re
import sys
from textwrap import fill

import click

from mergecli.cli import options, terminal
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics import codes
from mergecli.diagnostics.codes import explanation
from mergecli.diagnostics.reports.text_report import full
from mergecli.diagnostics.source import Source


@click.command()
@click.argument("code", required=False, shell_complete=options.complete_code)
@options.verbose_option
@options.color_option
def explain(code: str | None, color: bool | None) -> None:
    """Explain a code of a message, with an example and its fix; without CODE, list all codes.

    \f

    Raises:
        click.UsageError: There is no such code.
    """
    if code is None:
        width = max(map(len, codes.CODES))
        terminal.emit(
            "".join(f"{name:{width}}  {meaning}\n" for name, meaning in codes.meanings().items())
        )
        return
    # A code may come as it stands in a message.
    pasted = re.fullmatch(r"(?:error|warning)?\[(.+?)\]:?", code)
    name = pasted[1] if pasted else code
    if name not in codes.CODES:
        raise click.UsageError(codes.unknown(name))
    terminal.emit(page(name, terminal.colored(color, sys.stdout)))


def page(code: str, color: bool = False) -> str:
    """Return the page of a code, with the messages that its example gives now."""
    known = explanation(code)
    bold, plain = ("\033[1m", "\033[0m") if color else ("", "")
    if known.commands:
        message = f"{known.message}\n"
    else:
        source = Source(known.wrong, "example.yaml")
        message = full(source, source.path, compile_spec(source).diagnostics, color)
    reason = "\n\n".join(fill(paragraph, 100) for paragraph in known.reason.split("\n\n"))
    parts = [
        f"{bold}{code}{plain}: {known.meaning}\n",
        reason + "\n",
        f"{bold}Wrong:{plain}\n",
        _inset(known.wrong),
        _inset(message),
    ]
    return "\n".join([*parts, f"{bold}Fixed:{plain}\n", _inset(known.right)])


def _inset(text: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())
