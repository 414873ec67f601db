"""How random models are drawn: the first layer, the next ones, and what a model is about."""

from __future__ import annotations

import functools
from typing import Any

import known_layers as known
import known_operations as operations
import oracle
from hypothesis import strategies as st

from mergecli.catalog import arguments as a
from mergecli.catalog.layer import Layer
from mergecli.catalog.list_arguments import Size
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.tensors import Inputs, Tensor
from tools.random_models.cases import Case, Number, Results, Step, is_number
from tools.random_models.moods import MOODS, STARTS

KINDS = [kind for name, kind in known.KINDS if name != "InputLayer"]
BY_NAME = {**dict(known.KINDS), **operations.KINDS}
SIMPLE = frozenset(
    """
    units filters kernel_size pool_size rate n cropping stddev output_size dims target_shape
    """.split()
)
RANKED = {
    rank: [
        kind
        for kind in KINDS
        if set(kind.required) <= SIMPLE
        if rank
        == (getattr(kind, "rank", 0) + 2 if getattr(kind, "rank", None) else kind.ndim or rank)
        if rank >= (kind.min_ndim or 1)
        if not kind.__module__.endswith(("merging", "attention", "preprocessing"))
    ]
    for rank in range(1, 6)
}
MERGES = [kind for kind in KINDS if kind.__module__.endswith("merging")]
OPERATIONS = list(operations.KINDS.values())
#: How often a layer is drawn anew that mergecli refuses.
TRIES = 4


@st.composite
def cases(draw: Any, wide: bool = False) -> Case:
    """Draw a case; a wide one may be about a family, and applies layers again."""
    # Drawn first, as Hypothesis draws the simplest most often towards the end.
    many, wrong = draw(st.sampled_from(range(2, 13))), draw(st.sampled_from(range(10))) == 8
    mood = draw(st.sampled_from(list(MOODS))) if wide else "any"
    dress = draw(st.sampled_from(range(1, 31))) if wide else 1
    aside: list[tuple[Step, Inputs]] = []
    for _ in range(TRIES):
        first, inputs = draw(starts(mood))
        results = Results(list(inputs.tensors))
        is_accepted = results.add(first)
        if is_accepted:
            break
        aside.append((first, inputs))
    else:
        aside.pop()  # so hard to satisfy that the graph is this layer alone
    steps = [first]
    if is_accepted:
        for _ in range(many - 1):
            for _ in range(TRIES):
                step = draw(following(results, steps, mood))
                if results.follow(step) is not None:
                    break
                if step.again is None:
                    aside.append((step, results.gather(step)))
            else:
                break
            results.add(step)
            steps.append(step)
        if wrong and steps[-1].again is None:
            steps[-1] = draw(spoiled(steps[-1]))
    return Case(list(inputs.tensors), steps, aside, dress)


@functools.cache
def calls(kind: type[Layer]) -> st.SearchStrategy[tuple[dict[str, Any], Inputs]]:
    """Return how arguments and inputs of a class are drawn."""
    return operations.calls(kind.keras_name) if issubclass(kind, Operation) else known.calls(kind)


