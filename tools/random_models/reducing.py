"""A failing case made smaller: fewer layers, fewer arguments, as long as it fails."""

from __future__ import annotations

from typing import Callable, Iterator

from tools.random_models.cases import Case, Number, Results, Step

#: How often a case is judged to make it smaller.
MOST = 150


def reduced(case: Case, fails: Callable[[Case], bool]) -> Case:
    """Return a smaller case that fails, too.

    Args:
        case: A case that fails.
        fails: Whether a case fails.
    """
    tried = 0
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for candidate in filter(is_whole, smaller(case)):
            tried += 1
            if tried > MOST:
                return case
            if fails(candidate):
                case, is_smaller = candidate, True
                break
    return case


def is_whole(case: Case) -> bool:
    """Whether all results to which layers are applied are there; an argument may make more of them."""
    results = Results(case.inputs)
    for step in case.steps:
        places = [source for source in step.sources if not isinstance(source, Number)]
        if max(places, default=0) >= len(results.tensors):
            return False
        results.add(step)
    return True


def smaller(case: Case) -> Iterator[Case]:
    """Yield cases with a layer or an argument less, those that lack most first."""
    if case.aside:
        yield case._replace(aside=[])
        for pair in case.aside:
            yield case._replace(aside=[pair])
    for number in range(len(case.steps) - 1, -1, -1):
        without = _without(case, number)
        if without is not None:
            yield without
    for number, step in enumerate(case.steps):
        for name in step.arguments:
            if name not in step.kind.required:
                rest = {key: value for key, value in step.arguments.items() if key != name}
                steps = list(case.steps)
                steps[number] = step._replace(arguments=rest)
                yield case._replace(steps=steps)


def _without(case: Case, number: int) -> Case | None:
    """Return the case without a layer; layers after it are applied to its first source instead.

    None if the layer is the only one, or is applied again.
    """
    step = case.steps[number]
    if len(case.steps) == 1 or any(other.again == number for other in case.steps):
        return None
    starts = [len(case.inputs)]
    results = Results(case.inputs)
    for each in case.steps:
        results.add(each)
        starts.append(len(results.tensors))
    start, end = starts[number], starts[number + 1]
    before = [source for source in step.sources if not isinstance(source, Number)]
    if not before:
        return None

    def moved(source: object) -> object:
        if isinstance(source, Number) or source < start:  # type: ignore[operator]
            return source
        return before[0] if source < end else source - (end - start)  # type: ignore[operator]

    steps: list[Step] = []
    for index, each in enumerate(case.steps):
        if index != number:
            again = each.again - 1 if each.again is not None and each.again > number else each.again
            sources = tuple(moved(source) for source in each.sources)
            steps.append(each._replace(sources=sources, again=again))
    return case._replace(steps=steps)
