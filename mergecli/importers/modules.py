"""The user's own layers: their names, read from the modules that the command line names, without running them."""

from __future__ import annotations

import ast
import os
import sys
from typing import Iterable, Iterator

from mergecli.diagnostics.source import Source, Unreadable


class NoModule(Exception):
    """There is no such module."""


class CustomLayers:
    """The names of the user's own layers, or `every` name where they cannot be known; `files` are those of the `modules`."""

    def __init__(
        self,
        names: Iterable[str] = (),
        every: bool = False,
        modules: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
    ) -> None:
        self.names, self.every, self.modules, self.files = frozenset(names), every, modules, files

    def __contains__(self, name: object) -> bool:
        # What is registered with Keras is known by its package, too.
        return isinstance(name, str) and (
            ">" in name or name in self.names or (self.every and name[:1].isupper())
        )


def named(modules: Iterable[str]) -> CustomLayers:
    """What the modules define at their top, as far as their text tells it.

    Raises:
        NoModule: one of them cannot be found.
    """
    names: set[str] = set()
    every = False
    files = []
    for module in modules:
        path = _find(module)
        if path is None:
            every = True
            continue
        files.append(path)
        try:
            found = set(_defined(ast.parse(Source.read(path).text)))
        except (Unreadable, SyntaxError, ValueError, RecursionError):
            found = {"*"}
        every = every or "*" in found
        names |= found
    return CustomLayers(names, every, tuple(modules), tuple(files))


def _find(module: str) -> str | None:
    """The file of a module; None where it has no text, as one that is compiled."""
    for folder in ["", *sys.path]:
        base = os.path.join(folder, *module.split("."))
        for path in (f"{base}.py", os.path.join(base, "__init__.py")):
            if os.path.isfile(path):
                return path
        if os.path.isdir(base) and not os.path.isfile(f"{base}.py"):
            return None
        parent, name = os.path.split(base)
        if os.path.isdir(parent or ".") and any(
            n.startswith(f"{name}.") and n.endswith((".so", ".pyd"))
            for n in os.listdir(parent or ".")
        ):
            return None
    raise NoModule(f"there is no module `{module}` here or among the installed packages")


def _defined(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _defined(node)
