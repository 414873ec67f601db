"""`python tools/fuzz.py --seed 1 --count 20000 --jobs 2`: random graphs, judged by mergecli and by Keras.

A case is a graph of 2 to 12 layers with random arguments. The first layer of a case is drawn from all kinds, with the
inputs that its own drawing gives; the others, operations among them, are applied to what is there. What mergecli refuses is
put aside and drawn anew, so that graphs grow; Keras must refuse it, too. One case in ten ends in a mistake on purpose.
mergecli reads the spec as text; Keras is called layer by layer, without mergecli's parser or builder. Both must refuse at
the same layer, or accept with the same shapes, dtypes, and counts of parameters, trainable and not.

A case that fails is shrunk and shown as a spec; put it into `tests/regressions/`.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import math
import pathlib
import subprocess
import sys
import time
import warnings
from typing import Any, Callable, Iterator, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import known_layers as known
import known_operations as operations
import oracle
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from mergecli.catalog import arguments as a
from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.layer import Layer, parameters
from mergecli.catalog.list_arguments import Size
from mergecli.catalog.operations.elementwise import Operation
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.runtime.build import keras_object

KINDS = [kind for name, kind in known.KINDS if name != "InputLayer"]
SIMPLE = {
    "units",
    "filters",
    "kernel_size",
    "pool_size",
    "rate",
    "n",
    "cropping",
    "stddev",
    "output_size",
    "dims",
    "target_shape",
}
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


class Step(NamedTuple):
    """A layer: its kind, its arguments, the results it is applied to, and how they are given."""

    kind: type[Layer]
    arguments: dict[str, Any]
    sources: tuple[int, ...]
    listed: bool
    keywords: tuple[str, ...]
    options: dict[str, Any]


class Case(NamedTuple):
    """A graph, and the layers that were drawn for it and refused, each with its inputs."""

    inputs: list[Tensor]
    steps: list[Step]
    aside: list[tuple[Step, Inputs]]


@st.composite
def cases(draw: Any) -> Case:
    # Drawn first, as Hypothesis draws the simplest most often towards the end.
    many, wrong = draw(st.sampled_from(range(2, 13))), draw(st.sampled_from(range(10))) == 8
    aside: list[tuple[Step, Inputs]] = []
    for _ in range(TRIES):
        kind = draw(st.sampled_from(KINDS))
        arguments, inputs = draw(calls(kind))
        first = Step(
            kind,
            arguments,
            tuple(range(len(inputs.tensors))),
            inputs.listed,
            inputs.keywords,
            inputs.options,
        )
        new = extend(first, list(inputs.tensors))
        if new != [None]:
            break
        aside.append((first, inputs))
    else:
        aside.pop()  # so hard to satisfy that the graph is this layer alone
    steps, result = [first], list(inputs.tensors)
    if new != [None]:
        result += new
        for _ in range(many - 1):
            for _ in range(TRIES):
                step = draw(following(result))
                new = extend(step, result)
                if new != [None]:
                    break
                aside.append((step, gather(step, result)))
            else:
                break
            steps.append(step)
            result += new
        if wrong:
            steps[-1] = draw(spoiled(steps[-1]))
    return Case(list(inputs.tensors), steps, aside)


@functools.cache
def calls(kind: type[Layer]) -> st.SearchStrategy[tuple[dict[str, Any], Inputs]]:
    return operations.calls(kind.keras_name) if issubclass(kind, Operation) else known.calls(kind)


@functools.cache
def arguments_of(kind: type[Layer], skip: frozenset[str]) -> st.SearchStrategy[dict[str, Any]]:
    return oracle.given_arguments(kind, set(skip))


@st.composite
def following(draw: Any, result: list[Tensor]) -> Step:
    """A layer that is applied to some of what was found."""
    usable = [
        index
        for index, tensor in enumerate(result)
        if tensor.shape is not None and 1 <= len(tensor.shape) <= 5
    ]
    usable = usable or list(range(len(result)))
    first = draw(st.sampled_from(usable[-4:]))
    choice = draw(st.integers(0, 19))
    if choice < 4:
        kind = draw(st.sampled_from(MERGES))
        listed, sources = (
            True,
            (first, *draw(st.lists(st.sampled_from(usable), min_size=1, max_size=2))),
        )
        return Step(kind, draw(arguments_of(kind, frozenset())), sources, listed, (), {})
    if choice < 8:
        # Any kind, with as many tensors as its own drawing has, and as like them as there are.
        kind = draw(st.sampled_from(KINDS if choice < 6 else OPERATIONS))
        arguments, wanted = draw(calls(kind))
        sources = tuple(
            draw(st.sampled_from(alike(tensor, usable, result) or usable))
            for tensor in wanted.tensors
        )
        return Step(kind, arguments, sources, wanted.listed, wanted.keywords, wanted.options)
    rank = len(result[first].shape or ())
    kind = draw(st.sampled_from(RANKED[rank] if rank in RANKED and choice < 19 else KINDS))
    if kind not in RANKED.get(rank, ()):
        return Step(kind, draw(calls(kind))[0], (first,), False, (), {})
    skip = frozenset({"dtype"} if draw(st.booleans()) else ())
    return Step(kind, draw(arguments_of(kind, skip)), (first,), False, (), {})


def alike(wanted: Tensor, usable: list[int], result: list[Tensor]) -> list[int]:
    """What has as many dimensions as is wanted."""
    return [index for index in usable if len(result[index].shape or ()) == len(wanted.shape or ())]


@st.composite
def spoiled(draw: Any, step: Step) -> Step:
    """The step with a mistake that both must refuse."""
    arguments = dict(step.arguments)
    numbers = [
        n
        for n, g in step.kind.arguments.items()
        if isinstance(g, (a.Integer, Size)) and (g.low or 0) >= 1 and n in step.kind.required
    ]
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


def gather(step: Step, result: list[Any]) -> Inputs:
    return Inputs(
        tuple(result[index] for index in step.sources), step.listed, step.keywords, step.options
    )


def extend(step: Step, result: list[Any]) -> list[Any]:
    """What a step adds to the results: its tensors, or one that is not known when it is refused."""
    inputs = gather(step, result)
    if None in inputs.tensors:
        return [None]
    try:
        layer = step.kind(**step.arguments)
        inputs = layer.unnamed(inputs)
        results = layer.results(inputs)
        layer.weights(inputs)
    except (ArgumentErrors, ShapeError):
        return [None]
    return list(results)


def plain(value: Any) -> Any:
    """A value as JSON, which is YAML, has it."""
    if isinstance(value, KerasObject):
        return {type(value).__name__: {name: plain(item) for name, item in value.explicit.items()}}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def positions(case: Case) -> list[list[tuple[int, int | None]]]:
    """For each step its sources as (step, result), inputs being steps before 0."""
    table: list[tuple[int, int | None]] = [
        (index - len(case.inputs), None) for index in range(len(case.inputs))
    ]
    result: list[Any] = list(case.inputs)
    wired = []
    for number, step in enumerate(case.steps):
        wired.append([table[index] for index in step.sources])
        new = extend(step, result)
        result += new
        table += [(number, index if len(new) > 1 else None) for index in range(len(new))]
    return wired


def spec(case: Case) -> str:
    """The case as a spec."""
    inputs = {
        f"in{i}": {"batch_shape": list(t.shape or ()), "dtype": t.dtype}
        for i, t in enumerate(case.inputs)
    }
    lines = [f"inputs: {json.dumps(inputs)}", "layers:"]
    used: set[str] = set()

    def reference(place: tuple[int, int | None]) -> str:
        step, result = place
        name = f"in{step + len(case.inputs)}" if step < 0 else f"layer{step}"
        used.add(name)
        return name if result is None else f"{name}[{result}]"

    for number, (step, places) in enumerate(zip(case.steps, positions(case))):
        arguments = {**{n: plain(v) for n, v in step.arguments.items()}, "name": f"layer{number}"}
        names = [reference(place) for place in places]
        came: Any = names if step.listed else names[0]
        if step.keywords:
            came = {}
            for keyword, name in zip(step.keywords, names):
                came.setdefault(keyword, []).append(name)
        lines.append(f"  - {registry.spec_name(step.kind)}: {json.dumps(arguments)}")
        lines.append(f"    from: {json.dumps(came)}")
        if step.options:
            lines.append(f"    call: {json.dumps(plain(step.options))}")
    ends = [f"layer{number}" for number in range(len(case.steps)) if f"layer{number}" not in used]
    lines.append(f"outputs: {json.dumps(ends)}")
    return "\n".join(lines) + "\n"


def ours(text: str) -> tuple[str | None, dict[str, Any], str]:
    """The layer at which mergecli refuses, or None; the facts of each layer; the messages."""
    compiled = compile_spec(Source(text, "case.yaml"))
    errors = compiled.errors
    if errors or compiled.network is None:
        lines = text.splitlines()
        offending = None
        for error in errors[:1]:
            for line in range(error.span.line if error.span else 1, 0, -1):
                if '"name": "layer' in lines[line - 1]:
                    offending = lines[line - 1].rsplit('"name": "', 1)[1].split('"')[0]
                    break
        return offending or "somewhere", {}, "; ".join(f"{e.code}: {e.message}" for e in errors)
    network = compiled.network
    facts = {}
    for node in network.graph.nodes:
        if node.index not in network.graph.inputs:
            weights = network.weights[node.index]
            size = parameters(weights), parameters(weight for weight in weights if weight.trainable)
            facts[node.name] = ([(t.shape, t.dtype) for t in network.results[node.index]], *size)
    return None, facts, ""


def theirs(case: Case) -> tuple[str | None, dict[str, Any], str]:
    """The same from Keras."""
    import keras

    facts: dict[str, Any] = {}
    results: dict[tuple[int, int | None], Any] = {}
    count = len(case.inputs)
    for index, tensor in enumerate(case.inputs):
        results[index - count, None] = keras.Input(
            batch_shape=tensor.shape, dtype=tensor.dtype, name=f"in{index}"
        )
    for number, (step, places) in enumerate(zip(case.steps, positions(case))):
        name = f"layer{number}"
        size = 0, 0
        try:
            tensors = [results[place] for place in places]
            if issubclass(step.kind, Operation):
                result = operations.call(step.kind.keras_name, step.arguments, tensors)
            else:
                arguments = {key: keras_object(value) for key, value in step.arguments.items()}
                layer = getattr(keras.layers, step.kind.__name__)(**{**arguments, "name": name})
                result = oracle.call(layer, tensors, step.listed, step.keywords, step.options)
                size = counts(layer)
        except (
            Exception
        ) as problem:  # Keras refuses with many kinds of exceptions; all of them are a verdict here
            return name, facts, f"{type(problem).__name__}: {problem}"
        flat = keras.tree.flatten(result)
        if any(tensor is given for tensor in flat for given in tensors):
            # The layer then follows itself, and Keras refuses the model.
            return name, facts, "a result is an input"
        for index, tensor in enumerate(flat):
            results[number, index if len(flat) > 1 else None] = tensor
        facts[name] = ([(tuple(t.shape), t.dtype) for t in flat], *size)
    return None, facts, ""


def counts(layer: Any) -> tuple[int, int]:
    """How many numbers the weights of a layer of Keras hold, and those that are trained."""
    return layer.count_params(), sum(math.prod(weight.shape) for weight in layer.trainable_weights)


def explained(case: Case, offending: str) -> bool:
    """Whether a known difference explains what only one of the two says of this layer: one of its own, or of a layer that it follows from."""
    if not offending.startswith("layer"):
        return False
    result: list[Any] = list(case.inputs)
    steps = case.steps[: int(offending[5:]) + 1]
    if joins_masks(steps):
        return True
    #: For each result so far, the steps that it follows from.
    paths: list[set[int]] = [set() for _ in result]
    verdicts = []
    for number, step in enumerate(steps):
        verdicts.append(functools.partial(agreed, step, gather(step, result)))
        path = {number}.union(*(paths[source] for source in step.sources))
        if number < len(steps) - 1:
            more = extend(step, result)
            result += more
            paths += [path] * len(more)
    return any(verdicts[number]() not in (None, SAME) for number in path)


def joins_masks(steps: list[Step]) -> bool:
    """Whether the last layer is a `Concatenate` after a mask, which Keras spreads over one more axis than the mask has, and no further.

    The difference "masks that are handed on" of `test_against_keras.py`.
    """
    masked = any(
        "mask" in step.keywords
        or step.kind.__name__ == "Masking"
        or step.arguments.get("mask_zero")
        for step in steps
    )
    return masked and steps[-1].kind.__name__ == "Concatenate"


SAME = "same"


def agreed(step: Step, inputs: Inputs) -> str | None:
    """Whether both say the same of a layer, or else the name of the known difference."""
    us = oracle.of_mergecli(step.kind, step.arguments, inputs)
    if issubclass(step.kind, Operation):
        name = step.kind.keras_name
        them = operations.of_keras(name, step.arguments, inputs)
        return SAME if us.facts == them.facts else operations.differs(name, us, them)
    them = oracle.of_keras(step.kind, step.arguments, inputs)
    return (
        SAME
        if us.facts == them.facts
        else known.differs(step.kind, step.arguments, inputs, us, them)
    )


def compare(case: Case) -> None:
    """Raise AssertionError where the two disagree and no known difference says why."""
    for step, inputs in case.aside:
        if not unsettled(step, inputs) and agreed(step, inputs) is None:
            raise AssertionError(
                f"only mergecli refuses\n{spec(Case(list(inputs.tensors), [alone(step)], []))}"
            )
    if unsettled(case.steps[0], Inputs(tuple(case.inputs))):
        return
    text = spec(case)
    our_end, our_facts, our_words = ours(text)
    their_end, their_facts, their_words = theirs(case)
    if our_end == their_end:
        for name, fact in their_facts.items():
            if our_facts and our_facts[name] != fact and not explained(case, name):
                raise AssertionError(f"{name}: mergecli {our_facts[name]}, Keras {fact}\n{text}")
        return
    if "has dtype string" in our_words and comes_first(our_end, their_end):
        return  # the difference "strings" of `known_layers`
    for offending in (our_end, their_end):
        if offending is not None and explained(case, offending):
            return
    raise AssertionError(
        f"mergecli refuses {our_end} ({our_words})\nKeras refuses {their_end} ({their_words[:600]})\n{text}"
    )


def comes_first(our_end: str | None, their_end: str | None) -> bool:
    """Whether mergecli refuses a layer before the one that Keras refuses, or Keras refuses none."""
    if their_end is None:
        return True
    if not our_end or not our_end.startswith("layer"):
        return False
    return int(our_end[5:]) < int(their_end[5:])


def unsettled(step: Step, inputs: Inputs) -> bool:
    """Keras tries a single cell on sizes that it makes up for unknown ones, and its verdict changes from call to call."""
    return (
        step.kind.__name__.endswith(("Cell", "Cells"))
        and len({tensor.shape[0] for tensor in inputs.tensors if tensor.shape}) > 1
    )


def alone(step: Step) -> Step:
    return step._replace(sources=tuple(range(len(step.sources))))


def run(
    number: int, count: int, verbose: bool = False, judge: Callable[[Case], None] = compare
) -> int:
    """Judge `count` cases; gives how many were judged. With `verbose` it prints its progress on stderr."""
    import keras

    judged = 0
    start = time.perf_counter()

    @seed(number)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(case=cases())
    def each(case: Case) -> None:
        nonlocal judged
        judged += 1
        if judged % 500 == 0:
            keras.utils.clear_session()  # it remembers all that was ever wired
        if verbose and judged % 500 == 0:
            print(
                f"seed {number}: {judged} of {count} cases ({time.perf_counter() - start:.0f} s)",
                file=sys.stderr,
                flush=True,
            )
        with quiet():
            judge(case)

    each()
    return judged


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without Keras's warnings: odd graphs deserve them, and they are no verdict."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument(
        "--jobs",
        type=int,
        default=1,
        help="processes; each takes its share of the cases, with a seed of its own",
    )
    options = parser.parse_args()
    start = time.perf_counter()
    if options.jobs > 1:
        # A process has Keras to itself; its seed defines which cases it judged: `--seed 77.1 --count` would be its own.
        share = -(-options.count // options.jobs)
        command = [sys.executable, __file__, "--count", str(share), "--seed"]
        workers = [
            subprocess.Popen([*command, str(options.seed * 1000 + number)])
            for number in range(options.jobs)
        ]
        return max(worker.wait() for worker in workers)
    judged = run(options.seed, options.count, verbose=True)
    print(f"{judged} cases, no disagreement ({time.perf_counter() - start:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
