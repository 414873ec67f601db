"""Checks a spec for the choices of its variables: every combination, or a sample of many."""

from __future__ import annotations

import random
from math import prod
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Sequence

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic, DiagnosticSink, ordered
from mergecli.diagnostics.source import Source
from mergecli.importers.modules import CustomLayers
from mergecli.syntax import ast, parser
from mergecli.syntax.quoting import flow

if TYPE_CHECKING:
    from typing import Protocol

    class Axis(Protocol):
        """The values of a variable: a list, or what computes them by their numbers."""

        def __len__(self) -> int: ...
        def __getitem__(self, index: int, /) -> object: ...


#: The most combinations of choices that are checked; of more, a sample of as many.
MOST_COMBINATIONS = 100


def choices_of(
    variables: Iterable[ast.Variable], settings: Mapping[str, object]
) -> dict[str, Sequence[object]]:
    """Return the choices of each variable that has some and is not set."""
    return {
        str(variable.key.value): [tree.data() for tree in variable.choices]
        for variable in variables
        if variable.choices and variable.key.value not in settings
    }


def combination_at(axes: Mapping[str, Axis], number: int) -> dict[str, object]:
    """Return one combination of the values of some variables; the last variable changes fastest.

    Args:
        axes: The values of each variable.
        number: The number of the combination, from 0.

    >>> combination_at({"width": [8, 16], "depth": [1, 2, 3]}, 4)
    {'width': 16, 'depth': 2}
    """
    values = {}
    for name, axis in reversed([*axes.items()]):
        number, index = divmod(number, len(axis))
        values[name] = axis[index]
    return {name: values[name] for name in axes}


class Choices:
    """The choices in a spec.

    Attributes:
        compiled: The spec as it was checked with its defaults.
        settings: The values of variables that are set.
        values: The choices of each variable, without those that are set.
        count: The number of combinations.
    """

    def __init__(self, compiled: Compiled, settings: Mapping[str, object] | None) -> None:
        self.compiled, self.settings = compiled, dict(settings or {})
        spec = parser.parse(compiled.tree, DiagnosticSink()) if compiled.tree is not None else None
        self.values = choices_of(spec.variables if spec is not None else (), self.settings)
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
            yield combination_at(self.values, number)


def check_choices(choices: Choices, customs: CustomLayers | None = None) -> Compiled:
    """Return a spec that was checked with its defaults, with what is wrong for other choices.

    Each error is reported once, for the first combination that has it.

    Args:
        choices: The choices, and the spec as it was checked with its defaults.
        customs: The user's own layers.
    """
    compiled = choices.compiled
    if compiled.network is None:
        return compiled
    known = {_mark(diagnostic) for diagnostic in (*compiled.diagnostics, *compiled.suppressed)}
    more: list[Diagnostic] = []
    for combination in choices.combinations():
        source = Source(compiled.source.text, compiled.source.path)
        other = compile_spec(source, {**choices.settings, **combination}, customs, compiled.target)
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
