"""The facts of a layer stand in its class: hardly any class is named in a file outside of the catalog."""

from __future__ import annotations

import ast
import pathlib

from mergecli.catalog import registry

PACKAGE = pathlib.Path(registry.__file__).parents[1]
#: The classes that other files may name, at most 15, with the reason.
NAMED = {
    "Concatenate": "is offered in a hint about tensors that cannot be combined",
    "EinsumDense": "stands for a layer that only `keras.applications` has",
    "Flatten": "is offered in a hint about a wrong number of dimensions",
    "GlobalAveragePooling1D": "is offered in a hint about a wrong number of dimensions",
    "GlobalAveragePooling2D": "is offered in a hint about a wrong number of dimensions",
    "GlobalAveragePooling3D": "is offered in a hint about a wrong number of dimensions",
    "Identity": "is also an operation of ONNX",
    "InputLayer": "is a part of the language",
}


def foreign_files() -> list[pathlib.Path]:
    """The files outside of the catalog; applications are made of layers, so they name them."""
    homes = (PACKAGE / "catalog", PACKAGE / "importers" / "applications")
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if not any(path.is_relative_to(home) for home in homes)
    ]


def named_in(path: pathlib.Path, classes: set[str]) -> set[str]:
    """The classes that a file names, as a whole string or by an import from the catalog."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("mergecli.catalog."):
            names |= {alias.name for alias in node.names}
    return names & classes


def test_other_files_name_only_a_few_classes() -> None:
    # These are common words, too.
    words = {"Array", "Size"}
    classes = {cls.__name__ for _, family in registry.families() for cls in family} - words
    named = {name for path in foreign_files() for name in named_in(path, classes)}
    assert named == set(NAMED)
    assert len(NAMED) <= 15
