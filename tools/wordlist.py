"""Find words that the project does not use: `python -m tools.wordlist [PATH...]`.

The words and what to use instead are in `tools/wordlist.txt`. Without paths it reads the package,
the tools, the documentation, the specs and the help of every command. Exit code 1 if it finds any.
`--count` prints how often each is there; `--identifiers` also looks for names of variables that
would be right in prose.
"""

from __future__ import annotations

import collections
import io
import pathlib
import re
import sys
import tokenize
from typing import Iterator, NamedTuple, Sequence

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIST = ROOT / "tools" / "wordlist.txt"
IGNORE = "wordlist: ignore"
DEFAULT = ("mergecli", "tools", "docs", "specs", ".github", "README.md", "CHANGELOG.md")
ENDINGS = {".py", ".md", ".yaml", ".yml", ".js", ".css", ".html", ".txt"}


class Word(NamedTuple):
    """An entry of the list.

    Attributes:
        pattern: What is not used.
        instead: What to use instead.
        allowed: Phrases in which it is right.
        is_identifier: Whether it is compared with whole identifiers of Python code only.
    """

    pattern: re.Pattern[str]
    instead: str
    allowed: re.Pattern[str] | None = None
    is_identifier: bool = False


class Match(NamedTuple):
    """A word at a place; line and column count from 1."""

    path: str
    line: int
    column: int
    text: str
    instead: str


def words(lines: Sequence[str] | None = None) -> list[Word]:
    """Return the list of words, by default that of the project.

    Raises:
        ValueError: A line has no word to use instead.
    """
    lines = LIST.read_text(encoding="utf-8").splitlines() if lines is None else lines
    return [_word(line) for line in lines if line and not line.startswith("#")]


def _word(line: str) -> Word:
    pattern, *others = line.split(" => ")
    if not 1 <= len(others) <= 2:
        raise ValueError(f"expected `pattern => instead`, found {line!r}")
    is_identifier = pattern.startswith("id ")
    # An underscore separates words, too: names of variables are words.
    whole = rf"(?<![A-Za-z0-9])(?:{pattern.removeprefix('id ')})(?![A-Za-z0-9])"
    allowed = "|".join(phrase.strip() for phrase in others[1].split(" | ")) if others[1:] else ""
    return Word(
        re.compile(whole, re.IGNORECASE),
        others[0],
        re.compile(allowed, re.IGNORECASE) if allowed else None,
        is_identifier,
    )


def search(text: str, path: str, known: Sequence[Word]) -> Iterator[Match]:
    """Yield the words of the list in a text, in the order of its lines.

    Args:
        text: The text.
        path: Its path; that of Python code ends in `.py`.
        known: The list.

    >>> list(search("A lone word.", "a.md", words(["lone => single"])))[0].column  # wordlist: ignore
    3
    """
    prose = [word for word in known if not word.is_identifier]
    names = [word for word in known if word.is_identifier]
    identifiers = _identifiers(text) if path.endswith(".py") and names else {}
    for number, line in enumerate(text.splitlines(), 1):
        if IGNORE in line:
            continue
        matches = [pair for word in prose for pair in _in_line(line, word)]
        for column, name in identifiers.get(number, ()):
            matches += [(column, name, w.instead) for w in names if w.pattern.fullmatch(name)]
        for column, matched, instead in sorted(matches):
            yield Match(path, number, column + 1, matched, instead)


def _in_line(line: str, word: Word) -> Iterator[tuple[int, str, str]]:
    """Yield the column, the text and the replacement of each match that no phrase allows."""
    allowed = [match.span() for match in word.allowed.finditer(line)] if word.allowed else []
    for match in word.pattern.finditer(line):
        if not any(start < match.end() and match.start() < end for start, end in allowed):
            yield match.start(), match[0], word.instead


def _identifiers(text: str) -> dict[int, list[tuple[int, str]]]:
    """Return the identifiers of Python code with their columns, by line."""
    result: dict[int, list[tuple[int, str]]] = {}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            result.setdefault(token.start[0], []).append((token.start[1], token.string))
    return result


def files(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file to search."""
    for name in paths:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            # What the playground is built of is the text of others.
            if "dist" in path.parts:
                continue
            if path.suffix in ENDINGS and path.is_file() and path != LIST:
                shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
                yield str(shown), path.read_text(encoding="utf-8")


def helps() -> Iterator[tuple[str, str]]:
    """Yield the help of each command."""
    import click  # optional

    from mergecli.cli.main import COMMANDS, cli  # optional

    context = click.Context(cli, info_name="mergecli")
    yield "mergecli --help", cli.get_help(context)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            inner = click.Context(command, info_name=name, parent=context)
            yield f"mergecli {name} --help", command.get_help(inner)


def _shown(match: Match) -> str:
    return f"{match.path}:{match.line}:{match.column}: `{match.text}`; use: {match.instead}"


def _counts(matches: Sequence[Match]) -> list[str]:
    """Return how often each word is there, the most frequent first."""
    counter = collections.Counter(match.text.lower() for match in matches)
    return [f"{count:5} {text}" for text, count in counter.most_common()]


def main() -> int:
    """Print each match and return the exit code."""
    options = {argument for argument in sys.argv[1:] if argument.startswith("--")}
    if options - {"--count", "--identifiers"}:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    known = [word for word in words() if not word.is_identifier or "--identifiers" in options]
    paths = [argument for argument in sys.argv[1:] if argument not in options]
    sources = list(files(paths or DEFAULT))
    if not paths:
        sources += helps()
    matches = [match for path, text in sources for match in search(text, path, known)]
    for line in _counts(matches) if "--count" in options else map(_shown, matches):
        print(line)
    if matches:
        print(f"{len(matches)} words that are not used here", file=sys.stderr)
    return 1 if matches else 0


if __name__ == "__main__":
    sys.exit(main())
