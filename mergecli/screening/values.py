"""The values of all variables of a spec for a candidate."""

from __future__ import annotations

from typing import Mapping

from mergecli.compiler.lowering.context import Scope, TooLarge
from mergecli.compiler.lowering.spec import new_lowering
from mergecli.screening.dependencies import names_in
from mergecli.screening.layer_maker import Text, Unusual
from mergecli.syntax.variables import MOST_WORK
from mergecli.syntax.yaml_tree import Tree


class CandidateValues:
    """Computes the values of all variables from those of a candidate.

    Args:
        text: The spec.
    """

    def __init__(self, text: Text) -> None:
        self._text = text
        self._context = new_lowering(text.source, text.spec, text.customs)
        self._declared = [(str(one.key.value), one.value) for one in text.spec.variables]
        self._names = frozenset(name for name, _ in self._declared)
        #: The values that need no computation.
        self._constants = {name: tree.data() for name, tree in self._declared if not names_in(tree)}

    def all(self, variables: Mapping[str, object]) -> dict[str, object]:
        """Return the values of all variables, in the order of the spec.

        Args:
            variables: The values of the candidate.

        Raises:
            Unusual: A variable is not declared, or its value cannot be computed.
        """
        settings, constants = self._text.settings, self._constants
        if not self._names.issuperset(variables) or not self._names.issuperset(settings):
            raise Unusual
        values = Scope({})
        for name, tree in self._declared:
            if name in variables:
                values[name] = variables[name]
            elif name in settings:
                values[name] = settings[name]
            elif name in constants:
                values[name] = constants[name]
            else:
                values[name] = self._computed(tree, values)
        return values

    def _computed(self, tree: Tree, values: Scope) -> object:
        context = self._context
        context.variables, context.project.work.left = values, MOST_WORK
        try:
            filled = context.filled(tree)
        except TooLarge:
            raise Unusual from None
        sink, work = context.sink, context.project.work
        if sink or sink.broken or work.is_spent:
            sink.clear()
            sink.broken = work.is_spent = False
            raise Unusual
        return filled.data()
