"""`[tool.mergecli]` of a `pyproject.toml`: which diagnostics to report, and defaults of options.

As with ruff, the nearest section above each file applies, searched upward from the file's folder;
sections are not combined, and a `pyproject.toml` without the section is skipped. Settings of a run
rather than of a file come from the nearest section above the working directory.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Iterable, Iterator

from mergecli.catalog.versions import (
    NEWEST,
    OLDEST,
    BadVersion,
    Version,
    parse_version,
    read_version,
)
from mergecli.diagnostics import files
from mergecli.diagnostics.codes import CODES, unknown
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.reports import REPORTS
from mergecli.diagnostics.suggestions import did_you_mean, listed

NAME = "pyproject.toml"
KEYS = ("select", "ignore", "strict", "output-dir", "format", "keras")
#: Not allowed, since a folder must not decide which code runs.
FORBIDDEN = "import"
#: Matches files that may have the section; only these are parsed.
_SECTION = re.compile(rb"""^\s*(?:\[\s*)?["']?tool["']?\s*(?:\.\s*["']?mergecli|\])""", re.M)
#: A key of very many parts, for which TOML readers need a time that grows with their square.
_LONG_KEY = re.compile(
    rb"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[\w-]+|"[^"\n]*"|'[^'\n]*')){100}"""
)
#: The file of Keras that holds its version, and what is before it there.
_VERSION_FILE = "keras/src/version.py"
_VERSION_MARK = '__version__ = "'


class Config:
    """One section: the codes to report, whether warnings fail, and defaults of options."""

    __slots__ = ("format", "ignore", "keras", "output_dir", "select", "strict")

    def __init__(self) -> None:
        self.select: frozenset[str] | None = None
        self.ignore: frozenset[str] = frozenset()
        self.strict = False
        self.output_dir: str | None = None
        self.format: str | None = None
        self.keras: Version | None = None

    def over(
        self, select: frozenset[str] | None, ignore: frozenset[str], strict: bool | None
    ) -> Config:
        """Return this section with the options of the command line, which take precedence.

        Args:
            select: Codes of `--select`, which replaces both lists; None if it was not given.
            ignore: Codes of `--ignore`, which are added to those of the section.
            strict: `--strict` or `--no-strict`; None if neither was given.
        """
        if select is None and not ignore and strict is None:
            return self
        both = Config()
        both.select = self.select if select is None else select
        both.ignore = ignore if select is not None else ignore | self.ignore
        both.strict = self.strict if strict is None else strict
        both.keras = self.keras
        return both

    def wants(self, code: str) -> bool:
        """Whether diagnostics with this code are reported."""
        return code not in self.ignore and (self.select is None or code in self.select)

    def reported(self, diagnostics: list[Diagnostic], errors: bool = False) -> list[Diagnostic]:
        """Return the diagnostics to report; with `errors`, all errors are among them."""
        if self.select is None and not self.ignore:
            return diagnostics
        return [d for d in diagnostics if (errors and d.is_error) or self.wants(d.code)]


class ConfigError(ValueError):
    """A section, or a code in it or on the command line, is wrong."""


class Configs:
    """The sections by folder; each folder is searched once."""

    def __init__(self) -> None:
        self._configs: dict[str, Config] = {}

    def of_file(self, path: str, name: str | None = None) -> Config:
        """Return the section that applies to a file.

        Args:
            path: The file, or `-` for standard input.
            name: The path that standard input stands for, if it has one.

        Raises:
            ConfigError: The section is wrong, or its file cannot be read.
        """
        return self.of_folder(os.path.dirname(name or "" if path == "-" else path))

    def of_folder(self, folder: str = "") -> Config:
        """Return the section that applies in a folder, by default the working directory.

        Raises:
            ConfigError: The section is wrong, or its file cannot be read.
        """
        known = self._configs.get(folder)
        if known is None:
            known = self._configs[folder] = _search(folder)
        return known


def places(folder: str) -> Iterator[str]:
    """Yield the paths where the settings of a folder are looked for, the nearest first."""
    folder = os.path.abspath(folder)
    while True:
        yield os.path.join(folder, NAME)
        parent = os.path.dirname(folder)
        if parent == folder:
            return
        folder = parent


