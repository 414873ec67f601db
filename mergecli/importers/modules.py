"""The user's own layers: their names, read from modules without running these."""

from __future__ import annotations

import ast
import os
import sys
from typing import Iterable, Iterator, Mapping, NamedTuple, Sequence

from mergecli.diagnostics.source import Source, Unreadable


class NoModule(Exception):
    """A module does not exist."""


class LayerText(NamedTuple):
    """What the text of a module says of a layer of the user.

    Attributes:
        name: The name of its class.
        module: The dotted name of the module.
        doc: The first line of its docstring; empty if it has none.
        arguments: The arguments of its constructor, each with its default as Python; None without one.
        call: The tensors and options that its `call` takes; None if that is not known.
    """

    name: str
    module: str
    doc: str
    arguments: Sequence[tuple[str, str | None]]
    call: tuple[str, ...] | None


class CustomLayers:
    """The names of the user's own layers.

    Attributes:
        names: The names that are known.
        every: Whether any class name may be a layer, because a module cannot be read.
        modules: The dotted names of the modules.
        files: The files of the modules.
        calls: For classes that define `call` in these files, the tensors that it takes.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        every: bool = False,
        modules: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
        calls: Mapping[str, tuple[str, ...]] = {},
    ) -> None:
        self.calls = calls
        self.names, self.every, self.modules, self.files = frozenset(names), every, modules, files

    def call_names(self, name: str) -> tuple[str, ...] | None:
        """Return the tensors that the `call` of a layer takes; None if that is not known."""
        return self.calls.get(name.rpartition(">")[2])

    def __contains__(self, name: object) -> bool:
        # Keras names a registered class `package>name`.
        return isinstance(name, str) and (
            ">" in name or name in self.names or (self.every and name[:1].isupper())
        )


def layers_of(modules: Iterable[str]) -> CustomLayers:
    """Return the names that modules define at their top level, read from their text.

    Args:
        modules: Dotted names of modules.

    Raises:
        NoModule: A module does not exist.
    """
    names: set[str] = set()
    calls: dict[str, tuple[str, ...]] = {}
    every = False
    files = []
    for module in modules:
        path = _find(module)
        if path is None:
            every = True
            continue
        files.append(path)
        try:
            tree = ast.parse(Source.read(path).text)
            defined = set(_defined(tree))
            calls.update(_calls(tree))
        except (Unreadable, SyntaxError, ValueError, RecursionError):
            defined = {"*"}
        every = every or "*" in defined
        names |= defined
    return CustomLayers(names, every, tuple(modules), tuple(files), calls)


def described(layers: CustomLayers) -> list[LayerText]:
    """Return what modules say of their layers: the classes at their top level that define `call`.

    The text is read, and not run; a class that inherits `call` is not among them.

    Args:
        layers: The layers of the modules.
    """
    result = []
    for module in layers.modules:
        path = _find(module)
        try:
            tree = ast.parse(Source.read(path).text) if path is not None else ast.Module([], [])
        except (Unreadable, SyntaxError, ValueError, RecursionError):
            # It is as unknown as a compiled module.
            continue
        calls = dict(_calls(tree))
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and _method(node, "call") is not None:
                doc = (ast.get_docstring(node) or "").partition("\n")[0]
                arguments = _arguments(_method(node, "__init__"))
                result.append(LayerText(node.name, module, doc, arguments, calls.get(node.name)))
    return result


def _method(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name == name:
            return method
    return None


def _arguments(method: ast.FunctionDef | None) -> list[tuple[str, str | None]]:
    """Return the arguments of a constructor with their defaults."""
    if method is None:
        return []
    given = method.args
    names = [argument.arg for argument in [*given.posonlyargs, *given.args]][1:]
    defaults: list[str | None] = [ast.unparse(default) for default in given.defaults]
    result = list(zip(names, [None] * (len(names) - len(defaults)) + defaults))
    for argument, value in zip(given.kwonlyargs, given.kw_defaults):
        result.append((argument.arg, None if value is None else ast.unparse(value)))
    return result


def _find(module: str) -> str | None:
    """Return the file of a module; None where it has no text, as a compiled one.

    Raises:
        NoModule: The module does not exist.
    """
    for folder in ["", *sys.path]:
        base = os.path.join(folder, *module.split("."))
        for path in (f"{base}.py", os.path.join(base, "__init__.py")):
            if os.path.isfile(path):
                return path
        if os.path.isdir(base) and not os.path.isfile(f"{base}.py"):
            return None
        parent, name = os.path.split(base)
        if os.path.isdir(parent or ".") and any(
            entry.startswith(f"{name}.") and entry.endswith((".so", ".pyd"))
            for entry in os.listdir(parent or ".")
        ):
            return None
    raise NoModule(f"there is no module `{module}` here or among the installed packages")


def _calls(tree: ast.Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each class at the top level that defines `call`, with the arguments of that."""
    for node in tree.body:
        for method in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(method, ast.FunctionDef) and method.name == "call":
                arguments = method.args
                if arguments.kwarg is None and arguments.vararg is None:
                    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
                    assert isinstance(node, ast.ClassDef)
                    yield node.name, tuple(argument.arg for argument in every[1:])


def _defined(tree: ast.AST) -> Iterator[str]:
    """Yield the names that a module binds at its top level."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _defined(node)
