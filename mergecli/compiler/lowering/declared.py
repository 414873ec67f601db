"""What a spec declares, to suggest its variables, blocks and branches."""

from __future__ import annotations

import re
from typing import Collection, Iterable

from mergecli.diagnostics.suggestions import slip
from mergecli.syntax.variables import ExpressionError, Work, broken, evaluate
from mergecli.syntax.yaml_tree import Scalar, Sequence, Tree

#: The longest string that is read as an expression, and what its value may cost.
_LONGEST, _MOST_WORK = 80, 1000


class Declared:
    """Names that a spec has given.

    Attributes:
        variables: The variables that can be seen here, with their values.
        blocks: The names of the blocks.
        branches: The names of the branches.
    """

    __slots__ = ("blocks", "branches", "variables")

    def __init__(self) -> None:
        self.variables: dict[str, object] = {}
        self.blocks: Collection[str] = ()
        self.branches: Collection[str] = ()

    def as_variable(self, tree: Tree) -> tuple[str, object] | None:
        """Return how a variable that a string names is written, and its value."""
        if type(tree) is not Scalar or not isinstance(tree.value, str):
            return None
        word = tree.value.strip()
        if not self.variables or len(word) > _LONGEST:
            return None
        name: str | None
        if word.isidentifier():
            name = word if word in self.variables else slip(word, self.variables)
            return (f"${name}", self.variables[name]) if name is not None else None
        names = re.findall(r"[A-Za-z_]\w*", word)
        is_sum = re.fullmatch(r"[\w\s.()]+(?:[-+*/%]+[\w\s.()]+)+", word) is not None
        if not is_sum or not names or not all(name in self.variables for name in names):
            return None
        work = Work()
        work.left = _MOST_WORK
        try:
            return f"$({word})", evaluate(word, self.variables, work)
        except ExpressionError:
            return None

    def filled(self, tree: Tree) -> object:
        """Return the value of a tree, with variables in place of the strings that name them."""
        if type(tree) is Sequence:
            return [self.filled(item) for item in tree.items]
        variable = self.as_variable(tree)
        if variable is None or broken(variable[1]):
            return tree.data()
        return variable[1]

    def entry(self, word: str) -> tuple[str, str] | None:
        """Return how an entry is written that has the name of a block or a branch for its class.

        Returns:
            The hint, and the text; None if there is no such name.
        """
        branch = similar(word, self.branches)
        if branch is not None:
            return f"`{branch}` is a branch: write `use: {branch}`", f"{{use: {branch}}}"
        block = similar(word, self.blocks)
        return (f"did you mean the block `{block}`?", block) if block is not None else None


def similar(word: str, names: Iterable[str]) -> str | None:
    """Return the name that equals a word up to case, one slip, or the end of either.

    >>> similar("Res", ["res", "dense"]), similar("Encode", ["encoder"]), similar("x", ["xs"])
    ('res', 'encoder', None)
    """
    names = list(names)
    near = word if word in names else slip(word, names)
    if near is not None or len(word) < 3:
        return near
    folded = word.casefold()
    same = [name for name in names if _begins(name.casefold(), folded)]
    return same[0] if len(same) == 1 else None


def _begins(name: str, word: str) -> bool:
    return len(name) > 2 and (name.startswith(word) or word.startswith(name))
