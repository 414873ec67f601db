"""Find words that the project does not use: `python -m tools.wordlist [PATH...]`.

The words and what to use instead are in `tools/wordlist.txt`. Without paths it reads the package,
the tools, the documentation, the specs and the help of every command. Exit code 1 if it finds any.
"""

from __future__ import annotations

import pathlib
import re
import sys
from typing import Iterator, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIST = ROOT / "tools" / "wordlist.txt"
IGNORE = "wordlist: ignore"
DEFAULT = ("mergecli", "tools", "docs", "specs", ".github", "README.md", "CHANGELOG.md")
ENDINGS = {".py", ".md", ".yaml", ".yml", ".js", ".html", ".txt"}


class Word(NamedTuple):
    """A pattern, and what to use instead."""

    pattern: re.Pattern[str]
    instead: str


class Match(NamedTuple):
    """A word at a place; line and column count from 1."""

    path: str
    line: int
    column: int
    text: str
    instead: str


def words() -> list[Word]:
    """Return the list of words."""
    found = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern, instead = line.split(" => ")
            # An underscore separates words, too: names of variables are words.
            whole = rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])"
            found.append(Word(re.compile(whole, re.IGNORECASE), instead))
    return found


def search(text: str, path: str, known: list[Word]) -> Iterator[Match]:
    """Yield the words of the list in a text.

    >>> [match.text for match in search("told_apart = 1  # a lone\\n", "a.py", words())]
    ['told', 'lone']
    """
    for number, line in enumerate(text.splitlines(), 1):
        if IGNORE in line:
            continue
        for word in known:
            for match in word.pattern.finditer(line):
                yield Match(path, number, match.start() + 1, match[0], word.instead)


def texts(paths: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the files to search, each with its text."""
    for name in paths:
        top = ROOT / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in files:
            if path.suffix in ENDINGS and path.is_file() and path != LIST:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def helps() -> Iterator[tuple[str, str]]:
    """Yield the help of each command."""
    import click

    from mergecli.cli.main import COMMANDS, cli

    context = click.Context(cli, info_name="mergecli")
    yield "mergecli --help", cli.get_help(context)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            inner = click.Context(command, info_name=name, parent=context)
            yield f"mergecli {name} --help", command.get_help(inner)


def main() -> int:
    """Print what is found and return the exit code."""
    known = words()
    sources = list(texts(sys.argv[1:] or list(DEFAULT)))
    if not sys.argv[1:]:
        sources += helps()
    found = [match for path, text in sources for match in search(text, path, known)]
    for match in found:
        print(f"{match.path}:{match.line}:{match.column}: `{match.text}`; use: {match.instead}")
    if found:
        print(f"{len(found)} words that are not used here", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
