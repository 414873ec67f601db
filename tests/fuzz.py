"""`python tests/fuzz.py --seed 1 --count 20000`: random graphs, judged by mergecli and by Keras.

A case is a graph of 2 to 12 layers with random arguments, one in ten wrong on purpose. The first layer of a case is
drawn from all kinds, with the inputs that its own drawing gives; the others are applied to what is there. mergecli
reads the spec as text; Keras is called layer by layer, without mergecli's parser or builder. Both must refuse at the same
layer, or accept with the same shapes, dtypes and parameter counts.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys
import time
from typing import Any, NamedTuple

sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent)]

import oracle
import test_against_keras as known
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from mergecli.compiler import compile_source
from mergecli.emit.model import keras_object
from mergecli.layers import arguments as a
from mergecli.layers import catalogue
from mergecli.layers.base import Inputs, Kind, Layer, Tensor, parameters
from mergecli.source import Source

KINDS = sorted(
    {kind.__name__: kind for kind in catalogue.layers().values() if kind.module == "layers" and kind.__name__ != "InputLayer"}.items()
)
RANKED = {
    rank: [
        kind
        for _, kind in KINDS
        if not kind.required or set(kind.required) <= {"units", "filters", "kernel_size", "pool_size", "rate", "n", "cropping", "stddev"}
        if rank == (getattr(kind, "rank", 0) + 2 if getattr(kind, "rank", None) else kind.ndim or rank)
        if rank >= (kind.min_ndim or 1)
        if not kind.__module__.endswith(("merging", "attention", "preprocessing"))
    ]
    for rank in range(1, 6)
}
MERGES = [kind for _, kind in KINDS if kind.__module__.endswith("merging")]


class Step(NamedTuple):
    """A layer: its kind, its arguments, the results it is applied to, and how they are given."""

    kind: type[Layer]
    arguments: dict[str, Any]
    sources: tuple[int, ...]
    listed: bool
    keywords: tuple[str, ...]
    options: dict[str, Any]


class Case(NamedTuple):
    inputs: list[Tensor]
    steps: list[Step]


@st.composite
def cases(draw: Any) -> Case:
    _, kind = draw(st.sampled_from(KINDS))
    arguments, inputs = draw(known.calls(kind))
    tensors = list(inputs.tensors)
    found: list[Tensor | None] = list(tensors)
    steps = [Step(kind, arguments, tuple(range(len(tensors))), inputs.listed, inputs.keywords, inputs.options)]
    found += extend(steps[-1], found)
    for _ in range(draw(st.integers(1, 11))):
        usable = [
            index for index, tensor in enumerate(found) if tensor is not None and tensor.shape is not None and 1 <= len(tensor.shape) <= 5
        ]
        if not usable:
            break
        first = draw(st.sampled_from(usable[-4:]))
        rank = len(found[first].shape)  # type: ignore[union-attr,arg-type]
        if draw(st.integers(0, 4)) == 0:
            kind = draw(st.sampled_from(MERGES))
            sources = (first, *draw(st.lists(st.sampled_from(usable), min_size=1, max_size=2)))
            listed = True
        else:
            kind = draw(
                st.sampled_from(
                    RANKED[rank] if draw(st.integers(0, 19)) else [k for _, k in KINDS if k in RANKED[4] + RANKED[3] + RANKED[2]]
                )
            )
            sources, listed = (first,), False
        arguments = draw(oracle.given_arguments(kind, {"dtype"} if draw(st.booleans()) else set()))
        step = Step(kind, arguments, sources, listed, (), {})
        if draw(st.integers(0, 99)) == 0:
            step = draw(spoiled(step))
        steps.append(step)
        found += extend(step, found)
    if draw(st.integers(0, 19)) == 0:
        steps[-1] = draw(spoiled(steps[-1]))
    return Case(tensors, steps)


@st.composite
def spoiled(draw: Any, step: Step) -> Step:
    """The step with a mistake that both must refuse."""
    arguments = dict(step.arguments)
    numbers = [
        n for n, g in step.kind.arguments.items() if isinstance(g, (a.Integer, a.Size)) and (g.low or 0) >= 1 and n in step.kind.required
    ]
    way = draw(st.sampled_from(["unknown", "text", "negative", "missing"] if numbers else ["unknown"]))
    if way == "unknown":
        arguments["no_such_argument"] = 1
    elif way == "text":
        arguments[draw(st.sampled_from(numbers))] = "many"
    elif way == "negative":
        arguments[draw(st.sampled_from(numbers))] = -1
    else:
        arguments.pop(draw(st.sampled_from(numbers)), None)
    return step._replace(arguments=arguments)


def extend(step: Step, found: list[Tensor | None]) -> list[Tensor | None]:
    """What a step adds to the results: its tensors, or one that is not known when it is refused."""
    try:
        given_tensors = tuple(found[index] for index in step.sources)
        if None in given_tensors:
            return [None]
        inputs = Inputs(given_tensors, step.listed, step.keywords, step.options)  # type: ignore[arg-type]
        layer = step.kind(**step.arguments)
        results = layer.results(inputs)
        layer.weights(inputs)
        return list(results)
    except Exception:  # refused, for whatever reason; the comparison says whether Keras agrees
        return [None]


def plain(value: Any) -> Any:
    """A value as JSON, which is YAML, has it."""
    if isinstance(value, Kind):
        return {type(value).__name__: {name: plain(item) for name, item in value.given.items()}}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def positions(case: Case) -> list[list[tuple[int, int | None]]]:
    """For each step its sources as (step, result), inputs being steps before 0."""
    table: list[tuple[int, int | None]] = [(index - len(case.inputs), None) for index in range(len(case.inputs))]
    found: list[Tensor | None] = list(case.inputs)
    wired = []
    for number, step in enumerate(case.steps):
        wired.append([table[index] for index in step.sources])
        new = extend(step, found)
        found += new
        table += [(number, index if len(new) > 1 else None) for index in range(len(new))]
    return wired


def spec(case: Case) -> str:
    """The case as a spec."""
    inputs = {f"in{i}": {"batch_shape": list(t.shape or ()), "dtype": t.dtype} for i, t in enumerate(case.inputs)}
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
        lines.append(f"  - {step.kind.__name__}: {json.dumps(arguments)}")
        lines.append(f"    from: {json.dumps(came)}")
        if step.options:
            lines.append(f"    call: {json.dumps(plain(step.options))}")
    ends = [f"layer{number}" for number in range(len(case.steps)) if f"layer{number}" not in used]
    lines.append(f"outputs: {json.dumps(ends)}")
    return "\n".join(lines) + "\n"


def ours(text: str) -> tuple[str | None, dict[str, Any], str]:
    """The layer at which mergecli refuses, or None; the facts of each layer; the messages."""
    compiled = compile_source(Source(text, "case.yaml"))
    errors = compiled.errors
    if errors or compiled.network is None:
        lines = text.splitlines()
        guilty = None
        for error in errors[:1]:
            for line in range(error.span.line if error.span else 1, 0, -1):
                if '"name": "layer' in lines[line - 1]:
                    guilty = lines[line - 1].rsplit('"name": "', 1)[1].split('"')[0]
                    break
        return guilty or "somewhere", {}, "; ".join(f"{e.code}: {e.message}" for e in errors)
    network = compiled.network
    facts = {
        node.name: ([(t.shape, t.dtype) for t in network.results[node.index]], parameters(network.weights[node.index]))
        for node in network.graph.nodes
        if node.index not in network.graph.inputs
    }
    return None, facts, ""


def theirs(case: Case) -> tuple[str | None, dict[str, Any], str]:
    """The same from Keras."""
    import keras

    facts: dict[str, Any] = {}
    results: dict[tuple[int, int | None], Any] = {}
    count = len(case.inputs)
    with keras.StatelessScope(initialize_variables=False):
        for index, tensor in enumerate(case.inputs):
            results[index - count, None] = keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"in{index}")
        for number, (step, places) in enumerate(zip(case.steps, positions(case))):
            name = f"layer{number}"
            try:
                arguments = {key: keras_object(value) for key, value in step.arguments.items()}
                layer = getattr(keras.layers, step.kind.__name__)(**{**arguments, "name": name})
                tensors = [results[place] for place in places]
                if step.keywords:
                    grouped: dict[str, list[Any]] = {}
                    for keyword, tensor in zip(step.keywords, tensors):
                        grouped.setdefault(keyword, []).append(tensor)
                    result = layer(**{k: t if len(t) > 1 else t[0] for k, t in grouped.items()}, **step.options)
                else:
                    result = layer(tensors if step.listed else tensors[0], **step.options)
            except Exception as problem:
                return name, facts, f"{type(problem).__name__}: {problem}"
            flat = keras.tree.flatten(result)
            for index, tensor in enumerate(flat):
                results[number, index if len(flat) > 1 else None] = tensor
            facts[name] = ([(tuple(t.shape), t.dtype) for t in flat], layer.count_params())
    return None, facts, ""


def explained(case: Case, guilty: str) -> bool:
    """Whether a known difference explains that only one of the two refuses this layer."""
    if not guilty.startswith("layer"):
        return False
    number = int(guilty[5:])
    found: list[Tensor | None] = list(case.inputs)
    for step in case.steps[:number]:
        found += extend(step, found)
    step = case.steps[number]
    tensors = tuple(found[index] for index in step.sources)
    if None in tensors:
        return True
    inputs = Inputs(tensors, step.listed, step.keywords, step.options)  # type: ignore[arg-type]
    us, them = oracle.of_mergecli(step.kind, step.arguments, inputs), oracle.of_keras(step.kind, step.arguments, inputs)
    return us.facts != them.facts and known.differs(step.kind, step.arguments, inputs, us, them) is not None


def compare(case: Case) -> None:
    """Raise AssertionError where the two disagree and no known difference says why."""
    if any("stateful" in repr(step.arguments) and "True" in repr(step.arguments) for step in case.steps):
        return  # a stateful layer makes its states while it is built, which Keras forbids inside the weightless scope
    if case.steps[0].kind.__name__.endswith("Cell") and len({tensor.shape[0] for tensor in case.inputs if tensor.shape}) > 1:
        return  # Keras tries a lone cell on sizes that it makes up for unknown ones, and its verdict changes from call to call
    text = spec(case)
    our_end, our_facts, our_words = ours(text)
    their_end, their_facts, their_words = theirs(case)
    if our_end == their_end:
        for name, fact in their_facts.items():
            if our_facts and our_facts[name] != fact and not explained(case, name):
                raise AssertionError(f"{name}: mergecli {our_facts[name]}, Keras {fact}\n{text}")
        return
    for guilty in (our_end, their_end):
        if guilty is not None and explained(case, guilty):
            return
    raise AssertionError(f"mergecli refuses {our_end} ({our_words})\nKeras refuses {their_end} ({their_words[:600]})\n{text}")


def run(number: int, count: int) -> int:
    """Judge `count` cases; gives how many were judged."""
    judged = 0

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink]
    )
    @given(case=cases())
    def judge(case: Case) -> None:
        nonlocal judged
        judged += 1
        compare(case)

    judge()
    return judged


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    options = parser.parse_args()
    start = time.perf_counter()
    print(f"{run(options.seed, options.count)} cases, no disagreement ({time.perf_counter() - start:.0f} s)")
