"""Candidates -> specs: the text of the spec with other values of its variables."""

from __future__ import annotations

import os
from typing import Mapping

from mergecli.diagnostics import files
from mergecli.diagnostics.diagnostic import Edit
from mergecli.diagnostics.edits import Splice
from mergecli.diagnostics.source import Source
from mergecli.screening.rows import Row
from mergecli.screening.space import SpaceError
from mergecli.syntax.quoting import flow
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping as MappingNode


class Emitter:
    """Writes candidates as specs into a folder.

    Args:
        source: The spec.
        named: Whether it names files.
        folder: The folder, which is made if it does not exist.
        settings: Values of variables that all candidates share.

    Raises:
        SpaceError: The folder is a file; or the spec names files, relative to a folder that is
            another one.
        Unwritable: Nothing can be written there.
    """

    def __init__(
        self, source: Source, named: bool, folder: str, settings: Mapping[str, object]
    ) -> None:
        self.source, self.folder, self.settings = source, folder, settings
        if os.path.exists(folder) and not os.path.isdir(folder):
            raise SpaceError(f"--emit {folder} is a file, not a folder")
        own = os.path.realpath(os.path.dirname(source.path) or os.curdir)
        if named and os.path.realpath(folder) != own:
            raise SpaceError(
                f"the spec names files relative to its folder; write its candidates there:"
                f" --emit {os.path.dirname(source.path) or '.'}"
            )
        # A sweep may take hours, and its specs are the last that it writes.
        files.prepare(self._path(0))

    def write(self, row: Row) -> str:
        """Write the spec of a candidate, and return its path.

        Raises:
            Unwritable: It cannot be written.
        """
        path = self._path(row.candidate)
        files.write(path, with_values(self.source, {**self.settings, **row.variables}))
        return path

    def _path(self, candidate: int) -> str:
        stem = "candidate" if self.source.path in ("-", "<stdin>") else self.source.stem
        return os.path.join(self.folder, f"{stem}-{candidate}.yaml")


def with_values(source: Source, values: Mapping[str, object]) -> str:
    """Return the text of a spec whose variables have other values.

    >>> with_values(Source("vars: {a: 1, b: {choices: [2, 3]}}  # sizes", "x"), {"b": 3})
    'vars: {a: 1, b: 3}  # sizes'
    """
    tree, _ = read(source)
    variables = tree.get("vars") if type(tree) is MappingNode else None
    if type(variables) is not MappingNode:
        return source.text
    edits = [
        Edit(tree.span, flow(values[str(key.value)]))
        for key, tree in variables.entries
        if str(key.value) in values and tree.data() != values[str(key.value)]
    ]
    spliced = Splice.of(source.text, edits)
    assert spliced is not None
    return spliced.text