@functools.cache
def arguments_of(kind: type[Layer], skip: frozenset[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return how arguments of a class are drawn, some of them left out."""
    return oracle.given_arguments(kind, set(skip))


@st.composite
def starts(draw: Any, mood: str) -> tuple[Step, Inputs]:
    """Draw the first layer, with the inputs that its own drawing gives."""
    start = draw(st.sampled_from(STARTS[mood])) if mood in STARTS else None
    if start is not None and start[0] in BY_NAME:
        kind, arguments, shape, dtype = BY_NAME[start[0]], *start[1:]
        inputs = Inputs((Tensor(shape, dtype),))
    else:
        kind = draw(st.sampled_from(KINDS))
        arguments, inputs = draw(calls(kind))
    places = tuple(range(len(inputs.tensors)))
    return Step(kind, arguments, places, inputs.listed, inputs.keywords, inputs.options), inputs


@st.composite
def following(draw: Any, results: Results, steps: list[Step], mood: str = "any") -> Step:
    """Draw a layer that is applied to some of the results so far."""
    tensors = results.tensors
    usable = [
        index
        for index, tensor in enumerate(tensors)
        if tensor is not None and tensor.shape is not None and len(tensor.shape) <= 5
    ]
    usable = usable or list(range(len(tensors)))
    first = draw(st.sampled_from(usable[-4:]))
    choice = draw(st.integers(0, 19))
    if mood != "any":
        if draw(st.sampled_from(range(10))) < (5 if mood == "shared" else 1):
            return draw(again(first, usable, steps, results))
        if draw(st.booleans()):
            return draw(about(mood, first, usable, results))
    if choice < 4:
        kind = draw(st.sampled_from(MERGES))
        others = draw(st.lists(st.sampled_from(usable), min_size=1, max_size=2))
        return Step(kind, draw(arguments_of(kind, frozenset())), (first, *others), True, (), {})
    if choice < 8:
        return draw(
            fitting(draw(st.sampled_from(KINDS if choice < 6 else OPERATIONS)), usable, results)
        )
    rank = len(tensors[first].shape or ())  # type: ignore[union-attr]
    kind = draw(st.sampled_from(RANKED[rank] if rank in RANKED and choice < 19 else KINDS))
    if kind not in RANKED.get(rank, ()):
        return Step(kind, draw(calls(kind))[0], (first,), False, (), {})
    skip = frozenset({"dtype"} if draw(st.booleans()) else ())
    return Step(kind, draw(arguments_of(kind, skip)), (first,), False, (), {})


@st.composite
def fitting(draw: Any, kind: type[Layer], usable: list[int], results: Results) -> Step:
    """Draw any class, with as many tensors as its own drawing has, and as like them as there are."""
    arguments, wanted = draw(calls(kind))
    sources: list[Any] = []
    for tensor in wanted.tensors:
        if is_number(tensor):
            numbers = [0, 1, 2, -1, 3] if tensor.dtype == "int" else [0.5, 2.0, -1.0]
            sources.append(Number(draw(st.sampled_from(numbers))))
        else:
            sources.append(draw(st.sampled_from(alike(tensor, usable, results) or usable)))
    if all(isinstance(source, Number) for source in sources):
        sources[0] = draw(st.sampled_from(usable))
    return Step(kind, arguments, tuple(sources), wanted.listed, wanted.keywords, wanted.options)


@st.composite
def about(draw: Any, mood: str, first: int, usable: list[int], results: Results) -> Step:
    """Draw a layer of the family that a model is about."""
    # An older Keras does not have all of them.
    known = [pair for pair in MOODS[mood] if pair[0] in BY_NAME]
    name, fixed = draw(st.sampled_from(known))
    kind = BY_NAME[name]
    if kind in MERGES:
        others = draw(st.lists(st.sampled_from(usable[-3:]), min_size=1, max_size=2))
        return Step(kind, {}, (first, *others), True, (), {})
    step = draw(fitting(kind, usable, results))
    if fixed is not None:
        step = step._replace(arguments=fixed)
    if len(step.sources) == 1 and not isinstance(step.sources[0], Number):
        step = step._replace(sources=(first,))
    return step


@st.composite
def again(draw: Any, first: int, usable: list[int], steps: list[Step], results: Results) -> Step:
    """Draw a layer of the model that is applied again, to results of any shape."""
    layers = [
        number
        for number, step in enumerate(steps)
        if not issubclass(step.kind, Operation) and not step.arguments.get("stateful")
    ]
    if not layers:
        return draw(fitting(draw(st.sampled_from(KINDS)), usable, results))
    number = draw(st.sampled_from(layers))
    step = steps[number]
    before = results.gather(step).tensors
    sources = tuple(
        draw(st.sampled_from(alike(tensor, usable, results) or usable)) for tensor in before
    )
    owner = number if step.again is None else step.again
    return step._replace(sources=sources, again=owner)


def alike(wanted: Tensor, usable: list[int], results: Results) -> list[int]:
    """Return the results that have as many dimensions as is wanted."""
    rank = len(wanted.shape or ())
    return [index for index in usable if len(_shape(results, index)) == rank]


def _shape(results: Results, index: int) -> tuple[Any, ...]:
    tensor = results.tensors[index]
    return () if tensor is None or tensor.shape is None else tensor.shape


@st.composite
def spoiled(draw: Any, step: Step) -> Step:
    """Draw the step with a mistake that both must refuse."""
    arguments = dict(step.arguments)
    numbers = [
        n
        for n, g in step.kind.arguments.items()
        if isinstance(g, (a.Integer, Size)) and (g.low or 0) >= 1 and n in step.kind.required
    ]
    if step.kind.__name__ == "LayerNorm":
        # It takes any argument, and uses one of them.
        return step._replace(arguments={"axis": "last"})
    choice = draw(
        st.sampled_from(["unknown", "text", "negative", "missing"] if numbers else ["unknown"])
    )
    if choice == "unknown":
        arguments["no_such_argument"] = 1
    elif choice == "text":
        arguments[draw(st.sampled_from(numbers))] = "many"
    elif choice == "negative":
        arguments[draw(st.sampled_from(numbers))] = -1
    else:
        arguments.pop(draw(st.sampled_from(numbers)), None)
    return step._replace(arguments=arguments)