def installed_keras(folders: Iterable[str] | None = None) -> Version:
    """Return the version of the Keras that an import would load, which is not imported.

    One file is read, as a search through the metadata of all packages takes a hundred times as long.
    An older version than the oldest supported counts as that; without Keras it is the newest known.

    Args:
        folders: Where to look, in this order; by default where Python does.
    """
    for folder in sys.path if folders is None else folders:
        try:
            data = files.read_if_present(os.path.join(folder, _VERSION_FILE))
        except (OSError, ValueError):
            continue
        if data is not None:
            line = data.decode("utf-8", "replace").partition(_VERSION_MARK)[2]
            version = read_version(line)
            if version is not None:
                return max(version, OLDEST)
    return NEWEST


def _search(folder: str) -> Config:
    for path in places(folder):
        try:
            data = files.read_if_present(path)
        except OSError as problem:
            raise _error(path, f"cannot be read: {problem.strerror}") from None
        if data is not None and b"mergecli" in data and _SECTION.search(data):
            section = _section(path, data)
            if section is not None:
                return _config(path, section)
    return Config()


def _section(path: str, data: bytes) -> object:
    if sys.version_info >= (3, 11):
        import tomllib  # start-up
    else:
        import tomli as tomllib  # start-up
    if _LONG_KEY.search(data):
        raise _error(path, "has a key of too many parts")
    try:
        tool = tomllib.loads(data.decode("utf-8")).get("tool")
    except ValueError as problem:
        raise _error(path, f"is not valid TOML: {problem}") from None
    except RecursionError:
        raise _error(path, "is nested too deeply") from None
    return tool.get("mergecli") if isinstance(tool, dict) else None


def _config(path: str, section: object) -> Config:
    if not isinstance(section, dict):
        raise _error(path, "`tool.mergecli` must be a table")
    config = Config()
    for key, value in section.items():
        if key == FORBIDDEN:
            raise _error(
                path,
                "`tool.mergecli.import` is not allowed, since a folder must not decide what code"
                " runs; use the command line instead",
            )
        if key not in KEYS:
            raise _error(path, f"`tool.mergecli` has no key `{key}`; {_hint(key, KEYS)}")
        if key in ("select", "ignore"):
            setattr(config, key, _codes(path, key, value))
        elif key == "strict":
            if not isinstance(value, bool):
                raise _error(path, "`tool.mergecli.strict` must be true or false")
            config.strict = value
        elif key == "keras":
            config.keras = _keras(path, value)
        elif not isinstance(value, str):
            raise _error(path, f"`tool.mergecli.{key}` must be a string")
        elif key == "format":
            _check_format(path, value)
            config.format = value
        else:
            config.output_dir = _output_dir(path, value)
    return config


def _output_dir(path: str, value: str) -> str:
    """Return the folder of outputs; a folder must not decide that files elsewhere are replaced."""
    top = os.path.dirname(path)
    folder = os.path.join(top, value)
    if "\0" in value or os.path.commonpath(
        map(os.path.realpath, (top, folder))
    ) != os.path.realpath(top):
        raise _error(path, f"`tool.mergecli.output-dir` must be inside its folder, found `{value}`")
    return files.from_here(folder)


def _keras(path: str, value: object) -> Version:
    """Return the target version, which must be a string, as the number 3.10 is 3.1."""
    if not isinstance(value, str):
        raise _error(path, '`tool.mergecli.keras` must be a string, such as "3.10"')
    try:
        return parse_version(value)
    except BadVersion as problem:
        raise _error(path, f"`tool.mergecli.keras`: {problem}") from None


def _codes(path: str, key: str, value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        raise _error(path, f"`tool.mergecli.{key}` must be a list of codes")
    try:
        return codes(value)
    except ConfigError as problem:
        raise _error(path, f"`tool.mergecli.{key}`: {problem}") from None


def _check_format(path: str, value: str) -> None:
    """Check the format for standard output; a folder must not decide which files are replaced."""
    if value not in REPORTS:
        reason = "name files on the command line" if "=" in value else _hint(value, REPORTS)
        raise _error(path, f"`tool.mergecli.format` cannot be `{value}`; {reason}")


def _hint(word: str, known: Iterable[str]) -> str:
    return did_you_mean(word, known) or f"there are {listed(known, 'and')}"


def _error(path: str, message: str) -> ConfigError:
    return ConfigError(f"{files.from_here(path)}: {message}")


def codes(values: Iterable[str]) -> frozenset[str]:
    """Return codes, each value one or several with commas between them.

    Raises:
        ConfigError: One of the codes does not exist.
    """
    result = [code.strip() for value in values for code in value.split(",")]
    if result:
        for code in result:
            if code not in CODES:
                raise ConfigError(unknown(code))
    return frozenset(result)
