"""`[tool.mergecli]` of a `pyproject.toml`: what to report, and defaults of options.

As with ruff, the nearest one above each file counts for it, found upward from the file's folder, and is not combined with those further up;
one without the section is passed over. What is about a run and no file comes from the one above the working directory.
"""

from __future__ import annotations

import os
import re
from typing import Any, Iterable, Iterator

import click

from mergecli.cli import terminal
from mergecli.diagnostics.diagnostic import ERROR, Diagnostic

NAME = "pyproject.toml"
KEYS = ("select", "ignore", "strict", "output-dir", "format")
#: A folder must not decide what code runs.
FORBIDDEN = "import"
#: Whether the section can be in a text at all; only then it is parsed.
_SECTION = re.compile(rb"""^\s*(?:\[\s*)?["']?tool["']?\s*(?:\.\s*["']?mergecli|\])""", re.M)


class Config:
    """One section: the codes that are reported, whether warnings fail, and defaults."""

    __slots__ = ("format", "ignore", "output_dir", "select", "strict")

    def __init__(self) -> None:
        self.select: frozenset[str] | None = None
        self.ignore: frozenset[str] = frozenset()
        self.strict = False
        self.output_dir: str | None = None
        self.format: str | None = None

    def over(
        self, select: frozenset[str] | None, ignore: frozenset[str], strict: bool | None
    ) -> Config:
        """This one with what the command line says, which wins: `--select` replaces both lists, `--ignore` adds to one."""
        if select is None and not ignore and strict is None:
            return self
        both = Config()
        both.select = self.select if select is None else select
        both.ignore = ignore if select is not None else ignore | self.ignore
        both.strict = self.strict if strict is None else strict
        return both

    def wants(self, code: str) -> bool:
        return code not in self.ignore and (self.select is None or code in self.select)

    def reported(self, diagnostics: list[Diagnostic], errors: bool = False) -> list[Diagnostic]:
        """Those of the findings that are wanted, with `errors` all errors."""
        if self.select is None and not self.ignore:
            return diagnostics
        return [d for d in diagnostics if (errors and d.severity == ERROR) or self.wants(d.code)]


class Wrong(click.ClickException):
    """The section is wrong."""

    exit_code = terminal.EXIT_USAGE

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{os.path.relpath(path)}: {message}")


class Configs:
    """The sections by folder, each looked for once."""

    def __init__(self) -> None:
        self._found: dict[str, Config] = {}

    def of_file(self, path: str, name: str | None = None) -> Config:
        """What counts for a file; `name` is what standard input is called, if it is called anything."""
        return self.of_folder(os.path.dirname(name or "" if path == "-" else path))

    def of_folder(self, folder: str = "") -> Config:
        """What counts in a folder, by default the working directory."""
        known = self._found.get(folder)
        if known is None:
            known = self._found[folder] = _search(folder)
        return known


def places(folder: str) -> Iterator[str]:
    """Where settings for the files of a folder may stand, the nearest first."""
    folder = os.path.abspath(folder)
    while True:
        yield os.path.join(folder, NAME)
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def _search(folder: str) -> Config:
    for path in places(folder):
        try:
            with open(path, "rb") as file:
                data = file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            data = b""
        except OSError as problem:
            raise Wrong(path, f"cannot be read: {problem.strerror}") from None
        if b"mergecli" in data and _SECTION.search(data):
            section = _section(path, data)
            if section is not None:
                return _read(path, section)
    return Config()


def _section(path: str, data: bytes) -> Any:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        tool = tomllib.loads(data.decode("utf-8")).get("tool")
    except ValueError as problem:
        raise Wrong(path, f"is no TOML: {problem}") from None
    return tool.get("mergecli") if isinstance(tool, dict) else None


def _read(path: str, section: Any) -> Config:
    if not isinstance(section, dict):
        raise Wrong(path, "`tool.mergecli` must be a table")
    config = Config()
    for key, value in section.items():
        if key == FORBIDDEN:
            raise Wrong(
                path,
                "`tool.mergecli.import` is not allowed, as a folder must not decide what code runs; name it on the command line",
            )
        if key not in KEYS:
            from mergecli.diagnostics.suggestions import did_you_mean, listed

            hint = did_you_mean(key, KEYS) or f"there are {listed(KEYS, 'and')}"
            raise Wrong(path, f"`tool.mergecli` has no key `{key}`; {hint}")
        if key in ("select", "ignore"):
            if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
                raise Wrong(path, f"`tool.mergecli.{key}` must be a list of codes")
            try:
                setattr(config, key, codes(value))
            except click.UsageError as problem:
                raise Wrong(path, f"`tool.mergecli.{key}`: {problem.message}") from None
        elif key == "strict":
            if not isinstance(value, bool):
                raise Wrong(path, "`tool.mergecli.strict` must be true or false")
            config.strict = value
        elif not isinstance(value, str):
            raise Wrong(path, f"`tool.mergecli.{key}` must be a text")
        elif key == "format":
            _check_format(path, value)
            config.format = value
        else:
            config.output_dir = os.path.relpath(os.path.join(os.path.dirname(path), value))
    return config


def _check_format(path: str, value: str) -> None:
    """A format for standard output; a folder must not decide which files are written over."""
    from mergecli.cli.reports import FORMATS
    from mergecli.diagnostics.suggestions import did_you_mean, listed

    if value not in FORMATS:
        hint = did_you_mean(value, FORMATS) or f"there are {listed(FORMATS, 'and')}"
        reason = "name files on the command line" if "=" in value else hint
        raise Wrong(path, f"`tool.mergecli.format` cannot be `{value}`; {reason}")


def codes(texts: Iterable[str]) -> frozenset[str]:
    """Codes, each text one or several with commas between them.

    Raises:
        click.UsageError: there is no such code.
    """
    found = [code.strip() for text in texts for code in text.split(",")]
    if found:
        from mergecli.diagnostics.codes import names

        for code in found:
            if code not in names():
                raise click.UsageError(terminal.unknown_code(code))
    return frozenset(found)
