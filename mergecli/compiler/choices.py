"""Checks a spec for the choices of its variables: every combination, or a sample of many."""

from __future__ import annotations

import random
from math import prod
from typing import Iterator, Mapping

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink, ordered
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.syntax import parser
from mergecli.syntax.quoting import flow

#: The most combinations of choices that are checked; of more, a sample of as many.
MOST_COMBINATIONS = 100


class Choices:
    """The choices in a spec.

    Attributes:
        values: The choices of each variable, without those that are set.
        count: The number of combinations.
    """

    def __init__(self, compiled: Compiled, settings: Mapping[str, object]) -> None:
        spec = parser.parse(compiled.tree, DiagnosticSink()) if compiled.tree is not None else None
        self.values = {
            str(variable.key.value): [tree.data() for tree in variable.choices]
            for variable in (spec.variables if spec is not None else ())
            if variable.choices and variable.key.value not in settings
        }
        self.count = prod(map(len, self.values.values())) if self.values else 0

    @property
    def is_sampled(self) -> bool:
        """Whether there are more combinations than are checked."""
        return self.count > MOST_COMBINATIONS

    def combinations(self) -> Iterator[dict[str, object]]:
        """Yield the combinations to check: all, or of many the same sample each time.

        A sample has each choice of each variable with the first choices of the others, and random
        combinations.
        """
        numbers: dict[int, None] = {}
        if self.is_sampled:
            step = 1
            for values in reversed(self.values.values()):
                numbers.update((index * step, None) for index in range(len(values)))
                step *= len(values)
            source = random.Random(0)
            while len(numbers) < MOST_COMBINATIONS:
                numbers[source.randrange(self.count)] = None
        else:
            numbers = dict.fromkeys(range(self.count))
        for number in list(numbers)[:MOST_COMBINATIONS]:
            yield self._combination(number)

    def _combination(self, number: int) -> dict[str, object]:
        chosen = {}
        for name, values in reversed(self.values.items()):
            number, index = divmod(number, len(values))
            chosen[name] = values[index]
        return {name: chosen[name] for name in self.values}


def check_choices(
    compiled: Compiled,
    settings: Mapping[str, object] | None = None,
    customs: CustomLayers | None = None,
) -> Compiled:
    """Return a spec that was checked with its defaults, with what is wrong for other choices.

    Each error is reported once, for the first combination that has it.

    Args:
        compiled: The spec as it was checked with its defaults.
        settings: The values of variables that are set.
        customs: The user's own layers.
    """
    if compiled.network is None:
        return compiled
    settings = dict(settings or {})
    choices = Choices(compiled, settings)
    known = {_mark(diagnostic) for diagnostic in (*compiled.diagnostics, *compiled.suppressed)}
    more: list[Diagnostic] = []
    for combination in choices.combinations():
        source = Source(compiled.source.text, compiled.source.path)
        other = compile_spec(source, {**settings, **combination}, customs, compiled.target)
        for diagnostic in other.diagnostics:
            mark = _mark(diagnostic)
            if diagnostic.is_error and mark not in known:
                known.add(mark)
                more.append(_with_values(diagnostic, combination))
        compiled.source.named.update(source.named)
    if not more:
        return compiled
    return compiled._replace(diagnostics=ordered([*compiled.diagnostics, *more]), network=None)


def _mark(diagnostic: Diagnostic) -> object:
    return diagnostic.span, diagnostic.code


def _with_values(diagnostic: Diagnostic, combination: Mapping[str, object]) -> Diagnostic:
    """Return a diagnostic with a note that gives the values of the variables."""
    values = ", ".join(f"`{name}` {flow(value)}" for name, value in combination.items())
    note = f"with {values}"
    note = f"{diagnostic.note}; {note}" if diagnostic.note else note
    # What is written is right for other choices.
    return diagnostic._replace(note=note, fix=())
